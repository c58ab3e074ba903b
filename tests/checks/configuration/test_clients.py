"""Time-outs and retries, case by case."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
from expected import UNSEEN, Expected, Row, exempts, fails, halves, passes

from modelcheck.checks.configuration.clients import declared_limits
from modelcheck.core.asked import Client, Clients
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Engine, Route
from modelcheck.testing import judge

GAP = Gap(Why.NOT_UNDERSTOOD, about="planted")
HERE = Place("config/models_config.json", 3)


def client(
    timeout: float | Gap | None, retries: int | Gap | None, engine: Engine = Engine.OLLAMA, route: Route = Route.NATIVE
) -> Client:
    return Client(engine.value, engine, route, timeout, retries, HERE)


def declaring(
    timeout: float | Gap | None, retries: int | Gap | None, engine: Engine = Engine.OLLAMA, route: Route = Route.NATIVE
) -> tuple[Clients]:
    return (Clients((client(timeout, retries, engine, route),)),)


def part(code: str, share: Fraction) -> Expected:
    return Outcome.PARTIAL, share, share, [code]


ROWS: list[Row] = [
    ("both", declaring(60, 2), passes("declared")),
    ("no retries on purpose", declaring(60, 0), passes("declared")),
    ("as long as it may be", declaring(600, 2), passes("declared")),
    ("as short as it may be", declaring(10, 2), passes("declared")),
    ("short, at a provider", declaring(3, 2, Engine.OPENAI), passes("declared")),
    ("shorter than a cold load", declaring(9.9, 2), part("too-short", Fraction(3, 4))),
    ("shorter, by another engine", declaring(3, 2, Engine.OPENAI_LOCAL), part("too-short", Fraction(3, 4))),
    ("shorter, and no retries", declaring(3, None), part("too-short", Fraction(1, 4))),
    ("too long", declaring(601, 2), halves("out-of-range")),
    ("milliseconds", declaring(60_000, None), fails("out-of-range")),
    ("none at all", declaring(0, 2), halves("out-of-range")),
    ("negative", declaring(-1, None), fails("out-of-range")),
    ("no retries", declaring(60, None), halves("no-retries")),
    ("no time-out", declaring(None, 2), halves("no-timeout-ollama")),
    ("no time-out, over /v1", declaring(None, 2, route=Route.OPENAI), halves("no-timeout")),
    ("no time-out, at a provider", declaring(None, 2, Engine.ANTHROPIC), halves("no-timeout")),
    ("neither", declaring(None, None), fails("undeclared-ollama")),
    ("neither, over /v1", declaring(None, None, route=Route.OPENAI), fails("undeclared")),
    ("neither, at a provider", declaring(None, None, Engine.OPENAI), fails("undeclared")),
    ("time-out unseen", declaring(GAP, 2), UNSEEN),
    ("retries unseen", declaring(60, GAP), UNSEEN),
    ("both unseen", declaring(GAP, GAP), UNSEEN),
    (
        "one of two",
        (Clients((client(60, 2), client(None, None, Engine.OPENAI))),),
        halves("declared", "undeclared"),
    ),
    ("none in use", (Clients(()),), exempts("nothing")),
    ("clients not seen", (), UNSEEN),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_verdict(facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(declared_limits, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


def test_all_that_is_announced_is_said_and_the_reverse(
    said_both_ways: Callable[[Check[...], Iterable[Verdict]], None],
) -> None:
    said_both_ways(declared_limits, [judge(declared_limits, *facts) for _, facts, _ in ROWS])


@pytest.mark.parametrize(("timeout", "shown"), [(60.0, "60"), (2.5, "2.5"), (0.001, "0.001")])
def test_seconds_are_shown_as_a_person_writes_them(timeout: float, shown: str) -> None:
    (finding,) = judge(declared_limits, *declaring(timeout, 2, Engine.OPENAI)).findings

    assert finding.params == {"client": "openai", "timeout": shown, "retries": 2}
    assert (finding.subject, finding.place) == ("openai", HERE)
