"""First contact: where a server was asked, and one sentence with what to do where nothing answers or is named."""

import json
import re
import socket
import sys
from pathlib import Path

import pytest
from ended import Command

from modelcheck.probes import system
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack


@pytest.fixture(autouse=True)
def machine(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plain Linux under a folder of its own, without an Ollama, whatever the tests run in."""
    root = tmp_path_factory.mktemp("machine")
    monkeypatch.setattr(system, "ROOT", root)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(root / "bin"))
    return root


def configured(root: Path, url: str) -> None:
    (root / ".git").mkdir(parents=True)
    (root / "config").mkdir()
    table = {
        "model_providers": {"box": {"base_url": url, "type": "ollama"}, "openai": {"base_url": url}},
        "agent_models": {"a": {"primary": "box/qwen2.5-coder:1.5b"}},
    }
    (root / "config" / "models_config.json").write_text(json.dumps(table))


@pytest.mark.parametrize("url", ["http://host.docker.internal:{port}", "http://ollama:11434"])
def test_the_report_says_what_was_mapped(command: Command, tmp_path: Path, url: str) -> None:
    with Stack(Scenario.named("workstation")) as stack:
        port = int(stack.ollama_url.rpartition(":")[2])
        named = url.format(port=port)
        configured(tmp_path, named)
        service = f"image: ollama/ollama\n    ports: ['{port}:11434']"
        (tmp_path / "compose.yaml").write_text(f"services:\n  ollama:\n    {service}\n")
        ended = command("audit", tmp_path, "--offline", "--json")

        assert ended.check("OLL-01")["outcome"] == "pass"
        assert ended.json["environment"]["mapped"] == [
            {"named": named, "asked": f"127.0.0.1:{port}", "by": "name" if "host." in named else "compose"}
        ]
        shown = command("audit", tmp_path, "--offline").out
        assert f"{named} was asked at 127.0.0.1:{port}" in " ".join(shown.split())


def test_the_option_maps_a_service_name(command: Command, tmp_path: Path) -> None:
    with Stack(Scenario.named("workstation")) as stack:
        configured(tmp_path, "http://OLLAMA:11434")
        ended = command("audit", tmp_path, "--offline", "--endpoint", f"ollama:11434={stack.ollama_url}", "--json")

        assert ended.check("OLL-01")["outcome"] == "pass"


def test_a_key_that_is_no_address_is_told(command: Command, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    ended = command("audit", tmp_path, "--offline", "--endpoint", "http://u:secret@x=http://127.0.0.1:1")

    assert ended.code == 2
    assert "user name and password" in ended.err
    assert "secret" not in ended.err


def test_no_key_goes_where_an_address_is_mapped(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        port = listening.getsockname()[1]
        monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-" + "a" * 60)
        (tmp_path / ".git").mkdir()
        (tmp_path / "config").mkdir()
        table = {
            "model_providers": {"openai": {"base_url": "https://gate.example/v1"}},
            "agent_models": {"a": {"primary": "openai/gpt-x"}},
        }
        (tmp_path / "config" / "models_config.json").write_text(json.dumps(table))
        ended = command("audit", tmp_path, "--endpoint", f"https://gate.example=http://127.0.0.1:{port}", "--json")

        assert ended.check("CLD-02")["because"]["why"] == "not_trusted"
        with pytest.raises(TimeoutError):
            listening.accept()


def free_port() -> int:
    """Return a port of loopback at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def advised(command: Command, root: Path, *more: str) -> dict[str, dict[str, str]]:
    """Return what is advised, with its command, by its code."""
    ended = command("audit", root, "--offline", *more, "--json")
    return {one["code"]: {**one["params"], "command": one["command"]} for one in ended.json["advice"]}


def program(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)


def silent_project(root: Path) -> str:
    """Write a project whose server is stopped, and return its address."""
    url = f"http://127.0.0.1:{free_port()}"
    configured(root, url)
    return url


def test_without_an_ollama_the_way_to_one_is_named(command: Command, tmp_path: Path) -> None:
    url = silent_project(tmp_path)

    assert advised(command, tmp_path) == {"not-installed": {"server": url, "command": ""}}
    shown = " ".join(command("audit", tmp_path, "--offline").out.split())
    assert f"nothing answers at {url}, and no Ollama was found here: install it from https://ollama.com" in shown
    french = " ".join(command("--lang", "fr", "score", tmp_path, "--offline").out.split())
    assert f"rien ne répond à {url}, et aucun Ollama n'a été trouvé ici" in french


def test_an_ollama_that_is_stopped_is_started_as_it_is_installed(
    command: Command, tmp_path: Path, machine: Path
) -> None:
    url = silent_project(tmp_path)
    program(machine / "usr/local/bin/ollama")
    assert advised(command, tmp_path) == {"start": {"server": url, "command": "ollama serve"}}
    unit = machine / "etc/systemd/system/ollama.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/usr/local/bin/ollama serve\n")
    assert advised(command, tmp_path) == {"start-unit": {"server": url, "command": "sudo systemctl start ollama"}}


