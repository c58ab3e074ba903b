"""Profiles through the real command: shipped ones, a project's own, and the profile explained."""

from pathlib import Path

import pytest
from ended import Command, Ended

from modelcheck.core.check import Check, Verdict, passed
from modelcheck.core.project import Agents
from modelcheck.standin.stack import Stack

HOUSE = "profiles/house.yaml"


def house(root: Path, text: str) -> Path:
    (root / "profiles").mkdir(exist_ok=True)
    (root / HOUSE).write_text(text, encoding="utf-8", newline="\n")
    return root


def codes(ended: Ended, check: str) -> list[str]:
    return [finding["code"] for finding in ended.check(check)["findings"]]


def test_a_site_without_clouds_asks_no_provider_and_blocks_what_leaves(
    command: Command, corrected: Path, endpoints: list[str], stack: Stack
) -> None:
    ended = command("gate", corrected, *endpoints, "--profile", "local-only", "--json")

    assert ended.code == 1
    assert ended.json["gate"]["verdict"] == "blocked"
    assert codes(ended, "INT-07") == ["not-kept", "not-kept", "stays"]
    assert {check["standing"] for part in ended.json["parts"] if part["id"] == "CLD" for check in part["checks"]} == {
        "out-of-scope"
    }
    assert {request.server for request in stack.requests} == {"ollama"}


def test_the_other_profiles_leave_agents_that_nobody_marked_alone(
    command: Command, corrected: Path, endpoints: list[str]
) -> None:
    for name in ("default", "enterprise", "apple"):
        ended = command("audit", corrected, *endpoints, "--profile", name, "--json")
        assert codes(ended, "INT-07") == ["not-sensitive", "not-sensitive", "stays"]


def test_a_site_without_clouds_passes_what_stays(command: Command, corrected: Path, endpoints: list[str]) -> None:
    config = corrected / "config" / "models_config.json"
    text = config.read_text("utf-8")
    for hosted in ("anthropic/claude-haiku-4-5", "openai/gpt-5.4-mini"):
        text = text.replace(hosted, "ollama/starcoder2:3b")
    config.write_text(text, encoding="utf-8")
    ended = command("audit", corrected, *endpoints, "--profile", "local-only", "--json")

    assert codes(ended, "INT-07") == ["kept", "kept", "stays"]


def test_a_projects_own_profile_judges_and_says_where_its_bars_come_from(
    command: Command, corrected: Path, endpoints: list[str]
) -> None:
    house(corrected, "extends: default\ntitle: Our house\nbars:\n  score: 99.9\n  coverage: 10\n")
    ended = command("gate", corrected, *endpoints, "--profile", HOUSE, "--json")

    assert (ended.code, ended.json["gate"]["verdict"]) == (1, "below")
    assert ended.json["gate"]["bars"] == {
        "coverage": {"minimum": 10.0, "origin": f"{HOUSE}:5"},
        "score": {"minimum": 99.9, "origin": f"{HOUSE}:4"},
    }
    assert ended.json["profile"] == {
        "as_of": "2026-11-22",
        "extends": ["default"],
        "name": HOUSE,
        "place": HOUSE,
        "title": "Our house",
    }


def test_the_command_line_stands_above_a_profile(command: Command, corrected: Path, endpoints: list[str]) -> None:
    house(corrected, "extends: default\nbars: {score: 99.9}\n")
    given = ("--profile", HOUSE, "--fail-under", "12.34", "--json")
    bars = command("gate", corrected, *endpoints, *given).json["gate"]["bars"]

    assert bars["score"] == {"minimum": 12.4, "origin": "--fail-under"}


def test_a_profile_that_cannot_be_used_is_refused_with_its_line_and_nothing_is_contacted(
    command: Command, corrected: Path, endpoints: list[str], stack: Stack
) -> None:
    house(corrected, "extends: default\nchecks:\n  drop:\n  - PRF-12\n  - CFG-3\n")
    ended = command("gate", corrected, *endpoints, "--profile", HOUSE)

    assert ended.code == 2
    assert ended.err == f"modelcheck: {HOUSE}, line 5: there is no check CFG-3; did you mean CFG-03?\n"
    assert stack.requests == ()


@pytest.mark.parametrize("given", ["../house.yaml", "/etc/house.yaml", "C:\\house.yaml", "\\\\server\\house.yaml"])
def test_a_profile_outside_the_project_is_not_opened(command: Command, corrected: Path, given: str) -> None:
    house(corrected, "extends: default\n")
    (corrected.parent / "house.yaml").write_text("extends: default\n")
    ended = command("gate", corrected, "--profile", given)

    assert ended.code == 2
    assert "a profile of your own lies inside the project" in ended.err


