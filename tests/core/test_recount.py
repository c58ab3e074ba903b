"""A stored report is counted again from its findings and shares alone."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unhealthy_facts import SCENARIOS

from modelcheck.app.catalogue import parts
from modelcheck.app.judgement import judge
from modelcheck.app.tables import tables
from modelcheck.core.check import Finding, Outcome
from modelcheck.core.exceptions import Exceptions
from modelcheck.core.excusing import scored
from modelcheck.core.profile import Profile
from modelcheck.core.recount import checksum, differences, has_shares, recounted, sealed, told_facts
from modelcheck.core.report import Report, ReportCheck, ReportException, ReportShare
from modelcheck.core.rulebook import Change, Governed
from modelcheck.core.score import Judged
from modelcheck.profiles.shipped import names, profile

TODAY = "2026-11-22"


def report(name: str = "healthy", chosen: str = "default") -> Report:
    return judge(parts(), profile(chosen), SCENARIOS[name].merged(tables(TODAY)), today=TODAY)


@pytest.mark.parametrize("chosen", names())
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_report_comes_to_the_score_that_it_was_made_from(name: str, chosen: str) -> None:
    wanted = scored(parts(), profile(chosen), SCENARIOS[name].merged(tables(TODAY)), today=TODAY)
    found = recounted(report(name, chosen), parts(), profile(chosen))

    assert (found.tally, found.numbered, found.standings) == (wanted.tally, wanted.numbered, wanted.standings)
    assert [(one.check, one.outcome, one.earned, one.unseen) for one in found.judged] == [
        (one.check, one.outcome, one.earned, one.unseen) for one in wanted.judged
    ]


HEALTHY = report()


def with_row(whole: Report, check: str, **fields: Any) -> Report:
    """The report with one check edited."""

    def edited(row: ReportCheck) -> ReportCheck:
        return msgspec.structs.replace(row, **fields) if row.id == check else row

    changed = [msgspec.structs.replace(p, checks=tuple(map(edited, p.checks))) for p in whole.parts]
    return msgspec.structs.replace(whole, parts=tuple(changed))


def counted(whole: Report, check: str = "CFG-01", by: Profile | None = None) -> Judged:
    found = recounted(whole, parts(), by or profile("default")).of(check)
    assert found is not None
    return found


HALF = (ReportShare("", "1/2", "1/2"),)
LOST = (Finding("x", Outcome.PARTIAL),)


def test_what_a_check_earns_comes_from_its_shares() -> None:
    found = counted(with_row(report(), "CFG-01", shares=HALF, findings=LOST, earned=1.5, unseen=0.0))

    assert (found.outcome, found.earned, found.unseen, found.applicable) == (Outcome.PARTIAL, 7, 0, 15)


def test_a_check_that_the_catalogue_knows_and_the_report_does_not_is_unknown() -> None:
    whole = msgspec.structs.replace(report(), parts=())
    found = recounted(whole, parts(), profile("default"))

    assert {one.outcome for one in found.judged} == {Outcome.UNKNOWN}
    assert not found.numbered


@pytest.mark.parametrize(
    "fields",
    [
        {"standing": "out-of-scope"},
        {"shares": ()},
        {"shares": (ReportShare("", "1", "2"),)},
        {"shares": (ReportShare("", "1", "1/2"),), "findings": LOST},
        {"shares": (ReportShare("", "-1", "1"),)},
        {"shares": (ReportShare("", "1/0", "1"),)},
        {"shares": (ReportShare("", "0.5", "1"),)},
        {"shares": (ReportShare("", "9" * 5000, "1"),)},
        {"shares": HALF},
        {"findings": LOST},
        {"findings": (Finding("x", Outcome.UNKNOWN),)},
        {"shares": (ReportShare("", "0", "1"),)},
        {"shares": (), "findings": (Finding("x", Outcome.NOT_APPLICABLE), Finding("x", Outcome.FAIL))},
    ],
)
def test_shares_that_come_to_nothing_or_contradict_the_findings_are_unknown(fields: Mapping[str, Any]) -> None:
    found = counted(with_row(report(), "CFG-01", **fields))

    assert (found.outcome, found.earned) == (Outcome.UNKNOWN, 0)


def test_what_does_not_apply_is_taken_out() -> None:
    nothing = (Finding("nothing", Outcome.NOT_APPLICABLE),)
    found = counted(with_row(report(), "CFG-01", shares=(), findings=nothing))

    assert (found.outcome, found.applicable) == (Outcome.NOT_APPLICABLE, 0)


@pytest.mark.parametrize("part", ["references", "selection"])
def test_without_a_model_or_of_a_selection_there_is_no_number(part: str) -> None:
    whole, by = report(), profile("default")
    if part == "references":
        whole = msgspec.structs.replace(whole, references=())
    else:
        by = msgspec.structs.replace(by, selection=True)

    assert not recounted(whole, parts(), by).numbered


def test_exceptions_are_held_against_what_the_report_names() -> None:
    listed = ReportException("check", "CFG-03", "", "later", "me", "2026-12-01", "live", 1.0)
    odd = msgspec.structs.replace(listed, what="anything")
    facts = told_facts(msgspec.structs.replace(report(), exceptions=(listed, odd)))

    found = facts.get(Exceptions)
    assert isinstance(found, Exceptions)
    assert [one.subject for one in found.exceptions] == ["CFG-03"]


def test_differences_are_named_by_check_and_field() -> None:
    right = {"parts": [{"id": "CFG", "checks": [{"id": "CFG-01", "earned": 0.0, "why": None}]}], "n": 1, "b": True}
    wrong = {"parts": [{"id": "CFG", "checks": [{"id": "CFG-01", "earned": 3.5, "why": "x"}, {}]}], "n": 1, "b": 1}

    assert differences(right, right) == ()
    assert differences(right, wrong) == (
        Change(Governed.REPORT, "CFG-01 earned", "0.0", "3.5"),
        Change(Governed.REPORT, "CFG-01 why", "", "x"),
        Change(Governed.REPORT, "CFG checks 2", "", "{}"),
        Change(Governed.REPORT, "b", "true", "1"),
    )


def test_only_the_first_differences_are_named() -> None:
    assert len(differences(list(range(99)), list(range(1, 100)))) == 20


def test_only_a_report_that_says_what_its_points_are_made_of_can_be_counted() -> None:
    whole = report()

    assert has_shares(whole)
    assert not has_shares(with_row(whole, "CFG-01", shares=()))


def test_a_checksum_is_of_all_but_itself_and_the_same_for_the_same_content() -> None:
    whole = sealed(report())
    tree: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole))

    assert whole.checksum == checksum(tree) == sealed(whole).checksum
    assert checksum({**tree, "subject": "other"}) != whole.checksum
    assert checksum(dict(reversed(tree.items()))) == whole.checksum


shares = st.tuples(st.fractions(0, 1), st.fractions(0, 1)).map(sorted)
outcomes = st.lists(st.sampled_from(Outcome), max_size=4)


@given(st.lists(shares, max_size=4), outcomes, st.sampled_from([None, *Outcome]))
def test_no_report_earns_more_than_its_shares(
    given_shares: list[list[Any]], found: list[Outcome], said: Outcome | None
) -> None:
    rows = tuple(ReportShare(str(i), str(low), str(high)) for i, (low, high) in enumerate(given_shares))
    findings = tuple(Finding("x", outcome) for outcome in found)
    one = counted(with_row(HEALTHY, "CFG-01", shares=rows, findings=findings, outcome=said, earned=1.5))

    assert 0 <= one.earned <= one.earned + one.unseen <= one.applicable <= 15
    if one.earned:
        assert one.earned <= 15 * sum(low for low, _ in given_shares) / len(given_shares)
    if Outcome.FAIL in found:
        assert one.earned < 15
