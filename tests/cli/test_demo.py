"""`modelcheck demo`: the first thing that a new user runs."""

import tempfile

import pytest
from ended import Command

from modelcheck.standin.key import made_up_key


def test_the_broken_project_is_shown_as_simulated_and_blocked(command: Command) -> None:
    ended = command("demo")

    assert ended.code == 0
    assert ended.out.startswith("SIMULATED")
    assert "Gate: blocked (exit 1)" in ended.out


@pytest.mark.parametrize(
    "sentence",
    [
        "llama3.1:8b-instruct-q6_k is not here; nearest: llama3:8b-instruct-q6_k",
        "mixtral-8x7b is not here; nearest: mistral:8x7b-instruct-v0.1-q3_k_m",
        "archivist is sensitive, and openai/gpt-5.4-mini leaves the machine",
        "WriterAgent leaves the abstract method summary undefined",
        "uses self.logger, and nothing ever sets it",
        "uses self.agent_id, and nothing ever sets it",
        "ArchivistAgent uses Result, and its module does not define it",
    ],
)
def test_the_broken_project_shows(command: Command, monkeypatch: pytest.MonkeyPatch, sentence: str) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    assert sentence in command("demo").out


def test_the_gate_option_ends_with_the_code_of_the_gate(command: Command) -> None:
    assert command("demo", "--gate").code == 1
    assert command("demo", "--corrected", "--gate").code == 0


def test_the_corrected_project_passes_without_an_option(command: Command) -> None:
    ended = command("demo", "--corrected", "--json")
    score = ended.json["score"]

    assert ended.json["gate"]["verdict"] == "passed"
    assert (score["earned"], score["applicable"], score["unseen"]) == (64.6, 67.0, 2.4)
    assert (score["value"], score["low"], score["high"]) == (96.4, 96.4, 100.0)
    assert "64.6 of the 67.0 points that apply = 96.4 of 100" in command("demo", "--corrected").out


def test_the_demo_reads_nothing_of_this_machine(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "not-a-key")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("OLLAMA_MODELS", "/nonexistent")

    assert command("demo", "--corrected", "--json").json["score"]["value"] == 96.4


def test_the_demo_is_the_same_twice(command: Command) -> None:
    first, second = (command("demo", "--json").json for _ in range(2))
    for report in (first, second):
        report.pop("taken_at")
        report.pop("checksum")  # it covers the time as well

    assert first == second


def test_no_key_and_no_place_of_this_machine_is_shown(command: Command) -> None:
    shown = command("demo", "--json").out + command("demo", "-v").out

    assert made_up_key("openai")[3:12] not in shown
    assert made_up_key("anthropic")[8:20] not in shown
    assert tempfile.gettempdir() not in shown
