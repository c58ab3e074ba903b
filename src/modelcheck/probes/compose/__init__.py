"""Compose files of the project: the Ollama services in them, and which of its servers each of them is."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace as replaced
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from modelcheck.core.asked import Server, Servers
from modelcheck.core.gap import Gap, Why
from modelcheck.core.host import OLLAMA_PORT, Endpoint, InvalidEndpoint, parse_endpoint
from modelcheck.core.mapping import is_this_machine
from modelcheck.core.project import Engine
from modelcheck.core.serving import Container, Containers
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.compose.document import LIMIT, Item, NotCompose, read_document
from modelcheck.probes.compose.services import Service, containers
from modelcheck.probes.files import Unreadable, inside, read_bytes
from modelcheck.probes.ollama.address import address_of
from modelcheck.probes.probe import probe

FOLDERS = ("", "docker", "deploy", "deployment", "compose", "docker-compose", "infra", "ollama", ".devcontainer")
"""The root and the usual places, one level deep."""
MOST_NAMES = 2000
MOST_FILES = 20
MOST_BYTES = 192 << 10
"""Of all files together."""

_NAME = re.compile(r"(?:docker-)?compose[A-Za-z0-9._-]{0,60}\.ya?ml")


@probe
def compose(access: Access, servers: Servers) -> Containers:
    """Read the compose files; a file that cannot be read is said, and nothing that it names is opened."""
    endpoints = {one.id: _endpoints(access, one) for one in servers.servers if one.engine is Engine.OLLAMA}
    services: list[Container] = []
    unread: list[Gap] = []
    for document in documents(access.root):
        if isinstance(document, Gap):
            unread.append(document)
            continue
        for service in containers(document):
            matched = _matched(service, endpoints)
            services.append(matched)
            for server in matched.serves:
                access.mounts.setdefault(server, {}).update(service.mounts)
    return Containers(tuple(services), tuple(unread))


def documents(root: Path) -> Iterator[Item | Gap]:
    """Yield the compose files of a project, and why one of them was not read."""
    left = MOST_BYTES
    paths = list(islice(_paths(root), MOST_FILES + 1))
    for path in paths[:MOST_FILES]:
        try:
            data = read_bytes(root, path, min(LIMIT, left))
            left -= len(data)
            yield read_document(data, path)
        except FileNotFoundError:
            continue
        except (Unreadable, NotCompose) as reason:
            yield Gap(Why.UNREADABLE, about=printable(f"{path}: {reason}"))
    if len(paths) > MOST_FILES:
        yield Gap(Why.TOO_MUCH, about=f"{MOST_FILES} compose files")


def _paths(root: Path) -> Iterator[str]:
    for folder in FOLDERS:
        try:
            with os.scandir(inside(root, folder)) as found:
                names = sorted(entry.name for entry in islice(found, MOST_NAMES) if _NAME.fullmatch(entry.name))
        except OSError:
            continue
        yield from (f"{folder}/{name}" if folder else name for name in names)


def _matched(service: Service, endpoints: dict[str, list[Endpoint]]) -> Container:
    container, names = service.container, service.names
    serves = [id for id, places in endpoints.items() if any(_is_at(container, names, place) for place in places)]
    return replace(container, serves=tuple(serves))


def _is_at(container: Container, names: set[str], endpoint: Endpoint) -> bool:
    """Whether a service is what answers at an address: by a name of its network, or by a port on this machine."""
    if endpoint.host in names:
        return True
    if not (endpoint.is_loopback or is_this_machine(endpoint)):
        return False
    ports = [OLLAMA_PORT if isinstance(one.port, Gap) else one.port for one in container.published]
    return endpoint.port in ports


def _endpoints(access: Access, server: Server) -> list[Endpoint]:
    """Return where the project says that a server is, and where the user says so."""
    named = access.named.get(server.id)
    asked = address_of(replaced(access, network=True, offline=False), server)
    found: list[Endpoint] = []
    for url in (named, asked):
        if isinstance(url, str):
            try:
                found.append(parse_endpoint(url))
            except InvalidEndpoint:
                continue
    return found
