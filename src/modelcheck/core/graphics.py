"""Graphics cards, as the driver shows them."""

import re
from collections.abc import Callable
from typing import ClassVar

from modelcheck.core.facts import Fact, Record, Scope
from modelcheck.core.gap import NOT_RECORDED, Gap, Why

MOST_CARDS = 64
"""Cards that are looked at; a number from here on is part of a card's name, such as `3090`."""

_BUS = re.compile(r"(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])", re.ASCII)


class Holder(Record, frozen=True):
    """A process that holds graphics memory."""

    name: str | Gap
    """Its program's name, without folder or arguments."""
    used: int | Gap
    """Bytes."""


class Link(Record, frozen=True):
    """The connection of a card: its PCIe generation and lanes, now and at most."""

    generation: int | Gap = NOT_RECORDED
    most_generation: int | Gap = NOT_RECORDED
    width: int | Gap = NOT_RECORDED
    most_width: int | Gap = NOT_RECORDED


class Sample(Record, frozen=True):
    """How a card was doing at the time of the survey."""

    utilisation: int | Gap = NOT_RECORDED
    """Per cent of the time in which something ran on it."""
    temperature: int | Gap = NOT_RECORDED
    """Degrees Celsius of the chip."""
    slowdown_at: int | Gap = NOT_RECORDED
    """Degrees from which the card slows itself down."""
    memory_temperature: int | Gap = NOT_RECORDED
    power_mw: int | Gap = NOT_RECORDED
    limit_mw: int | Gap = NOT_RECORDED
    """The power that it may take now, in milliwatts."""
    default_limit_mw: int | Gap = NOT_RECORDED
    clock_mhz: int | Gap = NOT_RECORDED
    most_clock_mhz: int | Gap = NOT_RECORDED
    throttles: tuple[str, ...] | Gap = NOT_RECORDED
    """Why its clocks are held down: `idle`, `power-cap`, `hardware`, `thermal-hardware`, `thermal-software`,
    `power-brake`, `sync-boost`, `application-clocks`, `display-clocks`; none where nothing holds them."""
    link: Link = Link()


class Gpu(Record, frozen=True):
    """A graphics card as NVML shows it."""

    index: int
    name: str | Gap
    bus: str | Gap
    total: int | Gap
    """Bytes."""
    free: int | Gap
    """Bytes free at the time of the survey."""
    uuid: str | Gap = NOT_RECORDED
    """Kept out of reports."""
    holders: tuple[Holder, ...] | Gap = NOT_RECORDED
    capability: str | Gap = NOT_RECORDED
    """CUDA compute capability, such as `8.6`."""
    wddm: bool | Gap | None = None
    """Whether Windows manages its memory (WDDM), so that NVML cannot tell who holds it; None elsewhere."""
    sample: Sample = Sample()
    mig: bool | Gap | None = None
    """Whether it is divided into instances that are used like cards of their own; None where it cannot be."""
    lost: bool = False
    """Whether the driver says that the card no longer answers; all else of it is gaps then."""


class Gpus(Fact, frozen=True):
    """The NVIDIA cards of the machine."""

    scope: ClassVar[Scope] = Scope.MACHINE

    driver: str | Gap
    cards: tuple[Gpu, ...]


def meant(device: str, cards: tuple[Gpu, ...]) -> tuple[Gpu, ...] | Gap:
    """Return the cards that an index, UUID, bus id or name means; a gap where what would tell was not seen."""
    wanted = _folded(device)
    if is_index(device):
        return tuple(card for card in cards if card.index == int(wanted))
    if wanted.startswith("mig-"):
        return Gap(Why.NOT_UNDERSTOOD, about="MIG")
    if wanted.startswith("gpu-"):
        return _having(cards, lambda card: card.uuid, lambda uuid: uuid.startswith(wanted))
    if (bus := _bus(wanted)) is not None:
        return _having(cards, lambda card: card.bus, lambda own: _bus(own) == bus)
    exact = _having(cards, lambda card: card.name, lambda name: name.endswith(wanted))
    return exact or _having(cards, lambda card: card.name, lambda name: wanted in name)


def is_index(device: str) -> bool:
    """Whether a text means a card by its number; a greater number, such as `3090`, is part of a name."""
    text = device.strip()
    return text.isascii() and text.isdigit() and len(text) <= len(str(MOST_CARDS)) and int(text) < MOST_CARDS


def _bus(text: str) -> tuple[int, str] | None:
    """Return the domain and the rest of a bus id: `01:00.0` is that of `00000000:01:00.0`; None for other text."""
    found = _BUS.fullmatch(text)
    return None if found is None else (int(found[1] or "0", 16), found[2])


def _having(
    cards: tuple[Gpu, ...], field: Callable[[Gpu], str | Gap], fits: Callable[[str], bool]
) -> tuple[Gpu, ...] | Gap:
    found: list[Gpu] = []
    for card in cards:
        value = field(card)
        if isinstance(value, Gap):
            return value
        if fits(_folded(value)):
            found.append(card)
    return tuple(found)


def _folded(text: str) -> str:
    return "".join(text.casefold().split())
