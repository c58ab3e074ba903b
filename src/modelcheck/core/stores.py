"""Folders of models on disk: Ollama's stores and which server reads which, and models that no server has registered."""

from enum import StrEnum
from typing import ClassVar

import msgspec

from modelcheck.core.facts import Fact, Place, Record, Scope, Seen
from modelcheck.core.gap import NOT_RECORDED, Gap
from modelcheck.core.machine import Entry


class Leftovers(Record, frozen=True):
    """Files of a store that serve no model."""

    count: int
    size: int
    """Bytes that they really take: what is being pulled has its full length from the start and is mostly holes."""


class Fault(StrEnum):
    """What can be wrong with a model of a store."""

    MISSING = "missing"
    """A blob is not there."""
    SHORT = "short"
    """A blob has not the size that its manifest states."""
    NO_GGUF = "no-gguf"
    """The weights do not begin as a GGUF file does."""
    EMPTY_TEMPLATE = "empty-template"
    ODD_TEMPLATE = "odd-template"
    """The template holds what no template needs: it reaches for code, or hides marks that a reader cannot see."""


class Flaw(Record, frozen=True):
    """One thing that is wrong with a model of a store."""

    model: str
    fault: Fault
    blob: str
    """The first digits of its digest."""


class Store(Record, frozen=True):
    """One store of Ollama's on disk: its models by their manifests, their blobs by presence, size and first bytes."""

    root: str
    """Where it lies, `~` for the home folder."""
    entries: tuple[Entry, ...]
    flaws: tuple[Flaw, ...]
    """What is proven to be wrong; more may be where `doubt` is a gap."""
    doubt: Gap | None
    """Why some of its models could not be looked at; None where all of them were."""
    unreadable: int = 0
    """Manifests that are no manifests: Ollama leaves their models out, and prunes nothing while one is there."""
    misplaced: int = 0
    """Files among the manifests that are at no place of a manifest; Ollama passes over them."""
    dangling: Leftovers | Gap = NOT_RECORDED
    """Blobs that no manifest names and that are older than an hour, after which Ollama prunes them when it starts."""
    partial: Leftovers | Gap = NOT_RECORDED
    """Downloads that nothing has touched for an hour, and what else in the folder of blobs is no blob."""
    free: int | Gap = NOT_RECORDED
    """Bytes that are free on its disk."""


class Basis(StrEnum):
    """How it is known which store a server reads, the surest first."""

    LIST = "list"
    """It holds the very manifests that the server lists."""
    PROCESS = "process"
    """The server's own process or log names it."""
    USER = "user"
    """The user says so (`--models-dir`)."""
    SERVICE = "service"
    """The unit that starts the server names it."""
    SHELL = "shell"
    """This shell's OLLAMA_MODELS names it."""
    STANDARD = "standard"
    """It lies where a store lies unless somebody says otherwise."""

    @property
    def is_certain(self) -> bool:
        """Whether it is more than a guess."""
        return self in {Basis.LIST, Basis.PROCESS, Basis.USER}


class ServerStore(Record, frozen=True):
    """The store that one server reads."""

    store: Store
    basis: Basis


class NamedFolder(Record, frozen=True):
    """A folder of models that the project names; it was compared and never opened."""

    text: str
    """As a report may show it."""
    same: Seen[str, bool]
    """For each server that it concerns, whether it is the store that this server reads."""
    at: Place | None = None


class Stores(Fact, frozen=True):
    """The stores on this machine, and which of them each Ollama server reads."""

    scope: ClassVar[Scope] = Scope.MACHINE

    servers: Seen[str, ServerStore]
    named: tuple[NamedFolder, ...] = ()
    others: tuple[Store, ...] = ()
    """Stores that were found and that no server is known to read."""


class Holder(StrEnum):
    """Who lays out a folder of models."""

    USER = "user"
    """Somebody by hand, in folders as they like."""
    HUGGING_FACE = "hugging-face"
    LM_STUDIO = "lm-studio"


class ModelFolder(Record, frozen=True):
    """A folder of models that no Ollama server has registered."""

    root: str
    holder: Holder
    entries: tuple[Entry, ...]
    partial: Leftovers
    """Downloads that never ended."""
    doubt: Gap | None = None
    """Why part of it was not looked at; None where all of it was."""


class LooseModels(Fact, frozen=True):
    """Models in folders that no Ollama server has registered, described by their headers."""

    scope: ClassVar[Scope] = Scope.MACHINE

    folders: tuple[ModelFolder, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The models of all folders."""
        return tuple(entry for folder in self.folders for entry in folder.entries)


class Mismatch(msgspec.Struct, frozen=True):
    """A blob whose content is not what its name says."""

    digest: str
    """The 64 digits of its name."""
    models: tuple[str, ...]
    """The models that need it."""


class VerifiedStore(msgspec.Struct, frozen=True):
    """What hashing every blob of a store came to."""

    root: str
    blobs: int
    size: int
    """Bytes of all blobs."""
    mismatches: tuple[Mismatch, ...]
    doubts: tuple[Gap, ...]
    """Why some blobs could not be hashed."""
