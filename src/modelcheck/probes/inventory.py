"""The inventory: per server one listing, from the live list, else its own store on disk, else the lock."""

from dataclasses import dataclass

import msgspec

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.lock import Lock
from modelcheck.core.machine import Entry, Inventory, Listing, Source, Tags
from modelcheck.core.project import Engine
from modelcheck.core.stores import LooseModels, Store
from modelcheck.probes.access import Access
from modelcheck.probes.ollama.address import reads_own_store
from modelcheck.probes.probe import probe

UNANSWERED = {Why.NOT_ANSWERED, Why.TIMED_OUT}
"""Why there is no live list of a server that was asked."""


@dataclass(frozen=True)
class Evidence:
    """All that may tell what a server holds."""

    tags: Tags | Gap
    store: Store | Gap
    lock: Lock | Gap


@probe
def inventory(  # noqa: PLR0917 - the survey passes needs by name
    access: Access, servers: Servers, tags: Tags | Gap, store: Store | Gap, loose: LooseModels | Gap, lock: Lock | Gap
) -> Inventory:
    """Compose what is here; a live list is the sole authority, and the store only verifies it.

    The lock counts only where nothing may be asked: a server that was asked and did not answer must not be replaced
    by what somebody once wrote down, or its absence could raise a score.
    """
    evidence = Evidence(tags, store, lock)
    return Inventory(
        Seen[str, Listing].of({server.id: _listing(access, server, evidence) for server in servers.servers}),
        loose if isinstance(loose, Gap) else loose.entries,
    )


def _listing(access: Access, server: Server, evidence: Evidence) -> Listing | Gap:
    if server.engine is not Engine.OLLAMA:
        return Gap(Why.NOT_UNDERSTOOD, about=server.engine.value)
    if not access.network:
        return evidence.lock if isinstance(evidence.lock, Gap) else _locked(server, evidence.lock)
    live = evidence.tags if isinstance(evidence.tags, Gap) else evidence.tags.servers[server.id]
    store = evidence.store if reads_own_store(access, server) else Gap(Why.NOT_ASKED)
    if not isinstance(live, Gap):
        entries = live if isinstance(store, Gap) else _verified(live, store)
        return Listing(Source.SERVER, proves_absence=True, entries=entries)
    if live.why in UNANSWERED and not isinstance(store, Gap):
        return Listing(Source.STORE, proves_absence=False, entries=store.entries)
    return live


def _verified(live: tuple[Entry, ...], store: Store) -> tuple[Entry, ...]:
    """Add to each live entry whether its blobs are whole, where the store holds the very same manifest."""
    on_disk = {entry.digest: entry.whole for entry in store.entries if isinstance(entry.digest, str)}
    return tuple(
        msgspec.structs.replace(entry, whole=on_disk[entry.digest])
        if isinstance(entry.digest, str) and entry.digest in on_disk
        else entry
        for entry in live
    )


def _locked(server: Server, lock: Lock) -> Listing:
    entries = tuple(
        Entry(name=entry.key.name, size=entry.size, digest=entry.digest, remote=entry.remote)
        for entry in lock.entries
        if entry.key.server == server.id
    )
    return Listing(Source.LOCK, proves_absence=True, entries=entries)
