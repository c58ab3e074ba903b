"""The guard as people run it: the command in a process of its own, with a home of its own."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

START_S = 60.0
LISTENS = re.compile(r"^modelcheck: guarding \S+ on http://127\.0\.0\.1:([0-9]+)")
ARGUMENTS = "import sys; {before}; sys.argv[0] = 'modelcheck'; from modelcheck.cli.__main__ import main; main()"
PLAIN = "sys.modules['uvloop'] = None"
"""Without uvloop, as on Windows."""


@dataclass
class GuardProcess:
    """A running guard."""

    running: "subprocess.Popen[str]"
    port: int = 0
    said: list[str] = field(default_factory=list)
    """The lines on its standard error."""
    listens: threading.Event = field(default_factory=threading.Event)
    """Set once it listens, or has ended."""

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self.running.pid

    def read(self) -> None:
        """Keep what it says, to its end."""
        assert self.running.stderr is not None
        for told in self.running.stderr:
            self.said.append(told.rstrip())
            found = LISTENS.match(told)
            if found:
                self.port = int(found[1])
                self.listens.set()
        self.listens.set()


@contextmanager
def guard_process(
    upstream: str,
    *options: str,
    home: Path,
    uvloop: bool = True,
    before: str = "",
    environment: Mapping[str, str] | None = None,
) -> Generator[GuardProcess]:
    """Run a guard in front of an upstream; it is killed in the end where it still runs.

    Args:
        upstream: its URL.
        options: more of `modelcheck guard serve`.
        home: the home folder of whoever runs it; made here.
        uvloop: whether it may use uvloop.
        before: statements that its process runs first.
        environment: variables for it.

    """
    home.mkdir(exist_ok=True)
    statements = "; ".join(filter(None, ["" if uvloop else PLAIN, before, "pass"]))
    listen = ["--listen", "127.0.0.1:0", "--upstream", upstream]
    command = [sys.executable, "-c", ARGUMENTS.format(before=statements), "guard", "serve", *listen, *options]
    variables = os.environ | {"HOME": str(home), "USERPROFILE": str(home)} | dict(environment or {})
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables) as running:
        guard = GuardProcess(running)
        reader = threading.Thread(target=guard.read, daemon=True)
        reader.start()
        try:
            if not guard.listens.wait(START_S) or not guard.port:
                raise RuntimeError("the guard does not listen: " + "; ".join(guard.said))
            yield guard
        finally:
            running.kill()
            running.wait()
            reader.join(START_S)
