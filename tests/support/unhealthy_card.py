"""What goes wrong with graphics cards, each with the rest of the stack healthy."""

import healthy_facts as well
from msgspec.structs import replace

from modelcheck.core.facts import Fact, Facts, Place, Seen
from modelcheck.core.gap import Gap, Why, seen
from modelcheck.core.graphics import Gpu, Gpus, Holder, Link
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Platform
from modelcheck.core.serving import Container, Containers, Origin, ServerSetup, ServerSetups, Setting

DRIVER = "580.95.05"
UUID = "GPU-00000000-0000-0000-0000-000000000001"
SECOND = replace(well.CARD, index=1, name="NVIDIA GeForce RTX 4090", uuid=UUID, holders=(Holder("python3", 1 << 30),))
UNHELD = replace(well.CARD, holders=())


def but(*facts: Fact) -> Facts:
    return well.HEALTHY.merged({type(fact): fact for fact in facts})


def gpus(*cards: Gpu, driver: str = DRIVER) -> Gpus:
    return Gpus(driver, cards)


def wanting(device: str) -> Expectations:
    return replace(seen(well.HEALTHY.get(Expectations)), device=device)


def told(value: str) -> ServerSetups:
    """The healthy setup, told which cards to use."""
    setting = Setting("CUDA_VISIBLE_DEVICES", value, Origin.PROCESS)
    return ServerSetups(Seen.of({well.OLLAMA: ServerSetup((*well.SETUP.settings, setting), complete=True)}))


def sampled(**changes: object) -> Facts:
    return but(gpus(replace(well.CARD, sample=replace(well.CARD.sample, **changes))))


def on_the_cpu() -> Facts:
    """Models are loaded, and nothing of them is on a card, which Ollama does not say."""
    loaded = (well.LLAMA_LOADED, well.CODESTRAL_LOADED)
    return but(gpus(UNHELD), well.running(*(replace(one, size_vram=0) for one in loaded)))


def hidden_card() -> Facts:
    """The server is told of a card that is not there, and nothing is loaded."""
    return but(told("1"), gpus(UNHELD), well.running())


def hidden_and_claimed() -> Facts:
    """The server is told of no card, and says that models are on one; nobody holds memory of it."""
    return but(told("-1"), gpus(UNHELD))


def lost_card() -> Facts:
    """The card that is meant no longer answers."""
    gap = Gap(Why.UNREADABLE, about="the card (NVML: GpuIsLost)")
    lost = Gpu(1, gap, gap, gap, gap, gap, holders=gap, capability=gap, lost=True)
    return but(gpus(well.CARD, lost), wanting("1"))


def wrong_index() -> Facts:
    """The index that is meant is not there, and the one card is used."""
    return but(wanting("1"))


def other_card() -> Facts:
    """Of two cards the one that is meant is held by something else."""
    return but(gpus(well.CARD, SECOND), wanting(UUID))


def meant_by_name() -> Facts:
    """Of two cards the one that is meant by its name is the one that the server sees."""
    return but(gpus(UNHELD, replace(SECOND, holders=())), wanting("RTX 4090"), told(UUID))


def two_alike() -> Facts:
    """Two cards have the name that is meant."""
    return but(gpus(well.CARD, replace(SECOND, name=well.CARD.name)), wanting("RTX 3090"))


def old_driver() -> Facts:
    """The driver is older than Ollama wants."""
    return but(gpus(well.CARD, driver="535.183.01"))


def service_without_card() -> Facts:
    """The compose file gives the server's container no card."""
    service = Container(
        "ollama", "ollama/ollama", (), (), gpu=False, place=Place("compose.yaml", 3), serves=(well.OLLAMA,)
    )
    return but(Containers((service,)))


def apple() -> Facts:
    """A Mac, whose graphics NVIDIA's driver knows nothing of."""
    mac = Platform("Darwin", desktop=True, graphics="apple", memory=64 << 30)
    return but(mac).replaced(Gpus, Gap(Why.NOT_INSTALLED, about="NVIDIA driver"))


def slowed_card() -> Facts:
    """The card is hot, and its clocks are held down."""
    return sampled(temperature=91, throttles=("power-cap", "thermal-software"))


def warm_card() -> Facts:
    """The card is warm and may take more power than it is made for."""
    return sampled(temperature=84, limit_mw=385_000, memory_temperature=92)


def starved_card() -> Facts:
    """The card may take too little power, and hangs on a few old lanes."""
    return sampled(limit_mw=150_000, link=Link(1, 4, 4, 16))


def unknown_card() -> Facts:
    """A card that no table knows may take less than half of its power."""
    sample = replace(well.CARD.sample, limit_mw=170_000)
    return but(gpus(replace(well.CARD, name="NVIDIA GeForce RTX 9990", sample=sample)))


def narrow_card() -> Facts:
    """The card hangs on a few lanes."""
    return sampled(link=Link(4, 4, 4, 16))


def idle_card() -> Facts:
    """Nothing runs on the card, which saves power."""
    return sampled(utilisation=0, temperature=35, throttles=("idle",), link=Link(1, 4, 16, 16))


WRONG = (
    on_the_cpu,
    hidden_card,
    hidden_and_claimed,
    lost_card,
    wrong_index,
    other_card,
    meant_by_name,
    two_alike,
    old_driver,
    service_without_card,
    apple,
    slowed_card,
    warm_card,
    starved_card,
    unknown_card,
    narrow_card,
    idle_card,
)
