"""Performance: nothing of it is judged by this version, and all of it is announced."""

from modelcheck.checks.performance import PART


def test_every_check_is_planned() -> None:
    assert PART.checks == ()
    assert [planned.id for planned in PART.planned] == [f"PRF-{number:02}" for number in range(1, 13)]
