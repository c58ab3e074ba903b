"""The rulebook that judges a project: its settings and the profile, as the user's word allows."""

from pathlib import Path

import msgspec

from modelcheck.app.errors import UserError
from modelcheck.app.options import Options
from modelcheck.app.rules import rule
from modelcheck.core.exceptions import Exceptions
from modelcheck.core.facts import NOT_ASKED
from modelcheck.core.profile import Bar, Profile
from modelcheck.core.rulebook import Rulebook
from modelcheck.profiles.declared import Settings
from modelcheck.profiles.settings import InvalidSettings, read_settings
from modelcheck.profiles.shipped import UnknownProfile, profile


def rulebook(options: Options, root: Path) -> Rulebook:
    """Return what judges the project in `root`.

    Raises:
        UserError: its settings or the profile cannot be used.

    """
    settings = project_settings(root)
    return Rulebook(
        profile=chosen_profile(options),
        config=settings.config,
        sensitive=settings.sensitive,
        expectations=settings.expectations,
        exceptions=Exceptions(),
        lock=NOT_ASKED,
        refused=settings.refused,
    )


def chosen_profile(options: Options) -> Profile:
    """Return the profile with the command line's own bars and selection."""
    try:
        chosen = profile(options.profile)
    except UnknownProfile as error:
        raise UserError("{what}", what=error) from None
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


def project_settings(root: Path) -> Settings:
    """Read the project's settings, which may describe and tighten, never allow."""
    try:
        return read_settings(root)
    except InvalidSettings as error:
        raise UserError("{what}", what=error) from None
