"""Faults in how servers are set up and from where they are reached, through the whole pipeline: each named alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from ended import Command
from planting import Fault, agent, all_of, assert_named, audited, file, ollama, provider

from modelcheck.standin.scenario import Scenario

COMPOSE = "docker-compose.yml"


def compose(*lines: str, path: str = COMPOSE) -> Callable[[Path], None]:
    """A service of Ollama with a card, the rest of its body from line 4 on."""
    body = "".join(f"    {line}\n" for line in (*lines, "gpus: all"))
    return file(path, f"services:\n  ollama:\n    image: ollama/ollama\n{body}")


def having(**changes: str) -> Callable[[Scenario], Scenario]:
    """The server with other variables than the scenario's."""

    def change(scenario: Scenario) -> Scenario:
        return ollama(environment={**(scenario.ollama.environment or {}), **changes})(scenario)

    return change


def declaring(line: str) -> Callable[[Path], None]:
    """One more line of the project's settings."""

    def plant(root: Path) -> None:
        path = root / "modelcheck.yaml"
        path.write_text(f"{path.read_text() if path.exists() else ''}{line}\n")

    return plant


FAULTS = {
    "a port published on all interfaces": Fault(
        "OLL-03", "published", compose("ports:", '  - "11434:11434"'), line=5, path=COMPOSE
    ),
    "a port published on every address": Fault(
        "OLL-03", "published", compose("ports:", '  - "0.0.0.0:11434:11434"'), line=5
    ),
    "a port published in the network": Fault(
        "OLL-03", "published", compose("ports:", "  - 127.0.0.1:1:1", '  - "192.168.1.7:11434:11434"'), line=6
    ),
    "a port published in the long form": Fault(
        "OLL-03", "published", compose("ports:", "  - target: 11434", "    published: 11434"), line=5
    ),
    "a port published by default": Fault(
        "OLL-03", "published", compose("ports:", '  - "${OLLAMA_PORT:-11434}:11434"'), line=5
    ),
    "the network of the machine": Fault("OLL-03", "published", compose("network_mode: host"), line=4),
    "a compose file in a folder": Fault(
        "OLL-03",
        "published",
        compose("ports: ['11434:11434']", path="docker/compose.yaml"),
        line=4,
        path="docker/compose.yaml",
    ),
    "a server that listens everywhere": Fault("OLL-03", "beyond", scenario=ollama(everywhere=True)),
    "a server for every page": Fault("OLL-03", "any-page", scenario=having(OLLAMA_ORIGINS="*")),
    "a container for every page": Fault(
        "OLL-03",
        "any-page",
        compose("ports: ['127.0.0.1:11434:11434']", "environment:", "  - OLLAMA_ORIGINS=http://*"),
        line=6,
        path=COMPOSE,
        also=("CFG-11",),
    ),
    "a context in compose": Fault(
        "CFG-11",
        "differs",
        compose("ports: ['127.0.0.1:11434:11434']", "environment:", "  OLLAMA_CONTEXT_LENGTH: 32768"),
        line=6,
        path=COMPOSE,
    ),
    "a setting that is not in force": Fault(
        "CFG-11",
        "not-in-force",
        compose("ports: ['127.0.0.1:11434:11434']", "environment:", "  OLLAMA_MAX_QUEUE: '64'"),
        line=6,
        path=COMPOSE,
    ),
    "a port of its own": Fault(
        "CFG-11",
        "port",
        provider("ollama", base_url="http://localhost:11500"),
        also=("CFG-05",),  # the lock pins what another server holds
    ),
    "a port that is none": Fault("CFG-11", "misread", scenario=having(OLLAMA_HOST="127.0.0.1:llama")),
    "a duration in words": Fault("CFG-11", "misread", scenario=having(OLLAMA_KEEP_ALIVE="30 minutes")),
    "a number in words": Fault("CFG-11", "misread", scenario=having(OLLAMA_MAX_QUEUE="many")),
    "flash attention off in words": Fault("CFG-11", "misread", scenario=having(OLLAMA_FLASH_ATTENTION="off")),
    "a cache type that there is not": Fault(
        "CFG-11", "refused", scenario=having(OLLAMA_KV_CACHE_TYPE="q8"), also=("OLL-08",)
    ),
    "a huge overhead": Fault("CFG-11", "overhead", scenario=having(OLLAMA_GPU_OVERHEAD="90000000000")),
    "a folder that the server does not read": Fault(
        "CFG-11",
        "folder",
        declaring("models_dir: /data/models"),
        path="modelcheck.yaml",
        scenario=having(OLLAMA_MODELS="/srv/other"),
    ),
    "a context over /v1": Fault(
        "CFG-11",
        "context",
        all_of(
            provider("ollama", base_url="http://localhost:11434/v1"),
            agent("coder", num_ctx=16384),
        ),
        also=("CFG-10",),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_named_by_its_check(name: str, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_named(FAULTS[name], command, monkeypatch)


SOUND = {
    "published on loopback": compose("ports: ['127.0.0.1:11434:11434']"),
    "another service": file(COMPOSE, "services: {web: {image: nginx, ports: ['11434:80']}}\n"),
    "another port": compose("ports: ['11500:11434']"),
    "a comment": compose("# ports: ['11434:11434']"),
    "the same settings": compose(
        "ports: ['127.0.0.1:11434:11434']", "environment:", "  OLLAMA_KEEP_ALIVE: 1800", "  OLLAMA_NO_CLOUD: 'true'"
    ),
    "its web page": file(COMPOSE, "services: {ui: {image: ollama-webui/ollama-webui, ports: ['11434:11434']}}\n"),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_is_left_alone(name: str, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = audited(Fault("", "", SOUND[name]), command, monkeypatch)

    assert [ended.check(check)["outcome"] for check in ("OLL-03", "CFG-11")] == ["pass", "pass"]


@pytest.mark.parametrize(
    ("plant", "verdict"),
    [(compose("ports: ['11434:11434']"), "veto-failed"), (compose("restart: always"), None)],
)
def test_a_published_port_blocks_the_gate(
    plant: Callable[[Path], None], verdict: str | None, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = audited(Fault("", "", plant), command, monkeypatch).json["gate"]["reasons"]

    assert [one["code"] for one in reasons if one["check"] == "OLL-03"] == ([verdict] if verdict else [])


def test_a_file_that_cannot_be_read_leaves_the_veto_open(
    command: Command, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = audited(Fault("", "", file(COMPOSE, "services: [")), command, monkeypatch)

    assert ended.check("OLL-03")["outcome"] == "unknown"
    assert [one["code"] for one in ended.json["gate"]["reasons"] if one["check"] == "OLL-03"] == ["veto-unseen"]
