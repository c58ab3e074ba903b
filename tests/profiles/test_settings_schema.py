"""The schemas of the settings files: current, and of one mind with what reads the files."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import modelcheck
from modelcheck.core.codec import encode
from modelcheck.profiles.declared import Declared, Own
from modelcheck.profiles.schema import own_schema, settings_schema
from modelcheck.profiles.settings import InvalidSettings, read_settings
from modelcheck.profiles.typed import typed
from modelcheck.profiles.yamlfile import read_yaml

DATA = Path(modelcheck.__file__).parent / "data"

GOOD = [
    "{}",
    "config: a.json\nsensitive: [a, b]\nnaming: '*:*'\nmodels_dir: /models\nprofile: house.yaml",
    "expect: {reserve_gib: 1.5, concurrency: 2, prompt_tokens: {typical: 1, max: 2}, context: 4096, device: 0}",
    "expect: {device: 'GPU-1', ttft_s: 0.5, response_s: 86400, together: [[a, b]]}",
    "expect: {requests_per_minute: 1, exposure: lan}",
    "cloud: {ids: pinned, limits: {openai: {requests: 1}}, data: {openai: nothing}}",
    "exceptions: [{what: pull, subject: a, reason: b, approver: c, until: '2026-12-31', only: d}]",
    "ignore: [{check: CFG-07, path: 'tests/**', reason: b}, {check: [A, B], path: a, reason: b}]",
    "endpoints: {a: b}\ntrust_hosts: [a]",
    "expect: {context: null}",
]
BAD = [
    "[]",
    "zzz: 1",
    "config: ''",
    "config: 5",
    "sensitive: a",
    "sensitive: [1]",
    "naming: '(a+)+'",
    "profile: ''",
    "expect: 5",
    "expect: {zzz: 1}",
    "expect: {reserve_gib: -1}",
    "expect: {concurrency: 1.5}",
    "expect: {context: 0}",
    "expect: {context: '5'}",
    "expect: {device: ''}",
    "expect: {device: cuda}",
    "expect: {ttft_s: 0}",
    "expect: {together: [[]]}",
    "expect: {together: [a]}",
    "expect: {exposure: world}",
    "cloud: {ids: latest}",
    "cloud: {limits: {openai: 5}}",
    "exceptions: [{what: pull}]",
    "exceptions: [{what: other, subject: a, reason: b, approver: c, until: '2026-12-31'}]",
    "ignore: [{check: a, path: b}]",
    "ignore: [{check: a, path: b, reason: ''}]",
    "fail_under: 5",
    "offline: true",
]


@pytest.mark.parametrize(("name", "schema"), [("settings", settings_schema()), ("own", own_schema())])
def test_the_schemas_in_the_package_are_those_of_the_settings(name: str, schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    said = f"python -m modelcheck config schema {name} > src/modelcheck/data/{name}.schema.json"

    assert (DATA / f"{name}.schema.json").read_bytes() == encode(schema), said


@pytest.mark.parametrize("text", GOOD)
def test_what_the_schema_takes_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "modelcheck.yaml").write_text(text, "utf-8")

    assert accepted(text, settings_schema())
    assert read_settings(tmp_path).declared is not None


@pytest.mark.parametrize("text", BAD)
def test_what_the_schema_refuses_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "modelcheck.yaml").write_text(text, "utf-8")

    assert not accepted(text, settings_schema())
    with pytest.raises(InvalidSettings):
        read_settings(tmp_path)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("offline: true\nlang: fr\nendpoints: {a: 'http://b'}\nmodels_dirs: [a]\nfail_under: 70.5", True),
        ("key_variables: {openai: OPENAI_KEY}\nbaseline: a\nexpect: {context: 1}", True),
        ("offline: 'yes'", False),
        ("key_variables: {openai: sk-made-up}", False),
        ("fail_under: 101", False),
        ("config: a", False),
        ("sensitive: [a]", False),
    ],
)
def test_the_schema_of_the_users_own_file_agrees_as_well(text: str, good: bool) -> None:
    assert accepted(text, own_schema()) is good
    if good:
        assert isinstance(typed(read_yaml("own", text), Own), Own)
    else:
        with pytest.raises(InvalidSettings):
            typed(read_yaml("own", text), Own)


def test_every_setting_is_in_one_of_the_schemas() -> None:
    shown = json.dumps([settings_schema(), own_schema()])

    assert all(f'"{name}"' in shown for name in (*Declared.__struct_fields__, *Own.__struct_fields__))


def accepted(text: str, schema: dict[str, Any]) -> bool:
    try:
        jsonschema.validate(yaml.safe_load(text), schema, jsonschema.Draft202012Validator)
    except jsonschema.ValidationError:
        return False
    return True
