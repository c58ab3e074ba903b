"""Model files as they lie in folders, made entries: GGUF files, whole or split, and folders of safetensors."""

import re
import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

import msgspec

from modelcheck.core.codec import NotJson, convert, decode_json
from modelcheck.core.filekinds import is_recalled
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Entry
from modelcheck.core.stores import Leftovers
from modelcheck.core.text import printable
from modelcheck.probes.folders import Folder, bytes_used, shown_below
from modelcheck.probes.gguf import Header, read_header
from modelcheck.probes.safetensors import TensorModel, read_model
from modelcheck.probes.safetensors.model import CONFIG, INDEX
from modelcheck.probes.walk import Found

MOST_MODELS = 2000
"""Models of one folder that are described."""
MOST_BYTES = 1 << 20
"""Of one `config.json`."""

_PART = re.compile(r"(.+)-([0-9]{5})-of-([0-9]{5})")
_HELD = Gap(Why.NOT_THERE, about="a cloud drive holds it")


class _Quantisation(msgspec.Struct, frozen=True):
    quant_method: str | None = None
    bits: int | None = None


class _Config(msgspec.Struct, frozen=True):
    quantization_config: _Quantisation | None = None


def _no_digest(_: Path) -> Gap:
    return NOT_RECORDED


def entries_of(
    folder: Folder, found: Found, until: float, *, digest: Callable[[Path], str | Gap] = _no_digest
) -> tuple[Entry, ...]:
    """Describe what a walk came upon; headers are read until a `time.monotonic` moment.

    `digest` tells that of one file where it costs nothing.
    """
    models = _grouped(path for path in found.gguf if not path.name.lower().startswith("mmproj"))
    gguf = (_gguf(folder, parts, until, digest) for parts in models)
    tensors = (_tensors(folder, files, until) for files in found.tensors)
    return tuple(islice((entry for made in (gguf, tensors) for entry in made), MOST_MODELS))


def unfinished(folder: Folder, paths: Iterable[Path]) -> Leftovers:
    """Return how many downloads never ended, and the bytes that they take."""
    used: list[int] = []
    for path in paths:
        try:
            used.append(bytes_used(folder.look(path)))
        except OSError:
            continue
    return Leftovers(len(used), sum(used))


def _total(folder: Folder, files: Iterable[Path]) -> tuple[int | Gap, bool]:
    """Return the bytes of files that make one model, and whether a cloud drive holds one of them."""
    size, held = 0, False
    for path in files:
        try:
            info = folder.look(path)
        except OSError:
            return NOT_RECORDED, held
        size += info.st_size
        held = held or is_recalled(info)
    return size, held


def _grouped(paths: Iterable[Path]) -> list[tuple[Path, ...]]:
    """Put together the parts of one model, which are told by their names; in the order of names."""
    models: dict[tuple[Path, str, str], list[Path]] = {}
    for path in sorted(paths):
        part = _PART.fullmatch(path.stem)
        models.setdefault((path.parent, part[1] if part else path.name, part[3] if part else ""), []).append(path)
    return [tuple(parts) for parts in models.values()]


def _missing(files: Iterable[Path]) -> bool:
    """Whether the names say that there are more parts than there are files."""
    stems = [part for path in files if (part := _PART.fullmatch(path.stem)) is not None]
    return any(int(stem[3]) > len({other[2] for other in stems if other[1] == stem[1]}) for stem in stems)


def _gguf(folder: Folder, parts: tuple[Path, ...], until: float, digest: Callable[[Path], str | Gap]) -> Entry:
    first = parts[0]
    split = _PART.fullmatch(first.stem)
    size, held = _total(folder, parts)
    lacking = held or _missing(parts)
    if isinstance(size, Gap):
        header: Header | Gap = NOT_RECORDED
    elif held:
        header = _HELD
    else:
        header = Gap(Why.TIMED_OUT) if time.monotonic() >= until else read_header(first)
    return Entry(
        name=printable(split[1] if split else first.stem),
        size=size,
        digest=NOT_RECORDED if split else digest(first),
        remote=False,
        family=header if isinstance(header, Gap) else header.architecture,
        parameters=header if isinstance(header, Gap) else _parameters(header),
        quantisation=header if isinstance(header, Gap) else header.quantisation,
        whole=False if lacking else None,
        format="gguf",
        where=shown_below(folder, first.parent),
        parts=int(split[3]) if split else 1,
    )


def _parameters(header: Header) -> str | Gap:
    """The count as Ollama writes it, else what the maker wrote."""
    return header.size_label if isinstance(header.parameters, Gap) else _counted(header.parameters)


def _counted(parameters: int) -> str | Gap:
    for unit, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if parameters >= unit:
            return f"{parameters / unit:.1f}{letter}"
    return NOT_RECORDED


def _tensors(folder: Folder, files: tuple[Path, ...], until: float) -> Entry:
    """Describe a folder of safetensors: of two sets of the same weights, the one that Ollama would take."""
    weights = tuple(path for path in files if path.name.startswith("model")) or files
    size, held = _total(folder, weights)
    home = weights[0].parent
    read = Gap(Why.TIMED_OUT) if time.monotonic() >= until else _HELD if held else _read(folder, weights)
    packed = None if isinstance(read, Gap) else _packing(folder, home / CONFIG)
    lacking = isinstance(read, TensorModel) and isinstance(read.size, Gap) and read.size.why is Why.NOT_THERE
    return Entry(
        name=printable(home.name),
        size=size,
        remote=False,
        family=read if isinstance(read, Gap) else read.architecture,
        parameters=read if isinstance(read, Gap) else _elements(read, packed),
        quantisation=read if isinstance(read, Gap) else packed or read.kind,
        whole=False if held or lacking or _missing(weights) else None,
        format="safetensors",
        where=shown_below(folder, home),
        parts=len(weights),
    )


def _read(folder: Folder, weights: tuple[Path, ...]) -> TensorModel | Gap:
    """Read the headers, where neither the configuration nor the index leads out of the folder."""
    for name in (CONFIG, INDEX):
        try:
            folder.refuse_recalled(weights[0].parent / name)
        except FileNotFoundError:
            continue
        except OSError:
            return Gap(Why.UNREADABLE, about=name)
    return read_model(weights)


def _packing(folder: Folder, path: Path) -> str | None:
    """Return how weights were quantised, where the configuration says so."""
    try:
        config = convert(decode_json(folder.read(path, MOST_BYTES), limit=MOST_BYTES), _Config)
    except (OSError, NotJson):
        return None
    stated = config.quantization_config
    if stated is None or not stated.quant_method:
        return None
    return printable(stated.quant_method if stated.bits is None else f"{stated.quant_method} {stated.bits}-bit")


def _elements(read: TensorModel, packed: str | None) -> str | Gap:
    """Count the parameters; where several are packed into one element, that count says nothing."""
    if packed is not None:
        return NOT_RECORDED
    return read.parameters if isinstance(read.parameters, Gap) else _counted(read.parameters)
