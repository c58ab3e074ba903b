"""The checks of integration, case by case."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
from expected import UNSEEN, Expected, Row, exempts, fails, halves, passes

from modelcheck.checks import integration as part
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.policy import Policy
from modelcheck.core.project import Agent, Agents, Engine, Target
from modelcheck.core.sources import AgentClass, AgentClasses, ClassFault
from modelcheck.testing import judge

DOUBT = Gap(Why.NOT_UNDERSTOOD, about="setattr")
FILE = "config/models_config.json"


def target(model: str, engine: Engine = Engine.OLLAMA, line: int = 2, *, cloud_name: bool = False) -> Target:
    provider, at = engine.value, Place(FILE, line)
    return Target(
        f"{provider}/{model}",
        provider,
        engine,
        provider,
        model,
        cloud_name=cloud_name,
        hosted=engine.is_cloud,
        at=at,
    )


LLAMA, QWEN = target("llama3:8b"), target("qwen")
SONNET = target("claude-sonnet-4-5", Engine.ANTHROPIC, 3)
STRANGE = target("x", Engine.UNKNOWN)


def agents(*chains: tuple[Target, ...], sensitive: bool = False) -> Agents:
    return Agents(
        tuple(
            Agent(
                name=f"agent {number}",
                sensitive=sensitive,
                targets=chain,
                chain_declared=len(chain) > 1,
                class_name=None,
                at=Place(FILE, 1),
            )
            for number, chain in enumerate(chains)
        )
    )


def classes(*found: tuple[tuple[str, ...], Gap | None]) -> AgentClasses:
    return AgentClasses(
        tuple(
            AgentClass(
                "WriterAgent",
                tuple(ClassFault(code, f"the {code}", Place("agents.py", 9)) for code in codes),
                doubt,
                Place("agents.py", 4),
            )
            for codes, doubt in found
        )
    )


CLOUDY = target("gpt-oss:120b-cloud", Engine.OPENAI_LOCAL)
SERVED = target("org/model", Engine.OPENAI_LOCAL)
OPEN, LOCAL = Policy(), Policy(everything_local=True)
TABLE: dict[str, tuple[Check[...], list[Row]]] = {
    "INT-01": (
        part.broken_chain,
        [
            ("local and cloud", (agents((LLAMA, SONNET)),), passes("sound")),
            ("two local ones", (agents((LLAMA, QWEN)),), passes("sound")),
            ("no model", (agents(()),), fails("no-model")),
            ("no fallback", (agents((LLAMA,)),), halves("no-fallback")),
            ("the same again", (agents((LLAMA, SONNET, LLAMA)),), fails("repeated")),
            ("the same by another spelling", (agents((QWEN, target("QWEN:latest"))),), fails("repeated")),
            ("the same at a provider", (agents((LLAMA, SONNET, SONNET)),), fails("repeated")),
            ("no name", (agents((LLAMA, target("a b"))),), fails("unparsable")),
            ("two suffixes", (agents((LLAMA, target("glm:cloud:local"))),), fails("unparsable")),
            ("an empty name", (agents((LLAMA, target("", Engine.OPENAI))),), fails("unparsable")),
            ("no known provider", (agents((LLAMA, STRANGE)),), fails("unknown-provider")),
            ("one of two", (agents((LLAMA, SONNET), ()),), halves("sound", "no-model")),
            ("no agent", (agents(),), exempts("nothing")),
            ("agents not seen", (), UNSEEN),
        ],
    ),
    "INT-07": (
        part.sensitive_route,
        [
            ("local alone", (agents((LLAMA, QWEN), sensitive=True), OPEN), passes("stays")),
            ("a cloud fallback", (agents((LLAMA, SONNET), sensitive=True), OPEN), fails("leaves")),
            ("a cloud name", (agents((target("glm", cloud_name=True),), sensitive=True), OPEN), fails("leaves")),
            ("a proven leak beats a doubt", (agents((STRANGE, SONNET), sensitive=True), OPEN), fails("leaves")),
            ("an unknown provider", (agents((LLAMA, STRANGE), sensitive=True), OPEN), UNSEEN),
            ("a cloud name where an Ollama may be", (agents((CLOUDY,), sensitive=True), OPEN), UNSEEN),
            ("another name there", (agents((SERVED,), sensitive=True), OPEN), passes("stays")),
            ("not sensitive", (agents((LLAMA, SONNET)), OPEN), exempts("not-sensitive")),
            ("nothing named", (agents((), sensitive=True), OPEN), exempts("no-model")),
            ("one of two", (agents((LLAMA,), (SONNET,), sensitive=True), OPEN), halves("stays", "leaves")),
            ("no agent", (agents(), OPEN), exempts("nothing")),
            ("all local, a sensitive one", (agents((LLAMA,), sensitive=True), LOCAL), passes("stays")),
            ("all local, a sensitive one leaves", (agents((SONNET,), sensitive=True), LOCAL), fails("leaves")),
            ("all local, any other stays", (agents((LLAMA, QWEN)), LOCAL), passes("kept")),
            ("all local, any other leaves", (agents((LLAMA, SONNET)), LOCAL), fails("not-kept")),
            ("all local, a leak beats a doubt", (agents((STRANGE, SONNET)), LOCAL), fails("not-kept")),
            ("all local, an unknown provider", (agents((LLAMA, STRANGE)), LOCAL), UNSEEN),
            ("all local, nothing named", (agents(()), LOCAL), exempts("no-model")),
            ("all local, one of two", (agents((LLAMA,), (SONNET,)), LOCAL), halves("kept", "not-kept")),
            ("all local, no agent", (agents(), LOCAL), exempts("nothing")),
            ("agents not seen", (OPEN,), UNSEEN),
            ("the policy not known", (agents((LLAMA,)),), UNSEEN),
        ],
    ),
    "INT-13": (
        part.agent_class,
        [
            ("sound", (classes(((), None)),), passes("sound")),
            ("an abstract method left", (classes((("abstract-left",), None)),), fails("abstract-left")),
            ("an attribute never set", (classes((("never-set",), None)),), fails("never-set")),
            ("a name undefined", (classes((("undefined-name",), None)),), fails("undefined-name")),
            ("no such class", (classes((("not-found",), None)),), fails("not-found")),
            (
                "every fault is said",
                (classes((("abstract-left", "never-set"), None)),),
                fails("abstract-left", "never-set"),
            ),
            ("a proven fault beats a doubt", (classes((("never-set",), DOUBT)),), fails("never-set")),
            ("a doubt", (classes(((), DOUBT)),), UNSEEN),
            ("one of two", (classes(((), None), (("never-set",), None)),), halves("sound", "never-set")),
            (
                "one of three, one unseen",
                (classes(((), None), (("never-set",), None), ((), DOUBT)),),
                (Outcome.PARTIAL, Fraction(1, 3), Fraction(2, 3), ["sound", "never-set", "unseen"]),
            ),
            ("no class", (classes(),), exempts("nothing")),
            ("classes not seen", (), UNSEEN),
        ],
    ),
}
ROWS = [pytest.param(check, *row[1:], id=f"{id}: {row[0]}") for id, (check, rows) in TABLE.items() for row in rows]


@pytest.mark.parametrize(("check", "facts", "expected"), ROWS)
def test_verdict(check: Check[...], facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(check, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


@pytest.mark.parametrize("check", part.PART.checks, ids=lambda check: check.id)
def test_all_that_is_announced_is_said_and_the_reverse(
    check: Check[...], said_both_ways: Callable[[Check[...], Iterable[Verdict]], None]
) -> None:
    same, rows = TABLE[check.id]

    assert same is check
    said_both_ways(check, [judge(check, *facts) for _, facts, _ in rows])


def test_a_leak_is_shown_where_it_is_written() -> None:
    (finding,) = judge(part.sensitive_route, agents((LLAMA, SONNET), sensitive=True), OPEN).findings

    assert finding.params == {"agent": "agent 0", "model": "anthropic/claude-sonnet-4-5"}
    assert (finding.subject, finding.place) == ("agent 0", Place(FILE, 3))


def test_a_fault_is_shown_where_it_stands() -> None:
    (finding,) = judge(part.agent_class, classes((("never-set",), None))).findings

    assert finding.params == {"name": "WriterAgent", "missing": "the never-set"}
    assert finding.place == Place("agents.py", 9)


def test_a_sound_chain_is_shown_in_its_order() -> None:
    (finding,) = judge(part.broken_chain, agents((LLAMA, SONNET))).findings

    assert finding.params["chain"] == "ollama/llama3:8b → anthropic/claude-sonnet-4-5"
    assert finding.place == Place(FILE, 1)
