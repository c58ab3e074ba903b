"""Models that stay loaded between requests, alone and beside each other."""

from fractions import Fraction
from functools import partial as partial_of

from modelcheck.core.anatomy import Anatomies
from modelcheck.core.asked import LocalModel
from modelcheck.core.check import (
    Effort,
    Finding,
    Outcome,
    Parameter,
    Verdict,
    check,
    failed,
    not_applicable,
    partial,
    passed,
)
from modelcheck.core.durations import keep_seconds
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.graphics import Gpus
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Contacts, Inventory, Platform, Running
from modelcheck.core.needs import Evidence, other_product
from modelcheck.core.ollama_settings import (
    DEFAULT_KEEP_ALIVE,
    KEEP_ALIVE,
    MAX_LOADED,
    keep_alive,
    most_in_memory,
    place_of,
)
from modelcheck.core.placement import room, stays
from modelcheck.core.project import Agent, Agents
from modelcheck.core.serving import ServerSetups
from modelcheck.core.together import Bond, ModelSet, ModelSets, is_asked
from modelcheck.core.worst import worst

IN_TURN = Gap(Why.NOT_ASKED, about="asking them in turn, which would show it")
SEEN_SHARE = Fraction(1, 2)
"""What looking alone can show of models that are not in memory together now."""


@check(
    "OLL-10",
    "Models used together stay loaded",
    points=2,
    per=ModelSet,
    effort=Effort.MINUTES,
    fix="Raise OLLAMA_KEEP_ALIVE or OLLAMA_MAX_LOADED_MODELS, or use models that fit the card together.",
    says={
        "kept": "{model} stays loaded between requests",
        "unloads": "{model} is unloaded after every request, and loaded again for the next ({variable})",
        "short": "{model} is unloaded after {seconds} s without a request, and loaded again for the next ({variable})",
        "together-now": "{model} are in memory together, wholly on the GPU",
        "would-stay": "{model} would stay in memory together (estimated)",
        "pushes-out": "{model} do not stay in memory together (estimated): Ollama unloads one to load the other",
        "allowed": "the server of {model} keeps up to {most} models in memory",
        "max-loaded": "{model} are {count} models, and their server keeps at most {most} in memory ({variable})",
        "not-primary": "{model} is nobody's primary",
        "in-a-set": "{model} is judged with the models that it is used with",
        "other-engine": "{model} run on {product}",
    },
)
def models_stay(
    models: ModelSet,
    sets: ModelSets,
    agents: Agents,
    inventory: Inventory,
    running: Running,
    *,
    contacts: Contacts | Gap,
    anatomies: Anatomies | Gap,
    setups: ServerSetups | Gap,
    gpus: Gpus | Gap,
    expectations: Expectations,
    platform: Platform | Gap,
) -> Verdict:
    """Loading a model takes seconds, and models that push each other out load at every request."""
    exempt = _exempt(models, sets, contacts)
    if exempt is not None:
        return exempt
    evidence = Evidence(running, anatomies, setups, gpus)
    parts = [partial_of(_kept, model, agents, evidence) for model in models.members]
    if models.bond is not Bond.ALONE:
        parts += [partial_of(_allowed, models, server, evidence) for server in models.servers]
        parts.append(partial_of(_beside, models, inventory, evidence, expectations, platform))
    return worst(*parts)


def _exempt(models: ModelSet, sets: ModelSets, contacts: Contacts | Gap) -> Verdict | None:
    products = [other_product(model.engine, model.key.server, contacts) for model in models.known()]
    if products[0] is not None and None not in products:
        return not_applicable("other-engine", model=models.label, product=products[0].value)
    if models.bond is not Bond.ALONE:
        return None
    if sets.within_another(models):
        return not_applicable("in-a-set", model=models.label)
    return None if models.members[0].primary else not_applicable("not-primary", model=models.label)


def _kept(model: LocalModel, agents: Agents, evidence: Evidence) -> Verdict:
    """Judge how long a model stays: as each agent asks for it, else as its server is set."""
    asking: list[Agent | None] = [agent for agent in agents.agents if is_asked(model, agent.targets)]
    return worst(*(partial_of(_kept_by, model, agent, evidence) for agent in asking or [None]))


def _kept_by(model: LocalModel, agent: Agent | None, evidence: Evidence) -> Verdict:
    setup = evidence.setup(model.key.server)
    if agent is None or agent.keep_alive is None:
        seconds, variable, place = seen(keep_alive(setup)), KEEP_ALIVE, place_of(setup, KEEP_ALIVE)
    else:
        seconds, variable, place = _asked(agent, agent.keep_alive), f"keep_alive of {agent.name}", agent.at
    if seconds == 0:
        return failed("unloads", place, model=model.label, variable=variable)
    if seconds < DEFAULT_KEEP_ALIVE:
        said: dict[str, Parameter] = {"model": model.label, "seconds": f"{seconds:g}", "variable": variable}
        return partial("short", Fraction(1, 2), place, **said)
    return passed("kept", model=model.label)


def _asked(agent: Agent, written: str) -> float:
    seconds = keep_seconds(written)
    if seconds is None:
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=f"keep_alive of {agent.name}"))
    return seconds


def _allowed(models: ModelSet, server: str, evidence: Evidence) -> Verdict:
    """Judge whether a server may have all of its models of a set in memory."""
    count = sum(model.key.server == server for model in models.members)
    setup = evidence.setup(server)
    most = seen(most_in_memory(setup, count, evidence.gpus))
    said: dict[str, Parameter] = {"model": models.label, "count": count, "most": most, "variable": MAX_LOADED}
    return failed("max-loaded", place_of(setup, MAX_LOADED), **said) if most < count else passed("allowed", **said)


def _beside(
    models: ModelSet, inventory: Inventory, evidence: Evidence, expectations: Expectations, platform: Platform | Gap
) -> Verdict:
    """Judge whether all models of a set are in memory now, else whether Ollama would keep them there."""
    needs = evidence.demands(models, inventory)
    free = room(evidence.given_back(models), evidence.gpus, expectations, seen(platform))
    if all(one.resident for one in needs):
        return passed("together-now", model=models.label)
    together = stays(needs, free)
    if isinstance(together, Gap):
        raise Unseen(together)
    if not together:
        return failed("pushes-out", model=models.label)
    would = Finding("would-stay", Outcome.PASS, {"model": models.label})
    turns = Finding("unseen", Outcome.UNKNOWN, gap=IN_TURN)
    return Verdict(Outcome.PARTIAL, SEEN_SHARE, Fraction(1), (would, turns))
