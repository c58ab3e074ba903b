"""What was let pass is printed with its reasons: what does not hold first, bounded, and nothing of it as markup."""

import io

import pytest
import unhealthy_facts as scenarios
from msgspec.structs import replace
from rich.console import Console

from modelcheck.app.catalogue import parts
from modelcheck.app.judgement import judge
from modelcheck.app.tables import tables
from modelcheck.core.exceptions import Force
from modelcheck.core.report import Report, ReportException, ReportIgnore
from modelcheck.profiles.shipped import profile
from modelcheck.reports.exceptions import MOST_LINES, print_excused, print_in_force
from modelcheck.reports.lang import words

TODAY = "2026-11-22"
FACTS = scenarios.SCENARIOS["excused"].merged(tables(TODAY))
REPORT = judge(parts(), profile("default"), FACTS, today=TODAY)
EXCEPTION = REPORT.exceptions[0]
IGNORE = REPORT.ignored[0]


def shown(report: Report, language: str = "en") -> str:
    console = Console(file=io.StringIO(), width=400, markup=False, highlight=False, emoji=False)
    print_in_force(report, console, words(language))
    print_excused(report, console, words(language))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def with_(*rows: ReportException | ReportIgnore) -> Report:
    exceptions = tuple(row for row in rows if isinstance(row, ReportException))
    return replace(REPORT, exceptions=exceptions, ignored=tuple(row for row in rows if isinstance(row, ReportIgnore)))


def test_all_that_was_let_pass_is_said_and_what_does_not_hold_comes_first() -> None:
    lines = [line.strip() for line in shown(REPORT).splitlines()]
    expired = "EXPIRED on 2026-11-21: the exception by Ana for CLD-05 (new card ordered); mend what it let pass"

    assert lines[:5] == [
        "In force: exceptions 3 (+3.5 for the gate alone), ignored findings 6",
        "Exceptions and ignores that do not hold: 2",
        "",
        "Excepted and ignored",
        f"{expired}, or have it approved anew  modelcheck.yaml:6",
    ]
    assert lines[5] == "NOT HELD: the ignore of INT-13 in agents/writer.py:10 gives no reason  agents/writer.py:10"
    rest = "\n".join(lines[6:])
    for sentence in (
        "Excepted until 2026-12-31 by Ana: OLL-06, +1.1 for the gate alone: new card ordered  modelcheck.yaml:1",
        "Excepted until 2026-12-31 by Ana: INT-01 of coder, +0.4 for the gate alone",
        "Excepted until 2026-12-31 by Ana: the reference to Code-Stral, +2.0 for the gate alone",
        "Excepted until 2026-12-31 by Ana: a pull of mixtral:8x7b, not used by this version's checks",
        "Excepted until 2026-12-31 by Ana: CFG-08, of which nothing is lost",
        "Ignored as a false alarm: CFG-07, INT-07 in config/models_config.json (findings: 2): an example, no key",
        "INT-07  archivist is sensitive, and openai/gpt-5.4-mini leaves the machine  config/models_config.json:18",
        "Ignored as a false alarm: CFG-07 in nowhere/*, and nothing that the project's own files show needs it",
    ):
        assert sentence in rest


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("force", Force)
def test_every_standing_has_its_sentence(force: Force, language: str) -> None:
    report = with_(replace(EXCEPTION, standing=force.value))
    if force.value in {"live", "unused", "unknown-check", "no-reason"}:
        report = replace(report, ignored=(replace(IGNORE, standing=force.value),))

    assert "{" not in shown(report, language)
    assert ("NOT HELD" in shown(report)) is (force not in {Force.LIVE, Force.UNUSED, Force.EXPIRED})


def test_where_nothing_was_let_pass_nothing_is_said() -> None:
    assert shown(with_()) == ""


def test_more_findings_than_fit_are_counted_and_what_has_no_place_is_said_all_the_same() -> None:
    taken = IGNORE.taken[:1] * 5
    text = shown(with_(replace(EXCEPTION, place=None), replace(IGNORE, taken=taken, findings=5)))

    assert "and 2 more" in text
    assert "OLL-06, +1.1 for the gate alone: new card ordered\n" in text


def test_many_are_cut() -> None:
    text = shown(with_(*[EXCEPTION] * (MOST_LINES + 5)))

    assert text.count("OLL-06") == MOST_LINES
    assert "and 5 more" in text


def test_what_a_project_writes_is_shown_as_it_is_and_moves_nothing() -> None:
    text = shown(with_(replace(EXCEPTION, reason="[red]\x1b[31m{what}\u202e", approver="Ana\nBo")))

    assert "[red]" in text
    assert "{what}" in text
    assert not any(mark in text for mark in ("\x1b", "\u202e", "Ana\nBo"))
