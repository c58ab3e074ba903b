"""What the project declares that it intends; what it does not declare is None, and is said as undeclared."""

from enum import StrEnum
from typing import ClassVar

from modelcheck.core.facts import Fact, Place, Record, Scope
from modelcheck.core.gap import Gap


class Reach(StrEnum):
    """Who may reach a server."""

    LOOPBACK = "loopback"
    LAN = "lan"
    """Machines of the same network, on purpose."""
    PROXY = "proxy"
    """Others through a proxy that asks who they are."""


class Limits(Record, frozen=True):
    """The rate limits that a project says a provider grants it, each by the minute."""

    provider: str
    requests: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


class DataRule(Record, frozen=True):
    """What a project says may be sent to a provider, in its own words: kinds of data, region, retention."""

    provider: str
    rule: str


class Expectations(Fact, frozen=True):
    """The section `expect:` and its siblings of the project's settings."""

    scope: ClassVar[Scope] = Scope.PROJECT

    reserve_bytes: int | Gap | None = None
    """Graphics memory to keep free."""
    concurrency: int | None = None
    """Requests to the local server at the same time."""
    prompt_typical: int | None = None
    """Tokens."""
    prompt_max: int | None = None
    """Tokens of the longest prompt."""
    context: int | None = None
    """Tokens of context that shall be served."""
    device: str | None = None
    """The graphics card that shall be used: an index, a UUID or a name."""
    ttft_s: float | None = None
    """Seconds until the first token."""
    response_s: float | None = None
    """Seconds until the last token."""
    together: tuple[tuple[str, ...], ...] = ()
    """Sets of local models that are used at the same time, by name."""
    requests_per_minute: int | None = None
    """The peak that hosted providers must carry when every request falls back."""
    exposure: Reach = Reach.LOOPBACK
    ids: str | None = None
    """`pinned` or `floating`: which ids of hosted models the project wants."""
    limits: tuple[Limits, ...] = ()
    data: tuple[DataRule, ...] = ()
    models_dir: str | None = None
    """The folder of models that the project names, as written; only compared, never opened."""
    naming: str | None = None
    """How names of local models shall be written: a pattern in which `*` stands for any text and `?` for one mark."""
    at: Place | None = None
    """The settings file, with the line of its section where that is known."""


class Declared(Fact, frozen=True):
    """What the settings say that leads the look at the project."""

    scope: ClassVar[Scope] = Scope.PROJECT

    config: str
    """Where the native configuration lies, relative to the project."""
    sensitive: tuple[str, ...] = ()
    """Agents that must stay local, beside those that the configuration itself marks."""
