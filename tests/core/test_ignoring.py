"""What is ignored is not judged: it earns nothing, a subject of it leaves the mean, and only files can be misread."""

from fractions import Fraction
from typing import ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.check import Finding, Outcome, Share, Verdict, check, failed, of_shares, passed
from modelcheck.core.exceptions import Exceptions, Force, Ignore, Ignored, Marks, takes_marks
from modelcheck.core.facts import Fact, Facts, Place, Scope
from modelcheck.core.gap import Gap, Why
from modelcheck.core.ignoring import Ignores, ignores, judged_without
from modelcheck.core.part import Part
from modelcheck.core.profile import Bar, Profile
from modelcheck.core.score import Judged, score

KNOWN = {"TST-01", "TST-02"}
HERE = Place("agents/writer.py", 4)
CRASHED = Gap(Why.CRASHED, about="planted")
ZERO, ONE = Fraction(0), Fraction(1)


def ignore(path: str = HERE.path, *checks: str, line: int = 0, reason: str = "an example") -> Ignore:
    return Ignore(checks or ("TST-01",), path, reason, line)


def facts_of(*settings: Ignore, marks: tuple[Ignore, ...] = ()) -> Facts:
    return Facts({Exceptions: Exceptions((), settings), Marks: Marks(marks)})


def found(outcome: Outcome, subject: str = "", place: Place | None = HERE, code: str = "x") -> Finding:
    return Finding(code, outcome, subject=subject, place=place)


def share(subject: str, low: Fraction, high: Fraction, *findings: Finding) -> Share:
    return Share(subject, low, high, findings)


def over(*shares: Share) -> Verdict:
    return of_shares(shares, tuple(finding for one in shares for finding in one.findings))


def without(judgement: Verdict, ignoring: Ignores, shown: tuple[Finding, ...] | None = None) -> Verdict:
    return judged_without("TST-01", judgement, lambda: judgement.findings if shown is None else shown, ignoring)[0]


EVERYTHING = ignores(facts_of(ignore("*")), KNOWN)
SOUND = share("sound", ONE, ONE, found(Outcome.PASS, "sound"))
WRONG = share("wrong", ZERO, ZERO, found(Outcome.FAIL, "wrong"))
HALF = share("half", Fraction(1, 2), Fraction(1, 2), found(Outcome.PARTIAL, "half", Place("half.py", 2)))


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (ignore(), True),
        (ignore("agents/*"), True),
        (ignore("*.py"), True),
        (ignore("Agents/*"), False),
        (ignore("agents"), False),
        (ignore(HERE.path, "TST-02"), False),
        (ignore(HERE.path, "TST-02", "TST-01"), True),
        (ignore(line=4), True),
        (ignore(line=5), False),
        (ignore("agents/*", line=4), False),
    ],
)
def test_an_ignore_concerns_its_checks_at_its_path_and_a_mark_its_line(one: Ignore, expected: bool) -> None:
    answer = ignores(facts_of(one), KNOWN).of("TST-01", HERE)

    assert answer is (one if expected else None)


@pytest.mark.parametrize(
    ("one", "standing"),
    [
        (ignore(reason=""), Force.NO_REASON),
        (ignore(reason=" \t"), Force.NO_REASON),
        (ignore(HERE.path, "TST-99"), Force.UNKNOWN_CHECK),
        (ignore(HERE.path, "TST-01", "tst-02"), Force.UNKNOWN_CHECK),
        (Ignore((), HERE.path, "a reason"), Force.UNKNOWN_CHECK),
    ],
)
def test_an_ignore_without_a_reason_or_with_no_check_of_ours_is_not_honoured(one: Ignore, standing: Force) -> None:
    ignoring = ignores(facts_of(one), KNOWN)

    assert ignoring.of("TST-01", HERE) is None
    assert ignoring.came_to([]) == (Ignored(one, 0, standing),)
    assert standing not in {Force.LIVE, Force.UNUSED}


def test_a_check_of_a_plugin_is_known_where_the_plugin_is_not_in_force() -> None:
    one = ignore(HERE.path, "shop/SHP-01")

    assert ignores(facts_of(one), KNOWN).came_to([]) == (Ignored(one, 0, Force.UNUSED),)


def test_a_subject_of_which_everything_is_ignored_leaves_the_mean() -> None:
    judgement = without(over(SOUND, WRONG, HALF), ignores(facts_of(ignore()), KNOWN))

    assert [one.subject for one in judgement.shares] == ["sound", "half"]
    assert (judgement.outcome, judgement.low, judgement.high) == (Outcome.PARTIAL, Fraction(3, 4), Fraction(3, 4))
    assert [one.subject for one in judgement.findings] == ["sound", "half"]


