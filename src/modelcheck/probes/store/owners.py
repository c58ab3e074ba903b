"""Which store a server reads: what its own process names, else what the user gives, else where a store lies.

A live list decides between them: the digests that it shows are those of the manifests themselves.
"""

import dataclasses
import os
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from modelcheck.core.asked import Server
from modelcheck.core.gap import NOT_RECORDED, Gap, Unseen, Why
from modelcheck.core.machine import Entry, Tags
from modelcheck.core.paths import mapped_path, same_path
from modelcheck.core.project import Engine
from modelcheck.core.serving import Origin, ServerSetup, ServerSetups
from modelcheck.core.stores import Basis, ServerStore, Store
from modelcheck.probes.access import Access
from modelcheck.probes.folders import Folder, folders_at, is_closed, is_local, refused, shown, shown_below
from modelcheck.probes.ollama.address import address_of, reads_own_store
from modelcheck.probes.places import VARIABLE, expanded, store_places
from modelcheck.probes.serving import models_folder
from modelcheck.probes.side import drives
from modelcheck.probes.store.contents import read_store
from modelcheck.probes.walk import walk

HINT = "--models-dir FOLDER"
_IN_A_HOME = (".ollama", "models")
IN_A_CONTAINER = "/root/.ollama/models"
"""Where Ollama's own image keeps its models."""

Builds = frozenset[tuple[str, str]]
"""Names of models, folded, each with the digest of its manifest."""


@dataclass(frozen=True)
class Candidate:
    """A store that a server may read."""

    folder: Folder
    basis: Basis
    needs_proof: bool = False
    """Whether only the server's own list can show that it is this one."""


class _Match(IntEnum):
    """How well a store fits a live list, the best last."""

    CONTRADICTED = 0
    POSSIBLE = 1
    HOLDS_ALL = 2
    SAME = 3


class Disk:
    """The stores of this machine, each read once."""

    def __init__(self, access: Access, contained: Collection[str] = ()) -> None:
        self._access = access
        self._contained = contained
        """Ids of servers that may run in a container, whose store is then not one of this machine's."""
        self._until = time.monotonic() + access.inner_limit_s
        self._read: dict[Path, Store] = {}
        self.given = self._given()
        """The stores in the folders that the user gave, and whether all of those folders hold models of other kinds."""

    def store_of(self, server: Server, setup: ServerSetup | Gap, tags: Tags | Gap) -> tuple[Folder, ServerStore] | Gap:
        """Return the store that a server reads, or why that is not known."""
        if server.engine is not Engine.OLLAMA:
            return Gap(Why.NOT_UNDERSTOOD, about=server.engine.value)
        live = tags if isinstance(tags, Gap) else tags.servers[server.id]
        listed = None if isinstance(live, Gap) or (live and not _builds(live)) else _builds(live)
        named = _folder_of(self._access, server, setup)
        if isinstance(named, Path) and isinstance(setup, ServerSetup) and setup.complete:
            candidates = [Candidate(folder, Basis.PROCESS) for folder in folders_at([named], self._access.home)]
        else:
            candidates = [*self._of_container(server, setup), *self._of_user(server, setup)]
            if isinstance(named, Gap) and not candidates:
                return named
            if isinstance(named, Path):
                candidates += (Candidate(folder, Basis.SERVICE) for folder in folders_at([named], self._access.home))
            candidates += [] if isinstance(named, Gap) else self._of_machine(server, setup)
        return self._chosen(server, candidates, listed)

    def read(self, folder: Folder) -> Store | Gap:
        """Read a store, once; a gap for what is none."""
        if folder.path not in self._read:
            try:
                folder.look(folder.path / "manifests")
            except FileNotFoundError:
                return _absent(folder)
            except OSError:
                return Gap(Why.UNREADABLE, about=folder.shown)
            self._read[folder.path] = read_store(folder, self._until)
        return self._read[folder.path]

    def others(self, taken: Iterable[Path]) -> tuple[Store, ...]:
        """Return what was read and no server is known to read."""
        known = set(taken)
        for folder in self.given[0]:
            self.read(folder)
        return tuple(store for path, store in self._read.items() if path not in known)

    def _given(self) -> tuple[list[Folder], bool]:
        stores: list[Folder] = []
        all_loose = True
        for folder in folders_at(self._access.models_dirs, self._access.home):
            found = walk(folder, folder.path, self._until)
            stores += [Folder(Path(os.path.realpath(path)), shown_below(folder, path)) for path in found.stores]
            all_loose = all_loose and bool(found.gguf or found.tensors or found.hubs)
        return stores, all_loose and refused(self._access) is None

    def _of_user(self, server: Server, setup: ServerSetup | Gap) -> Iterator[Candidate]:
        """Yield what the user gave; where the server certainly has no variable, it reads the folder of some home."""
        if not self._access.models_dirs or not reads_own_store(self._access, server):
            return
        unnamed = variable_of(setup) is None
        for folder in self.given[0]:
            yield Candidate(folder, Basis.USER, unnamed and folder.path.parts[-2:] != _IN_A_HOME)

    def _of_container(self, server: Server, setup: ServerSetup | Gap) -> Iterator[Candidate]:
        """Yield where the folder of a container lies here: as the user says, else as compose says.

        The second is opened only where it would be anyhow: in the project, or in a folder of the user's.
        """
        if server.id not in self._contained:
            return
        inside, access, shown_in = _inside(setup), self._access, drives(self._access)
        said = mapped_path(inside, access.paths, drives=shown_in)
        written = mapped_path(inside, access.mounts.get(server.id, {}), drives=shown_in)
        if said is not None:
            yield from (Candidate(one, Basis.USER) for one in folders_at([expanded(said, access.home)], access.home))
        elif written is not None:
            path = Path(os.path.normpath(access.root / expanded(written, access.home)))
            real = access.root.resolve()
            known = [*access.models_dirs, *(place for place, _ in store_places(access))]
            for one in folders_at([path], access.home) if is_local(path) else ():
                ours = any(same_path(str(one.path), str(place), drives=shown_in) for place in known)
                if ours or one.path.is_relative_to(real):
                    yield Candidate(one, Basis.SERVICE)

    def _of_machine(self, server: Server, setup: ServerSetup | Gap) -> Iterator[Candidate]:
        access = self._access
        if not reads_own_store(dataclasses.replace(access, models_dirs=()), server):
            return
        # A given folder that holds the other kind says nothing about this one, so the standard places still count;
        # not where the user names the server too: its store need not be the one on this disk.
        free = not access.models_dirs or ("ollama" not in access.endpoints and self.given[1])
        unnamed = variable_of(setup) is None
        places = ((path, basis) for path, basis in store_places(access) if not (unnamed and basis is Basis.SHELL))
        for path, basis in places:
            needs_proof = not free or server.id in self._contained
            yield from (Candidate(folder, basis, needs_proof) for folder in folders_at([path], access.home))

    def _chosen(
        self, server: Server, candidates: list[Candidate], live: Builds | None
    ) -> tuple[Folder, ServerStore] | Gap:
        best: tuple[_Match, Candidate, Store] | None = None
        reasons: list[Gap] = []
        for one in candidates:
            store = self.read(one.folder)
            if isinstance(store, Gap):
                reasons.append(store)
                continue
            match = _match(store, live)
            if match is _Match.CONTRADICTED:
                reasons.append(Gap(Why.UNDECIDED, about=f"the store that {server.label} reads", hint=HINT))
            elif (match >= _Match.HOLDS_ALL or not one.needs_proof) and (best is None or match > best[0]):
                best = match, one, store
        if best is None:
            return self._why_none(server, reasons)
        match, one, store = best
        proven = match >= _Match.HOLDS_ALL and one.basis is not Basis.PROCESS
        return one.folder, ServerStore(store, Basis.LIST if proven else one.basis)

    def _why_none(self, server: Server, reasons: list[Gap]) -> Gap:
        """Return the reason that tells most."""
        address = address_of(self._access, server)
        if isinstance(address, Gap):
            return address
        first = refused(self._access)
        by_weight = (Why.UNREADABLE, Why.UNDECIDED, Why.NOT_THERE)
        ranked = sorted(reasons, key=lambda gap: by_weight.index(gap.why) if gap.why in by_weight else 0)
        if first is not None or (ranked and ranked[0].why is not Why.NOT_THERE):
            return first or ranked[0]
        if reads_own_store(self._access, server):
            return Gap(Why.NOT_THERE, about="an Ollama store", hint=HINT)
        return Gap(Why.NOT_ASKED, about=f"the store of {server.label}", hint=HINT)


