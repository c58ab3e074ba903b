"""Graphics memory: models fit the card and stay on it."""

from fractions import Fraction

import msgspec

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
from modelcheck.core.gap import USE_IT, Gap, Unseen, Why, seen
from modelcheck.core.graphics import Gpus, Holder
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Inventory, Platform, Running
from modelcheck.core.memory import Demand
from modelcheck.core.needs import Evidence, entry_of, loaded_of
from modelcheck.core.placement import Fit, Room, fit, room
from modelcheck.core.serving import ServerSetups
from modelcheck.core.text import printable
from modelcheck.core.together import Bond, ModelSet

OWN_PROGRAMS = ("ollama", "llama-server", "llama_server")
"""How the names of the programs begin in which Ollama runs models."""
MOST_HOLDERS = 3
"""Programs that are named beside a card that is too full."""


@check(
    "OLL-05",
    "Loaded models sit wholly on the GPU",
    points=3.5,
    per=LocalModel,
    effort=Effort.MINUTES,
    fix="Lower the context or the parallel slots, or choose a smaller quantisation.",
    says={
        "resident": "{model} is loaded and wholly on the GPU ({size:bytes})",
        "spilled": "{percent} % of {model} ({off:bytes}) runs on the CPU",
        "on-cpu": "{model} is loaded and wholly on the CPU",
        "not-primary": "{model} is nobody's primary",
    },
)
def gpu_residency(model: LocalModel, running: Running, inventory: Inventory | Gap) -> Verdict:
    """Layers left on the CPU slow every answer, and Ollama does not say so."""
    if not model.primary:
        return not_applicable("not-primary", model=model.label)
    loaded = loaded_of(model, running)
    if loaded is None:
        entry_of(model, inventory)
        raise Unseen(Gap(Why.NOT_LOADED, about=model.label, hint=USE_IT))
    size, on_gpu = seen(loaded.size), seen(loaded.size_vram)
    if size == 0 or on_gpu > size:
        raise Unseen(Gap(Why.NOT_RECORDED, about="size_vram"))
    if on_gpu == size:
        return passed("resident", model=model.label, size=size)
    if on_gpu == 0:
        return failed("on-cpu", model=model.label)
    off = size - on_gpu
    return failed("spilled", model=model.label, percent=min(99, max(1, round(100 * off / size))), off=off)


@check(
    "OLL-06",
    "Each model fits the card with its context",
    points=3.5,
    per=ModelSet,
    effort=Effort.HOURS,
    fix="Lower the context, choose a smaller quantisation or model, or free graphics memory.",
    says={
        "fits": "{model} takes {need:bytes} with a context of {context} tokens (measured), "
        "and {room:bytes} are free for it",
        "fits-estimated": "{model} needs about {need:bytes} (estimated: weights {weights:bytes} + {cache:bytes} "
        "for a context of {context} tokens, and what it computes with), and {room:bytes} are free for it",
        "spread": "{model} fits only when it is spread over {cards} cards: it needs about {need:bytes}, "
        "and they have {room:bytes} free together",
        "too-large": "{model} takes {need:bytes} with a context of {context} tokens (measured), "
        "and only {room:bytes} are free for it",
        "too-large-estimated": "{model} needs about {need:bytes} (estimated: weights {weights:bytes} + {cache:bytes} "
        "for a context of {context} tokens, and what it computes with), and only {room:bytes} are free for it",
        "weights-alone": "{model} needs at least {need:bytes} whatever its context (estimated), "
        "and only {room:bytes} are free for it",
        "set-fits": "{model} need about {need:bytes} together, and {room:bytes} are free for them",
        "set-too-large": "{model} need about {need:bytes} together, and only {room:bytes} are free for them: "
        "one pushes the other out",
        "shared": "the room is an estimate: three quarters of the main memory, less the reserve",
        "holder": "{holder} holds {used:bytes} of the card",
        "holder-unsized": "{holder} holds memory of the card, and how much is not told",
        "wddm": "Windows manages the card's memory, so nobody can tell which program holds it",
        "not-declared": "{model} are not declared to run together",
    },
)
def card_fit(
    models: ModelSet,
    inventory: Inventory,
    running: Running,
    anatomies: Anatomies | Gap,
    setups: ServerSetups | Gap,
    *,
    gpus: Gpus | Gap,
    expectations: Expectations,
    platform: Platform,
) -> Verdict:
    """A model that does not fit spills to the CPU, or pushes another model out at every request."""
    if models.bond is Bond.CONCURRENT:
        return not_applicable("not-declared", model=models.label)
    evidence = Evidence(running, anatomies, setups, gpus)
    needs = evidence.demands(models, inventory)
    free = room(evidence.given_back(models), gpus, expectations, platform)
    found = fit(needs, free)
    if isinstance(found, Gap):
        raise Unseen(found)
    verdict = _verdict(found, models, needs, free)
    beside = [Finding("shared", verdict.outcome)] if free.shared else _held(gpus) if found is Fit.NONE else []
    return msgspec.structs.replace(verdict, findings=(*verdict.findings, *beside))


def _verdict(found: Fit, models: ModelSet, needs: list[Demand], free: Room) -> Verdict:
    fits = found is not Fit.NONE
    first = needs[0]
    need = sum(one.need.least for one in needs)
    evidence: dict[str, Parameter] = {
        "model": models.label,
        "need": need,
        "weights": first.weights,
        "context": first.context,
        "cache": first.cache,
        "cards": len(free.cards),
        "room": max(free.least, need) if fits else free.most,
    }
    if found is Fit.SPREAD:
        return partial("spread", Fraction(1, 2), **evidence)
    if models.bond is Bond.DECLARED:
        return passed("set-fits", **evidence) if fits else failed("set-too-large", **evidence)
    suffix = "" if first.measured else "-estimated"
    if fits:
        return passed(f"fits{suffix}", **evidence)
    return failed(f"too-large{suffix}" if first.need.exact else "weights-alone", **evidence)


def _held(gpus: Gpus | Gap) -> list[Finding]:
    """Name who else holds memory of the cards, the largest first, as far as the platform tells."""
    cards = () if isinstance(gpus, Gap) else gpus.cards
    if any(card.wddm is True for card in cards):
        return [Finding("wddm", Outcome.FAIL)]
    held = [one for card in cards if not isinstance(card.holders, Gap) for one in card.holders]
    named = [one for one in held if isinstance(one.name, str) and not one.name.lower().startswith(OWN_PROGRAMS)]
    return [*map(_holder, sorted(named, key=_amount, reverse=True)[:MOST_HOLDERS])]


def _amount(holder: Holder) -> int:
    return -1 if isinstance(holder.used, Gap) else holder.used


def _holder(holder: Holder) -> Finding:
    name = printable(holder.name, 80)
    if isinstance(holder.used, Gap):
        return Finding("holder-unsized", Outcome.FAIL, {"holder": name})
    return Finding("holder", Outcome.FAIL, {"holder": name, "used": holder.used})