def test_where_nothing_is_left_the_check_does_not_apply() -> None:
    judgement, taken = judged_without("TST-01", over(WRONG, HALF), lambda: over(WRONG, HALF).findings, EVERYTHING)

    assert (judgement.outcome, judgement.shares) == (Outcome.NOT_APPLICABLE, ())
    assert judgement.findings == (Finding("ignored", Outcome.NOT_APPLICABLE),)
    assert [(one.check, one.finding.subject) for _, one in taken] == [("TST-01", "wrong"), ("TST-01", "half")]


def test_a_subject_of_which_something_is_not_ignored_stays() -> None:
    both = share("both", ZERO, ZERO, found(Outcome.FAIL, "both"), found(Outcome.FAIL, "both", Place("b.py", 9)))
    judgement = without(over(SOUND, both), ignores(facts_of(ignore()), KNOWN))

    assert (judgement.low, judgement.high) == (Fraction(1, 2), Fraction(1, 2))
    assert [one.place for one in judgement.findings] == [HERE, Place("b.py", 9)]


def test_a_subject_of_which_something_was_not_seen_is_unseen_and_never_dropped() -> None:
    doubtful = share("doubtful", ZERO, ZERO, found(Outcome.FAIL, "doubtful"), found(Outcome.UNKNOWN, "doubtful", None))
    judgement = without(over(SOUND, doubtful), EVERYTHING)

    assert (judgement.low, judgement.high) == (Fraction(1, 2), Fraction(1))
    assert judgement.outcome is Outcome.PARTIAL


def test_a_check_without_subjects_does_not_apply_only_if_all_of_it_is_ignored() -> None:
    findings = (found(Outcome.FAIL), found(Outcome.FAIL, place=Place("b.py", 9)))
    judgement = Verdict(Outcome.FAIL, ZERO, ZERO, findings)

    assert without(judgement, EVERYTHING).outcome is Outcome.NOT_APPLICABLE
    kept = without(judgement, ignores(facts_of(ignore()), KNOWN))
    assert (kept.outcome, kept.low, kept.high, kept.findings) == (Outcome.FAIL, ZERO, ZERO, findings[1:])


def test_what_files_do_not_show_by_themselves_cannot_be_ignored() -> None:
    judgement = over(SOUND, WRONG)

    assert without(judgement, EVERYTHING, shown=()) == judgement
    nowhere = over(share("far", ZERO, ZERO, found(Outcome.FAIL, "far", None)))
    assert without(nowhere, EVERYTHING) == nowhere


def test_what_passes_or_was_not_seen_cannot_be_ignored() -> None:
    judgement = over(SOUND, share("dim", ZERO, ONE, found(Outcome.UNKNOWN, "dim")))

    assert without(judgement, EVERYTHING) == judgement


def test_the_mark_beside_a_finding_counts_before_the_settings_and_the_other_is_unused() -> None:
    mark, setting = ignore(line=4), ignore()
    ignoring = ignores(facts_of(setting, marks=(mark,)), KNOWN)
    _, taken = judged_without("TST-01", over(WRONG), lambda: WRONG.findings, ignoring)

    came = ignoring.came_to(taken)
    assert [(one.ignore, one.findings, one.standing) for one in came] == [
        (mark, 1, Force.LIVE),
        (setting, 0, Force.UNUSED),
    ]
    assert [(one.check, one.finding) for one in came[0].taken] == [("TST-01", WRONG.findings[0])]


@pytest.mark.parametrize("kind", [Marks, Exceptions])
def test_where_ignores_were_not_seen_nothing_is_ignored_and_what_they_could_ignore_is_open(kind: type[Fact]) -> None:
    ignoring = ignores(facts_of(ignore(), marks=(ignore(line=4),)).replaced(kind, CRASHED), {"TST-02"})
    judgement = without(over(SOUND, WRONG), ignoring)

    assert (judgement.low, judgement.high) == (Fraction(1, 2), Fraction(1))
    assert judgement.findings[:2] == (*SOUND.findings, *WRONG.findings)
    assert judgement.findings[2:] == (Finding("unseen", Outcome.UNKNOWN, subject="wrong", gap=CRASHED),)


def test_marks_that_were_not_seen_leave_open_only_what_they_could_stand_beside() -> None:
    ignoring = ignores(Facts({Exceptions: Exceptions(), Marks: CRASHED}), KNOWN)

    assert ignoring.of("TST-01", HERE) == CRASHED
    assert ignoring.of("TST-01", Place("config.json", 3)) is None
    assert ignoring.of("TST-01", Place(HERE.path)) is None


def test_what_nobody_looked_for_ignores_nothing_and_leaves_nothing_open() -> None:
    assert without(over(SOUND, WRONG), ignores(Facts({}), KNOWN)) == over(SOUND, WRONG)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/b.py", True),
        ("docker-compose.yml", True),
        ("x/compose.yaml", True),
        ("pyproject.toml", True),
        (".env", True),
        ("sub/.env.local", True),
        ("Dockerfile", True),
        ("docker/Dockerfile.gpu", True),
        ("config/models_config.json", False),
        ("env", False),
        ("README.md", False),
    ],
)
def test_marks_stand_in_files_that_have_comments(path: str, expected: bool) -> None:
    assert takes_marks(path) is expected


