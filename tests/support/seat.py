"""A person at a terminal: a command runs on one of its own, and is answered what it asks."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ASKED = b"[y/N]:"
LONGEST_S = 60.0
"""After which a command counts as one that hangs."""
AGAIN_S = 10.0
"""After which a person presses Ctrl-C again: Python loses a signal that comes just before it starts to wait."""
CTRL_C = "\x03"
HEED = "import signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)"
"""Python that heeds Ctrl-C, which whoever runs the tests in the background has every child ignore."""

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Left:
    """How it ended, and all that the terminal showed."""

    code: int
    shown: str


@dataclass
class Person:
    """Who sits there: gives one answer when asked, and Ctrl-C as often as it takes."""

    answer: str
    leaves: Callable[[bytes], bool]
    """Whether Ctrl-C is pressed, by what is shown."""
    pressed: float = float("-inf")

    def wants_out(self, shown: bytes) -> bool:
        """Whether Ctrl-C is pressed now."""
        wants = self.leaves(shown) or (self.answer == CTRL_C and ASKED in shown)
        if not wants or time.monotonic() - self.pressed < AGAIN_S:
            return False
        self.pressed = time.monotonic()
        return True

    def typed(self, shown: bytes) -> bytes:
        """Return what is typed now."""
        if self.answer in {"", CTRL_C} or ASKED not in shown:
            return b""
        answer, self.answer = self.answer, ""
        return answer.encode()


def at_a_terminal(
    *arguments: str | Path,
    answer: str = "",
    leaves: Callable[[bytes], bool] = lambda _: False,
    environ: dict[str, str] | None = None,
) -> Left:
    """Run modelcheck, and type an answer when it asks."""
    import pty

    surroundings = {**{name: value for name, value in os.environ.items() if name != "CI"}, **(environ or {})}
    script = f"{HEED}\nsys.argv = {['modelcheck', *map(str, arguments)]!r}\n"
    script += "from modelcheck.cli.__main__ import main\nmain()"
    command = [sys.executable, "-W", "error", "-c", script]
    primary, secondary = pty.openpty()
    # The terminal is not that of the session: its end would then throw away what nobody has read yet.
    with subprocess.Popen(command, stdin=secondary, stdout=secondary, stderr=secondary, env=surroundings) as running:
        os.close(secondary)
        person, shown = Person(answer, leaves), b""
        for piece in _shown(primary):
            shown += piece
            if person.wants_out(shown):
                running.send_signal(signal.SIGINT)
            with suppress(OSError):
                os.write(primary, person.typed(shown))
        running.kill()
        code = running.wait()
        os.close(primary)
    return Left(code, _ESCAPES.sub("", shown.decode("utf-8", "replace")))


def _shown(terminal: int) -> Iterator[bytes]:
    """Yield what is shown, and nothing now and then; ends when the other side has left, or hangs."""
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        try:
            piece = os.read(terminal, 4096) if ready else b""
        except OSError:
            return
        if ready and not piece:
            return
        yield piece
