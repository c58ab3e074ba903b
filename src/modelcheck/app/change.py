"""The rules that judge a change: those of its base, with every edit of them by the change named."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from modelcheck.app.errors import UserError
from modelcheck.app.options import Options
from modelcheck.app.rulebook import rulebook
from modelcheck.app.tables import table
from modelcheck.core.exceptions import Exceptions, Marks
from modelcheck.core.facts import Facts
from modelcheck.core.gap import Gap, Unseen
from modelcheck.core.governing import governed, honoured
from modelcheck.core.intent import Declared, Expectations
from modelcheck.core.lock import Lock
from modelcheck.core.profile import Profile
from modelcheck.core.report import Report, ReportRulebook
from modelcheck.core.rulebook import Change, Governed, Rulebook
from modelcheck.core.sentence import Told
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import Access
from modelcheck.probes.lock import lock

PULL_REQUESTS = (
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "CHANGE_TARGET",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
)
"""Variables that name the base where a change request is built: GitHub, GitLab, Jenkins, Bitbucket, Azure, Buildkite.

As their manuals had them on 2026-11-24.
"""


@dataclass(frozen=True)
class Ruled:
    """What judges a change, and what the change edits of it."""

    rules: Rulebook
    changes: tuple[Change, ...]


def ruled(base: Rulebook, options: Options, root: Path) -> Ruled:
    """Return what judges the change in `root`; where its own settings cannot be used, that is one of its edits."""
    try:
        own = with_lock(rulebook(options, root), root)
    except UserError as error:
        rules, changes = governed(base, with_lock(base, root))
        return Ruled(rules, (Change(Governed.SETTINGS, "settings", "", str(error)), *changes))
    return Ruled(*governed(base, own))


def with_lock(rules: Rulebook, root: Path) -> Rulebook:
    """Return a rulebook with the lock that lies in a folder."""
    return msgspec.structs.replace(rules, lock=_lock(root))


def with_base_marks(facts: Facts, base: Marks | Gap) -> tuple[Facts, tuple[Change, ...]]:
    """Return a change's facts with those inline marks alone that its base has as well, and the others by name."""
    own = facts.get(Marks)
    if isinstance(own, Gap):
        return facts, ()
    kept, added = honoured(base, own)
    return facts.replaced(Marks, kept), added


def by_command_line(base: Profile, own: Profile, options: Options) -> Profile:
    """Return the profile of a base's report, over which the user's own word stands."""
    if options.profile != Options.profile or "profile" in options.origins or own.selection:
        return own
    score = base.score if options.fail_under is None else own.score
    coverage = base.coverage if options.min_coverage is None else own.coverage
    return msgspec.structs.replace(base, score=score, coverage=coverage)


def with_rulebook(report: Report, profile: Profile, facts: Facts) -> Report:
    """Return a report with all that judged, so that it can be a base; what is of one machine alone is left out."""
    declared, expectations, exceptions = facts.get(Declared), facts.get(Expectations), facts.get(Exceptions)
    if isinstance(declared, Gap) or isinstance(expectations, Gap) or isinstance(exceptions, Gap):
        return report
    marks, found = facts.get(Marks), facts.get(Lock)
    judged_by = ReportRulebook(
        profile=profile,
        config=declared.config,
        sensitive=declared.sensitive,
        expectations=_shareable(expectations),
        exceptions=exceptions,
        marks=None if isinstance(marks, Gap) else marks,
        lock=None if isinstance(found, Gap) else found,
    )
    return msgspec.structs.replace(report, rulebook=judged_by)


def completed(said: Expectations, own: Expectations) -> Expectations:
    """Return what a report says that the base intends, with what no report holds from the project's own settings."""
    device = own.device if said.device is None and own.device and _is_number(own.device) else said.device
    return msgspec.structs.replace(said, device=device, models_dir=own.models_dir)


def _shareable(expectations: Expectations) -> Expectations:
    device = expectations.device if expectations.device and not _is_number(expectations.device) else None
    return msgspec.structs.replace(expectations, device=device, models_dir=None)


def _is_number(device: str) -> bool:
    """Whether it is a card's own number, which is that of one card in the world."""
    return device.upper().startswith(("GPU-", "MIG-"))


def unheld(environ: Mapping[str, str]) -> Told | None:
    """Say that a change request is judged by what it says itself, where one seems to be; None where none does."""
    variable = next((name for name in PULL_REQUESTS if environ.get(name)), None)
    if variable is None:
        return None
    return Told(
        "this looks like a change request ({variable} is set), and what judged came from the change itself; "
        "--baseline FOLDER, a checkout of its base, makes the base judge",
        variable=variable,
    )


def _lock(root: Path) -> Lock | Gap:
    try:
        return lock(Access(root=root, providers=table(KnownProviders)))
    except Unseen as missing:
        return missing.gap
