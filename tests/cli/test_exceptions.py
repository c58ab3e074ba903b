"""What a project asks to let pass, through the whole command: settings, marks, the gate, and what is printed of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from ended import Command, Ended

MISSING = """
  - {what: reference, subject: "LLAMA3.1:8b-instruct-q6_K", reason: new disk ordered, approver: Ana, until: 2027-03-01}
  - {what: reference, subject: mixtral-8x7b, reason: new disk ordered, approver: Ana, until: 2027-03-01}
"""
TODAY = ("--today", "2026-11-22")
AGENT = "agents/common.py"


@pytest.fixture
def judged(command: Command, broken: Path, endpoints: list[str], tmp_path: Path) -> Callable[..., Ended]:
    """Judge the broken project as of a day, with lines added to its settings."""

    def run(settings: str, name: str = "gate", *more: str) -> Ended:
        (broken / "modelcheck.yaml").write_text(settings, encoding="utf-8")
        saved = tmp_path / "facts.json"
        assert command("audit", broken, *endpoints, "--facts-out", saved).code == 0
        return command(name, broken, "--from", saved, *TODAY, *more)

    return run


def test_a_live_exception_lets_a_veto_pass_and_points_count_for_the_gate_alone(judged: Callable[..., Ended]) -> None:
    plain, excepted = judged("", "gate", "--json").json, judged(f"exceptions:{MISSING}", "gate", "--json").json

    assert excepted["score"] == plain["score"]
    assert excepted["gate"]["excepted"] == 2.7
    codes = [(reason["code"], reason["check"]) for reason in excepted["gate"]["reasons"]]
    assert ("veto-failed", "CFG-03") in [(one["code"], one["check"]) for one in plain["gate"]["reasons"]]
    assert ("veto-excepted", "CFG-03") in codes
    scores = [next(r["have"] for r in each["gate"]["reasons"] if r["code"] == "score") for each in (plain, excepted)]
    assert scores[0] < scores[1]
    assert [(one["standing"], one["place"]["line"]) for one in excepted["exceptions"]] == [("live", 2), ("live", 3)]


@pytest.mark.parametrize("name", ["gate", "audit", "explain"])
def test_what_is_excepted_is_said_with_its_reason(
    name: str, judged: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    shown = judged(f"exceptions:{MISSING}", name).out

    assert (
        "Excepted until 2027-03-01 by Ana: the reference to mixtral-8x7b, +1.4 for the gate alone: "
        "new disk ordered  modelcheck.yaml:3" in shown
    )
    if name != "explain":
        assert "In force: exceptions 2 (+2.7 for the gate alone), ignored findings 0\n" in shown


def test_an_exception_that_has_expired_holds_nothing_and_is_said_loudly(
    judged: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    ended = judged(f"exceptions:{MISSING.replace('2027-03-01', '2026-11-21')}")

    assert "CFG-03 failed, and it blocks whatever the score is" in ended.out
    assert "EXPIRED on 2026-11-21: the exception by Ana for the reference to mixtral-8x7b" in ended.out
    assert "Exceptions and ignores that do not hold: 2" in ended.out
    assert "In force" not in ended.out


def test_an_ignored_finding_is_not_judged_and_stays_in_the_report(judged: Callable[..., Ended]) -> None:
    settings = "ignore:\n  - {check: [INT-07, CFG-09, CFG-03], path: config/*, reason: an example}\n"
    plain, ignored = judged("", "audit", "--json"), judged(settings, "audit", "--json")

    assert plain.check("INT-07")["outcome"] == "fail"
    assert ignored.check("INT-07")["outcome"] == "not-applicable"
    assert ignored.check("CFG-03") == plain.check("CFG-03")
    (one,) = ignored.json["ignored"]
    assert (one["standing"], one["findings"], one["place"]) == ("live", 4, {"path": "modelcheck.yaml", "line": 2})
    assert {taken["check"] for taken in one["taken"]} == {"INT-07", "CFG-09"}
    assert ("veto-ignored", "INT-07") in [(r["code"], r["check"]) for r in ignored.json["gate"]["reasons"]]


def test_a_mark_beside_a_finding_ignores_that_one_alone(
    judged: Callable[..., Ended], broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    found = [one for one in judged("", "audit", "--json").check("INT-13")["findings"] if one["outcome"] == "fail"]
    at = next(one["place"] for one in found if one["place"]["path"] == AGENT)
    lines = (broken / AGENT).read_text(encoding="utf-8").split("\n")
    lines[at["line"] - 1] += "  # modelcheck: ignore[INT-13] set by the framework"
    lines[0] += "  # modelcheck: ignore[INT-13]"
    (broken / AGENT).write_text("\n".join(lines), encoding="utf-8")

    marked = judged("", "audit", "--json")

    here = [one for one in found if one["place"] == at]
    assert [one for one in marked.check("INT-13")["findings"] if one["outcome"] == "fail"] == [
        one for one in found if one["place"] != at
    ]
    assert [(one["standing"], one["line"], one["findings"]) for one in marked.json["ignored"]] == [
        ("live", at["line"], len(here)),
        ("no-reason", 1, 0),
    ]
    assert f"NOT HELD: the ignore of INT-13 in {AGENT}:1 gives no reason  {AGENT}:1" in judged("", "gate").out


def test_facts_judged_elsewhere_carry_what_was_let_pass(
    command: Command, broken: Path, endpoints: list[str], tmp_path: Path
) -> None:
    (broken / "modelcheck.yaml").write_text(f"exceptions:{MISSING}", encoding="utf-8")
    saved = tmp_path / "facts.json"
    here = command("audit", broken, *endpoints, "--facts-out", saved, "--json").json
    (tmp_path / "elsewhere").mkdir()
    there = command("audit", tmp_path / "elsewhere", "--from", saved, "--json").json

    assert here["exceptions"] == there["exceptions"] != []
    assert here["gate"] == there["gate"]


def test_it_is_said_in_french(judged: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")

    assert "Exception jusqu'au 2027-03-01 par Ana : la mention de mixtral-8x7b, +1,4 pour le seul verdict" in (
        judged(f"exceptions:{MISSING}", "gate", "--lang", "fr").out
    )


def test_a_report_of_a_project_that_excepts_nothing_says_nothing_of_it(judged: Callable[..., Ended]) -> None:
    shown = judged("", "audit").out

    assert "Excepted" not in shown
    assert "In force" not in shown
