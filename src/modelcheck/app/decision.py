"""The decision over a stored report: counted again, by the profile as it is now, held against a report of its base."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from modelcheck.app.baseline import Ground, held_base, opened
from modelcheck.app.catalogue import parts_of
from modelcheck.app.errors import UserError
from modelcheck.app.judgement import recounted
from modelcheck.app.options import Options
from modelcheck.app.recounted import Stored, counted, stored_report, stricter
from modelcheck.app.rulebook import chosen_profile
from modelcheck.core.comparison import Base
from modelcheck.core.exceptions import Exceptions
from modelcheck.core.part import Part
from modelcheck.core.profile import Profile
from modelcheck.core.recount import differences, told_facts
from modelcheck.core.report import Report
from modelcheck.core.sentence import Told


@dataclass(frozen=True)
class Decided:
    """A stored report as it was decided."""

    report: Report
    notes: tuple[Told, ...] = ()
    """What a reader has to know beside the report."""


def decision(options: Options) -> Decided:
    """Decide over the stored report that `options.path` names.

    Raises:
        UserError: it cannot be counted again, or nothing says by which profile.

    """
    _refuse_looks(options)
    stored = stored_report(options.path)
    report = stored.report
    ground = None if options.baseline is None else _opened(options, options.baseline)
    chosen = ground.rules.profile if ground else _profile(options, report)
    if any(reason.code == "selection" for reason in report.gate.reasons):
        chosen = _selected(chosen, report)
    today = options.today or report.gate.today
    parts = parts_of(chosen, plugins=False)
    exempt = told_facts(report).replaced(Exceptions, ground.rules.exceptions) if ground else None
    done = counted(stored, parts, chosen, today=today, exempt=exempt)
    judging = stricter(chosen, report, options)
    base = None if ground is None else _base(options, ground, stored, parts, chosen)
    changes = done.changes if base is None else tuple(one for one in done.changes if one not in base.changes)
    result = recounted(report, parts, judging, done.score, today=today, base=base, changes=changes)
    return Decided(result, tuple(_notes(stored, ground)))


def _refuse_looks(options: Options) -> None:
    looks = {
        "--from": options.facts,
        "--machine-facts": options.machine_facts,
        "--last": options.last,
        "--only": options.only,
        "--skip": options.skip,
    }
    for option, given in looks.items():
        if given:
            raise UserError("{option} does not go with a report, which was judged already", option=option)
    if options.max_drop is not None and options.baseline is None:
        raise UserError("--max-drop needs --baseline: it says how far the score may fall below the base's")


def _opened(options: Options, path: Path) -> Ground:
    """Open a report of the base; of a checkout, the file at the same place as the one that is decided over."""
    if not path.is_dir():
        return replace(opened(options, path, Path.cwd()), notes=())
    here = options.path.resolve()
    name = here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else Path(here.name)
    if not (path / name).is_file():
        raise UserError(
            "{path} has no report {name} to hold this one against; give a report of the base", path=path, name=name
        )
    rules = opened(options, path, Path.cwd())
    return replace(opened(options, path / name, path), rules=rules.rules)


def _profile(options: Options, report: Report) -> Profile:
    """Return the profile by which the report says it was judged, as it is now; the user may insist on one."""
    said = report.profile
    named = options.profile != Options.profile or "profile" in options.origins
    if not named and said.place:
        raise UserError(
            "it was judged by a profile of the project's own ({place}), and a report's word for that is not taken; "
            "name it with --profile, or give a --baseline",
            place=said.place,
        )
    chosen = chosen_profile(options if named else replace(options, profile=said.name), Path.cwd())
    if chosen.name != said.name:
        raise UserError(
            "it was judged by the profile {said}, and {wanted} is wanted; look anew with --profile {wanted}",
            said=said.name,
            wanted=chosen.name,
        )
    return chosen


def _selected(profile: Profile, report: Report) -> Profile:
    """Return the selection of a profile that a report is of; it has no number, so none can pass by leaving out more."""
    left = {row.id for part in report.parts for row in part.checks if row.standing == "out-of-scope"}
    kept = tuple(check for check in profile.checks if check not in left)
    return msgspec.structs.replace(profile, checks=kept, selection=True)


def _base(options: Options, ground: Ground, stored: Stored, parts: Sequence[Part], profile: Profile) -> Base:
    """Return what the report is held against; one that claims the very look of the base's must say the same."""
    before = ground.report
    if before is None:
        raise TypeError("a report is held against a report")
    done = counted(before, parts, profile, today=before.report.gate.today)
    same_look = before.report.taken_at == stored.report.taken_at
    edits = differences(_content(before.report), _content(stored.report)) if same_look else ()
    return held_base(done.score, ground.name, options, tuple(dict.fromkeys((*done.changes, *edits))))


def _content(report: Report) -> object:
    """Return what a look found, without what was decided over it."""
    tree: dict[str, object] = msgspec.to_builtins(report)
    return {key: value for key, value in tree.items() if key not in {"gate", "checksum"}}


def _notes(stored: Stored, ground: Ground | None) -> list[Told]:
    notes = [Told("decided over what was seen on {date}; nothing was looked at", date=stored.date)]
    if not stored.is_ours:
        notes.append(
            Told(
                "the report is of modelcheck {version}: what this version knows of it was counted again, and nothing "
                "else in it was held against this version",
                version=stored.report.tool.version,
            )
        )
    if stored.report.gate.comparison is not None and ground is None:
        notes.append(Told("it was held against a base that is not at hand here, so it is decided on its own"))
    return notes
