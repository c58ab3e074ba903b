"""Findings, gaps and reasons as sentences: templates filled with parameters, escaped in one place."""

from modelcheck.core.check import Finding
from modelcheck.core.gap import Gap
from modelcheck.core.report import ReportCheck, ReportGate, ReportReason
from modelcheck.core.sentence import fill
from modelcheck.reports.lang import Words


def of_gap(gap: Gap, words: Words) -> str:
    """Say why something was not seen, and what would show it."""
    sentence = fill(words.gaps[gap.why.value], about=gap.about or "it")
    return f"{sentence}; {fill(words.phrases['hint'], hint=gap.hint)}" if gap.hint else sentence


def of_finding(check: ReportCheck, finding: Finding, words: Words) -> str:
    """Say one finding of a check."""
    if finding.gap is not None:
        return fill(words.findings["unseen"], gap=of_gap(finding.gap, words))
    template = check.says.get(finding.code) or words.findings.get(finding.code) or finding.code
    return fill(template, **finding.params)


def of_reason(reason: ReportReason, gate: ReportGate, words: Words) -> str:
    """Say one reason of the gate."""
    origin = gate.bars[reason.code].origin if reason.code in gate.bars else ""
    return fill(words.reasons[reason.code], check=reason.check, have=reason.have, need=reason.need, origin=origin)
