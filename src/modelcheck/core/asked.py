"""What the project asks for: the servers, providers and models that its references come down to."""

from typing import ClassVar

from modelcheck.core.facts import Fact, Place, Scope, Subject
from modelcheck.core.gap import Gap
from modelcheck.core.name import InvalidName, ModelRef
from modelcheck.core.project import Engine, ModelKey, Route, Target


class LocalModel(Subject, frozen=True):
    """A distinct local model that the project names."""

    key: ModelKey
    engine: Engine
    text: str
    """As first written."""
    primary: bool
    """Whether some agent names it as its primary."""
    places: tuple[Place, ...]
    asked: int | Gap | None = None
    """The largest context in tokens that agents ask for with their requests where the server heeds it, if they do."""

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


class Client(Subject, frozen=True):
    """What sends requests to one provider: in this version a provider section that some model goes to."""

    name: str
    engine: Engine
    route: Route
    timeout_s: float | Gap | None
    """Seconds; None when it declares none, a gap where its declaration was not seen."""
    max_retries: int | Gap | None
    at: Place

    @property
    def label(self) -> str:
        return self.name

    @property
    def place(self) -> Place:
        return self.at


class Clients(Fact, frozen=True):
    """The clients that the project's models are asked through."""

    scope: ClassVar[Scope] = Scope.PROJECT
    holds: ClassVar[type[Subject] | None] = Client

    clients: tuple[Client, ...]


def model_key(target: Target) -> ModelKey:
    """Return the key under which facts about a model are kept: its shortest name, folded."""
    return ModelKey(target.server, key_name(target.model, target.engine))


def key_name(text: str, engine: Engine) -> str:
    """Return the name by which a model is kept: two texts have one where their engine takes them for the same name."""
    if engine is not Engine.OLLAMA:
        return text
    try:
        name = ModelRef.parse(text).name
    except InvalidName:
        name = None
    return name.shortest.lower() if name else text
