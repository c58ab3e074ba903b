"""What a row of a check's table expects: an outcome, the share of points at least and at most, and the codes."""

from fractions import Fraction

from modelcheck.core.check import Outcome
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
