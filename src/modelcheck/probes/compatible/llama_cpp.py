"""llama.cpp's server: one model that answers to any name, or a router that goes by the name."""

from collections.abc import Mapping, Sequence

from modelcheck.core.gap import NOT_RECORDED, Gap
from modelcheck.core.machine import Entry, Loaded, Product
from modelcheck.probes.compatible.listed import (
    MOST_ALIASES,
    Model,
    Told,
    aliases_of,
    answered,
    in_memory,
    name_of,
    owned_by,
)
from modelcheck.probes.http import Reply
from modelcheck.probes.values import as_list, as_table, count_of, word_of

PROPS = "/props"
QUESTIONS = (PROPS,)

_BILLION = 10**9
_ENDING = ".gguf"


def told(models: Sequence[Model], replies: Mapping[str, Reply]) -> Told | None:
    """Return what llama.cpp tells, None where another product answered; `/props` may ask for a key, the list never."""
    props = answered(replies[PROPS])
    is_own = "build_info" in props and ("total_slots" in props or props.get("role") == "router")
    if not is_own and not owned_by(models, "llamacpp"):
        return None
    version = word_of(props.get("build_info"))
    if props.get("role") == "router" or (models and all(as_table(model.get("status")) for model in models)):
        return Told(Product.LLAMA_ROUTER, *_routed(models), version)
    entries = tuple(_entry(model, props) for model in models)
    return Told(Product.LLAMA_CPP, entries, _held(entries, props), version)


def _routed(models: Sequence[Model]) -> tuple[tuple[Entry, ...], tuple[Loaded, ...]]:
    entries = tuple(_entry(model, {}) for model in models)
    states = [(as_table(model.get("status")) or {}).get("value") for model in models]
    return entries, tuple(
        in_memory(entry.name) for entry, state in zip(entries, states, strict=True) if state == "loaded"
    )


def _held(entries: tuple[Entry, ...], props: Model) -> tuple[Loaded, ...] | Gap:
    """Return what is in memory: its model, unless it sleeps, which `/props` alone tells."""
    if not props:
        return NOT_RECORDED
    if props.get("is_sleeping") is True:
        return ()
    settings = as_table(props.get("default_generation_settings")) or {}
    return tuple(in_memory(entry.name, settings.get("n_ctx")) for entry in entries)


def _entry(model: Model, props: Model) -> Entry:
    name, meta = name_of(model), as_table(model.get("meta")) or {}
    other = [*(as_list(model.get("aliases")) or ())[:MOST_ALIASES], props.get("model_alias"), props.get("model_path")]
    stems = [text[: -len(_ENDING)] for text in (name, *other) if isinstance(text, str) and text.endswith(_ENDING)]
    parameters = count_of(meta.get("n_params"), 1)
    return Entry(
        name=name,
        size=count_of(meta.get("size"), 1),
        remote=False,
        parameters=f"{parameters / _BILLION:.1f}B" if isinstance(parameters, int) else parameters,
        aliases=aliases_of(name, (*other, *stems)),
    )
