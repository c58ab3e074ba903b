"""Judgement: facts into a report, the same whether they were just gathered or read from a file."""

from collections.abc import Sequence

import msgspec

from modelcheck import __version__
from modelcheck.app import excused, sections
from modelcheck.core.actions import Action, actions
from modelcheck.core.check import Check, Finding, Outcome
from modelcheck.core.comparison import Base
from modelcheck.core.excusing import scored
from modelcheck.core.facts import Facts
from modelcheck.core.gap import Gap
from modelcheck.core.gate import Gate, Reason, gate
from modelcheck.core.levels import Measured, levels
from modelcheck.core.part import Part
from modelcheck.core.profile import Bar, Profile
from modelcheck.core.report import (
    SCHEMA,
    Report,
    ReportAction,
    ReportBar,
    ReportChange,
    ReportCheck,
    ReportComparison,
    ReportGate,
    ReportLevel,
    ReportNew,
    ReportPart,
    ReportProfile,
    ReportReason,
    ReportScore,
    ReportShare,
    Tool,
)
from modelcheck.core.rulebook import Change
from modelcheck.core.score import Judged, Score, Standing, Tally

BANDS = ((950, "Excellent"), (850, "Good"), (700, "Fair"), (500, "Poor"), (0, "Critical"))
"""Words for a number, from its tenths."""
BAND_COVERAGE = 900
"""Tenths of a per cent that must be seen before a word is said."""
BAND_POINTS = 500
"""Tenths of a point that must apply before a word is said."""


def judge(parts: Sequence[Part], profile: Profile, facts: Facts, *, today: str, base: Base | None = None) -> Report:
    """Judge all facts under a profile and assemble the report."""
    result = scored(parts, profile, facts, today=today)
    checks = {check.id: check for part in parts for check in part.checks}
    presence = sections.presence(facts)
    return Report(
        schema=SCHEMA,
        tool=Tool("modelcheck", __version__),
        profile=ReportProfile(profile.name, profile.title, profile.as_of, profile.extends, profile.place),
        subject=facts.subject,
        taken_at={scope.value: time for scope, time in facts.taken_at.items()},
        score=_score(result),
        parts=tuple(_part(part, result) for part in parts),
        gate=_gate(gate(result, profile, today=today, base=base), base),
        configuration=sections.configuration(facts, presence),
        inventory=sections.inventory(facts),
        references=sections.references(facts, presence),
        chains=sections.chains(facts),
        trials=(),
        service_levels=tuple(map(_level, levels(profile, result))),
        exceptions=excused.exceptions(result),
        gaps=_gaps(result),
        actions=tuple(_action(action) for action in actions(result.judged, checks)),
        environment=sections.environment(facts),
        advice=sections.advice(facts),
        ignored=excused.ignored(result),
    )


def recounted(
    report: Report,
    parts: Sequence[Part],
    profile: Profile,
    result: Score,
    *,
    today: str,
    base: Base | None = None,
    changes: tuple[Change, ...] = (),
) -> Report:
    """Return a stored report with all that follows from a score in place of what it said of itself."""
    decided = _gate(gate(result, profile, today=today, base=base, changes=changes), base, changes)
    checks = {check.id: check for part in parts for check in part.checks}
    return msgspec.structs.replace(
        report,
        score=_score(result),
        parts=tuple(_part(part, result) for part in parts),
        gate=decided,
        service_levels=tuple(map(_level, levels(profile, result))),
        exceptions=excused.exceptions(result),
        gaps=_gaps(result),
        actions=tuple(_action(action) for action in actions(result.judged, checks)),
    )


def _score(result: Score) -> ReportScore:
    tally = result.tally
    judged = sum(standing.points for standing in result.standings if standing.judged)
    return ReportScore(
        value=tally.value / 10 if result.numbered else None,
        low=tally.value / 10 if result.numbered else None,
        high=tally.high / 10 if result.numbered else None,
        earned=tally.earned / 10,
        applicable=tally.applicable / 10,
        unseen=tally.unseen / 10,
        coverage=tally.coverage / 10,
        judged=judged / 10,
        band=_band(tally) if result.numbered else None,
    )


