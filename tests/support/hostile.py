"""Hostile surroundings for the command: documents that are none, a user who may read nothing, what must not show."""

import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from ended import Ended

NOWHERE = ("--offline", "--endpoint", "ollama=http://127.0.0.1:9")
"""Options that lead a command to a port where nothing listens."""
COMMANDS: Mapping[str, Callable[[Path], list[str | Path]]] = {
    "audit": lambda root: ["audit", root, *NOWHERE],
    "score": lambda root: ["score", root, *NOWHERE],
    "gate": lambda root: ["gate", root, *NOWHERE],
    "explain": lambda root: ["explain", root, *NOWHERE],
    "inventory": lambda root: ["inventory", root, *NOWHERE],
    "lock": lambda root: ["inventory", root, "--lock", *NOWHERE],
    "precheck": lambda root: ["precheck", "llama3", "--path", root, *NOWHERE],
}
"""The commands that look at a project, each as it is called with its folder."""
HEED = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_DFL)"
"""Python for `after`: a shell that runs the tests in the background has them ignore Ctrl-C, which children inherit."""
TIMEOUT_S = 60
"""After which a command counts as one that hangs; none takes a tenth of it."""

_KEY_PART = 12
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _PR_CAPBSET_DROP = 1, 2, 24


def documents(text: str) -> dict[str, bytes]:
    """Return a text as none may be read: as bytes that are no UTF-8, too long, too deep, not to its end."""
    return {
        "utf-16": text.encode("utf-16"),
        "utf-16 little endian": text.encode("utf-16-le"),
        "utf-16 big endian": b"\xfe\xff" + text.encode("utf-16-be"),
        "utf-32": text.encode("utf-32"),
        "latin-1": text.encode("latin-1") + b"\xe9\xe8",
        "bytes of no text": bytes(range(256)) * 8,
        "50 MB": text.encode() + b" " * (50 << 20),
        "10,000 lists": b"[" * 10_000 + b"]" * 10_000,
        "10,000 objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        "cut off": text.encode()[: len(text) // 2],
    }


def trails(value: object, before: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to every value in decoded JSON, the whole of it first."""
    yield before
    for step, child in _inner(value):
        yield from trails(child, (*before, step))


def _inner(value: object) -> list[tuple[str | int, object]]:
    if isinstance(value, dict):
        return [*cast("dict[str | int, object]", value).items()]
    return [*enumerate(cast("list[object]", value))] if isinstance(value, list) else []


def exchanged(value: Any, trail: tuple[str | int, ...], other: object) -> Any:
    """Return decoded JSON with another value at the end of a trail."""
    if not trail:
        return other
    table = dict(_inner(value))
    table[trail[0]] = exchanged(table[trail[0]], trail[1:], other)
    return table if isinstance(value, dict) else [*table.values()]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a test for a process, whatever Python's own variables are here.

    It writes no bytecode: a process with a full disk would leave broken files for all that follow.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**own, "PYTHONDONTWRITEBYTECODE": "1", "OLLAMA_HOST": "127.0.0.1:9", **more}


def after(before: str, command: Sequence[str | Path | bytes]) -> list[str | Path | bytes]:
    """Return a command for POSIX that runs some Python first, and then becomes the given one.

    A `preexec_fn` would do that too, were there no threads here; with some, a fork may crash before it has begun.
    """
    return [sys.executable, "-I", "-c", f"import os, sys\n{before}\nos.execv(sys.argv[1], sys.argv[1:])", *command]


def process(
    *arguments: str | Path | bytes,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    streams: str = "",
    before: str = "",
) -> Ended:
    """Run the command as a process; `streams` is what a POSIX shell does with its streams, such as `>&-`.

    `before` is Python that the process runs before it becomes the command.
    """
    command: list[str | Path | bytes] = [sys.executable, "-W", "error", "-m", "modelcheck", *arguments]
    if before:
        command = after(before, command)
    if streams:
        command = ["/bin/sh", "-c", f'exec "$@" {streams}', "sh", *command]
    ended = subprocess.run(
        command,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        env=environment() if env is None else dict(env),
        cwd=cwd,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout.decode("utf-8", "replace"), ended.stderr.decode("utf-8", "replace"))


def without_power() -> str:
    """Return what makes a process of root obey permissions as others do; nothing where the user is not root.

    Root keeps its name, and so its own files; it loses what lets it read past permissions (CAP_DAC_*).
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return ""
    powers = (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH)
    drop = f"[ctypes.CDLL(None).prctl({_PR_CAPBSET_DROP}, power, 0, 0, 0) for power in {powers}]"
    return f"import ctypes\nif any({drop}): sys.exit('prctl')"


def assert_safe(ended: Ended, *secrets: str) -> None:
    """Nothing of our own fails, nothing moves the cursor or turns the writing, and no part of a secret shows."""
    for text in (ended.out, ended.err):
        assert "Traceback" not in text, text
        assert "modelcheck's own" not in text, text
        assert not controls(text)
        for secret in secrets:
            for at in range(len(secret) - _KEY_PART + 1):
                assert secret[at : at + _KEY_PART] not in text


def assert_told(ended: Ended, code: int, *said: str) -> None:
    """The command ends with a code and says each of these, however the lines are wrapped."""
    assert_safe(ended)
    shown = " ".join(f"{ended.out}\n{ended.err}".split())
    assert ended.code == code, shown
    for sentence in said:
        assert sentence in shown, shown


def controls(text: str) -> list[str]:
    """Return the marks of a text that do something instead of being seen."""
    shown = re.sub(r"[\n\r\t]", "", text)
    return [mark for mark in shown if unicodedata.category(mark) in {"Cc", "Cf", "Cs"}]


needs_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files and streams")
