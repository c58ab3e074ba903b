"""What the hosted providers show: keys by name, whether they are accepted, and which models resolve."""

from enum import StrEnum
from typing import ClassVar

from modelcheck.core.facts import Fact, Record, Scope, Seen
from modelcheck.core.project import ModelKey


class KeyShape(StrEnum):
    """What a key looks like; no character of it is kept."""

    PLAUSIBLE = "plausible"
    FOREIGN = "foreign"
    """It has the shape of another provider's key."""
    PLACEHOLDER = "placeholder"
    """A stand-in such as `EMPTY` or `your-key-here`."""
    UNTRIMMED = "untrimmed"
    """White space or a line break at an end."""
    MALFORMED = "malformed"


class Key(Record, frozen=True):
    """A provider's key: its variable's name, where that was found, and its shape."""

    variable: str
    origin: str
    """`environment`, the name of a `.env` file, or empty when the key was looked for and is not there."""
    shape: KeyShape | None
    """None when there is no key."""


class Keys(Fact, frozen=True):
    """The key of each provider in use."""

    scope: ClassVar[Scope] = Scope.PROVIDERS

    providers: Seen[str, Key]


class AnswerState(StrEnum):
    """How a provider met the key."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RESTRICTED = "restricted"
    """Valid, and not allowed to list models."""
    LIMITED = "limited"
    """Valid, and at a rate or spend limit."""
    UNAVAILABLE = "unavailable"
    """The provider had a fault of its own, or could not be reached."""


class Answer(Record, frozen=True):
    """A provider's answer to the request for its list of models."""

    state: AnswerState
    status: int | None = None
    """HTTP status, None when nothing answered."""
    detail: str = ""
    """The provider's error type, or what went wrong on the way; never its free text."""
    proxy: str = ""
    """Where nothing answered: the variable that names a proxy, which was not used."""


class Answers(Fact, frozen=True):
    """How each provider met the key."""

    scope: ClassVar[Scope] = Scope.PROVIDERS

    providers: Seen[str, Answer]


class Resolution(StrEnum):
    """Whether a model id resolves for the key."""

    FOUND = "found"
    NOT_FOUND = "not_found"


class Resolutions(Fact, frozen=True):
    """Whether each hosted model that the project names resolves for its key."""

    scope: ClassVar[Scope] = Scope.PROVIDERS

    models: Seen[ModelKey, Resolution]


class Stage(StrEnum):
    """Where a model stands between its release and its end."""

    ACTIVE = "active"
    DEPRECATED = "deprecated"
    """It answers, and its end is announced."""
    RETIRED = "retired"


class Told(StrEnum):
    """Who tells the stage of a model."""

    API = "api"
    """The provider itself, when it was asked."""
    TABLE = "table"
    """The table of retirements."""


class Lifecycle(Record, frozen=True):
    """The stage of one model; dates are ISO 8601."""

    state: Stage
    retires_at: str | None
    """None where no end is announced."""
    source: Told
    deprecated_at: str | None = None
    replacement: str = ""
    """What the provider names instead; empty where nothing is known."""
    as_of: str = ""
    """The day for which a table says so; empty for the provider's own word."""


class Lifecycles(Fact, frozen=True):
    """The stage of each hosted model that the project names: the provider's word, or else the table's."""

    scope: ClassVar[Scope] = Scope.PROVIDERS

    models: Seen[ModelKey, Lifecycle]
