"""Ollama's stores on disk: what each holds, and which of them each server of the project reads."""

from modelcheck.core.asked import Servers
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Tags
from modelcheck.core.serving import Containers, ServerSetups
from modelcheck.core.stores import ServerStore, Stores
from modelcheck.probes.access import Access
from modelcheck.probes.probe import probe
from modelcheck.probes.store.named import named_folders
from modelcheck.probes.store.owners import Disk, setup_of
from modelcheck.probes.store.weights import weights_path

__all__ = ["stores", "weights_path"]


@probe
def stores(  # noqa: PLR0917 - the survey passes needs by name
    access: Access,
    servers: Servers,
    setups: ServerSetups | Gap,
    tags: Tags | Gap,
    expectations: Expectations | Gap,
    containers: Containers | Gap,
) -> Stores:
    """Read the stores of this machine, and say for each Ollama server which one it reads."""
    services = () if isinstance(containers, Gap) else containers.services
    disk = Disk(access, {server for one in services for server in one.serves})
    owned = {server.id: disk.store_of(server, setup_of(setups, server), tags) for server in servers.servers}
    roots = {key: own[0].path for key, own in owned.items() if not isinstance(own, Gap)}
    access.stores.update({folder.shown: folder.path for folder in disk.given[0]} | roots)
    return Stores(
        Seen[str, ServerStore].of({key: own if isinstance(own, Gap) else own[1] for key, own in owned.items()}),
        named_folders(access, servers.servers, owned, setups=setups, expectations=expectations, containers=containers),
        disk.others(roots.values()),
    )