def _band(tally: Tally) -> str | None:
    if tally.coverage < BAND_COVERAGE or tally.applicable < BAND_POINTS:
        return None
    return next(word for least, word in BANDS if tally.value >= least)


def _part(part: Part, result: Score) -> ReportPart:
    checks = {check.id: check for check in part.checks}
    ids = [*checks, *(planned.id for planned in part.planned)]
    rows = [
        _check(standing, result.of(standing.id), checks.get(standing.id))
        for standing in sorted(result.standings, key=lambda standing: standing.id)
        if standing.id in ids
    ]
    tally = Tally.of([one for one in result.judged if one.check in checks])
    return ReportPart(
        id=part.id,
        title=part.title,
        budget=part.budget / 10,
        applicable=tally.applicable / 10,
        earned=tally.earned / 10,
        unseen=tally.unseen / 10,
        checks=tuple(rows),
    )


def _check(standing: Standing, judged: Judged | None, check: Check[...] | None) -> ReportCheck:
    return ReportCheck(
        id=standing.id,
        title=standing.title,
        standing="judged" if standing.judged else standing.why_not,
        outcome=judged.outcome if judged else None,
        points=standing.points / 10,
        applicable=judged.applicable / 10 if judged else 0.0,
        earned=judged.earned / 10 if judged else 0.0,
        unseen=judged.unseen / 10 if judged else 0.0,
        findings=judged.findings if judged else (),
        why=check.why if check else "",
        fix=check.fix if check else "",
        effort=check.effort.value if check else "",
        because=next((f.gap for f in judged.findings if f.gap is not None), None) if judged else None,
        says=check.says if check and judged else {},
        plugin=check.plugin if check else None,
        shares=tuple(ReportShare(s.subject, str(s.low), str(s.high)) for s in judged.shares) if judged else (),
    )


def _gate(decision: Gate, base: Base | None, changes: tuple[Change, ...] = ()) -> ReportGate:
    edits = (*(base.changes if base else ()), *changes)
    return ReportGate(
        verdict=decision.verdict.value,
        passed=decision.passed,
        exit_code=decision.exit_code,
        today=decision.today,
        bars={"score": _bar(decision.score_bar), "coverage": _bar(decision.coverage_bar)},
        excepted=decision.excepted / 10,
        reasons=tuple(_reason(reason) for reason in decision.reasons),
        changes=tuple(ReportChange(c.kind.value, c.name, c.base, c.change) for c in edits),
        comparison=_comparison(decision, base) if base else None,
    )


def _comparison(decision: Gate, base: Base) -> ReportComparison:
    return ReportComparison(
        baseline=base.name,
        value=None if base.value is None else base.value / 10,
        drop=None if decision.fell is None else decision.fell / 10,
        max_drop=None if base.max_drop is None else base.max_drop / 10,
        new=tuple(ReportNew(n.failure.check, n.failure.code, n.failure.subject, n.place) for n in decision.new),
        known=decision.known,
        gone=decision.gone,
    )


def _level(measured: Measured) -> ReportLevel:
    level = measured.level
    return ReportLevel(level.name, level.wanted / 100, measured.standing.value, level.origin, measured.because)


def _bar(bar: Bar) -> ReportBar:
    return ReportBar(bar.minimum / 10, bar.origin)


def _reason(reason: Reason) -> ReportReason:
    have, need = (None if number is None else number / 10 for number in (reason.have, reason.need))
    return ReportReason(reason.code, reason.check, have, need)


def _action(action: Action) -> ReportAction:
    gives, effort = action.gives / 10, action.effort.value
    return ReportAction(action.kind, gives, action.checks, effort, action.fix, action.gap, action.hints)


def _gaps(result: Score) -> tuple[Gap, ...]:
    """Return every distinct gap that a judged check met, in the order of the checks."""
    met: list[Finding] = [f for one in result.judged for f in one.findings if f.outcome is Outcome.UNKNOWN]
    return tuple(dict.fromkeys(finding.gap for finding in met if finding.gap is not None))
