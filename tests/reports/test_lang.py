"""The catalogues of words are complete: the same keys and parameters, every check, every template, nothing dead."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest
import yaml
from templates import ROOT, help_lines, told

from modelcheck.app.catalogue import parts
from modelcheck.app.judgement import BANDS
from modelcheck.core.check import Effort, Outcome
from modelcheck.core.gap import Why
from modelcheck.core.language import LANGUAGES
from modelcheck.core.sentence import Told, parameters
from modelcheck.reports.lang import PARTS, Words, words

OTHERS = [language for language in LANGUAGES if language != "en"]
SECTIONS = [
    field.name
    for field in msgspec.structs.fields(Words)
    if field.name not in {"language", "numbers", "values", "messages", "help", "parts", "checks"}
]
PASSED_ON = {"profiles/kinds.py"}
"""Where a template comes from the type of a setting, in which the test finds it by itself."""
SPEECH = {str: "number", int: "bytes"}

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

pytestmark = pytest.mark.parametrize("language", OTHERS)


def test_each_sentence_has_the_same_key_and_parameters_as_in_english(language: str) -> None:
    for section in SECTIONS:
        english, other = getattr(words(), section), getattr(words(language), section)

        assert other.keys() == english.keys(), section
        assert {key: parameters(text) for key, text in other.items()} == {
            key: parameters(text) for key, text in english.items()
        }, section


def test_each_part_and_check_has_a_title_and_each_judged_check_a_reason_and_a_fix(language: str) -> None:
    said = words(language)
    checks = [check for part in parts() for check in part.checks]
    planned = [check.id for part in parts() for check in part.planned]

    assert said.parts.keys() == {part.id for part in parts()}
    assert said.checks.keys() == {*planned, *(check.id for check in checks)}
    assert [check.id for check in checks if not (said.checks[check.id].why and said.checks[check.id].fix)] == []
    assert all(check.title for check in said.checks.values())


def test_each_sentence_of_a_check_has_the_same_parameters_as_in_english(language: str) -> None:
    said = words(language)
    for check in (check for part in parts() for check in part.checks):
        other = said.checks[check.id].says

        assert other.keys() == check.says.keys(), check.id
        assert {code: parameters(text) for code, text in other.items()} == {
            code: parameters(text) for code, text in check.says.items()
        }, check.id


def test_bytes_are_bytes_in_every_language(language: str) -> None:
    said = words(language)
    for check in (check for part in parts() for check in part.checks):
        for code, text in check.says.items():
            assert _bytes(said.checks[check.id].says[code]) == _bytes(text), (check.id, code)
    for section in SECTIONS:
        for key, text in getattr(words(), section).items():
            assert _bytes(getattr(said, section)[key]) == _bytes(text), (section, key)


def _bytes(template: str) -> list[str]:
    return sorted(re.findall(r"\{\w+:bytes\}", template))


def test_whatever_is_told_to_a_person_is_a_constant_template(language: str) -> None:
    del language
    passed = [one.place for one in told() if one.sentence is None]

    assert [place for place in passed if place.partition(":")[0] not in PASSED_ON] == []


def test_whatever_is_told_to_a_person_is_said_in_every_language(language: str) -> None:
    said = words(language).messages
    missing = [
        f"{one.place}: {one.sentence}" for one in told() if one.sentence is not None and one.sentence not in said
    ]

    assert missing == []
    assert [english for english, other in said.items() if parameters(english) != parameters(other)] == []


def test_every_line_of_help_is_said_in_every_language(language: str) -> None:
    said = words(language).help

    assert [f"{one.place}: {one.sentence}" for one in help_lines() if one.sentence not in said] == []


def test_no_message_and_no_line_of_help_outlives_its_english(language: str) -> None:
    said = words(language)

    assert said.messages.keys() - {one.sentence for one in told()} == set()
    assert said.help.keys() - {one.sentence for one in help_lines()} == set()


def test_a_value_has_the_same_parameters_as_its_english(language: str) -> None:
    for english, other in words(language).values.items():
        assert parameters(other) == parameters(english), english


def test_the_files_are_those_of_the_parts_and_no_key_stands_twice(language: str) -> None:
    folder = ROOT / "reports" / "lang"
    names = {path.stem for path in folder.glob(f"{language}*.yaml")}

    assert names == {language, *(f"{language}_{part}" for part in PARTS)}
    for path in (*folder.glob(f"{language}*.yaml"), folder / "en.yaml"):
        assert list(_twice(yaml.compose(path.read_text("utf-8"), LOADER))) == [], path


def _twice(node: yaml.Node | None) -> Iterator[str]:
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        yield from {key for key in keys if keys.count(key) > 1}
        for _, value in node.value:
            yield from _twice(value)


def test_every_gap_outcome_effort_and_band_has_its_word(language: str) -> None:
    said = words(language)

    assert said.gaps.keys() == set(Why)
    assert said.outcomes.keys() == set(Outcome)
    assert said.efforts.keys() == set(Effort)
    assert said.bands.keys() == {band for _, band in BANDS}


SPOKEN = re.compile(r"""\.(?P<section>phrases|rules|presence|findings|excused|profile|doctor)\[(?P<key>[^\]]+)\]""")


def test_no_phrase_is_asked_for_that_is_not_there_and_none_is_there_for_nobody(language: str) -> None:
    del language
    code = "\n".join(path.read_text("utf-8") for folder in ("reports", "cli") for path in (ROOT / folder).rglob("*.py"))
    strings = {node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)}
    for found in SPOKEN.finditer(code):
        if (key := found["key"]).startswith('"') and key.endswith('"') and key.count('"') == 2:
            assert key.strip('"') in getattr(words(), found["section"]), found[0]

    begun = tuple(text for text in strings if isinstance(text, str) and text.endswith("-") and text != "-")
    for section in ("phrases", "rules"):
        assert {key for key in getattr(words(), section) if key not in strings and not key.startswith(begun)} == set()


@pytest.mark.parametrize(
    ("template", "given", "shown"),
    [
        ("{n}", {"n": 90.5}, "90,5"),
        ("{n}", {"n": 12}, "12"),
        ("{n}", {"n": "0.30.2"}, "0.30.2"),
        ("{n:number}", {"n": "0.25"}, "0,25"),
        ("{n:bytes}", {"n": 3 << 29}, "1,5 Gio"),
        ("{n:bytes}", {"n": 3 << 19}, "1,5 Mio"),
        ("{n:words}", {"n": "family, role, mistral"}, "famille, usage, mistral"),
        ("{n:words} {n}", {"n": "floating"}, "flottant floating"),
        ("{n:words}", {"n": "the version of ollama"}, "la version de ollama"),
        ("{n:words}", {"n": 3}, "3"),
        ("{", {}, "{"),
    ],
)
def test_numbers_sizes_and_known_words_are_those_of_the_language(
    language: str, template: str, given: Mapping[str, object], shown: str
) -> None:
    assert language == "fr"
    assert words(language).say(template, **given) == shown


def test_what_is_told_inside_of_what_is_told_is_in_the_language_too(language: str) -> None:
    del language
    inner = Told("`{key}` is missing", key="path")

    assert words("fr").told(Told("{file}: {what}", file="x.yaml", what=inner)) == "x.yaml : `path` manque"
    assert words("fr").told(Told("only in English: {n}", n=0.5)) == "only in English: 0,5"


def test_there_is_nothing_that_looks_unfinished(language: str) -> None:
    folder = Path(ROOT / "reports" / "lang")
    for path in folder.glob(f"{language}*.yaml"):
        assert not re.search(r"TODO|FIXME|XXX", path.read_text("utf-8")), path
