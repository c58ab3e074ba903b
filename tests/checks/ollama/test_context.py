"""OLL-07, case by case."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
import serving_facts as have
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace
from serving_facts import GAP, MADE, agent, cards, loaded, made, models, named, running, setups, stack

from modelcheck.checks.ollama.context import enough_context
from modelcheck.core.anatomy import Anatomies
from modelcheck.core.asked import LocalModels
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact
from modelcheck.core.intent import Expectations
from modelcheck.core.project import Agents, Engine, Route
from modelcheck.core.serving import ServerSetups
from modelcheck.testing import judge


def needing(context: int | None = None, prompt_max: int | None = None) -> Expectations:
    return Expectations(context=context, prompt_max=prompt_max)


def qwen(**changes: object) -> Anatomies:
    return made(qwen=replace(MADE, **changes))


ANSWERS = Agents((agent(max_tokens=96), agent("other", "phi", max_tokens=5000), agent("bare")))
UNBOUNDED = Agents((agent(max_tokens=GAP), agent("other", max_tokens=96)))
OTHER = models("qwen", engine=Engine.OPENAI_LOCAL)
HELD = replace(loaded("qwen"), context=4096)

SPARING = Agents((agent(num_ctx=2048), agent("other", num_ctx=8192)))
ONE_ASKS = Agents((agent(num_ctx=8192), agent("other")))
ASKED_IN_VAIN = Agents((agent(num_ctx=8192, route=Route.OPENAI),))

ROWS: list[Row] = [
    ("as declared", stack(needing(4096)), passes("enough")),
    ("a token short", stack(needing(4097)), fails("too-short")),
    ("the prompt fits", stack(needing(prompt_max=4096)), passes("enough")),
    ("the prompt is too long", stack(needing(prompt_max=4097)), fails("too-short")),
    ("the prompt and its answer fit", stack(needing(prompt_max=4000), ANSWERS), passes("enough")),
    ("the answer is too long", stack(needing(prompt_max=4001), ANSWERS), fails("too-short")),
    ("the answer does not count without a prompt", stack(needing(4096), UNBOUNDED), passes("enough")),
    ("the answer is unseen", stack(needing(prompt_max=4000), UNBOUNDED), UNSEEN),
    (
        "the answer is unseen, and the prompt is too long",
        stack(needing(prompt_max=4097), UNBOUNDED),
        fails("too-short"),
    ),
    ("as loaded", stack(needing(4096), running(loaded(context=8192))), passes("enough")),
    ("short as loaded", stack(needing(4096), running(loaded(context=2048)), without=(Anatomies,)), fails("too-short")),
    ("loaded context unseen", stack(needing(4096), running(loaded(context=GAP))), UNSEEN),
    ("as its agents ask", stack(needing(8192), Agents((agent(num_ctx=8192),))), passes("enough")),
    ("less than loaded, as its agents ask", stack(needing(4096), SPARING, running(loaded())), fails("too-short")),
    ("one agent asks, another does not", stack(needing(4097), ONE_ASKS), fails("too-short")),
    ("asked over the other API", stack(needing(8192), ASKED_IN_VAIN), fails("too-short")),
    ("asked of another model", stack(needing(8192), Agents((agent("a", "phi", num_ctx=8192),))), fails("too-short")),
    ("what is asked unseen", stack(needing(4096), Agents((agent(num_ctx=GAP),))), UNSEEN),
    ("by the server", stack(needing(8192), qwen(num_ctx=None), setups(CONTEXT_LENGTH="8192")), passes("enough")),
    (
        "short by the server",
        stack(needing(8192), qwen(num_ctx=None), setups(CONTEXT_LENGTH="4096")),
        fails("too-short"),
    ),
    ("by the cards alone", stack(needing(4096), qwen(num_ctx=None)), UNSEEN),
    ("settings unseen and not needed", stack(needing(4096), without=(ServerSetups,)), passes("enough")),
    ("settings unseen", stack(needing(4096), qwen(num_ctx=None), have.unset_up()), UNSEEN),
    ("set beyond what it was made for", stack(needing(4096), qwen(num_ctx=65_536)), halves("beyond-model")),
    (
        "loaded beyond what it was made for",
        stack(needing(4096), running(loaded(context=65_536))),
        halves("beyond-model"),
    ),
    ("made for less than is needed", stack(needing(65_536), qwen(num_ctx=65_536)), fails("too-short")),
    (
        "the server sets more than it was made for",
        stack(needing(4096), qwen(num_ctx=None), setups(CONTEXT_LENGTH="65536")),
        passes("enough"),
    ),
    ("what it was made for unseen", stack(needing(4096), running(loaded()), qwen(max_context=GAP)), UNSEEN),
    ("its own context unseen", stack(needing(4096), running(loaded()), qwen(num_ctx=GAP)), UNSEEN),
    ("anatomy unseen", stack(needing(4096), without=(Anatomies,)), UNSEEN),
    ("nothing declared", stack(), exempts("undeclared")),
    (
        "nothing declared, nothing seen",
        stack(running(loaded(context=GAP)), without=(Anatomies,)),
        exempts("undeclared"),
    ),
    ("nobody's primary", stack(models("qwen", primary=False), needing(4097)), exempts("not-primary")),
    ("another engine", stack(OTHER, running(replace(HELD, name="qwen")), needing(4096)), passes("enough")),
    ("another engine, short", stack(OTHER, running(replace(HELD, name="qwen")), needing(4097)), fails("refuses")),
    ("another engine, not loaded", stack(OTHER, needing(4096), without=(Anatomies,)), UNSEEN),
    (
        "one of two",
        stack(models("qwen", "phi"), needing(4096)),
        (Outcome.PARTIAL, HALF, Fraction(1), ["enough", "unseen"]),
    ),
    ("no model", stack(*named(models())), exempts("nothing")),
    ("what is declared unseen", stack(without=(Expectations,)), UNSEEN),
    ("models not seen", stack(without=(LocalModels,)), UNSEEN),
    ("agents not seen", stack(needing(4096), without=(Agents,)), UNSEEN),
]


@pytest.mark.parametrize(("facts", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_verdict(facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(enough_context, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


def test_all_that_is_announced_is_said_and_the_reverse(
    said_both_ways: Callable[[Check[...], Iterable[Verdict]], None],
) -> None:
    said_both_ways(enough_context, [judge(enough_context, *facts) for _, facts, _ in ROWS])


def test_what_is_short_is_said_in_numbers_with_the_longest_answer() -> None:
    both = Agents((agent(max_tokens=10), agent("other", max_tokens=96)))
    (finding,) = judge(enough_context, *stack(needing(4000, 4001), both)).findings

    assert (finding.params["served"], finding.params["needed"]) == (4096, 4097)


def test_what_is_not_declared_is_named_with_the_lines_to_paste() -> None:
    (finding,) = judge(enough_context, *stack()).findings

    assert finding.params["lines"] == "expect: {context: 8192, prompt_tokens: {max: 6000}}"


def test_the_default_of_the_server_is_named_where_nobody_sets_a_context() -> None:
    (finding,) = judge(enough_context, *stack(needing(4096), qwen(num_ctx=None), cards(1))).findings

    assert finding.gap is not None
    assert "32768 tokens by its cards" in finding.gap.about
