"""The words of reports: one file a language, read once."""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import yaml


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All sentences of one language that are not a check's own."""

    gaps: dict[str, str]
    outcomes: dict[str, str]
    standings: dict[str, str]
    decisions: dict[str, str]
    reasons: dict[str, str]
    findings: dict[str, str]
    phrases: dict[str, str]
    presence: dict[str, str]
    traits: dict[str, str]


@cache
def words(language: str = "en") -> Words:
    """Return the words of a language."""
    text = files("modelcheck.reports.lang").joinpath(f"{language}.yaml").read_text("utf-8")
    content: Any = yaml.safe_load(text)
    return msgspec.convert(content, Words)
