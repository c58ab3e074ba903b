"""Streams that are closed, full or cut off, and consoles that show little: the decision stays, and is said."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from ended import Command
from hostile import NOWHERE, TIMEOUT_S, assert_safe, assert_told, environment, needs_posix, process

from modelcheck.cli.streams import Kept, streams

ALONE = {"rules": ["rules"], "json": ["rules", "--json"], "version": ["--version"], "help": ["--help"]}
ALONE["help of a command"] = ["audit", "--help"]
FULL = "standard output cannot be written: No space left on device; make room, or write elsewhere"


@needs_posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", ALONE.values(), ids=ALONE)
def test_a_full_disk_under_standard_output_is_said(arguments: list[str]) -> None:
    ended = process(*arguments, streams=">/dev/full")

    assert (ended.code, ended.err) == (2, f"modelcheck: {FULL}\n")


@needs_posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_changes_no_decision_and_keeps_no_report_back(broken: Path, tmp_path: Path) -> None:
    ended = process("gate", broken, *NOWHERE, streams=">/dev/full")
    assert ended.code == 1
    assert_safe(ended)

    ended = process("audit", broken, *NOWHERE, "--report", f"json={tmp_path / 'r.json'}", streams=">/dev/full")
    assert_told(ended, 2, FULL)
    assert (tmp_path / "r.json").read_text("utf-8").startswith("{")


@needs_posix
@pytest.mark.parametrize("arguments", ALONE.values(), ids=ALONE)
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&-"])
def test_a_closed_stream_is_no_fault(arguments: list[str], closed: str) -> None:
    ended = process(*arguments, streams=closed)

    assert (ended.code, ended.err) == (0, "")


@needs_posix
@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_an_error_keeps_its_code_where_nobody_can_read_it(closed: str, tmp_path: Path) -> None:
    assert process("audit", tmp_path / "nowhere", streams=closed).code == 2


@needs_posix
@pytest.mark.parametrize("arguments", [*ALONE.values(), ["gate"]], ids=[*ALONE, "gate"])
def test_a_reader_that_leaves_changes_no_code(arguments: list[str], broken: Path) -> None:
    gate = arguments == ["gate"]
    words = [*arguments, *((str(broken), *NOWHERE) if gate else ())]
    command = [sys.executable, "-W", "error", "-m", "modelcheck", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(PYTHONUNBUFFERED="1")
    ) as running:
        assert running.stdout is not None
        running.stdout.close()
        running.stdout = None
        _, error = running.communicate(timeout=TIMEOUT_S)

    assert (running.returncode, error) == (1 if gate else 0, b"")


def test_a_program_without_a_console_has_no_streams(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)

    assert command("rules").code == 0
    assert command("--version").code == 0
    assert command("audit", tmp_path / "nowhere").code == 2
    assert (sys.stdout, sys.stderr) == (None, None)


def test_a_stream_that_is_no_file_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    own = StringIO()
    monkeypatch.setattr(sys, "stdout", own)

    with streams() as out:
        assert sys.stdout is own

    assert out is None


def test_a_stream_that_does_not_wait_is_tried_again() -> None:
    import io

    class Impatient(io.RawIOBase):
        tries = 0

        def writable(self) -> bool:
            return True

        def write(self, data: object, /) -> int | None:
            del data
            self.tries += 1
            return 3 if self.tries == 3 else None

    raw = Impatient()
    assert Kept(raw).write(b"abc") == 3
    assert raw.tries == 3


@needs_posix
@pytest.mark.parametrize("arguments", [[], ["audit"], ["inventory"], ["gate", "--env-file", "x"], ["precheck", "x"]])
def test_a_working_folder_that_is_gone_is_said(arguments: list[str], tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()

    ended = process(*arguments, cwd=gone, before="os.rmdir(os.getcwd())")

    assert_told(ended, 2, "the folder that you stand in is gone; go into one that is there")


CONSOLES: dict[str, dict[str, str]] = {
    "cp850": {"PYTHONIOENCODING": "cp850", "COLUMNS": "40"},
    "cp1252": {"PYTHONIOENCODING": "cp1252", "COLUMNS": "40"},
    "ascii": {"PYTHONIOENCODING": "ascii", "COLUMNS": "40"},
    "strict ascii": {"PYTHONIOENCODING": "ascii:strict"},
    "one column": {"COLUMNS": "1"},
    "no columns": {"COLUMNS": "0"},
    "absurd columns": {"COLUMNS": "9" * 30},
    "dumb, in CI, without colour": {"TERM": "dumb", "CI": "1", "GITHUB_ACTIONS": "true", "NO_COLOR": "1"},
    "C locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "Turkish": {"LC_ALL": "tr_TR.ISO-8859-9", "LANG": "tr_TR"},
    "French": {"LC_ALL": "fr_FR.UTF-8", "LANG": "fr_FR"},
    "French cp850": {"LC_ALL": "fr_FR", "PYTHONIOENCODING": "cp850", "COLUMNS": "40"},
    "French cp1252": {"LC_ALL": "fr_FR", "PYTHONIOENCODING": "cp1252"},
    "French ascii": {"LC_ALL": "fr_FR", "PYTHONIOENCODING": "ascii"},
    "home is relative": {"HOME": "here", "USERPROFILE": "here"},
    "home is a device": {"HOME": os.devnull, "USERPROFILE": os.devnull},
}


@pytest.mark.parametrize("console", CONSOLES)
def test_every_console_gets_the_report(console: str, broken: Path) -> None:
    ended = process("audit", broken, *NOWHERE, env=environment(**CONSOLES[console]))

    assert_told(ended, 0)
    assert "CFG-03" in ended.out
    assert console != "one column" or max(map(len, ended.out.splitlines())) == 20
    assert ended.err == ""
    assert "\x1b" not in ended.out


@pytest.mark.parametrize("missing", [("HOME", "USERPROFILE"), ("PATH",), ("TERM", "LANG", "LC_ALL", "COLUMNS")])
def test_a_variable_that_is_not_set_is_not_needed(missing: tuple[str, ...], broken: Path) -> None:
    env = {name: value for name, value in environment().items() if name not in missing}

    assert_told(process("audit", broken, *NOWHERE, env=env), 0, "CFG-03")


@pytest.mark.parametrize("encoding", ["cp850", "cp1252", "ascii"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_error_is_readable_on_every_console(encoding: str, language: str, tmp_path: Path) -> None:
    env = environment(PYTHONIOENCODING=encoding)

    ended = process("--lang", language, "audit", tmp_path / "naïve €\N{CJK UNIFIED IDEOGRAPH-4E2D}", env=env)

    assert_told(ended, 2)
    assert ended.err.startswith("modelcheck: ")
    assert "\\x" not in ended.err


def test_colour_is_forced_where_it_is_asked_for(broken: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "modelcheck", "score", str(broken), *NOWHERE],
        capture_output=True,
        env={name: value for name, value in environment(FORCE_COLOR="1").items() if name != "NO_COLOR"},
        timeout=TIMEOUT_S,
        check=True,
    ).stdout

    assert b"\x1b[" in shown


@needs_posix
@pytest.mark.parametrize(
    "word", [b"\xff\xfe", b"\x1b[31mred", "\u202e\u2066".encode(), b"[bold]x[/bold]", b"x" * 10_000]
)
def test_a_hostile_word_on_the_command_line_is_shown_harmlessly(word: bytes) -> None:
    for arguments in ([b"audit", word], [word], [b"audit", b"--profile", word], [b"rules", word]):
        ended = process(*arguments)

        assert_safe(ended)
        assert ended.code == 2