def setup_of(setups: ServerSetups | Gap, server: Server) -> ServerSetup | Gap:
    """Return the settings of one server."""
    return setups if isinstance(setups, Gap) else setups.servers[server.id]


def _inside(setup: ServerSetup | Gap) -> str:
    """Return the folder of models as a container sees it."""
    named = () if isinstance(setup, Gap) else setup.all_of(VARIABLE)
    return next((one.value for one in named if one.origin in {Origin.PROCESS, Origin.COMPOSE}), IN_A_CONTAINER)


def variable_of(setup: ServerSetup | Gap) -> str | Gap | None:
    """Return what the running server certainly has for its folder of models; None where it certainly has nothing."""
    if isinstance(setup, Gap):
        return setup
    try:
        setting = setup.effective(VARIABLE)
    except Unseen as missing:
        return missing.gap
    if setting is not None:
        return setting.value
    return None if setup.complete else NOT_RECORDED


def _folder_of(access: Access, server: Server, setup: ServerSetup | Gap) -> Path | Gap | None:
    """Return the folder that the server's process, log or unit names, a gap where it must not be opened."""
    if isinstance(setup, Gap):
        return None
    text = setup.models
    if isinstance(text, Gap):
        if text.why is not Why.NOT_RECORDED:
            return text
        value = variable_of(setup)
        if not isinstance(value, str):
            return None
        text = value
        path: Path | None = _here(access, value)
    else:
        path = expanded(text, access.home)
        if not is_local(path):
            path = models_folder(access, server)  # a fact shows of a folder outside of the home its last step alone
        path = None if path is None else _here(access, str(path))
    if path is not None and is_local(path):
        return path
    return Gap(Why.NOT_ASKED, about=shown(Path(text), access.home), hint=HINT)


def _here(access: Access, text: str) -> Path:
    """Return where a folder that a server names lies here, as the user says; else what it says."""
    said = mapped_path(text, access.paths, drives=drives(access))
    return Path(text) if said is None else expanded(said, access.home)


def _match(store: Store, live: Builds | None) -> _Match:
    """Compare with what the server lists: it lists each model whose manifest and config can be read."""
    if live is None:
        return _Match.POSSIBLE
    held = _builds(store.entries)
    listable = _builds(entry for entry in store.entries if not isinstance(entry.remote, Gap))
    if not live:
        return _Match.CONTRADICTED if listable else _Match.POSSIBLE
    if live <= held:
        return _Match.SAME if listable <= live else _Match.HOLDS_ALL
    return _Match.POSSIBLE if live & held else _Match.CONTRADICTED


def _builds(entries: Iterable[Entry]) -> Builds:
    return frozenset((entry.name.lower(), entry.digest) for entry in entries if isinstance(entry.digest, str))


def _absent(folder: Folder) -> Gap:
    return Gap(Why.UNREADABLE if is_closed(folder) else Why.NOT_THERE, about=folder.shown)
