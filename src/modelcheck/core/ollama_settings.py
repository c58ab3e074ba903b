"""What an Ollama server makes of its variables, as its own code reads them; what was not surely seen is a gap."""

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction

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

CACHE_TYPES: Mapping[str, Fraction] = {
    "f32": Fraction(4),
    "f16": Fraction(2),
    "bf16": Fraction(2),
    "q8_0": Fraction(34, 32),
    "q5_1": Fraction(24, 32),
    "q5_0": Fraction(22, 32),
    "q4_1": Fraction(20, 32),
    "q4_0": Fraction(18, 32),
    "iq4_nl": Fraction(18, 32),
}
"""Bytes of one cached element, with its share of the scale that its block carries."""
DEFAULT_CACHE = "f16"
PLAIN_CACHES = frozenset({"f32", "f16", "bf16"})
"""Types that are not quantised and need no flash attention."""
COARSE_CACHES = frozenset({"q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"})
"""Types of five bits and fewer."""

_MOST_WRITTEN = 200
"""Characters of a duration or a number; more is none."""
_LARGEST = (1 << 63) - 1
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PIECE = re.compile(r"(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?(?P<unit>[^0-9.]+)")
_SIGNED = re.compile(r"[+-]?[0-9]+")


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


def keep_seconds(text: str) -> float | None:
    """Read a time to keep a model, a Go duration or whole seconds; negative is for ever, None where it is neither."""
    nanoseconds = duration(text)
    if nanoseconds is not None:
        return math.inf if nanoseconds < 0 else nanoseconds / 10**9
    if len(text) > _MOST_WRITTEN or _SIGNED.fullmatch(text) is None:
        return None
    seconds = int(text)
    if not -_LARGEST - 1 <= seconds <= _LARGEST:
        return None
    return math.inf if seconds < 0 else float(seconds)


def duration(text: str) -> int | None:
    """Read a duration as Go writes it, such as `1h30m` or `-1s`, in nanoseconds; None where it is none."""
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in {"-", "+"} else text
    if rest == "0":
        return 0
    if not rest or len(text) > _MOST_WRITTEN:
        return None
    total = at = 0
    while at < len(rest):
        piece = _PIECE.match(rest, at)
        amount = _amount(piece) if piece is not None else None
        if piece is None or amount is None:
            return None
        total, at = total + amount, piece.end()
    limit = _LARGEST + 1 if sign < 0 else _LARGEST
    return sign * total if total <= limit else None


def _amount(piece: re.Match[str]) -> int | None:
    whole, part, unit = piece["whole"], piece["part"] or "", _UNITS.get(piece["unit"])
    if unit is None or not (whole or part):
        return None
    scale: int = 10 ** len(part)
    return int(whole or 0) * unit + int(part or 0) * unit // scale


def _count(setup: ServerSetup | Gap, name: str) -> int | Gap:
    text = written(setup, name)
    return text if isinstance(text, Gap) else int(reading(name, text or "").value)
