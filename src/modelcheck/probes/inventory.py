"""The inventory: per server one listing, from the live list, else its own store on disk, else the lock."""

import msgspec

from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.host import InvalidEndpoint, parse_endpoint
from modelcheck.core.machine import Entry, Inventory, Listing, LooseModels, Source, Store, Tags
from modelcheck.core.project import Engine, Lock, Server, Servers
from modelcheck.probes.access import Access
from modelcheck.probes.native.providers import DEFAULT_SERVER
from modelcheck.probes.probe import probe


@probe
def inventory(
    access: Access, servers: Servers, tags: Tags | Gap, store: Store | Gap, loose: LooseModels | Gap, lock: Lock | Gap
) -> Inventory:
    """Compose what is here; a live list is the sole authority, and the store only verifies it.

    The lock counts only where nothing may be asked: a server that was asked and did not answer must not be replaced
    by what somebody once wrote down, or its absence could raise a score.
    """
    return Inventory(
        Seen.of({server.id: _listing(access, server, tags, store, lock) for server in servers.servers}),
        loose if isinstance(loose, Gap) else loose.entries,
    )


def _listing(access: Access, server: Server, tags: Tags | Gap, store: Store | Gap, lock: Lock | Gap) -> Listing | Gap:
    if server.engine is not Engine.OLLAMA:
        return Gap(Why.NOT_UNDERSTOOD, about=server.engine.value)
    live = tags if isinstance(tags, Gap) else tags.servers[server.id]
    own = not isinstance(store, Gap) and _is_own(access, server)
    if not isinstance(live, Gap):
        return Listing(Source.SERVER, True, _verified(live, store) if own and not isinstance(store, Gap) else live)
    if not access.network:
        return lock if isinstance(lock, Gap) else _locked(server, lock)
    if own and not isinstance(store, Gap):
        return Listing(Source.STORE, False, store.entries)
    return live


def _is_own(access: Access, server: Server) -> bool:
    """Whether the store on this disk can be the one that the server reads."""
    if access.endpoints.get("ollama"):
        return bool(access.models_dirs)
    if server.id == DEFAULT_SERVER:
        return "OLLAMA_HOST" not in access.environ
    try:
        return parse_endpoint(server.id).is_loopback
    except InvalidEndpoint:
        return False


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
    entries = [entry for entry in lock.entries if entry.key.server == server.id]
    return Listing(
        Source.LOCK,
        True,
        tuple(Entry(name=entry.key.name, size=entry.size, digest=entry.digest, remote=entry.remote) for entry in entries),
    )
