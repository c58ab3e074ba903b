"""Mapping: what a project calls an address, and what that is on this machine; compared part by part."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import msgspec

from modelcheck.core.facts import Fact, Scope
from modelcheck.core.host import Endpoint, InvalidEndpoint, parse_endpoint

HOST_NAMES = ("host.docker.internal", "gateway.docker.internal", "host.containers.internal")
"""The names by which containers reach the machine that they run on."""
BRIDGE = "172.17.0.1"
"""This machine as containers see it on Linux, unless Docker was told otherwise; it may be somebody else's as well."""

_THIS_MACHINE = "127.0.0.1"
_OF_AN_ADDRESS = re.compile(r"[.:/]")


class By(StrEnum):
    """Whose word a mapping rests on."""

    USER = "user"
    """The user says where it is (`--endpoint HOST:PORT=URL`)."""
    NAME = "name"
    """Its name means this machine, seen from a container."""
    COMPOSE = "compose"
    """A compose file of the project publishes its port on this machine."""


class Mapped(msgspec.Struct, frozen=True):
    """One address of the project, and where it was asked."""

    named: str
    """As the project writes it where that shows nothing private, else the name of its section."""
    asked: str
    """An address of this machine, or `the endpoint given for …` where the user gave it."""
    by: By


class Mappings(Fact, frozen=True):
    """The servers that were asked elsewhere than the project says."""

    scope: ClassVar[Scope] = Scope.MACHINE

    servers: tuple[Mapped, ...] = ()


@dataclass(frozen=True)
class AddressKey:
    """What the user maps: a host, a host with its port, or a whole address; the path of an address does not count."""

    host: str
    port: int | None = None
    scheme: str | None = None

    def means(self, endpoint: Endpoint) -> bool:
        """Whether it is this very server."""
        same_host = self.host == _folded(endpoint.host)
        return same_host and self.port in {None, endpoint.port} and self.scheme in {None, endpoint.scheme}

    @property
    def closeness(self) -> int:
        """How much of an address it states."""
        return (self.port is not None) + (self.scheme is not None)


def address_key(text: str) -> AddressKey:
    """Read a key such as `ollama:11434` or `http://ollama:11434`. Raises InvalidEndpoint for what is none."""
    if "://" in text:
        whole = parse_endpoint(text)
        return AddressKey(_folded(whole.host), whole.port, whole.scheme)
    bare = parse_endpoint(f"http://{text}")
    has_port = text.rpartition("]")[2].partition("/")[0].count(":") == 1
    return AddressKey(_folded(bare.host), bare.port if has_port else None)


def mapped_address(endpoints: Mapping[str, str], endpoint: Endpoint) -> str | None:
    """Return where the user says that a server of the project is; of several keys that mean it, the closest decides.

    A bare word is the name of a provider and never that of a host.
    """
    best: tuple[int, str] | None = None
    for text, url in endpoints.items():
        try:
            key = address_key(text) if _OF_AN_ADDRESS.search(text) else None
        except InvalidEndpoint:
            continue
        if key is not None and key.means(endpoint) and (best is None or key.closeness > best[0]):
            best = key.closeness, url
    return None if best is None else best[1]


def is_this_machine(endpoint: Endpoint) -> bool:
    """Whether a name means the machine itself, as seen from a container on it."""
    return endpoint.host.removesuffix(".") in HOST_NAMES


def here(endpoint: Endpoint, port: int | None = None) -> str:
    """Return the address on this machine at which a server of its own is asked."""
    return f"{endpoint.scheme}://{_THIS_MACHINE}:{endpoint.port if port is None else port}"


def _folded(host: str) -> str:
    return _THIS_MACHINE if host == "localhost" else host
