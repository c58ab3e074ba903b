"""Methods that are left abstract, so that Python refuses to make an instance."""

import ast
from collections.abc import Iterator

from modelcheck.probes.agents.doubts import ABSTRACT_LEFT, Doubt
from modelcheck.probes.agents.lineage import Lineage, Lineages
from modelcheck.probes.agents.modules import Bound, Class, Function
from modelcheck.probes.agents.names import Names, Outside, dotted
from modelcheck.probes.agents.outside import ABSTRACT

_MOST = 20
"""Methods that are said of one class."""


class Abstracts:
    """Finds abstract methods, in each class once."""

    def __init__(self, names: Names, lineages: Lineages) -> None:
        self._names = names
        self._lineages = lineages
        self._marked: dict[Class, frozenset[str]] = {}

    def marked(self, cls: Class) -> frozenset[str]:
        """Return the attributes that the body of a class itself leaves abstract."""
        if cls not in self._marked:
            names = (name for name, bounds in cls.bounds.items() if self._is_abstract(cls, bounds))
            self._marked[cls] = frozenset(names)
        return self._marked[cls]

    def left(self, lineage: Lineage) -> tuple[list[str], list[Doubt]]:
        """Return the methods that nothing in the lineage overrides, and what was not understood on the way.

        As Python does, from the farthest base on: what a class has settled stays so for those that inherit from it.
        """
        left: dict[Class, set[str]] = {}
        doubts: dict[Doubt, None] = {}
        for cls in reversed(lineage.order):
            own = self._lineages.of(cls)
            left[cls] = set()
            if not own.is_abc:  # the mark alone prevents nothing
                continue
            asked = {name for row in own.own_known for name in row.abstracts}.union(
                self.marked(cls), *(left.get(parent, set()) for parent in own.parents)
            )
            left[cls] = {name for name in asked if self._is_left(own, name)}
            doubts.update(dict.fromkeys(self._doubts(own, asked - left[cls])))
        return sorted(left[lineage.cls])[:_MOST], list(doubts)

    def _is_left(self, lineage: Lineage, name: str) -> bool:
        if any(name in row.attributes - row.abstracts for row in lineage.known):
            return False
        decides = _deciding(lineage, name)
        return decides is None or (name in self.marked(decides) and not self._is_generated(lineage, decides, name))

    def _doubts(self, lineage: Lineage, settled: set[str]) -> Iterator[Doubt]:
        for name in sorted(settled):
            decides = _deciding(lineage, name)
            if decides and any(bound.conditional for bound in decides.bounds[name]):
                yield Doubt(f"conditional definition of {decides.name}.{name}", frozenset({ABSTRACT_LEFT}))

    def _is_generated(self, lineage: Lineage, decides: Class, name: str) -> bool:
        """Whether a dataclass below writes this method itself (`__init__`, `__eq__` …)."""
        below = lineage.order[: lineage.order.index(decides)]
        return name.startswith("__") and any(self._lineages.of(cls).is_dataclass for cls in below)

    def _is_abstract(self, cls: Class, bounds: tuple[Bound, ...]) -> bool:
        for bound in reversed(bounds):
            by = bound.by
            if bound.conditional:
                return False
            if isinstance(by, ast.Assign) and isinstance(by.value, ast.Call):
                return self._marks(cls, by.value.func)
            if not isinstance(by, Function):
                return False
            if any(self._marks(cls, decorator) for decorator in by.decorator_list):
                return True
            # A setter or deleter joins the property that is there already, and leaves its getter abstract.
            if not any(dotted(decorator)[:1] == [by.name] for decorator in by.decorator_list):
                return False
        return False

    def _marks(self, cls: Class, node: ast.expr) -> bool:
        thing = self._names.expression(cls.module, node)
        return isinstance(thing, Outside) and thing.name in ABSTRACT


def _deciding(lineage: Lineage, name: str) -> Class | None:
    """Return the class whose definition an instance gets."""
    return next((cls for cls in lineage.order if cls.binds(name)), None)
