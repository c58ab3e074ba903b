"""The checks of the graphics card, case by case."""

from collections.abc import Callable, Iterable

import pytest
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, is_open, passes
from msgspec.structs import replace

from modelcheck.app.tables import table
from modelcheck.checks.ollama.card import card_used
from modelcheck.checks.ollama.heat import card_heat
from modelcheck.core.asked import Server, Servers
from modelcheck.core.cards import Cards
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import USE_IT, Gap, Why
from modelcheck.core.graphics import Gpu, Gpus, Holder, Link, Sample
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Contact, Contacts, ContactState, Loaded, Platform, Product, Running
from modelcheck.core.project import Engine
from modelcheck.core.serving import Container, Containers, Origin, ServerSetup, ServerSetups, Setting
from modelcheck.core.tables import Clock
from modelcheck.testing import judge

GIB = 1 << 30
GAP = Gap(Why.UNREADABLE, about="planted")
HERE = "http://127.0.0.1:11434"
CONFIG, SETTINGS, COMPOSE = Place("config/models_config.json", 3), Place("modelcheck.yaml", 7), Place("compose.yaml", 4)
CARDS, TODAY, MUCH_LATER = table(Cards), Clock("2026-11-22"), Clock("2029-11-22")
LINUX, UNKNOWN = Platform("Linux", desktop=False, graphics="nvidia"), Platform("Windows", desktop=True)
MAC, AMD = replace(LINUX, system="Darwin", graphics="apple"), replace(LINUX, graphics="amd")

BUSY = Sample(
    utilisation=96,
    temperature=66,
    slowdown_at=95,
    memory_temperature=84,
    power_mw=318_000,
    limit_mw=350_000,
    default_limit_mw=350_000,
    clock_mhz=1695,
    most_clock_mhz=2100,
    throttles=("power-cap",),
    link=Link(4, 4, 16, 16),
)
OLLAMA, PYTHON = Holder("ollama", 20 * GIB), Holder("python3", GIB)
ONE = Gpu(
    index=0,
    name="NVIDIA GeForce RTX 3090",
    bus="01:00.0",
    total=24 * GIB,
    free=4 * GIB,
    uuid="GPU-aaaa",
    holders=(OLLAMA,),
    capability="8.6",
    sample=BUSY,
)
TWO = replace(ONE, index=1, name="NVIDIA GeForce RTX 4090", uuid="GPU-bbbb", holders=())
LOST = Gpu(1, GAP, GAP, GAP, GAP, GAP, holders=GAP, capability=GAP, lost=True)
IDLE = replace(BUSY, utilisation=0, throttles=("idle",), link=Link(1, 4, 16, 16))


def gpus(*cards: Gpu, driver: str | Gap = "580.95.05") -> Gpus:
    return Gpus(driver, cards)


def servers(*ids: str, engine: Engine = Engine.OLLAMA) -> Servers:
    return Servers(tuple(Server(id, engine, id, CONFIG) for id in ids))


def loaded(on_card: int | Gap = 8 * GIB, size: int | Gap = 8 * GIB, name: str = "qwen:latest") -> Loaded:
    return Loaded(name, size, on_card)


def running(*found: Loaded) -> Running:
    return Running(Seen.of({HERE: found}))


def setups(value: str | None = None, *, complete: bool = True, place: Place | None = None) -> ServerSetups:
    settings = () if value is None else (Setting("CUDA_VISIBLE_DEVICES", value, Origin.PROCESS, place=place),)
    return ServerSetups(Seen.of({HERE: ServerSetup(settings, complete)}))


def containers(gpu: bool | Gap, *, serves: str = HERE) -> Containers:
    return Containers((Container("ollama", "ollama/ollama", (), (), gpu, COMPOSE, (serves,)),))


def but(*others: Fact, without: type[Fact] | None = None) -> tuple[Fact, ...]:
    """A model on the one card of this machine, all of it seen; some of it exchanged or not seen."""
    sound = (servers(HERE), gpus(ONE), LINUX, running(loaded()), setups(), Containers(()), Expectations(), CARDS, TODAY)
    facts = {type(fact): fact for fact in (*sound, *others)}
    return tuple(fact for kind, fact in facts.items() if kind is not without)


OPENAI_LOCAL = servers(HERE, engine=Engine.OPENAI_LOCAL)


