"""The page of the guard is true: what it shows is what the code does, and its units, files and commands can be used."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from guarded import guarded

from modelcheck.app.guardsetup import Asked, setup_of
from modelcheck.cli import guard as command_of_the_guard
from modelcheck.cli.__main__ import main
from modelcheck.core.exceptions import What, is_over
from modelcheck.core.ruling import Reason
from modelcheck.guard.event import Event, Outcome
from modelcheck.guard.fault import STATUS, Fault
from modelcheck.guard.journal import Journal
from modelcheck.guard.limits import MIB, Limits
from modelcheck.guard.metrics import Metrics
from modelcheck.guard.routes import MODEL, PROOF, ROUTES, route_of
from modelcheck.profiles.own import exemptions, own_layer
from modelcheck.profiles.shipped import profile
from modelcheck.profiles.yamlfile import read_yaml
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

PAGE = (Path(__file__).parent.parent.parent / "docs" / "guard.md").read_text("utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CODES = set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL)))
UNIT, DROP_IN = (text for kind, text in BLOCKS if kind == "ini")
YAMLS = [text for kind, text in BLOCKS if kind == "yaml"]
NOW = datetime(2026, 11, 24, 21, 13, 2, 847000, tzinfo=UTC)


def one_yaml(key: str) -> str:
    (found,) = [text for text in YAMLS if text.startswith(f"{key}:")]
    return found


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(Scenario.named("workstation")) as running:
        yield running


def shown_calls() -> list[tuple[str, str, str]]:
    """Path, body and answer of each call that the page shows."""
    console = "\n".join(text for kind, text in BLOCKS if kind == "console")
    pattern = r"\$ curl http://127\.0\.0\.1:11435(\S+) -d '(.*)'\n((?:[^$\n].*\n?)+)"
    return re.findall(pattern, console)


def test_the_page_shows_calls() -> None:
    assert [path for path, _, _ in shown_calls()] == ["/api/pull", "/api/pull"]


@pytest.mark.parametrize(("path", "body", "answer"), shown_calls())
def test_a_call_that_is_shown_is_answered_as_shown(path: str, body: str, answer: str, stack: Stack) -> None:
    with guarded(stack.ollama_url) as running, httpx.Client(base_url=running.url, trust_env=False) as client:
        assert client.post(path, content=body).text.strip() == answer.strip()


def commands() -> list[list[str]]:
    """The words of each command of the guard that a block shows."""
    text = "\n".join(text for _, text in BLOCKS)
    return [line.split() for line in re.findall(r"modelcheck (guard serve --\S.*)", text)]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_that_is_shown_is_understood(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text("0123456789abcdef0123456789abcdef\n")
    token.chmod(0o600)
    asked: list[Asked] = []

    class Understood(Exception):
        """It came to the point where the guard would be put together."""

    def take(one: Asked, _: object) -> None:
        asked.append(one)
        raise Understood

    monkeypatch.setattr(command_of_the_guard, "composed", take)
    monkeypatch.setattr(sys, "argv", ["modelcheck", *(str(token) if "/secrets/" in word else word for word in words)])
    with pytest.raises((Understood, SystemExit)):
        main()
    (found,) = asked
    told: list[object] = []

    assert setup_of(found, told.append).upstream.port in {11434, 11500}
    assert told == []


def test_there_are_three_commands_in_blocks() -> None:
    assert len(commands()) == 3


def analysed(*units: Path, tmp_path: Path) -> str:
    """What systemd says of units; nothing where it finds no fault."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("there is no systemd-analyze here")
    ended = subprocess.run(
        [program, "verify", "--man=no", "--recursive-errors=no", *map(str, units)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )
    return "\n".join(
        line for line in ended.stderr.splitlines() if str(tmp_path) in line or line.startswith(("ollama", "modelcheck"))
    )


def test_the_unit_of_the_guard_is_one_that_systemd_takes(tmp_path: Path) -> None:
    unit = tmp_path / "modelcheck-guard.service"
    unit.write_text(UNIT.replace("/opt/modelcheck/bin/modelcheck", "/bin/true"))
    (tmp_path / "ollama.service").write_text("[Service]\nExecStart=/bin/true\n")

    assert analysed(unit, tmp_path=tmp_path) == ""


def test_the_drop_in_for_ollama_is_one_that_systemd_takes(tmp_path: Path) -> None:
    (tmp_path / "ollama.service").write_text("[Service]\nExecStart=/bin/true\n")
    (tmp_path / "ollama.service.d").mkdir()
    (tmp_path / "ollama.service.d" / "guarded.conf").write_text(DROP_IN)

    assert analysed(tmp_path / "ollama.service", tmp_path=tmp_path) == ""


def test_a_fault_in_either_would_be_seen(tmp_path: Path) -> None:
    unit = tmp_path / "modelcheck-guard.service"
    (tmp_path / "ollama.service").write_text("[Service]\nExecStart=/bin/true\n")
    (tmp_path / "ollama.service.d").mkdir()
    (tmp_path / "ollama.service.d" / "guarded.conf").write_text(DROP_IN.replace("IPAddressDeny", "IPAddressDny"))
    unit.write_text(
        UNIT.replace("/opt/modelcheck/bin/modelcheck", "/bin/true").replace("DynamicUser=yes", "DynamicUsr=yes")
    )

    said = analysed(unit, tmp_path / "ollama.service", tmp_path=tmp_path)
    assert "DynamicUsr" in said
    assert "IPAddressDny" in said


def test_guard_and_ollama_meet_at_one_port() -> None:
    assert "--upstream http://127.0.0.1:11500 " in UNIT
    assert "Environment=OLLAMA_HOST=127.0.0.1:11500\n" in DROP_IN
    assert f"TimeoutStopSec={int(Limits().drain_s) + 15}\n" in UNIT


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(one_yaml("services"))
    return found


def test_only_the_guard_of_the_compose_file_can_be_reached_and_only_it_reaches_out() -> None:
    services, networks = compose()["services"], compose()["networks"]
    ollama, guard = services["ollama"], services["guard"]

    assert "ports" not in ollama
    assert [networks[name]["internal"] for name in ollama["networks"]] == [True]
    assert set(guard["networks"]) == set(networks)
    assert all(volume.endswith(":ro") for volume in ollama["volumes"])
    assert set(ollama["environment"]) == {"OLLAMA_NO_CLOUD", "OLLAMA_NOPRUNE"}
    assert guard["secrets"] == list(compose()["secrets"])


def test_the_exceptions_are_ones_that_the_users_own_file_takes(tmp_path: Path) -> None:
    found = exemptions(own_layer(read_yaml("own.yaml", one_yaml("exceptions")), tmp_path))

    assert [one.what for one in found] == [What.PULL, What.REQUEST, What.REQUEST]
    assert not any(is_over(one.until, NOW) for one in found)


def test_the_profile_is_one_that_requires_a_guard(tmp_path: Path) -> None:
    text = one_yaml("extends")
    (tmp_path / "house.yaml").write_text(f"{text}title: Ours\n")

    found = profile("house.yaml", tmp_path)
    assert found.guard
    assert "OLL-13" in found.checks


@pytest.mark.parametrize("route", [*ROUTES, MODEL, PROOF], ids=lambda route: f"{route.method} {route.path}")
def test_every_route_is_in_the_table(route: Any) -> None:
    (found,) = [row for row in table("what happens") if names_route(row[0], route.path)]
    is_open = route.passes and "refused" not in found[1]

    assert is_open == (route.action.value in {"look", "infer", "describe"})
    assert ("always" in found[1]) == (not route.passes)


def table(heading: str) -> list[list[str]]:
    """The rows of the table whose heading has these words."""
    lines = PAGE.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("|") and heading in line)
    rows = chain.from_iterable([line] if line.startswith("|") else [""] for line in lines[start + 2 :])
    found: list[list[str]] = []
    for row in rows:
        if not row:
            break
        found.append([cell.strip() for cell in row.strip("|").split(" | ")])
    return found


