"""NVIDIA cards, as NVIDIA's own library (NVML) shows them."""

import time
from importlib import import_module
from typing import cast

from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.graphics import MOST_CARDS, Gpu, Gpus
from modelcheck.probes.access import Access
from modelcheck.probes.nvidia.binding import Binding, Handle
from modelcheck.probes.nvidia.holders import read_holders
from modelcheck.probes.nvidia.library import Library
from modelcheck.probes.nvidia.sample import read_sample
from modelcheck.probes.probe import probe


@probe
def gpus(access: Access) -> Gpus:
    """Ask NVML for its cards; whatever it does not tell of one of them is a gap in that card's place."""
    try:
        binding = cast("Binding", import_module("pynvml"))
    except ImportError:
        raise Unseen(Gap(Why.NOT_INSTALLED, about="nvidia-ml-py", hint="pip install nvidia-ml-py")) from None
    library = Library(binding, until=time.monotonic() + access.inner_limit_s)
    opened = library.ask(binding.nvmlInit)
    if isinstance(opened, Gap):
        raise Unseen(opened)
    try:
        return _read_cards(library)
    finally:
        library.close()


def _read_cards(library: Library) -> Gpus:
    count = library.ask(library.binding.nvmlDeviceGetCount)
    if isinstance(count, Gap):
        raise Unseen(count)
    cards = tuple(_read_card(library, index) for index in range(min(count, MOST_CARDS)))
    return Gpus(library.text(library.binding.nvmlSystemGetDriverVersion), cards)


def _read_card(library: Library, index: int) -> Gpu:
    nvml = library.binding
    card = library.ask(lambda: nvml.nvmlDeviceGetHandleByIndex(index))
    if isinstance(card, Gap):
        return _silent(library, index, card)
    name = library.text(lambda: nvml.nvmlDeviceGetName(card))
    if isinstance(name, Gap) and library.is_lost(name):
        return _silent(library, index, name)
    # The first version of this question and not the second, which needs driver 510 and sets apart what the system
    # reserves: that moves bytes from `used` to `reserved`, and leaves total and free as they are.
    memory = library.ask(lambda: nvml.nvmlDeviceGetMemoryInfo(card))
    mig = library.ask(lambda: nvml.nvmlDeviceGetMigMode(card)[0] == nvml.NVML_DEVICE_MIG_ENABLE)
    wddm = library.whether(lambda: nvml.nvmlDeviceGetCurrentDriverModel(card) == nvml.NVML_DRIVER_WDDM)
    return Gpu(
        index,
        name=name,
        bus=library.text(lambda: nvml.nvmlDeviceGetPciInfo(card).busId),
        total=memory if isinstance(memory, Gap) else memory.total,
        free=memory if isinstance(memory, Gap) else memory.free,
        uuid=library.text(lambda: nvml.nvmlDeviceGetUUID(card)),
        holders=read_holders(library, card, wddm=wddm is True),
        capability=_capability(library, card),
        wddm=wddm,
        sample=read_sample(library, card),
        mig=None if library.lacks(mig) else mig,
    )


def _silent(library: Library, index: int, gap: Gap) -> Gpu:
    return Gpu(index, gap, gap, gap, gap, gap, holders=gap, capability=gap, lost=library.is_lost(gap))


def _capability(library: Library, card: Handle) -> str | Gap:
    version = library.ask(lambda: library.binding.nvmlDeviceGetCudaComputeCapability(card))
    return version if isinstance(version, Gap) else ".".join(map(str, version))
