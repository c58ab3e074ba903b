"""Checks of other distributions, found by entry point; they weigh nothing until a profile lists them."""

from dataclasses import replace
from importlib.metadata import entry_points
from types import ModuleType

from modelcheck.core.check import Check
from modelcheck.core.gap import Gap, Why
from modelcheck.core.part import Part
from modelcheck.core.profile import Profile

GROUP = "modelcheck.checks"
MOST = 100
"""Entry points that are read."""


def plugin_part(profile: Profile, *, listed_alone: bool) -> Part | None:
    """Return the part of installed plugin checks, or None when there are none.

    A check that the profile does not list is judged and has no points; its id is `distribution/ID`, so that nothing
    is shadowed.
    """
    found, _ = plugin_checks()
    listed = tuple(one for one in found if one.id in profile.checks)
    others = () if listed_alone else tuple(replace(one, points=0) for one in found if one.id not in profile.checks)
    if not listed and not others:
        return None
    return Part("EXT", "Checks of other distributions", sum(one.points for one in listed), (*listed, *others))


def plugin_checks() -> tuple[tuple[Check[...], ...], tuple[Gap, ...]]:
    """Import every plugin; one that fails is a single gap and harms nothing else."""
    found: list[Check[...]] = []
    gaps: list[Gap] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value))[:MOST]:
        distribution = entry.dist.name if entry.dist else entry.name
        try:
            module = entry.load()
        except Exception as error:  # noqa: BLE001 - a plugin may fail in any way
            gaps.append(Gap(Why.CRASHED, about=f"plugin {distribution}: {type(error).__name__}"))
            continue
        found.extend(_checks(module, distribution))
    return tuple(found), tuple(gaps)


def _checks(module: ModuleType, distribution: str) -> list[Check[...]]:
    checks = [value for value in vars(module).values() if isinstance(value, Check)]
    return [replace(one, id=f"{distribution}/{one.id}", plugin=distribution) for one in checks]
