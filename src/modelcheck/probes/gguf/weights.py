"""What the tensors of a model take together, and what of them one token reads; summed up and never kept."""

import re
from dataclasses import dataclass

from modelcheck.core.gap import Gap, Why
from modelcheck.probes.gguf.cache import trunk
from modelcheck.probes.gguf.keys import Keys, at
from modelcheck.probes.gguf.tables import architectures, tensor_types

WEIGHT_KEYS = frozenset({"block_count", "expert_count", "expert_used_count", "nextn_predict_layers"})
"""The keys of an architecture that are read here."""

_LAYER = re.compile(r"blk\.(\d{1,5})\.(.*)", re.DOTALL)
_EXPERTS = re.compile(r"\w+_(?:ch)?exps\.\w+|ffn_\w+\.\d+\.\w+")
"""Experts stacked in one tensor (`ffn_up_exps.weight`), or a tensor for each (`ffn_up.3.weight`, in files of 2024)."""
_EMBEDDING, _HEAD = "token_embd.weight", "output.weight"


@dataclass
class Sums:
    """Bytes of tensors; those of several files are put together by `include`."""

    total: int = 0
    read: int = 0
    """What one token reads, the embedding left out."""
    embedding: int = 0
    tied: bool = True
    """Whether no head was seen, so that the embedding is the head."""
    gap: Gap | None = None
    """Why the sums are not what they should be."""
    read_gap: Gap | None = None

    def include(self, further: "Sums") -> None:
        """Add the sums of a further file of the same model."""
        self.total += further.total
        self.read += further.read
        self.embedding += further.embedding
        self.tied = self.tied and further.tied
        self.gap = self.gap or further.gap
        self.read_gap = self.read_gap or further.read_gap

    def weights(self) -> int | Gap:
        """Return the bytes of all tensors."""
        return self.total if self.gap is None else self.gap

    def read_per_token(self, *, embeds: bool | Gap) -> int | Gap:
        """Return the bytes that one token reads: of the embedding all of it only where it is also the head."""
        gap = self.gap or self.read_gap
        if gap is not None:
            return gap
        return self.read + (self.embedding if self.tied and embeds is not True else 0)


class Weights:
    """Adds up the tensors of a file as the model's keys say that they are used."""

    def __init__(self, keys: Keys) -> None:
        known = architectures()
        self._tables, self._unread = known.tables, known.unread
        self._layers = trunk(keys)
        self._experts, self._active = keys.number("expert_count"), keys.per_layer("expert_used_count")
        self.sums = Sums()
        if keys.architecture in known.others:
            self.sums.read_gap = Gap(Why.NOT_UNDERSTOOD, about=str(keys.architecture))

    def add(self, name: str, kind: int, size: int) -> None:
        """Add a tensor."""
        sums = self.sums
        if kind not in tensor_types():
            sums.gap = Gap(Why.NOT_UNDERSTOOD, about=f"tensor type {kind}")
        sums.total += size
        if name == _HEAD:
            sums.tied = False
        if name == _EMBEDDING:
            sums.embedding += size
        elif name not in self._tables and not name.startswith(self._unread):
            sums.read += self._share(name, size)

    def _share(self, name: str, size: int) -> int:
        """How much of a tensor one token reads."""
        match = _LAYER.fullmatch(name)
        if match is None:
            return size
        layer = int(match[1])
        if isinstance(self._layers, int) and layer >= self._layers:
            return 0  # it only guesses ahead
        if not _EXPERTS.fullmatch(match[2]):
            return size
        experts, active = self._experts, at(self._active, layer)
        if isinstance(experts, Gap) or isinstance(active, Gap) or not 0 < active <= experts:
            self.sums.read_gap = Gap(Why.NOT_RECORDED, about="expert_used_count")
            return 0
        return size * active // experts
