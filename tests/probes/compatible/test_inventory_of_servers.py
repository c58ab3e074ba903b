"""What the inventory makes of the lists of servers that speak OpenAI's API: whose rules hold, and what proves what."""

from pathlib import Path

import pytest
from native_project import access_to

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Seen
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.lock import Lock, LockEntry
from modelcheck.core.machine import Contact, Contacts, ContactState, Entry, Listing, Product, Source, Tags
from modelcheck.core.project import Engine, ModelKey
from modelcheck.probes.inventory import inventory

URL = "http://127.0.0.1:8000"
SERVER = Server(URL, Engine.OPENAI_LOCAL, URL)
NOT_SEEN = Gap(Why.NOT_ASKED)
ENTRIES = (Entry("Qwen/Qwen3-8B", remote=False),)


def composed(
    tags: tuple[Entry, ...] | Gap, contact: Contact | Gap | None, *, network: bool = True, lock: Lock | Gap = NOT_SEEN
) -> Listing | Gap:
    """What the inventory says of the one server."""
    contacts = NOT_SEEN if contact is None else Contacts(Seen[str, Contact].of({URL: contact}))
    listed = Tags(Seen[str, tuple[Entry, ...]].of({URL: tags}))
    access = access_to(Path(), network=network, models_dirs=(Path("/models"),))
    return inventory(access, Servers((SERVER,)), listed, NOT_SEEN, NOT_SEEN, lock, contacts).servers[URL]


@pytest.mark.parametrize("product", [*Product, NOT_RECORDED])
def test_a_live_list_is_the_authority_and_carries_the_product(product: Product | Gap) -> None:
    found = composed(ENTRIES, Contact(ContactState.ANSWERED, product=product))

    assert found == Listing(Source.SERVER, proves_absence=True, entries=ENTRIES, product=product)


@pytest.mark.parametrize("contact", [None, Gap(Why.OFFLINE)])
def test_without_the_contact_it_is_open_whose_rules_hold(contact: Gap | None) -> None:
    found = composed(ENTRIES, contact)

    assert isinstance(found, Listing)
    assert found.product == (contact or NOT_SEEN)


@pytest.mark.parametrize("why", [Why.NOT_ANSWERED, Why.TIMED_OUT, Why.NO_KEY])
def test_no_store_stands_in_for_a_server_that_is_not_ollamas(why: Why) -> None:
    assert composed(Gap(why), Contact(ContactState.REFUSED)) == Gap(why)


def test_a_lock_stands_in_where_nothing_may_be_asked() -> None:
    lock = Lock("models.lock", "2026-11-20", (LockEntry(ModelKey(URL, "Qwen/Qwen3-8B"), remote=False),))
    found = composed(NOT_SEEN, Gap(Why.OFFLINE), network=False, lock=lock)

    assert isinstance(found, Listing)
    assert (found.source, [entry.name for entry in found.entries]) == (Source.LOCK, ["Qwen/Qwen3-8B"])
    assert found.product == Gap(Why.OFFLINE)
