"""What the machine shows: servers, the models they hold and run, and the machine itself."""

from enum import StrEnum
from typing import ClassVar

import msgspec

from modelcheck.core.anatomy import Anatomy
from modelcheck.core.facts import Fact, Record, Scope, Seen
from modelcheck.core.gap import NOT_RECORDED, Gap
from modelcheck.core.project import ModelKey


class ContactState(StrEnum):
    """How a contact ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    NOT_OLLAMA = "not_ollama"
    """Something answered, and not as such a server does: an error status, a redirect, a page, garbage."""


class Product(StrEnum):
    """The software of a local server, as its own answers prove it; the names are the same in every language."""

    OLLAMA = "Ollama"
    LLAMA_CPP = "llama.cpp"
    """It holds one model, and answers with that whatever name is asked for."""
    LLAMA_ROUTER = "llama.cpp (router)"
    """It holds several, and goes by the name."""
    VLLM = "vLLM"
    LM_STUDIO = "LM Studio"


class Contact(Record, frozen=True):
    """One contact with a server, made by GET requests alone."""

    state: ContactState
    detail: str = ""
    """What was seen instead of an answer, such as `HTTP 500` or `text/html`; printable and bounded."""
    product: Product | Gap = NOT_RECORDED
    """What answered, where it could be told."""
    needs_key: bool = False
    """Whether it asks for a key; none is ever sent to a local server, so nothing behind it was seen."""


class Contacts(Fact, frozen=True):
    """How each server that the project uses answered."""

    scope: ClassVar[Scope] = Scope.MACHINE

    servers: Seen[str, Contact]


class Versions(Fact, frozen=True):
    """The version text of each server, in the words of its product."""

    scope: ClassVar[Scope] = Scope.MACHINE

    servers: Seen[str, str]


class CloudSwitches(Fact, frozen=True):
    """Whether each Ollama server has its cloud disabled (GET /api/status)."""

    scope: ClassVar[Scope] = Scope.MACHINE

    disabled: Seen[str, bool]


class Entry(Record, frozen=True):
    """A model that is here, as its server, store or folder describes it."""

    name: str
    """As the source spells it."""
    size: int | Gap = NOT_RECORDED
    """Bytes of all its layers or of its file."""
    digest: str | Gap = NOT_RECORDED
    """64 hexadecimal digits."""
    remote: bool | Gap = NOT_RECORDED
    """Whether it is a stub that sends requests to another host."""
    family: str | Gap = NOT_RECORDED
    parameters: str | Gap = NOT_RECORDED
    """As stated by the server, such as `8.0B`."""
    quantisation: str | Gap = NOT_RECORDED
    whole: bool | Gap | None = None
    """Whether every blob was found on disk at its full size; None where no store is at hand to verify it."""
    template: str | Gap = NOT_RECORDED
    """64 hexadecimal digits of the template that its prompts are put into; empty where it has none."""
    licence: str | Gap = NOT_RECORDED
    """64 hexadecimal digits of its licence; empty where it has none."""
    aliases: tuple[str, ...] = ()
    """Other names by which a server that goes by exact names takes it."""
    format: str | Gap = NOT_RECORDED
    """`gguf` or `safetensors`."""
    where: str = ""
    """The folder of its files, as a report may show it; empty for what a server or its store holds."""
    parts: int = 1
    """Files that its weights are split into."""


class Source(StrEnum):
    """Where a listing comes from."""

    SERVER = "server"
    STORE = "store"
    LOCK = "lock"


class Listing(Record, frozen=True):
    """What one server holds."""

    source: Source
    proves_absence: bool
    """Whether a name that is not in it is certainly not there: a live server and a lock do, a store does not."""
    entries: tuple[Entry, ...]
    product: Product | Gap = Product.OLLAMA
    """Whose rules for names hold on the server; a server of another engine that was not told apart is a gap."""


class Tags(Fact, frozen=True):
    """What each server lists (Ollama: GET /api/tags; others: GET /v1/models and what their product adds to it)."""

    scope: ClassVar[Scope] = Scope.MACHINE

    servers: Seen[str, tuple[Entry, ...]]


class Inventory(Fact, frozen=True):
    """What is really here, per server; composed from live lists, the store and the lock."""

    scope: ClassVar[Scope] = Scope.MACHINE

    servers: Seen[str, Listing]
    loose: tuple[Entry, ...] | Gap = NOT_RECORDED


class Loaded(Record, frozen=True):
    """A model in memory."""

    name: str
    size: int | Gap
    """Bytes that it takes altogether."""
    size_vram: int | Gap
    """Bytes of it on graphics cards."""
    context: int | Gap = NOT_RECORDED
    """Tokens of context in one slot."""


class Running(Fact, frozen=True):
    """What each server holds in memory (Ollama: GET /api/ps); what a product does not tell of it is a gap."""

    scope: ClassVar[Scope] = Scope.MACHINE

    servers: Seen[str, tuple[Loaded, ...]]


class Shape(Record, frozen=True):
    """The shape of a model as far as memory needs it (POST /api/show of a local name)."""

    num_ctx: int | Gap | None = NOT_RECORDED
    """Context set in its parameters; None when it sets none."""
    max_context: int | Gap = NOT_RECORDED
    layers: int | Gap = NOT_RECORDED
    kv_heads: int | Gap = NOT_RECORDED
    key_length: int | Gap = NOT_RECORDED
    """Elements of one key vector."""
    value_length: int | Gap = NOT_RECORDED
    remote: bool | Gap = NOT_RECORDED
    anatomy: Anatomy | Gap = NOT_RECORDED
    """What the keys of its header tell, without its tensors; a server shortens long lists, which are gaps then."""


class Shapes(Fact, frozen=True):
    """The shape of each local model that the project names."""

    scope: ClassVar[Scope] = Scope.MACHINE

    models: Seen[ModelKey, Shape]


class HostContact(msgspec.Struct, frozen=True):
    """How often a host was asked in one way."""

    host: str
    """Fit for a shared report."""
    method: str
    count: int


class Ledger(Fact, frozen=True):
    """What the survey did to the outside: every contact, every load, all code run, all money spent."""

    scope: ClassVar[Scope] = Scope.MACHINE

    contacts: tuple[HostContact, ...] = ()
    loaded: tuple[str, ...] = ()
    code_run: tuple[str, ...] = ()
    spent_usd: str = "0"
    simulated: bool = False
    """Whether all of it was done to the embedded stand-in."""


class Platform(Fact, frozen=True):
    """What kind of machine was looked at; no host or user name."""

    scope: ClassVar[Scope] = Scope.MACHINE

    system: str
    """`Linux`, `Windows`, `Darwin`."""
    desktop: bool | Gap = NOT_RECORDED
    """Whether a screen is driven, which takes graphics memory."""
    graphics: str | Gap = NOT_RECORDED
    """`nvidia`, `amd` or `apple` where it is proven whose graphics the machine computes on."""
    memory: int | Gap = NOT_RECORDED
    """Bytes of main memory, which on `apple` the graphics share."""
    chip: str | Gap = NOT_RECORDED
    """The chip that holds processor and graphics, such as `Apple M2 Max`; told on macOS alone."""
