"""The manifests of a store: found by their path, at exactly four levels, and read as Ollama reads them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec

from modelcheck.core.codec import NotJson, convert, decode_json
from modelcheck.core.gap import Gap, Why
from modelcheck.core.name import InvalidName, ModelName
from modelcheck.probes.folders import Folder

MOST_MANIFESTS = 20_000
MOST_LOOKS = 100_000
"""Folders and files under `manifests` that are looked at."""
MOST_BYTES = 1 << 20
"""Of one manifest, and of one config."""
MOST_BYTES_TOGETHER = 32 << 20
"""Of all manifests: 20,000 of the usual 1.6 KiB."""

DEPTH = 4  # host, namespace, model, tag
_IMAGE = "application/vnd.ollama.image."
_Size = Annotated[int, msgspec.Meta(ge=0, le=1 << 46)]  # 64 TiB; as many as fit in a manifest stay within 64 bits


class Layer(msgspec.Struct, frozen=True):
    """One blob that a model is made of."""

    digest: str = ""
    size: _Size = 0
    mediaType: str = ""  # noqa: N815 - the key of the file

    @property
    def kind(self) -> str:
        """What it holds: `model`, `template`, `license` …; empty for what is no layer of Ollama's."""
        return self.mediaType.removeprefix(_IMAGE) if self.mediaType.startswith(_IMAGE) else ""


class Manifest(msgspec.Struct, frozen=True):
    """What a model is made of."""

    config: Layer = Layer()
    layers: tuple[Layer, ...] | None = None

    @property
    def blobs(self) -> tuple[Layer, ...]:
        """All that the model is made of, its config among them."""
        return (*(self.layers or ()), *([self.config] if self.config.digest else []))

    def of_kind(self, kind: str) -> tuple[Layer, ...]:
        """Return the layers that hold one kind of thing."""
        return tuple(layer for layer in self.layers or () if layer.kind == kind)


@dataclass
class Reading:
    """All manifests of a store, and what stands among them."""

    models: list[tuple[ModelName, bytes, Manifest]] = field(default_factory=list[tuple[ModelName, bytes, Manifest]])
    unreadable: int = 0
    """Files that were read and are no manifests."""
    misplaced: int = 0
    doubt: Gap | None = None
    """Why some could not be read."""


def read_manifests(folder: Folder, until: float) -> Reading:
    """Read every manifest until a `time.monotonic` moment."""
    reading = Reading()
    left = MOST_BYTES_TOGETHER
    for count, (name, path) in enumerate(_find(folder, reading)):
        if count == MOST_MANIFESTS or left <= 0 or time.monotonic() > until:
            reading.doubt = Gap(Why.TOO_MUCH, about=f"{count} manifests")
            break
        try:
            data = folder.read(path, min(MOST_BYTES, left))
        except FileNotFoundError:
            continue
        except OSError:
            reading.doubt = Gap(Why.UNREADABLE, about="manifests")
            continue
        left -= len(data)
        manifest = parse(data)
        if manifest is None:
            reading.unreadable += 1
        else:
            reading.models.append((name, data, manifest))
    return reading


def parse(data: bytes) -> Manifest | None:
    """Return the manifest, None for what is none."""
    try:
        return convert(decode_json(data, limit=MOST_BYTES), Manifest)
    except NotJson:
        return None


def _find(folder: Folder, reading: Reading) -> Iterator[tuple[ModelName, Path]]:
    """Yield manifests by name; a folder or file that is no part of a name is left out and counted."""
    waiting: list[tuple[Path, tuple[str, ...]]] = [(folder.path / "manifests", ())]
    looks = 0
    while waiting:
        path, steps = waiting.pop()
        looks += 1
        if looks > MOST_LOOKS:
            reading.doubt = Gap(Why.TOO_MUCH, about=f"{MOST_LOOKS} names")
            return
        if len(steps) == DEPTH:
            name = _named(steps)
            if name is None:
                reading.misplaced += 1
            else:
                yield name, path
            continue
        children = folder.listed(path)
        if steps or (children.left_out and children.left_out.why is not Why.NOT_THERE):
            reading.doubt = reading.doubt or children.left_out
        leaves = len(steps) == DEPTH - 1
        wanted, others = (children.files, children.folders) if leaves else (children.folders, children.files)
        reading.misplaced += sum(not child.name.startswith(".") for child in others)
        shown = (child for child in reversed(wanted) if not child.name.startswith("."))
        waiting += [(child, (*steps, child.name)) for child in shown]


def _named(steps: tuple[str, ...]) -> ModelName | None:
    try:
        return ModelName(*steps)
    except InvalidName:
        return None
