"""LM Studio: every downloaded model by its id, loaded when it is asked for; its own routes tell more than OpenAI's."""

from collections.abc import Mapping, Sequence

from modelcheck.core.gap import NOT_RECORDED, Gap
from modelcheck.core.machine import Entry, Loaded, Product
from modelcheck.probes.compatible.listed import (
    Model,
    Told,
    aliases_of,
    answered,
    in_memory,
    models_of,
    name_of,
    owned_by,
)
from modelcheck.probes.http import Reply
from modelcheck.probes.values import as_list, as_table, count_of, word_of

OLD, NEW = "/api/v0/models", "/api/v1/models"
"""Its routes up to 0.3 and from 0.4 on; a route that it does not have is answered with an error under status 200."""
QUESTIONS = (OLD, NEW)
MOST_INSTANCES = 8

Described = tuple[Entry, tuple[Loaded, ...]]


def told(models: Sequence[Model], replies: Mapping[str, Reply]) -> Told | None:
    """Return what LM Studio tells, None where another product answered. It tells its version on no route."""
    described = _described(replies)
    if not described and not owned_by(models, "organization_owner"):
        return None
    entries = [entry for entry, _ in described]
    known = {name for entry in entries for name in (entry.name, *entry.aliases)}
    entries += [Entry(name_of(model), remote=False) for model in models if name_of(model) not in known]
    loaded = tuple(one for _, each in described for one in each)
    return Told(Product.LM_STUDIO, tuple(entries), loaded if described else NOT_RECORDED)


def _described(replies: Mapping[str, Reply]) -> list[Described]:
    new = models_of(answered(replies[NEW]), "models", "key") or ()
    if new and all("loaded_instances" in model for model in new):
        return [_new(model) for model in new]
    old = models_of(answered(replies[OLD])) or ()
    return [_old(model) for model in old] if all("state" in model for model in old) else []


def _new(model: Model) -> Described:
    instances = [as_table(item) or {} for item in (as_list(model.get("loaded_instances")) or ())[:MOST_INSTANCES]]
    quantisation = word_of((as_table(model.get("quantization")) or {}).get("name"))
    name = name_of(model, "key")
    entry = Entry(
        name=name,
        size=count_of(model.get("size_bytes"), 1),
        remote=False,
        family=word_of(model.get("architecture")),
        parameters=word_of(model.get("params_string")),
        quantisation=quantisation,
        aliases=_aliases(name, model, quantisation, *(instance.get("id") for instance in instances)),
    )
    settings = [as_table(instance.get("config")) or {} for instance in instances]
    return entry, tuple(in_memory(name, each.get("context_length")) for each in settings)


def _old(model: Model) -> Described:
    name, quantisation = name_of(model), word_of(model.get("quantization"))
    entry = Entry(
        name=name,
        remote=False,
        family=word_of(model.get("arch")),
        quantisation=quantisation,
        aliases=_aliases(name, model, quantisation),
    )
    is_loaded = model.get("state") == "loaded"
    return entry, (in_memory(name, model.get("loaded_context_length")),) if is_loaded else ()


def _aliases(name: str, model: Model, quantisation: str | Gap, *instances: object) -> tuple[str, ...]:
    """Return what else it takes: the publisher in front, the quantisation behind, and what an instance was called."""
    publisher = model.get("publisher")
    heads = [name, f"{publisher}/{name}"] if isinstance(publisher, str) and publisher and "/" not in name else [name]
    tails = [f"@{quantisation.lower()}"] if isinstance(quantisation, str) and "@" not in name else []
    return aliases_of(name, (*(head + tail for head in heads for tail in ("", *tails)), *instances))
