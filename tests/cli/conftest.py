"""The real command line in this process: its arguments, its streams, its exit code."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ended import Command, Ended

from modelcheck.app.demo import project
from modelcheck.cli.__main__ import main
from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack


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
        return Ended(code, shown.out, shown.err)

    return run


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
