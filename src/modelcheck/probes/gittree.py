"""Whether git tracks or ignores a file, read from `.git/index` and `.gitignore` by a library: no git is started."""

import hashlib
import io
import math
import re
import stat
import struct
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from modelcheck.core.filekinds import is_link
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.probes.files import Unreadable, read_bytes

if TYPE_CHECKING:
    from dulwich.ignore import Pattern
    from dulwich.index import SerializedIndexEntry

T = TypeVar("T")

MOST_LEVELS = 20
"""Folders above the project in which a repository is looked for."""
INDEX_LIMIT = 64 << 20
RULES_LIMIT = 64 << 10
MOST_RULES = 2000
MOST_STEPS = 10_000_000
"""Steps that matching may take if each `*` of a pattern tries every length: hostile patterns take longer than time."""

_INDEX = ".git/index"
_HASH = 20
_PACKED = b"\x00\x00\x00\x04"
_LONG = 128
_MOST_STARS = 40


@dataclass(frozen=True)
class Standing:
    """What git says of a file; None where there is no repository."""

    tracked: bool | Gap | None
    ignored: bool | Gap | None
    """By the repository's own rules; the user's global ones are not read."""


def read_standing(root: Path, paths: Collection[str], *, limit_s: float = 5.0) -> dict[str, Standing]:
    """Return the standing of files given by their POSIX paths relative to the project.

    The repository is the nearest folder with a `.git`, the project itself or up to twenty above it. A `.git` that is
    no folder of its own (a worktree, a submodule, a link) leads elsewhere, which a project may not ask for: a gap.
    """
    root = root.resolve()
    repository = _repository(root)
    if not isinstance(repository, Path):
        return {path: Standing(repository, repository) for path in paths}
    prefix = root.relative_to(repository).as_posix()
    full = {path: path if prefix == "." else f"{prefix}/{path}" for path in paths}
    tracked = _seen(lambda: _tracked(repository, full.values(), time.monotonic() + limit_s))
    rules = Rules(repository)
    return {
        path: Standing(
            tracked if isinstance(tracked, Gap) else _folded(name) in tracked,
            _seen(partial(rules.ignore, name)),
        )
        for path, name in full.items()
    }


