"""What the files of a project are like, as one word that changes when one of them does; none is opened."""

import hashlib
import os
import stat
import time
from collections import deque
from pathlib import Path

MOST_FILES = 20_000
LIMIT_S = 1.0
SETTINGS = ("modelcheck.yaml", "pyproject.toml")
"""Files in the folders above that may hold settings as well."""
LEFT_OUT = frozenset(
    {".git", ".hg", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".venv", "__pycache__", "node_modules"}
)
"""Folders that tools fill and that are no part of what is judged; of git its index alone counts."""


def state_of(root: Path) -> str:
    """Return the state by names, sizes and times; empty where there is too much to tell, or a folder is closed."""
    word = hashlib.sha256()
    until = time.monotonic() + LIMIT_S
    waiting, files = deque([str(root)]), 0
    try:
        while waiting:
            with os.scandir(waiting.popleft()) as found:
                for one in sorted(found, key=lambda each: each.name):
                    if one.is_dir(follow_symlinks=False):
                        waiting.extend([] if one.name in LEFT_OUT else [one.path])
                        continue
                    files += 1
                    word.update(_line(one.path, one.stat(follow_symlinks=False)))
            if files > MOST_FILES or time.monotonic() > until:
                return ""
    except OSError:
        return ""
    others = [root / ".git" / "index", *(folder / name for folder in root.parents for name in SETTINGS)]
    for path in others:
        word.update(_outside(path))
    return word.hexdigest()


def _outside(path: Path) -> bytes:
    try:
        info = path.lstat()
    except OSError:
        return b"-"
    return _line(str(path), info)


def _line(path: str, info: os.stat_result) -> bytes:
    return f"{path!r} {stat.S_IFMT(info.st_mode)} {info.st_size} {info.st_mtime_ns}\n".encode()
