"""OLL-09, case by case."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
import serving_facts as have
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace
from serving_facts import GAP, MADE, ONE, UNIT, cards, configured, contacts, made, models, named, servers, setups, stack

from modelcheck.checks.ollama.concurrency import slots_suit
from modelcheck.core.anatomy import Anatomies
from modelcheck.core.asked import Servers
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import Gap
from modelcheck.core.graphics import Gpus
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Product
from modelcheck.core.project import Configuration, Engine
from modelcheck.core.serving import ServerSetup, ServerSetups
from modelcheck.testing import judge

PAIR, FOUR = models("qwen", "phi"), models("a", "b", "c", "d")
TOGETHER = named(PAIR, Expectations(together=(("qwen", "phi"),)))
ALL_FOUR = named(FOUR, Expectations(together=(("a", "b", "c", "d"),)))
BOTH = made(qwen=MADE, phi=MADE)
EMBEDS, SINGLE = replace(MADE, embeds=True), replace(MADE, architecture="qwen35")


def coming(concurrency: int | None, response_s: float | None = None) -> Expectations:
    return Expectations(concurrency=concurrency, response_s=response_s)


def undecided(name: str, **variables: str) -> ServerSetups:
    setup = setups(**variables).servers[ONE]
    assert isinstance(setup, ServerSetup)
    return ServerSetups(Seen.of({ONE: replace(setup, undecided=(name,))}))


ROWS: list[Row] = [
    ("one at a time", stack(coming(1)), passes("enough-slots")),
    ("as many as slots", stack(coming(4), setups(NUM_PARALLEL="4")), passes("enough-slots")),
    ("one more", stack(coming(5), setups(NUM_PARALLEL="4")), halves("waits")),
    ("four for each slot", stack(coming(4)), halves("waits")),
    ("five for each slot", stack(coming(5)), fails("queues")),
    ("twenty users and the default", stack(coming(20)), fails("queues")),
    ("the queue is too short", stack(coming(4), setups(MAX_QUEUE="2")), fails("refused")),
    ("the queue just holds them", stack(coming(4), setups(MAX_QUEUE="3")), halves("waits")),
    ("the queue is open", stack(coming(4), undecided("OLLAMA_MAX_QUEUE")), UNSEEN),
    ("the queue is open and not needed", stack(coming(1), undecided("OLLAMA_MAX_QUEUE")), passes("enough-slots")),
    ("clients wait long enough", stack(coming(2, 30.0)), halves("waits")),
    ("clients give up", stack(coming(3, 30.0)), fails("times-out")),
    ("clients that never give up", stack(coming(3, 30.0), configured(None)), halves("waits")),
    ("clients of unknown patience", stack(coming(3, 30.0), configured(GAP)), UNSEEN),
    ("clients unseen", stack(coming(3), without=(Configuration,)), UNSEEN),
    ("clients unseen and not needed", stack(coming(1), without=(Configuration,)), passes("enough-slots")),
    (
        "a model that takes one at a time",
        stack(coming(5), setups(NUM_PARALLEL="8"), made(qwen=SINGLE)),
        fails("queues"),
    ),
    ("a model that only embeds", stack(coming(4), setups(NUM_PARALLEL="8"), made(qwen=EMBEDS)), halves("waits")),
    (
        "a model that only embeds beside another",
        stack(*named(PAIR, coming(8)), setups(NUM_PARALLEL="8"), made(qwen=MADE, phi=EMBEDS)),
        passes("enough-slots"),
    ),
    (
        "a model that takes one at a time beside another",
        stack(*named(PAIR, coming(8)), setups(NUM_PARALLEL="8"), made(qwen=MADE, phi=SINGLE)),
        fails("queues"),
    ),
    (
        "a model that takes one at a time beside one that is unseen",
        stack(*named(PAIR, coming(8)), setups(NUM_PARALLEL="8"), made(qwen=GAP, phi=SINGLE)),
        fails("queues"),
    ),
    ("what it is made of unseen", stack(coming(4), setups(NUM_PARALLEL="4"), made(qwen=GAP)), UNSEEN),
    (
        "its architecture unseen",
        stack(coming(4), setups(NUM_PARALLEL="4"), made(qwen=replace(MADE, architecture=GAP))),
        UNSEEN,
    ),
    (
        "whether it embeds unseen",
        stack(coming(4), setups(NUM_PARALLEL="4"), made(qwen=replace(SINGLE, embeds=GAP))),
        UNSEEN,
    ),
    (
        "whether it embeds unseen, of one slot",
        stack(coming(1), made(qwen=replace(MADE, embeds=GAP))),
        passes("enough-slots"),
    ),
    ("what it is made of unseen, of one slot", stack(coming(5), without=(Anatomies,)), fails("queues")),
    ("no primary", stack(models("qwen", primary=False), coming(2), setups(NUM_PARALLEL="2")), passes("enough-slots")),
    (
        "a model of another server",
        stack(models("qwen", server="lab"), coming(2), setups(NUM_PARALLEL="2")),
        passes("enough-slots"),
    ),
    (
        "two servers share them",
        stack(servers(Engine.OLLAMA, Engine.OLLAMA), coming(3), setups(NUM_PARALLEL="2")),
        (Outcome.PARTIAL, HALF, Fraction(1), ["enough-slots", "unseen"]),
    ),
    ("two together", stack(*TOGETHER, BOTH), passes("enough-models")),
    ("two together of two", stack(*TOGETHER, BOTH, setups(MAX_LOADED_MODELS="2")), passes("enough-models")),
    ("two together of one", stack(*TOGETHER, BOTH, setups(MAX_LOADED_MODELS="1")), fails("max-loaded")),
    ("two together, cards unseen", stack(*TOGETHER, BOTH, without=(Gpus,)), passes("enough-models")),
    ("four together on one card", stack(*ALL_FOUR), fails("max-loaded")),
    ("four together on two cards", stack(*ALL_FOUR, cards(1, 1)), passes("enough-models")),
    ("four together, cards unseen", stack(*ALL_FOUR, without=(Gpus,)), UNSEEN),
    (
        "two together, and one at a time",
        stack(*named(PAIR, Expectations(together=(("qwen", "phi"),), concurrency=1)), BOTH),
        passes("enough-models", "enough-slots"),
    ),
    (
        "two together of one, and too many at a time",
        stack(
            *named(PAIR, Expectations(together=(("qwen", "phi"),), concurrency=9)), BOTH, setups(MAX_LOADED_MODELS="1")
        ),
        fails("max-loaded", "queues"),
    ),
    (
        "two together of perhaps one, and too many at a time",
        stack(
            *named(PAIR, Expectations(together=(("qwen", "phi"),), concurrency=9)),
            BOTH,
            undecided("OLLAMA_MAX_LOADED_MODELS"),
        ),
        fails("queues"),
    ),
    ("nothing declared", stack(), exempts("undeclared")),
    ("nothing declared, nothing seen", stack(without=(ServerSetups, Configuration)), exempts("undeclared")),
    ("what is declared unseen", stack(without=(Expectations,)), UNSEEN),
    ("settings of the server unseen", stack(coming(1), have.unset_up()), UNSEEN),
    ("settings unseen", stack(coming(1), without=(ServerSetups,)), UNSEEN),
    ("settings seen in part", stack(coming(1), have.partly()), UNSEEN),
    (
        "another engine",
        stack(servers(Engine.OPENAI_LOCAL), contacts(Product.LM_STUDIO), coming(20)),
        exempts("other-engine"),
    ),
    ("perhaps another engine", stack(servers(Engine.OPENAI_LOCAL), contacts(GAP), coming(1)), UNSEEN),
    (
        "Ollama on another API",
        stack(servers(Engine.OPENAI_LOCAL), contacts(Product.OLLAMA), coming(1)),
        passes("enough-slots"),
    ),
    ("no server", stack(servers()), exempts("nothing")),
    ("servers unseen", stack(without=(Servers,)), UNSEEN),
]


@pytest.mark.parametrize(("facts", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_verdict(facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(slots_suit, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


def test_all_that_is_announced_is_said_and_the_reverse(
    said_both_ways: Callable[[Check[...], Iterable[Verdict]], None],
) -> None:
    said_both_ways(slots_suit, [judge(slots_suit, *facts) for _, facts, _ in ROWS])


def test_who_gives_up_is_named_with_the_numbers_where_its_client_is_declared() -> None:
    (finding,) = judge(slots_suit, *stack(coming(3, 30.5))).findings

    assert {name: finding.params[name] for name in ("wait", "limit", "provider", "slots", "needed")} == {
        "wait": "91.5",
        "limit": "60",
        "provider": "ollama",
        "slots": 1,
        "needed": 3,
    }
    assert finding.place == Place("config/models_config.json", 2)


@pytest.mark.parametrize(
    ("expectations", "variables"),
    [(coming(9), {"NUM_PARALLEL": "2"}), (coming(4), {"MAX_QUEUE": "1"}), (coming(3), {"NUM_PARALLEL": "2"})],
)
def test_what_costs_points_is_named_where_the_variable_is_written(
    expectations: Expectations, variables: dict[str, str]
) -> None:
    (finding,) = judge(slots_suit, *stack(expectations, setups(**variables))).findings

    assert finding.place == UNIT


def test_what_is_not_declared_is_named_with_the_line_to_paste() -> None:
    (finding,) = judge(slots_suit, *stack()).findings

    assert finding.params == {"lines": "expect: {concurrency: 4}"}
    assert isinstance(finding.gap, Gap) is False
