"""Which agents reach hosted providers, and which declarations are about one."""

from modelcheck.core.asked import CloudProvider
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.project import Agent, Engine, Target


def cloud_targets(agent: Agent) -> tuple[Target, ...]:
    """Return the targets of an agent that are hosted; leaves with a gap where one may be and none is for certain."""
    hosted = tuple(target for target in agent.targets if target.engine.is_cloud)
    doubtful = next((target for target in agent.targets if target.engine is Engine.UNKNOWN), None)
    if not hosted and doubtful is not None:
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=doubtful.provider or doubtful.text))
    return hosted


def is_about(declared: str, provider: CloudProvider) -> bool:
    """Whether a declaration names a provider, by its section or by what it is known as."""
    return declared.strip().lower() in {provider.id.lower(), provider.name.lower()}
