"""Where the servers of a project are on this machine: by the user's word, by their names, by what compose publishes."""

from collections.abc import Iterator
from dataclasses import replace as replaced

from msgspec.structs import replace

from modelcheck.core.asked import Server, Servers
from modelcheck.core.gap import Gap
from modelcheck.core.host import Endpoint, InvalidEndpoint, ListenAddress, parse_endpoint
from modelcheck.core.mapping import By, Mapped, Mappings, here, is_this_machine
from modelcheck.probes.access import Access
from modelcheck.probes.compose import documents
from modelcheck.probes.compose.document import Item
from modelcheck.probes.compose.ports import published_ports
from modelcheck.probes.compose.services import is_on_host, names_of, services
from modelcheck.probes.ollama.address import address_of, given_by_address, host_label
from modelcheck.probes.probe import probe
from modelcheck.probes.side import is_container


@probe
def mapping(access: Access, servers: Servers) -> Mappings:
    """Say which servers are asked elsewhere than the project says."""
    each = (_mapped(access, server) for server in servers.servers)
    return Mappings(tuple(mapped for mapped in each if mapped is not None))


def placed(access: Access, server: Server) -> Server:
    """Return a server under the address that a report may show, having noted where on this machine it is asked.

    The address itself stays with the project: from it alone nothing but this machine is ever asked.
    """
    named = _named(access, server)
    if named is None or named.is_loopback:
        return server
    if is_this_machine(named):
        if not is_container(access):
            access.mapped[server.id] = here(named)
        return replace(server, address=str(named))
    found = list(_services(access, named))
    if not found:
        return server
    port = next((port for service in found for port in _ports(service, named)), None)
    if port is not None and not is_container(access):
        access.mapped[server.id] = here(named, port)
    return replace(server, address=str(named))


def _mapped(access: Access, server: Server) -> Mapped | None:
    named = _named(access, server)
    if named is None:
        return None
    shown = server.address if server.address in {str(named), server.id} else f"the address of {server.id}"
    given = given_by_address(access, server) if server.id not in access.endpoints else None
    if given is not None:
        return Mapped(shown, host_label(access, server, given), By.USER)
    there = access.mapped.get(server.id)
    if there is None or there != address_of(replaced(access, network=True, offline=False), server):
        return None
    by = By.NAME if is_this_machine(named) else By.COMPOSE
    return Mapped(shown, host_label(access, server, there), by)


def _named(access: Access, server: Server) -> Endpoint | None:
    """Return where the project says that a server is; None where it gives no address."""
    try:
        return parse_endpoint(access.named.get(server.id, ""))
    except InvalidEndpoint:
        return None


def _services(access: Access, named: Endpoint) -> Iterator[tuple[str, Item]]:
    """Yield the services of the project's compose files that other containers reach by a name; one dot is no such."""
    if "." in named.host or ":" in named.host:
        return
    for document in documents(access.root):
        for name, body in () if isinstance(document, Gap) else services(document):
            if named.host in {other.lower() for other in names_of(name, body)}:
                yield name, body


def _ports(service: tuple[str, Item], named: Endpoint) -> Iterator[int]:
    """Yield the ports of this machine's loopback at which a service answers that listens at the named one."""
    name, body = service
    if is_on_host(body):
        yield named.port
        return
    for one in published_ports(name, body.at("ports"), named.port):
        is_here = isinstance(one.host, str) and (not one.host or ListenAddress(one.host, 0).is_loopback)
        if is_here and isinstance(one.port, int) and 0 < one.port <= 65535:  # noqa: PLR2004 - the last port
            yield one.port
