"""The variables of an Ollama server: what each kind may hold, and what Ollama makes of a value as it is written.

As in envconfig/config.go of Ollama 0.33; a value that cannot be read is replaced in silence, which is why this is told.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum, auto
from fractions import Fraction
from math import isinf
from typing import NamedTuple

from modelcheck.core.durations import keep_seconds
from modelcheck.core.host import InvalidEndpoint, ListenAddress, listen_address

HOST = "OLLAMA_HOST"
MODELS = "OLLAMA_MODELS"
ORIGINS = "OLLAMA_ORIGINS"
CONTEXT = "OLLAMA_CONTEXT_LENGTH"
FLASH = "OLLAMA_FLASH_ATTENTION"
CACHE_TYPE = "OLLAMA_KV_CACHE_TYPE"
OVERHEAD = "OLLAMA_GPU_OVERHEAD"

SET = "set"
"""Stands for a value that may hold a secret and is never shown."""
FOR_EVER = "for ever"


class Kind(Enum):
    """How a variable is read."""

    COUNT = auto()
    FLAG = auto()
    TIME = auto()
    """A duration of Go, or seconds."""
    ADDRESS = auto()
    CACHE = auto()
    """A type of llama.cpp's cache, which Ollama hands on unread."""
    ORIGINS = auto()
    FOLDER = auto()
    TEXT = auto()
    """Taken as it stands."""
    HIDDEN = auto()
    """It may hold a secret or a name, so that only whether it is set is known."""


class Reading(NamedTuple):
    """What Ollama makes of a value."""

    value: str
    """In one spelling, whichever was written; empty for a variable that is not set and has no default."""
    understood: bool = True
    """False where Ollama takes something else than was written, or fails on it later."""


_KINDS: dict[str, tuple[Kind, str]] = {
    "OLLAMA_CONTEXT_LENGTH": (Kind.COUNT, "0"),
    "OLLAMA_GPU_OVERHEAD": (Kind.COUNT, "0"),
    "OLLAMA_MAX_LOADED_MODELS": (Kind.COUNT, "0"),
    "OLLAMA_MAX_QUEUE": (Kind.COUNT, "512"),
    "OLLAMA_MAX_TRANSFER_STREAMS": (Kind.COUNT, "4"),
    "OLLAMA_NUM_PARALLEL": (Kind.COUNT, "1"),
    "OLLAMA_AUTH": (Kind.FLAG, "false"),
    "OLLAMA_DEBUG_LOG_REQUESTS": (Kind.FLAG, "false"),
    "OLLAMA_FLASH_ATTENTION": (Kind.FLAG, ""),
    "OLLAMA_GO_TEMPLATE": (Kind.FLAG, "true"),
    "OLLAMA_IGPU_ENABLE": (Kind.FLAG, ""),
    "OLLAMA_NOHISTORY": (Kind.FLAG, "false"),
    "OLLAMA_NOPRUNE": (Kind.FLAG, "false"),
    "OLLAMA_NO_CLOUD": (Kind.FLAG, "false"),
    "OLLAMA_SCHED_SPREAD": (Kind.FLAG, "false"),
    "OLLAMA_VULKAN": (Kind.FLAG, "true"),
    "OLLAMA_KEEP_ALIVE": (Kind.TIME, "5m"),
    "OLLAMA_LOAD_TIMEOUT": (Kind.TIME, "5m"),
    "OLLAMA_HOST": (Kind.ADDRESS, ""),
    "OLLAMA_KV_CACHE_TYPE": (Kind.CACHE, ""),
    "OLLAMA_ORIGINS": (Kind.ORIGINS, ""),
    "OLLAMA_MODELS": (Kind.FOLDER, ""),
    "OLLAMA_DEBUG": (Kind.TEXT, ""),
    "OLLAMA_LLM_LIBRARY": (Kind.TEXT, ""),
    "CUDA_DEVICE_ORDER": (Kind.TEXT, "FASTEST_FIRST"),
    "CUDA_VISIBLE_DEVICES": (Kind.TEXT, ""),
    "GPU_DEVICE_ORDINAL": (Kind.TEXT, ""),
    "GGML_VK_VISIBLE_DEVICES": (Kind.TEXT, ""),
    "HIP_VISIBLE_DEVICES": (Kind.TEXT, ""),
    "HSA_OVERRIDE_GFX_VERSION": (Kind.TEXT, ""),
    "ROCR_VISIBLE_DEVICES": (Kind.TEXT, ""),
    "LLAMA_ARG_FIT": (Kind.TEXT, ""),
    "LLAMA_ARG_FIT_TARGET": (Kind.TEXT, ""),
}
_PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"}
_FAMILIES = re.compile(r"(?:OLLAMA|GGML_CUDA)_[A-Z0-9_]{1,60}")

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
"""What llama.cpp takes for `--cache-type-k`: bytes of one cached element, with its share of its block's scale."""

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_COUNT = re.compile(r"[0-9]{1,20}")
_PORT = re.compile(r"(?:\[[^\[\]]*\]|[^\[\]:]*):([^\[\]:]*)")
_LARGEST_PORT = 65535
_LARGEST_COUNT = (1 << 64) - 1
_ANY_PAGE = re.compile(r"\*|https?://\*(?::.*)?")


