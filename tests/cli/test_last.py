"""Nothing is gathered twice: what the last look saw is kept, and said to be what it is."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ended import Command

from modelcheck.app.last import cache, cache_trouble, dated, recent
from modelcheck.app.options import Options
from modelcheck.standin.key import made_up_key
from modelcheck.standin.stack import Stack


def kept() -> list[Path]:
    folder = cache()
    assert folder is not None
    return sorted(folder.rglob("*.json"))


def test_score_and_gate_and_audit_judge_the_last_look_without_looking(
    command: Command, broken: Path, endpoints: list[str], stack: Stack
) -> None:
    first = command("audit", broken, *endpoints, "--json").json
    before = len(stack.requests)
    again = {name: command(name, broken, "--last", "--json").json for name in ("audit", "score", "gate")}

    assert len(stack.requests) == before
    for report in again.values():
        assert report["score"] == first["score"]
        assert report["parts"] == first["parts"]
        assert report["taken_at"] == first["taken_at"]


def test_the_last_look_is_said_to_be_one(command: Command, broken: Path, endpoints: list[str]) -> None:
    taken_at = command("audit", broken, *endpoints, "--json").json["taken_at"]["project"]

    assert f"judged as seen on {taken_at.replace('T', ' ')}" in command("score", broken, "--last").err
    for name in ("audit", "score", "gate", "explain"):
        assert "files are as they were" in command(name, broken, "--last").err


def test_a_project_that_changed_since_is_said_to_have(command: Command, broken: Path, endpoints: list[str]) -> None:
    command("audit", broken, *endpoints)
    (broken / "config" / "models_config.json").write_text("{}")

    assert "have changed since" in command("audit", broken, "--last").err


def test_the_rulebook_is_that_of_today(command: Command, broken: Path, endpoints: list[str]) -> None:
    """What settings declare judges, and is not seen."""
    first = command("audit", broken, *endpoints, "--json").check("CLD-08")
    (broken / "modelcheck.yaml").write_text(
        "expect: {requests_per_minute: 20, prompt_tokens: {typical: 800}}\n"
        "cloud: {limits: {openai: {requests: 50}, anthropic: {requests: 50}}}\n"
    )

    assert first["outcome"] == "unknown"
    assert command("score", broken, "--last", "--json").check("CLD-08")["outcome"] != "unknown"


def test_the_date_is_that_of_today(command: Command, broken: Path, endpoints: list[str]) -> None:
    command("audit", broken, *endpoints)

    assert command("gate", broken, "--last", "--json").json["gate"]["today"] == datetime.now(UTC).date().isoformat()
    assert command("gate", broken, "--last", "--today", "2027-01-02", "--json").json["gate"]["today"] == "2027-01-02"


@pytest.mark.parametrize("name", ["audit", "score", "gate", "explain"])
def test_without_a_look_there_is_nothing_to_judge(command: Command, broken: Path, name: str) -> None:
    ended = command(name, broken, "--last")

    assert ended.code == 3
    assert "no look at this project is kept" in ended.err


def test_every_command_that_looks_at_a_project_keeps_what_it_saw(
    command: Command, broken: Path, endpoints: list[str]
) -> None:
    for name in ("audit", "score", "gate", "explain"):
        for file in kept():
            file.unlink()
        command(name, broken, *endpoints)

        assert [file.name for file in kept()] == ["about.json", "facts.json", "report.json"]


@pytest.mark.parametrize(
    "arguments", [["--from", "FACTS"], ["--only", "CFG-03"], ["--skip", "CFG-03"], ["--machine-facts", "FACTS"]]
)
def test_what_is_no_whole_look_is_not_kept(
    command: Command, broken: Path, endpoints: list[str], tmp_path: Path, arguments: list[str]
) -> None:
    saved = tmp_path / "facts.json"
    command("audit", broken, *endpoints, "--facts-out", saved)
    for file in kept():
        file.unlink()
    command("audit", broken, *[str(saved) if word == "FACTS" else word for word in arguments])

    assert kept() == []


def test_the_demo_keeps_nothing(command: Command) -> None:
    command("demo")

    assert kept() == []


def test_what_is_kept_may_be_shared(command: Command, broken: Path, endpoints: list[str]) -> None:
    command("audit", broken, *endpoints)
    text = "".join(file.read_text() for file in kept())
    keys = [made_up_key(provider) for provider in ("openai", "anthropic")]

    assert str(broken.parent) not in text
    assert str(Path.home()) not in text
    assert not any(key[start : start + 12] in text for key in keys for start in range(8, len(key) - 12))


def test_a_home_that_cannot_be_written_harms_no_look(
    command: Command, broken: Path, endpoints: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file in the place of the cache stops the administrator as well."""
    (tmp_path / "file").write_text("")
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "file"))
    ended = command("audit", broken, *endpoints)

    assert (ended.code, ended.err) == (0, "")
    assert "cannot be used" in str(cache_trouble())


