"""Facts are kept by their class; what was seen of each subject is a value or a gap, never an error."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.asked import Servers
from modelcheck.core.facts import Fact, Facts, Place, Record, Scope, Seen, Subject
from modelcheck.core.gap import NOT_RECORDED, Gap, Unseen, Why, seen
from modelcheck.core.lock import Lock
from modelcheck.core.machine import Platform
from modelcheck.core.project import Engine, Provider

GAP = Gap(Why.TIMED_OUT, about="5 s")
LINUX = Platform("Linux")


class Mark(Record, frozen=True):
    """A value that may stand where a gap may stand."""

    text: str


class Bare(Subject, frozen=True):
    """A subject that says nothing of itself."""


def test_a_value_that_was_seen_is_itself() -> None:
    assert seen(5) == 5
    assert seen(None) is None


def test_a_gap_leaves_with_itself() -> None:
    with pytest.raises(Unseen) as unseen:
        seen(GAP)

    assert unseen.value.gap is GAP
    assert str(unseen.value) == "timed_out"


def test_every_subject_has_a_value_or_a_gap() -> None:
    found = Seen[str, int].of({"a": 1, "b": GAP})

    assert (found["a"], found["b"]) == (1, GAP)
    assert list(found) == ["a", "b"]
    assert len(found) == 2


def test_what_was_not_expected_was_not_asked() -> None:
    assert Seen[str, int]()["c"] == Gap(Why.NOT_ASKED)


@given(st.dictionaries(st.text(), st.integers()))
def test_nothing_of_a_mapping_is_lost(items: dict[str, int]) -> None:
    found = Seen.of(items)

    assert {key: found[key] for key in found} == items
    assert found == Seen.of(dict(items))
    assert hash(found) == hash(Seen.of(dict(items)))


def test_two_answers_for_one_subject_are_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        Seen((("a", 1), ("a", 2)))
    with pytest.raises(msgspec.ValidationError, match="twice"):
        msgspec.convert({"pairs": [["a", 1], ["a", 1]]}, Seen[str, int])


@pytest.mark.parametrize("value", [Mark("x"), GAP])
def test_a_value_and_a_gap_are_told_apart_in_json(value: Mark | Gap) -> None:
    text = msgspec.json.encode(Seen[str, Mark].of({"a": value}))

    assert msgspec.json.decode(text, type=Seen[str, Mark])["a"] == value


def test_facts_are_found_by_their_class() -> None:
    facts = Facts({Platform: LINUX, Lock: GAP})

    assert facts.get(Platform) is LINUX
    assert facts.get(Lock) is GAP
    assert list(facts) == [Platform, Lock]


def test_a_fact_that_nobody_looked_for_is_a_gap_with_its_name() -> None:
    assert Facts({}).get(Platform) == Gap(Why.NOT_ASKED, about="Platform")


def test_an_exchange_leaves_the_original_and_keeps_the_rest() -> None:
    before = Facts(
        {Platform: LINUX}, {Scope.MACHINE: "2026-11-22T10:00:00Z"}, {Scope.PROJECT: {"Later": {}}}, subject="demo"
    )
    after = before.replaced(Platform, GAP)

    assert (before.get(Platform), after.get(Platform)) == (LINUX, GAP)
    assert (after.taken_at, after.unknown, after.subject) == (before.taken_at, before.unknown, "demo")
    assert list(before.merged({Servers: Servers(())})) == [Platform, Servers]


def test_a_fact_holds_no_subjects_unless_it_says_so() -> None:
    assert LINUX.subjects == ()
    assert LINUX.holds is None


def test_a_subject_has_a_label_and_need_not_have_a_place() -> None:
    assert Bare().place is None
    with pytest.raises(NotImplementedError):
        _ = Bare().label


def test_a_provider_is_known_by_its_name_and_where_it_is_declared() -> None:
    at = Place("config/models_config.json", 3)
    provider = Provider("ollama", Engine.OLLAMA, "one", "", declared_local=True, hosted=False, key_variable=None, at=at)

    assert (provider.label, provider.place) == ("ollama", at)


def test_places_are_ordered_by_file_and_line() -> None:
    assert sorted([Place("b", 1), Place("a", 9), Place("a")]) == [Place("a"), Place("a", 9), Place("b", 1)]


def test_no_fact_takes_the_place_of_another() -> None:
    with pytest.raises(TypeError, match=r"there is a fact Platform already, in modelcheck\.core\.machine"):
        msgspec.defstruct("Platform", [], bases=(Fact,), module=__name__)

    assert Fact.registry["Platform"] is Platform


def test_a_fact_may_be_defined_again_where_it_was() -> None:
    first, second = (msgspec.defstruct("Again", [], bases=(Fact,), module=__name__, frozen=True) for _ in range(2))

    assert first is not second
    assert Fact.registry.pop("Again") is second


def test_every_reason_of_a_gap_has_one_sentence() -> None:
    from modelcheck.reports.lang import words

    assert set(words("en").gaps) == {why.value for why in Why}
    assert NOT_RECORDED.why.value in words("en").gaps
