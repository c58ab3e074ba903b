"""The shipped table of retirements: dated, with its sources, and right about what is known."""

from datetime import date

import pytest

from modelcheck.app.tables import table
from modelcheck.core.project import Engine
from modelcheck.core.retirements import Calendar, Retirement, Retirements, base_of

SHIPPED = table(Retirements)


@pytest.mark.parametrize(
    ("engine", "model", "day", "replacement"),
    [
        (Engine.ANTHROPIC, "claude-3-haiku-20240307", "2026-04-20", "claude-haiku-4-5-20251001"),
        (Engine.ANTHROPIC, "claude-3-5-haiku-20241022", "2026-02-19", "claude-haiku-4-5-20251001"),
        (Engine.ANTHROPIC, "claude-3-7-sonnet-20250219", "2026-02-19", "claude-sonnet-4-6"),
        (Engine.ANTHROPIC, "claude-sonnet-4-20250514", "2026-06-15", "claude-sonnet-4-6"),
        (Engine.ANTHROPIC, "claude-sonnet-4-5", "2026-11-30", "claude-sonnet-5-5"),
        (Engine.OPENAI, "gpt-5-mini", "2026-12-11", "gpt-6.1-terra"),
        (Engine.OPENAI, "gpt-4o-2024-08-06", "2027-01-14", "gpt-6-luna"),
        (Engine.OPENAI, "ft:gpt-4o-2024-08-06:org::id", "2027-01-14", "gpt-6-luna"),
        (Engine.OPENAI, "gpt-4-0613", "2026-10-23", "gpt-5.6-sol"),
    ],
)
def test_what_has_an_end_is_known_with_its_date(engine: Engine, model: str, day: str, replacement: str) -> None:
    row = SHIPPED.retirement(engine, model)
    assert row is not None
    assert (row.retires_on, row.replacement) == (day, replacement)


@pytest.mark.parametrize(
    ("engine", "model"),
    [(Engine.OPENAI, "claude-3-haiku-20240307"), (Engine.OPENAI, "gpt-9"), (Engine.OTHER_CLOUD, "gpt-5-mini")],
)
def test_what_stands_nowhere_has_no_row(engine: Engine, model: str) -> None:
    assert SHIPPED.retirement(engine, model) is None


def test_a_calendar_belongs_to_one_engine() -> None:
    own = Calendar(Engine.OPENAI, "https://x.example", "2026-01-01", (), (Retirement(("m",), "2026-02-01"),))
    made_up = Retirements("2026-01-01", (own,))

    assert made_up.calendar(Engine.OPENAI) is own
    assert made_up.calendar(Engine.ANTHROPIC) is None
    assert made_up.retirement(Engine.ANTHROPIC, "m") is None


@pytest.mark.parametrize(("model", "base"), [("ft:a:b::c", "a"), ("ft:", ""), ("a:b", "a:b"), ("a", "a")])
def test_a_fine_tuned_model_has_a_base(model: str, base: str) -> None:
    assert base_of(model) == base


@pytest.mark.parametrize("calendar", SHIPPED.calendars, ids=lambda one: one.engine)
def test_every_calendar_is_dated_sourced_and_free_of_contradictions(calendar: Calendar) -> None:
    ending = [name for row in calendar.retiring for name in row.ids]

    assert calendar.source.startswith("https://")
    assert date.fromisoformat(calendar.checked_on) <= date.fromisoformat(SHIPPED.as_of)
    assert all(date.fromisoformat(row.retires_on) for row in calendar.retiring)
    assert len(set(ending)) == len(ending)
    assert not set(ending) & set(calendar.active)


@pytest.mark.parametrize("calendar", SHIPPED.calendars, ids=lambda one: one.engine)
def test_no_replacement_was_over_when_the_page_was_read(calendar: Calendar) -> None:
    over = {name for row in calendar.retiring if row.retires_on <= calendar.checked_on for name in row.ids}

    assert over.isdisjoint(row.replacement for row in calendar.retiring)
