"""Until when something holds: a day, or a moment with its zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.exceptions import Exceptions, Exemption, Force, What, days_left, is_over
from modelcheck.core.excusing import excused
from modelcheck.core.facts import Facts
from modelcheck.core.score import Score, Tally

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("until", "over"),
    [
        ("2026-11-23", True),
        ("2026-11-24", False),
        ("2026-11-24T11:59:59+00:00", True),
        ("2026-11-24T12:00:00Z", True),
        ("2026-11-24T12:00:01Z", False),
        ("2026-11-24T12:30:00+01:00", True),
        ("2026-11-24T11:30:00-01:00", False),
        ("2026-11-24T12:00:01", False),
        ("9999-12-31", True),
        ("0001-01-01T00:00:00+23:59", True),
        ("9999-12-31T23:59:59-23:59", False),
        ("", True),
        ("tomorrow", True),
    ],
)
def test_a_day_ends_with_itself_and_a_moment_at_once(until: str, over: bool) -> None:
    assert is_over(until, NOON) is over


@given(st.text(max_size=40) | st.text("0123456789-T:+Z", max_size=30))
def test_whatever_is_written_is_over_or_not(until: str) -> None:
    assert is_over(until, NOON) in {True, False}


def test_days_are_counted_for_days_and_moments() -> None:
    assert days_left("2026-11-26", date(2026, 11, 24)) == 2
    assert days_left("2026-11-23T23:00:00+00:00", date(2026, 11, 24)) == -1
    with pytest.raises(ValueError, match="isoformat"):
        days_left("soon", date(2026, 11, 24))


@pytest.mark.parametrize(
    ("until", "force"),
    [
        ("2026-11-24T01:00:00+00:00", Force.UNUSED),
        ("2026-11-23T23:00:00+00:00", Force.EXPIRED),
        ((NOON + timedelta(days=367)).isoformat(), Force.TOO_LONG),
        ("2026-11-24T25:00:00+00:00", Force.UNDATED),
    ],
)
def test_a_moment_among_a_projects_exceptions_is_judged_by_its_day(until: str, force: Force) -> None:
    exemption = Exemption(What.PULL, "qwen3:8b", "known", "Ana", until)
    facts = Facts({Exceptions: Exceptions((exemption,))}, {})

    (one,) = excused(Score((), (), Tally.of([]), numbered=False), facts, today="2026-11-24").exceptions

    assert one.standing is force
