"""`modelcheck audit`, `score`, `gate` and `explain` on real projects, against the stand-in and against nothing."""

import json
from pathlib import Path

import pytest
from ended import Command

from modelcheck.standin.key import made_up_key
from modelcheck.standin.stack import Stack


def test_audit_reports_and_ends_with_zero_whatever_it_found(
    command: Command, broken: Path, endpoints: list[str]
) -> None:
    ended = command("audit", broken, *endpoints)

    assert ended.code == 0
    assert "Gate: blocked" in ended.out


def test_a_gate_option_makes_audit_decide(command: Command, broken: Path, endpoints: list[str]) -> None:
    assert command("audit", broken, *endpoints, "--fail-under", "50").code == 1


def test_gate_decides(command: Command, broken: Path, endpoints: list[str]) -> None:
    assert command("gate", broken, *endpoints).code == 1


def test_a_bar_that_is_not_reached_is_below(command: Command, corrected: Path, endpoints: list[str]) -> None:
    ended = command("gate", corrected, *endpoints, "--fail-under", "100", "--min-coverage", "50", "--json")

    assert ended.code == 1
    assert ended.json["gate"]["verdict"] == "below"
    assert ended.json["gate"]["bars"]["score"] == {"minimum": 100.0, "origin": "--fail-under"}


