"""A check is judged over facts: what applies decides first, what was not seen makes unknown, subjects are averaged."""

from dataclasses import replace
from fractions import Fraction
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.check import (
    Check,
    Effort,
    Finding,
    Outcome,
    Verdict,
    check,
    failed,
    not_applicable,
    partial,
    passed,
    unknown,
    verdict,
)
from modelcheck.core.facts import Fact, Facts, Place, Scope, Subject
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.testing import judge

GAP = Gap(Why.TIMED_OUT, about="5 s")
HERE, THERE = Place("here.json", 3), Place("there.json", 5)


class Fruit(Subject, frozen=True):
    """A subject of these tests."""

    name: str
    ripe: bool | Gap
    share: Fraction = Fraction(1, 2)

    @property
    def label(self) -> str:
        return self.name

    @property
    def place(self) -> Place:
        return HERE


class Basket(Fact, frozen=True):
    """A fact that holds subjects."""

    scope: ClassVar[Scope] = Scope.PROJECT
    holds: ClassVar[type[Subject] | None] = Fruit

    fruits: tuple[Fruit, ...]

    @property
    def subjects(self) -> tuple[Fruit, ...]:
        return self.fruits


class Weather(Fact, frozen=True):
    """A fact of these tests."""

    scope: ClassVar[Scope] = Scope.MACHINE

    sunny: bool | Gap


class Season(Fact, frozen=True):
    """A fact that decides whether a check applies."""

    scope: ClassVar[Scope] = Scope.MACHINE

    winter: bool | Gap


class Stone(Subject, frozen=True):
    """A subject that no fact holds."""


SAYS = {"sunny": "it is sunny", "rainy": "it rains"}


@check("TST-01", "It is sunny", points=1.5, fix="Wait.", says=SAYS)
def sunshine(weather: Weather) -> Verdict:
    """Rain is wet."""
    return passed("sunny") if seen(weather.sunny) else failed("rainy")


@check("TST-02", "Every fruit is ripe", points=2, fix="Wait.", says={}, per=Fruit, effort=Effort.DAYS)
def ripeness(fruit: Fruit, weather: Weather | Gap) -> Verdict:
    """Unripe fruit is sour."""
    if isinstance(weather, Gap) and fruit.name == "thirsty":
        raise Unseen(weather)
    if fruit.name == "stone":
        return not_applicable("stone")
    if fruit.name == "half":
        return partial("half", fruit.share, THERE, name=fruit.name)
    return passed("ripe") if seen(fruit.ripe) else failed("unripe", name=fruit.name)


def in_summer(season: Season) -> Verdict | None:
    return not_applicable("winter") if seen(season.winter) else None


@check("TST-03", "It is sunny in summer", points=1, fix="Wait.", says=SAYS, applies=in_summer)
def summer(weather: Weather) -> Verdict:
    """Rain is wet."""
    return sunshine(weather)


def fruit(name: str, *, ripe: bool | Gap = True, share: Fraction = Fraction(1, 2)) -> Fruit:
    return Fruit(name, ripe, share)


def codes(found: Verdict) -> list[str]:
    return [finding.code for finding in found.findings]


def test_the_decorator_keeps_what_it_is_told_and_the_function_can_still_be_called() -> None:
    assert (sunshine.id, sunshine.title, sunshine.points, sunshine.fix) == ("TST-01", "It is sunny", 15, "Wait.")
    assert (sunshine.why, sunshine.effort, ripeness.effort) == ("Rain is wet.", Effort.MINUTES, Effort.DAYS)
    assert sunshine(Weather(sunny=True)).outcome is Outcome.PASS
    assert sunshine(weather=Weather(sunny=False)).outcome is Outcome.FAIL


def test_the_docstring_is_the_reason_on_one_line() -> None:
    def silent(weather: Weather) -> Verdict:
        return passed("sunny") if weather.sunny else failed("rainy")

    same = check("TST-04", "", points=1, fix="", says={})(silent)

    assert same.why == ""
    silent.__doc__ = "Rain\n    is wet."
    assert same.why == "Rain is wet."


def test_the_annotations_are_the_needs() -> None:
    assert [(need.name, need.kind, need.optional) for need in sunshine.needs] == [("weather", Weather, False)]
    assert [(need.name, need.kind, need.optional) for need in ripeness.needs] == [("weather", Weather, True)]
    assert sunshine.all_needs == {Weather}
    assert ripeness.all_needs == {Weather, Basket}
    assert summer.all_needs == {Weather, Season}
    assert (sunshine.holder, ripeness.holder) == (None, Basket)


