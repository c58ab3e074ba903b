"""What is known of the upstream: how old it may be, and what may be ruled by it meanwhile."""

from typing import TYPE_CHECKING, cast

import pytest
from front import LLAMA, STUB, Clock
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.app.tables import table
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Entry
from modelcheck.core.precheck import Obstacle, Presence, precheck
from modelcheck.core.ruling import Action
from modelcheck.core.tables import Families
from modelcheck.guard.limits import Limits
from modelcheck.guard.state import MOST_ANSWERS, Reading, State

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = Limits(fresh_s=2, refresh_s=4, last_known_s=60)
FAMILIES = table(Families)
NAMED = sorted(Action)


def begun() -> tuple[State, Clock]:
    clock = Clock()
    return State(LIMITS, FAMILIES, clock), clock


def looked(*entries: Entry, disabled: bool | None = True) -> tuple[State, Clock]:
    state, clock = begun()
    take(state, Reading(entries or (LLAMA, STUB), disabled, clock()))
    return state, clock


def take(state: State, reading: Reading) -> None:
    """Take a look that has just been begun."""
    state.take(reading, state.epoch)


def is_here(state: State, action: Action = Action.INFER, name: str = "llama3:8b") -> bool:
    return state.check(name, action).allowed


def test_before_the_first_look_nothing_is_known() -> None:
    state, _ = begun()
    assert state.reading is None
    assert state.age is None
    assert state.is_doubtful
    assert not state.is_strict
    assert not state.is_fresh
    for action in NAMED:
        assert state.check("llama3:8b", action).presence is Presence.NOT_CHECKED


def test_after_a_look_what_is_there_is_here_and_nothing_else() -> None:
    state, clock = looked()
    assert state.is_fresh
    assert state.age == 0
    clock.now += 1.5
    assert state.age == 1.5
    assert state.check("llama3:8b", Action.PULL).entry == LLAMA
    assert state.check("bridge", Action.INFER).obstacle is Obstacle.STUB
    absent = state.check("llama3:70b", Action.PULL)
    assert (absent.presence, [near.name for near in absent.near]) == (Presence.NEAR, ["llama3:8b"])


@pytest.mark.parametrize("action", [Action.INFER, Action.DESCRIBE, Action.CREATE])
def test_while_the_cloud_is_disabled_names_go_on_for_a_minute_and_pulls_for_seconds(action: Action) -> None:
    state, clock = looked()
    seen: list[tuple[bool, bool]] = []
    for seconds in (LIMITS.refresh_s, 0.01):
        clock.now += seconds
        seen.append((state.is_fresh, is_here(state, Action.PULL)))
    assert seen == [(True, True), (False, False)]
    assert is_here(state, action)
    clock.now += LIMITS.last_known_s - LIMITS.refresh_s - 0.01
    assert is_here(state, action)
    clock.now += 0.01
    assert state.check("llama3:8b", action).gap == Gap(Why.NOT_ANSWERED, about="upstream")


@pytest.mark.parametrize("disabled", [False, None])
def test_while_the_cloud_is_not_known_to_be_disabled_everything_is_looked_up_within_seconds(
    disabled: bool | None,
) -> None:
    state, clock = looked(disabled=disabled)
    assert state.is_strict
    seen: list[tuple[bool, bool]] = []
    for seconds in (LIMITS.fresh_s, 0.01):
        clock.now += seconds
        seen.append((state.is_fresh, is_here(state)))
    assert seen == [(True, True), (False, False)]
    for action in NAMED:
        assert not is_here(state, action)


def test_a_doubt_stops_pulls_at_once_and_names_that_the_cloud_could_answer() -> None:
    state, _ = looked()
    state.doubt()
    assert state.is_doubtful
    assert not state.is_fresh
    assert not is_here(state, Action.PULL)
    assert is_here(state)
    strict, clock = looked(disabled=None)
    strict.doubt()
    assert not is_here(strict)
    take(strict, Reading((LLAMA,), None, clock()))
    assert not strict.is_doubtful
    assert is_here(strict)


