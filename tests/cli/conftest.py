"""The real command line in this process: its arguments, its streams, its exit code."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ended import Command, Ended
from leaks import leaks

from modelcheck.app.demo import project
from modelcheck.cli.__main__ import main
from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

KEY_VARIABLES = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY")
LONG = 30
"""Characters; what is shorter is no key that a test has planted whole."""


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["modelcheck", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
        shown = capfd.readouterr()
        assert_nothing_leaks(shown.out + shown.err, list(map(str, arguments)))
        return Ended(code, shown.out, shown.err)

    return run


def assert_nothing_leaks(shown: str, arguments: list[str]) -> None:
    """Search what a run printed, wrote and kept; a path that was typed may be repeated."""
    home = Path(os.environ.get("HOME") or "/")
    planted = [value for name in KEY_VARIABLES if len(value := os.environ.get(name, "")) > LONG]
    typed = any(str(home) in argument for argument in arguments)
    files = [Path(argument.partition("=")[2] or argument) for argument in arguments]
    written = [path for path in files if path.suffix == ".json" and path.is_file()]
    kept = [path for path in home.glob(".cache/modelcheck/**/*") if path.is_file()] if len(home.parts) > 1 else []
    texts = [
        (shown, () if typed else (home,)),
        *((path.read_text("utf-8", "replace"), (home,)) for path in written + kept),
    ]
    found = [told for text, homes in texts for told in leaks(text, keys=planted, homes=homes)]
    assert found == []


@pytest.fixture
def broken() -> Iterator[Path]:
    with project("broken") as root:
        yield root


@pytest.fixture
def corrected() -> Iterator[Path]:
    with project("corrected") as root:
        yield root


@pytest.fixture
def stack() -> Iterator[Stack]:
    with Stack(Scenario.named("workstation")) as running:
        yield running


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", made_up_key("anthropic"))
    monkeypatch.setenv("OPENAI_API_KEY", made_up_key("openai"))


@pytest.fixture
def endpoints(stack: Stack, keys: None) -> list[str]:
    """The options that lead a command to the stand-in."""
    given = {"ollama": stack.ollama_url, "openai": stack.openai_url, "anthropic": stack.anthropic_url}
    return [word for name, url in given.items() for word in ("--endpoint", f"{name}={url}")]
