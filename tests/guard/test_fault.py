"""Faults: each has a status, and what is said of one is bounded."""

import pytest

from modelcheck.core.ruling import Action, Answer, Intent, Reason, Ruling
from modelcheck.guard.fault import LONGEST, STATUS, Fault, Refused


def test_every_fault_has_a_status() -> None:
    assert {fault.value: int(STATUS[fault]) for fault in Fault} == {
        "malformed": 400,
        "too-large": 413,
        "too-slow": 408,
        "busy": 503,
        "ending": 503,
        "host": 403,
        "origin": 403,
        "token": 401,
        "route": 403,
        "encoding": 415,
        "body": 400,
        "exception": 200,
        "upstream": 502,
    }


@pytest.mark.parametrize("reason", sorted(Reason))
def test_a_refusal_by_a_ruling_is_forbidden(reason: Reason) -> None:
    ruling = Ruling(Answer.REFUSE, Intent(Action.PULL), reason)
    found = Refused(reason, "no", ruling=ruling)
    assert (found.status, found.reason, found.words, found.ruling) == (403, reason, "no", ruling)


def test_a_status_of_its_own_stands_above_that_of_the_fault() -> None:
    assert Refused(Fault.TOO_LARGE, "x").status == 413
    assert Refused(Fault.TOO_LARGE, "x", status=431).status == 431
    assert Refused(Fault.TOO_LARGE, "x").ruling is None


def test_the_words_are_bounded() -> None:
    assert LONGEST == 400
    assert str(Refused(Fault.BODY, "said")) == "said"
    assert Refused(Fault.BODY, "x" * LONGEST).words == "x" * LONGEST
    assert Refused(Fault.BODY, "x" * (LONGEST + 1)).words == "x" * LONGEST


def test_no_id_is_both_a_fault_and_a_reason() -> None:
    assert not {fault.value for fault in Fault} & {reason.value for reason in Reason}