def answers(product: Product) -> Contacts:
    return Contacts(Seen.of({HERE: Contact(ContactState.ANSWERED, product=product)}))


def wanting(device: str) -> Expectations:
    return Expectations(device=device, at=SETTINGS)


def sampled(**changes: object) -> Gpus:
    return gpus(replace(ONE, sample=replace(BUSY, **changes)))


UNHELD = replace(ONE, holders=())
BOTH, NOT_LOADED = gpus(ONE, TWO), running()
SPLIT = gpus(ONE, replace(TWO, holders=(OLLAMA,)))
TWO_HELD_BY_PYTHON = gpus(ONE, replace(TWO, holders=(PYTHON,)))
NOTHING_HELD = gpus(UNHELD, TWO)
ON_CPU = running(loaded(0))
TINY = running(loaded(0, GIB // 2))
RESERVED, UNRESERVED = containers(gpu=True), containers(gpu=False)


FAR_AWAY = (
    servers("far"),
    Running(Seen.of({"far": (loaded(),)})),
    ServerSetups(Seen.of({"far": ServerSetup((), complete=True)})),
)


def halved(*codes: str) -> Expected:
    return Outcome.PARTIAL, HALF, HALF, list(codes)


TABLE: dict[str, tuple[Check[...], list[Row]]] = {
    "OLL-04": (
        card_used,
        [
            ("used", but(), passes("used", "driven")),
            ("several on it", but(running(loaded(GAP), loaded())), passes("used", "driven")),
            ("held, settings not seen", but(setups(complete=False)), passes("used", "driven")),
            ("held, settings not to be seen", but(without=ServerSetups), passes("used", "driven")),
            ("not held, and told of nothing", but(gpus(UNHELD)), passes("used", "driven")),
            ("not held, settings not seen", but(gpus(UNHELD), without=ServerSetups), UNSEEN),
            ("not held, and told of no card", but(gpus(UNHELD), setups("-1")), fails("hidden")),
            ("perhaps held, and told of no card", but(gpus(replace(ONE, holders=GAP)), setups("-1")), UNSEEN),
            ("on the CPU", but(ON_CPU), fails("on-cpu")),
            ("on the CPU, cards not seen", but(ON_CPU, without=Gpus), fails("on-cpu")),
            ("on the CPU, and told of no card", but(ON_CPU, setups("3")), fails("hidden")),
            ("a small one on the CPU", but(TINY), UNSEEN),
            ("one of unknown size on the CPU", but(running(loaded(0, GAP))), UNSEEN),
            ("share not seen", but(running(loaded(GAP))), UNSEEN),
            ("nothing loaded", but(NOT_LOADED), UNSEEN),
            ("nothing loaded, and told of no card", but(NOT_LOADED, setups("-1")), fails("hidden")),
            ("nothing loaded, settings not seen", but(NOT_LOADED, without=ServerSetups), UNSEEN),
            ("what runs not seen", but(without=Running), UNSEEN),
            ("cards not seen", but(without=Gpus), UNSEEN),
            ("cards not seen, nor the machine", tuple(fact for fact in but(without=Gpus) if fact is not LINUX), UNSEEN),
            ("no card", but(gpus()), fails("no-card")),
            ("no card on an unknown machine", but(gpus(), UNKNOWN), UNSEEN),
            ("a card on an unknown machine", but(UNKNOWN), passes("used", "driven")),
            ("a card, machine not seen", but(without=Platform), passes("used", "driven")),
            ("a Mac", but(gpus(), MAC), exempts("apple")),
            ("graphics of AMD", but(gpus(), AMD), exempts("amd")),
            ("one of two cards lost", but(gpus(ONE, LOST)), fails("lost")),
            ("the other card lost", but(gpus(ONE, LOST), wanting("0")), UNSEEN),
            ("the card that is meant lost", but(gpus(ONE, LOST), wanting("1")), fails("lost")),
            ("an old driver", but(gpus(ONE, driver="535.183.01")), halved("used", "old-driver")),
            (
                "old for an old card",
                but(gpus(replace(ONE, capability="6.1"), driver="560.1")),
                halved("used", "old-driver"),
            ),
            ("a card too old", but(gpus(replace(ONE, capability="3.7"))), fails("old-card")),
            ("driver not seen", but(gpus(ONE, driver=GAP)), UNSEEN),
            ("driver not understood", but(gpus(ONE, driver="other")), UNSEEN),
            ("capability not seen", but(gpus(replace(ONE, capability=GAP))), UNSEEN),
            ("a table out of date", but(MUCH_LATER), UNSEEN),
            ("the one that is meant", but(wanting("0")), passes("used", "driven", "agrees")),
            ("meant by its name", but(wanting("RTX 3090")), passes("used", "driven", "agrees")),
            ("a wrong index with one card", but(wanting("1")), passes("used", "driven", "only-card")),
            ("a wrong name with one card", but(wanting("RTX 4090")), fails("absent")),
            ("a wrong index with two cards", but(BOTH, wanting("2")), fails("absent")),
            ("no card to be meant", but(gpus(), wanting("0")), fails("no-card")),
            (
                "two alike",
                but(gpus(ONE, replace(ONE, index=1)), wanting("3090")),
                halved("used", "driven", "ambiguous"),
            ),
            ("its name not seen", but(gpus(replace(ONE, name=GAP)), wanting("3090")), UNSEEN),
            ("intent not seen", but(without=Expectations), UNSEEN),
            ("of two cards the one that holds", but(BOTH, wanting("0")), passes("used", "driven", "agrees")),
            ("of two cards the other holds", but(TWO_HELD_BY_PYTHON, wanting("1")), fails("other-card")),
            ("of two cards the other holds, alone", but(BOTH, wanting("GPU-bbbb")), fails("other-card")),
            (
                "both hold, one visible",
                but(SPLIT, wanting("1"), setups("GPU-bbbb")),
                passes("used", "driven", "agrees"),
            ),
            ("both hold, it is not visible", but(SPLIT, wanting("1"), setups("GPU-aaaa")), fails("not-visible")),
            ("both hold, both visible", but(SPLIT, wanting("1")), UNSEEN),
            ("who holds not seen", but(gpus(ONE, replace(TWO, holders=GAP)), wanting("0")), UNSEEN),
            (
                "none holds, one visible",
                but(NOTHING_HELD, wanting("1"), setups("GPU-bbbb")),
                passes("used", "driven", "agrees"),
            ),
            (
                "nothing loaded, it is not visible",
                but(BOTH, NOT_LOADED, wanting("1"), setups("GPU-aaaa")),
                fails("not-visible"),
            ),
            ("visible by a number", but(SPLIT, wanting("1"), setups("1")), UNSEEN),
            ("in instances", but(gpus(replace(ONE, mig=True), TWO), wanting("0")), UNSEEN),
            (
                "alone, in instances",
                but(gpus(replace(ONE, mig=True)), wanting("0")),
                passes("used", "driven", "agrees"),
            ),
            ("perhaps in instances", but(gpus(replace(ONE, mig=GAP), TWO), wanting("0")), UNSEEN),
            (
                "held by others too",
                but(gpus(replace(ONE, holders=(OLLAMA, PYTHON)))),
                passes("used", "driven", "shared"),
            ),
            ("a service with a card", but(RESERVED), passes("used", "driven")),
            ("a service without one", but(UNRESERVED), halved("used", "driven", "not-given")),
            ("a service without one runs", but(UNRESERVED, ON_CPU), fails("on-cpu", "not-given")),
            ("a service without one, nothing loaded", but(UNRESERVED, NOT_LOADED), fails("not-given")),
            ("perhaps without one", but(containers(GAP)), UNSEEN),
            ("a service of another server", but(containers(gpu=False, serves="other")), passes("used", "driven")),
            ("an unread compose file", but(Containers((), unread=(GAP,))), UNSEEN),
            ("services not seen", but(without=Containers), UNSEEN),
            ("another machine", but(*FAR_AWAY), UNSEEN),
            ("a container of this one", but(*FAR_AWAY, containers(gpu=True, serves="far")), passes("used", "driven")),
            ("another engine", but(OPENAI_LOCAL, answers(Product.VLLM)), exempts("another-engine")),
            ("an Ollama behind another API", but(OPENAI_LOCAL, answers(Product.OLLAMA)), passes("used", "driven")),
            ("an engine that nothing proves", but(OPENAI_LOCAL), UNSEEN),
            ("no server", but(servers()), exempts("nothing")),
        ],
    ),
    "OLL-11": (
        card_heat,
        [
            ("holds", but(), passes("holds", "at-work", "memory")),
            (
                "memory does not tell",
                but(sampled(memory_temperature=GAP)),
                passes("holds", "at-work", "no-memory-temperature"),
            ),
            ("clocks not seen", but(sampled(clock_mhz=GAP)), passes("holds", "memory")),
            ("power not seen", but(sampled(power_mw=GAP)), passes("holds", "memory")),
            ("idle", but(sampled(utilisation=49)), UNSEEN),
            ("at work", but(sampled(utilisation=50)), passes("holds", "at-work", "memory")),
            ("idle and hot", but(gpus(replace(ONE, sample=replace(IDLE, throttles=("thermal-hardware",))))), UNSEEN),
            ("load not seen", but(sampled(utilisation=GAP)), UNSEEN),
            ("load not seen, and slowed", but(sampled(utilisation=GAP, throttles=("hardware",))), UNSEEN),
            *[
                (f"slowed: {why}", but(sampled(throttles=("power-cap", why))), fails("slowed"))
                for why in ("hardware", "thermal-hardware", "thermal-software", "power-brake")
            ],
            (
                "held by what is meant",
                but(sampled(throttles=("power-cap", "application-clocks", "sync-boost"))),
                passes("holds", "at-work", "memory"),
            ),
            ("reasons not seen", but(sampled(throttles=GAP)), UNSEEN),
            ("reasons not seen, and hot", but(sampled(throttles=GAP, temperature=94)), fails("at-slowdown")),
            ("almost warm", but(sampled(temperature=82, slowdown_at=GAP)), passes("holds", "at-work", "memory")),
            ("warm", but(sampled(temperature=83)), halved("warm", "holds", "at-work", "memory")),
            ("hot", but(sampled(temperature=93)), fails("at-slowdown")),
            ("warm, and perhaps hot", but(sampled(temperature=83, slowdown_at=GAP)), UNSEEN),
            ("temperature not seen", but(sampled(temperature=GAP)), UNSEEN),
            ("capped as low as is of use", but(sampled(limit_mw=210_000)), passes("holds", "at-work", "memory")),
            ("capped lower", but(sampled(limit_mw=209_000)), halved("starved", "holds", "at-work", "memory")),
            ("raised", but(sampled(limit_mw=385_000)), halved("raised", "holds", "at-work", "memory")),
            (
                "made for little",
                but(sampled(limit_mw=150_000, default_limit_mw=150_000)),
                passes("holds", "at-work", "memory"),
            ),
            (
                "an unknown card",
                but(gpus(replace(ONE, name="NVIDIA X", sample=replace(BUSY, limit_mw=174_000)))),
                halved("starved", "holds", "at-work", "memory"),
            ),
            (
                "an unknown card of unknown size",
                but(gpus(replace(ONE, name="NVIDIA X", total=GAP))),
                passes("holds", "at-work", "memory"),
            ),
            ("limit not seen", but(sampled(limit_mw=GAP)), UNSEEN),
            ("default not seen", but(sampled(default_limit_mw=GAP)), UNSEEN),
            ("name not seen", but(gpus(replace(ONE, name=GAP))), UNSEEN),
            (
                "an old generation",
                but(sampled(link=Link(1, 4, 16, 16))),
                halved("slow-link", "holds", "at-work", "memory"),
            ),
            ("few lanes", but(sampled(link=Link(4, 4, 4, 16))), halved("narrow-link", "holds", "at-work", "memory")),
            ("lanes shared by two", but(sampled(link=Link(4, 4, 8, 16))), passes("holds", "at-work", "memory")),
            ("a card of few lanes", but(sampled(link=Link(4, 4, 4, 4))), passes("holds", "at-work", "memory")),
            ("lanes not seen", but(sampled(link=Link(4, 4, GAP, 16))), UNSEEN),
            ("generation not seen", but(sampled(link=Link(GAP, 4, 16, 16))), UNSEEN),
            ("one of two is idle", but(gpus(ONE, replace(TWO, sample=IDLE))), passes("holds", "at-work", "memory")),
            (
                "one of two is hot",
                but(gpus(ONE, replace(TWO, sample=replace(BUSY, temperature=99)))),
                fails("at-slowdown"),
            ),
            (
                "the one that is not meant is hot",
                but(gpus(ONE, replace(TWO, sample=replace(BUSY, temperature=99))), wanting("0")),
                passes("holds", "at-work", "memory"),
            ),
            ("the one that is meant is not there", but(wanting("5")), passes("holds", "at-work", "memory")),
            ("the one that is meant cannot be told", but(gpus(replace(ONE, name=GAP)), wanting("3090")), UNSEEN),
            (
                "one of two does not tell its load",
                but(gpus(ONE, replace(TWO, sample=replace(BUSY, utilisation=GAP)))),
                UNSEEN,
            ),
            ("a table out of date", but(MUCH_LATER), UNSEEN),
            ("no card", but(gpus()), UNSEEN),
            ("cards not seen", but(without=Gpus), UNSEEN),
            ("intent not seen", but(without=Expectations), UNSEEN),
            ("a Mac", but(MAC, without=Gpus), exempts("apple")),
            ("graphics of AMD", but(AMD, without=Gpus), exempts("amd")),
            ("a card in a Mac", but(MAC), passes("holds", "at-work", "memory")),
            ("neither card nor machine seen", but(UNKNOWN, without=Gpus), UNSEEN),
            ("another machine", but(servers("far away")), UNSEEN),
            (
                "a container of this one",
                but(servers("far away"), containers(gpu=True, serves="far away")),
                passes("holds", "at-work", "memory"),
            ),
            ("no server", but(servers()), exempts("nothing")),
        ],
    ),
}
ROWS = [pytest.param(check, *row[1:], id=f"{id}: {row[0]}") for id, (check, rows) in TABLE.items() for row in rows]


@pytest.mark.parametrize(("check", "facts", "expected"), ROWS)
def test_verdict(check: Check[...], facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(check, *facts)

    found = (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings])
    assert is_open(verdict) if expected == UNSEEN else found == expected


@pytest.mark.parametrize("check", [card_used, card_heat], ids=lambda check: check.id)
def test_all_that_is_announced_is_said_and_the_reverse(
    check: Check[...], said_both_ways: Callable[[Check[...], Iterable[Verdict]], None]
) -> None:
    same, rows = TABLE[check.id]

    assert same is check
    said_both_ways(check, [judge(check, *facts) for _, facts, _ in rows])


def found(check: Check[...], code: str, *facts: Fact) -> tuple[dict[str, object], Place | None]:
    (finding,) = (one for one in judge(check, *facts).findings if one.code == code)
    return dict(finding.params), finding.place


def test_a_service_without_a_card_is_shown_where_it_is_written() -> None:
    assert found(card_used, "not-given", *but(UNRESERVED)) == ({"service": "ollama"}, COMPOSE)


def test_a_device_that_is_wrong_is_shown_where_it_is_declared() -> None:
    assert found(card_used, "absent", *but(BOTH, wanting("2"))) == ({"device": "2", "count": 2}, SETTINGS)
    assert found(card_used, "only-card", *but(wanting("1"))) == (
        {"device": "1", "card": "0 (NVIDIA GeForce RTX 3090)"},
        SETTINGS,
    )


def test_who_holds_the_card_that_is_meant_is_named() -> None:
    params, _ = found(card_used, "other-card", *but(TWO_HELD_BY_PYTHON, wanting("1")))

    assert params == {
        "card": "1 (NVIDIA GeForce RTX 4090)",
        "other": "0 (NVIDIA GeForce RTX 3090)",
        "holders": "python3",
    }


def test_a_uuid_is_never_shown() -> None:
    hidden, place = found(card_used, "hidden", *but(NOT_LOADED, setups("GPU-cccc", place=COMPOSE)))
    absent, _ = found(card_used, "absent", *but(wanting("GPU-cccc")))

    assert (hidden, place) == ({"value": "a UUID"}, COMPOSE)
    assert absent["device"] == "a UUID"


def test_an_idle_card_names_the_trial_that_would_show_it() -> None:
    (finding,) = judge(card_heat, *but(sampled(utilisation=3))).findings

    assert finding.gap == Gap(Why.NOT_LOADED, about="the graphics card", hint=USE_IT)
