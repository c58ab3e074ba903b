"""`modelcheck inventory`, `precheck` and `rules` through the real command."""

import json
from pathlib import Path

import pytest
from ended import Command


def test_precheck_allows_what_is_here_and_refuses_what_is_not(
    command: Command, broken: Path, endpoints: list[str]
) -> None:
    here = command("precheck", "qwen-coder-32b", "--path", broken, *endpoints[:2])
    near = command("precheck", "llama3.1:8b-instruct-q6_k", "--path", broken, *endpoints[:2])

    assert here.code == 0
    assert "already here as qwen-coder-32b:latest" in here.out
    assert near.code == 4
    assert near.out.splitlines()[0].startswith("REFUSED")
    assert near.out.splitlines()[1].strip().startswith("nearest: llama3:8b-instruct-q6_k")


def test_one_refused_name_refuses_the_call(command: Command, broken: Path, endpoints: list[str]) -> None:
    ended = command("precheck", "qwen-coder-32b", "absent:1b", "--path", broken, *endpoints[:2], "--json")

    assert ended.code == 4
    assert [one["presence"] for one in ended.json] == ["here", "absent"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gpt-oss:20b-cloud", "runs in Ollama's cloud"),
        ("a b", "no name that Ollama accepts"),
        ("../../etc/passwd", "no name that Ollama accepts"),
        ("mistral:8x7b", "is not here"),
    ],
)
def test_precheck_refuses(command: Command, broken: Path, endpoints: list[str], name: str, said: str) -> None:
    ended = command("precheck", name, "--path", broken, *endpoints[:2])

    assert ended.code == 4
    assert said in " ".join(ended.out.split())


def test_a_server_that_does_not_answer_refuses_everything(command: Command, broken: Path) -> None:
    ended = command("precheck", "qwen-coder-32b", "--path", broken, "--endpoint", "ollama=http://127.0.0.1:9")

    assert ended.code == 4
    assert "could not be checked, which refuses it" in " ".join(ended.out.split())


def test_precheck_works_where_there_is_no_project(command: Command, tmp_path: Path, endpoints: list[str]) -> None:
    assert command("precheck", "qwen-coder-32b", "--path", tmp_path, *endpoints[:2]).code == 0


def test_the_inventory_lists_what_the_server_holds(
    command: Command, broken: Path, endpoints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    ended = command("inventory", broken, *endpoints[:2])
    as_json = command("inventory", broken, *endpoints[:2], "--json").json

    assert ended.code == 0
    assert "10 models" in ended.out
    for name in ("deepseek-coder:33b", "nomic-embed-text:latest"):
        assert name in ended.out
    ((_, listing),) = as_json["servers"]["pairs"]
    assert len(listing["entries"]) == 10


def test_a_folder_of_model_files_is_near_and_tells_how_to_register_one(
    command: Command, broken: Path, endpoints: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "modeles_llm"
    folder.mkdir()
    (folder / "llama3.1-70b-q4_k_m.gguf").write_bytes(b"GGUF" + (3).to_bytes(4, "little") + bytes(16))
    ended = command("precheck", "llama3.1:70b", "--path", broken, *endpoints[:2], "--models-dir", folder)

    assert ended.code == 4
    said = " ".join(ended.out.split())
    assert "ollama create llama3.1:70b -f Modelfile # Modelfile: FROM ./llama3.1-70b-q4_k_m.gguf" in said


def test_a_lock_that_cannot_be_written_is_said(command: Command, corrected: Path, endpoints: list[str]) -> None:
    (corrected / "models.lock").unlink()
    (corrected / "models.lock").mkdir()
    ended = command("inventory", corrected, *endpoints, "--lock")

    assert ended.code == 2
    assert "models.lock cannot be written" in ended.err


def test_a_project_without_local_models_has_nothing_to_lock(command: Command, tmp_path: Path) -> None:
    ended = command("inventory", tmp_path, "--lock", "--endpoint", "ollama=http://127.0.0.1:9")

    assert ended.code == 2
    assert "nothing to lock" in ended.err


def test_rules_lists_the_whole_catalogue(command: Command) -> None:
    parts = command("rules", "--json").json
    shown = command("rules").out

    assert [part["budget"] for part in parts] == [20.0, 30.0, 20.0, 15.0, 15.0]
    for part in parts:
        assert round(sum(rule["points"] for rule in part["rules"]), 1) == part["budget"]
        for rule in part["rules"]:
            assert rule["id"] in shown
    judged = sum(rule["points"] for part in parts for rule in part["rules"] if rule["judged"])
    assert f"this version judges {judged:.1f} of 100 points" in shown


def test_explaining_a_check_that_is_not_there_says_what_was_meant(command: Command) -> None:
    ended = command("explain", "OLL-50")

    assert ended.code == 2
    assert "there is no check OLL-50; did you mean" in ended.err


def test_bare_modelcheck_looks_and_says_what_to_try_next(
    command: Command, broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(broken)
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    ended = command()

    assert ended.code == 0
    assert "modelcheck explain    why not 100" in ended.out


def test_bare_modelcheck_in_a_folder_without_models_says_so(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert command().code == 3


def test_the_lock_is_json_that_reads_well_in_a_diff(command: Command, corrected: Path, endpoints: list[str]) -> None:
    command("inventory", corrected, *endpoints, "--lock")
    text = (corrected / "models.lock").read_text()

    assert [line["name"] for line in json.loads(text)["models"]] == sorted(
        ["code-stral:latest", "llama3:8b-instruct-q6_k", "qwen-coder-32b:latest"]
    )
    assert text.endswith("\n")
