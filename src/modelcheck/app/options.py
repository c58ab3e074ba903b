"""What the user asked for on the command line, in the environment and in the user's own settings, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelcheck.core.exceptions import Exemption


@dataclass(frozen=True)
class Options:
    """What the user asked for on the command line."""

    path: Path = field(default_factory=Path)
    profile: str = "default"
    offline: bool = False
    endpoints: Mapping[str, str] = field(default_factory=dict[str, str])
    models_dirs: tuple[Path, ...] = ()
    env_files: tuple[Path, ...] = ()
    key_variables: Mapping[str, str] = field(default_factory=dict[str, str])
    trusted_hosts: frozenset[str] = frozenset()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    fail_under: float | None = None
    min_coverage: float | None = None
    facts: Path | None = None
    """A facts file to judge instead of looking."""
    today: str | None = None
    baseline: Path | None = None
    """A checkout of the base, or a report of it: what judges comes from there, and new failures alone count."""
    max_drop: float | None = None
    """How far the score may fall below the baseline's."""
    machine_facts: Path | None = None
    """A facts file whose facts of the machine and of the providers are reused."""
    last: bool = False
    """Judge what the last look at this project left in the user's cache."""
    paths: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where a path that the project names lies on this machine."""
    lang: str = ""
    """The language that the user asked for; empty where that is left to the locale."""
    intents: Mapping[str, object] = field(default_factory=dict[str, object])
    """What the user's own settings say in `expect` and `cloud`; it stands above what the project says there."""
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    """For each setting that the user gave, by its name such as `endpoints.ollama`, who gave it."""
    exemptions: tuple[Exemption, ...] = ()
    """What the user's own settings file lets pass."""
    limit_s: float = 20.0