def test_a_profile_lies_in_the_project_wherever_one_stands(
    command: Command, corrected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house(corrected, "extends: static\ntitle: Found\n")
    monkeypatch.chdir(tmp_path)

    assert command("audit", corrected, "--profile", HOUSE, "--json").json["profile"]["title"] == "Found"


def test_a_check_that_no_package_brings_is_not_passed_over(command: Command, corrected: Path) -> None:
    house(corrected, "extends: static\nchecks:\n  add: [acme/ABC-01]\n")
    ended = command("gate", corrected, "--profile", HOUSE)

    assert ended.code == 2
    assert f"{HOUSE}:3 lists acme/ABC-01, and no installed package brings it; install acme" in ended.err


def test_a_check_that_a_package_brings_is_judged_where_the_profile_lists_it(
    command: Command, corrected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(agents: Agents) -> Verdict:
        """A reason."""
        return passed("there", count=len(agents.agents))

    mine = Check("acme/ABC-01", "It is there", 10, judge, "Put it there.", {"there": "{count}"}, plugin="acme")
    monkeypatch.setattr("modelcheck.app.rulebook.plugin_checks", lambda: ((mine,), ()))
    monkeypatch.setattr("modelcheck.app.plugins.plugin_checks", lambda: ((mine,), ()))
    house(corrected, "extends: static\nchecks:\n  add: [acme/ABC-01]\n")

    assert command("audit", corrected, "--profile", HOUSE, "--json").check("acme/ABC-01")["earned"] == 1.0


def test_only_takes_an_id_in_any_case(command: Command, corrected: Path) -> None:
    ended = command("audit", corrected, "--profile", "static", "--only", "cfg-01", "--json")

    assert ended.check("CFG-01")["standing"] == "judged"
    assert ended.check("CFG-05")["standing"] == "out-of-scope"


def test_a_profile_is_explained_without_a_look(
    command: Command, corrected: Path, endpoints: list[str], stack: Stack
) -> None:
    house(corrected, "extends: enterprise\nbars:\n  score: 88\nvetoes: {add: [CFG-07]}\n")
    ended = command("audit", corrected, *endpoints, "--profile", HOUSE, "--explain-profile")
    shown = " ".join(ended.out.split())

    assert (ended.code, ended.err) == (0, "")
    assert stack.requests == ()
    for part in (
        "builds on enterprise, default",
        f"the score is at least 88 ({HOUSE}:3)",
        "at least 95 % of the points were seen (profile enterprise)",
        "availability 99.9 %, measured by trials (profile enterprise)",
        f"blocks the gate ({HOUSE}:4)",
        "out of scope: OLL-13",
    ):
        assert part in shown


def test_an_explained_profile_is_the_same_for_programs_and_adds_up(command: Command, corrected: Path) -> None:
    shown = command("audit", corrected, "--profile", "apple", "--explain-profile", "--json").json
    checks = [check for part in shown["parts"] for check in part["checks"]]

    assert (shown["name"], shown["extends"], shown["place"]) == ("apple", ["default"], "")
    assert shown["score"] == {"minimum": 70.0, "origin": "profile apple"}
    assert round(sum(check["points"] for check in checks), 1) == 100
    for standing in ("judged", "planned"):
        points = round(sum(check["points"] for check in checks if check["standing"] == standing), 1)
        assert points == shown[standing] == round(sum(part[standing] for part in shown["parts"]), 1)
    out = {check["id"]: (check["origin"], check["veto"]) for check in checks if check["standing"] == "out-of-scope"}
    assert out == dict.fromkeys(("OLL-04", "OLL-11", "OLL-13", "PRF-10", "PRF-11"), ("", ""))
    judged = command("audit", corrected, "--profile", "apple", "--offline", "--json").json["score"]["judged"]
    assert judged == shown["judged"]


def test_a_profile_that_cannot_be_used_cannot_be_explained(command: Command, corrected: Path) -> None:
    ended = command("audit", corrected, "--profile", "aple", "--explain-profile")

    assert ended.code == 2
    assert "there is no profile aple; did you mean apple?" in ended.err


def test_levels_stand_under_the_gate(
    command: Command, broken: Path, endpoints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("gate", "audit"):
        shown = command(name, broken, *endpoints, "--profile", "enterprise").out
        assert "security 100 %: missed because of INT-07 (profile enterprise)" in shown
        assert [line.split()[:2] for line in shown.splitlines() if "security" in line] == [["security", "100"]]
        assert "availability 99.9 %: not measured by this version (profile enterprise)" in shown
