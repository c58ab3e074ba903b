"""The checks of local serving, case by case."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace

from modelcheck.app.tables import table
from modelcheck.checks.ollama.memory import card_fit, gpu_residency
from modelcheck.checks.ollama.server import old_version, server_answer
from modelcheck.core.asked import LocalModel, LocalModels, Server, Servers
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpu, Gpus
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import (
    Contact,
    Contacts,
    ContactState,
    Entry,
    Inventory,
    Listing,
    Loaded,
    Platform,
    Running,
    Shape,
    Shapes,
    Source,
    Versions,
)
from modelcheck.core.project import Engine, ModelKey
from modelcheck.core.tables import Advisories, Advisory
from modelcheck.testing import judge

GIB = 1 << 30
GAP = Gap(Why.UNREADABLE, about="planted")
HERE = Place("config/models_config.json", 3)


def servers(*names: str, engine: Engine = Engine.OLLAMA) -> Servers:
    return Servers(tuple(Server(name, engine, f"http://{name}:11434", HERE) for name in names))


ONE, TWO, NONE = servers("one"), servers("one", "two"), servers()


def contacts(*found: Contact | Gap) -> Contacts:
    return Contacts(Seen[str, Contact].of(dict(zip(("one", "two"), found, strict=False))))


ANSWERED, REFUSED = Contact(ContactState.ANSWERED), Contact(ContactState.REFUSED)
TIMED_OUT, ODD = Contact(ContactState.TIMED_OUT, "5 s"), Contact(ContactState.NOT_OLLAMA, "/api/tags: HTTP 500")


def versions(*found: str | Gap) -> Versions:
    return Versions(Seen[str, str].of(dict(zip(("one", "two"), found, strict=False))))


WEAK_EVERYWHERE = Advisory("CVE-1", "1.5.0", "high", "Anyone could read it.")
WEAK_ON_WINDOWS = Advisory("CVE-2", "2.0.0", "medium", "Its updater could be made to run code.", platform="Windows")
DOUBTFUL = Advisory("CVE-3", "9.0.0", "low", "It may stop.")
UNFIXED = Advisory("CVE-4", None, "high", "No version is known to be without it.")
KNOWN = Advisories("2026-08-21", "made up", (DOUBTFUL, UNFIXED, WEAK_EVERYWHERE, WEAK_ON_WINDOWS))
LINUX, WINDOWS = Platform("Linux", desktop=False), Platform("Windows", desktop=True)


def models(*texts: str, primary: bool = True) -> LocalModels:
    return LocalModels(
        tuple(LocalModel(ModelKey("one", text), Engine.OLLAMA, text, primary=primary, places=(HERE,)) for text in texts)
    )


def loaded(
    *, size: int | Gap = 8 * GIB, on_card: int | Gap = 8 * GIB, context: int | Gap = 4096, name: str = "qwen:latest"
) -> Loaded:
    return Loaded(name, size, on_card, context)


def running(*found: Loaded) -> Running:
    return Running(Seen.of({"one": found}))


def entry(size: int | Gap = 6 * GIB, *, remote: bool | Gap = False, whole: bool | Gap | None = None) -> Entry:
    return Entry("qwen:latest", size, remote=remote, whole=whole)


def holding(*entries: Entry, source: Source = Source.SERVER) -> Inventory:
    return Inventory(Seen.of({"one": Listing(source, source is not Source.STORE, entries)}))


QWEN, HELD = models("qwen"), holding(entry())
# 4,096 tokens x 32 layers x 8 heads x (128 + 128) x 2 bytes: half a GiB.
SHAPE = Shape(4096, 32768, layers=32, kv_heads=8, key_length=128, value_length=128, remote=False)


def shapes(shape: Shape | Gap = SHAPE) -> Shapes:
    return Shapes(Seen[ModelKey, Shape].of({ModelKey("one", "qwen"): shape}))


def cards(*free: int | Gap) -> Gpus:
    return Gpus("580", tuple(Gpu(index, "RTX 3090", "01:00.0", 24 * GIB, amount) for index, amount in enumerate(free)))


def fitting(
    *,
    held: Inventory = HELD,
    memory: Running | None = None,
    shape: Shape | Gap = SHAPE,
    gpus: Gpus | None = None,
    reserve: int | Gap | None = None,
    platform: Platform | Gap = LINUX,
    named: LocalModels = QWEN,
) -> tuple[Fact, ...]:
    """What OLL-06 reads; a model of 6.5 GiB on a card with 20 GiB free, less 1 GiB of reserve."""
    facts = (named, held, memory or running(), shapes(shape), gpus or cards(20 * GIB), Expectations(reserve))
    return facts if isinstance(platform, Gap) else (*facts, platform)


TABLE: dict[str, tuple[Check[...], list[Row]]] = {
    "OLL-01": (
        server_answer,
        [
            ("answers", (ONE, contacts(ANSWERED)), passes("answers")),
            ("refuses", (ONE, contacts(REFUSED)), fails("refused")),
            ("takes too long", (ONE, contacts(TIMED_OUT)), fails("timed_out")),
            ("is something else", (ONE, contacts(ODD)), fails("not_ollama")),
            ("is not to be asked", (ONE, contacts(Gap(Why.NOT_TRUSTED))), UNSEEN),
            ("was not asked", (ONE,), UNSEEN),
            ("one of two", (TWO, contacts(ANSWERED, REFUSED)), halves("answers", "refused")),
            ("no server", (NONE, contacts()), exempts("nothing")),
            ("servers not seen", (contacts(ANSWERED),), UNSEEN),
        ],
    ),
    "OLL-02": (
        old_version,
        [
            ("past all", (ONE, versions("2.0.0"), LINUX, KNOWN), passes("sound")),
            ("past all on any system", (ONE, versions("2.0.0"), KNOWN), passes("sound")),
            ("weak", (ONE, versions("1.4.9"), LINUX, KNOWN), fails("weak")),
            ("weak on any system", (ONE, versions("1.4.9"), KNOWN), fails("weak")),
            ("before the release", (ONE, versions("1.5.0-rc1"), LINUX, KNOWN), fails("weak")),
            ("weak on Windows, there", (ONE, versions("1.5.0"), WINDOWS, KNOWN), fails("weak")),
            ("weak on Windows, not there", (ONE, versions("1.5.0"), LINUX, KNOWN), passes("sound")),
            ("weak on Windows, perhaps there", (ONE, versions("1.5.0"), KNOWN), UNSEEN),
            ("built from source", (ONE, versions("0.0.0"), LINUX, KNOWN), UNSEEN),
            ("no version", (ONE, versions("main"), LINUX, KNOWN), UNSEEN),
            ("did not answer", (ONE, versions(GAP), LINUX, KNOWN), UNSEEN),
            ("another engine", (servers("one", engine=Engine.OPENAI_LOCAL), versions("9.9.9"), LINUX, KNOWN), UNSEEN),
            ("no table", (ONE, versions("2.0.0"), LINUX), UNSEEN),
            ("one of two", (TWO, versions("2.0.0", "1.0.0"), LINUX, KNOWN), halves("sound", "weak")),
            ("no server", (NONE, versions(), LINUX, KNOWN), exempts("nothing")),
        ],
    ),
    "OLL-05": (
        gpu_residency,
        [
            ("on the card", (QWEN, running(loaded()), HELD), passes("resident")),
            ("on the card, inventory not seen", (QWEN, running(loaded())), passes("resident")),
            ("partly", (QWEN, running(loaded(on_card=6 * GIB)), HELD), fails("spilled")),
            ("on the CPU", (QWEN, running(loaded(on_card=0)), HELD), fails("on-cpu")),
            ("not loaded", (QWEN, running(), HELD), UNSEEN),
            ("not here", (QWEN, running(), holding()), UNSEEN),
            ("not loaded, inventory not seen", (QWEN, running()), UNSEEN),
            ("size unseen", (QWEN, running(loaded(size=GAP)), HELD), UNSEEN),
            ("share unseen", (QWEN, running(loaded(on_card=GAP)), HELD), UNSEEN),
            ("no size", (QWEN, running(loaded(size=0, on_card=0)), HELD), UNSEEN),
            ("more on the card than it has", (QWEN, running(loaded(on_card=9 * GIB)), HELD), UNSEEN),
            ("nobody's primary", (models("qwen", primary=False), running(), HELD), exempts("not-primary")),
            (
                "one of two",
                (models("qwen", "phi"), running(loaded(), loaded(on_card=0, name="phi:latest")), HELD),
                halves("resident", "on-cpu"),
            ),
            (
                "one of two, the other not loaded",
                (models("qwen", "phi"), running(loaded()), HELD),
                (Outcome.PARTIAL, HALF, Fraction(1), ["resident", "unseen"]),
            ),
            ("no model", (models(), running(), HELD), exempts("nothing")),
            ("models not seen", (running(), HELD), UNSEEN),
        ],
    ),
    "OLL-06": (
        card_fit,
        [
            ("fits, estimated", fitting(), passes("fits-estimated")),
            ("fits to the byte", fitting(gpus=cards(15 * GIB // 2)), passes("fits-estimated")),
            ("a byte too large", fitting(gpus=cards(15 * GIB // 2 - 1)), fails("too-large-estimated")),
            ("its cache is too large", fitting(shape=replace(SHAPE, num_ctx=131072)), fails("too-large-estimated")),
            ("weights alone too large", fitting(held=holding(entry(19 * GIB + 1))), fails("weights-alone")),
            ("a declared reserve", fitting(reserve=14 * GIB), fails("too-large-estimated")),
            ("a screen", fitting(gpus=cards(8 * GIB), platform=WINDOWS), fails("too-large-estimated")),
            ("fits, measured", fitting(memory=running(loaded()), gpus=cards(GIB)), passes("fits")),
            ("too large, measured", fitting(memory=running(loaded(size=9 * GIB)), gpus=cards(GIB)), fails("too-large")),
            (
                "another model would make room",
                fitting(memory=running(loaded(name="phi:latest", on_card=7 * GIB)), gpus=cards(GIB)),
                passes("fits-estimated"),
            ),
            ("perhaps a screen, and room for it", fitting(platform=GAP), passes("fits-estimated")),
            ("perhaps a screen, and no room for it", fitting(platform=GAP, gpus=cards(8 * GIB)), UNSEEN),
            (
                "perhaps a screen, and no room anyway",
                fitting(platform=GAP, gpus=cards(7 * GIB)),
                fails("too-large-estimated"),
            ),
            ("fits either card", fitting(gpus=cards(8 * GIB, 20 * GIB)), passes("fits-estimated")),
            ("fits one card", fitting(gpus=cards(4 * GIB, 20 * GIB)), UNSEEN),
            ("fits no two cards", fitting(gpus=cards(3 * GIB, 3 * GIB)), fails("weights-alone")),
            ("no card", fitting(gpus=cards()), UNSEEN),
            ("free memory unseen", fitting(gpus=cards(GAP)), UNSEEN),
            ("what others hold unseen", fitting(memory=running(loaded(name="phi", on_card=GAP))), UNSEEN),
            ("reserve unseen", fitting(reserve=GAP), UNSEEN),
            ("size unseen", fitting(held=holding(entry(GAP))), UNSEEN),
            ("shape unseen", fitting(shape=GAP), UNSEEN),
            ("layers unseen", fitting(shape=replace(SHAPE, layers=GAP)), UNSEEN),
            ("context unseen", fitting(shape=replace(SHAPE, num_ctx=GAP)), UNSEEN),
            ("context not set", fitting(shape=replace(SHAPE, num_ctx=None)), UNSEEN),
            ("measured size unseen", fitting(memory=running(loaded(size=GAP)), gpus=cards(GIB)), UNSEEN),
            ("measured context unseen", fitting(memory=running(loaded(context=GAP)), gpus=cards(GIB)), UNSEEN),
            ("not here", fitting(held=holding()), UNSEEN),
            ("not in the store, which proves nothing", fitting(held=holding(source=Source.STORE)), UNSEEN),
            ("a stub", fitting(held=holding(entry(remote=True))), UNSEEN),
            ("stub or not unseen", fitting(held=holding(entry(remote=GAP))), UNSEEN),
            ("weights missing on disk", fitting(held=holding(entry(whole=False))), UNSEEN),
            (
                "one of two",
                fitting(named=models("qwen", "phi")),
                (Outcome.PARTIAL, HALF, Fraction(1), ["fits-estimated", "unseen"]),
            ),
            ("no model", fitting(named=models()), exempts("nothing")),
            ("no inventory", (QWEN, running(), shapes(), cards(GIB), Expectations(), LINUX), UNSEEN),
        ],
    ),
}
ROWS = [pytest.param(check, *row[1:], id=f"{id}: {row[0]}") for id, (check, rows) in TABLE.items() for row in rows]


@pytest.mark.parametrize(("check", "facts", "expected"), ROWS)
def test_verdict(check: Check[...], facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(check, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


@pytest.mark.parametrize("check", [server_answer, old_version, gpu_residency, card_fit], ids=lambda check: check.id)
def test_all_that_is_announced_is_said_and_the_reverse(
    check: Check[...], said_both_ways: Callable[[Check[...], Iterable[Verdict]], None]
) -> None:
    same, rows = TABLE[check.id]

    assert same is check
    said_both_ways(check, [judge(check, *facts) for _, facts, _ in rows])


def reason(check: Check[...], *facts: Fact) -> Gap | None:
    (finding,) = judge(check, *facts).findings
    return finding.gap


def test_a_weakness_is_named_with_the_version_without_it() -> None:
    (finding,) = judge(old_version, ONE, versions("1.0.0"), LINUX, KNOWN).findings

    assert finding.params == {"version": "1.0.0", "id": "CVE-1", "what": "Anyone could read it.", "fixed": "1.5.0"}


@pytest.mark.parametrize("confidence", ["high", "medium"])
def test_every_shipped_weakness_that_is_sure_fails_the_version_before_its_fix(confidence: str) -> None:
    shipped = table(Advisories)

    for advisory in (one for one in shipped.advisories if one.confidence == confidence):
        assert advisory.fixed
        system = replace(LINUX, system=advisory.platform or "Linux")
        before = judge(old_version, ONE, versions(f"{advisory.fixed}-rc0"), system, shipped)
        assert before.outcome is Outcome.FAIL


def test_a_doubtful_weakness_costs_nothing() -> None:
    newest = "99.0.0"

    assert judge(old_version, ONE, versions(newest), LINUX, table(Advisories)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("on_card", "percent"),
    [(8 * GIB - 1, 1), (6 * GIB, 25), (4 * GIB, 50), (1, 99)],
    ids=["a byte", "25", "50", "all but"],
)
def test_what_runs_on_the_cpu_is_never_said_to_be_nothing_or_all(on_card: int, percent: int) -> None:
    (finding,) = judge(gpu_residency, QWEN, running(loaded(on_card=on_card)), HELD).findings

    assert finding.params == {"model": "qwen", "percent": percent, "off": 8 * GIB - on_card}


def test_a_model_that_is_not_loaded_names_the_trial_that_would_show_it() -> None:
    assert reason(gpu_residency, QWEN, running(), HELD) == Gap(Why.NOT_LOADED, about="qwen", hint="--trial")
    assert reason(gpu_residency, QWEN, running(), holding()) == Gap(Why.NOT_HERE, about="qwen")


def test_fit_is_shown_with_what_it_is_made_of() -> None:
    (finding,) = judge(card_fit, *fitting()).findings

    assert finding.params == {
        "model": "qwen",
        "need": 6 * GIB + GIB // 2,
        "weights": 6 * GIB,
        "cache": GIB // 2,
        "context": 4096,
        "room": 19 * GIB,
    }


def test_room_is_never_said_to_be_negative() -> None:
    (finding,) = judge(card_fit, *fitting(gpus=cards(0))).findings

    assert (finding.code, finding.params["room"]) == ("weights-alone", 0)


def test_what_leaves_fit_open_is_named() -> None:
    by_cards = reason(card_fit, *fitting(gpus=cards(4 * GIB, 20 * GIB)))
    by_screen = reason(card_fit, *fitting(platform=GAP, gpus=cards(8 * GIB)))
    by_screen_alone = reason(card_fit, *fitting(platform=Platform("Linux", Gap(Why.NOT_RECORDED)), gpus=cards(8 * GIB)))

    assert by_cards == Gap(Why.UNDECIDED, about="2 cards")
    assert by_screen == Gap(Why.NOT_ASKED, about="screen", hint="expect.reserve_gib (modelcheck.yaml)")
    assert by_screen_alone == Gap(Why.NOT_RECORDED, about="screen", hint="expect.reserve_gib (modelcheck.yaml)")
