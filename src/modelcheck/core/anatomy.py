"""The anatomy of a model: what its weights and its cache take, read from headers and never by loading it."""

from typing import ClassVar

from modelcheck.core.facts import Fact, Record, Scope, Seen
from modelcheck.core.gap import NOT_RECORDED, Gap
from modelcheck.core.project import ModelKey


class CacheGroup(Record, frozen=True):
    """Layers whose cache grows alike."""

    layers: int
    elements: int
    """Elements of keys and values that one layer keeps for one token."""
    window: int | None = None
    """Tokens that it keeps at most; None for all of the context."""


class Anatomy(Record, frozen=True):
    """What a model is made of, as far as memory and speed need it."""

    architecture: str | Gap = NOT_RECORDED
    weights: int | Gap = NOT_RECORDED
    """Bytes of all tensors."""
    read_per_token: int | Gap = NOT_RECORDED
    """Bytes that one token of one answer reads: of a mixture, only the experts that are active."""
    cache: tuple[CacheGroup, ...] | Gap = NOT_RECORDED
    state: int = 0
    """Bytes of recurrent state in one slot, whatever the context."""
    layers: int | Gap = NOT_RECORDED
    max_context: int | Gap = NOT_RECORDED
    """Tokens."""
    num_ctx: int | Gap | None = NOT_RECORDED
    """Context set in its parameters; None when it sets none."""
    grouped: bool | Gap = NOT_RECORDED
    """Whether several heads share one key and value, which a coarse cache type hurts most."""
    embeds: bool | Gap = NOT_RECORDED
    """Whether it makes embeddings, and no text."""
    quantisation: str | Gap = NOT_RECORDED
    source: str = ""
    """`file` for its own header, `server` for what its server says."""

    def cache_elements(self, context: int) -> int | Gap:
        """Return the elements of keys and values for so many tokens of context in one slot."""
        if isinstance(self.cache, Gap):
            return self.cache
        return sum(group.layers * group.elements * min(context, group.window or context) for group in self.cache)


class Anatomies(Fact, frozen=True):
    """The anatomy of each local model that the project names."""

    scope: ClassVar[Scope] = Scope.MACHINE

    models: Seen[ModelKey, Anatomy]
