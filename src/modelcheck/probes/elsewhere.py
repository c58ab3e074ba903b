"""A configuration that lies where nobody said: found by name and by its sections, within bounds."""

import os
import re
import time
from collections import deque
from pathlib import Path

from modelcheck.probes.files import Unreadable, read_bytes

MOST_DEPTH = 4
MOST_FOLDERS = 1000
MOST_READ = 20
"""Files that are opened."""
MOST_BYTES = 1 << 20
LIMIT_S = 1.0
LEFT_OUT = frozenset({"__pycache__", "dist", "node_modules", "site-packages", "venv"})

_NAME = re.compile(r"[\w.-]*(?:agent|llm|model)[\w.-]*\.json", re.IGNORECASE | re.ASCII)
_SECTIONS = (b'"model_providers"', b'"agent_models"')


def configurations(root: Path) -> tuple[str, ...]:
    """Return files of a project that look like its native configuration, relative to it, the nearest first."""
    found: list[str] = []
    waiting, entered, read = deque([(root, 0)]), 0, 0
    until = time.monotonic() + LIMIT_S
    while waiting and entered < MOST_FOLDERS and read < MOST_READ and time.monotonic() < until:
        folder, depth = waiting.popleft()
        entered += 1
        files, folders = _listed(folder)
        if depth < MOST_DEPTH:
            waiting.extend((child, depth + 1) for child in folders)
        for file in files[: MOST_READ - read]:
            read += 1
            name = file.relative_to(root).as_posix()
            if _is_configuration(root, name):
                found.append(name)
    return tuple(found)


def _listed(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the files by name, and the folders to enter; no link is followed."""
    try:
        with os.scandir(folder) as entries:
            there = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return [], []
    files = [Path(one.path) for one in there if one.is_file(follow_symlinks=False) and _NAME.fullmatch(one.name)]
    folders = [one for one in there if one.is_dir(follow_symlinks=False)]
    return files, [Path(one.path) for one in folders if not one.name.startswith(".") and one.name not in LEFT_OUT]


def _is_configuration(root: Path, name: str) -> bool:
    try:
        text = read_bytes(root, name, MOST_BYTES)
    except (Unreadable, FileNotFoundError):
        return False
    return all(section in text for section in _SECTIONS)
