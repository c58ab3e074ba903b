"""What the project says: its configuration, its agents, and every model that they name."""

from enum import StrEnum
from typing import ClassVar

from modelcheck.core.facts import Fact, Place, Record, Scope, Subject
from modelcheck.core.gap import Gap


class Engine(StrEnum):
    """What serves a model."""

    OLLAMA = "ollama"
    OPENAI_LOCAL = "openai-local"
    """A local server that speaks OpenAI's API: llama.cpp, vLLM, LM Studio."""
    ANTHROPIC = "anthropic"
    OPENAI = "openai"
    OTHER_CLOUD = "other-cloud"
    """A hosted provider that is known by name and has no probe here."""
    UNKNOWN = "unknown"
    """Named by the project and not understood: it may be local or hosted."""

    @property
    def is_local(self) -> bool:
        """Whether the weights lie on a machine of the user's."""
        return self in {Engine.OLLAMA, Engine.OPENAI_LOCAL}

    @property
    def is_cloud(self) -> bool:
        """Whether a request to it certainly leaves the machine."""
        return self in {Engine.ANTHROPIC, Engine.OPENAI, Engine.OTHER_CLOUD}


class Route(StrEnum):
    """The API that a provider is spoken to in."""

    NATIVE = "native"
    """Ollama's own, or a hosted provider's own."""
    OPENAI = "openai"
    """OpenAI's, under `/v1`; Ollama's own options have no effect there."""


class Role(StrEnum):
    """What a reference is for."""

    PRIMARY = "primary"
    FALLBACK = "fallback"
    LISTED = "listed"
    """Named by a provider's list and used by no agent."""


class Reading(StrEnum):
    """How far a file could be read."""

    READ = "read"
    MISSING = "missing"
    UNREADABLE = "unreadable"


class Problem(Record, frozen=True):
    """Something in the configuration that was not understood or is wrong in itself."""

    code: str
    """`not-json`, `unknown-key`, `wrong-type`, `missing-section`, `second-file` …; each has a sentence in CFG-01."""
    detail: str
    """The key, type or message concerned, printable and bounded."""
    place: Place


class Provider(Subject, frozen=True):
    """A provider section of the configuration."""

    name: str
    engine: Engine
    server: str
    """The id under which machine or provider facts about it are kept."""
    address: str
    """Where it points, fit for a shared report: loopback and official hosts as they are, others veiled."""
    declared_local: bool
    """Whether its name says local (`ollama`, `local`, `lmstudio` …)."""
    hosted: bool
    """Whether its address is a public host."""
    key_variable: str | None
    """The environment variable that the configuration names for its key."""
    at: Place
    route: Route = Route.NATIVE
    """Which API the address and its path speak."""
    faults: tuple[str, ...] = ()
    """What is wrong with the address itself, as codes of CFG-08."""
    timeout_s: float | Gap | None = None
    """Seconds that a request may take; None when none is declared, a gap for what is no number."""
    max_retries: int | Gap | None = None
    """Repetitions that its client makes; None when none are declared."""
    verifies_tls: bool = True
    """False where the configuration turns the verification of certificates off."""

    @property
    def label(self) -> str:
        return self.name

    @property
    def place(self) -> Place:
        return self.at


class Target(Record, frozen=True):
    """One model of an agent's chain."""

    text: str
    """As written."""
    provider: str
    """The provider section or prefix that it goes to; empty when none could be told."""
    engine: Engine
    server: str
    model: str
    """The name handed to the engine, provider prefix off."""
    cloud_name: bool
    """Whether Ollama's own grammar sends this name to its cloud (`:cloud`, `-cloud`)."""
    hosted: bool
    """Whether its address is a public host."""
    at: Place
    route: Route = Route.NATIVE
    """The API that it is asked in."""

    @property
    def leaves_machine(self) -> bool:
        """Whether the name and provider alone prove that a request leaves the user's machines."""
        return self.engine.is_cloud or self.cloud_name or self.hosted


class Agent(Subject, frozen=True):
    """An agent and its chain of models, the primary first."""

    name: str
    sensitive: bool
    targets: tuple[Target, ...]
    chain_declared: bool
    """Whether the configuration gives it fallbacks at all."""
    class_name: str | None
    """The Python class that the configuration names for it, dotted or bare."""
    at: Place
    num_ctx: int | Gap | None = None
    """Tokens of context that it asks for; None when it asks for none, a gap for what is no count."""
    max_tokens: int | Gap | None = None
    """Bound of its answers in tokens."""
    max_retries: int | Gap | None = None
    """Repetitions that it makes itself, on top of its client's."""
    keep_alive: str | None = None
    """How long its model shall stay loaded, as written."""

    @property
    def label(self) -> str:
        return self.name

    @property
    def place(self) -> Place:
        return self.at


class Configuration(Fact, frozen=True):
    """The native configuration as read: what it declares and what in it was not understood."""

    scope: ClassVar[Scope] = Scope.PROJECT
    holds: ClassVar[type[Subject] | None] = Provider

    path: str
    reading: Reading
    missing_sections: tuple[str, ...]
    providers: tuple[Provider, ...]
    agent_count: int
    listed: tuple[Target, ...]
    """Models that a provider section lists, whether or not an agent uses them."""
    problems: tuple[Problem, ...]

    @property
    def subjects(self) -> tuple[Provider, ...]:
        """The provider sections."""
        return self.providers


class Agents(Fact, frozen=True):
    """The agents that the project declares."""

    scope: ClassVar[Scope] = Scope.PROJECT
    holds: ClassVar[type[Subject] | None] = Agent

    agents: tuple[Agent, ...]


class Reference(Subject, frozen=True):
    """One place where the project names a model."""

    target: Target
    role: Role
    agent: str | None

    @property
    def label(self) -> str:
        return self.target.text

    @property
    def place(self) -> Place:
        return self.target.at


class References(Fact, frozen=True):
    """Every place where the project names a model."""

    scope: ClassVar[Scope] = Scope.PROJECT
    holds: ClassVar[type[Subject] | None] = Reference

    references: tuple[Reference, ...]


class ModelKey(Record, frozen=True):
    """A model on a server of the user's: the key of everything that is known about it."""

    server: str
    name: str
    """The shortest form that Ollama prints, folded to lower case; for other engines the name as written."""
