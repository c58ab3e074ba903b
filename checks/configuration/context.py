"""Whether the context that a model runs with is somebody's choice, made where the server hears of it."""

from fractions import Fraction

from modelcheck.core.anatomy import Anatomies
from modelcheck.core.asked import model_key
from modelcheck.core.check import Effort, Verdict, check, failed, not_applicable, partial, passed
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.ollama_settings import context_length
from modelcheck.core.project import Agent, Agents, Engine, Reference, Route
from modelcheck.core.serving import ServerSetups


@check(
    "CFG-10",
    "The context is set where it works",
    points=1.5,
    per=Reference,
    effort=Effort.MINUTES,
    fix="Set PARAMETER num_ctx in the model or OLLAMA_CONTEXT_LENGTH at the server, or ask over Ollama's own API.",
    says={
        "asked": "{agent} asks {model} for {asked} tokens over Ollama's own API, which heeds it",
        "given": "{agent} asks {model} for {asked} tokens over /v1, which ignores it; {given} are set anyway",
        "in-model": "the parameters of {model} set {given} tokens",
        "at-server": "the server of {model} sets {given} tokens (OLLAMA_CONTEXT_LENGTH)",
        "ignored": "{agent} asks {model} for {asked} tokens over /v1, which ignores it; only {given} are set",
        "ignored-default": "{agent} asks {model} for {asked} tokens over /v1, which ignores it; nothing else sets any, "
        "so the server goes by the memory of its cards: 4096, 32768 or 262144",
        "by-cards": "nobody sets a context for {model}: the server goes by the memory of its cards (4096 tokens, 32768 "
        "from 23 GiB, 262144 from 47 GiB)",
        "not-local": "{model} is hosted",
        "embedding": "{model} makes embeddings, and no text",
        "listed": "{model} is listed and used by no agent",
        "other-engine": "{model} is not served by Ollama, whose own settings decide",
    },
)
def working_context(
    reference: Reference, agents: Agents, anatomies: Anatomies | Gap, setups: ServerSetups | Gap
) -> Verdict:
    """Text beyond the context is cut in silence, and a context that is larger than needed fills the card."""
    target = reference.target
    if target.leaves_machine or reference.agent is None:
        return not_applicable("not-local" if target.leaves_machine else "listed", model=reference.label)
    agent = _agent(reference.agent, agents)
    asked = seen(agent.num_ctx)
    if target.engine is not Engine.OLLAMA:
        return _elsewhere(reference, asked)
    if asked is not None and target.route is Route.NATIVE:
        return passed("asked", agent=agent.name, model=reference.label, asked=asked)
    anatomy = seen(seen(anatomies).models[model_key(target)])
    if asked is None and seen(anatomy.embeds):
        return not_applicable("embedding", model=reference.label)
    own = seen(anatomy.num_ctx)
    given = own if own is not None else seen(context_length(seen(setups).servers[target.server]))
    if asked is not None:
        return _asked_in_vain(agent.name, reference.label, asked, given)
    return _not_asked(reference.label, "in-model" if own is not None else "at-server", given)


def _agent(name: str, agents: Agents) -> Agent:
    agent = next((one for one in agents.agents if one.name == name), None)
    if agent is None:
        raise Unseen(Gap(Why.NOT_RECORDED, about=name))
    return agent


def _elsewhere(reference: Reference, asked: int | None) -> Verdict:
    if reference.target.engine is Engine.OPENAI_LOCAL and asked is None:
        return not_applicable("other-engine", model=reference.label)
    raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=reference.target.provider or reference.label))


def _not_asked(model: str, where: str, given: int) -> Verdict:
    """Judge by what is set elsewhere; 0 is nothing, and leaves it to the size of the cards."""
    if not given:
        return partial("by-cards", Fraction(1, 2), model=model)
    return passed(where, model=model, given=given)


def _asked_in_vain(agent: str, model: str, asked: int, given: int) -> Verdict:
    """Judge by what is set elsewhere, since the route ignores what the agent asks for."""
    if not given:
        return failed("ignored-default", agent=agent, model=model, asked=asked)
    if given < asked:
        return failed("ignored", agent=agent, model=model, asked=asked, given=given)
    return passed("given", agent=agent, model=model, asked=asked, given=given)
