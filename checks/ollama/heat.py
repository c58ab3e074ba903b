"""Power, heat and clocks of the card, judged while it works."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial as bound

from modelcheck.checks.ollama.nvidia import SILENT, foreign_graphics, is_here, label
from modelcheck.core.asked import Servers
from modelcheck.core.cards import HARDWARE_DAYS, Cards
from modelcheck.core.check import Effort, Verdict, check, failed, not_applicable, partial, passed
from modelcheck.core.gap import USE_IT, Gap, Unseen, Why, seen
from modelcheck.core.graphics import Gpu, Gpus, meant
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Platform
from modelcheck.core.serving import Containers
from modelcheck.core.tables import Clock
from modelcheck.core.worst import worst

HALF = Fraction(1, 2)
UNDER_LOAD = 50
"""Per cent of the time from which on a card counts as working; an idle one saves power on its connection and clocks."""
SLOWDOWNS = ("hardware", "thermal-hardware", "thermal-software", "power-brake")
"""Reasons for held down clocks that say that something is wrong; a cap of power, among others, is meant."""
MARGIN = 2
"""Degrees below its slowdown at which a card is as good as slowed."""
ENOUGH_LANES = 8
"""Two cards share the lanes of most boards, which costs a model on one card next to nothing."""


def working_here(
    servers: Servers, gpus: Gpus | Gap, platform: Platform | Gap, containers: Containers | Gap
) -> Verdict | None:
    """A card counts where a server of this machine may use it, and where it is NVIDIA's."""
    if not servers.servers:
        return not_applicable("nothing")
    if not any(is_here(server, containers) for server in servers.servers):
        raise Unseen(Gap(Why.NOT_RECORDED, about="the graphics card of another machine"))
    graphics = foreign_graphics(gpus, platform)
    return not_applicable(graphics) if graphics else None


@check(
    "OLL-11",
    "Power, heat and clocks hold under load",
    points=2,
    effort=Effort.HOURS,
    fix="Clear the way of the air, set the power limit (`nvidia-smi -pl WATTS`), and seat the card in a full slot.",
    applies=working_here,
    says={
        "holds": "card {card} holds at {load} % load: {temperature} °C, at most {limit} W, "
        "PCIe generation {generation} with {lanes} lanes",
        "at-work": "card {card} takes {power} W at {clock} of {most} MHz",
        "memory": "the memory of card {card} is at {temperature} °C",
        "no-memory-temperature": "the driver does not show the temperature of the memory of card {card}",
        "slowed": "the clocks of card {card} are held down: {why}",
        "at-slowdown": "card {card} is at {temperature} °C and slows itself down from {slowdown} °C on",
        "warm": "card {card} is at {temperature} °C; from {warm} °C on cards begin to give up clocks",
        "starved": "card {card} may take {limit} W; below {least} W it loses more speed than it saves power",
        "raised": "card {card} may take {limit} W, more than the {default} W that it is made for",
        "slow-link": "card {card} is connected by PCIe generation {generation} under load, "
        "and {most} would be possible",
        "narrow-link": "card {card} is connected by {lanes} lanes, and {most} would be possible",
        "apple": "the graphics are Apple's, which NVIDIA's driver does not watch",
        "amd": "the graphics are AMD's, which NVIDIA's driver does not watch",
    },
)
def card_heat(gpus: Gpus, expectations: Expectations, cards: Cards, clock: Clock) -> Verdict:
    """A card that is hot, starved or badly seated answers at a fraction of its speed, and nothing else tells why."""
    parts = [part for card in _expected(gpus, expectations) for part in _parts(card, cards)]
    if not parts:
        raise Unseen(Gap(Why.NOT_LOADED, about="the graphics card", hint=USE_IT))
    return worst(bound(_is_fresh, cards, clock), *parts)


