"""Graphics memory: what a model needs with its context, and what a card has room for. Estimates are called so."""

import msgspec

from modelcheck.core.gap import NOT_RECORDED, Gap, Unseen, Why, seen
from modelcheck.core.graphics import Gpus
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Loaded, Platform, Shape

CACHE_BYTES = 2
"""Bytes of one cached element: Ollama's default cache type is f16 (`OLLAMA_KV_CACHE_TYPE`)."""
HEADLESS_RESERVE = 1 << 30
"""Bytes kept free where no screen is driven."""
DESKTOP_RESERVE = 2 << 30
"""Bytes kept free where a screen is driven."""


class Demand(msgspec.Struct, frozen=True):
    """What a model needs on the card, in bytes."""

    weights: int
    cache: int
    context: int
    """Tokens that the cache is for, in one slot."""
    total: int
    measured: bool
    """Whether the total was read from the running server; else it is an estimate from weights and cache."""


class Room(msgspec.Struct, frozen=True):
    """What is free for a model, in bytes: at least and at most, and why the two differ where they do."""

    least: int
    most: int
    doubt: Gap = NOT_RECORDED


def cache_bytes(shape: Shape, context: int) -> int:
    """Return the size of the key and value cache of one slot: layers x heads x (key + value) x 2 bytes x tokens."""
    per_layer = seen(shape.kv_heads) * (seen(shape.key_length) + seen(shape.value_length)) * CACHE_BYTES
    return seen(shape.layers) * per_layer * context


def context_of(shape: Shape | Gap, loaded: Loaded | None) -> int:
    """Return the tokens of context that a model runs with; the server's default alone is a gap."""
    if loaded is not None:
        return seen(loaded.context)
    context = seen(seen(shape).num_ctx)
    if context is None:
        raise Unseen(Gap(Why.NOT_RECORDED, about="num_ctx", hint="PARAMETER num_ctx in the model"))
    return context


def estimate(weights: int, shape: Shape | Gap, loaded: Loaded | None) -> Demand:
    """Return the demand: as measured where the model is loaded, else as estimated."""
    context = context_of(shape, loaded)
    if loaded is not None:
        total = seen(loaded.size)
        return Demand(min(weights, total), max(0, total - weights), context, total, measured=True)
    cache = cache_bytes(seen(shape), context)
    return Demand(weights, cache, context, weights + cache, measured=False)


def room(running: tuple[Loaded, ...], gpus: Gpus, expectations: Expectations, platform: Platform | Gap) -> Room:
    """Return what is free for one model: free memory and what this server's own models would give back.

    With several cards it is not known which one the server would take, nor where its models lie: at least the
    smallest free card without giving back, at most all cards together.
    """
    if not gpus.cards:
        raise Unseen(Gap(Why.NOT_THERE, about="NVIDIA card"))
    free = [seen(card.free) for card in gpus.cards]
    held = sum(seen(loaded.size_vram) for loaded in running)
    reserve = reserved(expectations, platform)
    small, large = (HEADLESS_RESERVE, DESKTOP_RESERVE) if isinstance(reserve, Gap) else (reserve, reserve)
    if len(free) > 1:
        return Room(min(free) - large, sum(free) + held - small, Gap(Why.UNDECIDED, about=f"{len(free)} cards"))
    doubt = reserve if isinstance(reserve, Gap) else NOT_RECORDED
    return Room(free[0] + held - large, free[0] + held - small, doubt)


def reserved(expectations: Expectations, platform: Platform | Gap) -> int | Gap:
    """Return the bytes to keep free: as declared, else by whether a screen is driven; a gap where that is not known."""
    declared = seen(expectations.reserve_bytes)
    if declared is not None:
        return declared
    desktop = platform if isinstance(platform, Gap) else platform.desktop
    if isinstance(desktop, Gap):
        return Gap(desktop.why, about="screen", hint="expect.reserve_gib (modelcheck.yaml)")
    return DESKTOP_RESERVE if desktop else HEADLESS_RESERVE
