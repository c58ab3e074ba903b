"""A profile: which checks count, which of them veto, and the bars and levels the gate holds the result against."""

from collections.abc import Mapping

import msgspec

DAYS = 7
"""How old machine facts may be, in days, unless a profile says otherwise."""


class Bar(msgspec.Struct, frozen=True):
    """A minimum in tenths of a per cent (700 is 70.0), and who set it."""

    minimum: int
    origin: str


class Level(msgspec.Struct, frozen=True):
    """A service level that the profile wants: measured, or proven by checks, never inferred from the score."""

    name: str
    """`reliability`, `security`, `performance` or `availability`."""
    wanted: int
    """In hundredths of a per cent: 9990 is 99.9 %."""
    origin: str
    checks: tuple[str, ...] = ()
    """For `security`: the checks that must all pass; the others are measured by trials."""


class Profile(msgspec.Struct, frozen=True):
    """What "good enough" means, as read from `profiles/*.yaml` or from a file of the project's own."""

    name: str
    title: str
    as_of: str
    """The date of its numbers, ISO 8601."""
    checks: tuple[str, ...]
    """Ids in scope; a plugin's check is `distribution/ID`."""
    vetoes: tuple[str, ...]
    score: Bar
    coverage: Bar
    network: bool = True
    """False: nothing is contacted, not even loopback; the inventory is the lock."""
    selection: bool = False
    """Whether the user took a selection of its checks, which gives findings and no number."""
    levels: tuple[Level, ...] = ()
    everything_local: bool = False
    """Whether every agent counts as sensitive, so that none may reach a cloud."""
    guard: bool = False
    """Whether a guard must stand in front of each Ollama, which puts OLL-13 in scope."""
    machine_days: int = DAYS
    """How old facts of the machine and of the providers may be when they are reused, in days."""
    extends: tuple[str, ...] = ()
    """The profiles that it builds on, the nearest first."""
    origins: Mapping[str, str] = {}
    """For each check in scope or veto (`veto CFG-03`) which profile of the chain put it there."""
    place: str = ""
    """The file of a project's own profile, relative to the project; empty for a shipped one."""
