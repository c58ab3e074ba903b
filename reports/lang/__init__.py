"""The words of reports: one file a language, read once, and beside it what checks say in that language."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Formatter

import msgspec

from modelcheck.core.language import ENGLISH
from modelcheck.core.sentence import Numbers, Told, fill, parameters

PARTS = ("configuration", "ollama", "cloud", "integration", "performance")
"""What checks say is in a file for each of these; in English it is in the checks themselves."""


class CheckWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one check says in a language that is not its own; a planned one has a title alone."""

    title: str
    why: str = ""
    fix: str = ""
    says: Mapping[str, str] = {}


class PartWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a part of the score says in a language that is not its own."""

    id: str
    title: str
    checks: Mapping[str, CheckWords]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All sentences of one language that are not a check's own."""

    language: str
    numbers: Numbers
    gaps: dict[str, str]
    outcomes: dict[str, str]
    standings: dict[str, str]
    bands: dict[str, str]
    claims: dict[str, str]
    """What a band claims, where so many points are judged that it may."""
    efforts: dict[str, str]
    decisions: dict[str, str]
    reasons: dict[str, str]
    findings: dict[str, str]
    phrases: dict[str, str]
    excused: dict[str, str]
    changes: dict[str, str]
    """What a change was held against, and what it edits that judges."""
    presence: dict[str, str]
    profile: dict[str, str]
    rules: dict[str, str]
    overview: dict[str, str]
    traits: dict[str, str]
    welcome: dict[str, str]
    """What is said first in a folder, and what to do next."""
    waits: dict[str, str]
    """What probes are looking at, by their names, while one waits for them."""
    advice: dict[str, str] = {}
    """What to do first where nothing answers or nothing is named."""
    doctor: dict[str, str] = {}
    """What `doctor` sees and lacks."""
    values: dict[str, str] = {}
    """English words that fill a parameter."""
    messages: dict[str, str] = {}
    """English templates of what is `Told`."""
    help: dict[str, str] = {}
    """English lines of `--help`."""
    parts: dict[str, PartWords] = {}
    """Parts by their ids; empty in English."""
    checks: dict[str, CheckWords] = {}
    """Checks by their ids; empty in English."""

    def say(self, template: str, /, **given: object) -> str:
        """Fill a template, with numbers as this language writes them, and `{name:words}` in its own words."""
        return fill(template, self.numbers, self.value, **given)

    def value(self, value: object) -> object:
        """Return what fills a parameter, or a list of such, in the words of this language where it has any."""
        if not isinstance(value, str) or not self.values:
            return value
        return self._whole(value) or ", ".join(self._whole(one) or one for one in value.split(", "))

    def _whole(self, value: str) -> str | None:
        if value in self.values:
            return self.values[value]
        for pattern, template in _patterns(self.language):
            if found := pattern.fullmatch(value):
                return self.say(template, **{name: self.value(one) for name, one in found.groupdict().items()})
        return None

    def told(self, error: Told, /) -> str:
        """Say what is told in this language, or in English where it has no words for it."""
        given = {name: self.told(one) if isinstance(one, Told) else one for name, one in error.params.items()}
        return self.say(self.messages.get(error.sentence, error.sentence), **given)


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the values that have parameters, each as what it looks like when they are filled."""
    values = words(language).values
    return tuple((_pattern(english), template) for english, template in values.items() if parameters(english))


def _pattern(template: str) -> re.Pattern[str]:
    pieces = (re.escape(text) + (f"(?P<{name}>.+)" if name else "") for text, name, *_ in Formatter().parse(template))
    return re.compile("".join(pieces))


@cache
def words(language: str = ENGLISH) -> Words:
    """Return the words of a language, one of `core.language.LANGUAGES`."""
    said = msgspec.convert(_read(language), Words)
    if language == ENGLISH:
        return said
    parts = [msgspec.convert(_read(f"{language}_{part}"), PartWords) for part in PARTS]
    checks = {name: check for part in parts for name, check in part.checks.items()}
    return msgspec.structs.replace(said, parts={part.id: part for part in parts}, checks=checks)


def told(error: Told, language: str = ENGLISH) -> str:
    """Say what is told; in English nothing has to be read for it."""
    return str(error) if language == ENGLISH else words(language).told(error)


def _read(name: str) -> object:
    import yaml

    text = files("modelcheck.reports.lang").joinpath(f"{name}.yaml").read_text("utf-8")
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders
