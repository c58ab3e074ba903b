"""Whether a name means the same weights tomorrow: explicit tags, digests pinned in the lock."""

from fractions import Fraction

from modelcheck.core.asked import LocalModel
from modelcheck.core.check import Effort, Verdict, check, failed, not_applicable, partial, passed
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.glob import matches
from modelcheck.core.intent import Expectations
from modelcheck.core.lock import Lock, LockEntry
from modelcheck.core.machine import Entry, Inventory, Source
from modelcheck.core.name import DEFAULT_TAG, InvalidName, ModelName
from modelcheck.core.precheck import find_text
from modelcheck.core.project import Engine

SHOWN = 12
"""Digits of a digest, as many as Ollama shows."""
HALF = Fraction(1, 2)


@check(
    "CFG-05",
    "Tags are explicit and pinned by digest",
    points=1.5,
    per=LocalModel,
    effort=Effort.MINUTES,
    fix="Name a tag, and commit what `modelcheck inventory --lock` writes.",
    says={
        "pinned": "{model} is pinned to {digest} in {lock}",
        "not-pinned": "{model} names a tag, and no {lock} pins what it holds",
        "not-locked": "{model} names a tag, and {lock} does not hold it",
        "floating": "{model} is whatever was pulled last: it names no tag but latest, and {lock} does not pin it",
        "drift": "{model} is {here} here, and {lock} pins {pinned}",
        "template-drift": "{model} is {here} here, and {lock} pins {pinned}: its prompt template is another one",
        "licence-drift": "{model} is {here} here, and {lock} pins {pinned}: its licence is another one",
        "off-pattern": "{model} is not named as the project's settings say: {pattern}",
        "other-engine": "{model} is not served by Ollama, and has no tag",
        "no-name": "{model} is no name that Ollama accepts, and has no tag",
    },
)
def pinned_tags(model: LocalModel, lock: Lock, inventory: Inventory | Gap, expectations: Expectations | Gap) -> Verdict:
    """A tag can be moved to other weights by a pull, and answers then change though nobody changed the project."""
    tag = _tag(model)
    if model.engine is not Engine.OLLAMA or tag is None:
        return not_applicable("no-name" if model.engine is Engine.OLLAMA else "other-engine", model=model.label)
    locked = lock.entry(model.key)
    if locked is None and tag == DEFAULT_TAG:
        return failed("floating", model=model.label, lock=lock.path)
    if locked is None:
        return partial("not-locked" if lock.there else "not-pinned", HALF, model=model.label, lock=lock.path)
    pinned, here = seen(locked.digest), _here(model, inventory)
    live = None if here is None else seen(here.digest)
    if here is not None and live is not None and live != pinned:
        digests = {"here": live[:SHOWN], "pinned": pinned[:SHOWN]}
        return failed(_drift(locked, here), model=model.label, lock=lock.path, **digests)
    pattern = seen(expectations).naming
    if pattern is not None and not matches(pattern, model.text):
        return partial("off-pattern", HALF, model=model.label, pattern=pattern)
    return passed("pinned", model=model.label, digest=pinned[:SHOWN], lock=lock.path)


def _tag(model: LocalModel) -> str | None:
    try:
        return ModelName.parse(model.key.name).tag
    except InvalidName:
        return None


def _here(model: LocalModel, inventory: Inventory | Gap) -> Entry | None:
    """Return the model as it is here; None where the lock itself is the inventory, or the model is not here at all."""
    listing = seen(seen(inventory).servers[model.key.server])
    if listing.source is Source.LOCK:
        return None
    entry = find_text(model.text, listing.entries)
    if entry is None and not listing.proves_absence:
        raise Unseen(Gap(Why.NOT_LISTED, about=listing.source.value))
    return entry


def _drift(locked: LockEntry, here: Entry) -> str:
    """Name what is known to have changed; the digest is that of the manifest, which names all parts of a model."""
    for part, was, now in (
        ("template", locked.template, here.template),
        ("licence", locked.licence, here.licence),
    ):
        if not isinstance(was, Gap) and not isinstance(now, Gap) and was != now:
            return f"{part}-drift"
    return "drift"
