"""OLL-06, case by case: models and sets on one card, on several, and on Apple silicon."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
import serving_facts as have
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace
from serving_facts import (
    GAP,
    GIB,
    LINUX,
    MAC,
    MADE,
    WINDOWS,
    cards,
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

from modelcheck.checks.ollama.memory import card_fit
from modelcheck.core.anatomy import Anatomies, CacheGroup
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpus, Holder
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Inventory, Platform, Source
from modelcheck.core.memory import OVERHEAD
from modelcheck.core.project import Engine
from modelcheck.core.serving import ServerSetups
from modelcheck.core.together import ModelSets
from modelcheck.testing import judge

NEED = 6 * GIB + GIB // 2 + OVERHEAD
EXACTLY = NEED + GIB
"""What has to be free for the model and the reserve."""
PAIR = models("qwen", "phi")
TOGETHER = named(PAIR, Expectations(together=(("qwen", "phi"),)))
BOTH = (holding(entry(), entry("phi:latest")), made(qwen=MADE, phi=MADE))
NEITHER_KNOWN = Platform("Linux", desktop=GAP)


def qwen(**changes: object) -> Anatomies:
    return made(qwen=replace(MADE, **changes))


ROWS: list[Row] = [
    ("fits, estimated", stack(), passes("fits-estimated")),
    ("fits to the byte", stack(cards(EXACTLY)), passes("fits-estimated")),
    ("a byte too large", stack(cards(EXACTLY - 1)), fails("too-large-estimated")),
    ("its cache is too large", stack(cards(8 * GIB), qwen(num_ctx=32_768)), fails("too-large-estimated")),
    (
        "the same, quantised",
        stack(cards(EXACTLY), qwen(num_ctx=7680), setups(KV_CACHE_TYPE="q8_0")),
        passes("fits-estimated"),
    ),
    ("the same, of half precision", stack(cards(EXACTLY), qwen(num_ctx=7680)), fails("too-large-estimated")),
    (
        "its window is small",
        stack(cards(EXACTLY), qwen(num_ctx=32_768, cache=(CacheGroup(32, 2048, 4096),))),
        passes("fits-estimated"),
    ),
    ("its slots are too many", stack(cards(EXACTLY), setups(NUM_PARALLEL="2")), fails("too-large-estimated")),
    (
        "it takes one slot",
        stack(cards(EXACTLY), setups(NUM_PARALLEL="8"), qwen(architecture="qwen3next")),
        passes("fits-estimated"),
    ),
    ("its state is too large", stack(cards(EXACTLY), qwen(state=1)), fails("too-large-estimated")),
    ("the server sets its context", stack(qwen(num_ctx=None), setups(CONTEXT_LENGTH="8192")), passes("fits-estimated")),
    ("weights alone too large", stack(qwen(weights=19 * GIB)), fails("too-large-estimated")),
    ("weights alone too large, context open", stack(qwen(weights=19 * GIB, num_ctx=None)), fails("weights-alone")),
    (
        "weights alone too large, settings unseen",
        stack(have.unset_up(), qwen(weights=19 * GIB)),
        fails("weights-alone"),
    ),
    ("a declared reserve", stack(Expectations(14 * GIB)), fails("too-large-estimated")),
    ("a screen", stack(cards(EXACTLY), WINDOWS), fails("too-large-estimated")),
    ("fits, measured", stack(running(loaded()), cards(GIB)), passes("fits")),
    (
        "fits, measured, nothing else seen",
        stack(running(loaded()), cards(GIB), without=(Anatomies, ServerSetups)),
        passes("fits"),
    ),
    ("too large, measured", stack(running(loaded(size=9 * GIB)), cards(GIB)), fails("too-large")),
    (
        "another model would make room",
        stack(running(loaded("phi:latest", on_card=7 * GIB)), cards(GIB)),
        passes("fits-estimated"),
    ),
    ("perhaps a screen, and room for it", stack(NEITHER_KNOWN), passes("fits-estimated")),
    ("perhaps a screen, and no room for it", stack(NEITHER_KNOWN, cards(EXACTLY)), UNSEEN),
    ("perhaps a screen, and no room anyway", stack(NEITHER_KNOWN, cards(EXACTLY - 1)), fails("too-large-estimated")),
    ("another system", stack(without=(Platform,)), UNSEEN),
    (
        "others hold the card",
        stack(cards(2 * GIB, holders=(Holder("python", 20 * GIB),))),
        fails("too-large-estimated", "holder"),
    ),
    (
        "others hold the card, and nobody tells how much",
        stack(cards(2 * GIB, holders=(Holder("python", GAP),))),
        fails("too-large-estimated", "holder-unsized"),
    ),
    ("nobody tells who holds the card", stack(cards(2 * GIB, holders=GAP)), fails("too-large-estimated")),
    (
        "Windows hides who holds the card",
        stack(cards(2 * GIB, wddm=True), WINDOWS),
        fails("too-large-estimated", "wddm"),
    ),
    ("fits either card", stack(cards(10 * GIB, 20 * GIB)), passes("fits-estimated")),
    ("fits one card", stack(cards(4 * GIB, 20 * GIB)), passes("fits-estimated")),
    ("fits one card, which Ollama finds too full", stack(cards(4 * GIB, EXACTLY)), halves("spread")),
    ("fits two cards", stack(cards(5 * GIB, 5 * GIB)), halves("spread")),
    ("fits no two cards", stack(cards(3 * GIB, 3 * GIB)), fails("too-large-estimated")),
    (
        "fits one card if another makes room on it",
        stack(running(loaded("phi:latest")), cards(4 * GIB, 4 * GIB)),
        UNSEEN,
    ),
    ("lies on cards that are full", stack(running(loaded()), cards(GIB, GIB)), passes("fits")),
    ("Apple silicon", stack(MAC, without=(Gpus,)), passes("fits-estimated", "shared")),
    ("a small Mac", stack(replace(MAC, memory=10 * GIB), without=(Gpus,)), fails("too-large-estimated", "shared")),
    (
        "a small Mac that holds it",
        stack(replace(MAC, memory=10 * GIB), running(loaded()), without=(Gpus,)),
        passes("fits", "shared"),
    ),
    ("a Mac of unknown graphics", stack(replace(MAC, graphics=GAP)), UNSEEN),
    ("AMD", stack(cards(), replace(LINUX, graphics="amd")), UNSEEN),
    ("no card", stack(cards()), UNSEEN),
    ("no driver", stack(without=(Gpus,)), UNSEEN),
    ("free memory unseen", stack(cards(GAP)), UNSEEN),
    ("what others hold unseen", stack(running(loaded("phi", on_card=GAP))), UNSEEN),
    ("reserve unseen", stack(Expectations(GAP)), UNSEEN),
    ("settings unseen", stack(have.unset_up()), UNSEEN),
    ("settings seen in part", stack(have.partly(KV_CACHE_TYPE="f16")), UNSEEN),
    ("anatomy unseen", stack(made(qwen=GAP)), UNSEEN),
    ("context by the cards", stack(qwen(num_ctx=None)), UNSEEN),
    ("largest context unseen", stack(qwen(max_context=GAP)), UNSEEN),
    ("measured size unseen", stack(running(loaded(size=GAP)), cards(GIB)), UNSEEN),
    ("measured context unseen", stack(running(loaded(context=GAP)), cards(GIB)), UNSEEN),
    ("not here", stack(holding()), UNSEEN),
    ("not in the store, which proves nothing", stack(holding(source=Source.STORE)), UNSEEN),
    ("a stub", stack(holding(entry(remote=True))), UNSEEN),
    ("stub or not unseen", stack(holding(entry(remote=GAP))), UNSEEN),
    ("weights missing on disk", stack(holding(entry(whole=False))), UNSEEN),
    ("another engine", stack(*named(models("qwen", engine=Engine.OPENAI_LOCAL))), UNSEEN),
    ("another machine", stack(*named(models("qwen", server="lab"))), UNSEEN),
    ("one of two", stack(*named(PAIR)), (Outcome.PARTIAL, HALF, Fraction(1), ["fits-estimated", "unseen"])),
    ("a set that fits", stack(*TOGETHER, *BOTH), passes("fits-estimated", "fits-estimated", "set-fits")),
    (
        "a set that does not fit",
        stack(*TOGETHER, *BOTH, cards(2 * EXACTLY - GIB - 1)),
        (Outcome.PARTIAL, Fraction(2, 3), Fraction(2, 3), ["fits-estimated", "fits-estimated", "set-too-large"]),
    ),
    (
        "a set with one on each card",
        stack(*TOGETHER, *BOTH, cards(10 * GIB, 10 * GIB)),
        passes("fits-estimated", "fits-estimated", "set-fits"),
    ),
    (
        "a set that is spread",
        stack(*TOGETHER, *BOTH, cards(13 * GIB, 4 * GIB)),
        (Outcome.PARTIAL, Fraction(5, 6), Fraction(5, 6), ["fits-estimated", "fits-estimated", "spread"]),
    ),
    (
        "a set that is in memory",
        stack(*TOGETHER, *BOTH, running(loaded(), loaded("phi:latest")), cards(GIB)),
        passes("fits", "fits", "set-fits"),
    ),
    (
        "a set with a model that nothing tells of",
        stack(*named(models("qwen"), Expectations(together=(("qwen", "phi"),)))),
        (Outcome.PARTIAL, HALF, Fraction(1), ["fits-estimated", "unseen"]),
    ),
    (
        "primaries of one server at the same time",
        stack(*named(PAIR, Expectations(concurrency=2)), *BOTH),
        passes("fits-estimated", "fits-estimated", "not-declared"),
    ),
    ("no model", stack(*named(models())), exempts("nothing")),
    ("sets not seen", stack(without=(ModelSets,)), UNSEEN),
    ("no inventory", stack(without=(Inventory,)), UNSEEN),
]


@pytest.mark.parametrize(("facts", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_verdict(facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(card_fit, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


def test_all_that_is_announced_is_said_and_the_reverse(
    said_both_ways: Callable[[Check[...], Iterable[Verdict]], None],
) -> None:
    said_both_ways(card_fit, [judge(card_fit, *facts) for _, facts, _ in ROWS])


def reason(*facts: Fact) -> Gap | None:
    (finding,) = judge(card_fit, *facts).findings
    return finding.gap


def test_fit_is_shown_with_what_it_is_made_of() -> None:
    (finding,) = judge(card_fit, *stack()).findings

    assert finding.params == {
        "model": "qwen",
        "need": NEED,
        "weights": 6 * GIB,
        "cache": GIB // 2,
        "context": 4096,
        "cards": 1,
        "room": 19 * GIB,
    }


def test_room_is_never_said_to_be_negative() -> None:
    (finding,) = judge(card_fit, *stack(cards(0))).findings

    assert (finding.code, finding.params["room"]) == ("too-large-estimated", 0)


def test_what_is_known_to_be_too_large_is_said_with_what_is_known_alone() -> None:
    (finding,) = judge(card_fit, *stack(qwen(weights=19 * GIB, num_ctx=None))).findings

    assert finding.params["need"] == 19 * GIB + OVERHEAD


def test_what_leaves_fit_open_is_named() -> None:
    by_cards = reason(*stack(running(loaded("phi:latest")), cards(4 * GIB, 4 * GIB)))
    by_screen = reason(*stack(NEITHER_KNOWN, cards(EXACTLY)))
    by_default = reason(*stack(qwen(num_ctx=None)))
    by_settings = reason(*stack(have.partly()))

    assert by_cards == Gap(Why.UNDECIDED, about="2 cards")
    assert by_screen == Gap(Why.UNREADABLE, about="screen", hint="expect.reserve_gib (modelcheck.yaml)")
    assert by_default is not None
    assert "32768 tokens by its cards" in by_default.about
    assert by_settings == Gap(Why.NOT_RECORDED, about="OLLAMA_NUM_PARALLEL of the running server")


def test_a_set_is_named_with_its_members_where_it_is_declared() -> None:
    at = Place("modelcheck.yaml", 5)
    found = judge(card_fit, *stack(*named(PAIR, Expectations(together=(("qwen", "phi"),), at=at)), *BOTH)).findings[-1]

    assert (found.subject, found.place, found.params["model"]) == ("qwen + phi", at, "qwen + phi")
    assert found.params["need"] == 2 * NEED


def test_the_largest_programs_are_named_and_ollama_is_none_of_them() -> None:
    holders = (
        Holder("ollama_llama_server", 9 * GIB),
        Holder("llama-server.exe", 9 * GIB),
        Holder("Ollama app.exe", GIB),
        Holder("firefox", GIB),
        Holder("\x1b[31mblender", 3 * GIB),
        Holder(GAP, 4 * GIB),
        Holder("game", GAP),
        Holder("python", 2 * GIB),
        Holder("vlc", GIB // 2),
    )
    findings = judge(card_fit, *stack(cards(GIB, holders=holders))).findings[1:]

    assert [finding.params["used"] for finding in findings] == [3 * GIB, 2 * GIB, GIB]
    assert [finding.params["holder"] for finding in findings][1:] == ["python", "firefox"]
    assert "\x1b" not in str(findings[0].params["holder"])
    assert {finding.outcome for finding in findings} == {Outcome.FAIL}
