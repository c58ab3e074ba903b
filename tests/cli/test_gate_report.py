"""The gate of a stored report: counted again, to the byte where nothing was edited, and by name where something was."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from ended import Command, Ended
from planting import agent

from modelcheck import __version__
from modelcheck.app.decision import decision
from modelcheck.app.options import Options
from modelcheck.core.recount import checksum

Tree = dict[str, Any]
STATIC = ("--profile", "static")
EDIT = 7.5


@pytest.fixture
def stored(broken: Path, command: Command, tmp_path: Path) -> Path:
    """A report of the broken project, which fails, is partly unseen, and has findings of every kind."""
    path = tmp_path / "report.json"
    command("audit", broken, "--offline", "--report", f"json={path}")
    return path


@pytest.fixture
def passing(corrected: Path, command: Command, tmp_path: Path) -> Path:
    path = tmp_path / "passing.json"
    command("audit", corrected, *STATIC, "--report", f"json={path}")
    return path


def edited(path: Path, edit: Callable[[Tree], object], *, whole: bool = False) -> Path:
    """The report with an edit; `whole` writes the checksum of the edited one, as a person who knows of it would."""
    tree: Tree = json.loads(path.read_bytes())
    edit(tree)
    if whole:
        tree["checksum"] = checksum(tree)
    other = path.with_name("edited.json")
    other.write_text(json.dumps(tree), encoding="utf-8")
    return other


def row(tree: Tree, check: str) -> Tree:
    found: Tree = next(one for part in tree["parts"] for one in part["checks"] if one["id"] == check)
    return found


def names(ended: Ended) -> list[str]:
    return [one["name"] for one in ended.json["gate"]["changes"]]


@pytest.mark.parametrize("options", [(), STATIC, ("--offline",), ("--fail-under", "99"), ("--skip", "CFG-03")])
@pytest.mark.parametrize("variant", ["broken", "corrected"])
def test_an_untouched_report_is_decided_as_it_was_to_the_byte(
    request: pytest.FixtureRequest, command: Command, tmp_path: Path, variant: str, options: tuple[str, ...]
) -> None:
    path = tmp_path / "report.json"
    first = command("gate", request.getfixturevalue(variant), *options, "--json")
    path.write_text(first.out, encoding="utf-8")

    again = command("gate", path, "--json")

    assert again.out == first.out
    assert again.code == first.code
    assert "nothing was looked at" in again.err


def numbers(tree: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every number of a tree."""
    if isinstance(tree, dict):
        for key, value in cast("Tree", tree).items():
            yield from numbers(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(cast("Iterable[Any]", tree)):
            yield from numbers(value, (*path, index))
    elif isinstance(tree, int | float) and not isinstance(tree, bool):
        yield path


def put(tree: Any, path: tuple[str | int, ...], value: object) -> object:
    """Exchange what stands at a path, and return what stood there."""
    for step in path[:-1]:
        tree = tree[step]
    before = tree[path[-1]]
    tree[path[-1]] = value
    return before


def test_any_single_edited_number_is_caught(passing: Path) -> None:
    tree: Tree = json.loads(passing.read_bytes())
    every = list(numbers(tree))
    other = passing.with_name("one.json")

    assert len(every) > 300
    for path in every:
        before = put(tree, path, EDIT if "." in json.dumps(_at(tree, path)) else 41)
        other.write_text(json.dumps(tree), encoding="utf-8")
        report = decision(Options(path=other)).report
        assert (report.gate.verdict, report.gate.exit_code) == ("blocked", 1), path
        put(tree, path, before)


def _at(tree: Any, path: tuple[str | int, ...]) -> object:
    for step in path:
        tree = tree[step]
    return tree


COUNTED = ("points", "applicable", "earned", "unseen", "budget", "value", "low", "high", "coverage", "judged")


def test_a_number_of_the_score_is_caught_by_name_though_the_checksum_was_written_anew(passing: Path) -> None:
    tree: Tree = json.loads(passing.read_bytes())
    every = [path for path in numbers(tree) if path[0] in {"score", "parts"} and path[-1] in COUNTED]
    other = passing.with_name("one.json")

    assert len(every) > 200
    for path in every:
        before = put(tree, path, EDIT)
        other.write_text(json.dumps({**tree, "checksum": checksum(tree)}), encoding="utf-8")
        report = decision(Options(path=other)).report
        assert report.gate.verdict == "blocked", path
        assert [change.name.rsplit(" ", 1)[-1] for change in report.gate.changes] == [path[-1]], path
        put(tree, path, before)


EDITS: dict[str, Callable[[Tree], object]] = {
    "CFG-03 outcome": lambda tree: row(tree, "CFG-03").update(outcome="pass"),
    "CFG-03 earned": lambda tree: row(tree, "CFG-03")["shares"][0].update(low="1"),
    "CFG-03 findings 1 outcome": lambda tree: [one.update(outcome="pass") for one in row(tree, "CFG-03")["findings"]],
    "CFG-03 standing": lambda tree: row(tree, "CFG-03").update(standing="out-of-scope"),
    "CFG-03 title": lambda tree: row(tree, "CFG-03").update(title="all is well"),
    "CFG-03 says absent": lambda tree: row(tree, "CFG-03")["says"].update(absent="all is well"),
    "gate verdict": lambda tree: tree["gate"].update(verdict="passed"),
    "gate exit_code": lambda tree: tree["gate"].update(exit_code=0),
    "gate bars score minimum": lambda tree: tree["gate"]["bars"]["score"].update(minimum=1.0),
    "gate reasons": lambda tree: tree["gate"].update(reasons=[]),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_caught_by_name(stored: Path, command: Command, name: str) -> None:
    ended = command("gate", edited(stored, EDITS[name], whole=True), "--json")

    assert (ended.code, ended.json["gate"]["verdict"]) == (1, "blocked")
    assert any(found.startswith(name.rsplit(" ", 1)[0]) for found in names(ended)), names(ended)


def all_well(tree: Tree) -> None:
    """Write all sums anew to pass, and leave the findings."""
    for part in tree["parts"]:
        for check in part["checks"]:
            check.update(earned=check["applicable"], unseen=0.0)
    tree["gate"].update(verdict="passed", passed=True, exit_code=0, reasons=[])


def test_a_report_that_says_it_passed_does_not_pass(stored: Path, command: Command) -> None:
    ended = command("gate", edited(stored, all_well, whole=True))

    assert ended.code == 1
    assert "failed, and it blocks whatever the score is" in ended.out
    assert "does not add up" in ended.out


def test_a_bar_that_the_report_names_as_the_user_s_does_not_loosen_the_profile(stored: Path, command: Command) -> None:
    def lower(tree: Tree) -> None:
        tree["gate"]["bars"]["score"].update(minimum=1.0, origin="--fail-under")

    ended = command("gate", edited(stored, lower, whole=True), "--json")

    assert ended.json["gate"]["bars"]["score"] == {"minimum": 70.0, "origin": "profile default"}


def test_the_same_look_as_the_base_s_must_say_the_same(passing: Path, command: Command) -> None:
    def better(tree: Tree) -> None:
        tree["references"][0]["here"] = "near"

    ended = command("gate", edited(passing, better, whole=True), "--baseline", passing, "--json")

    assert ended.code == 1
    assert names(ended) == ["references 1 here"]


def test_a_report_is_held_against_the_one_of_the_base(
    corrected: Path, passing: Path, command: Command, tmp_path: Path
) -> None:
    agent("coder", primary="ollama/gemma2:27b")(corrected)
    path = tmp_path / "change.json"
    command("audit", corrected, *STATIC, "--report", f"json={path}")

    ended = command("gate", path, "--baseline", passing, "--json")

    assert ended.code == 1
    assert [one["check"] for one in ended.json["gate"]["comparison"]["new"]][:1] == ["CFG-03"]


def test_a_failure_of_both_reports_is_known_and_does_not_block(broken: Path, command: Command, tmp_path: Path) -> None:
    path = tmp_path / "base.json"
    command("audit", broken, "--offline", "--report", f"json={path}")
    again = tmp_path / "again.json"
    again.write_bytes(path.read_bytes())

    ended = command("gate", again, "--baseline", path, "--json")

    codes = {(one["code"], one["check"]) for one in ended.json["gate"]["reasons"]}
    assert not any(code in {"veto-failed", "new-failures"} for code, _ in codes)
    assert ended.json["gate"]["comparison"]["known"] > 0


def test_an_edited_report_of_the_base_blocks(passing: Path, command: Command, tmp_path: Path) -> None:
    base = tmp_path / "base.json"
    base.write_bytes(edited(passing, lambda tree: tree["score"].update(value=1.0)).read_bytes())

    ended = command("gate", passing, "--baseline", base, "--json")

    assert ended.code == 1
    assert "score value" in names(ended)


def test_a_report_that_was_held_against_a_base_is_decided_alone_where_the_base_is_not_at_hand(
    corrected: Path, passing: Path, command: Command, tmp_path: Path
) -> None:
    path = tmp_path / "change.json"
    path.write_text(command("gate", corrected, *STATIC, "--baseline", passing, "--json").out, encoding="utf-8")

    ended = command("gate", path, "--json")

    assert ended.code == 0
    assert "base that is not at hand" in ended.err
    assert ended.json["gate"]["comparison"] is None


def test_a_report_of_another_version_is_counted_by_what_is_known_of_it(passing: Path, command: Command) -> None:
    def older(tree: Tree) -> None:
        tree["tool"]["version"] = "0.0.1"
        tree["parts"][0]["checks"].append({**row(tree, "CFG-01"), "id": "CFG-99"})

    ended = command("gate", edited(passing, older, whole=True), "--json")

    assert __version__ != "0.0.1"
    assert "the report is of modelcheck 0.0.1" in ended.err
    assert ended.code == 0
    assert not any(one["id"] == "CFG-99" for part in ended.json["parts"] for one in part["checks"])


def test_a_check_that_an_older_report_does_not_have_was_not_seen(passing: Path, command: Command) -> None:
    def older(tree: Tree) -> None:
        tree["tool"]["version"] = "0.0.1"
        tree["parts"][0]["checks"] = [one for one in tree["parts"][0]["checks"] if one["id"] != "CFG-03"]

    ended = command("gate", edited(passing, older, whole=True), "--json")

    assert (ended.code, ended.check("CFG-03")["outcome"]) == (3, "unknown")


def without_shares(tree: Tree) -> None:
    for part in tree["parts"]:
        for check in part["checks"]:
            check.pop("shares")


REFUSED: dict[str, tuple[Callable[[Tree], object], str]] = {
    "without shares": (without_shares, "cannot be counted again"),
    "without a checksum": (lambda tree: tree.pop("checksum"), "cannot be counted again"),
    "of another schema": (lambda tree: tree.update(schema="modelcheck-report/9"), "is no report of modelcheck"),
    "without parts": (lambda tree: tree.pop("parts"), "is no report that can be read"),
    "with a wrong type": (lambda tree: tree["score"].update(value="much"), "is no report that can be read"),
    "of no profile": (lambda tree: tree["profile"].update(name="mine"), "there is no profile mine"),
    "of an own profile": (lambda tree: tree["profile"].update(place="mine.yaml"), "of the project's own (mine.yaml)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_counted_is_wrong_usage(passing: Path, command: Command, name: str) -> None:
    edit, said = REFUSED[name]

    ended = command("gate", edited(passing, edit))

    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"schema": 1}', "[" * 100_000, '{"a": 1, "a": 2}'])
def test_what_is_no_report_is_wrong_usage(command: Command, tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)

    assert command("gate", path).code == 2


def test_the_user_s_profile_must_be_the_report_s(passing: Path, command: Command) -> None:
    ended = command("gate", passing, "--profile", "local-only")

    assert ended.code == 2
    assert "judged by the profile static, and local-only is wanted" in ended.err


@pytest.mark.parametrize("option", [("--only", "CFG-03"), ("--last",), ("--from", "facts.json"), ("--max-drop", "1")])
def test_options_of_a_look_do_not_go_with_a_report(passing: Path, command: Command, option: tuple[str, ...]) -> None:
    ended = command("gate", passing, *option)

    assert ended.code == 2
    assert option[0] in ended.err


def test_a_checkout_of_the_base_is_asked_for_the_same_report(
    corrected: Path, passing: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    monkeypatch.chdir(tmp_path)
    missing = command("gate", "passing.json", "--baseline", base)
    (base / "passing.json").write_bytes(passing.read_bytes())
    (base / "modelcheck.yaml").write_text("profile: static\n")

    ended = command("gate", "passing.json", "--baseline", base)

    assert (missing.code, ended.code) == (2, 0)
    assert "has no report passing.json" in missing.err
    assert "Held against the base's report" in ended.out
