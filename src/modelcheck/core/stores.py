"""Folders of models on disk: Ollama's store, and files that no server has registered."""

from typing import ClassVar

from modelcheck.core.facts import Fact, Scope
from modelcheck.core.machine import Entry


class Store(Fact, frozen=True):
    """Ollama's store on disk: its models by their manifests, blobs compared by presence and size."""

    scope: ClassVar[Scope] = Scope.MACHINE

    root: str
    """Where it lies, `~` for the home folder."""
    entries: tuple[Entry, ...]


class LooseModels(Fact, frozen=True):
    """Model files in a folder that no server has registered, described by their headers."""

    scope: ClassVar[Scope] = Scope.MACHINE

    root: str
    entries: tuple[Entry, ...]
