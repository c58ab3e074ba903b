"""The checks of limits, spending, prices and data of hosted providers, case by case."""

from collections.abc import Callable, Iterable

import healthy_facts as well
import pytest
from expected import UNSEEN, Expected, Row, exempts, fails, halves, passes

from modelcheck.checks.cloud.limits import bounded_answers, fitting_peak
from modelcheck.checks.cloud.prices import known_price, ruled_data
from modelcheck.core.asked import CloudModel, CloudModels, CloudProvider, CloudProviders
from modelcheck.core.check import Check, Verdict
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.intent import DataRule, Expectations, Limits
from modelcheck.core.prices import Price, Prices
from modelcheck.core.project import Agent, Agents, Engine, ModelKey, Target
from modelcheck.core.tables import Clock
from modelcheck.testing import judge

HERE = Place("config/models_config.json", 9)
TODAY = Clock("2026-11-22")


def providers(*names: str) -> CloudProviders:
    return CloudProviders(tuple(CloudProvider(name, Engine.OPENAI, name.upper(), "", None, HERE) for name in names))


ONE, TWO = providers("openai"), providers("openai", "other")


def peak(requests: int | None = 20, typical: int | None = 800, *limits: Limits) -> Expectations:
    return Expectations(requests_per_minute=requests, prompt_typical=typical, limits=limits)


WIDE = Limits("openai", 50, 30_000)


def agent(*targets: Target, tokens: int | Gap | None = 512) -> Agents:
    return Agents(
        (
            Agent(
                "a", sensitive=False, targets=targets, chain_declared=True, class_name=None, at=HERE, max_tokens=tokens
            ),
        )
    )


HOME, GPT = well.local("m", 1), well.hosted(Engine.OPENAI, "gpt-5", 2)
MODEL = CloudModels((CloudModel(ModelKey("openai", "m"), Engine.OPENAI, (HERE,)),))


def priced(price: Price | Gap) -> Prices:
    return Prices(Seen[ModelKey, Price].of({ModelKey("openai", "m"): price}))


TEXT = Price("0.25", "2", "0.025", "genai-prices 0.2.3", "2026-11-09")
UNCACHED = Price("0.25", "2", "", "genai-prices 0.2.3", "2026-11-09")
VECTORS = Price("0.02", "", "", "genai-prices 0.2.3", "2026-11-09")

