"""The list of models as OpenAI's API gives it, and what a product's own reading makes of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import ContactState, Entry, Loaded, Product
from modelcheck.core.served import listed_name
from modelcheck.core.text import printable
from modelcheck.probes.http import Reply
from modelcheck.probes.values import as_list, as_table, count_of

MODELS = "/v1/models"
MOST_MODELS = 100_000
LONGEST_NAME = 600
MOST_ALIASES = 20

Model = Mapping[str, object]
"""One model of a list, as the server describes it; its `id` is a text with something in it."""


@dataclass(frozen=True)
class Told:
    """What one product tells of itself and its models."""

    product: Product | Gap
    entries: tuple[Entry, ...]
    loaded: tuple[Loaded, ...] | Gap
    version: str | Gap = NOT_RECORDED


def models_of(body: object, key: str = "data", name: str = "id") -> list[Model] | None:
    """Return the models of a list, None for what is no such list; an empty one may be written as null."""
    table = as_table(body)
    if table is None or key not in table:
        return None
    items = [] if table[key] is None else as_list(table[key])
    if items is None or len(items) > MOST_MODELS:
        return None
    models: list[Model] = [as_table(item) or {} for item in items]
    return models if all(_text(model.get(name)) for model in models) else None


def answered(reply: Reply) -> Model:
    """Return the object that a question was answered with, an empty one for any other answer."""
    return (as_table(reply.body) or {}) if reply.contact.state is ContactState.ANSWERED else {}


def name_of(model: Model, key: str = "id") -> str:
    """Return the name under which a model is kept."""
    return shown(str(model[key]))


def shown(text: str) -> str:
    """Return a name fit to show, of a path the last step alone."""
    return printable(listed_name(text), LONGEST_NAME)


def aliases_of(name: str, others: Iterable[object]) -> tuple[str, ...]:
    """Return the other names that are texts, each once and without the name itself."""
    texts = (shown(other) for other in others if isinstance(other, str) and other)
    return tuple(dict.fromkeys(text for text in texts if text != name))


def in_memory(name: str, context: object = None) -> Loaded:
    """Return a model in memory; how much it takes, and of which memory, none of these servers tells."""
    untold = Gap(Why.NOT_RECORDED, about=f"the memory that {name} takes")
    return Loaded(name, untold, untold, count_of(context, 1))


def owned_by(models: Sequence[Model], owner: str) -> bool:
    """Whether every model of a list with any is said to be owned by this word, which products put there."""
    return bool(models) and all(model.get("owned_by") == owner for model in models)


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
