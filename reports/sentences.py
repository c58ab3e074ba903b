"""Findings, gaps, reasons and checks as sentences: templates filled with parameters, escaped in one place."""

from modelcheck.core.check import Finding
from modelcheck.core.gap import Gap
from modelcheck.core.report import ReportCheck, ReportGate, ReportPart, ReportReason
from modelcheck.core.rule import Rule, RulePart
from modelcheck.core.sentence import parameters
from modelcheck.reports.lang import CheckWords, Words


def of_gap(gap: Gap, words: Words) -> str:
    """Say why something was not seen, and what would show it."""
    sentence = words.say(words.gaps[gap.why.value], about=words.value(gap.about) or words.phrases["it"])
    return words.say(words.phrases["hint"], gap=sentence, hint=words.value(gap.hint)) if gap.hint else sentence


def of_finding(check: ReportCheck, finding: Finding, words: Words) -> str:
    """Say one finding of a check."""
    if finding.gap is not None:
        return words.say(words.findings["unseen"], gap=of_gap(finding.gap, words))
    own = check.says.get(finding.code) or words.findings.get(finding.code) or finding.code
    template = of_check(check, words).says.get(finding.code, own)
    if not parameters(template) <= finding.params.keys():
        template = own
    return words.say(template, **finding.params)


def of_reason(reason: ReportReason, gate: ReportGate, words: Words) -> str:
    """Say one reason of the gate."""
    origin = words.value(gate.bars[reason.code].origin) if reason.code in gate.bars else ""
    return words.say(words.reasons[reason.code], check=reason.check, have=reason.have, need=reason.need, origin=origin)


def of_check(check: ReportCheck | Rule, words: Words) -> CheckWords:
    """Return what a check says: in the language, or as it says it itself, as those of plugins do."""
    other = words.checks.get(check.id)
    if other is None:
        return CheckWords(check.title, check.why, check.fix, check.says)
    return CheckWords(other.title, other.why or check.why, other.fix or check.fix, {**check.says, **other.says})


def of_part(part: ReportPart | RulePart, words: Words) -> str:
    """Return the title of a part."""
    other = words.parts.get(part.id)
    return other.title if other else part.title
