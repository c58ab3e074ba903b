"""The audit: survey (or saved facts) under a profile, judged into a report."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from modelcheck.app.catalogue import parts_of, probes_of
from modelcheck.app.errors import NothingSeen, UserError
from modelcheck.app.judgement import judge
from modelcheck.app.rules import rule
from modelcheck.app.survey import Values, survey
from modelcheck.app.tables import table, tables
from modelcheck.core.asked import LocalModels, Servers
from modelcheck.core.codec import NotJson
from modelcheck.core.facts import Fact, Facts, Scope
from modelcheck.core.factsfile import LIMIT, read_facts
from modelcheck.core.graphics import Gpus
from modelcheck.core.host import InvalidEndpoint, parse_endpoint
from modelcheck.core.intent import Expectations
from modelcheck.core.lock import Lock
from modelcheck.core.machine import Inventory, Platform
from modelcheck.core.part import Part
from modelcheck.core.profile import Bar, Profile
from modelcheck.core.project import Agents, Configuration, References
from modelcheck.core.report import Report
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import Access, Book
from modelcheck.probes.files import Unreadable, read_regular
from modelcheck.probes.probe import Probe
from modelcheck.profiles.declared import Settings
from modelcheck.profiles.settings import InvalidSettings, read_settings
from modelcheck.profiles.shipped import UnknownProfile, profile

DESCRIBED: tuple[type[Fact], ...] = (
    Configuration,
    Agents,
    References,
    LocalModels,
    Servers,
    Inventory,
    Lock,
    Gpus,
    Platform,
)
"""Facts that the report describes besides those that checks need."""

Watch = Callable[[str, Values], None]


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
    limit_s: float = 20.0


@dataclass(frozen=True)
class Audit:
    """An audit that was carried out."""

    report: Report
    facts: Facts
    profile: Profile


def audit(options: Options, *, watch: Watch = lambda _name, _values: None, plugins: bool = True) -> Audit:
    """Look (or read saved facts) and judge.

    Raises:
        UserError: something the user gave cannot be used.

    """
    chosen = chosen_profile(options)
    parts = parts_of(chosen, plugins=plugins)
    chosen = with_plugins(chosen, parts)
    if options.facts is not None:
        facts = saved_facts(options.facts)
    else:
        facts = look(options, chosen, wanted(parts, chosen), probes_of(), watch=watch)
    return judged(parts, chosen, facts, today=options.today)


def judged(parts: Sequence[Part], chosen: Profile, facts: Facts, *, today: str | None = None) -> Audit:
    """Judge facts; the clock is the facts' own unless a date is given."""
    date = today or facts.taken_at.get(Scope.PROJECT, "")[:10]
    whole = facts.merged(tables(date))
    return Audit(judge(parts, chosen, whole, today=date), facts, chosen)


def look(
    options: Options,
    chosen: Profile,
    kinds: frozenset[type[Fact]],
    probes: Sequence[Probe[..., object]],
    *,
    watch: Watch = lambda _name, _values: None,
    environ: Mapping[str, str] | None = None,
    home: Path | None = None,
    book: Book | None = None,
    stores: dict[str, Path] | None = None,
) -> Facts:
    """Survey a project with what the user allows; `stores` is given the real paths of the stores that were found."""
    root = project_root(options.path)
    settings = project_settings(root)
    access = Access(
        root=root,
        providers=table(KnownProviders),
        config=settings.config,
        sensitive=frozenset(settings.sensitive),
        refused=settings.refused,
        environ=dict(os.environ) if environ is None else environ,
        home=home or _home(),
        network=chosen.network,
        offline=options.offline,
        endpoints=checked_endpoints(options.endpoints),
        models_dirs=options.models_dirs,
        env_files=options.env_files,
        key_variables=options.key_variables,
        trusted_hosts=options.trusted_hosts,
        stores={} if stores is None else stores,
        book=book or Book(),
        limit_s=options.limit_s,
    )
    given: dict[type[Fact], Fact] = {Expectations: settings.expectations, **tables()}
    facts = survey(probes, kinds, access, tables=given, watch=watch)
    return Facts(
        {kind: facts.get(kind) for kind in facts if kind.scope is not Scope.TABLES},
        facts.taken_at,
        subject=facts.subject,
    )


def wanted(parts: Sequence[Part], chosen: Profile) -> frozenset[type[Fact]]:
    """Return the facts that the checks in scope need and the report describes."""
    checks = [check for part in parts for check in part.checks if check.id in chosen.checks]
    return frozenset(DESCRIBED).union(*(check.all_needs for check in checks))


def with_plugins(chosen: Profile, parts: Sequence[Part]) -> Profile:
    """Return the profile with the checks of plugins in scope; those that it did not list have no points."""
    extra = tuple(one.id for part in parts for one in part.checks if one.plugin and one.id not in chosen.checks)
    return msgspec.structs.replace(chosen, checks=(*chosen.checks, *extra)) if extra else chosen


def chosen_profile(options: Options) -> Profile:
    """Return the profile with the command line's own bars and selection."""
    try:
        chosen = profile(options.profile)
    except UnknownProfile as error:
        raise UserError(str(error)) from None
    if options.only or options.skip:
        for check_id in (*options.only, *options.skip):
            rule(check_id)
        kept = [c for c in chosen.checks if (not options.only or c in options.only) and c not in options.skip]
        chosen = msgspec.structs.replace(chosen, checks=tuple(kept), selection=True)
    if options.fail_under is not None:
        chosen = msgspec.structs.replace(chosen, score=Bar(round(options.fail_under * 10), "--fail-under"))
    if options.min_coverage is not None:
        chosen = msgspec.structs.replace(chosen, coverage=Bar(round(options.min_coverage * 10), "--min-coverage"))
    return chosen


def saved_facts(path: Path) -> Facts:
    """Read a facts file that the user names."""
    try:
        return read_facts(read_regular(path, LIMIT))
    except FileNotFoundError:
        raise UserError(f"{path} is not there; `modelcheck audit --facts-out {path}` writes one") from None
    except (Unreadable, NotJson) as error:
        raise UserError(f"{path} is no facts file that can be read: {error}") from None


def project_root(path: Path) -> Path:
    """Return the folder to audit; a home folder or the root of a drive is refused."""
    root = path.resolve()
    if not root.is_dir():
        raise UserError(f"{path} is not a folder; name the folder of the project")
    if root == root.parent or root == _home():
        raise NothingSeen(
            f"{path} is a home folder or the root of a drive, not a project; go into the project's folder"
        )
    return root


def project_settings(root: Path) -> Settings:
    """Read the project's settings, which may describe and tighten, never allow."""
    try:
        return read_settings(root)
    except InvalidSettings as error:
        raise UserError(str(error)) from None


def checked_endpoints(endpoints: Mapping[str, str]) -> dict[str, str]:
    """Check the addresses that the user gave."""
    for provider, url in endpoints.items():
        try:
            parse_endpoint(url)
        except InvalidEndpoint as error:
            raise UserError(f"--endpoint {provider}=…: {error}") from None
    return dict(endpoints)


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except (RuntimeError, OSError):
        return None
