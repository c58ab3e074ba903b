"""The pre-check on its own: whether asking for a name would download anything."""

from collections.abc import Sequence
from pathlib import Path

from modelcheck.app.catalogue import probes_of
from modelcheck.app.look import look
from modelcheck.app.options import Options
from modelcheck.app.places import project_root
from modelcheck.app.rulebook import rulebook
from modelcheck.app.tables import table
from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Fact, Facts
from modelcheck.core.gap import Gap
from modelcheck.core.graphics import Gpus
from modelcheck.core.machine import Contacts, Inventory
from modelcheck.core.precheck import Precheck, precheck
from modelcheck.core.project import Engine
from modelcheck.core.stores import LooseModels, Stores
from modelcheck.core.tables import Families
from modelcheck.probes.access import Access
from modelcheck.probes.asked import asked
from modelcheck.probes.native import configuration
from modelcheck.probes.native.providers import DEFAULT_ADDRESS, DEFAULT_SERVER
from modelcheck.probes.probe import probe

DEFAULT = Server(DEFAULT_SERVER, Engine.OLLAMA, DEFAULT_ADDRESS)


@probe
def inventory_servers(access: Access) -> Servers:
    """Enumerate the local servers of the project, and Ollama's default one where it names none or cannot be read."""
    named, agents = configuration(access)
    found: tuple[Server, ...] = ()
    if not isinstance(agents, Gap):
        found = asked(access, named, agents)[2].servers
    return Servers(found or (DEFAULT,))


def look_at_inventory(options: Options, *, stores: dict[str, Path] | None = None) -> Facts:
    """Survey the inventory alone, whether or not there is a project; `stores` is given the real paths of stores."""
    others = [one for one in probes_of() if Servers not in one.promises]
    kinds: frozenset[type[Fact]] = frozenset({Inventory, Servers, Contacts, Gpus, LooseModels, Stores})
    return look(
        options, rulebook(options, project_root(options.path)), kinds, (inventory_servers, *others), stores=stores
    )


def prechecks(names: Sequence[str], options: Options) -> tuple[Precheck, ...]:
    """Match names against what the project's own local servers hold; Ollama's default one where it names none.

    A name is here only when one server certainly holds it; else the answer of the first server stands.
    """
    facts = look_at_inventory(options)
    return tuple(_answer(name, facts) for name in names)


def _answer(name: str, facts: Facts) -> Precheck:
    families, here, servers = table(Families), facts.get(Inventory), facts.get(Servers)
    asked_of = (DEFAULT,) if isinstance(servers, Gap) else servers.servers
    answers = [precheck(name, one.engine, one.id, here, families) for one in asked_of]
    return next((one for one in answers if one.allowed), answers[0])