class Written(Fact, frozen=True):
    """A fact of the project's own files, for these tests."""

    scope: ClassVar[Scope] = Scope.PROJECT

    wrong: bool


class Served(Fact, frozen=True):
    """A fact of the machine, for these tests."""

    scope: ClassVar[Scope] = Scope.MACHINE

    wrong: bool


@check("TST-01", "title", points=6, fix="Mend.", says={})
def written(written: Written, served: Served | Gap) -> Verdict:
    """Judge what is written, and what is served if that was seen."""
    if written.wrong:
        return failed("written", HERE)
    return failed("served", HERE) if not isinstance(served, Gap) and served.wrong else passed("fine")


def judged(facts: Facts) -> Judged:
    part = Part("TST", "Tests", 60, (written,))
    profile = Profile("test", "", "2026-01-01", ("TST-01",), (), Bar(700, "test"), Bar(750, "test"))
    (one,) = score([part], profile, facts).judged
    return one


@pytest.mark.parametrize(
    ("in_file", "on_server", "outcome"),
    [
        (True, False, Outcome.NOT_APPLICABLE),
        (True, True, Outcome.NOT_APPLICABLE),
        (False, True, Outcome.FAIL),
        (False, False, Outcome.PASS),
    ],
)
def test_a_false_alarm_is_what_the_files_show_and_never_what_a_server_shows(
    in_file: bool, on_server: bool, outcome: Outcome
) -> None:
    facts = facts_of(ignore("*")).merged({Written: Written(in_file), Served: Served(on_server)})

    one = judged(facts)

    assert one.outcome is outcome
    assert [finding.code for finding in one.ignored] == (["written"] if in_file else [])
    assert one.failing is (outcome is Outcome.FAIL)


parts = st.fractions(0, 1, max_denominator=12)


@st.composite
def subjects(draw: st.DrawFn) -> Share:
    low, high = sorted((draw(parts), draw(parts)))
    name = draw(st.sampled_from("abc"))
    places = st.sampled_from([None, HERE, Place("b.py", 9), Place("c.json", 1)])
    outcomes = st.lists(st.tuples(st.sampled_from(Outcome), places), min_size=1, max_size=3)
    return Share(name, low, high, tuple(found(outcome, name, place) for outcome, place in draw(outcomes)))


patterns = st.sampled_from(["*", "b.py", "*.json", "agents/*"])
shares = st.lists(subjects(), min_size=1, max_size=5).map(lambda found: over(*found))


@given(shares, st.lists(patterns, max_size=3))
def test_to_ignore_never_gives_more_than_to_mend(judgement: Verdict, paths: list[str]) -> None:
    ignoring = ignores(facts_of(*map(ignore, paths)), KNOWN)
    kept, taken = judged_without("TST-01", judgement, lambda: judgement.findings, ignoring)
    touched = {id(one) for one in judgement.shares if any(each.finding in one.findings for _, each in taken)}
    mended = [
        msgspec.structs.replace(one, low=ONE, high=ONE) if id(one) in touched else one for one in judgement.shares
    ]

    assert kept.low <= over(*mended).low
    assert kept.high <= over(*mended).high
    assert len(kept.findings) - (kept.outcome is Outcome.NOT_APPLICABLE) + len(taken) == len(judgement.findings)
    if kept.outcome is Outcome.NOT_APPLICABLE:
        assert kept.low == kept.high == 0


@given(st.lists(st.tuples(st.sampled_from(Outcome), st.sampled_from([HERE, Place("b.py", 9)])), max_size=4), parts)
def test_to_ignore_never_raises_what_a_check_without_subjects_earns(
    rows: list[tuple[Outcome, Place]], low: Fraction
) -> None:
    judgement = Verdict(Outcome.PARTIAL, low, low, tuple(found(outcome, place=place) for outcome, place in rows))

    for ignoring in (EVERYTHING, ignores(facts_of(ignore()), KNOWN)):
        assert without(judgement, ignoring).low <= low


@given(shares, st.lists(patterns, max_size=3), st.sampled_from([Marks, Exceptions]))
def test_a_gap_of_ignores_leaves_every_settlement_of_it_in_the_range(
    judgement: Verdict, paths: list[str], kind: type[Fact]
) -> None:
    facts = facts_of(*map(ignore, paths), marks=(ignore(line=4), ignore("b.py", line=9)))

    settled = without(judgement, ignores(facts, KNOWN))
    unsettled = without(judgement, ignores(facts.replaced(kind, CRASHED), KNOWN))

    if settled.outcome is not Outcome.NOT_APPLICABLE:
        assert unsettled.low <= settled.low
        assert unsettled.high >= settled.high
    if unsettled.outcome is Outcome.NOT_APPLICABLE:
        assert settled.outcome is Outcome.NOT_APPLICABLE
