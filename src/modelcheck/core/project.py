"""What the project says: its configuration, the models it names, its keys and its agent classes."""

from enum import StrEnum
from typing import ClassVar

from modelcheck.core.facts import Fact, Place, Record, Scope, Subject
from modelcheck.core.gap import NOT_RECORDED, Gap


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

    @property
    def label(self) -> str:
        return self.name

    @property
    def place(self) -> Place:
        return self.at


class Configuration(Fact, frozen=True):
    """The native configuration as read: what it declares and what in it was not understood."""

    scope: ClassVar[Scope] = Scope.PROJECT

    path: str
    reading: Reading
    missing_sections: tuple[str, ...]
    providers: tuple[Provider, ...]
    agent_count: int
    listed: tuple[Target, ...]
    """Models that a provider section lists, whether or not an agent uses them."""
    problems: tuple[Problem, ...]


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


class LocalModel(Subject, frozen=True):
    """A distinct local model that the project names."""

    key: ModelKey
    engine: Engine
    text: str
    """As first written."""
    primary: bool
    """Whether some agent names it as its primary."""
    places: tuple[Place, ...]

    @property
    def label(self) -> str:
        return self.text

    @property
    def place(self) -> Place | None:
        return self.places[0] if self.places else None


class LocalModels(Fact, frozen=True):
    """The distinct local models that the project names; names of Ollama's cloud are not among them."""

    scope: ClassVar[Scope] = Scope.PROJECT
    holds: ClassVar[type[Subject] | None] = LocalModel

    models: tuple[LocalModel, ...]


class Server(Subject, frozen=True):
    """A local server that the project uses."""

    id: str
    engine: Engine
    address: str
    at: Place | None = None

    @property
    def label(self) -> str:
        return self.address

    @property
    def place(self) -> Place | None:
        return self.at


class Servers(Fact, frozen=True):
    """The local servers that the project's models are asked from."""

    scope: ClassVar[Scope] = Scope.PROJECT
    holds: ClassVar[type[Subject] | None] = Server

    servers: tuple[Server, ...]


class CloudProvider(Subject, frozen=True):
    """A hosted provider that some model of the project goes to."""

    id: str
    engine: Engine
    name: str
    address: str
    key_variable: str | None
    at: Place | None = None

    @property
    def label(self) -> str:
        return self.name

    @property
    def place(self) -> Place | None:
        return self.at


class CloudProviders(Fact, frozen=True):
    """The hosted providers in use."""

    scope: ClassVar[Scope] = Scope.PROJECT
    holds: ClassVar[type[Subject] | None] = CloudProvider

    providers: tuple[CloudProvider, ...]


class CloudModel(Subject, frozen=True):
    """A distinct hosted model that the project names."""

    key: ModelKey
    engine: Engine
    places: tuple[Place, ...]

    @property
    def label(self) -> str:
        return self.key.name

    @property
    def place(self) -> Place | None:
        return self.places[0] if self.places else None


class CloudModels(Fact, frozen=True):
    """The distinct hosted models that the project names."""

    scope: ClassVar[Scope] = Scope.PROJECT
    holds: ClassVar[type[Subject] | None] = CloudModel

    models: tuple[CloudModel, ...]


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


class LockEntry(Record, frozen=True):
    """A model that the lock says is here."""

    key: ModelKey
    digest: str | Gap = NOT_RECORDED
    size: int | Gap = NOT_RECORDED
    remote: bool | Gap = NOT_RECORDED


class Lock(Fact, frozen=True):
    """The committed `models.lock`: the inventory where no server can be asked."""

    scope: ClassVar[Scope] = Scope.PROJECT

    path: str
    taken_at: str
    """ISO 8601 date on which it was written from a live inventory."""
    entries: tuple[LockEntry, ...]


class Expectations(Fact, frozen=True):
    """What the project declares that it intends; a value that it does not declare is None."""

    scope: ClassVar[Scope] = Scope.PROJECT

    reserve_bytes: int | Gap | None = None
    """Graphics memory to keep free; None when nothing is declared."""
