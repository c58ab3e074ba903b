"""Where a local server is really asked: the user's word, then Ollama's own variable, then loopback."""

import re

import msgspec

from modelcheck.core.asked import Server
from modelcheck.core.gap import Gap, Why
from modelcheck.core.host import OLLAMA_PORT, Endpoint, InvalidEndpoint, parse_endpoint, read_ollama_host
from modelcheck.core.mapping import BRIDGE, here, mapped_address
from modelcheck.core.project import Engine
from modelcheck.probes.access import FOREIGN, Access
from modelcheck.probes.native.providers import DEFAULT_SERVER

VARIABLE = "OLLAMA_HOST"

UNNAMED = "openai-local"
"""Id of a server of OpenAI's API that the project gives no address of."""

_API = re.compile(r"(?:/(?:v1|api(?:/v[01])?))?/*\Z")


def address_of(access: Access, server: Server) -> str | Gap:
    """Return the URL to ask, without the path of an API, or the gap that says why it is not asked."""
    if not server.engine.is_local:
        return Gap(Why.NOT_UNDERSTOOD, about=server.engine.value)
    if not access.network:
        return Gap(Why.OFFLINE, about=server.label)
    endpoint = _endpoint(access, server)
    if isinstance(endpoint, Gap):
        return endpoint
    if access.offline and not endpoint.is_loopback:
        return Gap(Why.OFFLINE, about=server.label)
    return str(msgspec.structs.replace(endpoint, path=_API.sub("", endpoint.path, count=1)))


def host_label(access: Access, server: Server, address: str) -> str:
    """Return how the ledger names the server: loopback as it is, anything else by who gave it."""
    if _given(access, server):
        return f"the endpoint given for {'ollama' if server.engine is Engine.OLLAMA else server.id}"
    endpoint = parse_endpoint(address)
    return str(endpoint.root).partition("://")[2] if endpoint.is_loopback else f"the server of {server.id}"


def reads_own_store(access: Access, server: Server) -> bool:
    """Whether the store on this disk can be the one that a server reads.

    It is where the user says where the models are, and for a server of this machine at the port of Ollama's own.
    """
    if server.engine is not Engine.OLLAMA:
        return False
    endpoint = _endpoint(access, server)
    if isinstance(endpoint, Gap):
        return False
    return bool(access.models_dirs) or (endpoint.is_loopback and endpoint.port in {OLLAMA_PORT, _own_port(access)})


def _endpoint(access: Access, server: Server) -> Endpoint | Gap:
    """Resolve the server; what only the project names must be this machine or a host that the user trusts."""
    given = _given(access, server)
    if given:
        return _parsed(given, "--endpoint")
    if server.id == DEFAULT_SERVER:
        return _default(access)
    if server.id == UNNAMED and server.id not in access.named:
        return Gap(Why.NOT_DECLARED, about=f"the address of {server.label}", hint=f"--endpoint {UNNAMED}=URL")
    endpoint = _parsed(access.named.get(server.id, server.id), server.label)
    trusted = {host.lower() for host in access.trusted_hosts}
    if isinstance(endpoint, Gap) or endpoint.is_loopback or endpoint.host in trusted:
        return endpoint
    mapped = access.mapped.get(server.id)
    found = None if mapped is None else _parsed(mapped, server.label)
    if isinstance(found, Endpoint) and found.is_loopback:
        return found
    return Gap(Why.NOT_TRUSTED, about=server.label, hint=_allowing(server, endpoint))


def _allowing(server: Server, endpoint: Endpoint) -> str:
    """Return the option that allows an address, which itself is named only where it shows nothing private."""
    if endpoint.host == BRIDGE:
        return f"--endpoint {BRIDGE}:{endpoint.port}={here(endpoint)}"
    return "--trust-host HOST" if server.address == FOREIGN else f"--endpoint {endpoint.host}:{endpoint.port}=URL"


def given_by_address(access: Access, server: Server) -> str | None:
    """Return the address that the user gave for the one that the project names."""
    endpoint = _parsed(access.named.get(server.id, server.id), server.label)
    return None if isinstance(endpoint, Gap) else mapped_address(access.endpoints, endpoint)


def _given(access: Access, server: Server) -> str | None:
    """Return what the user gave for this server by its name or by its address, or for Ollama altogether."""
    common = access.endpoints.get("ollama") if server.engine is Engine.OLLAMA else None
    return access.endpoints.get(server.id) or given_by_address(access, server) or common


def _default(access: Access) -> Endpoint | Gap:
    try:
        return read_ollama_host(access.environ.get(VARIABLE, ""))
    except InvalidEndpoint as error:
        return Gap(Why.UNREADABLE, about=f"{VARIABLE}: {error}")


def _own_port(access: Access) -> int | None:
    default = _default(access)
    return default.port if isinstance(default, Endpoint) and default.is_loopback else None


def _parsed(url: str, source: str) -> Endpoint | Gap:
    try:
        return parse_endpoint(url)
    except InvalidEndpoint as error:
        return Gap(Why.UNREADABLE, about=f"{source}: {error}")
