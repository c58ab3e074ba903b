"""Inline marks: comments by which the project answers for a false alarm at one line of a file."""

import os
import re
import time
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from modelcheck.core.exceptions import Ignore, Marks, takes_marks
from modelcheck.core.facts import Place
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.folders import Children, Folder
from modelcheck.probes.probe import probe
from modelcheck.probes.shape import Shapes

LIMIT = 1 << 20
"""Bytes of a file that is read."""
MOST_BYTES = 64 << 20
"""Of all files together."""
MOST_FILES = 5_000
MOST_NAMES = 100_000
MOST_DEPTH = 32
MOST_MARKS = 500
MOST_CHECKS = 20
"""Checks that one mark names."""
LONGEST_PATH = 1_000
LONGEST_REASON = 300

_WORD = b"modelcheck:"
_MARK = re.compile(r"(?:^|(?<=\s))#\s*modelcheck:\s*ignore(?![\w-])(?:\[([^\]]*)\])?(.*)")
_LINES = re.compile(r"\r\n?|\n")
_AROUND = " \t:-\N{EN DASH}\N{EM DASH}"
_OPEN = frozenset({".devcontainer", ".github"})
"""Hidden folders that hold what a project is made of."""
_CLOSED = frozenset({"node_modules", "__pycache__", "build", "dist", "site-packages"})


@probe
def marks(access: Access) -> Marks:
    """Read the marks in the project's files; beyond the bounds of number, size and time nothing is marked."""
    folder = Folder(Path(os.path.realpath(access.root)), ".")
    shapes = Shapes(access.providers)
    found: list[Ignore] = []
    left = MOST_BYTES
    for file in islice(_files(folder, time.monotonic() + access.inner_limit_s), MOST_FILES):
        try:
            data = folder.read(file, min(LIMIT, left))
        except OSError:
            continue  # whatever is to be found in it was not seen either
        left -= len(data)
        if _WORD in data:
            path = file.relative_to(folder.path).as_posix()
            marked = marks_in(data.decode("utf-8-sig", "replace"), printable(path, LONGEST_PATH), shapes)
            found += islice(marked, MOST_MARKS - len(found))
    return Marks(tuple(found))


def marks_in(text: str, path: str, shapes: Shapes) -> Iterator[Ignore]:
    """Yield the marks of one file: each stands for its own line, or for the next one where nothing is before it.

    A mark without a reason or without a check is one all the same, so that the report can say that it does not count.
    A reason that holds a key is none.
    """
    lines = _LINES.split(text)
    for number, line in enumerate(lines, 1):
        mark = _MARK.search(line)
        if mark is not None:
            alone = not line[: mark.start()].strip()
            yield Ignore(
                checks=_checks(mark[1] or ""),
                path=path,
                reason="" if any(shapes.kinds_in(mark[2])) else printable(mark[2].strip(_AROUND), LONGEST_REASON),
                line=_next(lines, number) if alone else number,
                at=Place(path, number),
            )


def _checks(listed: str) -> tuple[str, ...]:
    return tuple(printable(each.strip()) for each in listed.split(",")[:MOST_CHECKS] if each.strip())


def _next(lines: list[str], number: int) -> int:
    """Return the line below a comment that says something itself; the comment's own where there is none."""
    rest = enumerate(lines[number:], number + 1)
    return next((at for at, line in rest if line.strip() and not line.lstrip().startswith("#")), number)


def _files(folder: Folder, until: float) -> Iterator[Path]:
    """Yield the files that take marks, the nearest to the root first, until a `time.monotonic` moment."""
    waiting = deque([(folder.path, 0)])
    entered: set[str] = set()
    left = MOST_NAMES
    while waiting and left > 0 and time.monotonic() < until:
        path, depth = waiting.popleft()
        real = os.path.realpath(path)
        if real in entered:
            continue
        entered.add(real)
        children = folder.listed(path)
        left -= len(children.folders) + len(children.files)
        if not depth or not _is_installed(children):
            yield from (file for file in children.files if takes_marks(file.name))
            deeper = (child for child in children.folders if _is_entered(child.name))
            waiting.extend((child, depth + 1) for child in deeper if depth < MOST_DEPTH)


def _is_installed(children: Children) -> bool:
    return any(file.name == "pyvenv.cfg" for file in children.files)


def _is_entered(name: str) -> bool:
    return name in _OPEN or not (name.startswith(".") or name in _CLOSED)
