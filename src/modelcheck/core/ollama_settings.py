"""What an Ollama server makes of its variables, as its own code reads them; what was not surely seen is a gap."""

from enum import StrEnum

from modelcheck.core.durations import keep_seconds
from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpus
from modelcheck.core.serving import ServerSetup
from modelcheck.core.variables import CACHE_TYPE, CONTEXT, FLASH, reading, stripped

NUM_PARALLEL = "OLLAMA_NUM_PARALLEL"
MAX_LOADED = "OLLAMA_MAX_LOADED_MODELS"
MAX_QUEUE = "OLLAMA_MAX_QUEUE"
KEEP_ALIVE = "OLLAMA_KEEP_ALIVE"

DEFAULT_KEEP_ALIVE = 300.0
"""Seconds that a model stays loaded after its last request."""
LOADED_PER_CARD = 3
"""Models in memory at once for each card, where nothing is set."""

DEFAULT_CACHE = "f16"
PLAIN_CACHES = frozenset({"f32", "f16", "bf16"})
"""Types that are not quantised and need no flash attention."""
COARSE_CACHES = frozenset({"q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"})
"""Types of five bits and fewer."""


class Attention(StrEnum):
    """Whether a server computes with flash attention."""

    ON = "on"
    OFF = "off"
    AUTO = "auto"
    """Where card and model allow it, since 0.30; before, only for some models."""


def written(setup: ServerSetup | Gap, name: str) -> str | Gap | None:
    """Return what the running server certainly has in a variable, trimmed as it trims; None where it is not set."""
    if isinstance(setup, Gap):
        return setup
    if name in setup.undecided:
        return Gap(Why.UNDECIDED, about=name)
    found = setup.effective(name)
    if found is not None:
        return stripped(found.value) or None
    if setup.complete:
        return None
    hint = next((gap.hint for gap in setup.unseen if gap.hint), "")
    return Gap(Why.NOT_RECORDED, about=f"{name} of the running server", hint=hint)


def place_of(setup: ServerSetup | Gap, name: str) -> Place | None:
    """Return where the variable of the running server is written, where that is known."""
    if isinstance(setup, Gap) or name in setup.undecided:
        return None
    found = setup.effective(name)
    return None if found is None else found.place


def context_length(setup: ServerSetup | Gap) -> int | Gap:
    """Return the tokens of context where no model and no request set any; 0 leaves it to the size of the cards."""
    return _count(setup, CONTEXT)


def slots(setup: ServerSetup | Gap) -> int | Gap:
    """Return how many requests one model answers at the same time."""
    found = _count(setup, NUM_PARALLEL)
    return found if isinstance(found, Gap) else max(1, found)


def most_loaded(setup: ServerSetup | Gap) -> int | Gap:
    """Return how many models may be in memory at once; 0 is three for each card."""
    return _count(setup, MAX_LOADED)


def most_in_memory(setup: ServerSetup | Gap, asked: int, gpus: Gpus | Gap) -> int | Gap:
    """Return how many models may be in memory at once, where it matters for so many: by the setting or the cards."""
    most = most_loaded(setup)
    if isinstance(most, Gap) or most > 0:
        return most
    if asked <= LOADED_PER_CARD:
        return LOADED_PER_CARD
    return gpus if isinstance(gpus, Gap) else LOADED_PER_CARD * max(1, len(gpus.cards))


def queue(setup: ServerSetup | Gap) -> int | Gap:
    """Return how many requests wait before the next is refused."""
    return _count(setup, MAX_QUEUE)


def keep_alive(setup: ServerSetup | Gap) -> float | Gap:
    """Return the seconds that a model stays loaded after its last request; what cannot be read is the default."""
    text = written(setup, KEEP_ALIVE)
    if isinstance(text, Gap):
        return text
    found = None if text is None else keep_seconds(text)
    return DEFAULT_KEEP_ALIVE if found is None else found


def cache_type(setup: ServerSetup | Gap) -> str | Gap:
    """Return the type of cached keys and values in lower case, whether or not there is such a type."""
    text = written(setup, CACHE_TYPE)
    return text if isinstance(text, Gap) else (text or DEFAULT_CACHE).lower()


def flash_attention(setup: ServerSetup | Gap) -> Attention | Gap:
    """Return whether flash attention is on; a text that says neither turns it on."""
    text = written(setup, FLASH)
    if isinstance(text, Gap):
        return text
    if text is None:
        return Attention.AUTO
    return Attention.ON if reading(FLASH, text).value == "true" else Attention.OFF


def default_context(total: int) -> int:
    """Return the context that a server takes by itself for so many bytes of graphics memory on all cards together."""
    if total >= 47 << 30:
        return 262_144
    return 32_768 if total >= 23 << 30 else 4096


def _count(setup: ServerSetup | Gap, name: str) -> int | Gap:
    text = written(setup, name)
    return text if isinstance(text, Gap) else int(reading(name, text or "").value)
