"""Attributes that methods read from their own instance and that nothing in the lineage sets."""

from collections.abc import Iterable

from modelcheck.probes.agents.doubts import NEVER_SET, Doubt
from modelcheck.probes.agents.lineage import Lineage, Lineages
from modelcheck.probes.agents.modules import Class
from modelcheck.probes.agents.uses import Read, Uses

_OF_OBJECT = frozenset(dir(object)) | {"__dict__", "__weakref__", "__annotations__"}
_MOST = 20
"""Attributes that are said of one class."""
_UNDONE = frozenset({NEVER_SET})


class Attributes:
    """Compares what classes read with what they set."""

    def __init__(self, lineages: Lineages) -> None:
        self._lineages = lineages
        self._uses: dict[Class, Uses] = {}

    def unset(self, lineage: Lineage) -> tuple[list[Read], list[Doubt]]:
        """Return the first read of each attribute that nothing sets, and what may set some of them after all."""
        uses = [self._uses_of(cls) for cls in lineage.order]
        known = _OF_OBJECT.union(*(row.attributes for row in lineage.known), *map(self._set_by, lineage.order))
        first: dict[str, Read] = {}
        for cls, use in zip(lineage.order, uses, strict=True):
            for read in use.reads:
                if not _is_known(read.attribute, known) and lineage.uses(cls, read.method):
                    first.setdefault(read.attribute, read)
        if not first:
            return [], []
        surprises = [(use.surprise, cls.name) for cls, use in zip(lineage.order, uses, strict=True) if use.surprise]
        if surprises:
            return [], [Doubt(f"{kind} in {name}", _UNDONE) for kind, name in surprises]
        asked_for = frozenset[str]().union(*(use.asked_for for use in uses))
        doubts = [Doubt(f"attribute {name}, asked for elsewhere", _UNDONE) for name in first if name in asked_for]
        return [read for name, read in first.items() if name not in asked_for][:_MOST], doubts

    def _uses_of(self, cls: Class) -> Uses:
        if cls not in self._uses:
            self._uses[cls] = Uses(cls)
        return self._uses[cls]

    def _set_by(self, cls: Class) -> Iterable[str]:
        has_fields = self._lineages.of(cls).has_fields
        return self._uses_of(cls).stored | {name for name in cls.bounds if has_fields or cls.binds(name)}


def _is_known(attribute: str, known: frozenset[str]) -> bool:
    return attribute in known or (attribute.startswith("__") and attribute.endswith("__"))
