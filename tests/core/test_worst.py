"""The worst of several judgements."""

from fractions import Fraction

from modelcheck.core.check import Outcome, Verdict, failed, partial, passed
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.worst import worst

HALF = Fraction(1, 2)


def good() -> Verdict:
    return passed("good")


def fair() -> Verdict:
    return partial("fair", HALF)


def bad() -> Verdict:
    return failed("bad")


def hidden() -> Verdict:
    raise Unseen(Gap(Why.UNREADABLE, about="planted"))


def open_() -> Verdict:
    return Verdict(Outcome.PARTIAL, HALF, Fraction(1), good().findings)


def test_the_lowest_counts_and_all_are_told() -> None:
    found = worst(good, fair, good)

    assert (found.outcome, found.low, found.high) == (Outcome.PARTIAL, HALF, HALF)
    assert [finding.code for finding in found.findings] == ["good", "fair"]


def test_of_two_that_earn_the_same_for_certain_the_one_that_can_earn_less_counts() -> None:
    assert worst(open_, fair).high == HALF


def test_failures_alone_are_told_and_count_before_what_was_not_seen() -> None:
    found = worst(hidden, good, bad, fair)

    assert (found.outcome, [finding.code for finding in found.findings]) == (Outcome.FAIL, ["bad"])


def test_what_was_not_seen_counts_before_what_holds_which_is_told_all_the_same() -> None:
    found = worst(good, hidden)

    assert (found.outcome, found.low, found.high) == (Outcome.UNKNOWN, Fraction(0), Fraction(1))
    assert [finding.code for finding in found.findings] == ["good", "unseen"]


def test_what_is_lost_for_certain_is_lost_whatever_was_not_seen() -> None:
    found = worst(good, hidden, fair)

    assert (found.outcome, found.low, found.high) == (Outcome.PARTIAL, Fraction(0), HALF)
    assert [finding.code for finding in found.findings] == ["good", "fair", "unseen"]


def test_the_first_gap_is_told() -> None:
    def other() -> Verdict:
        raise Unseen(Gap(Why.OFFLINE))

    (finding,) = worst(hidden, other).findings

    assert finding.gap == Gap(Why.UNREADABLE, about="planted")