def test_without_a_home_nothing_is_kept(
    command: Command, broken: Path, endpoints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelcheck.app.last.home", lambda: None)
    monkeypatch.delenv("LOCALAPPDATA")

    assert command("audit", broken, *endpoints).code == 0
    assert command("audit", broken, "--last").code == 3
    assert "no home folder" in str(cache_trouble())


@pytest.mark.parametrize("named", ["here", "nowhere/at/all"])
def test_no_home_is_made_where_there_is_none(
    command: Command, broken: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, "here" if named == "here" else str(tmp_path / named))
    monkeypatch.delenv("LOCALAPPDATA")
    command("audit", broken, "--profile", "static")

    assert [path.name for path in tmp_path.rglob("*")] == ["here"]


def test_where_looks_can_be_kept_there_is_no_trouble() -> None:
    assert cache_trouble() is None


def test_explain_takes_a_young_look_and_says_so(
    command: Command, broken: Path, endpoints: list[str], stack: Stack
) -> None:
    command("audit", broken, *endpoints)
    before = len(stack.requests)
    shown = command("explain", broken)

    assert len(stack.requests) == before
    assert "from the look of" in shown.err
    assert "+2.7" in shown.out


def test_explain_looks_again_where_that_is_asked_for(command: Command, broken: Path, endpoints: list[str]) -> None:
    command("audit", broken, *endpoints)

    assert "from the look" not in command("explain", broken, *endpoints).err
    assert "from the look" not in command("explain", broken, "--offline").err
    assert "from the look" not in command("explain", broken, "--fresh").err


def test_explain_looks_again_where_the_project_changed(command: Command, broken: Path, endpoints: list[str]) -> None:
    command("audit", broken, *endpoints)
    (broken / "modelcheck.yaml").write_text("cloud: {ids: floating}\n")
    shown = command("explain", broken)

    assert "from the look" not in shown.err
    assert "CLD-05" not in shown.out


def test_a_look_is_young_for_minutes(command: Command, broken: Path, endpoints: list[str]) -> None:
    command("audit", broken, *endpoints)
    options, now = Options(path=broken), datetime.now(UTC)

    assert recent(options, now=now + timedelta(minutes=9)) is not None
    assert recent(options, now=now + timedelta(minutes=11)) is None
    assert recent(options, now=now - timedelta(minutes=2)) is None


def test_a_look_of_another_version_is_not_taken(command: Command, broken: Path, endpoints: list[str]) -> None:
    command("audit", broken, *endpoints)
    about = next(file for file in kept() if file.name == "about.json")
    about.write_text(json.dumps({**json.loads(about.read_text()), "version": "0.0.1"}))

    assert recent(Options(path=broken)) is None
    assert dated(Options(path=broken, last=True))


def test_a_time_that_is_none_is_not_taken(command: Command, broken: Path, endpoints: list[str]) -> None:
    command("audit", broken, *endpoints)
    about = next(file for file in kept() if file.name == "about.json")
    about.write_text(json.dumps({**json.loads(about.read_text()), "taken_at": "yesterday"}))

    assert recent(Options(path=broken)) is None


def test_a_look_that_was_made_now_needs_no_date(command: Command, broken: Path, endpoints: list[str]) -> None:
    assert command("audit", broken, *endpoints).err == ""
    assert dated(Options(path=broken / "config")) == ()


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links")
def test_a_project_is_one_by_whatever_path(command: Command, broken: Path, endpoints: list[str]) -> None:
    command("audit", broken, *endpoints)

    assert command("score", broken / "config" / "..", "--last").code == 0
