"""vLLM: it serves what it was started with, under those names alone."""

from collections.abc import Mapping, Sequence

from modelcheck.core.machine import Entry, Product
from modelcheck.probes.compatible.listed import Model, Told, answered, in_memory, name_of, owned_by
from modelcheck.probes.http import Reply
from modelcheck.probes.values import word_of

VERSION = "/version"
QUESTIONS = (VERSION,)


def told(models: Sequence[Model], replies: Mapping[str, Reply]) -> Told | None:
    """Return what vLLM tells, None where another product answered. All that it lists is in memory."""
    if not owned_by(models, "vllm"):
        return None
    names = [name_of(model) for model in models]
    loaded = tuple(in_memory(name, model.get("max_model_len")) for name, model in zip(names, models, strict=True))
    entries = tuple(Entry(name, remote=False) for name in names)
    return Told(Product.VLLM, entries, loaded, word_of(answered(replies[VERSION]).get("version")))
