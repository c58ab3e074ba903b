"""The Python files of a project: a bounded walk that follows no link and opens nothing."""

import os
import stat
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from modelcheck.core.filekinds import is_recalled
from modelcheck.core.text import printable

MAX_FILES = 5_000
MAX_BYTES = 1 << 20
MAX_ENTRIES = 100_000
MAX_DEPTH = 32
_MAX_SHOWN = 1_000

_SKIPPED = frozenset({"node_modules", "__pycache__", "build", "dist", "site-packages"})
_TESTS = frozenset({"test", "tests"})
_SURROGATE = 0x20000000  # Windows: a reparse point that stands for another place, as links and junctions do

Parts = tuple[str, ...]
"""A dotted name or a folder below the root, split."""


@dataclass(frozen=True)
class Source:
    """A Python file of the project."""

    path: str
    """POSIX, relative to the root, fit to print."""
    parts: Parts
    """Its dotted name as seen from the root; a package is named by its folder."""
    folder: Parts
    file: Path = field(repr=False)

    @property
    def is_test(self) -> bool:
        """Whether by its name or place it belongs to the project's tests."""
        name = self.file.stem
        return not _TESTS.isdisjoint(self.folder) or name == "conftest" or name.startswith("test_")


@dataclass(frozen=True)
class Walk:
    """The Python files that were found, by path."""

    sources: tuple[Source, ...]
    complete: bool
    """False when a bound or an unreadable folder ended the search early."""


def read_sources(root: Path) -> Walk:
    """Find the project's Python files: at most `MAX_FILES`, none in hidden, built or installed folders."""
    found: list[Source] = []
    complete, left = True, MAX_ENTRIES
    todo: list[Parts] = [()]
    while todo and len(found) <= MAX_FILES:
        folder = todo.pop()
        entries = _entries(root.joinpath(*folder), left)
        complete &= entries is not None
        left -= len(entries or ())
        if folder and any(entry.name == "pyvenv.cfg" for entry in entries or ()):
            continue
        folders, files, is_whole = _sorted_out(entries or [])
        found.extend(_source(folder, entry) for entry in files)
        todo.extend((*folder, name) for name in reversed(folders) if len(folder) < MAX_DEPTH)
        complete &= is_whole and (not folders or len(folder) < MAX_DEPTH)
    complete &= len(found) <= MAX_FILES
    return Walk(tuple(sorted(found[:MAX_FILES], key=lambda source: source.path)), complete)


def _entries(folder: Path, most: int) -> list[os.DirEntry[str]] | None:
    """Return what a folder holds, by name, or None when it cannot be read or holds more than may still be looked at."""
    try:
        with os.scandir(folder) as found:
            entries = list(islice(found, most + 1))
    except OSError:
        return None
    return sorted(entries, key=lambda entry: entry.name) if len(entries) <= most else None


def _sorted_out(entries: list[os.DirEntry[str]]) -> tuple[list[str], list[os.DirEntry[str]], bool]:
    """Return the names of the folders to enter, the Python files, and whether nothing else had to be left closed."""
    is_whole = True
    folders: list[str] = []
    files: list[os.DirEntry[str]] = []
    for entry in entries:
        try:
            info = entry.stat(follow_symlinks=False)
        except OSError:
            is_whole = False
            continue
        if getattr(info, "st_reparse_tag", 0) & _SURROGATE:
            continue
        if is_recalled(info):
            is_whole = False
        elif stat.S_ISDIR(info.st_mode) and not entry.name.startswith(".") and entry.name not in _SKIPPED:
            folders.append(entry.name)
        elif stat.S_ISREG(info.st_mode) and entry.name.endswith(".py"):
            files.append(entry)
    return folders, files, is_whole


def _source(folder: Parts, entry: os.DirEntry[str]) -> Source:
    stem = entry.name.removesuffix(".py")
    path = printable("/".join((*folder, entry.name)), _MAX_SHOWN)
    return Source(path, folder if stem == "__init__" else (*folder, stem), folder, Path(entry.path))
