"""A project with a native configuration, and what the probe reads from it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelcheck.app.tables import table
from modelcheck.core.gap import Gap
from modelcheck.core.project import Agent, Agents, Configuration, Provider, Target
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import Access
from modelcheck.probes.native import configuration


@dataclass(frozen=True)
class Read:
    """What was read, and the access that it was read with."""

    access: Access
    configuration: Configuration
    agents: Agents | Gap

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [(problem.code, problem.detail) for problem in self.configuration.problems]

    @property
    def named(self) -> dict[str, Agent]:
        assert isinstance(self.agents, Agents)
        return {agent.name: agent for agent in self.agents.agents}

    def provider(self, name: str) -> Provider:
        return next(provider for provider in self.configuration.providers if provider.name == name)

    def target(self, agent: str = "a", index: int = 0) -> Target:
        return self.named[agent].targets[index]


def access_to(root: Path, **more: Any) -> Access:
    return Access(root, table(KnownProviders), **more)


def written(root: Path, content: object) -> Path:
    """Write the configuration: bytes and text as they are, anything else as JSON."""
    path = root / "config" / "models_config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, bytes | str) else json.dumps(content)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def read(root: Path, content: object, **more: Any) -> Read:
    """Write the configuration and read it."""
    access = access_to(written(root, content), **more)
    return Read(access, *configuration(access))


def read_agent(root: Path, agent: object, **providers: object) -> Read:
    """Read a project with one agent, called `a`, under these providers."""
    return read(root, {"model_providers": providers, "agent_models": {"a": agent}})