def kind_of(name: str) -> Kind | None:
    """Return how a variable is read; None for one that is no business of a server's."""
    known = _KINDS.get(name)
    if known is not None:
        return known[0]
    return Kind.HIDDEN if name in _PROXIES or _FAMILIES.fullmatch(name) else None


def stripped(value: str) -> str:
    """Return a value as Ollama takes it out of the environment: without outer spaces and quotes."""
    return value.strip().strip("\"'")


def reading(name: str, value: str) -> Reading:
    """Return what Ollama makes of a value; an empty one is as good as none."""
    kind, default = _KINDS.get(name, (Kind.TEXT, ""))
    text = stripped(value)
    if not text and not default and kind is not Kind.ADDRESS:
        return Reading("")
    read = _READERS.get(kind)
    return read(text, default) if read else Reading(text)


def listens(value: str) -> ListenAddress | None:
    """Return where a server with this OLLAMA_HOST listens; None where that is no address."""
    try:
        return listen_address(value)
    except InvalidEndpoint:
        return None


def opens_to_pages(origins: str) -> bool:
    """Whether these OLLAMA_ORIGINS let a page of any web site use the server."""
    return any(_ANY_PAGE.fullmatch(origin.strip()) for origin in stripped(origins).split(","))


def _count(text: str, default: str) -> Reading:
    if not text:
        return Reading(default)
    if _COUNT.fullmatch(text) is None or int(text) > _LARGEST_COUNT:
        return Reading(default, understood=False)
    return Reading(str(int(text)))


def _flag(text: str, default: str) -> Reading:
    if not text:
        return Reading(default)
    if text in _FALSE:
        return Reading("false")
    return Reading("true", understood=text in _TRUE)


def _time(text: str, default: str) -> Reading:
    seconds = keep_seconds(text or default)
    if seconds is None:
        return Reading(_shown(keep_seconds(default) or 0.0), understood=False)
    return Reading(_shown(seconds))


def _shown(seconds: float) -> str:
    return FOR_EVER if isinf(seconds) else f"{seconds:g} s"


def _address(text: str, _default: str) -> Reading:
    address = listens(text)
    if address is None:
        return Reading("", understood=False)
    authority = text.partition("://")[2] if "://" in text else text
    port = _PORT.fullmatch(authority.partition("/")[0])
    is_port = port is None or (port[1].isascii() and port[1].isdigit() and int(port[1][:6]) <= _LARGEST_PORT)
    return Reading(str(address), is_port)


def _cache(text: str, _default: str) -> Reading:
    return Reading(text.lower(), text.lower() in CACHE_TYPES)


def _origins(text: str, _default: str) -> Reading:
    return Reading(",".join(sorted(origin.strip() for origin in text.split(","))))


_READERS: dict[Kind, Callable[[str, str], Reading]] = {
    Kind.COUNT: _count,
    Kind.FLAG: _flag,
    Kind.TIME: _time,
    Kind.ADDRESS: _address,
    Kind.CACHE: _cache,
    Kind.ORIGINS: _origins,
}
