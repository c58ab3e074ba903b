"""`server.log`: the last line in which Ollama wrote down how it was set up, as its desktop programs keep it."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from modelcheck.core.filekinds import is_recalled
from modelcheck.core.gap import Gap, Why
from modelcheck.core.variables import FLASH, HOST, ORIGINS, kind_of, reading
from modelcheck.probes.serving.roots import WINDOWS, Roots

TAIL = 4 << 20
HEAD = 256 << 10
"""Bytes that are read at the end and, where the line is not among them, at the beginning of the file."""

_LINE = re.compile(r'msg="server config" env="(map\[(?:[^"\\\n]|\\.)*\])"')
_NAME = re.compile(r"(?:(?<=\[)|(?<= ))([A-Z][A-Z0-9_]*|https?_proxy|no_proxy):")
_ESCAPE = re.compile(r'\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(["\\abfnrtv]))')
_OWN_ORIGINS = re.compile(  # what Ollama adds to every list
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\*)?|(?:app|file|tauri|vscode-webview|vscode-file)://\*"
)
_UNSET = {"INFO", "[ollama.com]"}  # OLLAMA_DEBUG and OLLAMA_REMOTES, of which none is set
_OPEN_IF_FALSE = {FLASH}  # `false` is written where it is turned off, and where it is not set


def read_log(roots: Roots) -> dict[str, str] | Gap:
    """Return every variable that the last start wrote down, as the server read it; defaults are filled in."""
    path = _place(roots)
    if path is None:
        return Gap(Why.NOT_THERE, about="server.log")
    try:
        line = next((line for text in _ends(path) for line in _LINE.findall(text)[-1:]), None)
    except FileNotFoundError:
        return Gap(Why.NOT_THERE, about="server.log")
    except OSError:
        return Gap(Why.UNREADABLE, about="server.log")
    if line is None:
        return Gap(Why.NOT_THERE, about="the line `server config` in server.log")
    return dict(_entries(_ESCAPE.sub(_unescaped, line)))


def written(values: dict[str, str]) -> dict[str, str]:
    """Return of these variables those that somebody has set, or has set to what they would be anyway."""
    kept = {name: _origins(value) if name == ORIGINS else value for name, value in values.items()}
    left_open = undecided(values)
    return {name: value for name, value in kept.items() if name not in left_open and _says(name, value)}


def undecided(values: dict[str, str]) -> tuple[str, ...]:
    """Return the variables of which the log leaves open whether they are set."""
    return tuple(name for name in sorted(_OPEN_IF_FALSE) if values.get(name) == "false")


def _place(roots: Roots) -> Path | None:
    if roots.system == WINDOWS:
        folder = roots.environ.get("LOCALAPPDATA", "")
        return Path(folder) / "Ollama" / "server.log" if folder else None
    return None if roots.home is None else roots.home / ".ollama" / "logs" / "server.log"


def _ends(path: Path) -> Iterator[str]:
    """Yield the end of a file and then its beginning; nothing but a regular file that lies here is opened."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0))) as stream:
        info = os.fstat(stream.fileno())
        if not stat.S_ISREG(info.st_mode) or is_recalled(info):
            raise OSError
        stream.seek(max(0, info.st_size - TAIL))
        yield stream.read(TAIL).decode("utf-8", "replace")
        stream.seek(0)
        yield stream.read(HEAD).decode("utf-8", "replace")


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """Read `map[A:1 B:2]`, whose names are sorted: one that is out of order is part of a value."""
    found: list[re.Match[str]] = []
    for match in _NAME.finditer(text):
        if not found or match[1] > found[-1][1]:
            found.append(match)
    ends = (*(later.start() for later in found[1:]), len(text))
    for match, end in zip(found, ends, strict=False):
        yield match[1], text[match.end() : end].removesuffix("]" if end == len(text) else "").strip()


def _unescaped(match: re.Match[str]) -> str:
    if match[3]:
        return match[3] if match[3] in '"\\' else " "
    return chr(int(match[1] or match[2], 16))


def _origins(value: str) -> str:
    """Return the list of origins without those that Ollama adds."""
    return ",".join(one for one in value.strip("[]").split() if _OWN_ORIGINS.fullmatch(one) is None)


def _says(name: str, value: str) -> bool:
    """Whether a value says more than that nothing is set."""
    kind = kind_of(name)
    if kind is None or name == HOST:
        return kind is not None
    return value not in _UNSET and reading(name, value) != reading(name, "")
