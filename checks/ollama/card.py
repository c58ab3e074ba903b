"""The graphics card: the driver sees it, Ollama uses it, and it is the one that was meant."""

from dataclasses import dataclass
from fractions import Fraction

from modelcheck.checks.ollama.nvidia import SILENT, foreign_graphics, is_here, label
from modelcheck.core.asked import Server
from modelcheck.core.cards import HARDWARE_DAYS, Cards
from modelcheck.core.check import Effort, Verdict, check, failed, not_applicable, partial, passed
from modelcheck.core.gap import USE_IT, Gap, Unseen, Why, seen
from modelcheck.core.graphics import Gpu, Gpus, is_index, meant
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Contacts, Loaded, Platform, Product, Running
from modelcheck.core.ollama_cards import hiding, is_held, is_runner, visible
from modelcheck.core.served import product_of
from modelcheck.core.serving import Containers, ServerSetup, ServerSetups, Setting
from modelcheck.core.tables import Clock
from modelcheck.core.version import Version
from modelcheck.core.worst import worst

HALF = Fraction(1, 2)
SMALL = 1 << 30
"""Bytes of a model that may rightly have been left to the CPU."""
ELSEWHERE = Gap(Why.NOT_RECORDED, about="the graphics card of another machine")


@dataclass(frozen=True)
class Evidence:
    """What was seen around one server."""

    gpus: Gpus | Gap
    loaded: tuple[Loaded, ...] | Gap
    setup: ServerSetup | Gap
    containers: Containers | Gap
    expectations: Expectations | Gap

    @property
    def on_card(self) -> tuple[Loaded, ...]:
        """The models that surely lie on a card, wholly or in part."""
        return tuple(one for one in seen(self.loaded) if isinstance(one.size_vram, int) and one.size_vram > 0)

    @property
    def held(self) -> bool | Gap:
        """Whether a program in which Ollama runs models holds memory of some card."""
        each = (self.gpus,) if isinstance(self.gpus, Gap) else [is_held(card) for card in self.gpus.cards]
        return True in each or next((one for one in each if isinstance(one, Gap)), False)

    @property
    def cards(self) -> tuple[Gpu, ...]:
        """The cards that are expected: the one that is meant, or all where it is not told."""
        cards = seen(self.gpus).cards
        device = seen(self.expectations).device
        found = cards if device is None else seen(meant(device, cards))
        return found if len(found) == 1 else cards


@check(
    "OLL-04",
    "The configured card is seen by the driver and by Ollama",
    points=2.5,
    per=Server,
    effort=Effort.MINUTES,
    fix="Restart Ollama after a suspension or an update of the driver, and name the card by its UUID.",
    says={
        "used": "{model} has {size:bytes} on a graphics card",
        "on-cpu": "{model} ({size:bytes}) is loaded, and nothing of it is on a graphics card: "
        "Ollama runs on the CPU and does not say so",
        "hidden": "CUDA_VISIBLE_DEVICES is {value}, which hides every card: Ollama runs on the CPU",
        "driven": "driver {driver} drives card {cards}",
        "no-card": "the driver shows no card",
        "lost": "card {card} no longer answers its driver",
        "old-card": "card {card} has compute capability {capability}, which Ollama does not use",
        "old-driver": "driver {driver} is older than {floor}, which Ollama needs for card {card}",
        "agrees": "the card that is meant is the one that is used: {card}",
        "only-card": "device {device} is meant, and there is one card, {card}: it is used whatever the number",
        "absent": "device {device} is meant, and none of the {count} cards is it",
        "ambiguous": "device {device} means {count} cards alike",
        "other-card": "card {card} is meant, and Ollama uses {other}; card {card} is held by {holders}",
        "not-visible": "card {card} is meant, and CUDA_VISIBLE_DEVICES hides it from Ollama",
        "shared": "card {card} is also held by {holders}",
        "not-given": "the service {service} is given no graphics card: Ollama runs on the CPU there",
        "apple": "the graphics are Apple's, which need no driver of NVIDIA's",
        "amd": "the graphics are AMD's, which need no driver of NVIDIA's",
        "another-engine": "{server} is {engine}",
    },
)
def card_used(
    server: Server,
    gpus: Gpus | Gap,
    platform: Platform | Gap,
    running: Running | Gap,
    setups: ServerSetups | Gap,
    *,
    contacts: Contacts | Gap,
    containers: Containers | Gap,
    expectations: Expectations | Gap,
    cards: Cards,
    clock: Clock,
) -> Verdict:
    """After a suspension, an update or a typing error Ollama runs on the CPU, ten times slower, and does not say so."""
    product = seen(product_of(server, contacts))
    if product is not Product.OLLAMA:
        return not_applicable("another-engine", server=server.label, engine=product.value)
    here = is_here(server, containers)
    if here and (graphics := foreign_graphics(gpus, platform)):
        return not_applicable(graphics)
    found = Evidence(
        gpus if here else ELSEWHERE,
        running if isinstance(running, Gap) else running.servers[server.id],
        setups if isinstance(setups, Gap) else setups.servers[server.id],
        containers,
        expectations,
    )
    return worst(
        lambda: _used(found),
        lambda: _driven(found, cards, clock),
        lambda: _agrees(found),
        lambda: _given(server, found),
        lambda: _shared(found),
    )


