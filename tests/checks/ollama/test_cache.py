"""OLL-08, case by case."""

from collections.abc import Callable, Iterable

import pytest
import serving_facts as have
from expected import UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace
from serving_facts import GAP, MADE, ONE, UNIT, contacts, made, models, named, setups, stack

from modelcheck.checks.ollama.cache import cache_suits
from modelcheck.core.anatomy import Anatomies
from modelcheck.core.check import Check, Verdict
from modelcheck.core.facts import Fact, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Product, Versions
from modelcheck.core.project import Engine
from modelcheck.core.serving import ServerSetup, ServerSetups
from modelcheck.testing import judge

OTHER = models("qwen", engine=Engine.OPENAI_LOCAL)
UNGROUPED, UNKNOWN = made(qwen=replace(MADE, grouped=False)), made(qwen=replace(MADE, grouped=GAP))


def version(text: str | Gap) -> Versions:
    return Versions(Seen[str, str].of({ONE: text}))


def undecided(kind: str) -> ServerSetups:
    (setup,) = (setups(KV_CACHE_TYPE=kind).servers[ONE],)
    assert isinstance(setup, ServerSetup)
    return ServerSetups(Seen.of({ONE: replace(setup, undecided=("OLLAMA_FLASH_ATTENTION",))}))


ROWS: list[Row] = [
    ("by default", stack(), passes("plain")),
    ("by default, nothing else seen", stack(without=(Anatomies, Versions)), passes("plain")),
    ("half precision", stack(setups(KV_CACHE_TYPE="F16", FLASH_ATTENTION="0")), passes("plain")),
    ("bf16", stack(setups(KV_CACHE_TYPE="bf16")), passes("plain")),
    ("eight bits, flash attention on", stack(setups(KV_CACHE_TYPE="q8_0", FLASH_ATTENTION="1")), passes("quantised")),
    ("eight bits, any text", stack(setups(KV_CACHE_TYPE="q8_0", FLASH_ATTENTION="off")), passes("quantised")),
    ("eight bits, by itself", stack(setups(KV_CACHE_TYPE="q8_0")), passes("quantised")),
    ("eight bits, by itself, since 0.30", stack(setups(KV_CACHE_TYPE="q8_0"), version("0.30.0")), passes("quantised")),
    ("eight bits, before 0.30", stack(setups(KV_CACHE_TYPE="q8_0"), version("0.30.0-rc1")), UNSEEN),
    ("eight bits, built from source", stack(setups(KV_CACHE_TYPE="q8_0"), version("0.0.0")), UNSEEN),
    ("eight bits, no version", stack(setups(KV_CACHE_TYPE="q8_0"), version("main")), UNSEEN),
    ("eight bits, version unseen", stack(setups(KV_CACHE_TYPE="q8_0"), version(GAP)), UNSEEN),
    ("eight bits, versions unseen", stack(setups(KV_CACHE_TYPE="q8_0"), without=(Versions,)), UNSEEN),
    (
        "eight bits, flash attention off",
        stack(setups(KV_CACHE_TYPE="q8_0", FLASH_ATTENTION="false")),
        fails("needs-flash"),
    ),
    ("eight bits, flash attention open", stack(undecided("q8_0")), UNSEEN),
    ("plain, flash attention open", stack(undecided("f16")), passes("plain")),
    ("four bits, flash attention off", stack(setups(KV_CACHE_TYPE="q4_0", FLASH_ATTENTION="0")), fails("needs-flash")),
    *(
        (f"{kind} and grouped heads", stack(setups(KV_CACHE_TYPE=kind, FLASH_ATTENTION="1")), halves("coarse"))
        for kind in ("q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1")
    ),
    ("four bits, no grouped heads", stack(setups(KV_CACHE_TYPE="q4_0"), UNGROUPED), passes("quantised")),
    ("four bits, heads unseen", stack(setups(KV_CACHE_TYPE="q4_0"), UNKNOWN), UNSEEN),
    ("four bits, anatomy unseen", stack(setups(KV_CACHE_TYPE="q4_0"), made(qwen=GAP)), UNSEEN),
    ("four bits, anatomies unseen", stack(setups(KV_CACHE_TYPE="q4_0"), without=(Anatomies,)), UNSEEN),
    ("eight bits, heads unseen", stack(setups(KV_CACHE_TYPE="q8_0"), UNKNOWN), passes("quantised")),
    ("no such type", stack(setups(KV_CACHE_TYPE="q8")), fails("no-type")),
    ("no such type before it mattered", stack(setups(KV_CACHE_TYPE="q8"), version("0.20.0")), fails("no-type")),
    ("settings of the server unseen", stack(have.unset_up()), UNSEEN),
    ("settings seen in part", stack(have.partly()), UNSEEN),
    ("settings unseen", stack(without=(ServerSetups,)), UNSEEN),
    ("another engine", stack(OTHER, contacts(Product.VLLM)), exempts("other-engine")),
    ("perhaps another engine", stack(OTHER, contacts(GAP)), UNSEEN),
    ("Ollama on another API", stack(OTHER, contacts(Product.OLLAMA)), passes("plain")),
    ("no model", stack(*named(models())), exempts("nothing")),
]


@pytest.mark.parametrize(("facts", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_verdict(facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(cache_suits, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


def test_all_that_is_announced_is_said_and_the_reverse(
    said_both_ways: Callable[[Check[...], Iterable[Verdict]], None],
) -> None:
    said_both_ways(cache_suits, [judge(cache_suits, *facts) for _, facts, _ in ROWS])


@pytest.mark.parametrize(
    "variables",
    [{"KV_CACHE_TYPE": "q8"}, {"KV_CACHE_TYPE": "q4_0"}, {"KV_CACHE_TYPE": "q8_0", "FLASH_ATTENTION": "0"}],
)
def test_what_costs_points_is_named_where_the_variable_is_written(variables: dict[str, str]) -> None:
    (finding,) = judge(cache_suits, *stack(setups(**variables))).findings

    assert finding.place == UNIT


def test_a_type_from_outside_is_shown_short_and_printable() -> None:
    (finding,) = judge(cache_suits, *stack(setups(KV_CACHE_TYPE="\x1b[31m" + "q" * 1000))).findings

    assert len(str(finding.params["type"])) <= 40
    assert "\x1b" not in str(finding.params["type"])


def test_what_would_settle_an_old_version_is_named() -> None:
    (finding,) = judge(cache_suits, *stack(setups(KV_CACHE_TYPE="q8_0"), version("0.20.0"))).findings

    assert finding.gap == Gap(Why.UNDECIDED, about="flash attention of version 0.20.0", hint="OLLAMA_FLASH_ATTENTION=1")