def test_a_need_that_is_no_fact_is_refused() -> None:
    def wrong(text: str) -> Verdict:
        return passed(text)

    with pytest.raises(TypeError, match="wrong: text is not annotated with a fact class"):
        _ = check("TST-05", "", points=1, fix="", says={})(wrong).needs


def test_a_gap_alone_is_no_need() -> None:
    def wrong(gap: Gap) -> Verdict:
        return unknown(gap)

    with pytest.raises(TypeError, match="gap is not annotated"):
        _ = check("TST-06", "", points=1, fix="", says={})(wrong).needs


def test_subjects_that_no_fact_holds_are_refused() -> None:
    def stones(stone: Stone) -> Verdict:
        return passed(stone.label)

    with pytest.raises(TypeError, match="check TST-07: no fact class holds Stone"):
        _ = check("TST-07", "", points=1, fix="", says={}, per=Stone)(stones).holder


def test_a_fact_that_is_there_is_judged() -> None:
    assert judge(sunshine, Weather(sunny=True)) == passed("sunny")
    assert judge(sunshine, Weather(sunny=False)) == failed("rainy")


def test_a_fact_or_value_that_is_not_there_makes_unknown() -> None:
    assert judge(sunshine, Weather(GAP)) == unknown(GAP)
    assert judge(sunshine) == unknown(Gap(Why.NOT_ASKED, about="Weather"))
    assert verdict(sunshine, Facts({Weather: GAP})) == unknown(GAP)


def test_an_unknown_keeps_the_points_and_earns_none() -> None:
    found = unknown(GAP)

    assert (found.outcome, found.low, found.high) == (Outcome.UNKNOWN, Fraction(0), Fraction(1))
    assert found.findings == (Finding("unseen", Outcome.UNKNOWN, gap=GAP),)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((Season(winter=True), Weather(sunny=False)), not_applicable("winter")),
        ((Season(winter=True),), not_applicable("winter")),
        ((Season(winter=False), Weather(sunny=True)), passed("sunny")),
        ((Season(winter=False), Weather(GAP)), unknown(GAP)),
        ((Season(GAP), Weather(sunny=True)), unknown(GAP)),
        ((Weather(sunny=True),), unknown(Gap(Why.NOT_ASKED, about="Season"))),
    ],
    ids=["exempt", "exempt by that alone", "applies", "unseen", "perhaps exempt", "perhaps exempt, nothing seen"],
)
def test_whether_it_applies_is_decided_first_and_only_by_proof(facts: tuple[Fact, ...], expected: Verdict) -> None:
    assert judge(summer, *facts) == expected


def test_nothing_to_judge_does_not_apply() -> None:
    assert judge(ripeness, Basket(())) == not_applicable("nothing")


def test_subjects_that_were_not_seen_make_unknown() -> None:
    assert judge(ripeness, Weather(sunny=True)) == unknown(Gap(Why.NOT_ASKED, about="Basket"))


def test_a_need_that_may_be_a_gap_is_handed_over_as_one() -> None:
    assert judge(ripeness, Basket((fruit("apple"),))).outcome is Outcome.PASS
    assert judge(ripeness, Basket((fruit("thirsty"),))).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("fruits", "outcome", "low", "high"),
    [
        ((fruit("a"), fruit("b")), Outcome.PASS, 1, 1),
        ((fruit("a"), fruit("b", ripe=False)), Outcome.PARTIAL, Fraction(1, 2), Fraction(1, 2)),
        ((fruit("a", ripe=False), fruit("b", ripe=False)), Outcome.FAIL, 0, 0),
        ((fruit("a", ripe=GAP), fruit("b", ripe=GAP)), Outcome.UNKNOWN, 0, 1),
        ((fruit("a"), fruit("b", ripe=GAP)), Outcome.PARTIAL, Fraction(1, 2), 1),
        ((fruit("a", ripe=False), fruit("b", ripe=GAP)), Outcome.PARTIAL, 0, Fraction(1, 2)),
        ((fruit("a"), fruit("half"), fruit("b", ripe=GAP)), Outcome.PARTIAL, Fraction(1, 2), Fraction(5, 6)),
        ((fruit("a"), fruit("stone")), Outcome.PASS, 1, 1),
        ((fruit("a", ripe=GAP), fruit("stone")), Outcome.UNKNOWN, 0, 1),
        ((fruit("stone"), fruit("stone")), Outcome.NOT_APPLICABLE, 0, 0),
    ],
    ids=["all", "half", "none", "unseen", "one", "lost", "mixed", "exempt", "unseen and exempt", "all exempt"],
)
def test_subjects_that_apply_are_averaged(
    fruits: tuple[Fruit, ...], outcome: Outcome, low: Fraction, high: Fraction
) -> None:
    found = judge(ripeness, Basket(fruits))

    assert (found.outcome, found.low, found.high) == (outcome, low, high)
    assert len(found.findings) == len(fruits)


