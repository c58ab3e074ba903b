"""The cache of Hugging Face's libraries: per repository the snapshot that is in use, and downloads that never ended."""

import re
from itertools import islice
from pathlib import Path

import msgspec

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Entry
from modelcheck.core.stores import Holder, ModelFolder
from modelcheck.core.text import printable
from modelcheck.probes.folders import Folder, shown_below
from modelcheck.probes.unregistered import entries_of, unfinished
from modelcheck.probes.walk import walk

MOST_REPOSITORIES = 2000

_REVISION = re.compile(r"[0-9a-f]{40}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PREFIX = "models--"


def read_hub(folder: Folder, until: float, start: Path | None = None) -> ModelFolder:
    """Read a cache that a folder is, or that lies in it."""
    at = start or folder.path
    children = folder.listed(at)
    repositories = [path for path in children.folders if path.name.startswith(_PREFIX)]
    entries: list[Entry] = []
    incomplete: list[Path] = []
    doubt = children.left_out
    if len(repositories) > MOST_REPOSITORIES:
        doubt = Gap(Why.TOO_MUCH, about=f"{MOST_REPOSITORIES} repositories")
    for repository in islice(repositories, MOST_REPOSITORIES):
        blobs = folder.children(repository / "blobs", folders=False)
        incomplete += (path for path in blobs if path.name.endswith(".incomplete"))
        snapshot = _snapshot(folder, repository)
        if snapshot is None:
            continue
        found = walk(folder, snapshot, until)
        doubt = doubt or found.doubt
        made = entries_of(folder, found, until, digest=_digest)
        entries += (_of_repository(repository, entry) for entry in made)
    root = shown_below(folder, at)
    return ModelFolder(root, Holder.HUGGING_FACE, tuple(entries), unfinished(folder, incomplete), doubt)


def _snapshot(folder: Folder, repository: Path) -> Path | None:
    """Return the snapshot that `main` stands at, else the first there is."""
    snapshots = {path.name: path for path in folder.children(repository / "snapshots", folders=True)}
    try:
        main = folder.read(repository / "refs" / "main", 200).decode("ascii", "replace").strip()
    except OSError:
        main = ""
    if _REVISION.fullmatch(main) and main in snapshots:
        return snapshots[main]
    return next(iter(snapshots.values()), None)


def _digest(path: Path) -> str | Gap:
    """Return the digest of a large file: the name of the blob that it is a link to."""
    try:
        name = path.readlink().name
    except OSError:
        return NOT_RECORDED
    return name if _DIGEST.fullmatch(name) else NOT_RECORDED


def _of_repository(repository: Path, entry: Entry) -> Entry:
    """Name safetensors by their repository; a GGUF file keeps its own name, since a repository has many."""
    if entry.format != "safetensors":
        return entry
    steps = repository.name.removeprefix(_PREFIX).split("--")
    return msgspec.structs.replace(entry, name=printable("/".join(steps)))
