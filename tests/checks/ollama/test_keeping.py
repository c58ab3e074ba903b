"""OLL-10, case by case."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
import serving_facts as have
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, is_open, passes
from msgspec.structs import replace
from serving_facts import (
    GAP,
    GIB,
    MADE,
    ONE,
    UNIT,
    agent,
    cards,
    contacts,
    entry,
    holding,
    loaded,
    made,
    models,
    named,
    running,
    setups,
    stack,
)

from modelcheck.checks.ollama.keeping import models_stay
from modelcheck.core.anatomy import Anatomies
from modelcheck.core.asked import LocalModels
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpus
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Inventory, Platform, Product, Running
from modelcheck.core.project import Agents, Engine
from modelcheck.core.serving import ServerSetup, ServerSetups
from modelcheck.core.together import ModelSets
from modelcheck.testing import judge

PAIR = models("qwen", "phi")
TOGETHER = named(PAIR, Expectations(together=(("qwen", "phi"),)))
BOTH = (*TOGETHER, holding(entry(), entry("phi:latest")), made(qwen=MADE, phi=MADE))
IN_MEMORY = (running(loaded(), loaded("phi:latest")), cards(GIB))
OTHER = models("qwen", engine=Engine.OPENAI_LOCAL)
MIXED = LocalModels((*models("qwen").models, *models("phi", engine=Engine.OPENAI_LOCAL).models))


def agents(*keep_alive: str | None) -> Agents:
    return Agents(tuple(agent(f"agent {index}", keep_alive=kept) for index, kept in enumerate(keep_alive)))


def undecided(name: str) -> ServerSetups:
    return ServerSetups(Seen.of({ONE: ServerSetup(complete=True, undecided=(name,))}))


IN_A_SET = ["in-a-set", "in-a-set"]


def set_passes(*codes: str) -> Expected:
    return passes(*IN_A_SET, *codes)


def set_fails(*codes: str) -> Expected:
    return fails(*IN_A_SET, *codes)


SET_UNSEEN: Expected = (Outcome.UNKNOWN, Fraction(0), Fraction(1), [*IN_A_SET, "unseen"])
ALL_UNSEEN: Expected = (Outcome.UNKNOWN, Fraction(0), Fraction(1), ["unseen"] * 3)
WOULD_STAY: Expected = (
    Outcome.PARTIAL,
    HALF,
    Fraction(1),
    [*IN_A_SET, "kept", "kept", "allowed", "would-stay", "unseen"],
)
ROWS: list[Row] = [
    ("kept by default", stack(), passes("kept")),
    ("kept by default, nothing else seen", stack(without=(Anatomies, Gpus, Platform)), passes("kept")),
    ("kept for five minutes", stack(setups(KEEP_ALIVE="5m")), passes("kept")),
    ("kept for a little less", stack(setups(KEEP_ALIVE="299")), halves("short")),
    ("kept for ever", stack(setups(KEEP_ALIVE="-1")), passes("kept")),
    ("kept for what is no time", stack(setups(KEEP_ALIVE="a while")), passes("kept")),
    ("not kept", stack(setups(KEEP_ALIVE="0")), fails("unloads")),
    ("an agent does not keep it", stack(agents(None, "0s")), fails("unloads")),
    ("an agent keeps it briefly", stack(agents("10m", "60")), halves("kept", "short")),
    ("an agent keeps it in spite of the server", stack(agents("1h"), setups(KEEP_ALIVE="0")), passes("kept")),
    ("an agent keeps it, settings unseen", stack(agents("-1"), have.unset_up()), passes("kept")),
    ("one agent does not keep it, settings unseen", stack(agents("0", None), have.unset_up()), fails("unloads")),
    ("an agent keeps it for what is no time", stack(agents("a while")), UNSEEN),
    ("another agent keeps another model", stack(Agents((agent("a", "phi", keep_alive="0"),))), passes("kept")),
    ("settings of the server unseen", stack(have.unset_up()), UNSEEN),
    ("settings unseen", stack(without=(ServerSetups,)), UNSEEN),
    ("how long it is kept open", stack(undecided("OLLAMA_KEEP_ALIVE")), UNSEEN),
    ("agents unseen", stack(without=(Agents,)), UNSEEN),
    ("nobody's primary", stack(*named(models("qwen", primary=False))), exempts("not-primary")),
    ("two in memory", stack(*BOTH, *IN_MEMORY), set_passes("kept", "kept", "allowed", "together-now")),
    ("two that would stay", stack(*BOTH, cards(20 * GIB)), WOULD_STAY),
    ("one of two in memory", stack(*BOTH, running(loaded()), cards(12 * GIB)), WOULD_STAY),
    (
        "one of two partly in memory",
        stack(*BOTH, running(loaded(), loaded("phi:latest", on_card=GIB)), cards(6 * GIB)),
        set_fails("pushes-out"),
    ),
    ("two that fit, and that Ollama finds too much", stack(*BOTH, cards(15 * GIB)), set_fails("pushes-out")),
    ("two that do not fit", stack(*BOTH, cards(10 * GIB)), set_fails("pushes-out")),
    (
        "two in memory, and kept briefly",
        stack(*BOTH, *IN_MEMORY, setups(KEEP_ALIVE="1m")),
        halves(*IN_A_SET, "short", "short", "allowed", "together-now"),
    ),
    ("two in memory, and not kept", stack(*BOTH, *IN_MEMORY, setups(KEEP_ALIVE="0")), set_fails("unloads", "unloads")),
    ("two, and the server keeps one", stack(*BOTH, setups(MAX_LOADED_MODELS="1")), set_fails("max-loaded")),
    (
        "two, and what the server keeps is open",
        stack(*BOTH, *IN_MEMORY, undecided("OLLAMA_MAX_LOADED_MODELS")),
        SET_UNSEEN,
    ),
    ("two, settings unseen", stack(*BOTH, *IN_MEMORY, have.unset_up()), SET_UNSEEN),
    ("two, not loaded, anatomy unseen", stack(*BOTH, made(qwen=MADE, phi=GAP)), SET_UNSEEN),
    ("two, one not here", stack(*BOTH, holding(entry())), SET_UNSEEN),
    ("two, inventory unseen", stack(*BOTH, without=(Inventory,)), ALL_UNSEEN),
    ("two, what is loaded unseen", stack(*BOTH, without=(Running,)), ALL_UNSEEN),
    ("two, cards unseen", stack(*BOTH, without=(Gpus,)), SET_UNSEEN),
    ("two, machine unseen", stack(*BOTH, without=(Platform,)), SET_UNSEEN),
    (
        "two primaries at the same time",
        stack(*BOTH, *named(PAIR, Expectations(concurrency=2)), cards(20 * GIB), setups(NUM_PARALLEL="1")),
        WOULD_STAY,
    ),
    (
        "two that are not used together",
        stack(*BOTH, *named(PAIR)),
        passes("kept", "kept"),
    ),
    (
        "a set with a model that nothing tells of",
        stack(*named(models("qwen"), Expectations(together=(("qwen", "phi"),)))),
        (Outcome.PARTIAL, HALF, Fraction(1), ["kept", "unseen"]),
    ),
    ("another engine", stack(*named(OTHER), contacts(Product.VLLM)), exempts("other-engine")),
    ("perhaps another engine", stack(*named(OTHER), contacts(GAP)), UNSEEN),
    ("Ollama on another API", stack(*named(OTHER), contacts(Product.OLLAMA)), passes("kept")),
    (
        "two of two engines, the other first",
        stack(
            *named(LocalModels(MIXED.models[::-1]), Expectations(together=(("qwen", "phi"),))), contacts(Product.VLLM)
        ),
        (Outcome.UNKNOWN, Fraction(0), Fraction(1), ["other-engine", "in-a-set", "unseen"]),
    ),
    (
        "two of two engines",
        stack(*named(MIXED, Expectations(together=(("qwen", "phi"),))), contacts(Product.VLLM)),
        (Outcome.UNKNOWN, Fraction(0), Fraction(1), ["in-a-set", "other-engine", "unseen"]),
    ),
    ("no model", stack(*named(models())), exempts("nothing")),
    ("sets unseen", stack(without=(ModelSets,)), UNSEEN),
]


@pytest.mark.parametrize(("facts", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_verdict(facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(models_stay, *facts)

    found = (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings])
    assert is_open(verdict) if expected[0] is Outcome.UNKNOWN else found == expected


def test_all_that_is_announced_is_said_and_the_reverse(
    said_both_ways: Callable[[Check[...], Iterable[Verdict]], None],
) -> None:
    said_both_ways(models_stay, [judge(models_stay, *facts) for _, facts, _ in ROWS])


def test_what_looking_cannot_show_is_named_with_the_trial_that_would() -> None:
    *_, unseen = judge(models_stay, *stack(*BOTH)).findings

    assert unseen.gap == Gap(Why.NOT_ASKED, about="asking them in turn, which would show it")


def test_a_short_time_is_named_with_who_sets_it_and_where() -> None:
    (by_server,) = judge(models_stay, *stack(setups(KEEP_ALIVE="1m30s"))).findings
    (by_agent,) = judge(models_stay, *stack(agents("0.5s"))).findings

    assert (by_server.params["seconds"], by_server.params["variable"]) == ("90", "OLLAMA_KEEP_ALIVE")
    assert (by_agent.params["seconds"], by_agent.params["variable"]) == ("0.5", "keep_alive of agent 0")
    assert (by_server.place, by_agent.place) == (UNIT, Place("config/models_config.json", 9))


def test_a_set_that_the_server_does_not_keep_is_named_where_the_variable_is_written() -> None:
    *_, found = judge(models_stay, *stack(*BOTH, setups(MAX_LOADED_MODELS="1"), replace(cards(20 * GIB)))).findings

    assert (found.code, found.place, found.params["count"], found.params["most"]) == ("max-loaded", UNIT, 2, 1)
