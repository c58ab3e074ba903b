"""The bases of a class inside the project, in the order in which Python looks attributes up."""

import ast
from dataclasses import dataclass, field

from modelcheck.probes.agents.doubts import ALL, INSTANCE, Doubt
from modelcheck.probes.agents.modules import Class
from modelcheck.probes.agents.names import Names, Outside, dotted
from modelcheck.probes.agents.outside import DATACLASS, DECORATORS, KNOWN, Known
from modelcheck.probes.agents.reach import last_word

_MAX_DEPTH = 50
_MAX_BASES = 50
_MAX_ANCESTORS = 200


@dataclass(frozen=True)
class Lineage:
    """A class with all that it inherits from."""

    cls: Class
    parents: tuple[Class, ...]
    """Its bases in the project."""
    order: tuple[Class, ...]
    """The class and its project bases, transitively, by C3."""
    known: tuple[Known, ...]
    """Classes outside the project anywhere among the bases; they are looked at after all of the project."""
    own_known: tuple[Known, ...]
    """Those among them that it names itself."""
    is_dataclass: bool
    is_abc: bool
    """Whether a method left abstract keeps it from being instantiated."""
    doubts: tuple[Doubt, ...]
    unresolved: frozenset[str] = frozenset()
    """The last words of bases that may be classes of the project and could not be followed."""

    @property
    def has_fields(self) -> bool:
        """Whether bare annotations in its own body become attributes."""
        return self.is_dataclass or any(known.has_fields for known in self.own_known)

    def uses(self, owner: Class, method: str) -> bool:
        """Whether a method of a base is reached: not overridden, or asked for by what overrides it."""
        before = self.order[: self.order.index(owner)]
        return all(method in cls.delegated or not cls.binds(method) for cls in before)


class Lineages:
    """Works out lineages, each once."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._done: dict[Class, Lineage] = {}
        self._open: set[Class] = set()

    def of(self, cls: Class) -> Lineage:
        """Return the lineage of a class."""
        if cls not in self._done:
            if cls in self._open or len(self._open) > _MAX_DEPTH:
                return _cut_off(cls)
            self._open.add(cls)
            self._done[cls] = self._worked_out(cls)
            self._open.remove(cls)
        return self._done[cls]

    def _worked_out(self, cls: Class) -> Lineage:
        header = self._header(cls)
        above = [self.of(parent) for parent in header.parents]
        if sum(len(lineage.order) for lineage in above) > _MAX_ANCESTORS:
            return _cut_off(cls)
        rest = _merged([*(list(lineage.order) for lineage in above), list(header.parents)])
        if rest is None:
            header.doubts.append(Doubt(f"order of the bases of {cls.name}", INSTANCE))
            rest = [base for lineage in above for base in lineage.order]
        return Lineage(
            cls,
            parents=tuple(header.parents),
            order=tuple(dict.fromkeys([cls, *rest])),
            known=tuple(dict.fromkeys([*header.known, *(row for lineage in above for row in lineage.known)])),
            own_known=tuple(header.known),
            is_dataclass=header.is_dataclass,
            is_abc=header.is_abc or any(lineage.is_abc for lineage in above),
            doubts=tuple(dict.fromkeys([*header.doubts, *(doubt for lineage in above for doubt in lineage.doubts)])),
            unresolved=frozenset(header.unresolved),
        )

    def _header(self, cls: Class) -> "_Header":
        header = _Header()
        if cls.conditional:
            header.doubts.append(Doubt(f"conditional definition of {cls.name}", ALL))
        for base in cls.node.bases[:_MAX_BASES]:
            self._add_base(cls, base, header)
        if len(cls.node.bases) > _MAX_BASES:
            header.doubts.append(Doubt(f"bases of {cls.name}", INSTANCE))
        for keyword in cls.node.keywords:
            if keyword.arg in {None, "metaclass"}:
                self._add_metaclass(cls, keyword, header)
        for decorator in cls.node.decorator_list:
            self._add_decorator(cls, decorator, header)
        return header

    def _add_base(self, cls: Class, base: ast.expr, header: "_Header") -> None:
        named = base.value if isinstance(base, ast.Subscript) else base
        thing = self._names.expression(cls.module, named)
        if isinstance(thing, Class):
            header.parents.append(thing)
        elif isinstance(thing, Outside) and thing.name in KNOWN:
            header.known.append(KNOWN[thing.name])
            header.is_abc |= KNOWN[thing.name].is_abc
        else:
            header.doubts.append(Doubt(f"base {_shown(named)}", INSTANCE))
            header.unresolved.add(thing.name.rpartition(".")[2] if isinstance(thing, Outside) else last_word(named))

    def _add_metaclass(self, cls: Class, keyword: ast.keyword, header: "_Header") -> None:
        thing = self._names.expression(cls.module, keyword.value) if keyword.arg else None
        header.is_abc |= thing == _ABC_META
        if thing not in {_ABC_META, _TYPE}:
            header.doubts.append(Doubt(f"metaclass {_shown(keyword.value)}", ALL))

    def _add_decorator(self, cls: Class, decorator: ast.expr, header: "_Header") -> None:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        thing = self._names.expression(cls.module, called)
        header.is_dataclass |= thing == _DATACLASS
        if not isinstance(thing, Outside) or thing.name not in DECORATORS:
            header.doubts.append(Doubt(f"decorator {_shown(called)}", INSTANCE))


@dataclass
class _Header:
    """What the first lines of one class say."""

    parents: list[Class] = field(default_factory=list[Class])
    known: list[Known] = field(default_factory=list[Known])
    doubts: list[Doubt] = field(default_factory=list[Doubt])
    unresolved: set[str] = field(default_factory=set[str])
    is_abc: bool = False
    is_dataclass: bool = False


_ABC_META = Outside("abc.ABCMeta")
_TYPE = Outside("builtins.type")
_DATACLASS = Outside(DATACLASS)


def _cut_off(cls: Class) -> Lineage:
    doubt = Doubt(f"bases of {cls.name}", INSTANCE)
    return Lineage(cls, (), (cls,), (), (), is_dataclass=False, is_abc=False, doubts=(doubt,))


def _merged(rows: list[list[Class]]) -> list[Class] | None:
    """Merge lineages by C3, or return None when no order satisfies them all (Python refuses such a class)."""
    merged: list[Class] = []
    while rows := [row for row in rows if row]:
        tails = {cls for row in rows for cls in row[1:]}
        head = next((row[0] for row in rows if row[0] not in tails), None)
        if head is None:
            return None
        merged.append(head)
        rows = [row[1:] if row[0] is head else row for row in rows]
    return merged


def _shown(node: ast.expr) -> str:
    return ".".join(dotted(node)) or "made by an expression"
