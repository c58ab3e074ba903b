"""Digests verified: every blob of a store is read whole and hashed, several at once, and can be left at any moment."""

import hashlib
import os
import stat
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from modelcheck.core.gap import Gap, Why
from modelcheck.core.stores import Mismatch, VerifiedStore
from modelcheck.probes.folders import Folder
from modelcheck.probes.store.blobs import digits
from modelcheck.probes.store.manifests import read_manifests

CHUNK = 1 << 20
"""Bytes that are hashed at once: few enough to stay in the cache of a processor."""
WATCHED_S = 0.2
"""Seconds between two looks at how far it is."""
MANIFESTS_S = 10.0
"""Seconds for reading which model needs which blob."""

Watch = Callable[[int, int], None]
"""Told how many bytes of how many are done."""


@dataclass(frozen=True)
class Blob:
    """A blob that is to be verified."""

    folder: Folder
    path: Path
    digest: str
    """The 64 digits of its name."""
    size: int


def verify(folders: Iterable[Folder], watch: Watch, *, threads: int | None = None) -> tuple[VerifiedStore, ...]:
    """Hash every blob of these stores, the largest first; an interruption ends all threads."""
    found = {folder: _blobs_of(folder) for folder in folders}
    blobs = sorted((blob for each, _ in found.values() for blob in each), key=lambda blob: -blob.size)
    total = sum(blob.size for blob in blobs)
    work = _Work(blobs)
    workers = [threading.Thread(target=work.run, daemon=True) for _ in range(threads or min(8, os.cpu_count() or 1))]
    for worker in workers:
        worker.start()
    try:
        for worker in workers:
            while worker.is_alive():
                worker.join(WATCHED_S)
                watch(work.done, total)
        watch(work.done, total)
    finally:
        work.left.set()
    return tuple(_verified(folder, each, doubt, work.same) for folder, (each, doubt) in found.items())


def _blobs_of(folder: Folder) -> tuple[list[Blob], Gap | None]:
    """Return every blob of a store, and why some are not among them."""
    children = folder.listed(folder.path / "blobs")
    found: list[Blob] = []
    doubt = children.left_out
    for path in children.files:
        digest = digits(path.name)
        if digest is not None:
            try:
                found.append(Blob(folder, path, digest, folder.refuse_recalled(path).st_size))
            except OSError:
                doubt = doubt or Gap(Why.UNREADABLE, about=f"sha256-{digest[:12]}")
    return found, doubt


def _verified(
    folder: Folder, blobs: list[Blob], doubt: Gap | None, same: dict[tuple[Path, str], bool | Gap]
) -> VerifiedStore:
    results = {blob.digest: same[blob.path, blob.digest] for blob in blobs}
    wrong = sorted(digest for digest, result in results.items() if result is False)
    needed = _needed(folder) if wrong else {}
    doubts = (doubt, *results.values())
    return VerifiedStore(
        root=folder.shown,
        blobs=len(blobs),
        size=sum(blob.size for blob in blobs),
        mismatches=tuple(Mismatch(digest, tuple(needed.get(digest, ()))) for digest in wrong),
        doubts=tuple(gap for gap in doubts if isinstance(gap, Gap)),
    )


def _needed(folder: Folder) -> dict[str, list[str]]:
    """Return the models that need each blob."""
    models: dict[str, list[str]] = {}
    for name, _, manifest in read_manifests(folder, time.monotonic() + MANIFESTS_S).models:
        for layer in manifest.blobs:
            models.setdefault(digits(layer.digest) or "", []).append(name.shortest)
    return models


class _Left(Exception):
    """Nobody waits for the result any more."""


class _Work:
    """What several threads share."""

    def __init__(self, blobs: Iterable[Blob]) -> None:
        self._waiting = deque(blobs)
        self._lock = threading.Lock()
        self.left = threading.Event()
        self.done = 0
        """Bytes."""
        self.same: dict[tuple[Path, str], bool | Gap] = {}
        """For each blob whether its content has the digest of its name."""

    def run(self) -> None:
        """Take blobs until there are none."""
        while not self.left.is_set():
            try:
                blob = self._waiting.popleft()
            except IndexError:
                return
            try:
                self.same[blob.path, blob.digest] = self._hashed(blob) == blob.digest
            except OSError:
                self.same[blob.path, blob.digest] = Gap(Why.UNREADABLE, about=f"sha256-{blob.digest[:12]}")
            except _Left:
                return

    def _hashed(self, blob: Blob) -> str:
        blob.folder.refuse_recalled(blob.path)
        digest, buffer = hashlib.sha256(), memoryview(bytearray(CHUNK))
        most = blob.size  # a file that grows meanwhile is another one already
        with open(blob.path, "rb", buffering=0, opener=_open) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError("not a regular file")
            while most >= 0 and (count := file.readinto(buffer)):
                if self.left.is_set():
                    raise _Left
                digest.update(buffer[:count])
                most -= count
                with self._lock:
                    self.done += count
        return digest.hexdigest()


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
