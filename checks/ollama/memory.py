"""Graphics memory: models fit the card and stay on it."""

from modelcheck.core.asked import LocalModel
from modelcheck.core.check import Effort, Verdict, check, failed, not_applicable, passed
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.graphics import Gpus
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Entry, Inventory, Platform, Running, Shapes
from modelcheck.core.memory import estimate, room
from modelcheck.core.precheck import Obstacle, find_text, obstacle_of


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
    loaded = find_text(model.text, seen(running.servers[model.key.server]))
    if loaded is None:
        _entry(model, inventory)
        raise Unseen(Gap(Why.NOT_LOADED, about=model.label, hint="--trial"))
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
    per=LocalModel,
    effort=Effort.HOURS,
    fix="Lower the context, choose a smaller quantisation or model, or free graphics memory.",
    says={
        "fits": "{model} takes {need:bytes} with a context of {context} tokens (measured), "
        "and {room:bytes} are free for it",
        "fits-estimated": "{model} needs about {need:bytes} (estimated: weights {weights:bytes} + {cache:bytes} "
        "for a context of {context} tokens), and {room:bytes} are free for it",
        "too-large": "{model} takes {need:bytes} with a context of {context} tokens (measured), "
        "and only {room:bytes} are free for it",
        "too-large-estimated": "{model} needs about {need:bytes} (estimated: weights {weights:bytes} + {cache:bytes} "
        "for a context of {context} tokens), and only {room:bytes} are free for it",
        "weights-alone": "the weights of {model} alone take {weights:bytes}, and only {room:bytes} are free for them",
    },
)
def card_fit(
    model: LocalModel,
    inventory: Inventory,
    running: Running,
    shapes: Shapes,
    *,
    gpus: Gpus,
    expectations: Expectations,
    platform: Platform | Gap,
) -> Verdict:
    """A model that does not fit spills to the CPU, or pushes another model out at every request."""
    weights = seen(_entry(model, inventory).size)
    loaded = seen(running.servers[model.key.server])
    free = room(loaded, gpus, expectations, platform)
    if weights > free.most:
        return failed("weights-alone", model=model.label, weights=weights, room=max(0, free.most))
    need = estimate(weights, shapes.models[model.key], find_text(model.text, loaded))
    evidence: dict[str, str | int] = {
        "model": model.label,
        "need": need.total,
        "weights": need.weights,
        "context": need.context,
        "cache": need.cache,
        "room": max(0, free.least),
    }
    suffix = "" if need.measured else "-estimated"
    if need.total <= free.least:
        return passed(f"fits{suffix}", **evidence)
    if need.total > free.most:
        return failed(f"too-large{suffix}", **evidence)
    raise Unseen(free.doubt)


def _entry(model: LocalModel, inventory: Inventory | Gap) -> Entry:
    """Return the model's entry; leaves with a gap where it is not here, since nothing of it can be measured."""
    listing = seen(seen(inventory).servers[model.key.server])
    entry = find_text(model.text, listing.entries)
    if entry is None and not listing.proves_absence:
        raise Unseen(Gap(Why.NOT_LISTED, about=listing.source.value))
    if entry is None or seen(obstacle_of(entry)) is not Obstacle.NONE:
        raise Unseen(Gap(Why.NOT_HERE, about=model.label))
    return entry
