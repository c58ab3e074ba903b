"""Tags and digests, case by case."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace

from modelcheck.checks.configuration.tags import pinned_tags
from modelcheck.core.asked import LocalModel, LocalModels, model_key
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.intent import Expectations
from modelcheck.core.lock import Lock, LockEntry
from modelcheck.core.machine import Entry, Inventory, Listing, Source
from modelcheck.core.project import Engine, Target
from modelcheck.testing import judge

GAP = Gap(Why.UNREADABLE, about="planted")
HERE = Place("config/models_config.json", 7)
OLD, NEW = "0123456789ab" + "a" * 52, "ba9876543210" + "b" * 52
LLAMA = "llama3:8b-instruct-q6_k"
SAYS_NOTHING = Expectations()


def models(*texts: str, engine: Engine = Engine.OLLAMA) -> LocalModels:
    def model(text: str) -> LocalModel:
        target = Target(text, "ollama", engine, "one", text, cloud_name=False, hosted=False, at=HERE)
        return LocalModel(model_key(target), engine, text, primary=True, places=(HERE,))

    return LocalModels(tuple(model(text) for text in texts))


def locked(
    text: str = LLAMA,
    digest: str | Gap = OLD,
    *,
    template: str | Gap = NOT_RECORDED,
    licence: str | Gap = NOT_RECORDED,
) -> Lock:
    (model,) = models(text).models
    line = LockEntry(model.key, digest, 5, remote=False, template=template, licence=licence)
    return Lock("models.lock", "2026-11-20", (line,))


EMPTY = Lock("models.lock", "2026-11-20", ())
ABSENT = Lock("models.lock", "", (), there=False)


def entry(
    digest: str | Gap = OLD,
    name: str = LLAMA,
    *,
    template: str | Gap = NOT_RECORDED,
    licence: str | Gap = NOT_RECORDED,
) -> Entry:
    return Entry(name, 5, digest, remote=False, template=template, licence=licence)


def holding(*entries: Entry, source: Source = Source.SERVER) -> Inventory:
    return Inventory(Seen.of({"one": Listing(source, source is not Source.STORE, entries)}))


def unlisted() -> Inventory:
    return Inventory(Seen[str, Listing].of({"one": GAP}))


ROWS: list[Row] = [
    ("pinned", (models(LLAMA), locked(), holding(entry()), SAYS_NOTHING), passes("pinned")),
    ("in a store", (models(LLAMA), locked(), holding(entry(), source=Source.STORE), SAYS_NOTHING), passes("pinned")),
    ("pinned, and not here", (models(LLAMA), locked(), holding(), SAYS_NOTHING), passes("pinned")),
    (
        "the lock is the inventory",
        (models(LLAMA), locked(), holding(entry(NEW), source=Source.LOCK), SAYS_NOTHING),
        passes("pinned"),
    ),
    (
        "a bare name that is pinned",
        (models("code-stral"), locked("code-stral:latest"), holding(entry(name="code-stral:latest")), SAYS_NOTHING),
        passes("pinned"),
    ),
    (
        "case is folded",
        (models("LLaMA3:8B-Instruct-Q6_K"), locked(), holding(entry()), SAYS_NOTHING),
        passes("pinned"),
    ),
    (
        "as the settings want it",
        (models(LLAMA), locked(), holding(entry()), Expectations(naming="*:*")),
        passes("pinned"),
    ),
    ("no lock, a tag", (models(LLAMA), ABSENT), halves("not-pinned")),
    ("no lock, a bare name", (models("llama3"), ABSENT), fails("floating")),
    ("no lock, latest", (models("llama3:latest"), ABSENT), fails("floating")),
    ("not in the lock, a tag", (models(LLAMA), EMPTY), halves("not-locked")),
    ("not in the lock, a bare name", (models("llama3"), EMPTY), fails("floating")),
    ("another tag is locked", (models("llama3"), locked()), fails("floating")),
    ("moved", (models(LLAMA), locked(), holding(entry(NEW)), SAYS_NOTHING), fails("drift")),
    ("moved, in a store", (models(LLAMA), locked(), holding(entry(NEW), source=Source.STORE)), fails("drift")),
    (
        "moved with its template",
        (models(LLAMA), locked(template=OLD, licence=OLD), holding(entry(NEW, template=NEW, licence=NEW))),
        fails("template-drift"),
    ),
    (
        "moved with its licence",
        (models(LLAMA), locked(template=OLD, licence=""), holding(entry(NEW, template=OLD, licence=NEW))),
        fails("licence-drift"),
    ),
    ("moved, template here unseen", (models(LLAMA), locked(template=OLD), holding(entry(NEW))), fails("drift")),
    ("moved, template locked unseen", (models(LLAMA), locked(), holding(entry(NEW, template=OLD))), fails("drift")),
    (
        "not as the settings want it",
        (models(LLAMA), locked(), holding(entry()), Expectations(naming="*:latest")),
        halves("off-pattern"),
    ),
    (
        "a bare name is not as the settings want it",
        (models("x"), locked("x"), holding(entry(name="x:latest")), Expectations(naming="*:*")),
        halves("off-pattern"),
    ),
    (
        "moved, and not as wanted",
        (models(LLAMA), locked(), holding(entry(NEW)), Expectations(naming="x")),
        fails("drift"),
    ),
    ("lock unseen", (models(LLAMA), holding(entry()), SAYS_NOTHING), UNSEEN),
    ("locked digest unseen", (models(LLAMA), locked(digest=GAP), holding(entry()), SAYS_NOTHING), UNSEEN),
    ("digest here unseen", (models(LLAMA), locked(), holding(entry(GAP)), SAYS_NOTHING), UNSEEN),
    ("nothing listed", (models(LLAMA), locked(), unlisted(), SAYS_NOTHING), UNSEEN),
    ("no inventory", (models(LLAMA), locked(), SAYS_NOTHING), UNSEEN),
    (
        "a store proves no absence",
        (models(LLAMA), locked(), holding(source=Source.STORE), SAYS_NOTHING),
        UNSEEN,
    ),
    ("settings unseen", (models(LLAMA), locked(), holding(entry())), UNSEEN),
    ("another engine", (models("Org/Model", engine=Engine.OPENAI_LOCAL), ABSENT), exempts("other-engine")),
    ("no name at all", (models("a b"), ABSENT), exempts("no-name")),
    ("one of two", (models(LLAMA, "x"), locked(), holding(entry()), SAYS_NOTHING), halves("pinned", "floating")),
    (
        "one of two unseen",
        (models(LLAMA, "x"), locked(), SAYS_NOTHING),
        (Outcome.PARTIAL, Fraction(0), HALF, ["unseen", "floating"]),
    ),
    ("none named", (models(), ABSENT), exempts("nothing")),
    ("models not seen", (ABSENT,), UNSEEN),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_verdict(facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(pinned_tags, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


def test_all_that_is_announced_is_said_and_the_reverse(
    said_both_ways: Callable[[Check[...], Iterable[Verdict]], None],
) -> None:
    said_both_ways(pinned_tags, [judge(pinned_tags, *facts) for _, facts, _ in ROWS])


def test_a_moved_tag_is_named_with_both_digests_and_its_place() -> None:
    (finding,) = judge(pinned_tags, models(LLAMA), locked(), holding(entry(NEW))).findings

    assert finding.params == {"model": LLAMA, "lock": "models.lock", "here": "ba9876543210", "pinned": "0123456789ab"}
    assert (finding.subject, finding.place) == (LLAMA, HERE)


def test_the_lock_of_another_server_pins_nothing() -> None:
    (line,) = locked().entries
    other = replace(line, key=replace(line.key, server="two"))

    assert judge(pinned_tags, models(LLAMA), replace(locked(), entries=(other,))).outcome is Outcome.PARTIAL
