"""How the project's local servers are set up, and from where they can be reached; no process is started for it."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap
from modelcheck.core.host import Endpoint, parse_endpoint
from modelcheck.core.machine import Contacts
from modelcheck.core.project import Engine
from modelcheck.core.serving import Containers, Exposure, Exposures, ServerSetup, ServerSetups
from modelcheck.probes.access import Access
from modelcheck.probes.ollama.address import address_of
from modelcheck.probes.parallel import gather
from modelcheck.probes.probe import probe
from modelcheck.probes.serving.exposure import Subject, exposure_of
from modelcheck.probes.serving.roots import Roots
from modelcheck.probes.serving.setups import Found, look_at, setup_of

NOTHING = Containers(())


@probe
def setups(access: Access, servers: Servers, containers: Containers | Gap) -> ServerSetups:
    """Read the settings of each Ollama server from every origin there is."""
    known = NOTHING if isinstance(containers, Gap) else containers
    looks = {one.id: partial(_setup, access, servers, one, known) for one in servers.servers if _is_ollama(one)}
    return ServerSetups(Seen[str, ServerSetup].of(gather(looks, limit_s=access.inner_limit_s)))


@probe
def exposures(access: Access, servers: Servers, setups: ServerSetups | Gap, contacts: Contacts | Gap) -> Exposures:
    """Look at the sockets of each local server, and ask where others could ask."""
    looks = {one.id: partial(_exposure, access, one, setups, contacts) for one in servers.servers}
    return Exposures(Seen[str, Exposure].of(gather(looks, limit_s=access.inner_limit_s)))


def models_folder(access: Access, server: Server) -> Path | None:
    """Return the folder of models that a server of this machine reads, as it is; None where nothing tells.

    For probes alone, which have to open it: facts have it as a report may show it.
    """
    endpoint = endpoint_of(access, server)
    if isinstance(endpoint, Gap) or not _is_ollama(server):
        return None
    found = look_at(Roots.of(access), endpoint, (), alone=False)
    return None if isinstance(found.models, Gap) else found.models


def endpoint_of(access: Access, server: Server) -> Endpoint | Gap:
    """Return where a server is, whether or not it may be asked now."""
    address = address_of(replace(access, network=True, offline=False), server)
    return address if isinstance(address, Gap) else parse_endpoint(address)


def _setup(access: Access, servers: Servers, server: Server, containers: Containers) -> ServerSetup | Gap:
    endpoint = endpoint_of(access, server)
    if isinstance(endpoint, Gap):
        return endpoint
    others = [endpoint_of(access, one) for one in servers.servers if _is_ollama(one) and one.id != server.id]
    alone = not any(isinstance(one, Endpoint) and one.is_loopback for one in others)
    found: Found = look_at(Roots.of(access), endpoint, containers.serving(server.id), alone=alone)
    return setup_of(found, access.home)


def _exposure(access: Access, server: Server, setups: ServerSetups | Gap, contacts: Contacts | Gap) -> Exposure | Gap:
    endpoint = endpoint_of(access, server)
    if isinstance(endpoint, Gap):
        return endpoint
    setup = setups if isinstance(setups, Gap) else setups.servers[server.id]
    contact = contacts if isinstance(contacts, Gap) else contacts.servers[server.id]
    return exposure_of(Subject(access, Roots.of(access), server, endpoint, setup, contact))


def _is_ollama(server: Server) -> bool:
    return server.engine is Engine.OLLAMA