class Rules:
    """The ignore rules of one repository, each file of them read once and matched within a budget."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository
        self._read: dict[str, list[Pattern]] = {}
        self._steps = MOST_STEPS

    def ignore(self, path: str) -> bool:
        """Whether a file is ignored, itself or with a folder above it. Raises Unseen where the rules cannot be read."""
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            decisive = self._last_match(parts[:depth], is_folder=depth < len(parts))
            if decisive is not None and decisive.is_exclude:
                return True
        return False

    def _last_match(self, parts: list[str], *, is_folder: bool) -> "Pattern | None":
        """Return the rule that decides: the last that fits, of the file of rules that is nearest."""
        for depth in range(len(parts) - 1, -1, -1):
            rules = self._patterns("/".join([*parts[:depth], ".gitignore"]))
            found = self._match(rules, "/".join(parts[depth:]), is_folder=is_folder)
            if found is not None:
                return found
        return self._match(self._patterns(".git/info/exclude"), "/".join(parts), is_folder=is_folder)

    def _match(self, patterns: "list[Pattern]", name: str, *, is_folder: bool) -> "Pattern | None":
        text = name.encode("utf-8", "surrogateescape")
        for pattern in reversed(patterns):
            stars = len(re.findall(rb"\*+", pattern.pattern)) + 1
            self._steps -= math.comb(len(text) + stars, stars) if stars <= _MOST_STARS else MOST_STEPS + 1
            if self._steps < 0:
                raise Unseen(Gap(Why.TOO_MUCH, about=".gitignore"))
            if pattern.matches(text, is_folder):
                return pattern
        return None

    def _patterns(self, path: str) -> "list[Pattern]":
        if path not in self._read:
            self._read[path] = list(_read_rules(self._repository, path))
        return self._read[path]


def _read_rules(repository: Path, path: str) -> "Iterator[Pattern]":
    from dulwich.ignore import Pattern, read_ignore_patterns
    from dulwich.wildmatch import MalformedPattern

    try:
        data = read_bytes(repository, path, RULES_LIMIT)
    except FileNotFoundError:
        return
    except Unreadable as reason:
        raise Unseen(Gap(Why.UNREADABLE, about=f"{path.rpartition('/')[2]}: {reason}")) from None
    if data.count(b"\n") > MOST_RULES:
        raise Unseen(Gap(Why.TOO_MUCH, about=path.rpartition("/")[2]))
    for line in read_ignore_patterns(io.BytesIO(data.removeprefix(b"\xef\xbb\xbf"))):
        try:
            yield Pattern(line)
        except (MalformedPattern, re.error):
            continue  # git lets such a line match nothing


def _repository(root: Path) -> Path | Gap | None:
    for folder in (root, *root.parents)[: MOST_LEVELS + 1]:
        try:
            status = (folder / ".git").lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            return Gap(Why.UNREADABLE, about=f".git: {type(error).__name__}")
        if not stat.S_ISDIR(status.st_mode) or is_link(status):
            return Gap(Why.NOT_TRUSTED, about=".git")
        if (folder / ".git" / "HEAD").exists():
            return folder
    return None


def _tracked(repository: Path, paths: Collection[str], deadline: float) -> frozenset[bytes]:
    """Return those of the paths, folded, that the index holds. Raises Unseen where it cannot be read to its end."""
    from dulwich.index import read_index

    try:
        data = read_bytes(repository, _INDEX, INDEX_LIMIT)
    except FileNotFoundError:
        return frozenset()
    except Unreadable as reason:
        raise Unseen(Gap(Why.UNREADABLE, about=f"{_INDEX}: {reason}")) from None
    if not _is_whole(data):
        raise Unseen(Gap(Why.UNREADABLE, about=f"{_INDEX}: its checksum is not that of its content"))
    stream = _Timed(data, deadline)
    asked = frozenset(_folded(path) for path in paths)
    try:
        found = asked.intersection(_names(read_index(stream), is_packed=data[4:8] == _PACKED))
        is_partial = found != asked and _is_partial(data[stream.tell() : -_HASH])
    except Unseen:
        raise
    except TimeoutError:
        raise Unseen(Gap(Why.TIMED_OUT, about=_INDEX)) from None
    except Exception as error:  # noqa: BLE001 - the library is not made for hostile bytes: asserts, struct.error, …
        raise Unseen(Gap(Why.UNREADABLE, about=f"{_INDEX}: {type(error).__name__}")) from None
    if is_partial:
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=_INDEX))
    return found


def _names(entries: "Iterable[SerializedIndexEntry]", *, is_packed: bool) -> Iterator[bytes]:
    """Yield the name of each entry, folded. Raises Unseen where dulwich would get names wrong.

    Names of version 4 are differences to the one before; dulwich 1.2.21 misreads a difference of 128 bytes or more.
    """
    for entry in entries:
        yield entry.name.lower()
        if is_packed and len(entry.name) >= _LONG:
            raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=_INDEX))


def _folded(path: str) -> bytes:
    """Return a path as it is compared: the file system of Windows and macOS need not keep the case that git knows."""
    return path.encode("utf-8", "surrogateescape").lower()


def _is_whole(data: bytes) -> bool:
    """Whether the index ends with its SHA-1, or with none as `index.skipHash` has it; one by SHA-256 does neither."""
    content, end = data[:-_HASH], data[-_HASH:]
    if end == bytes(_HASH):
        return data[-32:] != bytes(32)
    return hashlib.sha1(content, usedforsecurity=False).digest() == end


def _is_partial(extensions: bytes) -> bool:
    """Whether entries lie elsewhere: git's split and sparse index say so by an extension in lower case."""
    at = 0
    while at + 8 <= len(extensions):
        if extensions[at : at + 4].lower() == extensions[at : at + 4]:
            return True
        at += 8 + int(struct.unpack_from(">I", extensions, at + 4)[0])
    return False


class _Timed(io.BytesIO):
    """Bytes that refuse to be read past a deadline."""

    def __init__(self, data: bytes, deadline: float) -> None:
        super().__init__(data)
        self._deadline = deadline
        self._reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        if self._reads % 1024 == 0 and time.monotonic() > self._deadline:
            raise TimeoutError
        return super().read(size)


def _seen(look: Callable[[], T]) -> T | Gap:
    try:
        return look()
    except Unseen as missing:
        return missing.gap