def _used(found: Evidence) -> Verdict:
    """Who holds memory of a card proves it; else models there do, if nothing hides the cards."""
    if found.on_card:
        hidden = None if found.held is True else hiding(seen(found.setup), found.gpus)
        if hidden is not None:
            seen(found.held)
            return _hidden(hidden)
        first = found.on_card[0]
        return passed("used", model=first.name, size=seen(first.size_vram))
    loaded = seen(found.loaded)
    for one in loaded:
        seen(one.size_vram)
    hidden = _surely_hiding(found)
    if hidden is not None:
        return _hidden(hidden)
    large = next((one for one in loaded if isinstance(one.size, int) and one.size >= SMALL), None)
    if large is not None:
        return failed("on-cpu", model=large.name, size=seen(large.size))
    for one in loaded:
        seen(one.size)
    raise Unseen(Gap(Why.NOT_LOADED, about="a model that would use the card", hint=USE_IT))


def _surely_hiding(found: Evidence) -> Setting | None:
    try:
        return hiding(seen(found.setup), found.gpus)
    except Unseen:
        return None


def _hidden(setting: Setting) -> Verdict:
    return failed("hidden", setting.place, value=_told(setting.value))


def _driven(found: Evidence, cards: Cards, clock: Clock) -> Verdict:
    gpus = seen(found.gpus)
    if not gpus.cards:
        return failed("no-card")
    lost = next((card for card in found.cards if card.lost), None)
    if lost is not None:
        return failed("lost", card=label(lost))
    clock.require_fresh(cards.as_of, HARDWARE_DAYS, "the table of cards")
    driver = _version(gpus.driver, "driver")
    floors = [(card, cards.oldest_driver(_version(card.capability, "compute capability"))) for card in found.cards]
    for card, floor in floors:
        if floor is None:
            return failed("old-card", card=label(card), capability=seen(card.capability))
    for card, floor in floors:
        if floor is not None and driver.major < floor:
            return partial("old-driver", HALF, None, driver=seen(gpus.driver), floor=floor, card=label(card))
    return passed("driven", driver=seen(gpus.driver), cards=", ".join(map(label, found.cards)))


def _agrees(found: Evidence) -> Verdict:
    expected, cards = seen(found.expectations), seen(found.gpus).cards
    device = expected.device
    if device is None or not cards:
        return SILENT
    chosen = seen(meant(device, cards))
    if not chosen and len(cards) == 1 and is_index(device):
        return passed("only-card", expected.at, device=device, card=label(cards[0]))
    if not chosen:
        return failed("absent", expected.at, device=_told(device), count=len(cards))
    if len(chosen) != 1:
        return partial("ambiguous", HALF, expected.at, device=_told(device), count=len(chosen))
    if len(cards) == 1:
        return passed("agrees", card=label(chosen[0]))
    return _is_the_one(chosen[0], cards, found)


def _is_the_one(card: Gpu, cards: tuple[Gpu, ...], found: Evidence) -> Verdict:
    """Of several cards: who holds memory stands above what the server is told to use."""
    if seen(card.mig):
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about="MIG"))
    holding = [one for one in cards if seen(is_held(one))] if found.on_card else []
    if len(holding) == 1:
        if holding[0] is card:
            return passed("agrees", card=label(card))
        others = _names(card) or "nobody"
        return failed("other-card", card=label(card), other=label(holding[0]), holders=others)
    shown = visible(seen(found.setup), seen(found.gpus))
    if shown and card not in shown:
        return failed("not-visible", card=label(card))
    if shown == (card,):
        return passed("agrees", card=label(card))
    raise Unseen(Gap(Why.UNDECIDED, about="the card that Ollama uses", hint="CUDA_VISIBLE_DEVICES=UUID"))


def _given(server: Server, found: Evidence) -> Verdict:
    """A running server that uses a card is not that service; whoever starts the service gets one without."""
    containers = seen(found.containers)
    serving = containers.serving(server.id)
    if containers.unread and not serving:
        raise Unseen(containers.unread[0])
    without = next((one for one in serving if one.gpu is False), None)
    if without is not None and found.on_card:
        return partial("not-given", HALF, without.place, service=without.name)
    if without is not None:
        return failed("not-given", without.place, service=without.name)
    for one in serving:
        seen(one.gpu)
    return SILENT


def _shared(found: Evidence) -> Verdict:
    """Name the others on the cards; whether they leave room is judged elsewhere."""
    for card in found.cards:
        names = _names(card)
        if names:
            return passed("shared", card=label(card), holders=names)
    return SILENT


def _names(card: Gpu) -> str:
    """Name who holds a card beside Ollama."""
    holders = () if isinstance(card.holders, Gap) else card.holders
    names = dict.fromkeys(one.name for one in holders if isinstance(one.name, str))
    return ", ".join(name for name in names if not is_runner(name))


def _version(text: str | Gap, about: str) -> Version:
    version = Version.parse(seen(text))
    if version is None:
        raise Unseen(Gap(Why.NOT_RECORDED, about=about))
    return version


def _told(device: str) -> str:
    """A UUID stays out of reports."""
    return "a UUID" if device.strip().lower().startswith(("gpu-", "mig-")) else device
