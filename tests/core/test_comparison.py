"""The comparison of a change with its base: what is new, what is known, what is gone."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.check import Finding, Outcome
from modelcheck.core.comparison import Base, Failure, base_of, compared
from modelcheck.core.facts import Place
from modelcheck.core.score import Judged, Score, Tally


def failing(code: str = "x", line: int = 1, subject: str = "s", path: str = "a.json") -> Finding:
    return Finding(code, Outcome.FAIL, subject=subject, place=Place(path, line))


def judged(*findings: Finding, check: str = "TST-01", excused: tuple[Finding, ...] = ()) -> Judged:
    return Judged(check, Outcome.FAIL, 10, 4, 2, 10, findings, excused=excused)


def base(*findings: Finding, check: str = "TST-01") -> Base:
    return Base("folder", tuple(Failure.of(check, finding) for finding in findings), 900)


def test_a_failure_that_the_base_has_is_known_though_its_line_moved() -> None:
    found = compared(base(failing(line=1)), [judged(failing(line=7))])

    assert (found.new, found.known, found.gone) == ((), 1, 0)


def test_a_failure_of_another_code_subject_path_or_check_is_new() -> None:
    held = base(failing())
    others = [failing("y"), failing(subject="t"), failing(path="b.json"), Finding("x", Outcome.FAIL)]

    assert len(compared(held, [judged(*others)]).new) == 4
    assert len(compared(held, [judged(failing(), check="TST-02")]).new) == 1
    assert compared(held, [judged(*others)]).gone == 1


def test_a_second_failure_of_the_same_kind_is_new_and_named_where_it_stands() -> None:
    found = compared(base(failing(line=1)), [judged(failing(line=1), failing(line=2))])

    assert [one.place for one in found.new] == [Place("a.json", 2)]
    assert (found.known, found.gone) == (1, 0)


def test_what_an_exception_excuses_is_neither_new_nor_known() -> None:
    excused = failing()

    assert compared(base(), [judged(excused, excused=(excused,))]).new == ()
    assert compared(base(excused), [judged(excused, excused=(excused,))]).known == 0


def test_what_is_no_failure_is_not_compared() -> None:
    others = [Finding("x", outcome) for outcome in Outcome if outcome is not Outcome.FAIL]

    assert compared(base(), [judged(*others)]).new == ()
    assert base_of(Score((judged(*others),), (), Tally(9, 10, 0), numbered=True), name="folder").failures == ()


def test_a_base_has_its_failures_its_score_and_what_it_lost() -> None:
    kept = Judged("TST-03", Outcome.PASS, 10, 10, 0, 10, (), excepted=5)
    score = Score((judged(failing(), failing(line=2)), kept), (), Tally(140, 200, 20), numbered=True)
    found = base_of(score, name="folder", max_drop=5)

    assert found.failures == (Failure("TST-01", "x", "s", "a.json"),) * 2
    assert (found.value, found.with_excepted, found.max_drop) == (700, 725, 5)
    assert found.lost == {"TST-01"}


def test_a_base_without_a_number_has_none() -> None:
    found = base_of(Score((), (), Tally(0, 0, 0), numbered=False), name="folder")

    assert (found.value, found.with_excepted) == (None, None)


kinds = st.lists(st.sampled_from("abc"), max_size=6)


@given(kinds, kinds)
def test_every_failure_is_new_known_or_gone(before: list[str], after: list[str]) -> None:
    found = compared(base(*map(failing, before)), [judged(*map(failing, after))])

    assert Counter(one.failure.code for one in found.new) == Counter(after) - Counter(before)
    assert found.known == sum((Counter(after) & Counter(before)).values())
    assert found.gone == sum((Counter(before) - Counter(after)).values())
