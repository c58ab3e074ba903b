"""Where models find room: what is free on the cards, and whether Ollama would put them on one card or spread them."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from fractions import Fraction
from itertools import permutations, product

import msgspec

from modelcheck.core.gap import NOT_RECORDED, Gap, Unseen, Why, seen
from modelcheck.core.graphics import Gpu, Gpus
from modelcheck.core.host import InvalidEndpoint, parse_endpoint
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Loaded, Platform
from modelcheck.core.memory import Demand, Span

HEADLESS_RESERVE = 1 << 30
"""Bytes kept free where no screen is driven."""
DESKTOP_RESERVE = 2 << 30
"""Bytes kept free where a screen is driven."""
PREDICTED_SHARE = Fraction(4, 5)
"""Of the free memory, what Ollama lets its own prediction take before it spreads a model or unloads another."""
SHARED_PART = Fraction(3, 4)
"""Of the main memory, what macOS lets the graphics of Apple silicon take, as estimated."""
MOST_WAYS = 10_000
"""Ways to share models out among cards that are tried; beyond, no way is taken to be there."""
MOST_ORDERED = 6
"""Models of which every order of loading is tried; of more only the largest first."""

Amounts = tuple[int, int]
"""Bytes that a model needs, and those that Ollama predicts."""


class Fit(StrEnum):
    """How models fit."""

    ONE = "one"
    """Each on one card."""
    SPREAD = "spread"
    """On several cards together."""
    NONE = "none"


class Room(msgspec.Struct, frozen=True):
    """What is free for models, in bytes, when the servers' own models have made room."""

    cards: tuple[Span, ...]
    """Of each card; with several it is not known on which of them the servers' own models lie."""
    total: int
    """Of all cards together."""
    reserve: Span
    """To be kept free."""
    shared: bool = False
    """Whether it is main memory, and an estimate."""
    doubt: Gap = NOT_RECORDED
    """Why the reserve is not known, where it is not."""

    @property
    def least(self) -> int:
        """What is certainly free on all cards together, at least nothing."""
        return max(0, self.total - self.reserve.most)

    @property
    def most(self) -> int:
        """What may be free on all cards together."""
        return max(0, self.total - self.reserve.least)


def room(loaded: Iterable[Loaded], gpus: Gpus | Gap, expectations: Expectations, platform: Platform) -> Room:
    """Return what is free: memory that is free now and what the servers' own models would give back.

    Raises:
        Unseen: there is no card to be seen, or what it has free or what is loaded on it.

    """
    reserve = reserved(expectations, platform)
    kept = Span(HEADLESS_RESERVE, DESKTOP_RESERVE) if isinstance(reserve, Gap) else Span(reserve, reserve)
    doubt = reserve if isinstance(reserve, Gap) else NOT_RECORDED
    held = sum(seen(one.size_vram) for one in loaded)
    if platform.system == "Darwin":
        total = _shared(platform)
        return Room((Span(total, total),), total, kept, shared=True, doubt=doubt)
    cards = seen(gpus).cards
    if not cards:
        raise Unseen(_no_card(platform))
    if any(seen(card.mig) for card in cards):
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about="a card that is divided (MIG)"))
    free = [seen(card.free) for card in cards]
    if len(cards) == 1:
        return Room((Span(free[0] + held, free[0] + held),), free[0] + held, kept, doubt=doubt)
    spans = (Span(now, max(now, _given_back(card, now + held))) for card, now in zip(cards, free, strict=True))
    return Room(tuple(spans), sum(free) + held, kept, doubt=doubt)


def reserved(expectations: Expectations, platform: Platform) -> int | Gap:
    """Return the bytes to keep free: as declared, else by whether a screen is driven; a gap where that is not known."""
    declared = seen(expectations.reserve_bytes)
    if declared is not None:
        return declared
    if isinstance(platform.desktop, Gap):
        return Gap(platform.desktop.why, about="screen", hint="expect.reserve_gib (modelcheck.yaml)")
    return DESKTOP_RESERVE if platform.desktop else HEADLESS_RESERVE


