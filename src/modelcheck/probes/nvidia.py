"""NVIDIA cards, as NVIDIA's own library (NVML) shows them."""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, TypeVar, cast

from modelcheck.core.gap import NOT_RECORDED, Gap, Unseen, Why
from modelcheck.core.graphics import Gpu, Gpus
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.probe import probe

MOST_CARDS = 64
_LONGEST = 96  # NVML's own buffers for names and UUIDs

T = TypeVar("T")
_Card = object
"""What the binding hands out for a card, and wants back."""


class _Memory(Protocol):
    total: int
    free: int


class _Bus(Protocol):
    busId: bytes | str  # noqa: N815 - NVIDIA's name


class _Nvml(Protocol):
    """What is used of the binding, which comes without types."""

    NVMLError: type[Exception]
    NVML_ERROR_DRIVER_NOT_LOADED: int
    NVML_ERROR_FUNCTION_NOT_FOUND: int
    NVML_ERROR_LIBRARY_NOT_FOUND: int
    NVML_ERROR_LIB_RM_VERSION_MISMATCH: int
    NVML_ERROR_NOT_FOUND: int
    NVML_ERROR_NOT_SUPPORTED: int
    NVML_ERROR_NO_PERMISSION: int

    def nvmlInit(self) -> None: ...  # noqa: N802 - NVIDIA's names, here and below
    def nvmlShutdown(self) -> None: ...  # noqa: N802
    def nvmlSystemGetDriverVersion(self) -> bytes | str: ...  # noqa: N802
    def nvmlDeviceGetCount(self) -> int: ...  # noqa: N802
    def nvmlDeviceGetHandleByIndex(self, index: int) -> _Card: ...  # noqa: N802
    def nvmlDeviceGetName(self, handle: _Card) -> bytes | str: ...  # noqa: N802
    def nvmlDeviceGetUUID(self, handle: _Card) -> bytes | str: ...  # noqa: N802
    def nvmlDeviceGetPciInfo(self, handle: _Card) -> _Bus: ...  # noqa: N802
    def nvmlDeviceGetMemoryInfo(self, handle: _Card) -> _Memory: ...  # noqa: N802


@probe
def gpus(access: Access) -> Gpus:  # noqa: ARG001 - nothing in it concerns graphics cards
    """Ask NVML for its cards; whatever it does not tell of one of them is a gap in that card's place."""
    try:
        nvml = cast("_Nvml", import_module("pynvml"))
    except ImportError:
        raise Unseen(Gap(Why.NOT_INSTALLED, about="nvidia-ml-py", hint="pip install nvidia-ml-py")) from None
    asked = _ask(nvml, nvml.nvmlInit)
    if isinstance(asked, Gap):
        raise Unseen(asked)
    try:
        return _read_cards(nvml)
    finally:
        _ask(nvml, nvml.nvmlShutdown)


def _read_cards(nvml: _Nvml) -> Gpus:
    count = _ask(nvml, nvml.nvmlDeviceGetCount)
    if isinstance(count, Gap):
        raise Unseen(count)
    cards = tuple(_read_card(nvml, index) for index in range(min(count, MOST_CARDS)))
    return Gpus(_text(_ask(nvml, nvml.nvmlSystemGetDriverVersion)), cards)


def _read_card(nvml: _Nvml, index: int) -> Gpu:
    card = _ask(nvml, lambda: nvml.nvmlDeviceGetHandleByIndex(index))
    if isinstance(card, Gap):
        return Gpu(index, card, card, card, card, card)
    # The first version of this question and not the second, which needs driver 510 and sets apart what the system
    # reserves: that moves bytes from `used` to `reserved`, and leaves total and free as they are.
    memory = _ask(nvml, lambda: nvml.nvmlDeviceGetMemoryInfo(card))
    bus = _ask(nvml, lambda: nvml.nvmlDeviceGetPciInfo(card).busId)
    return Gpu(
        index,
        name=_text(_ask(nvml, lambda: nvml.nvmlDeviceGetName(card))),
        bus=_text(bus),
        total=memory if isinstance(memory, Gap) else memory.total,
        free=memory if isinstance(memory, Gap) else memory.free,
        uuid=_text(_ask(nvml, lambda: nvml.nvmlDeviceGetUUID(card))),
    )


def _ask(nvml: _Nvml, question: Callable[[], T]) -> T | Gap:
    try:
        return question()
    except nvml.NVMLError as error:
        return _why(nvml, error)
    except UnicodeDecodeError:  # the binding decodes what the library says, and expects UTF-8
        return Gap(Why.UNREADABLE, about="NVML: not UTF-8")


def _why(nvml: _Nvml, error: Exception) -> Gap:
    """The error's class and not its text: for a number that the binding does not know, it asks the library again."""
    code = getattr(error, "value", None)
    about = f"NVML: {type(error).__name__.removeprefix('NVMLError_')}"
    if code in {nvml.NVML_ERROR_LIBRARY_NOT_FOUND, nvml.NVML_ERROR_DRIVER_NOT_LOADED}:
        return Gap(Why.NOT_INSTALLED, about="NVIDIA driver", hint="nvidia-smi")
    if code == nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH:
        return Gap(Why.UNREADABLE, about="NVIDIA driver: another version is running than is installed", hint="reboot")
    silent = {
        nvml.NVML_ERROR_NOT_SUPPORTED,
        nvml.NVML_ERROR_NOT_FOUND,
        nvml.NVML_ERROR_NO_PERMISSION,
        nvml.NVML_ERROR_FUNCTION_NOT_FOUND,
    }
    return Gap(Why.NOT_RECORDED if code in silent else Why.UNREADABLE, about=about)


def _text(said: bytes | str | Gap) -> str | Gap:
    if isinstance(said, Gap):
        return said
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return printable(text, _LONGEST) if text else NOT_RECORDED
