"""Ollama servers, by raw HTTP: who answers, what they list, run and know; nothing here can load or pull a model."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import (
    CloudSwitches,
    Contact,
    Contacts,
    ContactState,
    Entry,
    Loaded,
    Running,
    Shape,
    Shapes,
    Tags,
    Versions,
)
from modelcheck.core.precheck import find_text
from modelcheck.core.project import Engine, LocalModel, LocalModels, ModelKey, Server, Servers
from modelcheck.probes.access import Access
from modelcheck.probes.http import Line, Reply
from modelcheck.probes.ollama.address import address_of, host_label
from modelcheck.probes.ollama.answers import Garbled, entries_of, loaded_of, shape_of, switch_of, version_of
from modelcheck.probes.parallel import gather
from modelcheck.probes.probe import probe

T = TypeVar("T")

ANSWER_S = 5.0
"""How long one answer may take, in seconds; these requests are answered from memory."""
MOST_BYTES = 64 << 20
MOST_SHOWN = 200
"""Models whose shape is asked for."""


@dataclass(frozen=True)
class View:
    """All that one server showed."""

    contact: Contact | Gap
    version: str | Gap
    tags: tuple[Entry, ...] | Gap
    running: tuple[Loaded, ...] | Gap
    cloud_disabled: bool | Gap


@probe
def ollama(access: Access, servers: Servers) -> tuple[Contacts, Versions, Tags, Running, CloudSwitches]:
    """Ask every server four GET requests at once."""
    looks = {server.id: partial(_view, access, server) for server in servers.servers}
    views = {
        key: view if isinstance(view, View) else View(view, view, view, view, view)
        for key, view in gather(looks, limit_s=access.inner_limit_s).items()
    }
    return (
        Contacts(Seen.of({key: view.contact for key, view in views.items()})),
        Versions(Seen.of({key: view.version for key, view in views.items()})),
        Tags(Seen.of({key: view.tags for key, view in views.items()})),
        Running(Seen.of({key: view.running for key, view in views.items()})),
        CloudSwitches(Seen.of({key: view.cloud_disabled for key, view in views.items()})),
    )


@probe
def shapes(access: Access, servers: Servers, models: LocalModels, tags: Tags) -> Shapes:
    """Ask for the shape of each model that the project names and a server holds as local weights."""
    by_id = {server.id: server for server in servers.servers}
    looks = {model.key: partial(_shape, access, by_id[model.key.server], model, tags) for model in models.models}
    first = dict(list(looks.items())[:MOST_SHOWN])
    seen: dict[ModelKey, Shape | Gap] = dict.fromkeys(looks, Gap(Why.TOO_MUCH, about=f"{MOST_SHOWN}"))
    return Shapes(Seen.of(seen | gather(first, limit_s=access.inner_limit_s)))


def _view(access: Access, server: Server) -> View:
    address = address_of(access, server)
    if isinstance(address, Gap):
        return View(address, address, address, address, address)
    line = Line(address, limit_s=ANSWER_S, most_bytes=MOST_BYTES)
    label = host_label(access, server, address)

    def get(path: str) -> Reply:
        access.book.contact(label, "GET")
        return line.ask("GET", path)

    paths = ("/api/version", "/api/tags", "/api/ps", "/api/status")
    replies = gather({path: partial(get, path) for path in paths}, limit_s=ANSWER_S + 1)
    version, tags, running, status = (_timed(replies[path]) for path in paths)
    version_text, version_contact = _read(version, version_of, paths[0])
    entries, tags_contact = _read(tags, entries_of, paths[1])
    contact = _worse(version_contact, tags_contact)
    if contact.state is not ContactState.ANSWERED:
        silent = Gap(Why.NOT_ANSWERED, about=server.label)
        return View(contact, version_text or silent, silent, silent, silent)
    loaded, _ = _read(running, loaded_of, paths[2])
    switch, _ = _read(status, switch_of, paths[3])
    return View(
        contact,
        version_text or Gap(Why.NOT_RECORDED),
        entries if entries is not None else Gap(Why.NOT_RECORDED),
        loaded if loaded is not None else Gap(Why.NOT_ANSWERED, about=f"{server.label}/api/ps"),
        switch if switch is not None else Gap(Why.NOT_RECORDED, about="/api/status"),
    )


def _read(reply: Reply, read: Callable[[object], T], path: str) -> tuple[T | None, Contact]:
    if reply.contact.state is not ContactState.ANSWERED:
        return None, Contact(reply.contact.state, f"{path}: {reply.contact.detail}".rstrip(": "))
    try:
        return read(reply.body), reply.contact
    except Garbled as error:
        return None, Contact(ContactState.NOT_OLLAMA, f"{path}: {error}")


def _worse(one: Contact, other: Contact) -> Contact:
    order = [ContactState.REFUSED, ContactState.TIMED_OUT, ContactState.NOT_OLLAMA, ContactState.ANSWERED]
    return min((one, other), key=lambda contact: order.index(contact.state))


def _timed(reply: Reply | Gap) -> Reply:
    if isinstance(reply, Gap):
        return Reply(Contact(ContactState.TIMED_OUT, reply.about))
    return reply


def _shape(access: Access, server: Server, model: LocalModel, tags: Tags) -> Shape | Gap:
    if server.engine is not Engine.OLLAMA:
        return Gap(Why.NOT_UNDERSTOOD, about=server.engine.value)
    listed = tags.servers[server.id]
    if isinstance(listed, Gap):
        return listed
    entry = find_text(model.text, listed)
    if entry is None or entry.remote is not False:
        return Gap(Why.NOT_HERE, about=model.label)
    address = address_of(access, server)
    if isinstance(address, Gap):
        return address
    access.book.contact(host_label(access, server, address), "POST /api/show")
    line = Line(address, limit_s=ANSWER_S, most_bytes=MOST_BYTES)
    shape, contact = _read(line.ask("POST", "/api/show", json.dumps({"model": entry.name}).encode()), shape_of, "show")
    return shape if shape is not None else Gap(Why.NOT_ANSWERED, about=contact.detail)
