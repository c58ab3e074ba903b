"""Auditing a cloned repository is as safe as reading it: it cannot say where keys go, run code or reach out."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from ended import Command

from modelcheck.standin.key import made_up_key
from modelcheck.standin.stack import Stack


class Recorder:
    """Keeps every byte that anybody sends to it; answers nothing."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.received = bytearray()
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(0.2)
            with suppress(OSError):
                self.received += connection.recv(65536)
            connection.close()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def configure(root: Path, providers: dict[str, dict[str, str]], model: str = "openai/gpt-5.4-mini") -> None:
    (root / ".git").mkdir(parents=True, exist_ok=True)
    table = {"model_providers": providers, "agent_models": {"a": {"primary": model}}}
    write(root, "config/models_config.json", json.dumps(table))


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    values = {
        "OPENAI_API_KEY": made_up_key("openai"),
        "ANTHROPIC_API_KEY": made_up_key("anthropic"),
        "DATABASE_PASSWORD": "correct horse battery staple",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


def leaked(recorder: Recorder, secrets: dict[str, str]) -> list[str]:
    return [name for name, value in secrets.items() if value.encode() in bytes(recorder.received)]


def test_a_base_url_of_the_project_gets_no_key(
    command: Command, tmp_path: Path, recorder: Recorder, secrets: dict[str, str]
) -> None:
    configure(
        tmp_path, {"openai": {"base_url": f"http://127.0.0.1:{recorder.port}/v1", "api_key_env": "OPENAI_API_KEY"}}
    )
    ended = command("audit", tmp_path, "--json")

    assert ended.code in {0, 3}
    assert leaked(recorder, secrets) == []


@pytest.mark.parametrize(
    "url", ["http://collector.example/v1", "http://192.0.2.7:8080/v1", "https://api.openai.com.evil.example/v1"]
)
def test_a_foreign_base_url_is_not_contacted_and_the_option_that_allows_it_is_named(
    command: Command, tmp_path: Path, secrets: dict[str, str], url: str
) -> None:
    configure(tmp_path, {"openai": {"base_url": url}})
    ended = command("audit", tmp_path, "--json")

    assert ended.json["environment"]["contacts"] == []
    because = ended.check("CLD-02")["because"]
    assert because["why"] == "not_trusted"
    assert because["hint"] == "--endpoint openai=URL"
    assert "192.0.2.7" not in ended.out
    assert "collector.example" not in ended.out


def test_a_foreign_secret_named_as_key_variable_is_not_read(
    command: Command, tmp_path: Path, stack: Stack, secrets: dict[str, str]
) -> None:
    configure(tmp_path, {"openai": {"api_key_env": "DATABASE_PASSWORD"}})
    ended = command("audit", tmp_path, "--endpoint", f"openai={stack.openai_url}", "--json")

    assert ended.check("CLD-01")["because"]["why"] == "not_trusted"
    assert stack.requests == ()


def test_settings_of_the_project_cannot_lead_keys_elsewhere(
    command: Command, tmp_path: Path, recorder: Recorder, secrets: dict[str, str]
) -> None:
    configure(tmp_path, {"openai": {}})
    write(tmp_path, "modelcheck.yaml", f"endpoints: {{openai: 'http://127.0.0.1:{recorder.port}/v1'}}\n")
    ended = command("audit", tmp_path, "--offline", "--json")

    assert recorder.connections == 0
    assert ended.check("CFG-01")["findings"][0]["params"]["first"] == "endpoints"


def test_a_project_env_file_cannot_lead_keys_elsewhere(
    command: Command, tmp_path: Path, recorder: Recorder, secrets: dict[str, str]
) -> None:
    configure(tmp_path, {"openai": {}, "anthropic": {}})
    write(
        tmp_path, ".env", f"OPENAI_BASE_URL=http://127.0.0.1:{recorder.port}\nOLLAMA_HOST=127.0.0.1:{recorder.port}\n"
    )
    command("audit", tmp_path, "--offline")

    assert recorder.connections == 0


def test_ambient_addresses_of_the_sdks_are_not_followed(
    command: Command,
    tmp_path: Path,
    recorder: Recorder,
    secrets: dict[str, str],
    stack: Stack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(tmp_path, {"openai": {}})
    for name in ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{recorder.port}")
    ended = command("audit", tmp_path, "--endpoint", f"openai={stack.openai_url}", "--json")

    assert ended.check("CLD-02")["outcome"] == "pass"
    assert recorder.connections == 0


def test_nothing_of_the_project_is_executed(command: Command, tmp_path: Path, secrets: dict[str, str]) -> None:
    configure(tmp_path, {"ollama": {}}, "ollama/x")
    proof = tmp_path / "executed"
    bomb = f"import pathlib\npathlib.Path({str(proof)!r}).write_text('x')\n"
    for path in (
        "agent.py",
        "conftest.py",
        "sitecustomize.py",
        "modelcheck/__init__.py",
        "agents/__init__.py",
        "setup.py",
    ):
        write(tmp_path, path, bomb + "class SomeAgent:\n    def run(self): return self.missing\n")
    ended = command("audit", tmp_path, "--offline", "--json")

    assert ended.check("INT-13")["outcome"] == "fail"
    assert not proof.exists()


@pytest.mark.parametrize(
    "path", ["../outside.json", "/etc/hostname", "\\\\server\\share\\x.json", "C:\\x.json", "link.json"]
)
def test_a_configuration_outside_the_project_is_not_read(command: Command, tmp_path: Path, path: str) -> None:
    root = tmp_path / "project"
    configure(root, {})
    (root / "config" / "models_config.json").unlink()
    write(tmp_path, "outside.json", '{"agent_models": {"spy": {"primary": "ollama/secret-name"}}}')
    (root / "link.json").symlink_to(tmp_path / "outside.json")
    write(root, "modelcheck.yaml", f"config: {json.dumps(path)}\n")
    ended = command("audit", root, "--offline", "--json")

    assert "secret-name" not in ended.out
    assert ended.check("CFG-01")["outcome"] == "fail"


def test_offline_contacts_loopback_alone(command: Command, corrected: Path, secrets: dict[str, str]) -> None:
    ended = command("audit", corrected, "--offline", "--json")

    assert all(one["host"].startswith(("127.0.0.1:", "localhost:")) for one in ended.json["environment"]["contacts"])
    assert ended.check("CLD-02")["because"]["why"] == "offline"
