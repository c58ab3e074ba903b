"""Whether what the project names is here, and is what it seems."""

from modelcheck.core.asked import LocalModel
from modelcheck.core.check import Effort, Verdict, check, failed, not_applicable, passed
from modelcheck.core.gap import NOT_RECORDED, Gap, Unseen, Why, seen
from modelcheck.core.machine import Inventory, Product
from modelcheck.core.precheck import Presence, held, is_cloud_name, precheck
from modelcheck.core.project import Configuration, Engine, Reference
from modelcheck.core.tables import Families

MINOR = {"unknown-key", "too-many", "missing-section", "not-trusted"}
"""Problems that leave the rest of the file understood."""


@check(
    "CFG-03",
    "Every local model that the project names is here",
    points=4,
    per=LocalModel,
    effort=Effort.MINUTES,
    fix="Name a model that is here, or get this one on purpose; nothing may download it by itself.",
    says={
        "here": "{model} is here as {entry}",
        "absent": "{model} is not here, and nothing here is like it",
        "near": "{model} is not here; nearest: {nearest} ({alike})",
        "elsewhere": "{model} is not on its own server; {other} has it as {nearest}",
        "substituted": "{model} is not here; its server holds one other model and answers with that, whatever name is "
        "asked for; nearest: {nearest}",
        "invalid": "{model} is no name that Ollama accepts; nearest: {nearest}",
        "cloud": "{model} is a name that Ollama sends to its cloud; nearest: {nearest}",
        "stub": "{model} holds no weights here: it sends requests to another host; nearest: {nearest}",
        "broken": "{model} is listed and part of its weights is missing on disk, so a run would download it again",
    },
)
def missing_models(model: LocalModel, inventory: Inventory | Gap, families: Families) -> Verdict:
    """Software that is told of a model which is not here tries to download it, or fails at the first request."""
    answer = precheck(model.text, model.engine, model.key.server, inventory, families)
    if answer.presence is Presence.NOT_CHECKED:
        raise Unseen(answer.gap or NOT_RECORDED)
    if answer.entry is not None and answer.presence is Presence.HERE:
        return passed("here", model=model.label, entry=answer.entry.name)
    nearest = ", ".join(near.name for near in answer.near)
    if answer.obstacle:
        return failed(answer.obstacle.value, model=model.label, nearest=nearest or "none")
    if not answer.near:
        return failed("absent", model=model.label)
    first = answer.near[0]
    if first.server:
        return failed("elsewhere", model=model.label, nearest=first.name, other=first.server)
    return failed("near", model=model.label, nearest=nearest, alike=", ".join(first.alike))


@check(
    "CFG-06",
    "Nothing that runs in a cloud poses as local",
    points=1.5,
    per=Reference,
    effort=Effort.MINUTES,
    fix="Name it under a cloud provider, or name a model whose weights are here.",
    says={
        "local": "{model} is local",
        "cloud-name": "{model} stands under a local provider, and Ollama sends this name to its cloud",
        "hosted": "{model} stands under a provider that says local, and its address is a public host",
        "stub": "{model} is a stub of this server that sends requests to another host",
        "not-local": "{model} is declared as hosted",
    },
)
def cloud_alias(reference: Reference, configuration: Configuration, inventory: Inventory | Gap) -> Verdict:
    """What looks local and is not sends prompts, and perhaps secrets, to somebody else's machine."""
    target = reference.target
    sections = {provider.name: provider for provider in configuration.providers}
    section = sections.get(target.provider)
    says_local = section.declared_local if section else target.engine.is_local
    if target.cloud_name:
        return failed("cloud-name", model=reference.label)
    if says_local and (target.hosted or target.engine.is_cloud):
        return failed("hosted", model=reference.label)
    if target.leaves_machine:
        return not_applicable("not-local", model=reference.label)
    if not target.engine.is_local:
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=target.provider or reference.label))
    listing = seen(seen(inventory).servers[target.server])
    is_ollamas = target.engine is Engine.OLLAMA
    if not is_ollamas and is_cloud_name(target.model) and seen(listing.product) is Product.OLLAMA:
        return failed("cloud-name", model=reference.label)
    entry = seen(held(target.model, target.engine, listing))
    if entry is None and not listing.proves_absence:
        raise Unseen(Gap(Why.NOT_LISTED, about=listing.source.value))
    if entry is None and not is_ollamas:
        seen(listing.product)  # software that is not known may pass on what it does not list
    if entry is not None and seen(entry.remote):
        return failed("stub", model=reference.label)
    return passed("local", model=reference.label)
