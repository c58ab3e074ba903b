"""Exceptions let the gate pass what is known, until a day; they never move the score and never excuse the unseen."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.asked import LocalModel, LocalModels
from modelcheck.core.check import Check, Finding, Outcome, Share, Verdict, check, of_shares
from modelcheck.core.exceptions import Excepted, Exceptions, Exemption, Force, What, is_over
from modelcheck.core.excusing import excused, scored
from modelcheck.core.facts import Facts
from modelcheck.core.gap import Gap, Why
from modelcheck.core.gate import Decision, gate
from modelcheck.core.part import Part
from modelcheck.core.profile import Bar, Profile
from modelcheck.core.project import Engine, ModelKey
from modelcheck.core.score import Judged, Score, Standing, Tally, points

TODAY = "2026-11-22"
HOST = "127.0.0.1:11434"


def exempt(
    subject: str = "TST-01",
    what: What = What.CHECK,
    *,
    only: str = "",
    until: str = "2026-12-31",
    reason: str = "known",
) -> Exemption:
    return Exemption(what, subject, reason, "Ana", until, only)


def lost(subject: str, low: Fraction = Fraction(0), high: Fraction | None = None) -> Share:
    outcome = Outcome.FAIL if high is None or high == 0 else Outcome.UNKNOWN
    return Share(subject, low, low if high is None else high, (Finding("x", outcome, subject=subject),))


def whole(subject: str) -> Share:
    return Share(subject, Fraction(1), Fraction(1), (Finding("y", Outcome.PASS, subject=subject),))


def worth(id: str, tenths: int, verdict: Verdict) -> Check[...]:
    def judge() -> Verdict:
        return verdict

    return check(id, "title", points=tenths / 10, fix="Mend.", says={})(judge)


def result(*shares: Share, tenths: int = 35, id: str = "TST-01", further: tuple[str, ...] = ()) -> Score:
    verdict = of_shares(shares, tuple(finding for one in shares for finding in one.findings))
    one = points(worth(id, tenths, verdict), verdict)
    standings = tuple(Standing(each, "", tenths, judged=True) for each in (id, *further))
    return Score((one,), standings, Tally.of([one]), numbered=True)


def passed(found: Score, *exceptions: Exemption, models: LocalModels | None = None, today: str = TODAY) -> Score:
    facts = Facts({Exceptions: Exceptions(exceptions)})
    return excused(found, facts.merged({LocalModels: models}) if models else facts, today=today)


def of(found: Score) -> Judged:
    return found.judged[0]


def test_an_exception_for_a_check_lets_all_count_that_it_lost_and_its_failures_pass() -> None:
    before = result(lost("large"), lost("larger"), whole("small"))
    after = passed(before, exempt())

    assert (of(before).earned, of(after).excepted) == (11, 24)
    assert [one.subject for one in of(after).excused] == ["large", "larger"]
    assert of(before).failing
    assert not of(after).failing
    assert after.exceptions == (Excepted(exempt(), Force.LIVE, 24),)


def test_the_score_is_the_same_with_and_without_exceptions() -> None:
    before = result(lost("large"), whole("small"))
    after = passed(before, exempt())

    assert after.tally == before.tally
    assert msgspec.structs.replace(of(after), excepted=0, excused=()) == of(before)


def test_an_exception_for_one_subject_leaves_the_others() -> None:
    after = passed(result(lost("large"), lost("larger"), whole("small")), exempt(only="larger"))

    assert (of(after).excepted, of(after).excused) == (12, (Finding("x", Outcome.FAIL, subject="larger"),))
    assert of(after).failing


def test_two_exceptions_for_one_subject_count_once() -> None:
    after = passed(result(lost("large"), whole("small")), exempt(only="large"), exempt())

    assert of(after).excepted == 18
    assert [(one.standing, one.tenths) for one in after.exceptions] == [(Force.LIVE, 18), (Force.LIVE, 0)]


def test_what_was_not_seen_is_never_excepted() -> None:
    after = passed(result(lost("dim", high=Fraction(1)), whole("small")), exempt())

    assert of(after).excepted == 0
    assert after.exceptions[0].standing is Force.UNUSED


@pytest.mark.parametrize(
    ("until", "today", "standing"),
    [
        ("2026-11-22", TODAY, Force.LIVE),
        ("2026-11-21", TODAY, Force.EXPIRED),
        ("2027-11-23", TODAY, Force.LIVE),
        ("2027-11-24", TODAY, Force.TOO_LONG),
        ("9999-12-31", TODAY, Force.TOO_LONG),
        ("soon", TODAY, Force.UNDATED),
        ("", TODAY, Force.UNDATED),
        ("2026-12-31", "", Force.UNDATED),
    ],
)
def test_an_exception_holds_until_its_last_day_and_for_a_year_at_most(until: str, today: str, standing: Force) -> None:
    after = passed(result(lost("large")), exempt(until=until), today=today)

    assert after.exceptions[0].standing is standing
    assert (of(after).excepted > 0) is (standing is Force.LIVE)
    assert of(after).failing is (standing is not Force.LIVE)


@pytest.mark.parametrize(
    ("one", "standing"),
    [
        (exempt(reason="  "), Force.NO_REASON),
        (exempt("TST-99"), Force.UNKNOWN_CHECK),
        (exempt("TST-02"), Force.UNUSED),
        (exempt("shop/SHP-01"), Force.UNUSED),
        (exempt(only="nothing of ours"), Force.UNUSED),
        (exempt("mixtral:8x7b", What.PULL), Force.UNUSED),
        (exempt("mixtral:8x7b", What.REFERENCE), Force.UNUSED),
    ],
)
def test_an_exception_that_excepts_nothing_is_told_and_says_why(one: Exemption, standing: Force) -> None:
    after = passed(result(lost("large"), further=("TST-02",)), one)

    assert after.exceptions == (Excepted(one, standing),)
    assert (of(after).excepted, of(after).excused) == (0, ())


def test_an_exception_for_a_check_of_a_plugin_lets_it_pass_where_it_is_judged() -> None:
    after = passed(result(lost("large"), id="shop/SHP-01", tenths=0), exempt("shop/SHP-01"))

    assert (of(after).excepted, len(of(after).excused)) == (0, 1)
    assert after.exceptions[0].standing is Force.LIVE


MODELS = LocalModels(
    (
        LocalModel(ModelKey(HOST, "llama3:latest"), Engine.OLLAMA, "Llama3", primary=True, places=()),
        LocalModel(ModelKey("vllm", "Qwen/Qwen3-8B"), Engine.OPENAI_LOCAL, "Qwen/Qwen3-8B", primary=True, places=()),
    )
)


@pytest.mark.parametrize(
    ("name", "excuses"),
    [
        ("llama3", ["Llama3"]),
        ("llama3:latest", ["Llama3"]),
        ("registry.ollama.ai/library/LLAMA3", ["Llama3"]),
        ("Llama3", ["Llama3"]),
        ("llama3:8b", []),
        ("llama", []),
        ("Qwen/Qwen3-8B", ["Qwen/Qwen3-8B"]),
        ("qwen/qwen3-8b", []),
        ("a//b", []),
        ("no name!", []),
        ("", []),
    ],
)
def test_a_reference_is_excused_by_the_rules_for_names_of_its_engine(name: str, excuses: list[str]) -> None:
    missing = result(lost("Llama3"), lost("Qwen/Qwen3-8B"), tenths=40, id="CFG-03")
    after = passed(missing, exempt(name, What.REFERENCE), models=MODELS)

    assert [one.subject for one in of(after).excused] == excuses
    assert of(after).excepted == 20 * len(excuses)


def test_a_reference_that_is_known_concerns_the_presence_of_a_model_alone() -> None:
    after = passed(result(lost("Llama3"), id="OLL-06"), exempt("llama3", What.REFERENCE), models=MODELS)

    assert (of(after).excepted, of(after).excused) == (0, ())


def test_where_exceptions_were_not_seen_nothing_is_excused() -> None:
    before = result(lost("large"))

    assert excused(before, Facts({Exceptions: Gap(Why.CRASHED)}), today=TODAY) == before
    assert excused(before, Facts({}), today=TODAY) == before


def test_a_check_that_does_not_apply_has_nothing_to_except() -> None:
    verdict = Verdict(Outcome.NOT_APPLICABLE, Fraction(0), Fraction(0), (Finding("nothing", Outcome.NOT_APPLICABLE),))
    one = points(worth("TST-01", 10, verdict), verdict)
    after = passed(Score((one,), (Standing("TST-01", "", 10, judged=True),), Tally.of([one]), numbered=False), exempt())

    assert (of(after), after.exceptions[0].standing) == (one, Force.UNUSED)


def test_the_gate_compares_the_value_with_what_is_excepted_and_says_so() -> None:
    profile = Profile("test", "", "2026-01-01", ("TST-01",), ("TST-01",), Bar(700, "test"), Bar(750, "test"))
    before = result(lost("large"), whole("small"))
    after = passed(before, exempt())

    assert gate(before, profile, today=TODAY).verdict is Decision.BLOCKED
    found = gate(after, profile, today=TODAY)
    assert (found.verdict, found.excepted) == (Decision.PASSED, 18)
    assert ("veto-excepted", "TST-01") in [(reason.code, reason.check) for reason in found.reasons]
    assert [reason.have for reason in found.reasons if reason.code == "score"] == [1000]


def test_a_score_is_made_of_checks_and_of_what_lets_them_pass() -> None:
    failing = Verdict(Outcome.FAIL, Fraction(0), Fraction(0), (Finding("x", Outcome.FAIL),))
    part = Part("TST", "Tests", 60, (worth("TST-01", 60, failing),))
    profile = Profile("test", "", "2026-01-01", ("TST-01",), (), Bar(700, "test"), Bar(750, "test"))

    found = scored([part], profile, Facts({Exceptions: Exceptions((exempt(),))}), today=TODAY)

    assert (found.tally, found.excepted) == (Tally(0, 60, 0), 60)


fractions = st.fractions(0, 1, max_denominator=12)


@st.composite
def shares(draw: st.DrawFn) -> Share:
    low, high = sorted((draw(fractions), draw(fractions)))
    return lost(draw(st.sampled_from("abc")), low, high)


exemptions = st.builds(exempt, st.sampled_from(["TST-01", "TST-02"]), only=st.sampled_from(["", "a", "b", "z"]))


@given(st.lists(shares(), min_size=1, max_size=6), st.integers(0, 60), st.lists(exemptions, max_size=4))
def test_no_more_is_excepted_than_was_lost_and_it_adds_up(
    found: list[Share], tenths: int, exceptions: list[Exemption]
) -> None:
    before = result(*found, tenths=tenths)
    after = passed(before, *exceptions)
    one = of(after)

    assert 0 <= one.excepted <= one.applicable - one.earned - one.unseen
    assert after.excepted == sum(each.tenths for each in after.exceptions)
    assert all(each.tenths >= 0 for each in after.exceptions)
    assert after.tally == before.tally
    if all(share.high == share.low for share in found) and any(
        e.subject == "TST-01" and not e.only for e in exceptions
    ):
        assert one.excepted == one.applicable - one.earned


@given(st.lists(shares(), min_size=1, max_size=6), st.integers(0, 60), st.lists(exemptions, max_size=4), st.data())
def test_seeing_less_never_raises_what_the_gate_compares(
    found: list[Share], tenths: int, exceptions: list[Exemption], data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(found) - 1))
    less = [*found]
    less[number] = lost(found[number].subject, Fraction(0), Fraction(1))

    before, after = (of(passed(result(*each, tenths=tenths), *exceptions)) for each in (found, less))

    assert after.earned + after.excepted <= before.earned + before.excepted


@pytest.mark.parametrize(
    ("until", "moment", "over"),
    [
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC), False),
        ("2026-11-24", datetime(2026, 11, 24, 23, 59, 59, 999999, UTC), False),
        ("2026-11-24", datetime(2026, 11, 25, tzinfo=UTC), True),
        ("20261124", datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC), False),
        ("2026-11-24", datetime(2026, 11, 25, 1, 30, tzinfo=timezone(timedelta(hours=2))), False),
        ("2026-11-24T21:30:00+00:00", datetime(2026, 11, 24, 21, 29, 59, tzinfo=UTC), False),
        ("2026-11-24T21:30:00+00:00", datetime(2026, 11, 24, 21, 30, tzinfo=UTC), True),
        ("2026-11-24T21:30:00+02:00", datetime(2026, 11, 24, 19, 29, 59, tzinfo=UTC), False),
        ("2026-11-24T21:30:00+02:00", datetime(2026, 11, 24, 19, 30, tzinfo=UTC), True),
        ("2026-11-24T21:30:00", datetime(2026, 11, 24, 21, 29, tzinfo=UTC), False),
        ("2026-11-24T21:30:00", datetime(2026, 11, 24, 21, 30, tzinfo=UTC), True),
        ("9999-12-31", datetime(2026, 11, 24, tzinfo=UTC), True),
        ("9999-12-30", datetime(2026, 11, 24, tzinfo=UTC), False),
    ],
)
def test_a_day_ends_with_its_last_moment_and_a_moment_at_itself(until: str, moment: datetime, over: bool) -> None:
    assert is_over(until, moment) is over


@pytest.mark.parametrize("until", ["", "soon", "2026-11-31", "2026-13-01", "never", "2026-11-24T25:00", "\x00"])
def test_what_is_no_day_and_no_moment_is_over(until: str) -> None:
    assert is_over(until, datetime.min.replace(tzinfo=UTC))


@given(st.text(max_size=30), st.datetimes(timezones=st.just(UTC)))
def test_whatever_an_end_says_it_is_told_whether_it_is_over(until: str, moment: datetime) -> None:
    assert is_over(until, moment) in {True, False}


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)), st.timedeltas(timedelta(0)))
def test_what_is_over_never_holds_again(end: datetime, moment: datetime, later: timedelta) -> None:
    for until in (end.date().isoformat(), end.isoformat()):
        if is_over(until, moment) and later <= datetime.max.replace(tzinfo=UTC) - moment:
            assert is_over(until, moment + later)
