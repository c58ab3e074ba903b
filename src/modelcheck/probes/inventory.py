"""The inventory: per server one listing, from the live list, else its own store on disk, else the lock."""

from dataclasses import dataclass

import msgspec

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import NOT_ASKED, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.lock import DECLARED, Lock
from modelcheck.core.machine import Contacts, Entry, Inventory, Listing, Source, Tags
from modelcheck.core.served import product_of
from modelcheck.core.stores import LooseModels, Store, Stores
from modelcheck.probes.access import Access
from modelcheck.probes.probe import probe

UNANSWERED = {Why.NOT_ANSWERED, Why.TIMED_OUT}
"""Why there is no live list of a server that was asked."""


@dataclass(frozen=True)
class Evidence:
    """All that may tell what a server holds."""

    tags: Tags | Gap
    stores: Stores | Gap
    lock: Lock | Gap


@probe
def inventory(  # noqa: PLR0917 - the survey passes needs by name
    access: Access,
    servers: Servers,
    tags: Tags | Gap,
    stores: Stores | Gap,
    loose: LooseModels | Gap,
    lock: Lock | Gap,
    contacts: Contacts | Gap = NOT_ASKED,
) -> Inventory:
    """Compose what is here; a live list is the sole authority, and the store only verifies it.

    The lock counts only where nothing may be asked: a server that was asked and did not answer must not be replaced
    by what somebody once wrote down, or its absence could raise a score.
    """
    evidence = Evidence(tags, stores, lock)
    return Inventory(
        Seen[str, Listing].of(
            {server.id: _by_product(server, _listing(access, server, evidence), contacts) for server in servers.servers}
        ),
        loose if isinstance(loose, Gap) else loose.entries,
    )


def _listing(access: Access, server: Server, evidence: Evidence) -> Listing | Gap:
    if not access.network:
        return evidence.lock if isinstance(evidence.lock, Gap) else _locked(server, evidence.lock)
    live = evidence.tags if isinstance(evidence.tags, Gap) else evidence.tags.servers[server.id]
    own = evidence.stores if isinstance(evidence.stores, Gap) else evidence.stores.servers[server.id]
    if not isinstance(live, Gap):
        entries = live if isinstance(own, Gap) else _verified(live, own.store)
        return Listing(Source.SERVER, proves_absence=True, entries=entries)
    if live.why in UNANSWERED and not isinstance(own, Gap):
        return Listing(Source.STORE, proves_absence=False, entries=own.store.entries)
    return live


def _by_product(server: Server, listing: Listing | Gap, contacts: Contacts | Gap) -> Listing | Gap:
    """Add whose rules for names hold on a server: those of the product that answered."""
    if isinstance(listing, Gap):
        return listing
    return msgspec.structs.replace(listing, product=product_of(server, contacts))


def _verified(live: tuple[Entry, ...], store: Store) -> tuple[Entry, ...]:
    """Add to each live entry what the store shows of it, where the store holds the very same manifest."""
    on_disk = {entry.digest: entry for entry in store.entries if isinstance(entry.digest, str)}
    return tuple(
        _with(entry, on_disk[entry.digest]) if isinstance(entry.digest, str) and entry.digest in on_disk else entry
        for entry in live
    )


def _with(entry: Entry, found: Entry) -> Entry:
    return msgspec.structs.replace(
        entry, whole=found.whole, template=found.template, licence=found.licence, format=found.format
    )


def _locked(server: Server, lock: Lock) -> Listing | Gap:
    if not lock.there:
        return Gap(Why.NOT_THERE, about=lock.path, hint="modelcheck inventory --lock")
    held = tuple(
        Entry(name=entry.key.name, size=entry.size, digest=entry.digest, remote=entry.remote)
        for entry in lock.entries
        if entry.key.server == server.id
    )
    return Listing(Source.LOCK, proves_absence=True, entries=(*held, *_declared(server, lock)))


def _declared(server: Server, lock: Lock) -> tuple[Entry, ...]:
    """Return the models that only a change says are here: whether they are is not seen."""
    held = {entry.key for entry in lock.entries}
    return tuple(
        Entry(name=entry.key.name, remote=DECLARED)
        for entry in lock.declared
        if entry.key.server == server.id and entry.key not in held
    )