def _expected(gpus: Gpus, expectations: Expectations) -> tuple[Gpu, ...]:
    """Return the card that is meant, or all where that is not told or not plain."""
    chosen = gpus.cards if expectations.device is None else seen(meant(expectations.device, gpus.cards))
    return chosen if len(chosen) == 1 else gpus.cards


def _parts(card: Gpu, cards: Cards) -> Iterator[Callable[[], Verdict]]:
    """Yield what is asked of a card; nothing of one that is idle, and only that where it is not known."""
    load = card.sample.utilisation
    if isinstance(load, Gap):
        yield bound(_open, load)
        return
    if load < UNDER_LOAD:
        return
    yield bound(_slowed, card)
    yield bound(_warm, card, cards)
    yield bound(_capped, card, cards)
    yield bound(_linked, card)
    yield bound(_holding, card)
    yield bound(_at_work, card)
    yield bound(_memory, card)


def _is_fresh(cards: Cards, clock: Clock) -> Verdict:
    clock.require_fresh(cards.as_of, HARDWARE_DAYS, "the table of cards")
    return SILENT


def _open(gap: Gap) -> Verdict:
    raise Unseen(gap)


def _slowed(card: Gpu) -> Verdict:
    why = [reason for reason in seen(card.sample.throttles) if reason in SLOWDOWNS]
    return failed("slowed", card=label(card), why=", ".join(why)) if why else SILENT


def _warm(card: Gpu, cards: Cards) -> Verdict:
    temperature = seen(card.sample.temperature)
    if temperature < cards.warm_at:
        return SILENT
    slowdown = seen(card.sample.slowdown_at)
    if temperature >= slowdown - MARGIN:
        return failed("at-slowdown", card=label(card), temperature=temperature, slowdown=slowdown)
    return partial("warm", HALF, card=label(card), temperature=temperature, warm=cards.warm_at)


def _capped(card: Gpu, cards: Cards) -> Verdict:
    limit, default = _watts(card.sample.limit_mw), _watts(card.sample.default_limit_mw)
    known = cards.of(seen(card.name), card.total if isinstance(card.total, int) else None)
    measured = known.least_cap if known else None
    least = min(default, measured or default * cards.least_cap_percent // 100)
    if limit < least:
        return partial("starved", HALF, card=label(card), limit=limit, least=least)
    if limit > default:
        return partial("raised", HALF, card=label(card), limit=limit, default=default)
    return SILENT


def _linked(card: Gpu) -> Verdict:
    link = card.sample.link
    generation, most = seen(link.generation), seen(link.most_generation)
    if generation < most:
        return partial("slow-link", HALF, card=label(card), generation=generation, most=most)
    lanes, widest = seen(link.width), seen(link.most_width)
    if lanes < min(widest, ENOUGH_LANES):
        return partial("narrow-link", HALF, card=label(card), lanes=lanes, most=widest)
    return SILENT


def _holding(card: Gpu) -> Verdict:
    sample = card.sample
    return passed(
        "holds",
        card=label(card),
        load=seen(sample.utilisation),
        temperature=seen(sample.temperature),
        limit=_watts(sample.limit_mw),
        generation=seen(sample.link.generation),
        lanes=seen(sample.link.width),
    )


def _at_work(card: Gpu) -> Verdict:
    """For a reader: clocks and power follow the work, and prove nothing by themselves."""
    clock, most, power = card.sample.clock_mhz, card.sample.most_clock_mhz, card.sample.power_mw
    if isinstance(clock, Gap) or isinstance(most, Gap) or isinstance(power, Gap):
        return SILENT
    return passed("at-work", card=label(card), power=_watts(power), clock=clock, most=most)


def _memory(card: Gpu) -> Verdict:
    """For a reader: many boards do not show it, which is no fault of theirs."""
    temperature = card.sample.memory_temperature
    if isinstance(temperature, Gap):
        return passed("no-memory-temperature", card=label(card))
    return passed("memory", card=label(card), temperature=temperature)


def _watts(milliwatts: int | Gap) -> int:
    return round(seen(milliwatts) / 1000)
