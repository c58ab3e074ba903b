"""Ollama servers, by raw HTTP: who answers, what they list, run and know; nothing here can load or pull a model."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from modelcheck.core.asked import LocalModel, LocalModels, Server, Servers
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
from modelcheck.core.project import ModelKey
from modelcheck.probes.access import Access
from modelcheck.probes.ollama.answers import entries_of, loaded_of, switch_of, version_of
from modelcheck.probes.ollama.line import RUNNING, STATUS, TAGS, VERSION, OllamaLine, line_to
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
    """Ask every server four GET requests at once."""
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
def shapes(access: Access, servers: Servers, models: LocalModels, tags: Tags) -> Shapes:
    """Ask for the shape of each model that the project names and a server holds as local weights."""
    lines = {server.id: line_to(access, server, ANSWER_S) for server in servers.servers}
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
    replies = line.look()
    version, version_contact = line.read(VERSION, replies[VERSION], version_of)
    tags, tags_contact = line.read(TAGS, replies[TAGS], entries_of)
    contact = min(version_contact, tags_contact, key=lambda one: _WORST_FIRST.index(one.state))
    if contact.state is not ContactState.ANSWERED:
        silent = Gap(Why.NOT_ANSWERED, about=server.label)
        return View(contact, version, silent, silent, silent)
    running, _ = line.read(RUNNING, replies[RUNNING], loaded_of)
    disabled, _ = line.read(STATUS, replies[STATUS], switch_of)
    return View(contact, version, tags, running, disabled)


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
