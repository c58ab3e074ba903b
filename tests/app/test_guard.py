"""The guard, composed: what it rules by, where its log goes, and what its operator is told of the upstream."""

import asyncio
import importlib.util
import json
import re
import signal
import socket
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from hostile import needs_posix
from raw_server import RawServer, Serve, response, sending

from modelcheck.app import guard as module
from modelcheck.app.errors import UserError
from modelcheck.app.guard import Parts, composed, guarded
from modelcheck.app.guardsetup import Asked
from modelcheck.app.upstream import first_look
from modelcheck.core.sentence import Told
from modelcheck.guard.event import Event, Outcome
from modelcheck.guard.setup import Address

REFUSAL = Event(Outcome.REFUSED, "not-here", 403, "POST", "/api/pull", "pull", "qwen3:4b")
WHOLE = {"name": "llama3:8b", "size": 1 << 30, "digest": "a" * 64}
STUB = {
    "name": "helper:latest",
    "size": 300,
    "digest": "b" * 64,
    "remote_host": "https://ollama.com:443",
}
BOTH: dict[str, object] = {"models": [WHOLE, STUB]}


def made(home: Path, *, environ: dict[str, str] | None = None, **asked: Any) -> Parts:
    """Put a guard together in a home of its own."""
    given: dict[str, Any] = {"workers": 1} | asked
    return composed(Asked(**given), lambda _: None, environ=environ or {}, home=home)


def refused(home: Path, **asked: Any) -> str:
    with pytest.raises(UserError) as caught:
        made(home, **asked)
    assert caught.value.exit_code == 2
    return str(caught.value)


def reply(body: object, status: str = "200 OK") -> Serve:
    return sending(response(json.dumps(body).encode(), status))


def seen(tags: Serve, status: Serve) -> list[str]:
    """Return what is told of an upstream after its answers to both questions."""
    with RawServer({"/api/tags": tags, "/api/status": status}) as server:
        return [str(one).replace(server.url, "URL") for one in first_look(Address("127.0.0.1", server.port))]


def test_the_log_is_in_a_folder_of_the_users_own_by_the_port(tmp_path: Path) -> None:
    state = tmp_path / "state"
    parts = made(tmp_path, environ={"XDG_STATE_HOME": str(state), "LOCALAPPDATA": str(state)}, listen="127.0.0.1:8181")
    parts.journal.note(REFUSAL)
    parts.journal.close()

    assert json.loads((state / "modelcheck" / "guard-8181.jsonl").read_bytes())["name"] == "qwen3:4b"
    assert parts.log == "~/state/modelcheck/guard-8181.jsonl"


def test_a_log_that_is_named_is_used(tmp_path: Path) -> None:
    parts = made(tmp_path, audit_log=tmp_path / "deep" / "down" / "log.jsonl")
    parts.journal.note(REFUSAL)
    parts.journal.close()

    assert (tmp_path / "deep" / "down" / "log.jsonl").read_bytes().count(b"\n") == 1


def test_without_a_log_nothing_is_written(tmp_path: Path) -> None:
    parts = made(tmp_path, no_audit_log=True)
    parts.journal.note(REFUSAL)
    parts.journal.close()

    assert (parts.log, list(tmp_path.iterdir())) == ("", [])


def test_options_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    assert "contradict each other" in refused(tmp_path, audit_log=Path("x"), no_audit_log=True)
    assert "--learn prints on standard output" in refused(tmp_path, audit_log=Path("-"), learn=True)


def test_standard_output_is_a_log_that_has_no_place(tmp_path: Path) -> None:
    assert made(tmp_path, audit_log=Path("-")).log == ""


@needs_posix
def test_a_log_that_is_a_link_is_refused_with_the_home_left_out(tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")

    assert refused(tmp_path, audit_log=tmp_path / "log") == (
        "the audit log ~/log cannot be opened: it is a link; name another file, or give --no-audit-log"
    )


@needs_posix
def test_a_folder_for_logs_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / ".local").write_bytes(b"")

    said = refused(tmp_path)
    assert said.startswith("the folder ~/.local/state/modelcheck of the audit log cannot be made: ")
    assert said.endswith("; name a file by --audit-log")


