"""What a row of a check's table expects: an outcome, the share of points at least and at most, and the codes."""

from fractions import Fraction

from modelcheck.core.check import Outcome, Verdict
from modelcheck.core.facts import Fact

HALF = Fraction(1, 2)
Expected = tuple[Outcome, Fraction, Fraction, list[str]]
Row = tuple[str, tuple[Fact, ...], Expected]
UNSEEN: Expected = (Outcome.UNKNOWN, Fraction(0), Fraction(1), ["unseen"])


def passes(*codes: str) -> Expected:
    return Outcome.PASS, Fraction(1), Fraction(1), list(codes)


def halves(*codes: str) -> Expected:
    return Outcome.PARTIAL, HALF, HALF, list(codes)


def fails(*codes: str) -> Expected:
    return Outcome.FAIL, Fraction(0), Fraction(0), list(codes)


def exempts(*codes: str) -> Expected:
    return Outcome.NOT_APPLICABLE, Fraction(0), Fraction(0), list(codes)


def is_open(verdict: Verdict) -> bool:
    """Whether nothing is settled: nothing of it is lost for certain, and something was not seen."""
    settled = (verdict.outcome, verdict.low, verdict.high)
    outcomes = {finding.outcome for finding in verdict.findings}
    return settled == UNSEEN[:3] and Outcome.UNKNOWN in outcomes and not outcomes & {Outcome.FAIL, Outcome.PARTIAL}
