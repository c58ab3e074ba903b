"""A model as a folder of safetensors: its files put together, and what its configuration says of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelcheck.core.codec import NotJson, convert, decode_json
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.text import printable
from modelcheck.probes.files import read_regular
from modelcheck.probes.safetensors.header import MOST_READ, Tensors, read_tensors
from modelcheck.probes.stream import Stopped, Stream, opened

MOST_FILES = 1000
"""Files that one model is split into."""
MOST_CONFIG = 256 << 10
"""Bytes of the configuration."""
MOST_INDEX = 64 << 20
"""Bytes of the list of tensors by file."""
INDEX, CONFIG = "model.safetensors.index.json", "config.json"

_LARGEST = 1 << 40
_CHUNK = 64 << 10
_FILE = re.compile(rb':\s{0,9}"([^"\\/]{1,255}\.safetensors)"')
_LONGEST = 300


@dataclass(frozen=True)
class TensorModel:
    """What a folder of safetensors holds."""

    parameters: int | Gap
    size: int | Gap
    """Bytes of all tensors."""
    kind: str | Gap
    """The type that most bytes are of, such as `BF16`."""
    architecture: str | Gap
    """As its own configuration calls it, such as `qwen2`."""
    layers: int | Gap
    heads: int | Gap
    kv_heads: int | Gap


def read_model(files: Sequence[Path]) -> TensorModel:
    """Read the headers of the files that make one model, all of one folder that may be opened; nothing is raised.

    Files that the folder's index names and that are not among them leave the sums open.
    """
    sums = _sums(files)
    config = _config(files[0].parent / CONFIG) if files else NOT_RECORDED
    return TensorModel(
        parameters=sums if isinstance(sums, Gap) else sums.parameters,
        size=sums if isinstance(sums, Gap) else sums.size,
        kind=sums if isinstance(sums, Gap) else _largest(sums),
        architecture=_architecture(config),
        layers=_number(config, "num_hidden_layers"),
        heads=_number(config, "num_attention_heads"),
        kv_heads=_number(config, "num_key_value_heads"),
    )


def read_header(path: Path) -> Tensors | Gap:
    """Read the header of one file; nothing is raised."""
    try:
        with opened(path, MOST_READ + 8) as stream:
            return read_tensors(stream)
    except Stopped as stopped:
        return stopped.gap


def _sums(files: Sequence[Path]) -> Tensors | Gap:
    if not files:
        return Gap(Why.NOT_THERE, about="files of weights")
    if len(files) > MOST_FILES:
        return Gap(Why.TOO_MUCH, about=f"{MOST_FILES} files")
    missing = _missing(files)
    if missing is not None:
        return missing
    sums = Tensors()
    for path in files:
        part = read_header(path)
        if isinstance(part, Gap):
            return part
        sums.include(part)
    return sums


def _missing(files: Sequence[Path]) -> Gap | None:
    """Compare with the folder's index, where it has one, by names alone: none of them is made a path."""
    path = files[0].parent / INDEX
    if not _is_there(path):
        return None
    try:
        with opened(path, MOST_INDEX) as stream:
            expected = _named(stream)
    except Stopped as stopped:
        return stopped.gap
    lacking = expected - {path.name.encode() for path in files}
    return Gap(Why.NOT_THERE, about=f"{len(lacking)} of {len(expected)} files") if lacking else None


def _named(stream: Stream) -> set[bytes]:
    """The files that an index speaks of; it is looked through and not parsed, as it may be as long as all headers."""
    names: set[bytes] = set()
    rest = b""
    while stream.position < stream.size:
        text = rest + stream.take(min(_CHUNK, stream.size - stream.position))
        names.update(_FILE.findall(text))
        if len(names) > MOST_FILES:
            raise Stopped(Why.TOO_MUCH, f"{MOST_FILES} files")
        rest = text[-_LONGEST:]
    return names


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True


def _largest(sums: Tensors) -> str | Gap:
    return sums.types.most_common(1)[0][0] if sums.types else NOT_RECORDED


def _config(path: Path) -> Mapping[str, object] | Gap:
    try:
        return convert(decode_json(read_regular(path, MOST_CONFIG), limit=MOST_CONFIG), dict[str, object])
    except FileNotFoundError:
        return Gap(Why.NOT_THERE, about=CONFIG)
    except (OSError, NotJson):
        return Gap(Why.UNREADABLE, about=CONFIG)


def _architecture(config: Mapping[str, object] | Gap) -> str | Gap:
    if isinstance(config, Gap):
        return config
    name = config.get("model_type")
    return printable(name, 60) if isinstance(name, str) and name else NOT_RECORDED


def _number(config: Mapping[str, object] | Gap, key: str) -> int | Gap:
    if isinstance(config, Gap):
        return config
    value = config.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST:
        return NOT_RECORDED
    return value
