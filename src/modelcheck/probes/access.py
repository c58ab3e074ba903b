"""Access: what the user allows probes to touch, and the book in which every contact is kept."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelcheck.core.machine import HostContact, Ledger
from modelcheck.core.tables import KnownProviders


class Book:
    """Counts what is done to the outside while probes run; safe to write from several threads."""

    def __init__(self, *, simulated: bool = False) -> None:
        self._simulated = simulated
        self._lock = threading.Lock()
        self._contacts: Counter[tuple[str, str]] = Counter()

    def contact(self, host: str, method: str) -> None:
        """Count one request. `host` must be fit for a shared report."""
        with self._lock:
            self._contacts[host, method] += 1

    def closed(self) -> Ledger:
        """Return what has been counted so far."""
        with self._lock:
            rows = sorted(self._contacts.items())
        contacts = tuple(HostContact(host, method, count) for (host, method), count in rows)
        return Ledger(contacts=contacts, simulated=self._simulated)


FOREIGN = "an address that is not official"
"""Stands in facts for an address of the project that is neither loopback nor official, so that it is not shown."""

CONFIG = "config/models_config.json"
"""Where the native configuration lies unless settings say otherwise."""


@dataclass(frozen=True)
class Access:
    """What the user allows. The project never writes here; it is built by the command line alone."""

    root: Path
    """The audited project."""
    providers: KnownProviders
    config: str = CONFIG
    """The native configuration, relative to the project."""
    sensitive: frozenset[str] = frozenset()
    """Agents that settings mark as sensitive."""
    refused: tuple[str, ...] = ()
    """Settings that the project made and only the user may make; they were ignored."""
    environ: Mapping[str, str] = field(repr=False, default_factory=dict[str, str])
    """The user's environment, a snapshot; empty in a demo."""
    home: Path | None = None
    network: bool = True
    """False when the profile asks for no contact at all."""
    offline: bool = False
    """Loopback only."""
    endpoints: Mapping[str, str] = field(default_factory=dict[str, str])
    """Provider id to URL, as the user gave it; its key may go there. A key may also be an address of the project
    (`ollama:11434`), which is then asked there and gets no key."""
    models_dirs: tuple[Path, ...] = ()
    env_files: tuple[Path, ...] = ()
    key_variables: Mapping[str, str] = field(default_factory=dict[str, str])
    """Provider id to the name of the variable that holds its key, as the user gave it."""
    trusted_hosts: frozenset[str] = frozenset()
    """Hosts that may be contacted; never given a key."""
    named: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    """Server id to the address that the project names, kept in memory alone: it may be one that must not be shown."""
    paths: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Where a path that the project or a server names lies on this machine, as the user says."""
    mapped: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    """Server id to the address of this machine at which a server is asked that the project names in another way."""
    mounts: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]], repr=False)
    """Server id to the folders that compose files give its container, as they write them: inside to outside."""
    stores: dict[str, Path] = field(default_factory=dict[str, Path], repr=False)
    """Server id to the real path of the store that it reads, and for the user's own stores how each is shown to where
    it lies; kept in memory alone."""
    book: Book = field(default_factory=Book, repr=False)
    limit_s: float = 20.0
    """How long any one probe may take, in seconds."""

    @property
    def inner_limit_s(self) -> float:
        """How long a probe may wait for its own parts, so that it still ends before it is given up."""
        return self.limit_s * 0.9
