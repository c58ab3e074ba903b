"""Graphics memory: what a model needs with its context. What is not known widens the need, and estimates say so."""

from fractions import Fraction
from math import ceil

import msgspec

from modelcheck.core.anatomy import Anatomy
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Loaded
from modelcheck.core.ollama_settings import (
    DEFAULT_CACHE,
    cache_type,
    context_length,
    slots,
)
from modelcheck.core.serving import ServerSetup
from modelcheck.core.variables import CACHE_TYPES, CONTEXT

OVERHEAD = 512 << 20
"""Bytes that a model takes to compute with beside weights and cache, as estimated: the batch and its logits."""
ENDLESS = 1 << 100
"""Bytes that nothing has room for: the most that something unknown may take."""
PREDICTED_CACHE = Fraction(2)
"""Bytes of a cached element by which Ollama predicts a model's need before it loads it, whatever the type is."""
SINGLE_SLOT = frozenset(
    {
        "lfm2",
        "lfm2moe",
        "mllama",
        "nemotron_h",
        "nemotron_h_moe",
        "nemotron_h_omni",
        "qwen35",
        "qwen35moe",
        "qwen3next",
        "qwen3vl",
        "qwen3vlmoe",
    }
)
"""Architectures that answer one request at a time, whatever is set (Ollama 0.33, `server/sched.go`)."""


class Span(msgspec.Struct, frozen=True):
    """An amount that is known to lie between two bounds, both of which it may reach."""

    least: int
    most: int

    def __add__(self, other: "Span") -> "Span":
        """Return what both come to together."""
        return Span(self.least + other.least, self.most + other.most)

    @property
    def exact(self) -> bool:
        """Whether it is one amount."""
        return self.least == self.most


class Demand(msgspec.Struct, frozen=True):
    """What a model needs on the card, in bytes."""

    need: Span
    """Weights, cache and what it computes with."""
    predicted: Span
    """What Ollama predicts before it loads it, by which it chooses the card and what has to make room."""
    weights: int = 0
    cache: int = 0
    context: int = 0
    """Tokens that the cache is for, in one slot."""
    measured: bool = False
    """Whether the need was read from the running server; else it is an estimate from weights and cache."""
    resident: bool = False
    """Whether it is loaded, and wholly on cards."""
    doubt: Gap = NOT_RECORDED
    """Why the bounds differ where they do, the need's first."""


UNKNOWN = Span(0, ENDLESS)


def demand(
    anatomy: Anatomy | Gap, setup: ServerSetup | Gap, loaded: Loaded | None, default: int | None = None
) -> Demand:
    """Return what a model needs: as measured where it is loaded, else as estimated.

    `default` is the context that the server would take by its cards; it is only named.
    """
    context = served_context(anatomy, setup, loaded, default)
    parallel = slots_of(anatomy, setup)
    weights = anatomy if isinstance(anatomy, Gap) else anatomy.weights
    foreseen = _predicted_cache(anatomy, context, parallel)
    predicted = _span(weights) + _span(foreseen)
    if loaded is not None:
        return _measured(loaded, predicted, _first_gap(loaded.size, context, weights, foreseen))
    cache = cache_bytes(anatomy, context, parallel, element_bytes(setup))
    return Demand(
        need=_span(weights) + _span(cache) + Span(OVERHEAD, OVERHEAD),
        predicted=predicted,
        weights=_span(weights).least,
        cache=_span(cache).least,
        context=_span(context).least,
        doubt=_first_gap(weights, cache, foreseen) or NOT_RECORDED,
    )


def served_context(
    anatomy: Anatomy | Gap, setup: ServerSetup | Gap, loaded: Loaded | None, default: int | None = None
) -> int | Gap:
    """Return the tokens of context that one request is served with; the server's own default alone is a gap."""
    if loaded is not None:
        return loaded.context
    if isinstance(anatomy, Gap):
        return anatomy
    asked = context_length(setup) if anatomy.num_ctx is None else anatomy.num_ctx
    if asked == 0:
        own = f"the server's own default, {default} tokens by its cards" if default else "the server's own default"
        return Gap(Why.NOT_RECORDED, about=f"the context ({own})", hint=f"{CONTEXT} of the server")
    return _first_gap(asked, anatomy.max_context) or min(_span(asked).least, _span(anatomy.max_context).least)


def slots_of(anatomy: Anatomy | Gap, setup: ServerSetup | Gap) -> int | Gap:
    """Return how many requests to a model are answered at the same time: some models take only one."""
    parallel = slots(setup)
    if parallel == 1:
        return 1
    if isinstance(anatomy, Gap):
        return anatomy
    if anatomy.architecture in SINGLE_SLOT or anatomy.embeds is True:
        return 1
    return _first_gap(parallel, anatomy.architecture, anatomy.embeds) or parallel


def element_bytes(setup: ServerSetup | Gap) -> Fraction | Gap:
    """Return the bytes of one cached element; a type that there is not counts as the default."""
    kind = cache_type(setup)
    return kind if isinstance(kind, Gap) else CACHE_TYPES.get(kind, CACHE_TYPES[DEFAULT_CACHE])


def cache_bytes(anatomy: Anatomy | Gap, context: int | Gap, parallel: int | Gap, element: Fraction | Gap) -> int | Gap:
    """Return the size of the cache and the state of all slots of a model."""
    if isinstance(anatomy, Gap):
        return anatomy
    if isinstance(context, Gap) or isinstance(parallel, Gap) or isinstance(element, Gap):
        return _first_gap(context, parallel, element) or NOT_RECORDED
    elements = anatomy.cache_elements(context)
    return elements if isinstance(elements, Gap) else ceil(elements * parallel * element) + anatomy.state * parallel


def _predicted_cache(anatomy: Anatomy | Gap, context: int | Gap, parallel: int | Gap) -> int | Gap:
    """Return the cache as Ollama predicts it: all layers keep all of the context, at half precision."""
    if isinstance(anatomy, Anatomy) and not isinstance(anatomy.cache, Gap):
        groups = tuple(msgspec.structs.replace(group, window=None) for group in anatomy.cache)
        anatomy = msgspec.structs.replace(anatomy, cache=groups, state=0)
    return cache_bytes(anatomy, context, parallel, PREDICTED_CACHE)


def _measured(loaded: Loaded, predicted: Span, doubt: Gap | None) -> Demand:
    need = UNKNOWN if isinstance(loaded.context, Gap) else _span(loaded.size)
    return Demand(
        need,
        predicted,
        context=_span(loaded.context).least,
        measured=True,
        resident=need.exact and loaded.size == loaded.size_vram,
        doubt=doubt or NOT_RECORDED,
    )


def _span(amount: int | Gap) -> Span:
    return UNKNOWN if isinstance(amount, Gap) else Span(amount, amount)


def _first_gap(*values: object) -> Gap | None:
    return next((value for value in values if isinstance(value, Gap)), None)
