"""The native configuration, `config/models_config.json`: read leniently, never obeyed."""

from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Agents, Configuration, Problem, Reading
from modelcheck.probes.access import Access
from modelcheck.probes.native.agents import read_agents
from modelcheck.probes.native.document import Document, read_document
from modelcheck.probes.native.providers import Directory, read_providers
from modelcheck.probes.probe import probe

PROVIDERS = "model_providers"
AGENTS = "agent_models"
KNOWN_KEYS = {PROVIDERS, AGENTS, "version", "schema", "$schema", "description", "comment", "name"}


@probe
def configuration(access: Access) -> tuple[Configuration, Agents | Gap]:
    """Read what the project declares: providers, the models they list, and the chain of each agent."""
    document = read_document(access.root, access.config)
    if document.reading is not Reading.READ:
        nothing = Configuration(document.path, document.reading, (), (), 0, (), document.problems)
        missing_file = document.reading is Reading.MISSING
        return nothing, Agents(()) if missing_file else Gap(Why.UNREADABLE, about=document.path)
    missing = tuple(name for name in (PROVIDERS, AGENTS) if name not in document.table)
    problems = [*document.problems, *_unknown(document)]
    problems.extend(Problem("not-trusted", name, Place("modelcheck.yaml")) for name in access.refused)
    problems.extend(Problem("missing-section", name, Place(document.path)) for name in missing)
    directory = Directory(access)
    providers, listed = read_providers(document, PROVIDERS, directory, problems)
    agents = read_agents(document, AGENTS, directory, access.sensitive, problems)
    read = Configuration(
        document.path, Reading.READ, missing, providers, len(agents or ()), tuple(listed), tuple(problems)
    )
    return read, Gap(Why.NOT_UNDERSTOOD, about=AGENTS) if agents is None else Agents(agents)


def _unknown(document: Document) -> list[Problem]:
    return [document.problem("unknown-key", key, key) for key in document.table if key not in KNOWN_KEYS]
