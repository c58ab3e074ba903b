"""The report: everything that was found, in a shape of its own that is versioned and free of language."""

from collections.abc import Mapping

import msgspec

from modelcheck.core.check import Finding, Outcome
from modelcheck.core.exceptions import Exceptions, Marks
from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap
from modelcheck.core.intent import Expectations
from modelcheck.core.lock import Lock
from modelcheck.core.machine import HostContact
from modelcheck.core.mapping import Mapped
from modelcheck.core.profile import Profile

SCHEMA = "modelcheck-report/1"


class ReportShare(msgspec.Struct, frozen=True):
    """What one subject of a check earns for certain and at most, as exact fractions such as `1/2`."""

    subject: str
    low: str
    high: str


class ReportCheck(msgspec.Struct, frozen=True):
    """One check of the catalogue as it came out. Points are printed with one decimal."""

    id: str
    title: str
    standing: str
    """`judged`, `planned` or `out-of-scope`; only judged checks count."""
    outcome: Outcome | None
    points: float
    applicable: float
    earned: float
    unseen: float
    findings: tuple[Finding, ...] = ()
    why: str = ""
    fix: str = ""
    effort: str = ""
    because: Gap | None = None
    """The first cause for which something was not seen."""
    says: Mapping[str, str] = {}
    """The sentence of each finding code, with `{parameters}`."""
    plugin: str | None = None
    shares: tuple[ReportShare, ...] = ()
    """Its points come from these: `earned` is the floor, in tenths, of its points times the mean of `low`."""


class ReportPart(msgspec.Struct, frozen=True):
    """One part of the score; its numbers are the sums of its checks."""

    id: str
    title: str
    budget: float
    applicable: float
    earned: float
    unseen: float
    checks: tuple[ReportCheck, ...]


class ReportScore(msgspec.Struct, frozen=True):
    """The number and what it is made of; `value`, `low` and `high` are null when there is nothing to score."""

    value: float | None
    low: float | None
    high: float | None
    earned: float
    applicable: float
    unseen: float
    coverage: float
    """Per cent of the applicable points that was seen."""
    judged: float
    """Points of the 100 that this version and profile judge."""
    band: str | None


class ReportBar(msgspec.Struct, frozen=True):
    """A bar of the gate and who set it."""

    minimum: float
    origin: str


class ReportReason(msgspec.Struct, frozen=True):
    """One reason of the gate."""

    code: str
    check: str = ""
    have: float | None = None
    need: float | None = None


class ReportChange(msgspec.Struct, frozen=True):
    """Something that judges and that the change edits; what the base says was taken."""

    kind: str
    """`settings`, `profile`, `exception`, `ignore`, `lock`, `facts` or `report`."""
    name: str
    base: str
    change: str


class ReportNew(msgspec.Struct, frozen=True):
    """A failure that the baseline does not have."""

    check: str
    code: str
    subject: str
    place: Place | None = None


class ReportComparison(msgspec.Struct, frozen=True):
    """What the gate was held against."""

    baseline: str
    """What was given: `folder`, or `report` and its date."""
    value: float | None
    """The baseline's score."""
    drop: float | None
    """How far the score fell; negative where it rose, null where either has none."""
    max_drop: float | None
    new: tuple[ReportNew, ...] = ()
    known: int = 0
    """Failures that the baseline has as well."""
    gone: int = 0
    """Failures of the baseline that are no more."""


class ReportGate(msgspec.Struct, frozen=True):
    """The decision."""

    verdict: str
    passed: bool
    exit_code: int
    today: str
    bars: Mapping[str, ReportBar]
    excepted: float
    reasons: tuple[ReportReason, ...]
    changes: tuple[ReportChange, ...] = ()
    comparison: ReportComparison | None = None


class ReportConfiguration(msgspec.Struct, frozen=True):
    """The configuration in the words that its first users know; null where it was not checked."""

    path: str | None
    structure_complete: bool | None
    missing_sections: tuple[str, ...] | None
    total_models: int | None
    """Distinct local models configured."""
    available_models_count: int | None
    missing_models: tuple[str, ...] | None
    missing_required_models: tuple[str, ...] | None
    """Missing models that some agent names as its primary."""
    inventory_count: int | None
    """Models that the project's servers hold."""
    reason: Gap | None = None
    """Why something above is null."""


class ReportListing(msgspec.Struct, frozen=True):
    """What one server holds, as far as it was seen."""

    server: str
    source: str | None
    models: int | None
    proves_absence: bool | None
    taken_at: str | None = None
    """For a lock, the date on which it was written."""
    reason: Gap | None = None


