"""The pre-check on its own: whether asking for a name would download anything."""

from collections.abc import Sequence

from modelcheck.app.audit import Options, chosen_profile, look
from modelcheck.app.catalogue import probes_of
from modelcheck.app.tables import table
from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Fact, Facts
from modelcheck.core.gap import Gap
from modelcheck.core.graphics import Gpus
from modelcheck.core.machine import Contacts, Inventory
from modelcheck.core.precheck import Precheck, precheck
from modelcheck.core.project import Engine
from modelcheck.core.stores import LooseModels
from modelcheck.core.tables import Families
from modelcheck.probes.access import Access
from modelcheck.probes.asked import asked
from modelcheck.probes.native import configuration
from modelcheck.probes.native.providers import DEFAULT_ADDRESS, DEFAULT_SERVER
from modelcheck.probes.probe import probe


@probe
def inventory_servers(access: Access) -> Servers:
    """Enumerate the Ollama servers of the project, and the default one where it names none or cannot be read."""
    named, agents = configuration(access)
    found: tuple[Server, ...] = ()
    if not isinstance(agents, Gap):
        found = tuple(one for one in asked(access, named, agents)[2].servers if one.engine is Engine.OLLAMA)
    return Servers(found or (Server(DEFAULT_SERVER, Engine.OLLAMA, DEFAULT_ADDRESS),))


def look_at_inventory(options: Options) -> Facts:
    """Survey the inventory alone, whether or not there is a project."""
    others = [one for one in probes_of() if Servers not in one.promises]
    kinds: frozenset[type[Fact]] = frozenset({Inventory, Servers, Contacts, Gpus, LooseModels})
    return look(options, chosen_profile(options), kinds, (inventory_servers, *others))


def prechecks(names: Sequence[str], options: Options) -> tuple[Precheck, ...]:
    """Match names against what the project's own Ollama servers hold; the default server where it names none.

    A name is here only when one server certainly holds it; else the answer of the first server stands.
    """
    facts = look_at_inventory(options)
    return tuple(_answer(name, facts) for name in names)


def _answer(name: str, facts: Facts) -> Precheck:
    families, here, servers = table(Families), facts.get(Inventory), facts.get(Servers)
    ids = [DEFAULT_SERVER] if isinstance(servers, Gap) else [server.id for server in servers.servers]
    answers = [precheck(name, Engine.OLLAMA, one, here, families) for one in ids]
    return next((one for one in answers if one.allowed), answers[0])
