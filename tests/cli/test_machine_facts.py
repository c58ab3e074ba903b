"""Machine facts: the project is read anew, and what a machine showed elsewhere is reused while it is young."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ended import Command, Ended
from pairs import MISSING, Pair, laid_out, track
from planting import agent

NOW = "2026-11-24"
STATIC = ("--profile", "static", "--today", NOW)


@pytest.fixture
def facts(corrected: Path, endpoints: list[str], command: Command, tmp_path: Path) -> Path:
    """What the workstation saw, two days ago; it holds a model that the lock of the project does not."""
    path = tmp_path / "machine.json"
    command("audit", corrected, *endpoints, "--facts-out", path)
    return at(path, "2026-11-22T10:00:00Z")


def at(path: Path, time: str, *scopes: str) -> Path:
    """Date what a facts file saw of machine and providers."""
    tree: dict[str, Any] = json.loads(path.read_bytes())
    for scope in scopes or ("machine", "providers"):
        tree["scopes"][scope]["taken_at"] = time
    path.write_text(json.dumps(tree))
    return path


def listing(ended: Ended) -> str | None:
    (one,) = ended.json["inventory"]
    source: str | None = one["source"]
    return source


def test_the_machine_is_taken_from_the_file_and_the_project_is_read_anew(
    corrected: Path, facts: Path, command: Command
) -> None:
    agent("coder", primary="ollama/starcoder2:3b")(corrected)

    ended = command("gate", corrected, *STATIC, "--machine-facts", facts, "--json")

    assert ended.check("CFG-03")["outcome"] == "pass"
    assert listing(ended) == "server"
    assert ended.json["taken_at"]["machine"] == "2026-11-22T10:00:00Z"
    assert ended.json["taken_at"]["project"] > "2026-11-22T10:00:00Z"
    assert ended.json["environment"]["contacts"] == []
    shown = command("gate", corrected, *STATIC, "--machine-facts", facts)
    assert "The machine was seen on 2026-11-22, the project on" in shown.out


def test_a_model_that_the_machine_does_not_hold_is_missing(corrected: Path, facts: Path, command: Command) -> None:
    agent("coder", primary=f"ollama/{MISSING}")(corrected)

    ended = command("gate", corrected, *STATIC, "--machine-facts", facts, "--json")

    assert (ended.code, ended.check("CFG-03")["outcome"]) == (1, "partial")


def test_a_server_that_the_file_never_saw_is_a_gap(corrected: Path, facts: Path, command: Command) -> None:
    settings = json.loads((corrected / "config/models_config.json").read_text())
    settings["model_providers"]["ollama"]["base_url"] = "http://127.0.0.1:11999"
    (corrected / "config/models_config.json").write_text(json.dumps(settings))

    ended = command("gate", corrected, *STATIC, "--machine-facts", facts, "--json")

    assert (ended.code, ended.check("CFG-03")["outcome"]) == (3, "unknown")


@pytest.mark.parametrize(("day", "stale"), [("2026-11-17", False), ("2026-11-16", True)])
def test_what_is_older_than_the_profile_allows_earns_nothing(
    corrected: Path, facts: Path, command: Command, day: str, stale: bool
) -> None:
    at(facts, f"{day}T23:59:59Z")

    ended = command("gate", corrected, *STATIC, "--machine-facts", facts, "--json")

    found = ended.check("CFG-03")
    assert (found["outcome"] == "unknown") is stale
    if stale:
        assert (found["because"]["why"], found["because"]["about"]) == ("stale", day)
        assert ended.code == 3


def test_each_scope_has_its_own_age(corrected: Path, facts: Path, command: Command) -> None:
    at(facts, "2020-01-01T00:00:00Z", "providers")

    ended = command("gate", corrected, "--offline", "--today", NOW, "--machine-facts", facts, "--json")

    assert ended.check("CLD-01")["outcome"] == "unknown"
    assert ended.check("CFG-03")["outcome"] == "pass"


@pytest.mark.parametrize("time", ["2026-11-25T00:00:00Z", "yesterday", ""])
def test_a_file_without_a_day_that_can_be_is_refused(corrected: Path, facts: Path, command: Command, time: str) -> None:
    at(facts, time)

    ended = command("gate", corrected, *STATIC, "--machine-facts", facts)

    assert (ended.code, ended.out) == (2, "")
    assert facts.name in ended.err


def test_a_file_that_is_not_there_is_wrong_usage(corrected: Path, command: Command, tmp_path: Path) -> None:
    ended = command("gate", corrected, *STATIC, "--machine-facts", tmp_path / "none.json")

    assert ended.code == 2
    assert "none.json is not there" in ended.err


def test_a_file_in_the_project_is_said_to_be_in_reach_of_the_change(
    corrected: Path, facts: Path, command: Command
) -> None:
    inside = corrected / "machine.json"
    inside.write_bytes(facts.read_bytes())

    ended = command("gate", corrected, *STATIC, "--machine-facts", inside)

    assert "machine.json lies in the project, so whoever changes the project" in ended.err
    assert ended.code == 0


Run = Callable[..., Ended]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with laid_out(tmp_path) as both:
        yield both


@pytest.fixture
def gated(pair: Pair, command: Command) -> Run:
    def run() -> Ended:
        path = pair.change / "machine.json"
        return command("gate", pair.change, *STATIC, "--machine-facts", path, "--baseline", pair.base, "--json")

    return run


def test_the_base_s_copy_of_the_file_is_taken_and_an_edit_is_named(pair: Pair, facts: Path, gated: Run) -> None:
    agent("coder", primary=f"ollama/{MISSING}")(pair.change)
    (pair.base / "machine.json").write_bytes(facts.read_bytes())
    (pair.change / "machine.json").write_text(facts.read_text().replace("starcoder2:3b", MISSING))

    ended = gated()

    assert ended.code == 1
    assert [(one["kind"], one["name"]) for one in ended.json["gate"]["changes"]] == [("facts", "machine.json")]


def test_a_file_that_only_the_change_has_is_not_believed(pair: Pair, facts: Path, gated: Run) -> None:
    (pair.change / "machine.json").write_bytes(facts.read_bytes())
    track(pair.change, "machine.json")

    ended = gated()

    assert (ended.code, ended.check("CFG-03")["outcome"]) == (3, "unknown")
    assert [(one["kind"], one["base"], one["change"]) for one in ended.json["gate"]["changes"]] == [
        ("facts", "", "added")
    ]


def test_a_link_of_the_change_leads_to_no_other_facts(pair: Pair, facts: Path, gated: Run) -> None:
    (pair.change / "machine.json").symlink_to(facts)
    track(pair.change, "machine.json")

    ended = gated()

    assert (ended.code, ended.check("CFG-03")["outcome"]) == (3, "unknown")


def test_a_file_that_git_does_not_track_is_no_part_of_the_change(pair: Pair, facts: Path, gated: Run) -> None:
    (pair.change / "machine.json").write_bytes(facts.read_bytes())
    track(pair.change, "models.lock")

    ended = gated()

    assert (ended.code, ended.json["gate"]["changes"]) == (0, [])


@pytest.mark.parametrize("saved", [("--last",), ("--from", "facts.json")])
@pytest.mark.parametrize("added", ["--machine-facts", "--baseline"])
def test_what_was_seen_whole_is_not_mixed(
    corrected: Path, command: Command, saved: tuple[str, ...], added: str
) -> None:
    ended = command("gate", corrected, *saved, added, corrected)

    assert ended.code == 2
    assert f"{added} does not go with it" in ended.err
