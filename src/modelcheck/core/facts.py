"""Facts: what probes leave behind, keyed by class; the only thing that checks may read."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import ClassVar, Generic, TypeVar, cast

import msgspec

from modelcheck.core.gap import Gap, Why

K = TypeVar("K")
T = TypeVar("T")
Key = TypeVar("Key")
Value = TypeVar("Value")
F = TypeVar("F", bound="Fact")

NOT_ASKED = Gap(Why.NOT_ASKED)


class Scope(StrEnum):
    """Whose state a fact describes; each scope has its own time in facts.json."""

    PROJECT = "project"
    MACHINE = "machine"
    PROVIDERS = "providers"
    TABLES = "tables"
    """Dated data shipped with the program; never saved."""


class Subject(msgspec.Struct, frozen=True):
    """Something that a check judges one at a time: a model, a server, an agent."""

    @property
    def label(self) -> str:
        """The name that a reader knows it by."""
        raise NotImplementedError

    @property
    def place(self) -> "Place | None":
        """Where the project names it, if it does."""
        return None


class Place(msgspec.Struct, frozen=True, order=True):
    """A spot in the project: a POSIX path relative to its root and a line counted from 1 (0: the whole file)."""

    path: str
    line: int = 0


class Record(msgspec.Struct, frozen=True, tag_field="is", tag=True):
    """A value inside a fact that may stand where a gap may stand; its class name tells them apart in JSON."""


class Fact(msgspec.Struct, frozen=True):
    """Base of all facts. A subclass states its scope and, if it enumerates subjects, their class."""

    scope: ClassVar[Scope]
    holds: ClassVar[type[Subject] | None] = None
    registry: ClassVar[dict[str, type["Fact"]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        known = cls.registry.setdefault(cls.__name__, cls)
        if known.__module__ != cls.__module__:
            raise TypeError(f"there is a fact {cls.__name__} already, in {known.__module__}")
        cls.registry[cls.__name__] = cls

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The subjects, for a fact that `holds` some: what its first field lists."""
        if self.holds is None:
            return ()
        return cast("tuple[Subject, ...]", getattr(self, self.__struct_fields__[0]))


class Seen(msgspec.Struct, Generic[K, T], frozen=True, dict=True):
    """What was seen of each *expected* subject: a value or a gap for every key, in a stable order."""

    pairs: tuple[tuple[K, T | Gap], ...] = ()

    def __post_init__(self) -> None:
        """Refuse two answers for one subject."""
        if len(self._values) != len(self.pairs):
            raise ValueError("the same key twice")

    @staticmethod
    def of(items: Mapping[Key, Value | Gap]) -> "Seen[Key, Value]":
        """Freeze a mapping."""
        return Seen(tuple(items.items()))

    def __getitem__(self, key: K) -> T | Gap:
        """Return the value or gap; a key that was not expected is a gap, never an error."""
        return self._values.get(key, NOT_ASKED)

    def __iter__(self) -> Iterator[K]:
        return (key for key, _ in self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    @cached_property
    def _values(self) -> dict[K, T | Gap]:
        return dict(self.pairs)


class Facts:
    """All facts of one survey: for each class a value or a gap, and the time each scope was looked at."""

    def __init__(
        self,
        values: Mapping[type[Fact], "Fact | Gap"],
        taken_at: Mapping[Scope, str] | None = None,
        unknown: Mapping[Scope, Mapping[str, object]] | None = None,
        *,
        subject: str = "",
    ) -> None:
        self._values = dict(values)
        self.subject = subject
        """The name of the project's folder."""
        self.taken_at = dict(taken_at or {})
        """ISO 8601 time in UTC for each scope that was looked at."""
        self.unknown = dict(unknown or {})
        """Facts of a newer version by scope and name, kept as they came."""

    def get(self, kind: type[F]) -> F | Gap:
        """Return the fact, or the gap that stands in its place."""
        value = self._values.get(kind, Gap(Why.NOT_ASKED, about=kind.__name__))
        if isinstance(value, Gap):
            return value
        return cast("F", value)

    def replaced(self, kind: type[Fact], value: "Fact | Gap") -> "Facts":
        """Return a copy with one fact exchanged."""
        return self.merged({kind: value})

    def merged(self, values: Mapping[type[Fact], "Fact | Gap"]) -> "Facts":
        """Return a copy with further facts."""
        return Facts({**self._values, **values}, self.taken_at, self.unknown, subject=self.subject)

    def __iter__(self) -> Iterator[type[Fact]]:
        return iter(self._values)
