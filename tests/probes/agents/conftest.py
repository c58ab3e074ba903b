"""Tiny projects for the probe of agent classes: a mapping of path to source, written out and looked at."""

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from modelcheck.core.facts import Place
from modelcheck.core.project import Agent, Agents
from modelcheck.core.sources import AgentClass
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import Access
from modelcheck.probes.agents import agent_classes

Files = str | Mapping[str, str | bytes]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of an empty project."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def classes(root: Path) -> Callable[..., tuple[AgentClass, ...]]:
    """Write files into the project and return its agent classes; the configuration names the classes given."""

    def seen(files: Files, *named: str, limit_s: float = 20.0) -> tuple[AgentClass, ...]:
        for path, content in ({"agents.py": files} if isinstance(files, str) else files).items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
        place = Place("config/models_config.json", 7)
        agents = tuple(Agent(f"agent {name}", False, (), False, name, place) for name in named)
        access = Access(root=root, providers=KnownProviders("2026-01-01", ()), limit_s=limit_s)
        return agent_classes(access, Agents(agents)).classes

    return seen


@pytest.fixture
def look(classes: Callable[..., tuple[AgentClass, ...]]) -> Callable[..., dict[str, tuple[list[str], str | None]]]:
    """Do the same and return for each class its faults, a line of text each, and what is in doubt."""

    def seen(files: Files, *named: str) -> dict[str, tuple[list[str], str | None]]:
        return {cls.name: (_lines(cls), cls.doubt.about if cls.doubt else None) for cls in classes(files, *named)}

    return seen


def _lines(cls: AgentClass) -> list[str]:
    return [f"{fault.code} {fault.name} {fault.place.path}:{fault.place.line}" for fault in cls.faults]
