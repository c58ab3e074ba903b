"""The report of the healthy stack, to the byte, and the schema of every report.

Where a change of either is meant, `MODELCHECK_REWRITE_GOLDEN=1 python -m pytest tests/test_golden.py` writes both
files anew, to be read and committed with the change.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from unhealthy_facts import SCENARIOS

import modelcheck
from modelcheck.app.catalogue import parts
from modelcheck.app.judgement import judge
from modelcheck.app.tables import tables
from modelcheck.core.check import Outcome
from modelcheck.core.codec import encode
from modelcheck.core.gap import Gap
from modelcheck.core.report import Report
from modelcheck.profiles.shipped import profile
from modelcheck.reports.json import json_report, json_schema

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "healthy_report.json"
SCHEMA = Path(modelcheck.__file__).parent / "data" / "report.schema.json"


# Read when this file is imported: the environment of a test is empty.
REWRITE = os.environ.get("MODELCHECK_REWRITE_GOLDEN") == "1"


@cache
def report(name: str = "healthy", chosen: str = "default") -> Report:
    return judge(parts(), profile(chosen), SCENARIOS[name].merged(tables("2026-11-22")), today="2026-11-22")


def kept(path: Path, text: bytes) -> bytes:
    """What the file holds, written anew where that is asked for."""
    if REWRITE:
        path.write_bytes(text)
    return path.read_bytes()


def test_the_healthy_stack_has_all_points_and_passes_the_gate() -> None:
    healthy = report()
    judged = [check for part in healthy.parts for check in part.checks if check.standing == "judged"]

    assert len(judged) == 35
    assert all(check.outcome is Outcome.PASS and check.earned == check.points for check in judged)
    assert (healthy.score.value, healthy.score.earned, healthy.score.applicable) == (100.0, 67.0, 67.0)
    assert healthy.gate.passed
    assert healthy.gaps == ()
    assert healthy.actions == ()
    assert not any(isinstance(SCENARIOS["healthy"].get(kind), Gap) for kind in SCENARIOS["healthy"])


def test_the_report_of_the_healthy_stack_is_the_golden_one_to_the_byte() -> None:
    text = json_report(report())

    assert text == kept(GOLDEN, text)


def test_the_schema_in_the_package_is_that_of_the_report() -> None:
    text = encode(json_schema())

    assert text == kept(SCHEMA, text)


@cache
def validator() -> Any:
    schema = json.loads(SCHEMA.read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("chosen", ["default", "static"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_report_meets_the_schema(name: str, chosen: str) -> None:
    validator().validate(json.loads(json_report(report(name, chosen))))


def test_the_schema_refuses_what_is_no_report() -> None:
    text = json.loads(json_report(report()))

    for key in ("schema", "score", "parts", "gate"):
        lacking = {name: value for name, value in text.items() if name != key}
        with pytest.raises(jsonschema.ValidationError):
            validator().validate(lacking)


def tenths(number: float) -> int:
    assert round(number, 1) == number
    return round(number * 10)


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_printed_adds_up(name: str) -> None:
    whole = report(name)

    for part in whole.parts:
        for sum_of in ("earned", "applicable", "unseen"):
            assert tenths(getattr(part, sum_of)) == sum(tenths(getattr(check, sum_of)) for check in part.checks)
        assert tenths(part.budget) == sum(tenths(check.points) for check in part.checks)
    for sum_of in ("earned", "applicable", "unseen"):
        assert tenths(getattr(whole.score, sum_of)) == sum(tenths(getattr(part, sum_of)) for part in whole.parts)
    assert sum(tenths(part.budget) for part in whole.parts) == 1000

    shown = {kind: sum(tenths(one.gives) for one in whole.actions if one.kind == kind) for kind in ("fix", "show")}
    assert shown["show"] == tenths(whole.score.unseen)
    assert shown["fix"] == tenths(whole.score.applicable) - tenths(whole.score.earned) - tenths(whole.score.unseen)
