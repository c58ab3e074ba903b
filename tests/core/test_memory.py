"""What a model needs on a card, and what a card has room for."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.graphics import Gpu, Gpus
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Loaded, Platform, Shape
from modelcheck.core.memory import (
    DESKTOP_RESERVE,
    HEADLESS_RESERVE,
    Demand,
    Room,
    cache_bytes,
    context_of,
    estimate,
    reserved,
    room,
)

GIB = 1 << 30
GAP = Gap(Why.UNREADABLE, about="planted")
SHAPE = Shape(num_ctx=8192, max_context=32768, layers=32, kv_heads=8, key_length=128, value_length=64)
HEADLESS, DESKTOP = Platform("Linux", desktop=False), Platform("Linux", desktop=True)
UNDECLARED = Expectations()

amounts = st.integers(0, 1 << 40)


def cards(*free: int | Gap) -> Gpus:
    return Gpus("580", tuple(Gpu(index, "RTX 3090", "", 24 * GIB, amount) for index, amount in enumerate(free)))


def held(amount: int | Gap) -> Loaded:
    return Loaded("x", 0, amount)


def test_the_cache_is_keys_and_values_of_every_layer_and_token() -> None:
    assert cache_bytes(SHAPE, 8192) == 32 * 8 * (128 + 64) * 2 * 8192


def test_a_loaded_model_tells_its_context_itself() -> None:
    assert context_of(SHAPE, Loaded("x", 0, 0, context=2048)) == 2048
    assert context_of(SHAPE, None) == 8192


def test_a_model_that_is_not_loaded_is_estimated() -> None:
    cache = 32 * 8 * (128 + 64) * 2 * 8192

    assert estimate(GIB, SHAPE, None) == Demand(GIB, cache, 8192, GIB + cache, measured=False)


def test_a_loaded_model_is_measured() -> None:
    loaded = Loaded("x", 3 * GIB, 3 * GIB, context=2048)

    assert estimate(GIB, GAP, loaded) == Demand(GIB, 2 * GIB, 2048, 3 * GIB, measured=True)


def test_what_is_measured_is_never_less_than_nothing() -> None:
    loaded = Loaded("x", GIB, GIB, context=2048)

    assert estimate(3 * GIB, SHAPE, loaded) == Demand(GIB, 0, 2048, GIB, measured=True)


UNKNOWABLE: dict[str, Callable[[], object]] = {
    "no shape": lambda: context_of(GAP, None),
    "context not recorded": lambda: context_of(Shape(), None),
    "context not set": lambda: context_of(Shape(num_ctx=None), None),
    "loaded context not recorded": lambda: context_of(SHAPE, Loaded("x", 0, 0)),
    "loaded size not recorded": lambda: estimate(GIB, SHAPE, Loaded("x", GAP, 0, context=1)),
    "heads not recorded": lambda: cache_bytes(Shape(num_ctx=1), 1),
    "no card": lambda: room((), cards(), UNDECLARED, HEADLESS),
    "free memory not recorded": lambda: room((), cards(GAP), UNDECLARED, HEADLESS),
    "what is loaded not recorded": lambda: room((held(GAP),), cards(1), UNDECLARED, HEADLESS),
    "reserve not read": lambda: room((), cards(1), Expectations(GAP), HEADLESS),
}


@pytest.mark.parametrize("ask", UNKNOWABLE.values(), ids=UNKNOWABLE)
def test_what_cannot_be_known_leaves_with_its_gap(ask: Callable[[], object]) -> None:
    with pytest.raises(Unseen):
        ask()


def test_a_context_that_nothing_sets_says_what_would() -> None:
    with pytest.raises(Unseen) as unseen:
        context_of(Shape(num_ctx=None), None)

    assert unseen.value.gap.hint == "PARAMETER num_ctx in the model"


@pytest.mark.parametrize(
    ("declared", "platform", "kept_free"),
    [
        (None, HEADLESS, HEADLESS_RESERVE),
        (None, DESKTOP, DESKTOP_RESERVE),
        (5, DESKTOP, 5),
        (0, GAP, 0),
        (None, GAP, Gap(Why.UNREADABLE, about="screen", hint="expect.reserve_gib (modelcheck.yaml)")),
        (
            None,
            Platform("Linux", GAP),
            Gap(Why.UNREADABLE, about="screen", hint="expect.reserve_gib (modelcheck.yaml)"),
        ),
    ],
)
def test_the_reserve_is_declared_or_told_by_the_screen(
    declared: int | None, platform: Platform | Gap, kept_free: int | Gap
) -> None:
    assert reserved(Expectations(declared), platform) == kept_free


def test_models_of_the_server_itself_would_make_room() -> None:
    assert room((held(3 * GIB), held(GIB)), cards(2 * GIB), UNDECLARED, HEADLESS) == Room(5 * GIB, 5 * GIB)


def test_where_the_screen_is_not_known_there_is_a_least_and_a_most() -> None:
    found = room((), cards(4 * GIB), UNDECLARED, GAP)

    assert (found.least, found.most) == (2 * GIB, 3 * GIB)
    assert found.doubt.about == "screen"


def test_of_several_cards_the_server_may_take_any_or_all() -> None:
    found = room((held(GIB),), cards(4 * GIB, 8 * GIB), UNDECLARED, HEADLESS)

    assert found == Room(3 * GIB, 12 * GIB, Gap(Why.UNDECIDED, about="2 cards"))


@given(
    st.lists(amounts, min_size=1, max_size=4), st.lists(amounts, max_size=3), st.sampled_from([HEADLESS, DESKTOP, GAP])
)
def test_what_is_known_for_certain_lies_between_least_and_most(
    free: list[int], loaded: list[int], platform: Platform | Gap
) -> None:
    running = tuple(map(held, loaded))
    found = room(running, cards(*free), UNDECLARED, platform)

    assert found.least <= found.most
    for certain in (HEADLESS, DESKTOP) if isinstance(platform, Gap) else (platform,):
        exact = room(running, cards(*free), UNDECLARED, certain)
        assert found.least <= exact.least <= exact.most <= found.most
