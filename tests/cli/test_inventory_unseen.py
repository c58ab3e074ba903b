"""What the inventory says where the project cannot be understood, or one of its servers does not answer."""

import json
from pathlib import Path

import pytest
from ended import Command

from modelcheck.standin.stack import Stack

NOTE = "config/models_config.json cannot be understood, so which servers the project names is not known"


def configured(root: Path, text: str) -> Path:
    (root / "config").mkdir()
    (root / "config" / "models_config.json").write_text(text, "utf-8")
    return root


@pytest.mark.parametrize("name", ["inventory", "precheck"])
def test_a_server_that_stands_in_for_an_unknown_one_is_said_to(
    command: Command, tmp_path: Path, stack: Stack, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", stack.ollama_url)
    root = configured(tmp_path, "{")
    given = [root] if name == "inventory" else ["qwen-coder-32b", "--path", root]

    plain, as_json, french = (command(name, *given, *more) for more in ((), ("--json",), ("--lang", "fr")))

    assert NOTE in plain.err
    assert "on ne sait pas quels serveurs le projet nomme" in french.err
    assert (plain.code, as_json.err) == (0, plain.err)
    assert json.loads(as_json.out)


@pytest.mark.parametrize("text", ["", '{"model_providers": {}, "agent_models": {}}'])
def test_a_project_that_names_none_needs_no_such_note(
    command: Command, tmp_path: Path, stack: Stack, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", stack.ollama_url)
    root = configured(tmp_path, text) if text else tmp_path

    assert command("inventory", root).err == ""


def test_a_configuration_that_cannot_be_understood_has_not_nothing_to_lock(command: Command, tmp_path: Path) -> None:
    ended = command("inventory", configured(tmp_path, "{"), "--lock", "--endpoint", "ollama=http://127.0.0.1:9")

    assert ended.code == 2
    assert "which models the project names is not known" in ended.err


def test_a_lock_that_knows_better_than_a_server_that_is_silent_stays(
    command: Command, tmp_path: Path, stack: Stack
) -> None:
    """One server answers and another does not: a lock without its models would prove that they are not there."""
    agents = {"a": {"primary": "one/qwen-coder-32b"}, "b": {"primary": "two/mistral:7b"}}
    providers = {
        "one": {"type": "ollama", "base_url": stack.ollama_url},
        "two": {"type": "ollama", "base_url": "http://127.0.0.1:9"},
    }
    root = configured(tmp_path, json.dumps({"model_providers": providers, "agent_models": agents}))
    (root / "models.lock").write_text("what was there")

    ended = command("inventory", root, "--lock")

    assert ended.code == 3
    assert "mistral:7b could not be looked for" in ended.err
    assert "qwen-coder-32b" not in ended.err
    assert (root / "models.lock").read_text() == "what was there"


def test_what_is_certainly_not_here_is_left_out_as_before(command: Command, broken: Path, endpoints: list[str]) -> None:
    ended = command("inventory", broken, *endpoints, "--lock")

    assert ended.code == 0
    assert "left out" in ended.err
    assert (broken / "models.lock").exists()


def test_config_show_counts_the_exceptions_of_ones_own(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("lang: en\nexceptions:\n- {what: pull, subject: a, reason: r, approver: me, until: '2020-01-01'}\n")
    (tmp_path / "project").mkdir()
    monkeypatch.setenv("MODELCHECK_CONFIG", str(own))
    rows = command("config", "show", tmp_path / "project", "--json").json["settings"]

    assert [(one["value"], one["origin"].rpartition("/")[2]) for one in rows if one["name"] == "exceptions"] == [
        (1, "own.yaml:3"),
        (None, "default"),
    ]
