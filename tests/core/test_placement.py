"""Where models find room."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from modelcheck.core.gap import NOT_RECORDED, Gap, Unseen, Why
from modelcheck.core.graphics import Gpu, Gpus
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Loaded, Platform
from modelcheck.core.memory import UNKNOWN, Demand, Span
from modelcheck.core.placement import (
    DESKTOP_RESERVE,
    HEADLESS_RESERVE,
    Fit,
    Room,
    fit,
    reserved,
    room,
    runs_here,
    stays,
)

GIB = 1 << 30
GAP = Gap(Why.UNREADABLE, about="planted")
HEADLESS, DESKTOP = Platform("Linux", desktop=False), Platform("Linux", desktop=True)
UNSURE = Platform("Linux", GAP)
MAC = Platform("Darwin", desktop=True, graphics="apple", memory=32 * GIB)
UNDECLARED, NO_RESERVE = Expectations(), Expectations(reserve_bytes=0)
ANY_SCREEN = Gap(Why.UNREADABLE, about="screen", hint="expect.reserve_gib (modelcheck.yaml)")


def cards(*free: int | Gap, total: int | Gap = 24 * GIB) -> Gpus:
    return Gpus("580", tuple(Gpu(index, "RTX 3090", "", total, amount) for index, amount in enumerate(free)))


def divided(mig: bool | Gap) -> Gpus:
    return Gpus("580", (Gpu(0, "A100", "", 80 * GIB, 80 * GIB, mig=mig),))


def held(amount: int | Gap) -> Loaded:
    return Loaded("x", 0, amount)


def exactly(amount: int) -> Span:
    return Span(amount, amount)


def needing(need: int, predicted: int | None = None, *, resident: bool = False) -> Demand:
    foreseen = need if predicted is None else predicted
    return Demand(exactly(need), exactly(foreseen), measured=resident, resident=resident)


def free(*now: int, reserve: int = 0) -> Room:
    return Room(tuple(map(exactly, now)), sum(now), exactly(reserve))


@pytest.mark.parametrize(
    ("declared", "platform", "kept_free"),
    [
        (None, HEADLESS, HEADLESS_RESERVE),
        (None, DESKTOP, DESKTOP_RESERVE),
        (5, DESKTOP, 5),
        (0, UNSURE, 0),
        (None, UNSURE, ANY_SCREEN),
    ],
)
def test_the_reserve_is_declared_or_told_by_the_screen(
    declared: int | None, platform: Platform, kept_free: int | Gap
) -> None:
    assert reserved(Expectations(declared), platform) == kept_free


def test_models_of_the_server_itself_would_make_room() -> None:
    found = room((held(3 * GIB), held(GIB)), cards(2 * GIB), UNDECLARED, HEADLESS)

    assert found == Room((exactly(6 * GIB),), 6 * GIB, exactly(GIB))
    assert (found.least, found.most) == (5 * GIB, 5 * GIB)


def test_where_the_screen_is_not_known_there_is_a_least_and_a_most() -> None:
    found = room((), cards(4 * GIB), UNDECLARED, UNSURE)

    assert (found.least, found.most, found.doubt) == (2 * GIB, 3 * GIB, ANY_SCREEN)


def test_there_is_never_less_room_than_none() -> None:
    found = room((), cards(1), UNDECLARED, UNSURE)

    assert (found.least, found.most) == (0, 0)


def test_of_several_cards_it_is_not_known_which_would_be_given_back() -> None:
    found = room((held(10 * GIB),), cards(4 * GIB, 20 * GIB), UNDECLARED, HEADLESS)

    assert found.cards == (Span(4 * GIB, 14 * GIB), Span(20 * GIB, 24 * GIB))
    assert found.total == 34 * GIB


def test_a_card_that_hides_its_size_may_be_given_back_all() -> None:
    found = room((held(10 * GIB),), cards(4 * GIB, 20 * GIB, total=GAP), UNDECLARED, HEADLESS)

    assert found.cards == (Span(4 * GIB, 14 * GIB), Span(20 * GIB, 30 * GIB))


def test_apple_silicon_has_three_quarters_of_its_memory_whatever_cards_are_seen() -> None:
    found = room((held(GIB),), GAP, UNDECLARED, MAC)

    assert found == Room((exactly(24 * GIB),), 24 * GIB, exactly(DESKTOP_RESERVE), shared=True)


UNKNOWABLE: dict[str, tuple[Callable[[], Room], Why]] = {
    "no card": (lambda: room((), cards(), UNDECLARED, HEADLESS), Why.NOT_THERE),
    "AMD": (lambda: room((), cards(), UNDECLARED, replace(HEADLESS, graphics="amd")), Why.NOT_UNDERSTOOD),
    "cards not seen": (lambda: room((), GAP, UNDECLARED, HEADLESS), Why.UNREADABLE),
    "free memory not recorded": (lambda: room((), cards(GAP), UNDECLARED, HEADLESS), Why.UNREADABLE),
    "what is loaded not recorded": (lambda: room((held(GAP),), cards(1), UNDECLARED, HEADLESS), Why.UNREADABLE),
    "what is loaded on a Mac not recorded": (lambda: room((held(GAP),), GAP, UNDECLARED, MAC), Why.UNREADABLE),
    "a divided card": (lambda: room((), divided(True), UNDECLARED, HEADLESS), Why.NOT_UNDERSTOOD),
    "a card that may be divided": (lambda: room((), divided(GAP), UNDECLARED, HEADLESS), Why.UNREADABLE),
    "reserve not read": (lambda: room((), cards(1), Expectations(GAP), HEADLESS), Why.UNREADABLE),
    "another Mac": (lambda: room((), GAP, UNDECLARED, replace(MAC, graphics="amd")), Why.NOT_UNDERSTOOD),
    "Mac not told": (lambda: room((), GAP, UNDECLARED, replace(MAC, graphics=GAP)), Why.UNREADABLE),
    "memory not told": (lambda: room((), GAP, UNDECLARED, replace(MAC, memory=GAP)), Why.UNREADABLE),
}


@pytest.mark.parametrize(("ask", "why"), UNKNOWABLE.values(), ids=UNKNOWABLE)
def test_room_that_cannot_be_known_leaves_with_its_gap(ask: Callable[[], Room], why: Why) -> None:
    with pytest.raises(Unseen) as unseen:
        ask()

    assert unseen.value.gap.why is why


@pytest.mark.parametrize(
    ("needs", "room", "found"),
    [
        ([needing(10)], free(10), Fit.ONE),
        ([needing(11)], free(10), Fit.NONE),
        ([needing(10)], free(10, reserve=1), Fit.NONE),
        ([needing(10, 100)], free(10), Fit.ONE),
        ([needing(8)], free(10, 5), Fit.ONE),
        ([needing(8, 9)], free(10, 5), Fit.SPREAD),
        ([needing(8)], free(10, 5, reserve=3), Fit.SPREAD),
        ([needing(13)], free(10, 5, reserve=3), Fit.NONE),
        ([needing(15)], free(10, 5), Fit.SPREAD),
        ([needing(16)], free(10, 5), Fit.NONE),
        ([needing(4), needing(8)], free(10, 5), Fit.ONE),
        ([needing(4), needing(8)], free(8, 8), Fit.SPREAD),
        ([needing(8), needing(8)], free(10, 10), Fit.ONE),
        ([needing(2)] * 20, free(25, 25), Fit.SPREAD),
        ([needing(2)] * 20, free(40), Fit.ONE),
        ([needing(8, 100, resident=True)], free(5, 5), Fit.ONE),
        ([needing(8, 100, resident=True), needing(2, 100)], free(5, 5), Fit.SPREAD),
    ],
)
def test_models_go_to_one_card_where_the_prediction_is_four_fifths_of_it_and_else_to_all(
    needs: list[Demand], room: Room, found: Fit
) -> None:
    assert fit(needs, room) is found


def test_models_that_are_there_say_more_than_an_estimate_of_room() -> None:
    mac = replace(free(10), shared=True)

    assert fit([needing(11, resident=True)], mac) is Fit.ONE
    assert fit([needing(11)], mac) is fit([needing(5, resident=True), needing(6)], mac) is Fit.NONE


def test_what_leaves_fit_open_is_named() -> None:
    unknown = Demand(Span(1, 100), exactly(1), doubt=GAP)
    unpredicted = Demand(exactly(8), UNKNOWN, doubt=GAP)
    any_screen = Room((exactly(10),), 10, Span(1, 2), doubt=ANY_SCREEN)
    any_card = Room((Span(1, 10), Span(1, 10)), 11, exactly(0))

    assert fit([unknown], free(10)) == GAP
    assert fit([unpredicted], free(10, 10)) == GAP
    assert fit([unpredicted], free(10)) is Fit.ONE
    assert fit([needing(9)], any_screen) == ANY_SCREEN
    assert fit([needing(8)], any_card) == Gap(Why.UNDECIDED, about="2 cards")


@pytest.mark.parametrize(
    ("needs", "total", "stay"),
    [
        ([needing(10)], 10, True),
        ([needing(11)], 10, False),
        ([needing(10), needing(4)], 15, True),
        ([needing(4), needing(10)], 15, True),
        ([needing(10), needing(5)], 15, False),
        ([needing(10), needing(2, 5)], 15, True),
        ([needing(10), needing(4, 5)], 15, False),
        ([needing(5, 1), needing(5, 9)], 15, True),
        ([needing(1)] * 7, 8, True),
        ([needing(1)] * 7, 7, False),
    ],
)
def test_a_model_is_loaded_beside_others_where_its_prediction_is_four_fifths_of_what_is_left(
    needs: list[Demand], total: int, stay: bool
) -> None:
    assert stays(needs, free(total, reserve=5)) is stay


def test_what_leaves_open_whether_models_stay_is_named() -> None:
    unpredicted = Demand(exactly(5), UNKNOWN, doubt=GAP)

    assert stays([needing(5), unpredicted, unpredicted], free(15)) == GAP


@pytest.mark.parametrize(
    ("server", "here"),
    [
        ("default", True),
        ("http://127.0.0.1:11434", True),
        ("http://localhost:11434", True),
        ("http://[::1]:11434", True),
        ("http://192.168.1.2:11434", False),
        ("the lab", False),
        ("", False),
    ],
)
def test_a_server_is_of_this_machine_by_its_address_alone(server: str, here: bool) -> None:
    assert runs_here(server) is here


amounts = st.integers(0, 1 << 36)
spans = st.tuples(amounts, amounts).map(lambda pair: Span(min(pair), max(pair)))
demands = st.builds(Demand, need=spans, predicted=spans, resident=st.booleans(), doubt=st.just(GAP))
RANK = [Fit.ONE, Fit.SPREAD, Fit.NONE]


def exact(one: Demand, at_most: bool) -> Demand:
    need, predicted = (one.need.most, one.predicted.most) if at_most else (one.need.least, one.predicted.least)
    return replace(one, need=exactly(need), predicted=exactly(predicted))


@given(
    st.lists(demands, min_size=1, max_size=3),
    st.lists(amounts, min_size=1, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
)
def test_any_settlement_of_a_need_keeps_what_was_certain(needs: list[Demand], now: list[int], most: list[bool]) -> None:
    settled = [exact(one, at_most) for one, at_most in zip(needs, most, strict=False)]
    open_fit, open_stay = fit(needs, free(*now)), stays(needs, free(*now))

    assert isinstance(open_fit, Gap) or fit(settled, free(*now)) is open_fit
    assert isinstance(open_stay, Gap) or stays(settled, free(*now)) is open_stay


@given(st.lists(demands, min_size=1, max_size=3), st.lists(amounts, min_size=1, max_size=3), amounts, st.integers(0, 2))
def test_more_need_never_fits_better(needs: list[Demand], now: list[int], more: int, which: int) -> None:
    before = [exact(one, at_most=False) for one in needs]
    after = list(before)
    one = after[which % len(after)]
    after[which % len(after)] = replace(
        one, need=exactly(one.need.least + more), predicted=exactly(one.predicted.least + more)
    )

    was, is_now = fit(before, free(*now)), fit(after, free(*now))
    assert isinstance(was, Fit)
    assert isinstance(is_now, Fit)
    assert RANK.index(is_now) >= RANK.index(was)
    assert stays(before, free(*now)) or not stays(after, free(*now))


@given(
    st.lists(amounts, min_size=1, max_size=4),
    st.lists(amounts, max_size=3),
    st.sampled_from([HEADLESS, DESKTOP, UNSURE]),
)
def test_what_is_known_for_certain_lies_between_least_and_most(
    now: list[int], loaded: list[int], platform: Platform
) -> None:
    running = tuple(map(held, loaded))
    found = room(running, cards(*now), UNDECLARED, platform)

    assert found.least <= found.most
    assert all(card.least <= card.most for card in found.cards)
    for certain in (HEADLESS, DESKTOP) if platform is UNSURE else (platform,):
        settled = room(running, cards(*now), UNDECLARED, certain)
        assert found.least <= settled.least <= settled.most <= found.most


def test_nothing_that_was_seen_has_a_doubt() -> None:
    assert room((), cards(1), NO_RESERVE, UNSURE).doubt == NOT_RECORDED
