"""Who holds the memory of a card, by the names of programs alone."""

import re

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.graphics import Holder
from modelcheck.core.text import printable
from modelcheck.probes.nvidia.binding import Handle, Process
from modelcheck.probes.nvidia.library import Library

MOST_HOLDERS = 256
_LONGEST = 40
_PATH = 1024  # NVML's own limit
_ARGUMENT = re.compile(r"\s+[-/]")


def read_holders(library: Library, card: Handle, *, wddm: bool) -> tuple[Holder, ...] | Gap:
    """Return the processes that compute or draw on a card, each once; a gap where one of the lists is not shown."""
    nvml = library.binding
    compute = library.ask(
        lambda: nvml.nvmlDeviceGetComputeRunningProcesses_v3(card),
        lambda: nvml.nvmlDeviceGetComputeRunningProcesses_v2(card),
    )
    drawing = library.ask(
        lambda: nvml.nvmlDeviceGetGraphicsRunningProcesses_v3(card),
        lambda: nvml.nvmlDeviceGetGraphicsRunningProcesses_v2(card),
    )
    shared = library.ask(
        lambda: nvml.nvmlDeviceGetMPSComputeRunningProcesses_v3(card),
        lambda: nvml.nvmlDeviceGetMPSComputeRunningProcesses_v2(card),
    )
    found: dict[int, Process] = {}
    for processes in (compute, drawing, () if library.lacks(shared) else shared):
        if isinstance(processes, Gap):
            return processes
        for process in processes[:MOST_HOLDERS]:
            found.setdefault(process.pid, process)
    return tuple(_holder(library, process, wddm=wddm) for process in found.values())


def program(text: str) -> str | Gap:
    """Return the name of a program from what the system calls its process: no folder, no argument."""
    path = _ARGUMENT.split(text.strip(), maxsplit=1)[0].replace("\\", "/")
    words = path.rpartition("/")[2].split()
    return printable(words[0], _LONGEST) if words else NOT_RECORDED


def _holder(library: Library, process: Process, *, wddm: bool) -> Holder:
    named = library.text(lambda: library.binding.nvmlSystemGetProcessName(process.pid), most=_PATH)
    used = process.usedGpuMemory
    silent = Gap(Why.NOT_RECORDED, about="WDDM" if wddm else "the card (NVML: NotAvailable)")
    return Holder(named if isinstance(named, Gap) else program(named), silent if used is None else used)
