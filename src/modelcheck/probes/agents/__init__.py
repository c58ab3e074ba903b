"""The probe that examines the project's agent classes by reading their source; nothing of it is run or imported."""

import time

from modelcheck.core.project import Agents
from modelcheck.core.sources import AgentClass, AgentClasses
from modelcheck.probes.access import Access
from modelcheck.probes.agents.faults import Examiner, settled, too_late
from modelcheck.probes.agents.library import Library
from modelcheck.probes.agents.lineage import Lineages
from modelcheck.probes.agents.modules import Class
from modelcheck.probes.agents.names import Names
from modelcheck.probes.agents.sources import read_sources
from modelcheck.probes.agents.stores import stored_outside
from modelcheck.probes.agents.subjects import Configured, Family
from modelcheck.probes.probe import probe

MAX_SUBJECTS = 200

_SHARE = 0.7
"""The part of the time limit after which nothing new is begun, so that what was seen can still be told."""


@probe
def agent_classes(access: Access, agents: Agents) -> AgentClasses:
    """Examine the classes that the configuration names and those that are agents by name or project base.

    Of more than `MAX_SUBJECTS` classes only the first, by path, are examined; the others are not mentioned.
    """
    library = Library(read_sources(access.root), time.monotonic() + access.limit_s * _SHARE)
    names = Names(library)
    lineages = Lineages(names)
    examiner = Examiner(names, lineages)
    named, unclear = _configured(Configured(library, names), agents)
    family = Family(library, lineages)
    leaves = [cls for cls in family.leaves() if cls not in named and not examiner.declares_interface(cls)]
    chosen = sorted([*named, *leaves], key=lambda cls: cls.place)[:MAX_SUBJECTS]
    examined = [examiner.examine(cls) if not library.is_late else too_late(cls) for cls in chosen]
    stored = stored_outside(library, frozenset[str]().union(*(one.open_names for one in examined)))
    hidden = family.hidden_subclasses([cls for cls in chosen if cls not in named])
    seen = [settled(one, stored, (hidden[one.cls],) if one.cls in hidden else ()) for one in examined]
    return AgentClasses(tuple(sorted([*seen, *unclear], key=lambda cls: cls.at)[:MAX_SUBJECTS]))


def _configured(configured: Configured, agents: Agents) -> tuple[set[Class], list[AgentClass]]:
    """Return the classes that the configuration names, and a subject for each name without one."""
    named: set[Class] = set()
    unclear: dict[str, AgentClass] = {}
    for agent in agents.agents:
        if agent.class_name and agent.class_name not in unclear:
            found = configured.find(agent, agent.class_name)
            if isinstance(found, Class):
                named.add(found)
            else:
                unclear[agent.class_name] = found
    return named, list(unclear.values())
