"""What a model needs on a card."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from modelcheck.core.anatomy import Anatomy, CacheGroup
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Loaded
from modelcheck.core.memory import (
    ENDLESS,
    OVERHEAD,
    SINGLE_SLOT,
    UNKNOWN,
    Demand,
    Span,
    cache_bytes,
    demand,
    element_bytes,
    served_context,
    slots_of,
)
from modelcheck.core.serving import Origin, ServerSetup, Setting

GIB = 1 << 30
GAP = Gap(Why.UNREADABLE, about="planted")
# 8 heads of 128 + 128 elements in each of 32 layers.
GROUP = CacheGroup(layers=32, elements=2048)
MODEL = Anatomy(
    architecture="llama", weights=6 * GIB, cache=(GROUP,), max_context=32_768, num_ctx=4096, grouped=True, embeds=False
)
LOADED = Loaded("qwen:latest", 7 * GIB, 7 * GIB, 2048)


def having(**variables: str) -> ServerSetup:
    settings = (Setting(f"OLLAMA_{name}", value, Origin.PROCESS) for name, value in variables.items())
    return ServerSetup(tuple(settings), complete=True)


UNSET, SEVERAL = having(), having(NUM_PARALLEL="2")


def test_the_cache_is_keys_and_values_of_every_layer_and_token_at_half_precision() -> None:
    assert demand(MODEL, UNSET, None).cache == 32 * 2048 * 4096 * 2


def test_a_model_that_is_not_loaded_is_estimated_from_weights_cache_and_what_it_computes_with() -> None:
    found = demand(MODEL, UNSET, None)
    whole = 6 * GIB + GIB // 2

    assert found.need == Span(whole + OVERHEAD, whole + OVERHEAD)
    assert found.predicted == Span(whole, whole)
    assert (found.weights, found.cache, found.context) == (6 * GIB, GIB // 2, 4096)
    assert (found.measured, found.resident, found.doubt) == (False, False, NOT_RECORDED)


def test_slots_multiply_the_cache_and_the_state() -> None:
    recurrent = replace(MODEL, state=1000)

    assert demand(recurrent, having(NUM_PARALLEL="4"), None).cache == 4 * (GIB // 2 + 1000)


@pytest.mark.parametrize(("kind", "size"), [("q8_0", 17 / 32), ("q4_0", 9 / 32), ("f32", 2), ("q8", 1)])
def test_the_type_of_the_cache_sizes_it_and_one_that_there_is_not_counts_as_the_default(kind: str, size: float) -> None:
    found = demand(MODEL, having(KV_CACHE_TYPE=kind), None)

    assert found.cache == GIB // 2 * size


def test_what_ollama_predicts_is_at_half_precision_and_knows_no_windows() -> None:
    windowed = replace(MODEL, cache=(replace(GROUP, window=512),), state=1000)
    found = demand(windowed, having(KV_CACHE_TYPE="q8_0", NUM_PARALLEL="2"), None)

    assert found.predicted == Span(7 * GIB, 7 * GIB)
    assert found.cache == 2 * (GIB // 16 * 17 // 32 + 1000)


def test_a_loaded_model_is_measured_and_its_weights_need_not_be_known() -> None:
    found = demand(GAP, GAP, LOADED)

    assert (found.need, found.context) == (Span(7 * GIB, 7 * GIB), 2048)
    assert (found.measured, found.resident, found.doubt) == (True, True, GAP)
    assert found.predicted.most >= ENDLESS


def test_a_loaded_model_is_predicted_with_the_context_that_it_has() -> None:
    assert demand(MODEL, UNSET, LOADED).predicted == Span(6 * GIB + GIB // 4, 6 * GIB + GIB // 4)


@pytest.mark.parametrize("on_card", [0, 6 * GIB, GAP])
def test_a_model_that_is_not_wholly_on_cards_is_not_resident(on_card: int | Gap) -> None:
    assert not demand(MODEL, UNSET, replace(LOADED, size_vram=on_card)).resident


@pytest.mark.parametrize("loaded", [replace(LOADED, size=GAP, size_vram=GAP), replace(LOADED, context=GAP)])
def test_a_loaded_model_that_does_not_tell_its_size_or_context_may_need_anything(loaded: Loaded) -> None:
    found = demand(MODEL, UNSET, loaded)

    assert (found.need, found.doubt, found.resident) == (UNKNOWN, GAP, False)


OPEN: dict[str, Callable[[], Demand]] = {
    "anatomy": lambda: demand(GAP, UNSET, None),
    "weights": lambda: demand(replace(MODEL, weights=GAP), UNSET, None),
    "cache": lambda: demand(replace(MODEL, cache=GAP), UNSET, None),
    "context of the model": lambda: demand(replace(MODEL, num_ctx=GAP), UNSET, None),
    "largest context": lambda: demand(replace(MODEL, max_context=GAP), UNSET, None),
    "settings": lambda: demand(MODEL, GAP, None),
    "whether it takes several requests": lambda: demand(replace(MODEL, architecture=GAP), SEVERAL, None),
    "whether it embeds": lambda: demand(replace(MODEL, embeds=GAP), SEVERAL, None),
}


@pytest.mark.parametrize("ask", OPEN.values(), ids=OPEN)
def test_what_is_not_known_widens_the_need_without_end_and_is_named(ask: Callable[[], Demand]) -> None:
    found = ask()

    assert found.need.most >= ENDLESS
    assert not found.need.exact
    assert found.doubt == GAP


def test_weights_alone_are_the_least_where_the_cache_is_not_known() -> None:
    assert demand(replace(MODEL, num_ctx=GAP), UNSET, None).need.least == 6 * GIB + OVERHEAD


def test_an_unknown_architecture_does_not_matter_where_there_is_one_slot_anyway() -> None:
    unknown = replace(MODEL, architecture=GAP, embeds=GAP)

    assert slots_of(unknown, UNSET) == slots_of(GAP, UNSET) == 1
    assert demand(unknown, UNSET, None).need.exact


@pytest.mark.parametrize(
    "single", [replace(MODEL, embeds=True), *(replace(MODEL, architecture=one) for one in SINGLE_SLOT)]
)
def test_some_models_take_one_request_at_a_time_whatever_is_set(single: Anatomy) -> None:
    assert slots_of(single, SEVERAL) == 1
    assert slots_of(single, GAP) == 1
    assert slots_of(MODEL, SEVERAL) == 2
    assert slots_of(MODEL, GAP) == GAP


def test_a_loaded_model_tells_its_context_itself() -> None:
    assert served_context(GAP, GAP, LOADED) == 2048


def test_the_model_sets_its_context_before_its_server_does() -> None:
    assert served_context(MODEL, having(CONTEXT_LENGTH="8192"), None) == 4096
    assert served_context(MODEL, GAP, None) == 4096
    assert served_context(replace(MODEL, num_ctx=None), having(CONTEXT_LENGTH="8192"), None) == 8192


def test_no_model_is_served_with_more_than_it_was_made_for() -> None:
    assert served_context(replace(MODEL, num_ctx=131_072), UNSET, None) == 32_768


def test_the_default_of_the_server_is_named_and_never_counted_as_seen() -> None:
    bare = replace(MODEL, num_ctx=None)
    named, unnamed = served_context(bare, UNSET, None, 32_768), served_context(bare, having(CONTEXT_LENGTH="0"), None)

    assert isinstance(named, Gap)
    assert isinstance(unnamed, Gap)
    assert (named.why, "32768" in named.about) == (Why.NOT_RECORDED, True)
    assert unnamed.about == "the context (the server's own default)"
    assert "OLLAMA_CONTEXT_LENGTH" in unnamed.hint
    assert not demand(bare, UNSET, None, 32_768).need.exact


def test_what_sizes_a_cache_stays_a_gap() -> None:
    assert element_bytes(GAP) == GAP
    assert cache_bytes(GAP, 1, 1, Fraction(2)) == GAP
    assert cache_bytes(MODEL, 1, 1, GAP) == GAP
    assert cache_bytes(MODEL, 1, GAP, Fraction(2)) == GAP


def test_a_cache_of_no_whole_number_of_bytes_is_rounded_up() -> None:
    odd = replace(MODEL, cache=(CacheGroup(layers=1, elements=3),))
    kind = element_bytes(having(KV_CACHE_TYPE="q8_0"))

    assert cache_bytes(odd, 1, 1, kind) == 4


counts = st.integers(0, 1 << 20)
models = st.builds(
    Anatomy,
    architecture=st.sampled_from(["llama", "qwen3next"]),
    weights=st.integers(0, 1 << 40),
    cache=st.lists(
        st.builds(CacheGroup, layers=st.integers(0, 200), elements=counts, window=st.none() | counts), max_size=3
    ).map(tuple),
    state=counts,
    max_context=st.integers(1, 1 << 20),
    num_ctx=st.none() | st.integers(1, 1 << 20),
    embeds=st.booleans(),
)
parallels = st.integers(1, 64)


@given(models, parallels, counts)
def test_more_weights_context_or_slots_never_need_less(model: Anatomy, parallel: int, more: int) -> None:
    def need(model: Anatomy, parallel: int) -> tuple[int, int]:
        found = demand(model, having(NUM_PARALLEL=str(parallel), CONTEXT_LENGTH="4096"), None)
        return found.need.most, found.predicted.most

    before = need(model, parallel)
    weights, context = model.weights, model.num_ctx
    assert isinstance(weights, int)
    assert not isinstance(context, Gap)

    for after in (
        need(replace(model, weights=weights + more), parallel),
        need(replace(model, num_ctx=(context or 4096) + more), parallel),
        need(replace(model, state=model.state + more), parallel),
        need(model, parallel + more),
    ):
        assert after >= before
        assert all(one >= other for one, other in zip(after, before, strict=True))


@given(
    models,
    parallels,
    st.sets(st.sampled_from(["architecture", "weights", "cache", "max_context", "num_ctx", "embeds"])),
)
def test_what_was_not_seen_only_widens_the_need(model: Anatomy, parallel: int, hidden: set[str]) -> None:
    setup = having(NUM_PARALLEL=str(parallel), CONTEXT_LENGTH="4096")
    known = demand(model, setup, None)

    for less in (demand(replace(model, **dict.fromkeys(hidden, GAP)), setup, None), demand(model, GAP, None)):
        assert less.need.least <= known.need.least <= known.need.most <= less.need.most
        assert less.predicted.least <= known.predicted.least <= known.predicted.most <= less.predicted.most
