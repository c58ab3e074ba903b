"""Where each service level stands, as a terminal says it."""

from functools import cache

import pytest
from msgspec.structs import replace
from unhealthy_facts import SCENARIOS

from modelcheck.app.catalogue import parts
from modelcheck.app.judgement import judge
from modelcheck.app.tables import tables
from modelcheck.core.report import Report, ReportLevel, ReportReason
from modelcheck.profiles.shipped import profile
from modelcheck.reports.lang import words
from modelcheck.reports.levels import of_levels, percent

ORIGIN = "profile enterprise"


@cache
def healthy() -> Report:
    facts = SCENARIOS["healthy"].merged(tables("2026-11-22"))
    return judge(parts(), profile("enterprise"), facts, today="2026-11-22")


def said(standing: str, *because: str, known: bool = False, language: str = "en") -> str:
    level = ReportLevel("security", 100.0, standing, ORIGIN, because)
    reasons = (ReportReason("level-known", "security"),) if known else ()
    gate = replace(healthy().gate, reasons=reasons)
    (sentence,) = of_levels(replace(healthy(), service_levels=(level,), gate=gate), words(language))
    return sentence


@pytest.mark.parametrize(
    ("standing", "because", "known", "sentence"),
    [
        ("met", (), False, "met"),
        ("met", ("CFG-07",), False, "met, without what is ignored of CFG-07"),
        ("missed", ("CFG-07", "OLL-03"), False, "missed because of CFG-07, OLL-03"),
        ("missed", ("CFG-07",), True, "missed because of CFG-07, as in the base"),
        ("unproven", ("CFG-07",), False, "not proven, CFG-07 was not seen whole"),
        ("unmeasured", (), False, "not measured by this version"),
        ("unmeasured", ("CFG-04",), False, "not proven, CFG-04 is not judged by this version or selection"),
    ],
)
def test_a_level_is_said_with_what_keeps_it_from_being_met(
    standing: str, because: tuple[str, ...], known: bool, sentence: str
) -> None:
    assert said(standing, *because, known=known) == f"security 100 %: {sentence} ({ORIGIN})"


def test_the_levels_of_a_healthy_enterprise_are_honest_about_what_is_not_measured() -> None:
    assert of_levels(healthy(), words()) == (
        f"reliability 95 %: not measured by this version ({ORIGIN})",
        f"performance 99 %: not measured by this version ({ORIGIN})",
        f"availability 99.9 %: not measured by this version ({ORIGIN})",
        f"security 100 %: not proven, CFG-04 is not judged by this version or selection ({ORIGIN})",
    )


def test_levels_are_said_in_french() -> None:
    assert said("missed", "CFG-07", language="fr").startswith("sécurité 100 % : manqué à cause de CFG-07")


@pytest.mark.parametrize(("wanted", "shown"), [(100.0, "100"), (99.9, "99.9"), (95.0, "95")])
def test_a_whole_number_has_no_decimals(wanted: float, shown: str) -> None:
    assert str(percent(wanted)) == shown
