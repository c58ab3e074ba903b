"""Whether a guard is in force, case by case: what is proven to be open fails, and what was not seen decides nothing."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, passes

from modelcheck.checks.ollama.guard import guard_in_force
from modelcheck.core.asked import Server, Servers
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.guards import Attempt, Guard, Guards
from modelcheck.core.machine import Contact, Contacts, ContactState, Product
from modelcheck.core.project import Engine
from modelcheck.testing import judge

ONE = Server("one", Engine.OLLAMA, "http://127.0.0.1:11435")
TWO = Server("two", Engine.OLLAMA, "http://127.0.0.1:11434")
OTHER = Server("one", Engine.OPENAI_LOCAL, "http://127.0.0.1:8080")
GAP, OPEN = Gap(Why.UNREADABLE, about="planted"), Gap(Why.NOT_ANSWERED, about="the other")
PULL, CREATE, PUSH = (Attempt(f"POST /api/{name}", refused=True) for name in ("pull", "create", "push"))
THROUGH = Attempt("POST /api/create", refused=False)
ALSO = Attempt("POST /api/push", refused=False)
UNTOLD = Attempt("POST /api/create", GAP)
BARE = Guard(proven=False, detail="HTTP 404")


def guard(*attempts: Attempt, direct: bool | Gap = False) -> Guard:
    return Guard(proven=True, attempts=attempts, direct=direct)


SOUND = guard(PULL, CREATE)


def facts(found: Guard | Gap, server: Server = ONE, product: Product | Gap | None = None) -> tuple[Fact, ...]:
    given: tuple[Fact, ...] = (Servers((server,)), Guards(Seen[str, Guard].of({"one": found})))
    if product is None:
        return given
    return (*given, Contacts(Seen.of({"one": Contact(ContactState.ANSWERED, product=product)})))


def open_half(*codes: str) -> Expected:
    return Outcome.PARTIAL, HALF, Fraction(1), list(codes)


def at_most_half(*codes: str) -> Expected:
    return Outcome.PARTIAL, Fraction(0), HALF, list(codes)


TABLE: tuple[Row, ...] = (
    ("a guard in force", facts(SOUND), passes("guarded")),
    ("no guard", facts(BARE), fails("bare")),
    ("one path open", facts(guard(PULL, THROUGH)), fails("open")),
    ("one path open and one unseen", facts(guard(THROUGH, Attempt("x", GAP))), fails("open")),
    ("one path open and a way around", facts(guard(THROUGH, direct=True)), fails("open")),
    ("a way around", facts(guard(PULL, direct=True)), halves("direct")),
    ("a way around unseen", facts(guard(PULL, direct=OPEN)), open_half("unseen")),
    ("one path unseen", facts(guard(PULL, UNTOLD)), UNSEEN),
    ("one path unseen and a way around", facts(guard(UNTOLD, direct=True)), at_most_half("unseen", "direct")),
    (
        "one path and the way around unseen",
        facts(guard(UNTOLD, direct=OPEN)),
        (Outcome.UNKNOWN, Fraction(0), Fraction(1), ["unseen", "unseen"]),
    ),
    ("no path tried", facts(guard()), UNSEEN),
    ("paths unseen", facts(Guard(proven=True, attempts=GAP, direct=False)), UNSEEN),
    ("nothing answers", facts(GAP), UNSEEN),
    ("nobody looked", (Servers((ONE,)),), UNSEEN),
    ("servers unseen", (Guards(Seen[str, Guard].of({"one": SOUND})),), UNSEEN),
    ("another engine", facts(GAP, OTHER, Product.VLLM), exempts("other-engine")),
    ("another engine that was not told apart", facts(BARE, OTHER, GAP), UNSEEN),
    ("another engine that nobody asked", facts(BARE, OTHER), UNSEEN),
    ("Ollama under another engine's name", facts(SOUND, OTHER, Product.OLLAMA), passes("guarded")),
    ("no server", (Servers(()), Guards(Seen[str, Guard]())), exempts("nothing")),
)


@pytest.mark.parametrize(("given", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_verdict(given: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(guard_in_force, *given)

    assert (verdict.outcome, verdict.low, verdict.high, [one.code for one in verdict.findings]) == expected


def test_all_that_is_announced_is_said_and_the_reverse(
    said_both_ways: Callable[[Check[...], Iterable[Verdict]], None],
) -> None:
    said_both_ways(guard_in_force, [judge(guard_in_force, *given) for _, given, _ in TABLE])


def test_what_got_through_is_named() -> None:
    (found,) = judge(guard_in_force, *facts(guard(PULL, THROUGH, ALSO))).findings

    assert found.params == {"server": "http://127.0.0.1:11435", "routes": "POST /api/create, POST /api/push"}


def test_the_same_gap_at_several_paths_is_one() -> None:
    found = judge(guard_in_force, *facts(guard(UNTOLD, Attempt("POST /api/push", GAP), PULL)))

    assert [one.gap for one in found.findings] == [GAP]


def test_a_server_that_the_project_asks_beside_the_guard_costs_its_share() -> None:
    found = judge(guard_in_force, Servers((ONE, TWO)), Guards(Seen[str, Guard].of({"one": SOUND, "two": BARE})))

    assert (found.outcome, found.low, found.high) == (Outcome.PARTIAL, HALF, HALF)
    assert [(one.code, one.subject) for one in found.findings] == [("guarded", ONE.address), ("bare", TWO.address)]
