"""Integration, 15 points: chains that lead somewhere, routes that stay local, agents that can be made."""

from fractions import Fraction

from modelcheck.core.check import Effort, Verdict, check, failed, not_applicable, partial, passed
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.name import InvalidName, ModelRef
from modelcheck.core.part import Part, Planned
from modelcheck.core.policy import Policy
from modelcheck.core.precheck import is_cloud_name
from modelcheck.core.project import Agent, Engine, Target
from modelcheck.core.sources import AgentClass


@check(
    "INT-01",
    "Each agent's chain of models is declared and leads somewhere",
    points=2,
    per=Agent,
    effort=Effort.MINUTES,
    fix="Declare a primary and at least one different fallback, each with a provider that is known.",
    says={
        "sound": "{agent}: {chain}",
        "no-model": "{agent} names no model",
        "no-fallback": "{agent} has no fallback: when {model} fails, it fails",
        "repeated": "{agent} falls back to {model}, which is in its chain already",
        "unparsable": "{agent} names {model}, which is no model name",
        "unknown-provider": "{agent} names {model}, and no known provider goes with it",
    },
)
def broken_chain(agent: Agent) -> Verdict:
    """A chain that repeats itself or ends in nothing fails exactly when it is needed."""
    if not agent.targets:
        return failed("no-model", agent=agent.label)
    met: set[tuple[str, str]] = set()
    for target in agent.targets:
        evidence = {"agent": agent.label, "model": target.text}
        if target.engine is Engine.UNKNOWN:
            return failed("unknown-provider", target.at, **evidence)
        name = _name(target)
        if name is None:
            return failed("unparsable", target.at, **evidence)
        if (target.server, name) in met:
            return failed("repeated", target.at, **evidence)
        met.add((target.server, name))
    if len(agent.targets) == 1:
        return partial("no-fallback", Fraction(1, 2), agent=agent.label, model=agent.targets[0].text)
    return passed("sound", agent=agent.label, chain=" → ".join(target.text for target in agent.targets))


@check(
    "INT-07",
    "No sensitive agent can reach a cloud",
    points=1,
    per=Agent,
    effort=Effort.MINUTES,
    fix="Take every hosted model out of the agent's chain, or stop calling it sensitive.",
    says={
        "stays": "{agent} is sensitive and every model of its chain is local",
        "leaves": "{agent} is sensitive, and {model} leaves the machine",
        "kept": "{agent}: this profile keeps everything local, and every model of its chain is local",
        "not-kept": "{agent}: this profile keeps everything local, and {model} leaves the machine",
        "not-sensitive": "{agent} is not marked as sensitive",
        "no-model": "{agent} names no model",
    },
)
def sensitive_route(agent: Agent, policy: Policy) -> Verdict:
    """What is called sensitive must not leave the machine, least of all by a fallback nobody notices."""
    if not (agent.sensitive or policy.everything_local):
        return not_applicable("not-sensitive", agent=agent.label)
    if not agent.targets:
        return not_applicable("no-model", agent=agent.label)
    for target in agent.targets:
        if target.leaves_machine:
            code = "leaves" if agent.sensitive else "not-kept"
            return failed(code, target.at, agent=agent.label, model=target.text)
    doubt = next((target for target in agent.targets if _is_doubtful(target)), None)
    if doubt is not None:
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=doubt.text))
    return passed("stays" if agent.sensitive else "kept", agent=agent.label)


@check(
    "INT-13",
    "Every agent class can be instantiated",
    points=1,
    per=AgentClass,
    effort=Effort.HOURS,
    fix="Define what is missing where it is named; a type checker shows the same places.",
    says={
        "sound": "{name} defines all that it declares and uses",
        "abstract-left": "{name} leaves the abstract method {missing} undefined",
        "never-set": "{name} uses self.{missing}, and nothing ever sets it",
        "undefined-name": "{name} uses {missing}, and its module does not define it",
        "not-found": "{name} is named by the configuration, and the project has no such class",
    },
)
def agent_class(agent: AgentClass) -> Verdict:
    """A class that cannot be made, or that fails on first use, is found by a user instead of a test."""
    if agent.faults:
        return _all_of([failed(f.code, f.place, name=agent.label, missing=f.name) for f in agent.faults])
    if agent.doubt is not None:
        raise Unseen(agent.doubt)
    return passed("sound", name=agent.label)


def _is_doubtful(target: Target) -> bool:
    """Whether it may be hosted: nothing tells its engine, or its server may be an Ollama, with names of a cloud."""
    return target.engine is Engine.UNKNOWN or (target.engine is Engine.OPENAI_LOCAL and is_cloud_name(target.model))


def _all_of(verdicts: list[Verdict]) -> Verdict:
    first = verdicts[0]
    return Verdict(first.outcome, first.low, first.high, tuple(f for verdict in verdicts for f in verdict.findings))


def _name(target: Target) -> str | None:
    """Return the name as its engine understands it; for other engines it stands as written."""
    if target.engine is not Engine.OLLAMA:
        return target.model or None
    try:
        name = ModelRef.parse(target.model).name
    except InvalidName:
        return None
    return str(name).lower() if name else None


PART = Part(
    id="INT",
    title="Integration",
    budget=150,
    checks=(broken_chain, sensitive_route, agent_class),
    planned=(
        Planned("INT-02", "The fallback fires when the local server is down", 10),
        Planned("INT-03", "The fallback fires on a stall, an overload and an error", 15),
        Planned("INT-04", "A stream that breaks is an error, not an answer", 15),
        Planned("INT-05", "Cloud faults lead to the next target, and back", 10),
        Planned("INT-06", "A fallback is loud", 15),
        Planned("INT-08", "Every target of a chain can do what the agent needs", 15),
        Planned("INT-09", "Embeddings keep one model and one dimension", 10),
        Planned("INT-10", "Parameters survive translation", 5),
        Planned("INT-11", "Requests return to the local model after recovery", 5),
        Planned("INT-12", "One checked answer per route", 10),
    ),
)
