"""A profile explained: what it demands and which points it judges, each with who says so; nothing was looked at."""

import msgspec

from modelcheck.core.report import ReportBar


class ExplainedLevel(msgspec.Struct, frozen=True):
    """A service level that the profile wants."""

    name: str
    wanted: float
    """Per cent."""
    origin: str
    checks: tuple[str, ...] = ()
    """The checks that it rests on; empty for one that trials measure."""


class ExplainedCheck(msgspec.Struct, frozen=True):
    """One check of the catalogue under the profile."""

    id: str
    title: str
    points: float
    standing: str
    """`judged`, `planned` (in scope, and not in this version) or `out-of-scope`."""
    origin: str = ""
    """Which profile of the chain put it in scope; empty for one that is out of it."""
    veto: str = ""
    """Which one lets it block the gate; empty where it does not."""


class ExplainedPart(msgspec.Struct, frozen=True):
    """One part of the score under the profile."""

    id: str
    title: str
    budget: float
    judged: float
    """Points in scope that this version judges."""
    planned: float
    """Points in scope that it does not judge yet."""
    checks: tuple[ExplainedCheck, ...]


class ExplainedProfile(msgspec.Struct, frozen=True):
    """A profile with the origin of everything in it."""

    name: str
    title: str
    as_of: str
    extends: tuple[str, ...]
    """The profiles that it builds on, the nearest first."""
    place: str
    """The file of a project's own profile; empty for a shipped one."""
    network: bool
    everything_local: bool
    guard: bool
    machine_days: int
    score: ReportBar
    coverage: ReportBar
    levels: tuple[ExplainedLevel, ...]
    parts: tuple[ExplainedPart, ...]
    judged: float
    """Points of the 100 that this version judges under it."""
    planned: float
