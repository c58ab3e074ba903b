"""The inventory: the live list decides, the store verifies it, the lock speaks where nothing may be asked."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from native_project import access_to

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.lock import DECLARED, Lock, LockEntry
from modelcheck.core.machine import Contacts, Entry, Inventory, Listing, Source, Tags
from modelcheck.core.project import Engine, ModelKey
from modelcheck.core.stores import Basis, Holder, Leftovers, LooseModels, ModelFolder, ServerStore, Store, Stores
from modelcheck.probes.inventory import inventory

LOCAL = "http://127.0.0.1:11434"
DIGEST, OTHER = "a" * 64, "b" * 64
LLAMA = Entry("llama3:latest", 5, DIGEST, remote=False)
ON_DISK = replace(LLAMA, whole=True)
STORE = (ON_DISK, Entry("old:latest", 7, OTHER, remote=False, whole=False))
LOCK = Lock("models.lock", "2026-11-22", (LockEntry(ModelKey(LOCAL, "llama3:latest"), DIGEST, 5, remote=False),))
SILENT = Gap(Why.NOT_ANSWERED, about=LOCAL)
NONE = Gap(Why.NOT_THERE)


def server(ident: str = LOCAL, engine: Engine = Engine.OLLAMA) -> Server:
    return Server(ident, engine, ident)


def tags(live: tuple[Entry, ...] | Gap, ident: str = LOCAL) -> Tags:
    return Tags(Seen[str, tuple[Entry, ...]].of({ident: live}))


def stores(entries: tuple[Entry, ...] | Gap, ident: str = LOCAL) -> Stores | Gap:
    """The store that a server reads; a gap for all of them."""
    if isinstance(entries, Gap):
        return entries
    own = ServerStore(Store("~/.ollama/models", entries, flaws=(), doubt=None), Basis.LIST)
    return Stores(Seen[str, ServerStore].of({ident: own}))


def listing(
    live: Tags | Gap,
    store: tuple[Entry, ...] | Gap = NONE,
    lock: Lock | Gap = NONE,
    *,
    of: Server | None = None,
    **allowed: Any,
) -> Listing | Gap:
    one = of or server()
    access = access_to(Path(), **allowed)
    return inventory(access, Servers((one,)), live, stores(store), NONE, lock).servers[one.id]


def test_a_model_that_only_a_change_declares_is_neither_here_nor_absent() -> None:
    added, edited = (LockEntry(ModelKey(LOCAL, name), OTHER, 5, remote=False) for name in ("new:1b", "llama3:latest"))
    elsewhere = LockEntry(ModelKey("other", "new:1b"), OTHER, 5, remote=False)
    found = listing(tags(()), lock=replace(LOCK, declared=(added, edited, elsewhere)), network=False)

    assert isinstance(found, Listing)
    assert [(entry.name, entry.remote) for entry in found.entries] == [("llama3:latest", False), ("new:1b", DECLARED)]


def test_a_lock_that_only_a_change_has_lists_nothing() -> None:
    added = LockEntry(ModelKey(LOCAL, "new:1b"), OTHER, 5, remote=False)

    assert isinstance(
        listing(tags(()), lock=Lock("models.lock", "", (), there=False, declared=(added,)), network=False), Gap
    )


def test_the_probe_takes_what_there_is() -> None:
    needs = {"servers": Servers, "tags": Tags, "stores": Stores, "loose": LooseModels, "lock": Lock}
    assert inventory.needs == needs | {"contacts": Contacts}
    assert inventory.optional == set(inventory.needs) - {"servers"}
    assert inventory.promises == (Inventory,)


def test_a_live_list_is_the_whole_truth() -> None:
    assert listing(tags((LLAMA,)), lock=LOCK) == Listing(Source.SERVER, proves_absence=True, entries=(LLAMA,))
    assert listing(tags(()), STORE, LOCK) == Listing(Source.SERVER, proves_absence=True, entries=())


def test_the_store_verifies_what_is_listed_by_its_digest() -> None:
    moved = replace(LLAMA, name="renamed:latest", digest=OTHER)
    unknown = replace(LLAMA, name="old:latest", digest="c" * 64)
    undigested = Entry("llama3:latest")
    seen = listing(tags((LLAMA, moved, unknown, undigested)), STORE)

    assert isinstance(seen, Listing)
    assert [entry.whole for entry in seen.entries] == [True, False, None, None]
    assert [entry.name for entry in seen.entries] == ["llama3:latest", "renamed:latest", "old:latest", "llama3:latest"]


def test_a_blob_that_could_not_be_looked_at_stays_a_gap() -> None:
    doubt = Gap(Why.UNREADABLE, about="blobs")
    seen = listing(tags((LLAMA,)), (replace(LLAMA, whole=doubt),))

    assert isinstance(seen, Listing)
    assert seen.entries[0].whole == doubt


@pytest.mark.parametrize("why", [Why.NOT_ANSWERED, Why.TIMED_OUT])
def test_the_store_stands_in_for_a_server_that_was_asked_and_proves_no_absence(why: Why) -> None:
    seen = listing(tags(Gap(why)), STORE, LOCK)

    assert seen == Listing(Source.STORE, proves_absence=False, entries=STORE)


@pytest.mark.parametrize("why", [Why.OFFLINE, Why.NOT_TRUSTED, Why.CRASHED, Why.UNREADABLE, Why.NOT_ASKED])
def test_the_store_does_not_stand_in_for_a_server_that_was_not_asked(why: Why) -> None:
    assert listing(tags(Gap(why)), STORE, LOCK) == Gap(why)


def test_what_is_wrong_with_the_whole_list_is_the_gap() -> None:
    assert listing(Gap(Why.CRASHED, about="X"), NONE, LOCK) == Gap(Why.CRASHED, about="X")
    assert listing(Gap(Why.TIMED_OUT), STORE, LOCK) == Listing(Source.STORE, proves_absence=False, entries=STORE)


def test_a_lock_never_replaces_a_server_that_does_not_answer() -> None:
    assert listing(tags(SILENT), NONE, LOCK) == SILENT
    assert listing(tags(SILENT), NONE, LOCK, offline=True) == SILENT


def test_where_nothing_may_be_asked_the_lock_speaks_and_proves_absence() -> None:
    expected = Listing(Source.LOCK, proves_absence=True, entries=(LLAMA,))

    assert listing(tags(Gap(Why.OFFLINE)), NONE, LOCK, network=False) == expected
    assert listing(tags(Gap(Why.OFFLINE)), STORE, LOCK, network=False) == expected
    assert listing(Gap(Why.OFFLINE), STORE, LOCK, network=False) == expected


def test_the_lock_of_another_server_is_an_empty_one() -> None:
    seen = listing(NONE, STORE, LOCK, of=server("default"), network=False)

    assert seen == Listing(Source.LOCK, proves_absence=True, entries=())


def test_without_a_lock_nothing_is_known_where_nothing_may_be_asked() -> None:
    missing = Gap(Why.NOT_THERE, about="models.lock", hint="modelcheck inventory --lock")

    assert listing(tags(Gap(Why.OFFLINE)), STORE, missing, network=False) == missing
    assert listing(NONE, STORE, Lock("models.lock", "", (), there=False), network=False) == missing


@pytest.mark.parametrize("engine", [Engine.OPENAI_LOCAL, Engine.UNKNOWN])
def test_a_server_of_another_engine_that_was_not_told_apart_has_no_known_rules_for_names(engine: Engine) -> None:
    seen = listing(tags((LLAMA,)), NONE, LOCK, of=server(engine=engine))

    assert isinstance(seen, Listing)
    assert (seen.source, seen.entries) == (Source.SERVER, (LLAMA,))
    assert isinstance(seen.product, Gap)


def test_the_store_of_one_server_says_nothing_of_another() -> None:
    other = server("http://127.0.0.1:9999")
    seen = listing(tags((LLAMA,), other.id), STORE, of=other)

    assert isinstance(seen, Listing)
    assert seen.entries == (LLAMA,)
    assert listing(tags(SILENT, other.id), STORE, of=other) == SILENT


def test_a_store_adds_what_no_list_tells_of_a_build() -> None:
    on_disk = replace(ON_DISK, template="c" * 64, licence="", format="gguf")
    seen = listing(tags((LLAMA, Entry("other:latest", 3, OTHER))), (on_disk,))

    assert isinstance(seen, Listing)
    assert seen.entries == (on_disk, Entry("other:latest", 3, OTHER))


def test_loose_models_are_handed_on() -> None:
    folders = (
        ModelFolder(root, Holder.USER, (Entry(name),), Leftovers(0, 0)) for root, name in (("~/x", "a"), ("~/y", "b"))
    )
    loose = LooseModels(tuple(folders))
    access, servers = access_to(Path()), Servers(())

    assert inventory(access, servers, NONE, NONE, loose, NONE).loose == (Entry("a"), Entry("b"))
    assert inventory(access, servers, NONE, NONE, NONE, NONE).loose == NONE


def test_each_server_has_its_own_listing() -> None:
    both = Servers((server(), server("http://127.0.0.1:1234", Engine.OPENAI_LOCAL), server("default")))
    live = Tags(Seen[str, tuple[Entry, ...]].of({LOCAL: (LLAMA,), "default": ()}))
    found = inventory(access_to(Path()), both, live, NONE, NONE, NONE).servers

    assert list(found) == [LOCAL, "http://127.0.0.1:1234", "default"]
    assert found[LOCAL] == Listing(Source.SERVER, proves_absence=True, entries=(LLAMA,))
    assert found["default"] == Listing(Source.SERVER, proves_absence=True, entries=())
