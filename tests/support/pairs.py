"""A base and a change that starts as its copy, and what git's index says of them."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dulwich.index import IndexEntry
from dulwich.objects import ObjectID
from dulwich.repo import Repo

from modelcheck.app.demo import project

MISSING = "gemma2:27b"
"""A model that neither a lock nor the stand-in holds."""


@dataclass(frozen=True)
class Pair:
    """Two states of the corrected demo project."""

    base: Path
    change: Path


@contextmanager
def laid_out(folder: Path) -> Generator[Pair]:
    with project("corrected") as root:
        for name in ("base", "change"):
            shutil.copytree(root, folder / name)
        yield Pair(folder / "base", folder / "change")


def track(root: Path, *names: str) -> None:
    """Have git track these files alone; the demo project has an empty folder as its repository."""
    (root / ".git").rmdir()
    with Repo.init(str(root)) as repo:
        index = repo.open_index()
        for name in names:
            index[name.encode()] = IndexEntry(0, 0, 0, 0, 0o100644, 0, 0, 0, ObjectID(b"0" * 40))
        index.write()
