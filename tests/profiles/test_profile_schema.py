"""The JSON Schema in the package, by which editors check a profile, decides as the loader does.

`MODELCHECK_REWRITE_GOLDEN=1 python -m pytest tests/profiles/test_profile_schema.py` writes it anew.
"""

import json
import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from profile_faults import FAULTS

import modelcheck
from modelcheck.core.codec import encode
from modelcheck.profiles.files import DATE, ID, schema, typed
from modelcheck.profiles.lines import InvalidProfile, Lines, read_lines
from modelcheck.profiles.shipped import names

SCHEMA = Path(modelcheck.__file__).parent / "data" / "profile.schema.json"
REWRITE = os.environ.get("MODELCHECK_REWRITE_GOLDEN") == "1"
FINER = (
    "as_of: 2026-02-30",
    "coverage: 70.05",
    "performance: 99.999",
)
"""What only the loader refuses: days that no calendar has, and decimals, which JSON Schema compares inexactly."""


@cache
def validator() -> Any:
    found = json.loads(SCHEMA.read_bytes())
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


def is_typed(content: object) -> bool:
    try:
        typed(Lines("x.yaml", content, {}))
    except InvalidProfile:
        return False
    return True


def test_the_schema_in_the_package_is_that_of_the_loader() -> None:
    text = encode(schema())
    if REWRITE:
        SCHEMA.write_bytes(text)

    assert text == SCHEMA.read_bytes()


@pytest.mark.parametrize("name", names())
def test_every_shipped_profile_meets_the_schema(name: str) -> None:
    text = files("modelcheck.profiles").joinpath(f"{name}.yaml").read_text("utf-8")

    validator().validate(read_lines(name, text).content)


WELL = [
    text for text, _, what in FAULTS if isinstance(text, str) and " takes " not in what and " not a key" not in what
]


@pytest.mark.parametrize("text", [text for text, _, _ in FAULTS if isinstance(text, str)])
def test_what_an_editor_marks_the_loader_refuses_and_the_reverse(text: str) -> None:
    try:
        content = read_lines("x.yaml", text).content
    except InvalidProfile:
        return
    valid = validator().is_valid(content)

    if any(finer in text for finer in FINER):
        assert valid
        assert not is_typed(content)
    elif is_typed(content):
        assert valid or any(word in text for word in ("CFG-3", "QQQQQ", "cfg-01", "a b/", "{id}"))
    else:
        assert not valid


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 400)
    | st.sampled_from([0.5, 99.5, 100.5, "none", "default", "2026-11-22", "CFG-01", "a/AB-12"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["add", "drop", "score", "coverage", "security", "reliability", "x"]), inner)
    ),
    max_leaves=4,
)
KEYS = ["extends", "title", "as_of", "network", "everything_local", "guard", "machine_days", "bars", "checks", "vetoes"]


@settings(max_examples=1000, deadline=None)
@given(st.dictionaries(st.sampled_from([*KEYS, "levels", "odd"]), values, max_size=4))
def test_any_content_is_refused_by_both_or_by_none(content: dict[str, object]) -> None:
    ids = json.dumps(content)
    named = any(word in ids for word in ('"none"', '"default"', '"2026-11-22"'))

    assert validator().is_valid(content) == is_typed(content) or named


def test_a_whole_number_with_a_point_is_finer_than_a_schema_can_tell() -> None:
    assert validator().is_valid({"machine_days": 101.0})
    assert not is_typed({"machine_days": 101.0})


def test_a_hint_goes_with_what_needs_one() -> None:
    properties = schema()["$defs"]["ProfileFile"]["properties"]

    assert all("description" in properties[key] for key in ("extends", "checks", "vetoes", "machine_days", "network"))
    assert ID in json.dumps(schema()).replace("\\\\", "\\")
    assert DATE in json.dumps(schema()).replace("\\\\", "\\")
