"""A stored report, counted again: what it says of itself is held against its findings, and decided by today's rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec

from modelcheck import __version__
from modelcheck.app.errors import UserError
from modelcheck.app.judgement import recounted as report_of
from modelcheck.app.options import Options
from modelcheck.core.codec import NotJson, convert, decode_json
from modelcheck.core.excusing import excused
from modelcheck.core.facts import Facts
from modelcheck.core.part import Part
from modelcheck.core.profile import Bar, Profile
from modelcheck.core.recount import checksum, differences, has_shares, recounted, told_facts
from modelcheck.core.report import SCHEMA, Report
from modelcheck.core.rulebook import Change, Governed
from modelcheck.core.score import Score
from modelcheck.core.text import printable
from modelcheck.probes.files import Unreadable, read_regular

LIMIT = 64 << 20
"""Bytes of a report."""


@dataclass(frozen=True)
class Stored:
    """A report as it was read from a file."""

    report: Report
    checksum: str
    """Of its content as it is now."""

    @property
    def date(self) -> str:
        """The day on which its project was looked at."""
        return self.report.taken_at.get("project", "")[:10]

    @property
    def is_ours(self) -> bool:
        """Whether this version wrote it, so that every word of it can be held against its own."""
        return self.report.tool.version == __version__


@dataclass(frozen=True)
class Counted:
    """A stored report counted again."""

    score: Score
    changes: tuple[Change, ...]
    """What in it does not add up."""


def stored_report(path: Path) -> Stored:
    """Read a report that the user names.

    Raises:
        UserError: it is not there, is no report, or is one that cannot be counted again.

    """
    try:
        tree: object = decode_json(read_regular(path, LIMIT), limit=LIMIT)
        table = cast("dict[str, object]", tree) if isinstance(tree, dict) else {}
        schema = table.get("schema")
        if schema != SCHEMA:
            raise UserError("{path} is no report of modelcheck (its schema is not {schema})", path=path, schema=SCHEMA)
        report = convert(table, Report)
    except FileNotFoundError:
        raise UserError("{path} is not there; `modelcheck audit --report json={path}` writes one", path=path) from None
    except (Unreadable, NotJson) as error:
        raise UserError("{path} is no report that can be read: {reason}", path=path, reason=error) from None
    if not (report.checksum and has_shares(report)):
        raise UserError(
            "{path} cannot be counted again: a report of an older version does not say what its points are made of, "
            "and one that does is whole; write it anew with `modelcheck audit --report json={path}`",
            path=path,
        )
    return Stored(report, checksum(table))


def counted(
    stored: Stored, parts: Sequence[Part], profile: Profile, *, today: str, exempt: Facts | None = None
) -> Counted:
    """Count a report again under the rules that judge now, and hold what it says of itself against its findings.

    Its own sums are held against the bars that it was judged by where the command line of then set them. Of a report
    of another version no word is held against this one's, since points and sentences may be others; nor is the
    decision of one that was held against a base, which is not in it.
    """
    report = stored.report
    told = told_facts(report)
    result = excused(recounted(report, parts, profile), exempt or told, today=today)
    changes: tuple[Change, ...] = ()
    if stored.checksum != report.checksum:
        changes = (Change(Governed.REPORT, "checksum", stored.checksum[:12], printable(report.checksum, 12)),)
    if stored.is_ours:
        then = _as_of_then(profile, report)
        own = excused(recounted(report, parts, then), told, today=report.gate.today)
        again = report_of(report, parts, then, own, today=report.gate.today)
        changes = (*changes, *differences(_of_catalogue(again, report, again), _of_catalogue(report, report, again)))
    return Counted(result, changes)


def stricter(profile: Profile, report: Report, options: Options) -> Profile:
    """Return the profile with the bars that the user set higher when the report was made, unless one is given now."""
    given = {"score": options.fail_under, "coverage": options.min_coverage}
    bars = {
        name: bar
        for name, bar in _bars_of_then(report, profile).items()
        if given[name] is None and bar.minimum > getattr(profile, name).minimum
    }
    return msgspec.structs.replace(profile, **bars)


def _as_of_then(profile: Profile, report: Report) -> Profile:
    return msgspec.structs.replace(profile, **_bars_of_then(report, profile))


def _bars_of_then(report: Report, profile: Profile) -> dict[str, Bar]:
    """Return the bars that are not the profile's own: those that the user set when the report was made."""
    return {
        name: Bar(round(bar.minimum * 10), bar.origin)
        for name, bar in report.gate.bars.items()
        if name in {"score", "coverage"} and bar.origin != getattr(profile, name).origin
    }


def _of_catalogue(one: Report, report: Report, ours: Report) -> dict[str, object]:
    """Return what of one of both follows from its findings; checks of plugins that are off here weigh nothing."""
    known = {part.id for part in ours.parts}
    parts = [part for part in one.parts if part.id in known or any(row.plugin is None for row in part.checks)]
    whole = all(part.id in known for part in report.parts)
    tree = {
        "parts": parts,
        "score": one.score,
        "gate": None if report.gate.comparison else one.gate,
        "level": one.service_levels,
        "exception": one.exceptions,
        "gap": one.gaps if whole else (),
        "action": one.actions if whole else (),
    }
    return cast("dict[str, object]", msgspec.to_builtins(tree))