def test_without_a_home_a_log_must_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "own_home", lambda: None)
    with pytest.raises(UserError, match="there is no home to keep the audit log in"):
        composed(Asked(), lambda _: None, environ={})

    composed(Asked(audit_log=tmp_path / "log"), lambda _: None, environ={}).journal.close()
    composed(Asked(no_audit_log=True), lambda _: None, environ={}).journal.close()


@pytest.mark.parametrize("missing", ["httptools", "multipart"])
def test_what_is_not_installed_is_named_with_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    there = importlib.util.find_spec

    def find(name: str) -> ModuleSpec | None:
        return None if name == missing else there(name)

    monkeypatch.setattr(module, "find_spec", find)

    assert refused(tmp_path) == f'the guard needs {missing}: pip install "modelcheck[guard]"'


def test_settings_of_the_user_that_cannot_be_used_are_told_at_once(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("exceptions:\n  - what: everything\n")

    with pytest.raises(UserError, match="exceptions"):
        made(tmp_path, environ={"MODELCHECK_CONFIG": str(own)})


def test_exceptions_come_from_the_users_own_settings(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "exceptions:\n  - {what: pull, subject: 'qwen3:4b', reason: a test, approver: me, until: 2026-12-24}\n"
    )
    parts = made(tmp_path, environ={"MODELCHECK_CONFIG": str(own)}, no_audit_log=True)

    assert [one.subject for one in parts.knowledge.exemptions()] == ["qwen3:4b"]
    assert parts.knowledge.now().tzinfo is not None


def test_the_metrics_say_how_much_of_the_log_is_lost(tmp_path: Path) -> None:
    parts = made(tmp_path, no_audit_log=True, metrics="127.0.0.1:0")
    parts.journal.lost = 7

    assert b"\nmodelcheck_guard_audit_lost 7\n" in parts.metrics.exposition()
    assert parts.exposed == Address("127.0.0.1", 0)
    assert "--metrics takes HOST:PORT" in refused(tmp_path, metrics="9464")


def test_only_a_guard_that_shall_learn_does(tmp_path: Path) -> None:
    assert made(tmp_path, no_audit_log=True).lessons is None
    assert made(tmp_path, no_audit_log=True, learn=True).lessons is not None


def test_the_upstream_is_counted_and_its_cloud_named() -> None:
    tags = reply(BOTH)

    assert seen(tags, reply({"cloud": {"disabled": True, "source": "env"}})) == [
        "URL answers; models here: 1, stubs of its cloud: 1",
        "its cloud is disabled",
    ]
    assert seen(tags, reply({"cloud": {"disabled": False}}))[1].startswith(
        "its cloud is not disabled, so requests wait"
    )
    assert seen(tags, reply("404 page not found", "404 Not Found"))[1].startswith(
        "whether its cloud is disabled it does"
    )


@pytest.mark.parametrize(
    "tags",
    {
        "no object": reply([]),
        "a model without a name": reply({"models": [{"size": 1}]}),
        "a failure": reply({}, "500 Internal Server Error"),
        "nothing": sending(b""),
        "no HTTP": sending(b"SSH-2.0"),
    }.items(),
    ids=itemgetter(0),
)
def test_an_upstream_that_is_no_ollama_is_said_to_be_none(tags: tuple[str, Serve]) -> None:
    assert seen(tags[1], reply({})) == [
        "URL does not answer as Ollama does; until then whatever names a model is refused"
    ]


def test_an_upstream_that_is_not_there_is_said_not_to_answer() -> None:
    with RawServer(sending(b"")) as server:
        port = server.port

    assert str(*first_look(Address("127.0.0.1", port))).startswith(f"http://127.0.0.1:{port} does not answer")


@pytest.fixture
def upstream() -> Iterator[str]:
    answers = {"/api/tags": reply(BOTH), "/api/status": reply({"cloud": {"disabled": True}})}
    other = sending(response(b"", "404 Not Found"))
    with RawServer(defaultdict(lambda: other, answers)) as server:
        yield server.url


@pytest.fixture
def signals() -> Iterator[None]:
    """Whatever heeds signals before a test does so after it."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@dataclass
class Operator:
    """Asks a guard to end by a signal as soon as it has told of its upstream, and keeps what it was told."""

    number: int
    listening: list[Address] = field(default_factory=list[Address])
    said: list[str] = field(default_factory=list[str])

    def ready(self, address: Address) -> None:
        self.listening.append(address)

    def say(self, told: Told) -> None:
        self.said.append(str(told))
        if "cloud is disabled" in self.said[-1]:
            asyncio.get_running_loop().call_soon(signal.raise_signal, self.number)


@needs_posix
@pytest.mark.parametrize(("number", "interrupted"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_it_runs_until_it_is_asked_to_end_and_tells_who_asked(
    tmp_path: Path, upstream: str, signals: None, number: int, interrupted: bool
) -> None:
    operator = Operator(number)
    parts = made(
        tmp_path, upstream=upstream, listen="127.0.0.1:0", metrics="127.0.0.1:0", audit_log=tmp_path / "log.jsonl"
    )
    parts.journal.note(REFUSAL)

    assert guarded(parts, operator.ready, operator.say) is interrupted

    assert len(operator.listening) == 1
    assert operator.listening[0].port > 0
    assert re.fullmatch(r"the metrics are at http://127\.0\.0\.1:[1-9][0-9]*/metrics", operator.said[0])
    assert operator.said[1:] == [
        "each refusal is logged in ~/log.jsonl",
        f"{upstream} answers; models here: 1, stubs of its cloud: 1",
        "its cloud is disabled",
    ]
    assert parts.log == "~/log.jsonl"


@needs_posix
def test_metrics_for_other_machines_are_warned_of_and_what_the_log_has_lost_is_told(
    tmp_path: Path, upstream: str, signals: None
) -> None:
    operator = Operator(signal.SIGTERM)
    parts = made(tmp_path, upstream=upstream, listen="127.0.0.1:0", metrics="0.0.0.0:0", no_audit_log=True)
    parts.journal.lost = 3

    guarded(parts, operator.ready, operator.say)

    assert operator.said[0] == "0.0.0.0:0 can be reached from other machines, which may read the metrics"
    assert operator.said[-1] == ("the audit log could not be written for all: 3 refusals have no line in it")


@pytest.mark.parametrize("option", ["listen", "metrics"])
def test_an_address_that_is_taken_is_told_and_the_log_is_closed(
    tmp_path: Path, upstream: str, signals: None, option: str
) -> None:
    operator = Operator(signal.SIGTERM)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        asked: dict[str, Any] = {"listen": "127.0.0.1:0"} | {option: address}
        parts = made(tmp_path, upstream=upstream, audit_log=tmp_path / "log.jsonl", **asked)
        with pytest.raises(UserError, match=rf"^{address} cannot be listened on: .*; choose another with --{option}$"):
            guarded(parts, operator.ready, operator.say)

    assert operator.listening == []
    (tmp_path / "log.jsonl").unlink()


def test_a_host_that_means_nothing_cannot_be_listened_on(tmp_path: Path, signals: None) -> None:
    parts = made(tmp_path, listen="127.0.0.1:0", metrics="256.0.0.1:0", no_audit_log=True)

    with pytest.raises(UserError, match="cannot be listened on: "):
        guarded(parts, lambda _: None, lambda _: None)


@needs_posix
def test_a_second_ctrl_c_ends_it_at_once(
    tmp_path: Path, upstream: str, signals: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[bool] = []
    monkeypatch.setattr(module, "leave", lambda: left.append(True))
    parts = made(tmp_path, upstream=upstream, listen="127.0.0.1:0", no_audit_log=True)

    def ready(_: Address) -> None:
        for _again in range(2):
            asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)

    assert guarded(parts, ready, lambda _: None)
    assert left == [True]
