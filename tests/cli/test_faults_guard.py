"""A guard that is required and is not in force, through the whole pipeline; else nobody asks for it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from ended import Command, Ended
from fake_guard import FakeGuard
from guarded import guarded

from modelcheck.app.demo import simulated_probes
from modelcheck.core.handshake import PATH
from modelcheck.probes.ollama import guard as probing
from modelcheck.standin.stack import Stack

HOUSE = "profiles/house.yaml"
AROUND = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def nobody_at_the_usual_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "DIRECT", AROUND)


@pytest.fixture
def audit(
    command: Command, corrected: Path, endpoints: list[str], stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ended]:
    monkeypatch.setattr("modelcheck.app.audit.probes_of", partial(simulated_probes, stack))
    (corrected / HOUSE).parent.mkdir(parents=True)
    (corrected / HOUSE).write_text("extends: default\nguard: required\n")
    return lambda *words: command("audit", corrected, *endpoints, *words, "--json")


def greetings(stack: Stack) -> int:
    return sum(one.path == PATH for one in stack.requests)


def test_where_no_guard_is_required_nobody_asks_for_one(audit: Callable[..., Ended], stack: Stack) -> None:
    ended = audit()

    assert ended.check("OLL-13")["standing"] == "out-of-scope"
    assert ended.check("OLL-13")["points"] == 2.0
    assert greetings(stack) == 0


def test_a_bare_server_fails_and_is_asked_once(audit: Callable[..., Ended], stack: Stack) -> None:
    plain, ended = audit(), audit("--profile", HOUSE)
    found = ended.check("OLL-13")

    assert (found["standing"], found["outcome"], found["earned"], found["applicable"]) == ("judged", "fail", 0.0, 2.0)
    assert [one["code"] for one in found["findings"]] == ["bare"]
    assert greetings(stack) == 1
    assert {one.method for one in stack.requests if one.server == "ollama"} == {"GET", "POST"}
    assert {one.path for one in stack.requests if one.server == "ollama" and one.method == "POST"} == {"/api/show"}
    before, after = plain.json["score"], ended.json["score"]
    assert round(after["applicable"] - before["applicable"], 1) == 2.0
    assert (after["earned"], after["unseen"]) == (before["earned"], before["unseen"])


def test_the_local_profile_requires_one(audit: Callable[..., Ended]) -> None:
    assert audit("--profile", "local-only").check("OLL-13")["outcome"] == "fail"


def test_a_guard_earns_its_points_and_every_request_stands_in_the_ledger(audit: Callable[..., Ended]) -> None:
    with FakeGuard() as fake:
        ended = audit("--profile", HOUSE, "--only", "OLL-13", "--endpoint", f"ollama={fake.url}")

    assert (ended.check("OLL-13")["outcome"], ended.check("OLL-13")["earned"]) == ("pass", 2.0)
    contacts = [one for one in ended.json["environment"]["contacts"] if one["host"] == "the endpoint given for ollama"]
    rows = {one["method"]: one["count"] for one in contacts}
    assert rows["POST (guard self-test)"] == sum(route.startswith("POST ") for route in fake.asked)
    assert rows["DELETE (guard self-test)"] == rows["HEAD (guard self-test)"] == 1
    assert sum(rows.values()) == len(fake.requests)


def test_through_the_guard_all_else_is_seen_as_it_is(audit: Callable[..., Ended], stack: Stack) -> None:
    plain = audit()
    with guarded(stack.ollama_url) as running:
        ended = audit("--profile", HOUSE, "--endpoint", f"ollama={running.url}")

    assert ended.check("OLL-13")["outcome"] == "pass"
    before, after = plain.json["score"], ended.json["score"]
    assert round(after["earned"] - before["earned"], 1) == round(after["applicable"] - before["applicable"], 1) == 2.0
    assert after["unseen"] == before["unseen"]


def test_what_gets_through_is_named(audit: Callable[..., Ended]) -> None:
    with FakeGuard(routes={"POST /api/create": (200, {}, b"{}")}) as fake:
        ended = audit("--profile", HOUSE, "--only", "OLL-13", "--endpoint", f"ollama={fake.url}")
    (found,) = ended.check("OLL-13")["findings"]

    assert (found["code"], found["params"]["routes"]) == ("open", "POST /api/create")


def test_a_way_around_costs_half(audit: Callable[..., Ended], stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "DIRECT", stack.ollama_url)
    with FakeGuard() as fake:
        ended = audit("--profile", HOUSE, "--only", "OLL-13", "--endpoint", f"ollama={fake.url}")

    assert (ended.check("OLL-13")["outcome"], ended.check("OLL-13")["earned"]) == ("partial", 1.0)
    assert [one["code"] for one in ended.check("OLL-13")["findings"]] == ["direct"]
