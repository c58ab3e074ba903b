"""Where an Ollama server is really asked: the user's word, then Ollama's own variable, then loopback."""

from modelcheck.core.gap import Gap, Why
from modelcheck.core.host import Endpoint, InvalidEndpoint, parse_endpoint, read_ollama_host
from modelcheck.core.project import Engine, Server
from modelcheck.probes.access import Access
from modelcheck.probes.native.providers import DEFAULT_SERVER


def address_of(access: Access, server: Server) -> str | Gap:
    """Return the URL to ask, or the gap that says why it is not asked."""
    if server.engine is not Engine.OLLAMA:
        return Gap(Why.NOT_UNDERSTOOD, about=server.engine.value)
    if not access.network:
        return Gap(Why.OFFLINE, about=server.label)
    endpoint = _endpoint(access, server)
    if isinstance(endpoint, Gap):
        return endpoint
    if access.offline and not endpoint.is_loopback:
        return Gap(Why.OFFLINE, about=server.label)
    return str(endpoint.root)


def host_label(access: Access, server: Server, address: str) -> str:
    """Return how the ledger names the server: loopback as it is, anything else by who gave it."""
    if access.endpoints.get("ollama"):
        return "the endpoint given for ollama"
    endpoint = parse_endpoint(address)
    return f"{endpoint.host}:{endpoint.port}" if endpoint.is_loopback else f"the server of {server.id}"


def _endpoint(access: Access, server: Server) -> Endpoint | Gap:
    """Resolve the server; what only the project names must be loopback or a host that the user trusts."""
    try:
        given = access.endpoints.get("ollama")
        if given:
            return parse_endpoint(given)
        if server.id == DEFAULT_SERVER:
            return read_ollama_host(access.environ.get("OLLAMA_HOST", ""))
        endpoint = parse_endpoint(access.named.get(server.id, server.id))
    except InvalidEndpoint as error:
        return Gap(Why.UNREADABLE, about=str(error))
    if endpoint.is_loopback or endpoint.host in access.trusted_hosts:
        return endpoint
    return Gap(Why.NOT_TRUSTED, about=server.label, hint="--trust-host HOST")
