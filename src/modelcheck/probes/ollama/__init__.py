"""Local servers, by raw HTTP: who answers, what they list, run and know; nothing here can load or pull a model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from modelcheck.core.asked import LocalModel, LocalModels, Server, Servers
from modelcheck.core.facts import NOT_ASKED, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import (
    CloudSwitches,
    Contact,
    Contacts,
    ContactState,
    Entry,
    Loaded,
    Product,
    Running,
    Shape,
    Shapes,
    Tags,
    Versions,
)
from modelcheck.core.precheck import find_text
from modelcheck.core.project import Engine, ModelKey
from modelcheck.probes import compatible
from modelcheck.probes.access import Access
from modelcheck.probes.http import Reply
from modelcheck.probes.ollama.answers import entries_of, loaded_of, switch_of, version_of
from modelcheck.probes.ollama.line import LOOKS, RUNNING, STATUS, TAGS, VERSION, OllamaLine, line_to
from modelcheck.probes.parallel import gather
from modelcheck.probes.probe import probe

ANSWER_S = 5.0
"""How long one answer may take, in seconds; these requests are answered from memory."""
MOST_SHOWN = 200
"""Models whose shape is asked for."""

_WORST_FIRST = (ContactState.REFUSED, ContactState.TIMED_OUT, ContactState.NOT_OLLAMA, ContactState.ANSWERED)


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
    """Ask every server a few GET requests at once: four of Ollama, ten where the product has to be told first."""
    looks = {server.id: partial(_view, access, server) for server in servers.servers}
    views = {
        key: View(view, view, view, view, view) if isinstance(view, Gap) else view
        for key, view in gather(looks, limit_s=access.inner_limit_s).items()
    }
    return (
        Contacts(Seen[str, Contact].of({key: view.contact for key, view in views.items()})),
        Versions(Seen[str, str].of({key: view.version for key, view in views.items()})),
        Tags(Seen[str, tuple[Entry, ...]].of({key: view.tags for key, view in views.items()})),
        Running(Seen[str, tuple[Loaded, ...]].of({key: view.running for key, view in views.items()})),
        CloudSwitches(Seen[str, bool].of({key: view.cloud_disabled for key, view in views.items()})),
    )


@probe
def shapes(
    access: Access, servers: Servers, models: LocalModels, tags: Tags, contacts: Contacts | Gap = NOT_ASKED
) -> Shapes:
    """Ask for the shape of each model that the project names and a server holds as local weights.

    Only Ollama tells it; a server of another engine is asked where it answered as Ollama.
    """
    lines = {server.id: _line_of_ollama(access, server, contacts) for server in servers.servers}
    seen: dict[ModelKey, Shape | Gap] = {}
    looks: dict[ModelKey, Callable[[], Shape | Gap]] = {}
    for model in models.models:
        question = _question(lines[model.key.server], model, tags)
        if isinstance(question, Gap):
            seen[model.key] = question
        elif len(looks) == MOST_SHOWN:
            seen[model.key] = Gap(Why.TOO_MUCH, about=f"{MOST_SHOWN} models")
        else:
            looks[model.key] = question
    seen |= gather(looks, limit_s=access.inner_limit_s)
    return Shapes(Seen[ModelKey, Shape].of({model.key: seen[model.key] for model in models.models}))


def _view(access: Access, server: Server) -> View | Gap:
    line = line_to(access, server, ANSWER_S)
    if isinstance(line, Gap):
        return line
    if server.engine is Engine.OLLAMA:
        return _ollama(line, line.look(), server.label)
    replies = line.look((*LOOKS, *compatible.QUESTIONS))
    # Ollama speaks OpenAI's API too, and then its own routes tell more.
    seen = _ollama(line, replies, server.label)
    return seen if _is_answered(seen.contact) else _compatible(replies, server.label)


def _ollama(line: OllamaLine, replies: Mapping[str, Reply], label: str) -> View:
    version, version_contact = line.read(VERSION, replies[VERSION], version_of)
    tags, tags_contact = line.read(TAGS, replies[TAGS], entries_of)
    contact = min(version_contact, tags_contact, key=lambda one: _WORST_FIRST.index(one.state))
    if not _is_answered(contact):
        silent = Gap(Why.NOT_ANSWERED, about=label)
        return View(contact, version, silent, silent, silent)
    running, _ = line.read(RUNNING, replies[RUNNING], loaded_of)
    disabled, _ = line.read(STATUS, replies[STATUS], switch_of)
    return View(Contact(ContactState.ANSWERED, product=Product.OLLAMA), version, tags, running, disabled)


def _compatible(replies: Mapping[str, Reply], label: str) -> View:
    seen = compatible.read(replies, label)
    no_switch = Gap(Why.NOT_RECORDED, about=f"a cloud of Ollama's at {label}")
    return View(seen.contact, seen.version, seen.tags, seen.running, no_switch)


def _is_answered(contact: Contact | Gap) -> bool:
    return isinstance(contact, Contact) and contact.state is ContactState.ANSWERED


def _line_of_ollama(access: Access, server: Server, contacts: Contacts | Gap) -> OllamaLine | Gap:
    if server.engine is not Engine.OLLAMA:
        contact = contacts if isinstance(contacts, Gap) else contacts.servers[server.id]
        if isinstance(contact, Gap):
            return contact
        if contact.product is not Product.OLLAMA:
            return Gap(Why.NOT_RECORDED, about=f"the shape of a model at {server.label}")
    return line_to(access, server, ANSWER_S)


def _question(line: OllamaLine | Gap, model: LocalModel, tags: Tags) -> Callable[[], Shape | Gap] | Gap:
    """Return how to ask for a model's shape, if the server holds weights of it: a stub would be asked elsewhere."""
    if isinstance(line, Gap):
        return line
    listed = tags.servers[model.key.server]
    if isinstance(listed, Gap):
        return listed
    entry = find_text(model.text, listed)
    if entry is None or entry.remote is not False:
        return Gap(Why.NOT_HERE, about=model.label)
    return partial(line.show, entry.name)
