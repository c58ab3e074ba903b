"""Loose model files: the GGUF files of a folder, described by their headers."""

import time
from pathlib import Path

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Entry
from modelcheck.core.stores import LooseModels
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.folders import Folder, find_loose, gguf_files, is_recalled
from modelcheck.probes.gguf import Header, read_header
from modelcheck.probes.probe import probe

MOST_FILES = 2000


@probe
def loose_models(access: Access) -> LooseModels:
    """List the first folder of GGUF files, not the folders in it; half of the time there is goes to their headers."""
    folder = find_loose(access)
    until = time.monotonic() + access.limit_s / 2
    return LooseModels(
        folder.shown, tuple(_read_entry(folder, path, until) for path in gguf_files(folder)[:MOST_FILES])
    )


def _read_entry(folder: Folder, path: Path, until: float) -> Entry:
    name = printable(path.stem)
    try:
        info = folder.look(path)
    except OSError:
        return Entry(name, remote=False)
    if is_recalled(info):
        held = Gap(Why.NOT_THERE, about="a cloud drive holds it")
        return Entry(name, info.st_size, remote=False, family=held, parameters=held, quantisation=held, whole=False)
    header = read_header(path) if time.monotonic() < until else Gap(Why.TIMED_OUT)
    if isinstance(header, Gap):
        return Entry(name, info.st_size, remote=False, family=header, parameters=header, quantisation=header)
    return Entry(
        name,
        info.st_size,
        remote=False,
        family=header.architecture,
        parameters=_parameters(header),
        quantisation=header.quantisation,
    )


def _parameters(header: Header) -> str | Gap:
    """The count as Ollama writes it, else what the maker wrote."""
    if isinstance(header.parameters, Gap):
        return header.size_label
    for unit, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if header.parameters >= unit:
            return f"{header.parameters / unit:.1f}{letter}"
    return NOT_RECORDED
