"""The native configuration, `config/models_config.json`: read leniently, never obeyed."""

from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Agents, Configuration, Problem, Reading
from modelcheck.probes.access import Access
from modelcheck.probes.native.agents import AGENTS, SETTINGS, AgentReader
from modelcheck.probes.native.document import read_document
from modelcheck.probes.native.providers import PROVIDERS, Directory, read_providers
from modelcheck.probes.native.targets import read_listed
from modelcheck.probes.probe import probe

KNOWN_KEYS = {PROVIDERS, AGENTS, "version", "schema", "$schema", "description", "comment", "name"}
MOST_PROBLEMS = 200
"""Problems that are told; more of them say nothing new."""


@probe
def configuration(access: Access) -> tuple[Configuration, Agents | Gap]:
    """Read what the project declares: providers, the models they list, and the chain of each agent."""
    document = read_document(access.root, access.config)
    refused = [Problem("not-trusted", name, Place(SETTINGS)) for name in access.refused]
    if document.reading is not Reading.READ:
        nothing = Configuration(document.path, document.reading, (), (), 0, (), (*document.problems, *refused))
        missing_file = document.reading is Reading.MISSING
        return nothing, Agents(()) if missing_file else Gap(Why.UNREADABLE, about=document.path)
    missing = tuple(name for name in (PROVIDERS, AGENTS) if name not in document.table)
    problems = [document.problem("unknown-key", key, key) for key in document.table if key not in KNOWN_KEYS]
    problems.extend(refused)
    problems.extend(Problem("missing-section", name, Place(document.path)) for name in missing)
    directory = Directory(access)
    read_providers(document, directory, problems)
    listed = read_listed(document, directory, problems)
    agents = AgentReader(document, directory, access.sensitive, problems).read()
    read = Configuration(
        path=document.path,
        reading=Reading.READ,
        missing_sections=missing,
        providers=directory.providers,
        agent_count=len(agents or ()),
        listed=listed,
        problems=tuple(problems[:MOST_PROBLEMS]),
    )
    if agents is None:
        return read, Gap(Why.NOT_UNDERSTOOD, about=AGENTS)
    if any(problem.code == "too-many" for problem in problems):
        return read, Gap(Why.TOO_MUCH, about=document.path)
    return read, Agents(agents)
