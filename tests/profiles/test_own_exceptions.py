"""Exceptions in the user's own file: pulls and requests, until a day or a moment; never a project's to give."""

from pathlib import Path

import jsonschema
import pytest
import yaml

from modelcheck.core.exceptions import Exemption, What
from modelcheck.core.facts import Place
from modelcheck.core.ruling import Action
from modelcheck.profiles.layers import merged
from modelcheck.profiles.own import OPENABLE, exemptions, own_layer
from modelcheck.profiles.schema import own_schema, settings_schema
from modelcheck.profiles.settings import read_settings
from modelcheck.profiles.written import InvalidSettings
from modelcheck.profiles.yamlfile import read_yaml

MOMENT = "2026-11-24T21:30:00+00:00"
LINE = "{{what: {what}, subject: {subject}, reason: tried out, approver: me, until: '{until}'}}"


def line(what: str = "pull", subject: str = "llama3.1:8b", until: str = "2026-11-24") -> str:
    return LINE.format(what=what, subject=subject, until=until)


def read(*lines: str) -> tuple[Exemption, ...]:
    text = "lang: fr\nexceptions:\n" + "".join(f"  - {one}\n" for one in lines)
    return exemptions(own_layer(read_yaml("own", text), None))


def agreed(text: str) -> bool:
    """Whether a text is taken, by the schema and by the loader alike."""
    try:
        jsonschema.validate(yaml.safe_load(text), own_schema(), jsonschema.Draft202012Validator)
    except jsonschema.ValidationError:
        with pytest.raises(InvalidSettings):
            own_layer(read_yaml("own", text), None)
        return False
    own_layer(read_yaml("own", text), None)
    return True


def test_each_has_its_line_and_is_kept_as_it_was_written() -> None:
    assert read(line(), line("request", "delete qwen3:8b", MOMENT)) == (
        Exemption(What.PULL, "llama3.1:8b", "tried out", "me", "2026-11-24", at=Place("own", 3)),
        Exemption(What.REQUEST, "delete qwen3:8b", "tried out", "me", MOMENT, at=Place("own", 4)),
    )


def test_they_are_no_setting_with_a_value() -> None:
    assert list(merged([own_layer(read_yaml("own", f"exceptions: [{line()}]"), None)])) == []


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (f"exceptions: [{line()}]", True),
        (f"exceptions: [{line(until=MOMENT)}, {line('request', 'infer a:b')}]", True),
        (f"exceptions: [{line(until='2026-11-24T21:30Z')}]", True),
        ("exceptions: []", True),
        (f"exceptions: [{line('check', 'CFG-03')}]", False),
        (f"exceptions: [{line('reference')}]", False),
        (f"exceptions: [{line(until='soon')}]", False),
        (f"exceptions: [{line(until='2026-13-01')}]", False),
        (f"exceptions: [{line(until='2026-11-24T21:30:00')}]", False),
        (f"exceptions: [{line(until='2026-11-24T25:30:00Z')}]", False),
        (f"exceptions: [{line(until='20261124')}]", False),
        ("exceptions: [{what: pull, subject: a}]", False),
        (f"exceptions: [{line()[:-1]}, only: b}}]", False),
        (f"exceptions: {line()}", False),
        ("ignore: []", False),
    ],
)
def test_the_schema_and_the_loader_are_of_one_mind(text: str, good: bool) -> None:
    assert agreed(text) is good


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (line(until="2026-02-30"), "own, line 3: 2026-02-30 is no day that there is"),
        (line(until="0000-01-01"), "0000-01-01 is no day"),
        (line(subject='"a b"'), "own, line 3: an exception for a pull takes the name of a model"),
        (line(subject='"a\\u0007"'), "takes the name of a model"),
        (line("request", "qwen3:8b"), "own, line 3: an exception for a request takes what it does and to what"),
        (line("request", "dlete qwen3:8b"), "it may be one of infer, describe, create"),
        (line("request", "pull qwen3:8b"), "takes what it does and to what"),
        (line("request", "delete"), "takes what it does and to what"),
        (line(until="soon"), "`exceptions[1].until` must be a day such as 2026-12-31, or a moment with its zone"),
    ],
)
def test_what_could_never_let_anything_pass_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(InvalidSettings) as error:
        read(text)

    assert said in str(error.value)


def test_every_action_but_a_look_and_a_pull_can_be_opened() -> None:
    assert set(OPENABLE) == {action.value for action in Action} - {"look", "pull"}
    for action in OPENABLE:
        assert read(line("request", f"{action} a:b"))


@pytest.mark.parametrize("text", [line("request", "delete a"), line(until=MOMENT)])
def test_a_project_can_give_neither_a_request_nor_a_moment(tmp_path: Path, text: str) -> None:
    (tmp_path / "modelcheck.yaml").write_text(f"exceptions: [{text}]", "utf-8")

    with pytest.raises(InvalidSettings):
        read_settings(tmp_path)
    if "request" in text:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(f"exceptions: [{text}]"), settings_schema())
