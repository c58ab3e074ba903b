"""The context that is served, against the one that is meant."""

from fractions import Fraction

from modelcheck.core.anatomy import Anatomies
from modelcheck.core.asked import LocalModel
from modelcheck.core.check import Effort, Verdict, check, failed, not_applicable, partial, passed
from modelcheck.core.gap import Gap, seen
from modelcheck.core.graphics import Gpus
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Running
from modelcheck.core.needs import Evidence
from modelcheck.core.project import Agents, Engine, Route
from modelcheck.core.serving import ServerSetups
from modelcheck.core.together import is_asked

LINES = "expect: {context: 8192, prompt_tokens: {max: 6000}}"
"""What declares the context, ready to paste into the settings and to be changed."""


@check(
    "OLL-07",
    "The served context is the intended one",
    points=2.5,
    per=LocalModel,
    effort=Effort.MINUTES,
    fix="Set num_ctx in the model or OLLAMA_CONTEXT_LENGTH on its server, and restart the server.",
    says={
        "enough": "{model} is served with {served} tokens of context, and {needed} are needed",
        "too-short": "{model} is served with {served} tokens of context, and {needed} are needed: "
        "a longer prompt is cut to about half of it, and no error tells",
        "refuses": "{model} is served with {served} tokens of context, and {needed} are needed: "
        "{engine} refuses a longer prompt",
        "beyond-model": "{model} is set to {served} tokens of context, and it was made for {most}",
        "undeclared": "how much context is needed is not declared; in modelcheck.yaml: {lines}",
        "not-primary": "{model} is nobody's primary",
    },
)
def enough_context(
    model: LocalModel,
    expectations: Expectations,
    agents: Agents,
    running: Running,
    *,
    anatomies: Anatomies | Gap,
    setups: ServerSetups | Gap,
    gpus: Gpus | Gap,
) -> Verdict:
    """A prompt that is too long loses its beginning, often the instructions, and the answer looks like any other."""
    if not model.primary:
        return not_applicable("not-primary", model=model.label)
    if expectations.context is None and expectations.prompt_max is None:
        return not_applicable("undeclared", lines=LINES)
    evidence = Evidence(running, anatomies, setups, gpus)
    asked = seen(_asked(model, agents))
    served = seen(evidence.context(model)) if asked is None else asked
    prompt, answer = expectations.prompt_max, _answer(model, agents)
    whole = 0 if prompt is None else prompt + (0 if isinstance(answer, Gap) else answer)
    needed = max(expectations.context or 0, whole)
    code, engine = ("too-short", "") if model.engine is Engine.OLLAMA else ("refuses", model.engine.value)
    if served < needed:
        return failed(code, model=model.label, served=served, needed=needed, engine=engine)
    if prompt is not None:
        seen(answer)
    if model.engine is Engine.OLLAMA:
        anatomy = seen(evidence.anatomy(model))
        most, set_to = seen(anatomy.max_context), max(served, seen(anatomy.num_ctx) or 0)
        if set_to > most:
            return partial("beyond-model", Fraction(1, 2), model=model.label, served=set_to, most=most)
    return passed("enough", model=model.label, served=served, needed=needed)


def _asked(model: LocalModel, agents: Agents) -> int | Gap | None:
    """Return the least context that agents ask for with each request, over the API that heeds it.

    None where one of them leaves it to the model or its server.
    """
    asked: list[int] = []
    for agent in agents.agents:
        routes = {target.route for target in agent.targets if is_asked(model, [target])}
        if not routes:
            continue
        if isinstance(agent.num_ctx, Gap):
            return agent.num_ctx
        if agent.num_ctx is None or routes != {Route.NATIVE} or model.engine is not Engine.OLLAMA:
            return None
        asked.append(agent.num_ctx)
    return min(asked, default=None)


def _answer(model: LocalModel, agents: Agents) -> int | Gap:
    """Return the longest answer in tokens that an agent asks of a model, 0 where none is bounded."""
    bounds = [agent.max_tokens for agent in agents.agents if is_asked(model, agent.targets)]
    gaps = [bound for bound in bounds if isinstance(bound, Gap)]
    return gaps[0] if gaps else max((bound for bound in bounds if isinstance(bound, int)), default=0)
