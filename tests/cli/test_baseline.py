"""A change that is held against its base: new failures alone count, and the base is looked at once."""

import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from ended import Command, Ended
from pairs import MISSING, Pair, laid_out
from planting import CONFIG, agent, all_of, configured, file

from modelcheck.app.demo import project, simulated_probes
from modelcheck.core.machine import Shapes, Tags
from modelcheck.probes.probe import Probe
from modelcheck.standin.stack import Stack

STATIC = ("--profile", "static")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with laid_out(tmp_path) as both:
        yield both


@pytest.fixture
def failing(tmp_path: Path) -> Pair:
    """Both states of the broken project, which is blocked."""
    with project("broken") as root:
        for name in ("base", "change"):
            shutil.copytree(root, tmp_path / name)
    return Pair(tmp_path / "base", tmp_path / "change")


def codes(ended: Ended) -> set[tuple[str, str]]:
    return {(one["code"], one["check"]) for one in ended.json["gate"]["reasons"]}


def test_what_fails_in_the_base_as_well_does_not_stop_a_change(failing: Pair, command: Command) -> None:
    alone = command("gate", failing.change, *STATIC)
    ended = command("gate", failing.change, *STATIC, "--baseline", failing.base, "--json")

    assert alone.code == 1
    assert not {code for code, _ in codes(ended)} & {"veto-failed", "new-failures", "dropped"}
    assert {code for code, _ in codes(ended)} & {"veto-known", "veto-unseen"}
    comparison = ended.json["gate"]["comparison"]
    assert (comparison["new"], comparison["gone"]) == ([], 0)
    assert comparison["known"] > 0


def test_one_failure_more_stops_it(pair: Pair, command: Command) -> None:
    agent("coder", primary=f"ollama/{MISSING}")(pair.base)
    agent("coder", primary=f"ollama/{MISSING}")(pair.change)
    before = command("gate", pair.change, *STATIC, "--baseline", pair.base)
    agent("writer", primary="ollama/nobody-has-this:70b")(pair.change)

    ended = command("gate", pair.change, *STATIC, "--baseline", pair.base, "--json")

    assert before.code == 0
    assert "CFG-03 failed, as it does in the base" in before.out
    assert ended.code == 1
    assert {("veto-failed", "CFG-03"), ("new-failures", "CFG-03")} <= codes(ended)
    new = ended.json["gate"]["comparison"]["new"]
    assert {one["subject"] for one in new} == {"nobody-has-this:70b"}
    assert all(one["place"]["path"] == CONFIG for one in new)


def test_what_a_change_repairs_is_gone(pair: Pair, command: Command) -> None:
    agent("coder", primary=f"ollama/{MISSING}")(pair.base)

    ended = command("gate", pair.change, *STATIC, "--baseline", pair.base, "--json")

    assert ended.code == 0
    assert ended.json["gate"]["comparison"]["gone"] > 0
    assert ended.json["gate"]["comparison"]["drop"] < 0


def test_a_first_lock_loses_nothing_and_gains_nothing(pair: Pair, command: Command) -> None:
    (pair.base / "models.lock").unlink()

    ended = command("gate", pair.change, *STATIC, "--baseline", pair.base, "--json")

    assert (ended.code, ended.json["gate"]["comparison"]["new"]) == (3, [])
    assert ended.check("CFG-03")["outcome"] == ended.check("CFG-05")["outcome"] == "unknown"


def no_limits(root: Path) -> None:
    """Take two half failures' worth of points away, which fails nothing."""
    configured(lambda table: [one.pop("max_retries") for one in table["model_providers"].values()])(root)


@pytest.mark.parametrize(("most", "code"), [("50", 0), ("0.1", 1)])
def test_a_score_may_fall_as_far_as_the_user_says(pair: Pair, command: Command, most: str, code: int) -> None:
    no_limits(pair.change)

    ended = command("gate", pair.change, *STATIC, "--baseline", pair.base, "--max-drop", most, "--json")

    assert ended.code == code
    assert (("dropped" if code else "drop"), "") in codes(ended)
    assert ended.json["gate"]["comparison"]["drop"] > 0


def test_max_drop_needs_a_base(pair: Pair, command: Command) -> None:
    ended = command("gate", pair.change, *STATIC, "--max-drop", "1")

    assert ended.code == 2
    assert "--max-drop needs --baseline" in ended.err


def test_the_project_itself_is_no_base(pair: Pair, command: Command) -> None:
    ended = command("gate", pair.change, *STATIC, "--baseline", pair.change)

    assert ended.code == 2
    assert "is the project itself" in ended.err


