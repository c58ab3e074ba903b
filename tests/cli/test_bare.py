"""Bare `modelcheck` in any folder: one sentence that says what to do, and what to try next."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ended import Command, Ended

from modelcheck.standin.stack import Stack

CONFIG = '{"model_providers": {"ollama": {}}, "agent_models": {}}'
NAMED = '{"model_providers": {"ollama": {}}, "agent_models": {"w": {"primary": "ollama/llama3:8b"}}}'


@pytest.fixture
def bare(command: Command, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Ended]:
    """Run it in a folder, where no Ollama answers unless a test says so."""
    monkeypatch.setenv("COLUMNS", "200")
    if "OLLAMA_HOST" not in os.environ:
        monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")

    def run(folder: Path) -> Ended:
        monkeypatch.chdir(folder)
        return command()

    return run


def test_a_home_folder_is_no_project(bare: Callable[[Path], Ended]) -> None:
    ended = bare(Path.home())

    assert ended.code == 3
    assert "go into the project's folder" in ended.out
    assert "modelcheck demo" in ended.out


def test_the_root_of_a_drive_is_no_project(bare: Callable[[Path], Ended]) -> None:
    assert bare(Path(Path.cwd().anchor)).code == 3


def test_an_empty_folder_names_no_model(bare: Callable[[Path], Ended], tmp_path: Path) -> None:
    ended = bare(tmp_path)

    assert ended.code == 3
    assert "Nothing here names a model, and there is no config/models_config.json" in ended.out
    assert "modelcheck audit" in ended.out


def test_a_configuration_that_lies_elsewhere_is_pointed_at(bare: Callable[[Path], Ended], tmp_path: Path) -> None:
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "models_config.json").write_text(NAMED)
    ended = bare(tmp_path)

    assert ended.code == 3
    assert "settings/models_config.json looks like the configuration" in ended.out
    assert "modelcheck init" in ended.out
    assert ended.out.count("settings/models_config.json") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [(CONFIG, "names no model yet"), ("{", "cannot be understood"), ("[" * 5000, "cannot be understood")],
)
def test_a_configuration_that_names_no_model_is_said_to(
    bare: Callable[[Path], Ended], tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "models_config.json").write_text(text)
    ended = bare(tmp_path)

    assert ended.code == 3
    assert f"config/models_config.json {said}" in ended.out


def test_an_ollama_that_is_stopped_is_said_to_be(bare: Callable[[Path], Ended], broken: Path) -> None:
    ended = bare(broken)

    assert ended.code == 0
    assert "→ " in ended.out
    assert "127.0.0.1" in ended.out


def test_a_healthy_project_has_its_number(
    bare: Callable[[Path], Ended], corrected: Path, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", stack.ollama_url)
    ended = bare(corrected)

    assert ended.code == 0
    assert "points that apply =" in ended.out
    assert "has no settings" not in ended.out


def test_a_project_without_settings_is_told_of_init(bare: Callable[[Path], Ended], tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "models_config.json").write_text(NAMED)

    assert "`modelcheck init` writes first ones" in bare(tmp_path).out


def test_it_does_not_look_again_where_a_look_is_young(
    bare: Callable[[Path], Ended], command: Command, broken: Path, endpoints: list[str], stack: Stack
) -> None:
    score = command("audit", broken, *endpoints, "--json").json["score"]
    before = len(stack.requests)
    ended = bare(broken)

    assert len(stack.requests) == before
    assert f"{score['value']} of 100" in ended.out
    assert "from the look of" in ended.err


def test_only_loopback_is_contacted(
    bare: Callable[[Path], Ended], broken: Path, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare command is no consent to contact anybody."""
    asked: list[object] = []
    real = socket.getaddrinfo

    def told(host: Any, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", told)
    bare(broken)

    assert not any("anthropic" in str(host) or "openai" in str(host) for host in asked)


def run(code: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    script = (
        f"import os, runpy, sys\n{code}\nsys.argv = ['modelcheck']\nrunpy.run_module('modelcheck', run_name='__main__')"
    )
    return subprocess.run([sys.executable, "-c", script], cwd=cwd, capture_output=True, check=False, timeout=60)


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a folder that somebody stands in")
def test_a_folder_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    ended = run(f"os.rmdir({str(gone)!r})", gone)

    assert ended.returncode in {2, 3}
    assert b"Traceback" not in ended.stderr
    assert b"is gone" in ended.stderr


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="whoever may read everything is kept from nothing")
def test_a_folder_that_is_closed_is_no_project(tmp_path: Path) -> None:
    ended = run(f"os.chmod({str(tmp_path)!r}, 0)", tmp_path)
    tmp_path.chmod(0o700)

    assert ended.returncode in {2, 3}
    assert b"Traceback" not in ended.stderr
