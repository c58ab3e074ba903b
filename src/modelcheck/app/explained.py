"""The profile that judges a project, explained without a look at it."""

from modelcheck.app.catalogue import parts_of
from modelcheck.app.options import Options
from modelcheck.app.places import project_root
from modelcheck.app.rulebook import rulebook
from modelcheck.core.check import Check
from modelcheck.core.explained import ExplainedCheck, ExplainedLevel, ExplainedPart, ExplainedProfile
from modelcheck.core.part import Part, Planned
from modelcheck.core.profile import Bar, Profile
from modelcheck.core.report import ReportBar


def explained_profile(options: Options) -> ExplainedProfile:
    """Return the profile that would judge, with the origin of everything in it.

    Raises:
        UserError: the project's settings or the profile cannot be used.

    """
    chosen = rulebook(options, project_root(options.path)).profile
    parts = tuple(_part(part, chosen) for part in parts_of(chosen, plugins=False))
    return ExplainedProfile(
        name=chosen.name,
        title=chosen.title,
        as_of=chosen.as_of,
        extends=chosen.extends,
        place=chosen.place,
        network=chosen.network,
        everything_local=chosen.everything_local,
        guard=chosen.guard,
        machine_days=chosen.machine_days,
        score=_bar(chosen.score),
        coverage=_bar(chosen.coverage),
        levels=tuple(
            ExplainedLevel(level.name, level.wanted / 100, level.origin, level.checks) for level in chosen.levels
        ),
        parts=parts,
        judged=round(sum(part.judged for part in parts), 1),
        planned=round(sum(part.planned for part in parts), 1),
    )


def _part(part: Part, chosen: Profile) -> ExplainedPart:
    rows: list[Check[...] | Planned] = [*part.checks, *part.planned]
    checks = tuple(_check(one, chosen) for one in sorted(rows, key=lambda one: one.id))
    judged, planned = (
        round(sum((one.points for one in checks if one.standing == standing), 0.0), 1)
        for standing in ("judged", "planned")
    )
    return ExplainedPart(part.id, part.title, part.budget / 10, judged, planned, checks)


def _check(one: Check[...] | Planned, chosen: Profile) -> ExplainedCheck:
    in_scope = one.id in chosen.checks
    standing = "planned" if isinstance(one, Planned) else "judged"
    return ExplainedCheck(
        id=one.id,
        title=one.title,
        points=one.points / 10,
        standing=standing if in_scope else "out-of-scope",
        origin=chosen.origins.get(one.id, "") if in_scope else "",
        veto=chosen.origins.get(f"veto {one.id}", "") if one.id in chosen.vetoes else "",
    )


def _bar(bar: Bar) -> ReportBar:
    return ReportBar(bar.minimum / 10, bar.origin)
