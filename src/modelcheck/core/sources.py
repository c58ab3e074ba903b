"""What the project's files hold besides the configuration: keys written out, and agent classes."""

from typing import ClassVar

from modelcheck.core.facts import Fact, Place, Record, Scope, Subject
from modelcheck.core.gap import Gap


class KeyLiteral(Record, frozen=True):
    """A key written out in a file: where, and whose shape it has; never any of its characters."""

    line: int
    kind: str
    """The provider whose shape it has, or `generic` for a long literal under a key-like name."""


class KeyFile(Subject, frozen=True):
    """A file that was searched for keys."""

    path: str
    is_env: bool
    """Whether the file's purpose is to hold keys (`.env`, not `.env.example`)."""
    literals: tuple[KeyLiteral, ...] | Gap
    tracked: bool | Gap | None
    """Whether git tracks it; None when the project is in no repository."""
    ignored: bool | Gap | None

    @property
    def label(self) -> str:
        return self.path

    @property
    def place(self) -> Place:
        return Place(self.path)


class KeyFiles(Fact, frozen=True):
    """The files that may hold keys: the native configuration and `.env*` beside it."""

    scope: ClassVar[Scope] = Scope.PROJECT
    holds: ClassVar[type[Subject] | None] = KeyFile

    files: tuple[KeyFile, ...]


class ClassFault(Record, frozen=True):
    """Why a class cannot be instantiated or would fail in use."""

    code: str
    """`abstract-left`, `never-set`, `undefined-name`, `not-found`."""
    name: str
    """The method, attribute or name concerned."""
    place: Place


class AgentClass(Subject, frozen=True):
    """An agent class of the project, examined without running it."""

    name: str
    faults: tuple[ClassFault, ...]
    doubt: Gap | None
    """What keeps the examination from being complete: a base, star import or `setattr` that cannot be resolved."""
    at: Place

    @property
    def label(self) -> str:
        return self.name

    @property
    def place(self) -> Place:
        return self.at


class AgentClasses(Fact, frozen=True):
    """The agent classes of the project."""

    scope: ClassVar[Scope] = Scope.PROJECT
    holds: ClassVar[type[Subject] | None] = AgentClass

    classes: tuple[AgentClass, ...]
