"""The pre-check on its own: whether asking for a name would download anything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from modelcheck.app.catalogue import probes_of
from modelcheck.app.look import look
from modelcheck.app.options import Options
from modelcheck.app.places import project_root
from modelcheck.app.rulebook import rulebook
from modelcheck.app.tables import table
from modelcheck.core.asked import Server, Servers
from modelcheck.core.exceptions import Exemption
from modelcheck.core.facts import Fact, Facts
from modelcheck.core.gap import Gap
from modelcheck.core.graphics import Gpus
from modelcheck.core.machine import Contacts, Inventory
from modelcheck.core.precheck import Precheck, precheck
from modelcheck.core.project import Engine
from modelcheck.core.ruling import Action, Answer, Intent, Ruling, ruling
from modelcheck.core.sentence import Told
from modelcheck.core.stores import LooseModels, Stores
from modelcheck.core.tables import Families
from modelcheck.probes.access import Access
from modelcheck.probes.asked import asked
from modelcheck.probes.native import configuration
from modelcheck.probes.native.providers import DEFAULT_ADDRESS, DEFAULT_SERVER
from modelcheck.probes.ollama.address import address_of, host_label
from modelcheck.probes.probe import probe

DEFAULT = Server(DEFAULT_SERVER, Engine.OLLAMA, DEFAULT_ADDRESS)


@dataclass
class Ways:
    """What a look learns of the servers beside its facts; kept in memory alone."""

    addresses: dict[str, str | Gap] = field(default_factory=dict[str, str | Gap])
    """Where each is asked, by its id."""
    labels: dict[str, str] = field(default_factory=dict[str, str])
    """How each may be called in what is shown."""
    unread: Gap | None = None
    """Why the servers that the project names are not known; None where they are."""

    @property
    def notes(self) -> tuple[Told, ...]:
        """What a reader has to know about any answer."""
        if self.unread is None:
            return ()
        what = self.unread.about
        return (
            Told(
                "{what} cannot be understood, so which servers the project names is not known; Ollama's default one "
                "stands in for them (--endpoint ollama=URL names another)",
                what=what,
            ),
        )


@probe
def inventory_servers(access: Access) -> Servers:
    """Enumerate the local servers of the project, and Ollama's default one where it names none or cannot be read."""
    return _servers(access, Ways())


def look_at_inventory(options: Options, *, stores: dict[str, Path] | None = None, ways: Ways | None = None) -> Facts:
    """Survey the inventory alone, whether or not there is a project.

    `stores` is given the real paths of stores, and `ways` those to the servers.
    """

    @probe
    def inventory_servers(access: Access) -> Servers:
        """Enumerate them, and keep the way to each."""
        return _servers(access, Ways() if ways is None else ways)

    others = [one for one in probes_of() if Servers not in one.promises]
    kinds: frozenset[type[Fact]] = frozenset({Inventory, Servers, Contacts, Gpus, LooseModels, Stores})
    return look(
        options, rulebook(options, project_root(options.path)), kinds, (inventory_servers, *others), stores=stores
    )


def _servers(access: Access, ways: Ways) -> Servers:
    named, agents = configuration(access)
    found: tuple[Server, ...] = ()
    if isinstance(agents, Gap):
        ways.unread = agents
    else:
        found = asked(access, named, agents)[2].servers
    for server in found or (DEFAULT,):
        address = ways.addresses[server.id] = address_of(access, server)
        ways.labels[server.id] = server.label if isinstance(address, Gap) else host_label(access, server, address)
    return Servers(found or (DEFAULT,))


class Asked(msgspec.Struct, frozen=True):
    """What came of a name: the pre-check, and the ruling on a pull of it."""

    precheck: Precheck
    ruling: Ruling


def prechecks(names: Sequence[str], options: Options) -> tuple[Precheck, ...]:
    """Match names against what the project's own local servers hold; Ollama's default one where it names none.

    A name is here only when one server certainly holds it; else the answer of the first server stands.
    """
    return tuple(one.precheck for one in asked_for(names, options, Ways()))


def asked_for(names: Sequence[str], options: Options, ways: Ways) -> tuple[Asked, ...]:
    """Match names likewise, and rule on a pull of each by the user's own exceptions; `ways` is given the ways."""
    facts = look_at_inventory(options, ways=ways)
    servers = servers_of(facts)
    pulls = any(one.engine is Engine.OLLAMA for one in servers)
    exemptions = options.exemptions if pulls else ()
    return tuple(ruled(name, answer(name, facts, servers), exemptions) for name in names)


def servers_of(facts: Facts) -> tuple[Server, ...]:
    """Return the servers that were asked, in the order in which the project names them."""
    servers = facts.get(Servers)
    return (DEFAULT,) if isinstance(servers, Gap) else servers.servers


def answer(name: str, facts: Facts, servers: Iterable[Server]) -> Precheck:
    """Match one name against what servers hold."""
    families, here = table(Families), facts.get(Inventory)
    answers = [precheck(name, one.engine, one.id, here, families) for one in servers]
    return next((one for one in answers if one.allowed), answers[0])


def ruled(name: str, found: Precheck, exemptions: Iterable[Exemption], now: datetime | None = None) -> Asked:
    """Rule on a pull that somebody asks for here."""
    return Asked(found, ruling(Intent(Action.PULL, (name,)), lambda _: found, exemptions, now or datetime.now(UTC)))


def is_refused(one: Asked) -> bool:
    """Whether a pull would be refused."""
    return one.ruling.answer is Answer.REFUSE
