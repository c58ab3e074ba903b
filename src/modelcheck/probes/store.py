"""Ollama's store on disk: its models by their manifests, and whether their blobs are there at full size."""

import hashlib
import re
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

import msgspec

from modelcheck.core.codec import NotJson, convert, decode_json
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Entry
from modelcheck.core.name import InvalidName, ModelName
from modelcheck.core.stores import Store
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.folders import Folder, find_store, is_recalled
from modelcheck.probes.probe import probe

MOST_MANIFESTS = 20_000
MOST_LOOKS = 100_000
"""Folders and files under `manifests` that are looked at."""
MOST_BYTES = 1 << 20
"""Of one manifest, and of one config."""
MOST_BYTES_TOGETHER = 32 << 20
"""Of all manifests: 20,000 of the usual 1.6 KiB."""

_DEPTH = 4  # host, namespace, model, tag
_DIGEST = re.compile(r"sha256[:-]([0-9a-fA-F]{64})")
_Size = Annotated[int, msgspec.Meta(ge=0, le=1 << 46)]  # 64 TiB; as many as fit in a manifest stay within 64 bits


class _Layer(msgspec.Struct, frozen=True):
    digest: str = ""
    size: _Size = 0


class _Manifest(msgspec.Struct, frozen=True):
    config: _Layer = _Layer()
    layers: tuple[_Layer, ...] | None = None

    @property
    def blobs(self) -> tuple[_Layer, ...]:
        """All that the model is made of, its config among them."""
        return (*(self.layers or ()), *([self.config] if self.config.digest else []))


class _Config(msgspec.Struct, frozen=True):
    model_family: str | None = None
    model_type: str | None = None
    file_type: str | None = None
    remote_host: str | None = None
    remote_model: str | None = None


@probe
def store(access: Access) -> Store:
    """Read the manifests of the first store there is; of the blobs, only small configs are opened."""
    folder = find_store(access)
    entries = (_read_entry(folder, name, data) for name, data in _read_manifests(folder))
    return Store(folder.shown, tuple(entry for entry in entries if entry is not None))


def _read_manifests(folder: Folder) -> Iterator[tuple[ModelName, bytes]]:
    """What cannot be read is left out, as Ollama leaves it out of its own list."""
    left = MOST_BYTES_TOGETHER
    for name, path in islice(_find_manifests(folder), MOST_MANIFESTS):
        try:
            data = folder.read(path, min(MOST_BYTES, left))
        except OSError:
            continue
        left -= len(data)
        yield name, data


def _find_manifests(folder: Folder) -> Iterator[tuple[ModelName, Path]]:
    """Manifests by their path, at exactly four levels; a folder or file that is no part of a name is left out."""
    waiting: list[tuple[Path, tuple[str, ...]]] = [(folder.path / "manifests", ())]
    looks = 0
    while waiting and looks < MOST_LOOKS:
        path, steps = waiting.pop()
        looks += 1
        if len(steps) < _DEPTH:
            children = folder.children(path, folders=len(steps) < _DEPTH - 1)
            waiting += [(child, (*steps, child.name)) for child in reversed(children)]
        else:
            try:
                yield ModelName(*steps), path
            except InvalidName:
                continue


def _read_entry(folder: Folder, name: ModelName, data: bytes) -> Entry | None:
    try:
        manifest = convert(decode_json(data, limit=MOST_BYTES), _Manifest)
    except NotJson:
        return None
    config = _read_config(folder, manifest.config)
    return Entry(
        name=name.shortest,
        size=sum(layer.size for layer in (*(manifest.layers or ()), manifest.config)),
        digest=hashlib.sha256(data).hexdigest(),
        remote=config if isinstance(config, Gap) else bool(config.remote_host or config.remote_model),
        family=config if isinstance(config, Gap) else _stated(config.model_family),
        parameters=config if isinstance(config, Gap) else _stated(config.model_type),
        quantisation=config if isinstance(config, Gap) else _stated(config.file_type),
        whole=_is_whole(folder, manifest),
    )


def _stated(text: str | None) -> str | Gap:
    return printable(text) if text else NOT_RECORDED


def _read_config(folder: Folder, layer: _Layer) -> _Config | Gap:
    path = _blob(folder, layer.digest)
    if path is None:
        return Gap(Why.NOT_RECORDED, about="config")
    try:
        return convert(decode_json(folder.read(path, MOST_BYTES), limit=MOST_BYTES), _Config)
    except FileNotFoundError:
        return Gap(Why.NOT_THERE, about="config")
    except (OSError, NotJson):
        return Gap(Why.UNREADABLE, about="config")


def _is_whole(folder: Folder, manifest: _Manifest) -> bool | Gap:
    """A blob that is proven to be missing or short outweighs one that could not be looked at."""
    found = [_is_full(folder, layer) for layer in manifest.blobs]
    if False in found:
        return False
    return next((gap for gap in found if isinstance(gap, Gap)), True)


def _is_full(folder: Folder, layer: _Layer) -> bool | Gap:
    path = _blob(folder, layer.digest)
    if path is None:
        return False
    try:
        info = folder.look(path)
    except FileNotFoundError:
        return False
    except OSError:
        return Gap(Why.UNREADABLE, about="blobs")
    return stat.S_ISREG(info.st_mode) and info.st_size == layer.size and not is_recalled(info)


def _blob(folder: Folder, digest: str) -> Path | None:
    """Where Ollama keeps a blob; None for what is no digest, so that no path can be made of it."""
    match = _DIGEST.fullmatch(digest)
    return folder.path / "blobs" / f"sha256-{match[1]}" if match else None