def test_a_look_that_began_before_a_doubt_does_not_end_it() -> None:
    state, clock = looked()
    before = state.epoch
    state.doubt()
    state.take(Reading((LLAMA,), cloud_disabled=True, at=clock()), before)
    assert state.is_doubtful
    assert not state.is_fresh
    state.take(Reading((LLAMA,), cloud_disabled=True, at=clock()), state.epoch)
    assert state.is_fresh


def test_a_new_look_replaces_what_was_known() -> None:
    state, clock = looked()
    assert is_here(state)
    assert not is_here(state, name="new")
    clock.now += 3
    take(state, Reading((Entry("new:latest", remote=False),), cloud_disabled=True, at=clock() - 1))
    assert state.age == 1
    assert not is_here(state)
    assert is_here(state, name="new")


def test_a_look_that_sees_the_same_keeps_the_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    state, clock = looked()
    counted = count(monkeypatch)
    for _ in range(3):
        state.check("llama3:8b", Action.INFER)
        take(state, Reading((LLAMA, STUB), cloud_disabled=True, at=clock()))
    assert counted == ["llama3:8b"]
    take(state, Reading((STUB,), cloud_disabled=True, at=clock()))
    assert not is_here(state)
    assert counted == ["llama3:8b"] * 2


def test_only_so_many_answers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    state, _ = looked()
    for number in range(MOST_ANSWERS):
        state._answers[f"x{number}"] = state.check("llama3:8b", Action.INFER)
        if len(state._answers) == MOST_ANSWERS - 1:
            break
    counted = count(monkeypatch)
    for _ in range(2):
        state.check("last", Action.INFER)
        state.check("one-more", Action.INFER)
    assert len(state._answers) == MOST_ANSWERS
    assert counted == ["last", "one-more", "one-more"]


def count(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the pre-checks that are made from now on."""
    counted: list[str] = []
    real = cast("Callable[..., object]", precheck)

    def counting(name: str, *rest: object) -> object:
        counted.append(name)
        return real(name, *rest)

    monkeypatch.setattr("modelcheck.guard.state.precheck", counting)
    return counted


def test_without_a_digest_nothing_is_known_to_be_weights_unless_the_cloud_is_disabled() -> None:
    untold = Entry("untold:latest", remote=False)
    state, clock = looked(untold, LLAMA, disabled=None)
    assert state.check("untold", Action.INFER).presence is Presence.NOT_CHECKED
    assert is_here(state)
    take(state, Reading((untold, LLAMA), cloud_disabled=True, at=clock()))
    assert is_here(state, name="untold")
    take(state, Reading((untold, LLAMA), cloud_disabled=False, at=clock()))
    assert not is_here(state, name="untold")


def test_a_stub_without_a_digest_is_still_a_stub() -> None:
    state, _ = looked(Entry("bridge:latest", remote=True), disabled=None)
    assert state.check("bridge", Action.INFER).obstacle is Obstacle.STUB


steps = st.one_of(
    st.tuples(st.just("pass"), st.floats(0, 70)),
    st.tuples(st.just("look"), st.sampled_from([True, False, None])),
    st.tuples(st.just("doubt"), st.none()),
)


@given(st.lists(steps, max_size=12), st.sampled_from(NAMED))
def test_whatever_happens_no_pull_passes_on_an_old_look_and_no_name_on_a_very_old_one(
    happened: list[tuple[str, float | bool | None]], action: Action
) -> None:
    state, clock = begun()
    for what, value in happened:
        if what == "pass":
            clock.now += value or 0
        elif what == "look":
            take(state, Reading((LLAMA, STUB), value if isinstance(value, bool) else None, clock()))
        else:
            state.doubt()
        found = state.check("llama3:8b", action)
        assert not state.check("bridge", action).allowed
        if not found.allowed:
            continue
        age, reading = state.age, state.reading
        assert age is not None
        assert reading is not None
        if action is Action.PULL or reading.cloud_disabled is not True:
            assert state.is_fresh
            assert not state.is_doubtful
            assert age <= (LIMITS.refresh_s if reading.cloud_disabled else LIMITS.fresh_s)
        assert age <= LIMITS.last_known_s