def fit(needs: Sequence[Demand], free: Room) -> Fit | Gap:
    """Return how models fit together; a gap where what is not known decides.

    Models that are wholly on cards now count as on one, since which card holds what is not to be seen; where the room
    is an estimate, that they are there says more.
    """
    are_there = all(one.resident for one in needs)
    if are_there and free.shared:
        return Fit.ONE
    cards = (Span(free.total, free.total),) if are_there else free.cards
    least, most = _bounds(needs)
    worst = _fit(most, [card.least for card in cards], free.total, free.reserve.most)
    best = _fit(least, [card.most for card in cards], free.total, free.reserve.least)
    if worst is best:
        return worst
    if all(one.need.exact for one in needs) and not free.reserve.exact:
        return free.doubt
    return _doubt(needs) or Gap(Why.UNDECIDED, about=f"{len(cards)} cards")


def stays(needs: Sequence[Demand], free: Room) -> bool | Gap:
    """Return whether Ollama would load the last of these models beside the others, and unload none for it."""
    least, most = _bounds(needs)
    worst, best = _stays(most, free.total), _stays(least, free.total)
    return worst if worst is best else _doubt(needs) or NOT_RECORDED


def runs_here(server: str) -> bool:
    """Whether a server, by its id, is one of this machine: an address of loopback, or Ollama's default."""
    if server == "default":
        return True
    try:
        return parse_endpoint(server).is_loopback
    except InvalidEndpoint:
        return False


def _shared(platform: Platform) -> int:
    if seen(platform.graphics) != "apple":
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about="the graphics of this Mac"))
    return int(seen(platform.memory) * SHARED_PART)


def _no_card(platform: Platform) -> Gap:
    if platform.graphics == "amd":
        return Gap(Why.NOT_UNDERSTOOD, about="the memory of AMD graphics")
    return Gap(Why.NOT_THERE, about="NVIDIA card")


def _given_back(card: Gpu, free: int) -> int:
    return free if isinstance(card.total, Gap) else min(free, card.total)


def _fit(needs: list[Amounts], cards: list[int], total: int, reserve: int) -> Fit:
    """Place models by Ollama's rule: on one card if the prediction is at most four fifths of it, else on all cards."""
    if sum(need for need, _ in needs) > total - reserve:
        return Fit.NONE
    if len(cards) == 1 or _each_on_one(needs, cards, reserve):
        return Fit.ONE
    return Fit.SPREAD


def _each_on_one(needs: list[Amounts], cards: list[int], reserve: int) -> bool:
    if len(cards) ** len(needs) > MOST_WAYS:
        return False
    return any(_holds(needs, way, cards, reserve) for way in product(range(len(cards)), repeat=len(needs)))


def _holds(needs: list[Amounts], way: tuple[int, ...], cards: list[int], reserve: int) -> bool:
    for index, free in enumerate(cards):
        mine = [pair for pair, card in zip(needs, way, strict=True) if card == index]
        if sum(need for need, _ in mine) > free - reserve and mine:
            return False
        if any(predicted > free * PREDICTED_SHARE for _, predicted in mine):
            return False
    return True


def _stays(needs: list[Amounts], total: int) -> bool:
    """Whether some order of loading unloads none; Ollama looks at the cards before every model but the first."""
    largest_first = sorted(needs, key=lambda pair: pair[1], reverse=True)
    orders = permutations(needs) if len(needs) <= MOST_ORDERED else iter((tuple(largest_first),))
    return any(_unloads_none(order, total) for order in orders)


def _unloads_none(order: tuple[Amounts, ...], total: int) -> bool:
    left = total
    for index, (need, predicted) in enumerate(order):
        if index and predicted > left * PREDICTED_SHARE:
            return False
        left -= need
    return left >= 0


def _bounds(needs: Sequence[Demand]) -> tuple[list[Amounts], list[Amounts]]:
    least = [(one.need.least, one.predicted.least) for one in needs]
    return least, [(one.need.most, one.predicted.most) for one in needs]


def _doubt(needs: Sequence[Demand]) -> Gap | None:
    return next((one.doubt for one in needs if not (one.need.exact and one.predicted.exact)), None)