class ReportReference(msgspec.Struct, frozen=True):
    """One row of agent, model, provider, here or not."""

    agent: str | None
    role: str
    model: str
    provider: str
    here: str
    """`here`, `near`, `absent`, `not-checked` for local models, `cloud` for hosted ones."""
    place: Place | None
    nearest: tuple[str, ...] = ()


class ReportAction(msgspec.Struct, frozen=True):
    """One thing to do, with the points it gives back."""

    kind: str
    """`fix` for lost points, `show` for points that were not seen."""
    gives: float
    checks: tuple[str, ...]
    effort: str
    fix: str = ""
    gap: Gap | None = None
    """For `show`: what was not seen and what would show it."""
    hints: tuple[str, ...] = ()
    """Lines of settings that would show it, each ready to paste."""


class ReportEnvironment(msgspec.Struct, frozen=True):
    """What was looked at and what was done to it."""

    system: str | None
    cards: tuple[str, ...] | None
    driver: str | None
    contacts: tuple[HostContact, ...]
    loaded: tuple[str, ...]
    code_run: tuple[str, ...]
    spent_usd: str
    simulated: bool
    tables: Mapping[str, str]
    """The date of each table that was used."""
    mapped: tuple[Mapped, ...] = ()
    """The servers that were asked elsewhere than the project says."""


class ReportLevel(msgspec.Struct, frozen=True):
    """A service level that the profile wants."""

    name: str
    wanted: float
    """Per cent."""
    standing: str
    """`met`, `missed`, `unproven` (something was not seen) or `unmeasured` (this version measures none)."""
    origin: str
    because: tuple[str, ...] = ()
    """The checks that keep it from being met."""


class ReportException(msgspec.Struct, frozen=True):
    """An exception of the settings, and what it came to."""

    what: str
    subject: str
    only: str
    reason: str
    approver: str
    until: str
    standing: str
    """`live`, `unused`, or why it does not hold: `expired`, `too-long`, `undated`, `unknown-check` or `no-reason`."""
    points: float
    """Lost points that the gate lets count; the score stays as it is."""
    place: Place | None = None


class ReportTaken(msgspec.Struct, frozen=True):
    """A finding that an ignore took away; it is among those of no check."""

    check: str
    finding: Finding


class ReportIgnore(msgspec.Struct, frozen=True):
    """A false alarm that somebody answers for."""

    checks: tuple[str, ...]
    path: str
    line: int
    reason: str
    findings: int
    """How many findings it took away; 0 for an unused one."""
    place: Place | None = None
    standing: str = "live"
    """`live`, `unused`, or why it does not hold: `unknown-check` or `no-reason`."""
    taken: tuple[ReportTaken, ...] = ()


class ReportAdvice(msgspec.Struct, frozen=True):
    """One thing to do first, such as starting the server."""

    code: str
    """Its sentence stands in `reports/lang`."""
    params: Mapping[str, str] = {}
    command: str = ""
    """What to paste: a command, an option or a line of settings."""


class Tool(msgspec.Struct, frozen=True):
    """What made the report."""

    name: str
    version: str


class ReportProfile(msgspec.Struct, frozen=True):
    """Which profile judged."""

    name: str
    title: str
    as_of: str
    extends: tuple[str, ...] = ()
    place: str = ""
    """The file of a project's own profile; empty for a shipped one."""


class ReportRulebook(msgspec.Struct, frozen=True):
    """All that judged, so that the report of a base can judge a change."""

    profile: Profile
    config: str
    sensitive: tuple[str, ...]
    expectations: Expectations
    exceptions: Exceptions
    marks: Marks | None
    """Null where they were not seen."""
    lock: Lock | None


class Report(msgspec.Struct, frozen=True):
    """The whole report."""

    schema: str
    tool: Tool
    profile: ReportProfile
    subject: str
    """The project's folder name."""
    taken_at: Mapping[str, str]
    """Time at which each scope was looked at, ISO 8601 in UTC."""
    score: ReportScore
    parts: tuple[ReportPart, ...]
    gate: ReportGate
    configuration: ReportConfiguration
    inventory: tuple[ReportListing, ...]
    references: tuple[ReportReference, ...]
    chains: Mapping[str, tuple[str, ...]]
    trials: tuple[str, ...]
    service_levels: tuple[ReportLevel, ...]
    exceptions: tuple[ReportException, ...]
    gaps: tuple[Gap, ...]
    actions: tuple[ReportAction, ...]
    environment: ReportEnvironment
    ignored: tuple[ReportIgnore, ...] = ()
    advice: tuple[ReportAdvice, ...] = ()
    rulebook: ReportRulebook | None = None
    """Null where saved facts were judged."""
    checksum: str = ""
    """Of all the rest: it shows accidents and lone edits, and is no signature."""
