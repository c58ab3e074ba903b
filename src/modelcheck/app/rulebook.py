"""The rulebook that judges a project: its settings and the profile, as the user's word allows."""

from dataclasses import replace
from fractions import Fraction
from math import ceil
from pathlib import Path

import msgspec

from modelcheck.app.catalogue import parts
from modelcheck.app.errors import UserError
from modelcheck.app.options import Options
from modelcheck.app.plugins import plugin_checks
from modelcheck.app.rules import rule
from modelcheck.core.facts import NOT_ASKED
from modelcheck.core.profile import Bar, Profile
from modelcheck.core.rulebook import Rulebook
from modelcheck.core.sentence import Told
from modelcheck.profiles.settings import Settings, read_settings
from modelcheck.profiles.shipped import profile


def rulebook(options: Options, root: Path) -> Rulebook:
    """Return what judges the project in `root`.

    Raises:
        UserError: its settings or the profile cannot be used.

    """
    settings = project_settings(root)
    try:
        intended = settings.expectations(options.intents)
    except Told as error:
        raise UserError.of(error) from None
    return Rulebook(
        profile=profile_of(options, settings, root),
        config=settings.declared.config,
        sensitive=settings.declared.sensitive,
        expectations=intended,
        exceptions=settings.exceptions,
        lock=NOT_ASKED,
        refused=settings.refused,
    )


def profile_of(options: Options, settings: Settings, root: Path) -> Profile:
    """Return the profile that the user names, else the one that the project's settings name, else the default."""
    named = settings.declared.profile
    if named is None or "profile" in options.origins or options.profile != Options.profile:
        return chosen_profile(options, root)
    try:
        return chosen_profile(replace(options, profile=named), settings.folder)
    except UserError as error:
        raise UserError.of(settings.written.refused(error, "profile")) from None


def chosen_profile(options: Options, root: Path | None = None) -> Profile:
    """Return the profile with the command line's own bars and selection; one of the project's own lies in `root`.

    Raises:
        UserError: there is none, or something in it cannot be used.

    """
    try:
        chosen = profile(options.profile, root or options.path, _own_checks())
    except Told as error:
        raise UserError.of(error) from None
    _refuse_absent_plugins(chosen)
    if options.only or options.skip:
        only, skip = ({rule(check_id).id for check_id in given} for given in (options.only, options.skip))
        kept = tuple(check_id for check_id in chosen.checks if check_id not in skip and (not only or check_id in only))
        chosen = msgspec.structs.replace(chosen, checks=kept, selection=True)
    if options.fail_under is not None:
        origin = options.origins.get("fail_under", "--fail-under")
        chosen = msgspec.structs.replace(chosen, score=_bar(options.fail_under, origin))
    if options.min_coverage is not None:
        origin = options.origins.get("min_coverage", "--min-coverage")
        chosen = msgspec.structs.replace(chosen, coverage=_bar(options.min_coverage, origin))
    return chosen


def _own_checks() -> frozenset[str]:
    judged = {one.id for part in parts() for one in part.checks}
    return frozenset(judged.union(one.id for part in parts() for one in part.planned))


def _refuse_absent_plugins(chosen: Profile) -> None:
    """Refuse a profile that lists a check which nothing installed brings: what is not judged would not be missed."""
    listed = [check_id for check_id in chosen.checks if "/" in check_id]
    found = {one.id for one in plugin_checks()[0]} if listed else set[str]()
    absent = next((check_id for check_id in listed if check_id not in found), None)
    if absent is not None:
        raise UserError(
            "{place} lists {check}, and no installed package brings it; install {package}",
            place=chosen.origins[absent],
            check=absent,
            package=absent.partition("/")[0],
        )


def _bar(minimum: float, origin: str) -> Bar:
    """Return a bar that nothing below the number as it was written reaches."""
    return Bar(ceil(Fraction(str(minimum)) * 10), origin)


def project_settings(root: Path) -> Settings:
    """Read the project's settings, which may describe and tighten, never allow."""
    try:
        return read_settings(root)
    except Told as error:
        raise UserError.of(error) from None
