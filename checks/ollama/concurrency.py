"""Requests at the same time: the slots, the queue and the models in memory, against what the project declares."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial as partial_of
from math import ceil

import msgspec

from modelcheck.core.anatomy import Anatomies, Anatomy
from modelcheck.core.asked import LocalModels, Server, Servers
from modelcheck.core.check import Effort, Parameter, Verdict, check, failed, not_applicable, partial, passed
from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, seen
from modelcheck.core.graphics import Gpus
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Contacts
from modelcheck.core.memory import slots_of
from modelcheck.core.needs import other_product
from modelcheck.core.ollama_settings import MAX_LOADED, MAX_QUEUE, NUM_PARALLEL, most_in_memory, place_of, queue
from modelcheck.core.ollama_settings import slots as slots_set
from modelcheck.core.project import Configuration, Engine
from modelcheck.core.serving import ServerSetup, ServerSetups
from modelcheck.core.together import ModelSets
from modelcheck.core.worst import worst

MOST_TURNS = 4
"""How many requests may share a slot before waiting is all that most of them do."""
LINES = "expect: {concurrency: 4}"
"""What declares the concurrency, ready to paste into the settings and to be changed."""


@check(
    "OLL-09",
    "Parallel slots and queue suit the declared concurrency",
    points=2,
    per=Server,
    effort=Effort.MINUTES,
    fix="Raise OLLAMA_NUM_PARALLEL or OLLAMA_MAX_LOADED_MODELS, or send fewer requests at a time.",
    says={
        "enough-slots": "{server} answers {slots} at a time (requests together: {needed})",
        "enough-models": "{server} keeps up to {most} models in memory, and {needed} are used together",
        "waits": "{server} answers {slots} at a time (requests together: {needed}), and some wait for others to end",
        "queues": "{server} answers {slots} at a time (requests together: {needed}; {variable}): "
        "most do nothing but wait, and its queue hides that",
        "refused": "{server} answers {slots} at a time and lets {queue} wait "
        "(requests together: {needed}; {variable}), and refuses the others",
        "times-out": "{server} answers {slots} at a time (requests together: {needed}): the last waits about {wait} s, "
        "and {provider} gives up after {limit} s",
        "max-loaded": "{server} keeps at most {most} models in memory ({variable}), and {needed} are used together",
        "undeclared": "how many requests come at a time is not declared; in modelcheck.yaml: {lines}",
        "other-engine": "{server} is {product}",
    },
)
def slots_suit(
    server: Server,
    expectations: Expectations,
    sets: ModelSets,
    models: LocalModels,
    servers: Servers,
    *,
    contacts: Contacts | Gap,
    setups: ServerSetups | Gap,
    anatomies: Anatomies | Gap,
    configuration: Configuration | Gap,
    gpus: Gpus | Gap,
) -> Verdict:
    """Requests beyond the slots wait in a queue that no one sees, until clients give up one after the other."""
    product = other_product(server.engine, server.id, contacts)
    if product is not None:
        return not_applicable("other-engine", server=server.label, product=product.value)
    together = sets.most_at(server.id)
    if expectations.concurrency is None and together == 0:
        return not_applicable("undeclared", lines=LINES)
    setup = seen(seen(setups).servers[server.id])
    parts = [partial_of(_in_memory, server, setup, together, gpus)] if together else []
    if expectations.concurrency is not None:
        ollamas = [one for one in servers.servers if one.engine is Engine.OLLAMA]
        come = Requests(server, setup, ceil(expectations.concurrency / max(1, len(ollamas))))
        slots = _slots(server, setup, models, anatomies)
        parts.append(partial_of(come.judged, slots, expectations, configuration))
    return worst(*parts)


class Requests(msgspec.Struct, frozen=True):
    """How many requests come to a server at a time."""

    server: Server
    setup: ServerSetup
    needed: int

    def judged(
        self, slots: tuple[int | Gap, ...], expectations: Expectations, configuration: Configuration | Gap
    ) -> Verdict:
        """Judge them against the slots of the models that they may ask."""
        fewest = min((one for one in slots if not isinstance(one, Gap)), default=0)
        if fewest and self.needed > MOST_TURNS * fewest:
            return self._says(failed, "queues", NUM_PARALLEL, fewest)
        for one in slots:
            seen(one)
        if self.needed <= fewest:
            return self._says(passed, "enough-slots", NUM_PARALLEL, fewest)
        return self._waiting(fewest, expectations, configuration)

    def _waiting(self, fewest: int, expectations: Expectations, configuration: Configuration | Gap) -> Verdict:
        line = seen(queue(self.setup))
        if self.needed - fewest > line:
            return self._says(failed, "refused", MAX_QUEUE, fewest, queue=line)
        wait = ceil(self.needed / fewest) * (expectations.response_s or 0)
        for provider in seen(configuration).providers:
            limit = seen(provider.timeout_s) if provider.server == self.server.id else None
            if limit is not None and limit < wait:
                times: dict[str, Parameter] = {"wait": f"{wait:g}", "limit": f"{limit:g}", "provider": provider.name}
                return self._says(failed, "times-out", NUM_PARALLEL, fewest, provider.at, **times)
        return self._says(halved, "waits", NUM_PARALLEL, fewest)

    def _says(
        self,
        outcome: Callable[..., Verdict],
        code: str,
        variable: str,
        slots: int,
        place: Place | None = None,
        **params: Parameter,
    ) -> Verdict:
        at = place or place_of(self.setup, variable)
        return outcome(code, at, server=self.server.label, slots=slots, needed=self.needed, variable=variable, **params)


def halved(code: str, place: Place | None = None, /, **params: Parameter) -> Verdict:
    """Half of it holds."""
    return partial(code, Fraction(1, 2), place, **params)


def _slots(
    server: Server, setup: ServerSetup, models: LocalModels, anatomies: Anatomies | Gap
) -> tuple[int | Gap, ...]:
    """Return the slots of each primary of a server, of those that only embed where no other is; else what is set."""
    primaries = [model for model in models.models if model.primary and model.key.server == server.id]
    made = [anatomies if isinstance(anatomies, Gap) else anatomies.models[model.key] for model in primaries]
    writing = [anatomy for anatomy in made if isinstance(anatomy, Gap) or anatomy.embeds is not True] or made
    return tuple(_slots_of(anatomy, setup) for anatomy in writing) or (slots_set(setup),)


def _slots_of(anatomy: Anatomy | Gap, setup: ServerSetup) -> int | Gap:
    """Return the slots of one model; a gap where it may only embed, and so may not count."""
    if isinstance(anatomy, Anatomy) and isinstance(anatomy.embeds, Gap) and slots_set(setup) != 1:
        return anatomy.embeds
    return slots_of(anatomy, setup)


def _in_memory(server: Server, setup: ServerSetup, together: int, gpus: Gpus | Gap) -> Verdict:
    """Judge how many models may be in memory against how many are used together."""
    most = seen(most_in_memory(setup, together, gpus))
    said: dict[str, Parameter] = {"server": server.label, "most": most, "needed": together, "variable": MAX_LOADED}
    if most < together:
        return failed("max-loaded", place_of(setup, MAX_LOADED), **said)
    return passed("enough-models", None, **said)