def test_score_gives_the_same_numbers_to_people_and_programs(
    command: Command, broken: Path, endpoints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    score = command("score", broken, *endpoints, "--json").json["score"]
    shown = command("score", broken, *endpoints).out

    assert f"{score['earned']} of the {score['applicable']} points that apply = {score['value']} of 100" in shown


def test_parts_add_up_to_the_total_and_checks_to_parts(command: Command, broken: Path, endpoints: list[str]) -> None:
    report = command("score", broken, *endpoints, "--json").json

    for what in ("earned", "applicable", "unseen"):
        assert round(sum(part[what] for part in report["parts"]), 1) == report["score"][what]
        for part in report["parts"]:
            assert round(sum(check[what] for check in part["checks"]), 1) == part[what]


def test_nothing_that_answers_is_never_called_missing(
    command: Command, broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    report = command("audit", broken, "--endpoint", "ollama=http://127.0.0.1:9", "--offline", "--json")

    assert report.code == 0
    assert report.check("OLL-01")["outcome"] == "fail"
    assert report.check("CFG-03")["outcome"] == "unknown"
    assert report.json["configuration"]["missing_models"] is None
    assert report.json["configuration"]["reason"]["why"] == "not_answered"


def test_an_unreachable_server_never_raises_the_score(command: Command, broken: Path, endpoints: list[str]) -> None:
    reached = command("score", broken, *endpoints, "--json").json["score"]
    silent = command("score", broken, "--endpoint", "ollama=http://127.0.0.1:9", *endpoints[2:], "--json").json["score"]

    assert silent["low"] <= reached["low"]


def test_the_configuration_is_described_in_the_words_of_its_first_users(
    command: Command, broken: Path, endpoints: list[str]
) -> None:
    described = command("audit", broken, *endpoints, "--json").json["configuration"]

    assert described["structure_complete"] is True
    assert described["total_models"] == 3
    assert described["available_models_count"] == 1
    assert described["missing_models"] == ["llama3.1:8b-instruct-q6_k", "mixtral-8x7b"]
    assert described["missing_required_models"] == ["llama3.1:8b-instruct-q6_k", "mixtral-8x7b"]
    assert described["inventory_count"] == 10


def test_facts_judged_elsewhere_give_the_same_report_to_the_byte(
    command: Command, broken: Path, endpoints: list[str], tmp_path: Path
) -> None:
    saved, first = tmp_path / "facts.json", tmp_path / "first.json"
    command("audit", broken, *endpoints, "--facts-out", saved, "--report", f"json={first}")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    again = command("audit", elsewhere, "--from", saved, "--json")

    assert again.out.encode() == first.read_bytes()


def test_the_static_profile_contacts_nobody_and_takes_the_lock(
    command: Command, corrected: Path, endpoints: list[str], stack: Stack
) -> None:
    assert command("inventory", corrected, *endpoints, "--lock").code == 0
    before = len(stack.requests)
    ended = command("gate", corrected, "--profile", "static", *endpoints, "--json")

    assert len(stack.requests) == before
    assert ended.json["environment"]["contacts"] == []
    assert ended.json["inventory"][0]["source"] == "lock"
    assert ended.check("CFG-03")["outcome"] == "pass"
    assert ended.code == 0


def test_the_static_profile_without_a_lock_has_not_seen_enough(command: Command, corrected: Path) -> None:
    (corrected / "models.lock").unlink()
    ended = command("gate", corrected, "--profile", "static", "--json")

    assert ended.code == 3
    assert ended.json["gate"]["verdict"] == "unseen"
    assert ended.check("CFG-03")["because"]["hint"] == "modelcheck inventory --lock"


def test_the_lock_proves_absence_as_well(command: Command, broken: Path, endpoints: list[str]) -> None:
    ended = command("inventory", broken, *endpoints, "--lock")
    lock = json.loads((broken / "models.lock").read_text())

    assert [line["name"] for line in lock["models"]] == ["qwen-coder-32b:latest"]
    assert "llama3.1:8b-instruct-q6_k, mixtral-8x7b" in ended.err
    assert command("gate", broken, "--profile", "static").code == 1


def test_a_project_without_models_has_nothing_to_score(command: Command, tmp_path: Path) -> None:
    for name in ("audit", "score", "gate"):
        ended = command(name, tmp_path, "--json")
        assert ended.code == 3
        assert ended.json["score"]["value"] is None
    assert "nothing to score" in command("audit", tmp_path).out


def test_explain_lists_every_point_that_is_not_earned(
    command: Command, broken: Path, endpoints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    report = command("score", broken, *endpoints, "--json").json
    shown = command("explain", broken, *endpoints).out

    lost = round(sum(action["gives"] for action in report["actions"]), 1)
    assert lost == round(report["score"]["applicable"] - report["score"]["earned"], 1)
    for action in report["actions"]:
        assert f"+{action['gives']}" in shown
    assert "not a rate of failure" in shown


def test_explain_tells_what_one_check_is_about(command: Command) -> None:
    shown = command("explain", "oll-05")

    assert shown.code == 0
    assert "Layers left on the CPU slow every answer" in shown.out


def test_a_selection_gives_findings_and_no_score(command: Command, broken: Path, endpoints: list[str]) -> None:
    ended = command("audit", broken, *endpoints, "--only", "CFG-03")

    assert ended.code == 0
    assert "a selection of checks gives findings and no score" in ended.out
    assert "llama3.1:8b-instruct-q6_k is not here" in ended.out
    assert command("score", broken, *endpoints, "--skip", "CFG-03", "--json").json["score"]["value"] is None


def test_only_and_skip_choose_checks(command: Command, broken: Path, endpoints: list[str]) -> None:
    def judged(*arguments: str) -> list[str]:
        parts = command("audit", broken, *endpoints, *arguments, "--json").json["parts"]
        return [check["id"] for part in parts for check in part["checks"] if check["standing"] == "judged"]

    assert judged("--only", "CFG-03") == ["CFG-03"]
    assert "CFG-03" not in judged("--skip", "CFG-03")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--profile", "defualt"], "did you mean default?"),
        (["--from", "nowhere.json"], "nowhere.json is not there"),
        (["--endpoint", "ollama"], "--endpoint takes NAME=VALUE"),
        (["--endpoint", "ollama=ftp://x"], "must begin with http:// or https://"),
        (["--report", "pdf=x"], "the formats of this version: json"),
        (["--only", "CFG-99"], "there is no check CFG-99"),
        (["--today", "tomorrow"], "--today takes a date"),
        (["--unknown"], "No such option"),
    ],
)
def test_wrong_usage_is_said_and_ends_with_two(
    command: Command, tmp_path: Path, arguments: list[str], said: str
) -> None:
    ended = command("audit", tmp_path, *arguments)

    assert ended.code == 2
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_a_folder_that_is_not_there_is_wrong_usage(command: Command, tmp_path: Path) -> None:
    assert command("audit", tmp_path / "nowhere").code == 2


def test_a_home_folder_is_not_scanned(command: Command) -> None:
    ended = command("audit", Path.home())

    assert ended.code == 3
    assert "home folder" in ended.err


def test_a_key_appears_nowhere(command: Command, broken: Path, endpoints: list[str], tmp_path: Path) -> None:
    saved = tmp_path / "facts.json"
    shown = [
        command("audit", broken, *endpoints, "-v", "--facts-out", saved),
        command("audit", broken, *endpoints, "--json"),
        command("explain", broken, *endpoints),
    ]
    everything = saved.read_text() + "".join(one.out + one.err for one in shown)

    for provider in ("openai", "anthropic"):
        key = made_up_key(provider)
        assert not any(key[start : start + 12] in everything for start in range(8, len(key) - 12))


def test_no_request_could_load_or_pull_a_model(
    command: Command, broken: Path, endpoints: list[str], stack: Stack
) -> None:
    command("audit", broken, *endpoints)
    command("inventory", broken, *endpoints)
    asked = {(one.method, one.path) for one in stack.requests}

    assert all(method == "GET" or path == "/api/show" for method, path in asked)


@pytest.mark.parametrize("name", ["score", "gate"])
def test_a_configuration_that_cannot_be_read_is_said_in_few_lines_too(
    name: str, command: Command, corrected: Path
) -> None:
    (corrected / "config" / "models_config.json").write_text('{"agent_models":\n[}')
    ended = command(name, corrected, "--profile", "static")

    assert ended.code == 3
    assert "config/models_config.json cannot be read" in ended.out
    assert "config/models_config.json:2" in ended.out
    assert "To try next" not in ended.out