@pytest.mark.parametrize("variable", ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CHANGE_TARGET"])
def test_a_change_request_without_a_base_is_said_once(
    pair: Pair, command: Command, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "main")

    alone = command("gate", pair.change, *STATIC)
    held = command("gate", pair.change, *STATIC, "--baseline", pair.base)

    assert alone.err.count("--baseline") == 1
    assert variable in alone.err
    assert held.err == ""


MARKED = "import logging  # modelcheck: ignore[INT-01] REASON\n"


def test_an_inline_mark_that_the_change_adds_is_named_and_one_that_moved_is_not(pair: Pair, command: Command) -> None:
    source = (pair.base / "agents/writer.py").read_text()
    file("agents/writer.py", MARKED.replace("REASON", "a false alarm") + source)(pair.base)
    moved = "\n\n" + MARKED.replace("REASON", "a false alarm") + MARKED.replace("REASON", "trust me") + source
    file("agents/writer.py", moved)(pair.change)

    ended = command("gate", pair.change, *STATIC, "--baseline", pair.base, "--json")

    changes = [(one["kind"], one["name"], one["change"]) for one in ended.json["gate"]["changes"]]
    assert changes == [("ignore", "agents/writer.py:4", "INT-01: trust me")]


def test_a_report_of_the_base_governs_alone(pair: Pair, command: Command, tmp_path: Path) -> None:
    file("modelcheck.yaml", "profile: static\nexpect: {context: 16384}\nsensitive: [writer]\n")(pair.base)
    base = tmp_path / "base.json"
    command("audit", pair.base, "--report", f"json={base}")
    all_of(file("modelcheck.yaml", "profile: default\nexpect: {context: 4096}\n"))(pair.change)
    agent("coder", primary=f"ollama/{MISSING}")(pair.change)
    lock = json.loads((pair.change / "models.lock").read_text())
    lock["models"].append({**lock["models"][0], "name": MISSING})
    file("models.lock", json.dumps(lock))(pair.change)

    ended = command("gate", pair.change, "--baseline", base, "--json")

    named = {(one["kind"], one["name"]) for one in ended.json["gate"]["changes"]}
    assert ended.code == 3
    assert ended.json["profile"]["name"] == "static"
    assert named >= {
        ("settings", "expect.context"),
        ("settings", "sensitive"),
        ("profile", "name"),
        ("lock", MISSING),
    }


def test_a_report_and_a_checkout_of_one_base_decide_alike(pair: Pair, command: Command, tmp_path: Path) -> None:
    no_limits(pair.change)
    base = tmp_path / "base.json"
    command("audit", pair.base, *STATIC, "--report", f"json={base}")

    by_folder = command("gate", pair.change, *STATIC, "--baseline", pair.base, "--json").json["gate"]
    by_report = command("gate", pair.change, *STATIC, "--baseline", base, "--json").json["gate"]

    by_folder["comparison"].pop("baseline")
    assert by_report["comparison"].pop("baseline").startswith("report ")
    assert by_folder == by_report


def test_a_report_of_the_base_in_the_project_is_said_to_be_in_reach(pair: Pair, command: Command) -> None:
    base = pair.change / "base.json"
    command("audit", pair.base, *STATIC, "--report", f"json={base}")

    ended = command("gate", pair.change, *STATIC, "--baseline", base)

    assert "base.json lies in the project" in ended.err


def test_a_report_of_saved_facts_may_be_a_base_too(pair: Pair, command: Command, tmp_path: Path) -> None:
    facts, base = tmp_path / "facts.json", tmp_path / "base.json"
    command("audit", pair.base, *STATIC, "--facts-out", facts)
    command("audit", "--from", facts, *STATIC, "--report", f"json={base}")

    assert command("gate", pair.change, *STATIC, "--baseline", base).code == 0


def test_a_report_of_an_older_version_is_no_base(pair: Pair, command: Command, tmp_path: Path) -> None:
    base = tmp_path / "base.json"
    base.write_text("{}")

    assert command("gate", pair.change, *STATIC, "--baseline", base).code == 2
    assert command("gate", pair.change, *STATIC, "--baseline", tmp_path / "none.json").code == 2


class Counted:
    """The simulated probes, counting how often each looks."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.looks: list[str] = []

    def __call__(self) -> tuple[Probe[..., object], ...]:
        return tuple(map(self._counting, simulated_probes(self._stack)))

    def _counting(self, one: Probe[..., object]) -> Probe[..., object]:
        def look(**given: object) -> object:
            self.looks.append(one.name)
            return one.look(**given)

        look.__name__ = one.name
        return Probe(look, one.needs, one.optional, one.access, one.promises)

    def of(self, kind: type) -> int:
        (name,) = {one.name for one in simulated_probes(self._stack) if kind in one.promises}
        return self.looks.count(name)


@pytest.mark.parametrize("differs", [False, True])
def test_the_machine_is_asked_once_for_what_both_share(
    pair: Pair,
    command: Command,
    endpoints: list[str],
    stack: Stack,
    monkeypatch: pytest.MonkeyPatch,
    differs: bool,
) -> None:
    probes = Counted(stack)
    monkeypatch.setattr("modelcheck.app.audit.probes_of", partial(probes))
    if differs:
        agent("coder", primary="ollama/starcoder2:3b")(pair.change)

    ended = command("gate", pair.change, *endpoints, "--baseline", pair.base, "--json")

    assert (
        ended.json["gate"]["comparison"]["value"]
        == ended.json["gate"]["comparison"]["drop"] + (ended.json["score"]["value"])
    )
    assert probes.of(Tags) == 1
    assert probes.of(Shapes) == (2 if differs else 1)