def test_a_finding_has_its_subject_and_the_place_that_is_nearest() -> None:
    ripe, half = judge(ripeness, Basket((fruit("apple"), fruit("half")))).findings

    assert (ripe.subject, ripe.place) == ("apple", HERE)
    assert (half.subject, half.place, half.params) == ("half", THERE, {"name": "half"})


shares = st.fractions(0, 1, max_denominator=100)
fruits_of_all_kinds = st.lists(
    st.one_of(
        st.builds(fruit, st.just("half"), share=shares),
        st.builds(fruit, st.just("x"), ripe=st.sampled_from([True, False, GAP])),
        st.just(fruit("stone")),
    ),
    max_size=8,
)


@given(fruits_of_all_kinds)
def test_a_verdict_is_the_mean_of_its_subjects(fruits: list[Fruit]) -> None:
    found = judge(ripeness, Basket(tuple(fruits)))
    each = [judge(ripeness, Basket((one,))) for one in fruits if one.name != "stone"]

    assert (found.outcome is Outcome.NOT_APPLICABLE) == (not each)
    assert found.low * len(each) == sum(one.low for one in each)
    assert found.high * len(each) == sum(one.high for one in each)
    assert (found.outcome is Outcome.PASS) == (bool(each) and all(one.low == 1 for one in each))
    assert (found.outcome is Outcome.FAIL) == (bool(each) and all(one.high == 0 for one in each))


@given(fruits_of_all_kinds, st.data())
def test_one_subject_less_seen_never_helps(fruits: list[Fruit], data: st.DataObject) -> None:
    before = judge(ripeness, Basket(tuple(fruits)))
    index = data.draw(st.integers(0, len(fruits)))
    after = judge(ripeness, Basket((*fruits[:index], fruit("x", ripe=GAP), *fruits[index + 1 :])))

    assert after.low <= before.low
    assert after.high >= before.high


@pytest.mark.parametrize(("low", "high"), [(-1, 0), (0, 2), (Fraction(2, 3), Fraction(1, 3))])
def test_shares_that_no_points_could_be_made_of_are_refused(low: Fraction, high: Fraction) -> None:
    with pytest.raises(ValueError, match="a verdict's shares lie between 0 and 1"):
        Verdict(Outcome.PARTIAL, low, high, ())


def test_parameters_of_a_finding_may_have_any_name() -> None:
    assert passed("x", code="a", place="b").findings[0].params == {"code": "a", "place": "b"}
    assert partial("x", Fraction(1, 2), share=1).findings[0].params == {"share": 1}
    assert not_applicable("x", code="a").findings[0].params == {"code": "a"}


def test_a_check_of_a_plugin_is_the_same_check() -> None:
    from dataclasses import replace

    renamed: Check[...] = replace(sunshine, id="dist/TST-01", plugin="dist")

    assert renamed.all_needs == sunshine.all_needs
    assert judge(renamed, Weather(sunny=True)) == passed("sunny")


def test_two_facts_of_one_class_are_refused() -> None:
    with pytest.raises(ValueError, match="two facts of one class"):
        judge(sunshine, Weather(sunny=True), Weather(sunny=False))


def test_a_plugins_check_that_fails_is_unknown_and_one_of_ours_is_a_fault() -> None:
    @check("TST-99", "t", points=1, fix="f", says={})
    def broken() -> Verdict:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        verdict(broken, Facts({}))
    found = verdict(replace(broken, plugin="acme"), Facts({}))

    assert found.outcome is Outcome.UNKNOWN
    assert found.findings[0].gap == Gap(Why.CRASHED, about="TST-99: ZeroDivisionError")
