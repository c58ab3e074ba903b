"""Which cards an Ollama server may use and does: what CUDA makes of its variable, and who holds memory."""

from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.graphics import Gpu, Gpus, meant
from modelcheck.core.serving import ServerSetup, Setting

VISIBLE = "CUDA_VISIBLE_DEVICES"
ORDER = "CUDA_DEVICE_ORDER"
BY_BUS = "PCI_BUS_ID"
RUNNERS = ("ollama", "llama-server")
"""How the names of programs begin in which Ollama runs models."""
_MOST_WORDS = 64
_LONGEST_NUMBER = 4


def is_runner(program: str) -> bool:
    """Whether Ollama runs models in a program of this name; so may others, with llama.cpp's own server."""
    return program.lower().startswith(RUNNERS)


def is_held(card: Gpu) -> bool | Gap:
    """Return whether a runner holds memory of a card; a gap where none is seen and not all that hold some are."""
    if isinstance(card.holders, Gap):
        return card.holders
    names = [holder.name for holder in card.holders]
    if any(isinstance(name, str) and is_runner(name) for name in names):
        return True
    return next((name for name in names if isinstance(name, Gap)), False)


def hiding(setup: ServerSetup, gpus: Gpus | Gap) -> Setting | None:
    """Return the setting that tells the server of no card at all, None where it is told of one.

    Raises:
        Unseen: what it is told was not seen, or what that means with these cards.

    """
    words = _told(setup)
    return setup.effective(VISIBLE) if words is not None and _means_none(words[0], gpus) else None


def visible(setup: ServerSetup, gpus: Gpus) -> tuple[Gpu, ...]:
    """Return the cards that the server is told of, all where it is told nothing.

    CUDA stops at the first word that means no card. Its own numbers follow the speed of cards, not their places,
    unless it is told otherwise; so with several cards a number leaves open which is meant.

    Raises:
        Unseen: as for `hiding`.

    """
    words = _told(setup)
    if words is None:
        return gpus.cards
    order = setup.effective(ORDER)
    numbered = len(gpus.cards) == 1 or (order is not None and order.value == BY_BUS)
    found: list[Gpu] = []
    for word in words:
        if _means_none(word, gpus):
            break
        if _is_number(word) and not numbered:
            raise Unseen(Gap(Why.UNDECIDED, about=f"{VISIBLE}={word}", hint=f"{VISIBLE}=UUID"))
        found.extend(seen(meant(word, gpus.cards)))
    return tuple(dict.fromkeys(found))


def _told(setup: ServerSetup) -> tuple[str, ...] | None:
    """Return the words of the variable, None where it is surely not set."""
    setting = setup.effective(VISIBLE)
    if setting is None and setup.complete:
        return None
    if setting is None:
        raise Unseen(Gap(Why.NOT_RECORDED, about=VISIBLE))
    if not setting.value.strip():
        raise Unseen(Gap(Why.UNDECIDED, about=VISIBLE))
    return tuple(word.strip() for word in setting.value.split(",")[:_MOST_WORDS])


def _means_none(word: str, gpus: Gpus | Gap) -> bool:
    folded = word.lower()
    if folded.startswith("mig-"):
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about="MIG"))
    if folded.startswith("gpu-"):
        return len(seen(meant(word, seen(gpus).cards))) != 1
    if _is_number(word):
        return len(word) > _LONGEST_NUMBER or int(word) >= len(seen(gpus).cards)
    return True


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit()
