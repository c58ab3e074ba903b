"""Faults of the graphics card, through the whole pipeline: each named alone, by the right check."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ended import Command
from msgspec.structs import replace
from planting import Fault, assert_named, audited, file, ollama

from modelcheck.core.graphics import Link
from modelcheck.standin.scenario import Card, Scenario

COMPOSE = "docker-compose.yml"
SECOND = "GPU-00000000-0000-0000-0000-000000000002"
Change = Callable[[Scenario], Scenario]


def card(**changes: Any) -> Change:
    """The one card otherwise."""
    return cards(lambda first: (replace(first, **changes),))


def sample(**changes: Any) -> Change:
    """The one card, doing otherwise."""
    return cards(lambda first: (replace(first, sample=replace(first.sample, **changes)),))


def cards(make: Callable[[Card], tuple[Card, ...]]) -> Change:
    def change(scenario: Scenario) -> Scenario:
        (first,) = scenario.graphics.cards
        return replace(scenario, graphics=replace(scenario.graphics, cards=make(first)))

    return change


def second(**changes: Any) -> Change:
    """Another card behind the first, which nothing runs on."""
    return cards(lambda first: (first, replace(idle(first), uuid=SECOND, bus="00000000:41:00.0", **changes)))


def idle(one: Card) -> Card:
    return replace(one, sample=replace(one.sample, utilisation=0, throttles=("idle",)))


def told(value: str, *, loaded: bool = True) -> Change:
    """The server told which cards to use."""

    def change(scenario: Scenario) -> Scenario:
        environment = {**(scenario.ollama.environment or {}), "CUDA_VISIBLE_DEVICES": value}
        memory = scenario.ollama.loaded if loaded else ()
        return ollama(environment=environment, loaded=memory)(scenario)

    return change


def driver(version: str) -> Change:
    return lambda scenario: replace(scenario, graphics=replace(scenario.graphics, driver=version))


def on_the_cpu(scenario: Scenario) -> Scenario:
    (loaded,) = scenario.ollama.loaded
    return ollama(loaded=(replace(loaded, size_vram=0),))(scenario)


def both(*changes: Change) -> Change:
    def change(scenario: Scenario) -> Scenario:
        for each in changes:
            scenario = each(scenario)
        return scenario

    return change


def wanting(device: str) -> Callable[[Path], None]:
    """The project wants another card."""

    def plant(root: Path) -> None:
        path = root / "modelcheck.yaml"
        path.write_text(path.read_text().replace("device: 0", f"device: {device}"))

    return plant


def service(*lines: str) -> Callable[[Path], None]:
    body = "".join(f"    {line}\n" for line in lines)
    return file(COMPOSE, f"services:\n  model-server:\n    image: ollama/ollama\n{body}")


def unused(scenario: Scenario) -> Scenario:
    return ollama(loaded=())(scenario)


FAULTS = {
    "models on the CPU": Fault("OLL-04", "on-cpu", scenario=on_the_cpu, also=("OLL-05",)),
    "a server told of no card": Fault("OLL-04", "hidden", scenario=told("-1"), also=("OLL-05",)),
    "a server told of a card that is not there": Fault("OLL-04", "hidden", scenario=told("1", loaded=False)),
    "no card": Fault("OLL-04", "no-card", scenario=cards(lambda _: ()), also=("OLL-05",)),
    "a lost card": Fault("OLL-04", "lost", scenario=card(lost=True), also=("OLL-05",)),
    "an old driver": Fault("OLL-04", "old-driver", scenario=driver("535.183.01")),
    "an old driver for an old card": Fault(
        "OLL-04", "old-driver", scenario=both(card(name="Tesla P40", capability="6.1"), driver("560.35.03"))
    ),
    "a card that is too old": Fault("OLL-04", "old-card", scenario=card(name="Tesla K80", capability="3.7")),
    "a card of another name": Fault("OLL-04", "absent", wanting("RTX 4090"), path="modelcheck.yaml"),
    "a card that is not there": Fault("OLL-04", "absent", wanting("2"), scenario=second(), path="modelcheck.yaml"),
    "a name that two cards have": Fault("OLL-04", "ambiguous", wanting("RTX 3090"), scenario=second()),
    "the other of two cards": Fault("OLL-04", "other-card", wanting("1"), scenario=second(others=("python3",))),
    "the other of two cards by its UUID": Fault("OLL-04", "other-card", wanting(SECOND), scenario=second()),
    "a service without a card": Fault(
        "OLL-04", "not-given", service("ports: ['127.0.0.1:11434:11434']"), path=COMPOSE, line=3
    ),
    "a service without a card, and nothing loaded": Fault(
        "OLL-04", "not-given", service("ports: ['127.0.0.1:11434:11434']"), scenario=unused, path=COMPOSE, line=3
    ),
    **{
        f"slowed: {why}": Fault("OLL-11", "slowed", scenario=sample(throttles=("power-cap", why)))
        for why in ("hardware", "thermal-hardware", "thermal-software", "power-brake")
    },
    "a warm card": Fault("OLL-11", "warm", scenario=sample(temperature=84)),
    "a hot card": Fault("OLL-11", "at-slowdown", scenario=sample(temperature=94)),
    "a starved card": Fault("OLL-11", "starved", scenario=sample(limit_mw=150_000)),
    "a card that may take too much": Fault("OLL-11", "raised", scenario=sample(limit_mw=420_000)),
    "a slow riser": Fault("OLL-11", "slow-link", scenario=sample(link=Link(1, 4, 16, 16))),
    "a narrow riser": Fault("OLL-11", "narrow-link", scenario=sample(link=Link(4, 4, 4, 16))),
}


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_named_by_its_check(name: str, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_named(FAULTS[name], command, monkeypatch)


NO_FAULTS = {
    "a wrong index with one card": (Fault("OLL-04", "only-card", wanting("1")), "pass"),
    "a name that is nearly another's": (Fault("OLL-04", "agrees", wanting("3090")), "pass"),
    "two cards, the first of them meant": (Fault("OLL-04", "agrees", scenario=second()), "pass"),
    "others on the card": (Fault("OLL-04", "shared", scenario=card(others=("Xorg",))), "pass"),
    "a service with a card": (
        Fault("OLL-04", "used", service("ports: ['127.0.0.1:11434:11434']", "gpus: all")),
        "pass",
    ),
    "a service of another port": (Fault("OLL-04", "used", service("ports: ['127.0.0.1:1:11434']")), "pass"),
    "memory that does not tell its temperature": (Fault("OLL-11", "no-memory-temperature"), "pass"),
    "lanes shared by two cards": (Fault("OLL-11", "holds", scenario=sample(link=Link(4, 4, 8, 16))), "pass"),
    "a cap for mixtures": (Fault("OLL-11", "holds", scenario=sample(limit_mw=210_000)), "pass"),
    "one of two cards is idle": (Fault("OLL-11", "holds", scenario=second()), "pass"),
}


@pytest.mark.parametrize("name", NO_FAULTS)
def test_it_is_no_fault_and_is_explained(
    name: str, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault, outcome = NO_FAULTS[name]
    check = audited(fault, command, monkeypatch).check(fault.check)

    assert check["outcome"] == outcome, check
    assert fault.code in {one["code"] for one in check["findings"]}


def test_an_idle_card_is_not_judged(command: Command, keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Fault("OLL-11", "unseen", scenario=cards(lambda first: (idle(first),)))
    check = audited(fault, command, monkeypatch).check("OLL-11")

    assert check["outcome"] == "unknown"
    assert check["findings"][0]["gap"]["hint"] == "let it answer a request, then look again"


def test_a_mac_needs_no_card_of_nvidias(command: Command, keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def mac(scenario: Scenario) -> Scenario:
        computer = replace(scenario.computer, system="Darwin", desktop=True, graphics="apple")
        return replace(cards(lambda _: ())(scenario), computer=computer)

    ended = audited(Fault("OLL-04", "apple", scenario=mac), command, monkeypatch)

    assert ended.check("OLL-04")["outcome"] == ended.check("OLL-11")["outcome"] == "not-applicable"


def test_no_uuid_reaches_a_report(command: Command, keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Fault("OLL-04", "absent", wanting("GPU-5ec7e7"), scenario=second())
    ended = audited(fault, command, monkeypatch)

    assert ended.check("OLL-04")["outcome"] == "fail"
    assert "5ec7e7" not in str(ended.json)
    assert "GPU-" not in str(ended.json)
