"""The worst of several judgements of one subject: proven failure first, then what was not seen."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import chain

import msgspec

from modelcheck.core.check import Finding, Outcome, Verdict, unknown
from modelcheck.core.gap import Gap, Unseen


def worst(*parts: Callable[[], Verdict]) -> Verdict:
    """Judge each part and return the lowest verdict with the findings of all; of failures, those alone.

    Where no part fails for certain and one was not seen, nothing is earned for certain, and at most what the others
    leave.
    """
    verdicts: list[Verdict] = []
    gap: Gap | None = None
    for part in parts:
        try:
            verdicts.append(part())
        except Unseen as missing:
            gap = gap or missing.gap
    failing = [verdict for verdict in verdicts if verdict.outcome is Outcome.FAIL]
    return _with_findings(failing or ([*verdicts, _open(gap, verdicts)] if gap else verdicts))


def _open(gap: Gap, verdicts: Sequence[Verdict]) -> Verdict:
    high = min((verdict.high for verdict in verdicts), default=Fraction(1))
    outcome = Outcome.UNKNOWN if high == 1 else Outcome.PARTIAL
    return msgspec.structs.replace(unknown(gap), outcome=outcome, high=high)


def _with_findings(verdicts: Sequence[Verdict]) -> Verdict:
    lowest = min(verdicts, key=lambda verdict: (verdict.low, verdict.high))
    findings: list[Finding] = []
    for finding in chain.from_iterable(verdict.findings for verdict in verdicts):
        if finding not in findings:
            findings.append(finding)
    return msgspec.structs.replace(lowest, findings=tuple(findings))
