"""The examination of one class: what is proven against it, and what keeps the examination from being complete."""

from dataclasses import dataclass

from modelcheck.core.facts import Place
from modelcheck.core.gap import Why
from modelcheck.core.sources import AgentClass, ClassFault
from modelcheck.core.text import printable
from modelcheck.probes.agents.abstracts import Abstracts
from modelcheck.probes.agents.attributes import Attributes
from modelcheck.probes.agents.doubts import (
    ABSTRACT_LEFT,
    ALL,
    NEVER_SET,
    NOT_FOUND,
    UNDEFINED_NAME,
    Doubt,
    gap_of,
    undone_by,
)
from modelcheck.probes.agents.lineage import Lineages
from modelcheck.probes.agents.modules import Class
from modelcheck.probes.agents.names import Names
from modelcheck.probes.agents.scopes import Scopes

_FROM_OUTSIDE = frozenset({NEVER_SET, UNDEFINED_NAME})


@dataclass(frozen=True)
class Examined:
    """A class with all that seems to be wrong with it, before doubts are held against it."""

    cls: Class
    faults: tuple[ClassFault, ...]
    doubts: tuple[Doubt, ...]

    @property
    def open_names(self) -> frozenset[str]:
        """The names that code elsewhere might still set."""
        return frozenset(fault.name for fault in self.faults if fault.code in _FROM_OUTSIDE)


class Examiner:
    """Examines classes; what several have in common is looked at once."""

    def __init__(self, names: Names, lineages: Lineages) -> None:
        self._lineages = lineages
        self._abstracts = Abstracts(names, lineages)
        self._attributes = Attributes(lineages)
        self._scopes = Scopes()

    def declares_interface(self, cls: Class) -> bool:
        """Whether a class is made to be inherited from: abstract methods in its own body, or a protocol."""
        protocol = any(known.name == "typing.Protocol" for known in self._lineages.of(cls).own_known)
        return protocol or bool(self._abstracts.marked(cls))

    def examine(self, cls: Class) -> Examined:
        """Look for all faults of a class."""
        lineage = self._lineages.of(cls)
        undone = undone_by(lineage.doubts)
        faults: list[ClassFault] = []
        doubts = [*lineage.doubts]
        if ABSTRACT_LEFT not in undone:
            left, more = self._abstracts.left(lineage)
            faults += [_fault(ABSTRACT_LEFT, name, cls.place) for name in left]
            doubts += more
        if NEVER_SET not in undone:
            unset, more = self._attributes.unset(lineage)
            faults += [_fault(NEVER_SET, read.attribute, read.place) for read in unset]
            doubts += more
        if UNDEFINED_NAME not in undone:
            unbound, more = self._scopes.unbound(lineage)
            faults += [_fault(UNDEFINED_NAME, load.name, load.place) for load in unbound]
            doubts += more
        return Examined(cls, tuple(faults), tuple(doubts))


def too_late(cls: Class) -> Examined:
    """Return a class that there was no time to examine."""
    return Examined(cls, (), (Doubt(cls.place.path, ALL, Why.TOO_MUCH),))


def settled(examined: Examined, stored: frozenset[str], hidden: tuple[Doubt, ...] = ()) -> AgentClass:
    """Return the class with the faults that are proven.

    `stored` are names that code elsewhere may set; `hidden` says that there may be subclasses, which may make good
    what the class lacks.
    """
    undone = undone_by(hidden)
    faults = [fault for fault in examined.faults if fault.code not in undone]
    open_faults = [fault for fault in faults if fault.code in _FROM_OUTSIDE and fault.name in stored]
    doubts = [
        *examined.doubts,
        *(hidden if len(faults) < len(examined.faults) else ()),
        *(Doubt(f"{fault.name}, set from elsewhere", frozenset({fault.code})) for fault in open_faults),
    ]
    proven = tuple(fault for fault in faults if fault not in open_faults)
    return AgentClass(printable(examined.cls.name), proven, gap_of(doubts), examined.cls.place)


def not_found(name: str, place: Place) -> AgentClass:
    """Return a class that the configuration names and the project proves not to have."""
    return AgentClass(printable(name), (_fault(NOT_FOUND, name, place),), None, place)


def _fault(code: str, name: str, place: Place) -> ClassFault:
    return ClassFault(code, printable(name), place)