def names_route(cell: str, path: str) -> bool:
    paths = re.findall(r"(/[^\s`,?]*)", cell)
    return path in {one.replace("NAME", "").replace("DIGEST", "").replace("KEY", "") for one in paths}


@pytest.mark.parametrize("target", [b"/api/blobs/x", b"/api/user/keys/x"])
def test_what_carries_a_name_in_its_path_is_in_the_table(target: bytes) -> None:
    route, _, _ = route_of(b"DELETE" if b"keys" in target else b"POST", target)
    (found,) = [row for row in table("what happens") if names_route(row[0], route.path)]

    assert not route.passes
    assert "always" in found[1]


def test_every_reason_stands_beside_its_status() -> None:
    rows = {code: row[0] for row in table("reasons") for code in re.findall(r"`([^`]+)`", row[1])}
    faults = set(Fault) - {Fault.EXCEPTION}

    assert set(rows) == {*(one.value for one in Reason), *(one.value for one in faults)}
    assert all(rows[one.value] == "403" for one in Reason)
    assert all(str(int(STATUS[one])) in rows[one.value] for one in faults)


def test_the_limits_are_those_of_the_code() -> None:
    limits = Limits()
    said = " ".join(PAGE.split())

    for phrase in (
        f"{limits.head >> 10} KiB and {limits.headers} headers in a head, {limits.target >> 10} KiB in a path",
        f"{limits.body // MIB} MiB in a body, {limits.bodies // MIB} MiB in all bodies",
        f"{limits.answer // MIB} MiB in a list of models, {limits.connections} connections, {limits.waiting} requests",
        f"{limits.head_s:g} s for a head, {limits.body_s:g} s for a body, {limits.idle_s:g} s between two requests",
        f"{limits.stuck_s:g} s for a caller that takes nothing, {limits.connect_s:g} s to connect",
        f"{limits.silence_s:g} s for an upstream that says nothing, {limits.drain_s:g} s to end",
        f"read again every {limits.refresh_s:g} seconds at most",
        f"only within {limits.fresh_s:g} seconds of a look",
        f"go on for {limits.last_known_s:g} seconds",
    ):
        assert phrase in said


def test_the_line_of_the_log_is_one_that_the_guard_writes(tmp_path: Path, stack: Stack) -> None:
    (shown,) = [text for kind, text in BLOCKS if kind == "json"]
    log = tmp_path / "log.jsonl"
    journal = Journal(log, now=lambda: NOW)
    with guarded(stack.ollama_url, journal=journal, now=lambda: NOW) as running:
        httpx.post(f"{running.url}/api/pull", json={"model": "llama3.1:8b"}, trust_env=False)
    journal.close()

    assert [json.loads(line) for line in log.read_text().splitlines()] == [json.loads(shown)]


def test_every_counter_is_named() -> None:
    metrics = Metrics()
    for outcome in Outcome:
        metrics.count("/api/pull", outcome)
        metrics.note(Event(outcome, "closed", 403, "POST", "/api/pull"))
    found = set(re.findall(r"^(modelcheck_guard_\w+_total)", metrics.exposition().decode(), re.MULTILINE))

    assert found
    assert found <= CODES
