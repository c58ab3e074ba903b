"""A walk through a folder of models that tells by content what each part of it is."""

import os
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from modelcheck.core.gap import Gap, Why
from modelcheck.probes.folders import Children, Folder

MOST_DEPTH = 8
"""Folders inside each other; publishers and variants of a model make four."""
MOST_NAMES = 50_000
"""Names that are looked at in one walk."""

_REPOSITORIES = ("models--", "datasets--", "spaces--")


@dataclass
class Found:
    """What a walk came upon."""

    stores: list[Path] = field(default_factory=list[Path])
    """Folders that are a store of Ollama's."""
    hubs: list[Path] = field(default_factory=list[Path])
    """Folders that are a cache of Hugging Face's."""
    gguf: list[Path] = field(default_factory=list[Path])
    tensors: list[tuple[Path, ...]] = field(default_factory=list[tuple[Path, ...]])
    """The safetensors files of each folder that has a `config.json` beside them."""
    partial: list[Path] = field(default_factory=list[Path])
    """Files whose names say that their download never ended."""
    doubt: Gap | None = None
    """Why the walk did not come to its end."""


def walk(folder: Folder, start: Path, until: float) -> Found:
    """Walk from a part of a folder until a `time.monotonic` moment; no folder is entered twice."""
    found = Found()
    waiting: deque[tuple[Path, int]] = deque([(start, 0)])
    entered: set[str] = set()
    names = 0
    while waiting:
        path, depth = waiting.popleft()
        real = os.path.realpath(path)
        if real in entered:
            continue
        entered.add(real)
        children = folder.listed(path)
        names += len(children.folders) + len(children.files)
        if names > MOST_NAMES or time.monotonic() > until:
            found.doubt = _why(names)
            break
        found.doubt = found.doubt or (children.left_out if depth else None)
        deeper = _told(found, path, children, top=depth == 0)
        if depth < MOST_DEPTH:
            waiting.extend((child, depth + 1) for child in deeper)
        elif deeper:
            found.doubt = found.doubt or Gap(Why.TOO_MUCH, about=f"{MOST_DEPTH} folders inside each other")
    return found


def _why(names: int) -> Gap:
    return Gap(Why.TOO_MUCH, about=f"{MOST_NAMES} names") if names > MOST_NAMES else Gap(Why.TIMED_OUT)


def _told(found: Found, path: Path, children: Children, *, top: bool) -> list[Path]:
    """Note what a folder is, and return the folders in it that are still to be walked."""
    known: set[str] = set()
    inner = {child.name for child in children.folders}
    # A folder that somebody calls a store is one by its manifests; one that is come upon has its blobs beside them.
    if "manifests" in inner and (top or "blobs" in inner):
        found.stores.append(path)
        known |= {"manifests", "blobs"}
    if any(name.startswith("models--") for name in inner):
        found.hubs.append(path)
        known |= {name for name in inner if name.startswith(_REPOSITORIES)}
    found.gguf += [file for file in children.files if file.suffix.lower() == ".gguf"]
    tensors = tuple(file for file in children.files if file.suffix.lower() == ".safetensors")
    if tensors and any(file.name == "config.json" for file in children.files):
        found.tensors.append(tensors)
    found.partial += [file for file in children.files if file.suffix.lower() in {".incomplete", ".part", ".crdownload"}]
    return [child for child in children.folders if child.name not in known and not child.name.startswith(".")]
