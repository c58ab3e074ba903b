"""The running server's own process (Linux): found by the socket it listens on, read for its environment alone."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from modelcheck.core.gap import Gap, Why
from modelcheck.core.variables import HOST, kind_of, listens
from modelcheck.probes.files import Unreadable, read_regular
from modelcheck.probes.serving.roots import Roots
from modelcheck.probes.serving.sockets import listeners

MOST_PROCESSES = 50_000
MOST_FILES = 10_000
"""Open files of one process that are looked at."""
MOST_BYTES = 2 << 20
"""Of one environment."""

_NAMES = {"ollama", ".ollama-wrapped"}  # the second is how Nix packages it
_CONTAINERS = ("docker", "containerd", "kubepods", "libpod", "lxc")


@dataclass(frozen=True)
class Process:
    """An Ollama server that runs."""

    values: dict[str, str] = field(repr=False)
    """The variables that are a server's business, and HOME."""
    contained: bool
    """Whether it runs in a container, so that its paths are not those of this machine."""


def find_process(roots: Roots, port: int) -> Process | Gap:
    """Return the process of Ollama that listens at a port of this machine."""
    sockets = listeners(roots.proc, port)
    ours = [folder for folder in _processes(roots.proc) if _is_ollama(folder)]
    if isinstance(sockets, Gap):
        return _first((folder for folder in ours if _serves(folder)), port, by_variable=True)
    wanted = {f"socket:[{one.inode}]" for one in sockets}
    if not wanted:
        return Gap(Why.NOT_THERE, about=f"a socket at port {port}")
    holding = {folder: _holds(folder, wanted) for folder in ours}
    closed = any(held is None for held in holding.values())
    found = _first((folder for folder, held in holding.items() if held), port, by_variable=False)
    if isinstance(found, Gap) and closed:
        return _closed("another user owns it")
    return found


def _first(folders: Iterator[Path], port: int, *, by_variable: bool) -> Process | Gap:
    missing = Gap(Why.NOT_THERE, about=f"a process of Ollama at port {port}")
    for folder in folders:
        process = _read(folder)
        if isinstance(process, Gap):
            missing = process
        elif not by_variable or _listens_at(process, port):
            return process
    return missing


def _processes(proc: Path) -> Iterator[Path]:
    try:
        with os.scandir(proc) as found:
            names = [entry.name for entry in islice(found, MOST_PROCESSES) if entry.name.isdigit()]
    except OSError:
        return
    yield from (proc / name for name in sorted(names, key=int))


def _is_ollama(folder: Path) -> bool:
    """Tell by the name that the kernel keeps, or by the program where a thread has renamed itself."""
    try:
        if read_regular(folder / "comm", 64).decode("ascii", "replace").strip() in _NAMES:
            return True
        return (folder / "exe").readlink().name in _NAMES
    except OSError:
        return False


def _serves(folder: Path) -> bool:
    try:
        return b"serve" in read_regular(folder / "cmdline", MOST_BYTES).split(b"\0")[1:]
    except OSError:
        return False


def _holds(folder: Path, wanted: set[str]) -> bool | None:
    """Return whether a process has one of these sockets open; None where it belongs to somebody else."""
    try:
        with os.scandir(folder / "fd") as found:
            links = [entry.path for entry in islice(found, MOST_FILES)]
    except PermissionError:
        return None
    except OSError:
        return False
    return any(_target(link) in wanted for link in links)


def _target(link: str) -> str:
    try:
        return os.readlink(link)  # noqa: PTH115 - `socket:[1]` is no path
    except OSError:
        return ""


def _read(folder: Path) -> Process | Gap:
    try:
        data = read_regular(folder / "environ", MOST_BYTES)
    except Unreadable as reason:
        return _closed(str(reason))
    except OSError:
        return Gap(Why.NOT_THERE, about="the environment of Ollama's process")
    values: dict[str, str] = {}
    for entry in data.split(b"\0"):
        name, _, value = entry.decode("utf-8", "replace").partition("=")
        if name == "HOME" or kind_of(name) is not None:
            values.setdefault(name, value)  # of two, the first is what a program gets
    return Process(values, _is_contained(folder))


def _is_contained(folder: Path) -> bool:
    try:
        groups = read_regular(folder / "cgroup", 1 << 16).decode("ascii", "replace")
    except OSError:
        return False
    return any(word in groups for word in _CONTAINERS)


def _listens_at(process: Process, port: int) -> bool:
    address = listens(process.values.get(HOST, ""))
    return address is not None and address.port == port


def _closed(reason: str) -> Gap:
    about = f"the environment of Ollama's process: {reason}"
    return Gap(Why.UNREADABLE, about=about, hint="sudo modelcheck audit")
