"""`modelcheck accept`: today's report becomes the baseline, once and whole, and never by accident."""

import json
from pathlib import Path

import pytest
from ended import Command


@pytest.fixture
def facts(command: Command, broken: Path, endpoints: list[str], tmp_path: Path) -> Path:
    saved = tmp_path / "facts.json"
    command("audit", broken, *endpoints, "--facts-out", saved)
    return saved


def test_the_baseline_is_the_report_and_stderr_says_what_it_means(
    command: Command, broken: Path, facts: Path, tmp_path: Path
) -> None:
    out = tmp_path / "baseline.json"
    ended = command("accept", broken, "--from", facts, "--out", out)
    report = command("audit", broken, "--from", facts, "--json").json

    assert (ended.code, ended.out) == (0, "")
    assert json.loads(out.read_text(encoding="utf-8")) == report
    failures = [f for part in report["parts"] for check in part["checks"] for f in check["findings"]]
    count = sum(one["outcome"] == "fail" for one in failures)
    assert count > 3
    assert f"accepts the failures of today ({count}) and the score {report['score']['value']}" in ended.err
    assert f"with `--baseline {out}` new failures alone will count" in ended.err


def test_it_is_written_here_unless_another_place_is_given(
    command: Command, broken: Path, facts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert command("accept", broken, "--from", facts).code == 0
    assert (tmp_path / "modelcheck-baseline.json").is_file()
    assert list(tmp_path.glob(".modelcheck-baseline*")) == []


def test_a_baseline_that_is_there_is_replaced_only_on_demand(
    command: Command, broken: Path, facts: Path, tmp_path: Path
) -> None:
    out = tmp_path / "baseline.json"
    out.write_text("mine", encoding="utf-8")
    refused = command("accept", broken, "--from", facts, "--out", out)

    assert (refused.code, out.read_text(encoding="utf-8")) == (2, "mine")
    assert "--replace writes it anew" in refused.err
    assert command("accept", broken, "--from", facts, "--out", out, "--replace").code == 0
    assert json.loads(out.read_text(encoding="utf-8"))["schema"] == "modelcheck-report/1"


def test_a_link_that_leads_nowhere_is_there_as_well(
    command: Command, broken: Path, facts: Path, tmp_path: Path
) -> None:
    try:
        (tmp_path / "baseline.json").symlink_to(tmp_path / "nowhere")
    except OSError:
        pytest.skip("this system makes no links for this user")

    assert command("accept", broken, "--from", facts, "--out", tmp_path / "baseline.json").code == 2
    assert not (tmp_path / "nowhere").exists()


def test_where_there_is_nothing_to_score_nothing_is_accepted(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    out = tmp_path / "baseline.json"
    ended = command("accept", tmp_path / "empty", "--offline", "--out", out)

    assert (ended.code, out.exists()) == (3, False)
    assert "nothing to accept" in ended.err


@pytest.mark.parametrize("option", ["--only", "--skip", "--baseline"])
def test_a_baseline_is_a_whole_report(option: str, command: Command, broken: Path, facts: Path, tmp_path: Path) -> None:
    out = tmp_path / "baseline.json"
    value = facts if option == "--baseline" else "CFG-03"
    ended = command("accept", broken, "--from", facts, "--out", out, option, value)

    assert (ended.code, out.exists()) == (2, False)
    assert "leave out --baseline, --only and --skip" in ended.err


def test_a_folder_that_is_not_there_is_said(command: Command, broken: Path, facts: Path, tmp_path: Path) -> None:
    ended = command("accept", broken, "--from", facts, "--out", tmp_path / "no" / "baseline.json")

    assert ended.code == 2
    assert "cannot be written" in ended.err


def test_against_what_was_accepted_nothing_is_new(
    command: Command, broken: Path, endpoints: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "baseline.json"
    command("accept", broken, *endpoints, "--out", out)
    gate = command("gate", broken, *endpoints, "--baseline", out, "--json").json["gate"]

    assert gate["comparison"]["new"] == []
    assert gate["comparison"]["known"] > 3
    assert gate["changes"] == []
