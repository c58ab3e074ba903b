"""The search for what must never be shown finds it."""

import socket
from pathlib import Path

import leaks as search
import pytest
from leaks import leaks

from modelcheck.standin.key import made_up_key

KEY = made_up_key("anthropic")


def test_nothing_is_found_in_what_may_be_shown() -> None:
    assert (
        leaks("the key of ANTHROPIC_API_KEY is accepted; ~/.ollama", keys=[KEY], homes=[Path("/home/somebody")]) == []
    )


@pytest.mark.parametrize("at", [20, 50, 90])
def test_any_part_of_a_key_is_found(at: int) -> None:
    assert leaks(f"HTTP 401: {KEY[at : at + 8]}", keys=[KEY])


def test_a_home_is_found(tmp_path: Path) -> None:
    assert leaks(f"{tmp_path}/.ollama/models", homes=[tmp_path])


def test_the_host_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "a-workstation")
    search._machine.cache_clear()
    try:
        assert leaks("seen on A-WORKSTATION") == ["a-workstation"]
    finally:
        search._machine.cache_clear()
