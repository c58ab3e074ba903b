"""Ctrl-C at any moment: what was seen until then is reported, and never as more than that; a second one leaves."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from ended import Command
from hostile import HEED, after

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")

LONG_S = 30


@contextmanager
def looking(*arguments: str | Path, code: str = "") -> Generator[subprocess.Popen[bytes]]:
    """A command that waits for a server which never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        given = ["modelcheck", *map(str, arguments), "--offline", "--endpoint", f"ollama={url}"]
        script = f"import sys\n{code}\nsys.argv = {given!r}\nfrom modelcheck.cli.__main__ import main\nmain()"
        with subprocess.Popen(
            after(HEED, [sys.executable, "-c", script]),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as running:
            silent.settimeout(LONG_S)
            connection, _ = silent.accept()
            yield running
            running.kill()
            connection.close()


def test_what_was_seen_until_then_is_reported(broken: Path, tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    with looking("audit", broken, "--json", "--report", f"json={saved}") as running:
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=LONG_S)

    report = json.loads(out)
    assert time.monotonic() - began < 10
    assert running.returncode == 130
    assert error.decode().splitlines() == [
        "modelcheck: interrupted: this report is partial; what was not seen by then counts as not seen"
    ]
    assert saved.read_bytes() == out
    assert report["configuration"]["path"] == "config/models_config.json"
    assert report["configuration"]["total_models"] == 3
    assert any(gap["why"] == "interrupted" for gap in report["gaps"])
    assert report["gate"]["passed"] is False


def test_a_partial_report_is_for_people_as_well(broken: Path) -> None:
    with looking("audit", broken, "--lang", "fr") as running:
        running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=LONG_S)

    assert running.returncode == 130
    assert "interrompu" in out.decode()
    assert error.decode().startswith("modelcheck: interrompu : ce rapport est partiel")


@pytest.mark.parametrize("name", ["score", "gate", "explain", "precheck", "inventory"])
def test_what_only_decides_decides_nothing(broken: Path, name: str) -> None:
    folder = ["--path", broken] if name == "precheck" else [broken]
    with looking(name, *(["llama3"] if name == "precheck" else []), *folder) as running:
        running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=LONG_S)

    assert (running.returncode, out, error) == (130, b"", b"modelcheck: interrupted\n")


def test_no_lock_is_written_of_what_was_not_seen(broken: Path) -> None:
    with looking("inventory", broken, "--lock") as running:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=LONG_S)

    assert running.returncode == 130
    assert not (broken / "models.lock").exists()


def test_a_partial_look_is_not_kept_as_the_last_one(command: Command, broken: Path) -> None:
    with looking("audit", broken) as running:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=LONG_S)

    assert command("score", broken, "--last").code == 3


SLOW = """
import modelcheck.app.audit as audit, time
real = audit.judged
def judged(*given, **more):
    sys.stderr.write("judging\\n")
    sys.stderr.flush()
    time.sleep(60)
    return real(*given, **more)
audit.judged = judged
"""


def test_a_second_ctrl_c_leaves_at_once(broken: Path) -> None:
    with looking("audit", broken, code=SLOW) as running:
        assert running.stderr is not None
        running.send_signal(signal.SIGINT)
        assert running.stderr.readline() == b"judging\n"
        running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=LONG_S)

    assert (running.returncode, out, error) == (130, b"", b"")


def test_partial_facts_are_partial_wherever_they_are_judged(command: Command, corrected: Path, tmp_path: Path) -> None:
    saved = tmp_path / "facts.json"
    with looking("audit", corrected, "--facts-out", saved) as running:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=LONG_S)
    ended = command("gate", "--from", saved, "--fail-under", "0", "--min-coverage", "0", "--json")

    assert ended.json["gate"]["verdict"] == "unseen"
    assert ended.code == 3
    assert "interrupted" in [reason["code"] for reason in ended.json["gate"]["reasons"]]


BLOCKED = """
import modelcheck.app.catalogue as catalogue
from modelcheck.probes.probe import probe
from modelcheck.core.cloud import Answers
real = catalogue.probes_of
def probes_of():
    @probe
    def blocked() -> Answers:
        import ctypes
        ctypes.CDLL(None).usleep(60_000_000)
        raise SystemExit
    return (*(one for one in real() if Answers not in one.promises), blocked)
import modelcheck.app.audit
modelcheck.app.audit.probes_of = probes_of
"""


def test_ctrl_c_waits_for_no_other_thread(broken: Path) -> None:
    """A thread that never comes back, as an import that hangs: the main thread is told all the same."""
    with looking("audit", broken, code=BLOCKED) as running:
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=LONG_S)

    assert time.monotonic() - began < 10
    assert running.returncode == 130


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no terminals of this kind here")
def test_whoever_leaves_init_by_ctrl_c_leaves_nothing_behind(broken: Path) -> None:
    import pty

    (broken / "modelcheck.yaml").unlink(missing_ok=True)
    primary, secondary = pty.openpty()
    command = [sys.executable, "-m", "modelcheck", "init", str(broken), "--endpoint", "ollama=http://127.0.0.1:9"]
    with subprocess.Popen(
        after(HEED, command),
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
    ) as running:
        os.close(secondary)
        shown = b""
        while b"?" not in shown:
            shown += os.read(primary, 1000)
        _press_ctrl_c(running)
        rest = b"".join(_left(primary))
        os.close(primary)

    assert running.returncode == 130
    assert b"Traceback" not in shown + rest
    assert not (broken / "modelcheck.yaml").exists()


def _press_ctrl_c(running: subprocess.Popen[bytes]) -> None:
    """Press until it ends, as a person does: Python loses a signal that comes just before it starts to wait."""
    until = time.monotonic() + LONG_S
    while running.poll() is None and time.monotonic() < until:
        running.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            running.wait(1)
    running.kill()


def _left(descriptor: int) -> Iterator[bytes]:
    try:
        while text := os.read(descriptor, 1000):
            yield text
    except OSError:
        return
