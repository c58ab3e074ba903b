"""Configuration, 20 points: what the project names is understood, is here, is what it seems, and leaks no key."""

from fractions import Fraction

from modelcheck.core.check import Effort, Verdict, check, failed, not_applicable, partial, passed
from modelcheck.core.facts import Place
from modelcheck.core.gap import NOT_RECORDED, Gap, Unseen, Why, seen
from modelcheck.core.machine import Inventory
from modelcheck.core.part import Part, Planned
from modelcheck.core.precheck import Presence, find_text, precheck
from modelcheck.core.project import Configuration, Engine, KeyFile, LocalModel, Reading, Reference
from modelcheck.core.tables import Families

MINOR = {"unknown-key", "too-many", "missing-section", "not-trusted"}
"""Problems that leave the rest of the file understood."""


@check(
    "CFG-01",
    "The configuration is found and wholly understood",
    points=1.5,
    effort=Effort.MINUTES,
    fix="Correct the places named; a key that is not understood has no effect.",
    says={
        "understood": "{path} is read: {agents} agents, {providers} providers",
        "missing": "{path} is not there",
        "unreadable": "{path} cannot be read: {detail}",
        "not-understood": "{path} is read, and {problems} places in it are not understood, the first: {first}",
        "unknown-keys": "{path} has {problems} keys missing or read by nothing, the first: {first}",
    },
)
def configuration_understood(configuration: Configuration) -> Verdict:
    """A mistyped key or a broken file is ignored in silence, and the project then runs on defaults nobody chose."""
    path = configuration.path
    if configuration.reading is Reading.MISSING:
        return failed("missing", path=path)
    first = configuration.problems[0] if configuration.problems else None
    if configuration.reading is Reading.UNREADABLE:
        detail = first.detail if first else ""
        return failed("unreadable", first.place if first else None, path=path, detail=detail)
    if first is None:
        return passed("understood", path=path, agents=configuration.agent_count, providers=len(configuration.providers))
    count = len(configuration.problems)
    worst = next((problem for problem in configuration.problems if problem.code not in MINOR), None)
    if worst is None:
        return partial("unknown-keys", Fraction(1, 2), first.place, path=path, problems=count, first=first.detail)
    return failed("not-understood", worst.place, path=path, problems=count, first=worst.detail)


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
    return failed("near", model=model.label, nearest=nearest, alike=", ".join(answer.near[0].alike))


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
    if target.engine is not Engine.OLLAMA:
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=target.provider or reference.label))
    listing = seen(seen(inventory).servers[target.server])
    entry = find_text(target.model, listing.entries)
    if entry is None and not listing.proves_absence:
        raise Unseen(Gap(Why.NOT_LISTED, about=listing.source.value))
    if entry is not None and seen(entry.remote):
        return failed("stub", model=reference.label)
    return passed("local", model=reference.label)


@check(
    "CFG-07",
    "No key is written where git or a reader can find it",
    points=2.5,
    per=KeyFile,
    effort=Effort.MINUTES,
    fix="Move the key to an environment variable or an ignored .env, and replace it at the provider.",
    says={
        "no-key": "{path} holds no key",
        "ignored": "{path} holds {keys} keys and git ignores it",
        "no-repository": "{path} holds {keys} keys; the project is in no git repository",
        "tracked": "{path} holds a key ({kind}), and git tracks it",
        "inlined": "{path} holds a key ({kind}) written out instead of a variable's name",
        "not-ignored": "{path} holds {keys} keys and git does not ignore it: one `git add .` would publish them",
    },
)
def written_keys(file: KeyFile) -> Verdict:
    """A key in a repository is read by everyone who ever clones it, and stays in its history."""
    literals = seen(file.literals)
    if not literals:
        return passed("no-key", path=file.path)
    first = literals[0]
    place = Place(file.path, first.line)
    if not file.is_env:
        return failed("inlined", place, path=file.path, kind=first.kind)
    tracked = seen(file.tracked)
    if tracked is None:
        return passed("no-repository", path=file.path, keys=len(literals))
    if tracked:
        return failed("tracked", place, path=file.path, kind=first.kind)
    if seen(file.ignored):
        return passed("ignored", path=file.path, keys=len(literals))
    return partial("not-ignored", Fraction(1, 2), place, path=file.path, keys=len(literals))


PART = Part(
    id="CFG",
    title="Configuration",
    budget=200,
    checks=(configuration_understood, missing_models, cloud_alias, written_keys),
    planned=(
        Planned("CFG-02", "Every model reference of the repository is enumerated", 15),
        Planned("CFG-04", "Nothing downloads a model by itself", 25),
        Planned("CFG-05", "Tags are explicit and pinned by digest", 15),
        Planned("CFG-08", "Endpoints are well-formed and of the right API", 10),
        Planned("CFG-09", "Time-outs and retries are declared for each client", 15),
        Planned("CFG-10", "The context is set where it works", 15),
        Planned("CFG-11", "Each setting has one effective value", 10),
    ),
)
