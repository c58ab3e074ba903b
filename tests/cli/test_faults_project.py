"""Planted faults in what the project says: its lock, its addresses, its clients, its contexts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ended import Command
from msgspec.structs import replace
from planting import CONFIG, Fault, agent, all_of, assert_named, audited, configured, ollama, provider

from modelcheck.standin.scenario import Scenario

LOCK = "models.lock"
SETTINGS = "modelcheck.yaml"
LLAMA = "llama3:8b-instruct-q6_k"
OTHER = "b" * 64


def unlocked(root: Path) -> None:
    (root / LOCK).unlink()


def line(of: str, **changes: Any) -> Callable[[Path], None]:
    """Change the line of one model in the lock."""

    def plant(root: Path) -> None:
        table = json.loads((root / LOCK).read_text())
        next(one for one in table["models"] if one["name"] == of).update(changes)
        (root / LOCK).write_text(json.dumps(table))

    return plant


def settings(text: str) -> Callable[[Path], None]:
    """Add lines to the settings."""

    def plant(root: Path) -> None:
        (root / SETTINGS).write_text((root / SETTINGS).read_text() + text)

    return plant


def section(name: str, **body: Any) -> Callable[[Path], None]:
    """Add a provider section."""
    return configured(lambda table: table["model_providers"].update({name: body}))


def ollama_at(url: str) -> Callable[[Path], None]:
    return provider("ollama", base_url=url)


def declaring(**changes: Any) -> Callable[[Path], None]:
    """Change what the section of Ollama declares; None takes it out."""
    return provider("ollama", **changes)


def asking_nothing(table: dict[str, Any]) -> None:
    for one in table["agent_models"].values():
        del one["num_ctx"]


def bare(scenario: Scenario) -> Scenario:
    """Neither server nor models set a context."""
    server = scenario.ollama
    settings = {name: value for name, value in (server.environment or {}).items() if name != "OLLAMA_CONTEXT_LENGTH"}
    models = tuple(replace(model, parameters="") for model in server.models)
    return ollama(environment=settings, models=models)(scenario)


OLLAMA_LINE, OPENAI_LINE, NEW_LINE = 3, 13, 18
"""Where the sections begin once the configuration is written again."""

FAULTS = {
    "no lock, a bare name": Fault("CFG-05", "floating", unlocked, path=CONFIG, line=16),
    "no lock, a tag": Fault("CFG-05", "not-pinned", unlocked, path=CONFIG),
    "a model that the lock lacks": Fault("CFG-05", "not-locked", line(LLAMA, name="llama3:70b"), path=CONFIG),
    "a bare name that the lock lacks": Fault("CFG-05", "floating", line("code-stral:latest", name="x:latest")),
    "a tag that moved": Fault("CFG-05", "drift", line(LLAMA, digest=OTHER), path=CONFIG),
    "a name that is not as the settings want it": Fault("CFG-05", "off-pattern", settings('naming: "*:*"\n')),
    "an address to listen on": Fault("CFG-08", "everywhere", ollama_at("http://0.0.0.0:11434"), line=OLLAMA_LINE),
    "an address without a scheme": Fault("CFG-08", "no-scheme", ollama_at("localhost:11434"), line=OLLAMA_LINE),
    "a route of Ollama's": Fault("CFG-08", "wrong-path", ollama_at("http://localhost:11434/api"), line=OLLAMA_LINE),
    "a route of two APIs": Fault("CFG-08", "wrong-path", ollama_at("http://localhost:11434/v1/api/tags")),
    "https to Ollama": Fault(
        "CFG-08", "no-tls", ollama_at("https://localhost:11434"), line=OLLAMA_LINE, also=("CFG-05",)
    ),
    "a double step": Fault("CFG-08", "junk", ollama_at("http://localhost:11434//"), line=OLLAMA_LINE),
    "no /v1": Fault("CFG-08", "no-v1", section("lmstudio", base_url="http://localhost:1234"), line=NEW_LINE),
    "plain http": Fault(
        "CFG-08", "plain-http", section("ollama_far", base_url="http://llm.example.com:11434"), line=NEW_LINE
    ),
    "no address at all": Fault(
        "CFG-08", "unreadable", section("vllm", base_url="http://-:8000/v1"), line=NEW_LINE, also=("CFG-01",)
    ),
    "a password in an address": Fault(
        "CFG-08", "credentials", section("vllm", base_url="http://me:hunter2@box:8000/v1"), also=("CFG-01",)
    ),
    "a strange scheme": Fault("CFG-08", "scheme", section("vllm", base_url="ftp://box/v1"), also=("CFG-01",)),
    "a port that is none": Fault(
        "CFG-08", "bad-port", section("vllm", base_url="http://box:80000/v1"), also=("CFG-01",)
    ),
    "an address that is no text": Fault("CFG-08", "unreadable", section("vllm", base_url=8000), also=("CFG-01",)),
    "no time-out": Fault("CFG-09", "no-timeout-ollama", declaring(timeout_s=None), path=CONFIG, line=OLLAMA_LINE),
    "no time-out at a provider": Fault("CFG-09", "no-timeout", provider("openai", timeout_s=None), line=OPENAI_LINE),
    "no retries": Fault("CFG-09", "no-retries", declaring(max_retries=None), line=OLLAMA_LINE),
    "neither": Fault("CFG-09", "undeclared-ollama", declaring(timeout_s=None, max_retries=None), line=OLLAMA_LINE),
    "neither at a provider": Fault(
        "CFG-09", "undeclared", provider("openai", timeout_s=None, max_retries=None), line=OPENAI_LINE
    ),
    "a time-out that is shorter than a load": Fault("CFG-09", "too-short", declaring(timeout_s=5), line=OLLAMA_LINE),
    "a time-out in milliseconds": Fault("CFG-09", "out-of-range", declaring(timeout_s=60000), line=OLLAMA_LINE),
    "a context that is ignored": Fault(
        "CFG-10",
        "ignored",
        all_of(ollama_at("http://localhost:11434/v1"), agent("writer", num_ctx=8192)),
        path=CONFIG,
        also=("CFG-11",),
    ),
    "a context that is ignored, and set nowhere": Fault(
        "CFG-10", "ignored-default", ollama_at("http://localhost:11434/v1"), bare, path=CONFIG
    ),
    "a context that nobody sets": Fault("CFG-10", "by-cards", configured(asking_nothing), bare, path=CONFIG),
}


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_named_by_its_check(name: str, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_named(FAULTS[name], command, monkeypatch)


def test_a_password_in_an_address_is_nowhere_in_the_report(
    command: Command, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = audited(FAULTS["a password in an address"], command, monkeypatch)

    assert "hunter2" not in ended.out + ended.err


def test_an_address_from_a_variable_is_not_seen(command: Command, keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Fault("CFG-08", "unseen", section("vllm", base_url="${VLLM_URL}"))
    check = audited(fault, command, monkeypatch).check("CFG-08")

    assert [one["outcome"] for one in check["findings"] if one["code"] == "unseen"] == ["unknown"]
