"""Ctrl-C at any moment: 130, no traceback, and nothing half written."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ended import Command
from hostile import HEED, NOWHERE, TIMEOUT_S, after, assert_told, environment, needs_posix

from modelcheck.cli.endings import ending

HOOK = '''
import os, signal, sys

class Finder:
    """Interrupts the program when it imports a module, as a person may at any moment."""

    def find_spec(self, name, path=None, target=None):
        if name == os.environ["INTERRUPT_AT"]:
            os.environ["INTERRUPT_AT"] = ""
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Finder())
'''
MOMENTS = (
    "modelcheck.cli.language",
    "modelcheck.cli.application",
    "typer",
    "rich.console",
    "modelcheck.cli.audit",
    "modelcheck.probes.access",
    "yaml",
)
"""Modules that are imported one after another while an audit begins."""


@needs_posix
@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_while_it_begins_ends_with_130(moment: str, broken: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(HOOK)
    env = environment(PYTHONPATH=str(tmp_path), INTERRUPT_AT=moment)
    ended = subprocess.run(
        after(HEED, [sys.executable, "-m", "modelcheck", "audit", str(broken), *NOWHERE]),
        capture_output=True,
        env=env,
        timeout=TIMEOUT_S,
        check=False,
    )

    assert b"Traceback" not in ended.stderr
    assert (ended.returncode, ended.stderr) == (130, b"modelcheck: interrupted\n")


@pytest.mark.parametrize(
    "place",
    ["modelcheck.cli.audit.json_report", "modelcheck.cli.output.os.fsync", "modelcheck.cli.audit.print_report"],
)
def test_ctrl_c_while_it_writes_leaves_nothing_half_done(
    place: str, command: Command, broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    target = tmp_path / "report.json"
    target.write_text("old")
    monkeypatch.setattr(place, interrupt)

    ended = command("audit", broken, *NOWHERE, "--report", f"json={target}")

    assert_told(ended, 130, "modelcheck: interrupted")
    assert list(tmp_path.iterdir()) == [target]
    assert place.endswith("print_report") or target.read_text() == "old"


@needs_posix
def test_ctrl_c_while_a_reader_is_waited_for_ends_with_130(broken: Path, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(write, b"x" * 65536):  # fill the pipe, so that the first word of the report waits
            pass
    os.set_blocking(write, True)
    saved = tmp_path / "facts.json"
    with subprocess.Popen(
        after(HEED, [sys.executable, "-m", "modelcheck", "audit", str(broken), *NOWHERE, "--facts-out", str(saved)]),
        stdout=write,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as running:
        until = time.monotonic() + TIMEOUT_S
        while not saved.exists():  # what is left after that is the report, which waits for a reader
            assert time.monotonic() < until
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        _, error = running.communicate(timeout=TIMEOUT_S)
    os.close(read)
    os.close(write)

    assert (running.returncode, error) == (130, b"modelcheck: interrupted\n")


def test_a_fault_shows_where_and_no_value(command: Command, monkeypatch: pytest.MonkeyPatch, broken: Path) -> None:
    """A traceback names lines of code; what a variable held is in none of them."""
    key = "sk-ant-" + "planted" * 10

    def fail(*_: object, **__: object) -> None:
        secret = os.environ["ANTHROPIC_API_KEY"]
        raise RuntimeError(len(secret))

    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    monkeypatch.setattr("modelcheck.cli.audit.print_report", fail)
    monkeypatch.setattr(ending, "debug", False)

    ended = command("--debug", "audit", broken, *NOWHERE)

    assert ended.code == 5
    assert "RuntimeError" in ended.err
    assert "Traceback" in ended.err
    assert key[:12] not in ended.out + ended.err
