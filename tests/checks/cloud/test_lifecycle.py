"""The checks of hosted ids, case by case."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
from expected import UNSEEN, Expected, Row, exempts, fails, halves, passes

from modelcheck.checks.cloud.lifecycle import NEAR, chosen_id, living_model
from modelcheck.core.asked import CloudModel, CloudModels
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.cloud import Lifecycle, Lifecycles, Stage, Told
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.intent import Expectations
from modelcheck.core.project import Engine, ModelKey
from modelcheck.core.tables import Clock
from modelcheck.testing import judge

HERE = Place("config/models_config.json", 4)
TODAY = Clock("2026-11-22")
LATER = Clock("2027-06-01")
AS_OF = "2026-11-01"
ACTIVE, DEPRECATED, RETIRED = Stage.ACTIVE, Stage.DEPRECATED, Stage.RETIRED


def models(*names: str) -> CloudModels:
    engines = {True: Engine.ANTHROPIC, False: Engine.OPENAI}
    return CloudModels(
        tuple(CloudModel(ModelKey("there", name), engines[name.startswith("claude")], (HERE,)) for name in names)
    )


def said(state: Stage, retires_at: str | None = None, **more: str) -> Lifecycle:
    return Lifecycle(state, retires_at, Told.API, **more)


def tabled(state: Stage, retires_at: str | None = None, **more: str) -> Lifecycle:
    return Lifecycle(state, retires_at, Told.TABLE, as_of=AS_OF, **more)


def lives(*found: Lifecycle | Gap) -> Lifecycles:
    """The lifecycles of `a` and `b`."""
    return Lifecycles(
        Seen[ModelKey, Lifecycle].of(
            {ModelKey("there", name): life for name, life in zip(("a", "b"), found, strict=False)}
        )
    )


def near(code: str, days: int) -> Expected:
    share = Fraction(days, NEAR + 1)
    return Outcome.PARTIAL if days else Outcome.FAIL, share, share, [code]


ONE = models("a")
FLOATING, PINNED = Expectations(ids="floating"), Expectations(ids="pinned")
OPEN = Expectations()

TABLE: dict[str, tuple[Check[...], list[Row]]] = {
    "CLD-04": (
        living_model,
        [
            ("active, says its provider", (ONE, lives(said(ACTIVE)), TODAY), passes("active")),
            ("active, says its provider, whatever the day", (ONE, lives(said(ACTIVE)), LATER), passes("active")),
            ("active, by the table", (ONE, lives(tabled(ACTIVE)), TODAY), passes("active")),
            ("active, by a table that is too old", (ONE, lives(tabled(ACTIVE)), LATER), UNSEEN),
            ("retired, says its provider", (ONE, lives(said(RETIRED, "2026-08-05")), TODAY), fails("retired")),
            ("retired without a date", (ONE, lives(said(RETIRED)), TODAY), fails("retired")),
            ("retired, by the table", (ONE, lives(tabled(RETIRED, "2026-08-05")), TODAY), fails("retired")),
            ("retired, by an old table", (ONE, lives(tabled(RETIRED, "2026-08-05")), LATER), fails("retired")),
            ("far from its end", (ONE, lives(said(DEPRECATED, "2027-02-21")), TODAY), passes("later")),
            ("90 days before", (ONE, lives(said(DEPRECATED, "2027-02-20")), TODAY), near("soon", 90)),
            ("9 days before", (ONE, lives(tabled(DEPRECATED, "2026-12-01")), TODAY), near("soon", 9)),
            ("on its last day", (ONE, lives(said(DEPRECATED, "2026-11-22")), TODAY), near("soon", 0)),
            ("overdue, and it answers", (ONE, lives(said(DEPRECATED, "2026-11-21")), TODAY), near("overdue", 0)),
            ("past, by a fresh table", (ONE, lives(tabled(DEPRECATED, "2026-11-21")), TODAY), fails("retired")),
            ("past, by a table that is too old", (ONE, lives(tabled(DEPRECATED, "2026-11-21")), LATER), UNSEEN),
            ("deprecated without a date", (ONE, lives(said(DEPRECATED)), TODAY), halves("deprecated")),
            ("with a date that is none", (ONE, lives(said(DEPRECATED, "soon")), TODAY), UNSEEN),
            ("by a table of no date", (ONE, lives(Lifecycle(ACTIVE, None, Told.TABLE)), TODAY), UNSEEN),
            ("on no day", (ONE, lives(said(DEPRECATED, "2027-02-21")), Clock("")), UNSEEN),
            ("not told", (ONE, lives(Gap(Why.OFFLINE)), TODAY), UNSEEN),
            ("not asked", (ONE, TODAY), UNSEEN),
            ("one of two", (models("a", "b"), lives(said(ACTIVE), said(RETIRED)), TODAY), halves("active", "retired")),
            ("no model", (models(), lives(), TODAY), exempts("nothing")),
        ],
    ),
    "CLD-05": (
        chosen_id,
        [
            ("floating as stated", (models("gpt-5-mini", "claude-sonnet-4-5"), FLOATING), passes(*["as-stated"] * 2)),
            ("pinned as stated", (models("gpt-5-2025-08-07"), PINNED), passes("as-stated")),
            ("floating against the statement", (models("gpt-5-mini"), PINNED), fails("against")),
            ("pinned against the statement", (models("claude-opus-5"), FLOATING), fails("against")),
            ("all floating, nothing stated", (models("gpt-5", "gpt-5-mini"), OPEN), halves("unstated", "unstated")),
            ("all pinned, nothing stated", (models("claude-opus-5"), OPEN), halves("unstated")),
            ("mixed, nothing stated", (models("gpt-5", "claude-opus-5"), OPEN), fails("mixed", "mixed")),
            ("not to be told", (models("deployment"), PINNED), UNSEEN),
            (
                "one not to be told",
                (models("gpt-5", "deployment"), OPEN),
                (Outcome.PARTIAL, Fraction(1, 4), Fraction(3, 4), ["unstated", "unseen"]),
            ),
            ("statement not seen", (models("gpt-5"),), UNSEEN),
            ("no model", (models(), PINNED), exempts("nothing")),
        ],
    ),
}
ROWS = [pytest.param(check, *row[1:], id=f"{id}: {row[0]}") for id, (check, rows) in TABLE.items() for row in rows]


@pytest.mark.parametrize(("check", "facts", "expected"), ROWS)
def test_verdict(check: Check[...], facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(check, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


@pytest.mark.parametrize("check", [living_model, chosen_id], ids=lambda check: check.id)
def test_all_that_is_announced_is_said_and_the_reverse(
    check: Check[...], said_both_ways: Callable[[Check[...], Iterable[Verdict]], None]
) -> None:
    same, rows = TABLE[check.id]

    assert same is check
    said_both_ways(check, [judge(check, *facts) for _, facts, _ in rows])


def test_an_end_is_told_with_date_source_and_replacement() -> None:
    (finding,) = judge(living_model, ONE, lives(tabled(DEPRECATED, "2026-12-01", replacement="b")), TODAY).findings

    assert finding.params == {
        "model": "a",
        "date": "2026-12-01",
        "days": 9,
        "source": f"table of {AS_OF}",
        "instead": "b",
    }
    assert (finding.subject, finding.place) == ("a", HERE)


def test_a_table_that_is_too_old_says_how_to_get_a_new_one() -> None:
    (finding,) = judge(living_model, ONE, lives(tabled(ACTIVE)), LATER).findings

    about = f"the table of retirements ({AS_OF})"
    assert finding.gap == Gap(Why.STALE, about=about, hint="pip install --upgrade modelcheck")
