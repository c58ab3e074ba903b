"""A server of OpenAI's API that is none of the known products: it may hold weights, or pass requests on."""

from collections.abc import Sequence

from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Entry
from modelcheck.probes.compatible.listed import Model, Told, name_of


def told(models: Sequence[Model], label: str) -> Told:
    """Return what can be said of it: the names that it lists, and nothing of where they run."""
    unknown = Gap(Why.NOT_UNDERSTOOD, about=f"the server at {label} (not Ollama, llama.cpp, vLLM or LM Studio)")
    return Told(unknown, tuple(Entry(name_of(model), remote=unknown) for model in models), unknown)