def test_in_wsl_the_ollama_of_windows_is_not_reached_on_loopback(
    command: Command, tmp_path: Path, machine: Path
) -> None:
    url = silent_project(tmp_path)
    (machine / "proc").mkdir()
    (machine / "proc/version").write_text("Linux version 5.15.0-microsoft-standard-WSL2")

    found = advised(command, tmp_path)
    assert found == {"on-windows": {"server": url, "command": "--endpoint ollama=http://ADDRESS-OF-WINDOWS:11434"}}


def test_in_a_container_loopback_is_the_container(command: Command, tmp_path: Path, machine: Path) -> None:
    silent_project(tmp_path)
    (machine / ".dockerenv").touch()

    (command_,) = [one["command"] for one in advised(command, tmp_path).values()]
    assert command_ == "--endpoint ollama=http://host.docker.internal:11434"


def test_a_port_that_something_else_has_is_told(command: Command, tmp_path: Path) -> None:
    with Stack(Scenario.named("workstation")) as stack:
        url = stack.anthropic_url
        configured(tmp_path, url)

        assert list(advised(command, tmp_path)) == ["port-taken"]
        assert advised(command, tmp_path)["port-taken"]["server"] == url


def test_an_ollama_at_another_port_is_found_and_named_with_the_option(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stack(Scenario.named("workstation")) as stack:
        url = silent_project(tmp_path)
        monkeypatch.setenv("OLLAMA_HOST", stack.ollama_url.replace("127.0.0.1", "localhost"))
        found = advised(command, tmp_path)

        option = f"--endpoint ollama={stack.ollama_url}"
        assert found == {"other-port": {"server": url, "there": stack.ollama_url, "command": option}}
        assert advised(command, tmp_path, *option.split()) == {}


def test_an_ollama_host_that_is_stopped_as_well_is_held_against_the_address(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, there = silent_project(tmp_path), f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("OLLAMA_HOST", there)

    found = advised(command, tmp_path)
    assert found == {"host-differs": {"server": url, "there": there, "command": f"--endpoint ollama={there}"}}


def test_an_ollama_host_elsewhere_is_neither_asked_nor_shown(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent_project(tmp_path)
    monkeypatch.setenv("OLLAMA_HOST", "http://192.168.7.7:11434")
    ended = command("audit", tmp_path, "--json")

    assert [one["code"] for one in ended.json["advice"]] == ["not-installed"]
    assert "192.168" not in ended.out


def test_nothing_is_asked_for_advice_where_nothing_may_be(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stack(Scenario.named("workstation")) as stack:
        silent_project(tmp_path)
        monkeypatch.setenv("OLLAMA_HOST", stack.ollama_url)
        command("audit", tmp_path, "--profile", "static")

        assert stack.requests == ()


@pytest.mark.parametrize("name", ["config/models.json", "models_config.json", "src/config/llm_config.json"])
def test_a_configuration_in_another_place_is_found_by_its_name(command: Command, tmp_path: Path, name: str) -> None:
    configured(tmp_path, f"http://127.0.0.1:{free_port()}")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "config" / "models_config.json").rename(tmp_path / name)
    found = advised(command, tmp_path)

    params = {"path": "config/models_config.json", "found": name}
    assert found == {"config-elsewhere": {**params, "command": f"config: {name}"}}
    (tmp_path / "modelcheck.yaml").write_text(found["config-elsewhere"]["command"] + "\n")
    assert list(advised(command, tmp_path)) == ["not-installed"]


def test_files_of_other_tools_are_named_and_never_opened(command: Command, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "librechat.yaml").write_text("model: secret-model")
    (tmp_path / "models.json").symlink_to("/etc/passwd")
    (tmp_path / "promptfooconfig.yaml").mkdir()
    ended = command("audit", tmp_path, "--offline", "--json")

    (one,) = ended.json["advice"]
    assert (one["code"], one["params"]["found"]) == ("other-formats", "librechat.yaml")
    assert "secret-model" not in ended.out


def test_a_folder_of_models_that_nothing_has_registered_comes_with_the_command(
    command: Command, tmp_path: Path
) -> None:
    silent_project(tmp_path / "project")
    folder = tmp_path / "modeles_llm"
    folder.mkdir()
    (folder / "Tiny-Model.gguf").write_bytes(b"GGUF" + bytes(64))
    found = advised(command, tmp_path / "project", "--models-dir", str(folder))

    assert found["unregistered"]["root"] == "…/modeles_llm"
    assert re.fullmatch(r"ollama create tiny-model:latest -f Modelfile .*", found["unregistered"]["command"])


def test_a_server_that_answers_needs_no_advice(command: Command, corrected: Path, endpoints: list[str]) -> None:
    assert advised(command, corrected, *endpoints) == {}
