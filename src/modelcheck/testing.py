"""What the test of a check needs, a plugin's as well: one line that judges it over the facts given."""

from modelcheck.core.check import Check, Verdict, verdict
from modelcheck.core.facts import Fact, Facts


def judge(check: Check[...], *facts: Fact) -> Verdict:
    """Judge one check as an audit would.

    A check of one subject at a time takes the fact that holds its subjects, such as `Servers` for `Server`. A fact that
    is not given was not seen.

    Raises:
        ValueError: two facts of one class.

    """
    if len({type(fact) for fact in facts}) != len(facts):
        raise ValueError("two facts of one class")
    return verdict(check, Facts({type(fact): fact for fact in facts}))