TABLE: dict[str, tuple[Check[...], list[Row]]] = {
    "CLD-08": (
        fitting_peak,
        [
            ("within", (ONE, peak(20, 800, WIDE)), passes("fits")),
            ("within to the last", (ONE, peak(50, 600, WIDE)), passes("fits")),
            ("by the name of the section", (ONE, peak(20, 800, Limits(" OpenAI ", 50))), passes("fits")),
            ("too many requests", (ONE, peak(51, 1, WIDE)), fails("requests")),
            ("too many requests of nobody knows what size", (ONE, peak(51, None, WIDE)), fails("requests")),
            ("too many tokens", (ONE, peak(50, 601, WIDE)), fails("tokens")),
            ("no limit of tokens", (ONE, peak(50, None, Limits("openai", 50))), passes("fits")),
            ("size of requests undeclared", (ONE, peak(20, None, WIDE)), UNSEEN),
            ("peak undeclared", (ONE, peak(None, 800, WIDE)), UNSEEN),
            ("limits undeclared", (ONE, peak(20, 800)), UNSEEN),
            ("another's limits", (ONE, peak(20, 800, Limits("anthropic", 1))), UNSEEN),
            ("limit of tokens alone", (ONE, peak(20, 800, Limits("openai", None, 30_000))), UNSEEN),
            ("one of two", (TWO, peak(20, 800, WIDE, Limits("other", 1))), halves("fits", "requests")),
            ("declarations not seen", (ONE,), UNSEEN),
            ("no provider", (providers(), peak(20, 800, WIDE)), exempts("nothing")),
        ],
    ),
    "CLD-09": (
        bounded_answers,
        [
            ("bounded", (agent(HOME, GPT),), passes("bounded")),
            ("not bounded", (agent(HOME, GPT, tokens=None),), fails("unbounded")),
            ("bounded by nothing", (agent(GPT, tokens=0),), fails("unbounded")),
            ("bounded by no number", (agent(GPT, tokens=Gap(Why.NOT_UNDERSTOOD)),), UNSEEN),
            ("local alone", (agent(HOME, tokens=None),), exempts("local")),
            ("no agent", (Agents(()),), exempts("nothing")),
            ("agents not seen", (), UNSEEN),
        ],
    ),
    "CLD-10": (
        known_price,
        [
            ("known", (MODEL, priced(TEXT), TODAY), passes("text")),
            ("known, nothing said of repeats", (MODEL, priced(UNCACHED), TODAY), passes("text")),
            ("of vectors", (MODEL, priced(VECTORS), TODAY), passes("input-alone")),
            ("old", (MODEL, priced(TEXT), Clock("2027-05-09")), UNSEEN),
            ("not known", (MODEL, priced(Gap(Why.NOT_LISTED)), TODAY), UNSEEN),
            ("no catalogue", (MODEL, TODAY), UNSEEN),
            ("no model", (CloudModels(()), priced(TEXT), TODAY), exempts("nothing")),
        ],
    ),
    "CLD-12": (
        ruled_data,
        [
            ("ruled", (ONE, Expectations(data=(DataRule("OPENAI", "no names"),))), passes("ruled")),
            ("not ruled", (ONE, Expectations()), fails("unruled")),
            ("another ruled", (ONE, Expectations(data=(DataRule("other", "no names"),))), fails("unruled")),
            ("one of two", (TWO, Expectations(data=(DataRule("other", "x"),))), halves("unruled", "ruled")),
            ("rules not seen", (ONE,), UNSEEN),
            ("no provider", (providers(), Expectations()), exempts("nothing")),
        ],
    ),
}
ROWS = [pytest.param(check, *row[1:], id=f"{id}: {row[0]}") for id, (check, rows) in TABLE.items() for row in rows]
CHECKS = [fitting_peak, bounded_answers, known_price, ruled_data]


@pytest.mark.parametrize(("check", "facts", "expected"), ROWS)
def test_verdict(check: Check[...], facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(check, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_all_that_is_announced_is_said_and_the_reverse(
    check: Check[...], said_both_ways: Callable[[Check[...], Iterable[Verdict]], None]
) -> None:
    same, rows = TABLE[check.id]

    assert same is check
    said_both_ways(check, [judge(check, *facts) for _, facts, _ in rows])


@pytest.mark.parametrize(
    ("expectations", "hint"),
    [
        (peak(None), "expect: {requests_per_minute: 20, prompt_tokens: {typical: 800}}"),
        (peak(20), "cloud: {limits: {OPENAI: {requests: 50, input_tokens: 30000}}}"),
        (peak(20, None, WIDE), "expect: {prompt_tokens: {typical: 800}}"),
    ],
)
def test_what_is_not_declared_comes_with_the_lines_to_paste(expectations: Expectations, hint: str) -> None:
    (finding,) = judge(fitting_peak, ONE, expectations).findings

    assert finding.gap is not None
    assert (finding.gap.why, finding.gap.hint) == (Why.NOT_DECLARED, hint)


def test_an_old_catalogue_says_how_to_get_a_new_one() -> None:
    (finding,) = judge(known_price, MODEL, priced(TEXT), Clock("2027-05-09")).findings

    about = "genai-prices 0.2.3 (2026-11-09)"
    assert finding.gap == Gap(Why.STALE, about=about, hint="pip install --upgrade genai-prices")


def test_an_agent_without_a_bound_is_named_by_its_line() -> None:
    (finding,) = judge(bounded_answers, agent(GPT, tokens=None)).findings

    assert (finding.subject, finding.place) == ("a", HERE)
