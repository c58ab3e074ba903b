"""Tables: dated data shipped in `data/`, handed to checks and pre-check as facts that are never saved."""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

import msgspec

from modelcheck.core.facts import Fact, Scope
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.project import Engine


class Clock(Fact, frozen=True):
    """The day for which facts are judged: their own unless the user gives one."""

    scope: ClassVar[Scope] = Scope.TABLES

    today: str
    """ISO 8601, empty where facts carry no time."""

    def require_fresh(self, as_of: str, days: int, about: str, package: str = "modelcheck") -> None:
        """Leave the check with a gap where a table is older than it may be, or its age cannot be told."""
        age = -self.days_until(as_of, f"the age of {about}")
        if age > days:
            raise Unseen(Gap(Why.STALE, about=f"{about} ({as_of})", hint=f"pip install --upgrade {package}"))

    def days_until(self, day: str, about: str) -> int:
        """Return the days from today until another, negative for the past; leave with a gap where either is no date."""
        try:
            return (date.fromisoformat(day) - date.fromisoformat(self.today)).days
        except ValueError:
            raise Unseen(Gap(Why.NOT_RECORDED, about=about)) from None


class KnownProvider(msgspec.Struct, frozen=True):
    """What is publicly known of a provider."""

    id: str
    engine: Engine
    names: tuple[str, ...]
    """Section names and prefixes by which configurations call it, lower case."""
    hosts: tuple[str, ...] = ()
    """Its official API hosts; its key goes to these and to no other unless the user says so."""
    base_url: str | None = None
    """Where it is asked when nothing else is said."""
    key_variables: tuple[str, ...] = ()
    """The variables that its own SDK reads, in order."""
    key_pattern: str | None = None
    """A regular expression that a whole key matches."""
    registry: str | None = None
    """Where its models are pulled from, for those of no other host."""


class KnownProviders(Fact, frozen=True):
    """The providers known by name, with their official hosts and standard key variables."""

    scope: ClassVar[Scope] = Scope.TABLES

    as_of: str
    providers: tuple[KnownProvider, ...]
    placeholders: tuple[str, ...] = ()
    """Values that stand for a key and are none, lower case."""

    def named(self, name: str) -> KnownProvider | None:
        """Return the provider that a section name or prefix means, if it is known."""
        folded = name.strip().lower()
        return next((known for known in self.providers if folded in known.names), None)

    def at(self, host: str) -> KnownProvider | None:
        """Return the provider whose official host this is."""
        folded = host.lower()
        return next((known for known in self.providers if folded in known.hosts), None)

    def of(self, engine: Engine) -> KnownProvider | None:
        """Return the first provider of an engine."""
        return next((known for known in self.providers if known.engine == engine), None)


class Advisory(msgspec.Struct, frozen=True):
    """A published weakness of Ollama."""

    id: str
    fixed: str | None
    """First version without it; None when no version is known to be."""
    confidence: str
    """`high`, `medium` or `low`; a low one informs and does not cost points."""
    what: str
    platform: str | None = None
    """Restricts it to one system, such as `Windows`."""
    name: str | None = None


class Advisories(Fact, frozen=True):
    """Published weaknesses of Ollama by version."""

    scope: ClassVar[Scope] = Scope.TABLES

    as_of: str
    source: str
    advisories: tuple[Advisory, ...]


class Family(msgspec.Struct, frozen=True):
    """A family of models: the words in names that tell it, and the line it belongs to."""

    name: str
    words: tuple[str, ...]
    line: str
    """Families of one maker that can stand in for each other share a line."""
    role: str = "chat"
    """`chat`, `code`, `embedding`, `vision`."""


class Families(Fact, frozen=True):
    """Model families, for nearest local models."""

    scope: ClassVar[Scope] = Scope.TABLES

    as_of: str
    families: tuple[Family, ...]
    role_words: Mapping[str, str] = {}
    """Words in names that tell a role whatever the family, such as `coder` or `embed`."""
