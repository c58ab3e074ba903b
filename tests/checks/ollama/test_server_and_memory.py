"""The checks of local serving, case by case."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace

from modelcheck.app.tables import table
from modelcheck.checks.ollama.memory import gpu_residency
from modelcheck.checks.ollama.server import old_version, server_answer
from modelcheck.core.asked import LocalModel, LocalModels, Server, Servers
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import USE_IT, Gap, Why
from modelcheck.core.machine import (
    Contact,
    Contacts,
    ContactState,
    Entry,
    Inventory,
    Listing,
    Loaded,
    Platform,
    Product,
    Running,
    Source,
    Versions,
)
from modelcheck.core.project import Engine, ModelKey
from modelcheck.core.tables import Advisories, Advisory, Clock
from modelcheck.testing import judge

GIB = 1 << 30
GAP = Gap(Why.UNREADABLE, about="planted")
HERE = Place("config/models_config.json", 3)


def servers(*names: str, engine: Engine = Engine.OLLAMA) -> Servers:
    return Servers(tuple(Server(name, engine, f"http://{name}:11434", HERE) for name in names))


ONE, TWO, NONE = servers("one"), servers("one", "two"), servers()
OTHER = servers("one", engine=Engine.OPENAI_LOCAL)


def contacts(*found: Contact | Gap) -> Contacts:
    return Contacts(Seen[str, Contact].of(dict(zip(("one", "two"), found, strict=False))))


ANSWERED, REFUSED = Contact(ContactState.ANSWERED), Contact(ContactState.REFUSED)
AS_VLLM = Contact(ContactState.ANSWERED, product=Product.VLLM)
AS_OLLAMA = Contact(ContactState.ANSWERED, product=Product.OLLAMA)
KEYED = Contact(ContactState.NOT_OLLAMA, "/v1/models: HTTP 401", needs_key=True)
TIMED_OUT, ODD = Contact(ContactState.TIMED_OUT, "5 s"), Contact(ContactState.NOT_OLLAMA, "/api/tags: HTTP 500")


def versions(*found: str | Gap) -> Versions:
    return Versions(Seen[str, str].of(dict(zip(("one", "two"), found, strict=False))))


WEAK_EVERYWHERE = Advisory("CVE-1", "1.5.0", "high", "Anyone could read it.")
WEAK_ON_WINDOWS = Advisory("CVE-2", "2.0.0", "medium", "Its updater could be made to run code.", platform="Windows")
DOUBTFUL = Advisory("CVE-3", "9.0.0", "low", "It may stop.")
UNFIXED = Advisory("CVE-4", None, "high", "No version is known to be without it.")
KNOWN = Advisories("2026-08-21", "made up", (DOUBTFUL, UNFIXED, WEAK_EVERYWHERE, WEAK_ON_WINDOWS))
TODAY, LATER = Clock("2026-11-22"), Clock("2027-11-22")
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
            ("answers as another engine", (OTHER, contacts(AS_VLLM)), passes("answers-as")),
            ("answers as nobody known", (OTHER, contacts(ANSWERED)), passes("answers-unknown")),
            ("refuses, another engine", (OTHER, contacts(REFUSED)), fails("refused")),
            ("takes too long, another engine", (OTHER, contacts(TIMED_OUT)), fails("timed_out")),
            ("is no server of another engine", (OTHER, contacts(ODD)), fails("not-compatible")),
            ("asks for a key", (OTHER, contacts(KEYED)), UNSEEN),
            ("no server", (NONE, contacts()), exempts("nothing")),
            ("servers not seen", (contacts(ANSWERED),), UNSEEN),
        ],
    ),
    "OLL-02": (
        old_version,
        [
            ("past all", (ONE, versions("2.0.0"), LINUX, KNOWN, TODAY), passes("sound")),
            ("past all on any system", (ONE, versions("2.0.0"), KNOWN, TODAY), passes("sound")),
            ("weak", (ONE, versions("1.4.9"), LINUX, KNOWN), fails("weak")),
            ("weak on any system", (ONE, versions("1.4.9"), KNOWN), fails("weak")),
            ("before the release", (ONE, versions("1.5.0-rc1"), LINUX, KNOWN), fails("weak")),
            ("weak on Windows, there", (ONE, versions("1.5.0"), WINDOWS, KNOWN), fails("weak")),
            ("weak on Windows, not there", (ONE, versions("1.5.0"), LINUX, KNOWN, TODAY), passes("sound")),
            ("weak on Windows, perhaps there", (ONE, versions("1.5.0"), KNOWN), UNSEEN),
            ("built from source", (ONE, versions("0.0.0"), LINUX, KNOWN), UNSEEN),
            ("no version", (ONE, versions("main"), LINUX, KNOWN), UNSEEN),
            ("did not answer", (ONE, versions(GAP), LINUX, KNOWN), UNSEEN),
            ("another engine", (OTHER, contacts(AS_VLLM), versions(GAP), LINUX, KNOWN), exempts("other-engine")),
            ("perhaps another engine", (OTHER, contacts(ANSWERED), versions("1.0.0"), LINUX, KNOWN), UNSEEN),
            ("another engine, not asked", (OTHER, contacts(GAP), versions("1.0.0"), LINUX, KNOWN), UNSEEN),
            ("another engine, contacts unseen", (OTHER, versions("1.0.0"), LINUX, KNOWN), UNSEEN),
            ("Ollama on another API", (OTHER, contacts(AS_OLLAMA), versions("1.0.0"), LINUX, KNOWN), fails("weak")),
            ("the table is old", (ONE, versions("2.0.0"), LINUX, KNOWN, LATER), UNSEEN),
            ("weak, though the table is old", (ONE, versions("1.4.9"), LINUX, KNOWN, LATER), fails("weak")),
            ("no date", (ONE, versions("2.0.0"), LINUX, KNOWN), UNSEEN),
            ("no table", (ONE, versions("2.0.0"), LINUX), UNSEEN),
            ("one of two", (TWO, versions("2.0.0", "1.0.0"), LINUX, KNOWN, TODAY), halves("sound", "weak")),
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
}
ROWS = [pytest.param(check, *row[1:], id=f"{id}: {row[0]}") for id, (check, rows) in TABLE.items() for row in rows]


@pytest.mark.parametrize(("check", "facts", "expected"), ROWS)
def test_verdict(check: Check[...], facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(check, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


@pytest.mark.parametrize("check", [server_answer, old_version, gpu_residency], ids=lambda check: check.id)
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

    assert judge(old_version, ONE, versions(newest), LINUX, table(Advisories), TODAY).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("on_card", "percent"),
    [(8 * GIB - 1, 1), (6 * GIB, 25), (4 * GIB, 50), (1, 99)],
    ids=["a byte", "25", "50", "all but"],
)
def test_what_runs_on_the_cpu_is_never_said_to_be_nothing_or_all(on_card: int, percent: int) -> None:
    (finding,) = judge(gpu_residency, QWEN, running(loaded(on_card=on_card)), HELD).findings

    assert finding.params == {"model": "qwen", "percent": percent, "off": 8 * GIB - on_card}


def test_a_model_that_is_not_loaded_names_the_trial_that_would_show_it() -> None:
    assert reason(gpu_residency, QWEN, running(), HELD) == Gap(Why.NOT_LOADED, about="qwen", hint=USE_IT)
    assert reason(gpu_residency, QWEN, running(), holding()) == Gap(Why.NOT_HERE, about="qwen")
