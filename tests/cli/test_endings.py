"""How a command ends when something goes wrong, and what is said while it runs."""

import sys
from pathlib import Path

import pytest
from ended import Command

from modelcheck.app.demo import demo
from modelcheck.cli.endings import ending
from modelcheck.cli.output import save
from modelcheck.cli.progress import progress
from modelcheck.core.asked import LocalModels
from modelcheck.core.machine import Inventory
from modelcheck.core.project import Configuration


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("words that only a developer should see")

    monkeypatch.setattr("modelcheck.cli.rules.all_rules", fail)
    monkeypatch.setattr(ending, "debug", False)


def test_a_fault_of_our_own_ends_with_five_and_no_traceback(command: Command, fault: None) -> None:
    ended = command("rules")

    assert ended.code == 5
    assert ended.err == "modelcheck: a fault of modelcheck's own (RuntimeError); --debug shows where\n"


def test_debug_shows_where(command: Command, fault: None) -> None:
    ended = command("--debug", "rules")

    assert ended.code == 5
    assert "words that only a developer should see" in ended.err


def test_an_interruption_ends_with_130(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("modelcheck.cli.rules.all_rules", interrupt)
    ended = command("rules")

    assert (ended.code, ended.err) == (130, "modelcheck: interrupted\n")


def test_version_is_said_beside_other_options_too(command: Command) -> None:
    assert command("--version").out == command("--version", "--debug").out


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.json"
    target.write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Exception, match="No space left on device"):
        save(target, b"new")

    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_what_is_known_first_is_said_first(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    facts = demo("broken").facts
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    watch = progress()
    watch("configuration", {Configuration: facts.get(Configuration)})
    watch("asked", {LocalModels: facts.get(LocalModels)})
    watch("inventory", {Inventory: facts.get(Inventory)})

    assert capsys.readouterr().err.replace("\r", "\n").split("\n") == [
        "config/models_config.json: read, 3 agents",
        "pre-check: 1 of 3 local models are here",
        "",
    ]


def test_progress_is_silent_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    progress()("configuration", {})

    assert capsys.readouterr().err == ""
