"""The blobs of a store: where each lies, whether it is whole, and which serve no model."""

import re
import stat
import time
from collections.abc import Collection
from pathlib import Path

from modelcheck.core.filekinds import is_recalled
from modelcheck.core.gap import Gap, Why
from modelcheck.core.stores import Fault, Leftovers
from modelcheck.probes.folders import Folder, bytes_used
from modelcheck.probes.store.manifests import Layer

GRACE_S = 3600
"""Seconds for which Ollama spares a blob that no manifest names yet."""

_DIGEST = re.compile(r"sha256[:-]([0-9a-fA-F]{64})")
_PART = re.compile(r"(?:-partial(?:-[0-9]+)?|\.tmp)\Z")


def blob(folder: Folder, digest: str) -> Path | None:
    """Where Ollama keeps a blob; None for what is no digest, so that no path can be made of it."""
    match = _DIGEST.fullmatch(digest)
    return folder.path / "blobs" / f"sha256-{match[1]}" if match else None


def digits(digest: str) -> str | None:
    """Return the 64 digits of a digest, None for what is none."""
    match = _DIGEST.fullmatch(digest)
    return match[1].lower() if match else None


def fault(folder: Folder, layer: Layer) -> Fault | Gap | None:
    """Return what is wrong with a blob by presence and size, None where it is whole."""
    path = blob(folder, layer.digest)
    if path is None:
        return Fault.MISSING
    try:
        info = folder.look(path)
    except FileNotFoundError:
        return Fault.MISSING
    except OSError:
        return Gap(Why.UNREADABLE, about="blobs")
    if not stat.S_ISREG(info.st_mode) or is_recalled(info):
        return Fault.MISSING
    return None if info.st_size == layer.size else Fault.SHORT


def leftovers(folder: Folder, named: Collection[str]) -> tuple[Leftovers | Gap, Leftovers | Gap]:
    """Return what no manifest names, and the downloads that never ended; what is younger than an hour is neither.

    `named` holds the digits of every blob that a manifest names.
    """
    children = folder.listed(folder.path / "blobs")
    if children.left_out is not None:
        if children.left_out.why is Why.NOT_THERE:
            return Leftovers(0, 0), Leftovers(0, 0)
        return children.left_out, children.left_out
    old = time.time() - GRACE_S
    dangling: list[int] = []
    parts: dict[str, list[tuple[int, bool]]] = {}
    for path in children.files:
        try:
            info = folder.look(path)
        except OSError:
            continue
        found = digits(path.name)
        if found is None:
            parts.setdefault(_PART.sub("", path.name), []).append((bytes_used(info), info.st_mtime < old))
        elif found not in named and info.st_mtime < old:
            dangling.append(bytes_used(info))
    still = [pieces for pieces in parts.values() if all(is_old for _, is_old in pieces)]
    partial = Leftovers(len(still), sum(used for pieces in still for used, _ in pieces))
    return Leftovers(len(dangling), sum(dangling)), partial
