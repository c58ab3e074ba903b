"""`modelcheck guard serve` as people run it: a process in front of the stand-in, its words, its log and its end."""

import asyncio
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ended import Command, Ended
from hostile import HEED, after, environment, needs_posix
from openmetrics import Family, families

from modelcheck.app.guard import Parts, Ready, guarded
from modelcheck.app.guardsetup import Say
from modelcheck.cli import guard as module
from modelcheck.guard.setup import Address
from modelcheck.profiles.own import exemptions, own_layer
from modelcheck.profiles.yamlfile import read_yaml
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

LONG_S = 60
"""In which a guard says what it has to say, or ends."""
TOKEN = "a-token-for-tests-1"
PULL = {"model": "qwen3:4b"}


@dataclass
class Running:
    """A guard that runs."""

    process: "subprocess.Popen[str]"
    said: list[str] = field(default_factory=list)
    """The lines on its standard error, up to now."""
    heard: threading.Condition = field(default_factory=threading.Condition)

    def listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self.heard:
                self.said.append(line.rstrip("\n"))
                self.heard.notify_all()
        with self.heard:
            self.said.append("")
            self.heard.notify_all()

    def line(self, pattern: str) -> re.Match[str]:
        """Wait for a line on standard error."""
        with self.heard:
            assert self.heard.wait_for(lambda: self._found(pattern) or "" in self.said, LONG_S), self.said
            found = self._found(pattern)
            assert found, self.said
            return found

    def _found(self, pattern: str) -> re.Match[str] | None:
        return next(filter(None, (re.fullmatch(pattern, line) for line in self.said)), None)

    @property
    def port(self) -> int:
        return int(self.line(r"modelcheck: guarding \S+ on http://\S+:([0-9]+)")[1])

    def ask(self, method: str, path: str, body: object = None, *, port: int = 0, **headers: str) -> tuple[int, bytes]:
        line = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=LONG_S)
        try:
            line.request(method, path, None if body is None else json.dumps(body), headers)
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def end(self, number: int = signal.SIGTERM) -> Ended:
        """Ask it to end, and return how it did."""
        self.process.send_signal(number)
        assert self.process.stdout is not None
        out = self.process.stdout.read()
        code = self.process.wait(LONG_S)
        self.line("")
        return Ended(code, out, "\n".join(self.said).rstrip())


Start = Callable[..., Running]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(Scenario.named("workstation")) as running:
        yield running


@contextmanager
def started(*arguments: str | Path, before: str = "", **env: str) -> Generator[Running]:
    command = [sys.executable, "-W", "error", "-m", "modelcheck", "guard", "serve", *map(str, arguments)]
    with subprocess.Popen(
        after(f"{HEED}\n{before}", command) if os.name == "posix" else command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment(**env),
    ) as process:
        running = Running(process)
        reader = threading.Thread(target=running.listen, daemon=True)
        reader.start()
        try:
            yield running
        finally:
            process.kill()
            process.wait()
            reader.join(LONG_S)


@pytest.fixture
def start(stack: Stack) -> Iterator[Start]:
    """Start a guard in front of the stand-in, which is killed in the end where it still runs."""
    opened: list[Any] = []

    def one(*arguments: str | Path, **more: str) -> Running:
        guard = started("--listen", "127.0.0.1:0", "--upstream", stack.ollama_url, *arguments, **more)
        opened.append(guard)
        return guard.__enter__()

    yield one
    for guard in opened:
        guard.__exit__(None, None, None)


def scraped(guard: Running, port: int) -> dict[str, Family]:
    status, text = guard.ask("GET", "/metrics", port=port)
    assert status == 200
    return families(text)


def logged(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_it_says_where_it_listens_what_it_guards_and_where_it_logs(start: Start, stack: Stack) -> None:
    guard = start()

    assert guard.line(r"modelcheck: guarding (\S+) on http://127\.0\.0\.1:[1-9][0-9]*")[1] == stack.ollama_url
    guard.line(r"modelcheck: \S+ answers; models here: 10, stubs of its cloud: 0")
    guard.line("modelcheck: its cloud is disabled")
    assert str(Path.home()) not in "".join(guard.said)
    assert guard.said[0].startswith("modelcheck: guarding ")


@needs_posix
def test_sigterm_ends_it_with_0_and_a_refusal_is_in_the_log_of_the_user(start: Start) -> None:
    guard = start()
    status, answer = guard.ask("POST", "/api/pull", PULL)
    assert (status, "not in the local inventory" in json.loads(answer)["error"]) == (403, True)

    ended = guard.end()

    assert (ended.code, ended.out) == (0, "")
    guard.line(r"modelcheck: each refusal is logged in ~/\S+/guard-0\.jsonl")
    (log,) = Path.home().rglob("guard-0.jsonl")
    (line,) = logged(log)
    assert (line["reason"], line["name"], line["client"]) == ("not-here", "qwen3:4b", "loopback")


@needs_posix
def test_ctrl_c_ends_it_with_130_once_all_is_written(start: Start, tmp_path: Path) -> None:
    guard = start("--audit-log", tmp_path / "log", "--learn")
    for _ in range(3):
        guard.ask("POST", "/api/pull", PULL)

    ended = guard.end(signal.SIGINT)

    assert ended.code == 130
    assert "qwen3:4b" in ended.out
    assert [one.get("repeated") for one in logged(tmp_path / "log")] == [None, 2]
    assert "Traceback" not in ended.err


@needs_posix
def test_what_it_learns_can_be_pasted_into_the_users_own_settings(start: Start, stack: Stack, tmp_path: Path) -> None:
    guard = start("--learn", "--no-audit-log")
    guard.ask("POST", "/api/pull", PULL)
    guard.ask("POST", "/api/pull", {"model": "gpt-oss:20b-cloud"})
    ended = guard.end()

    assert [one.subject for one in exemptions(own_layer(read_yaml("own.yaml", ended.out), None))] == ["qwen3:4b"]
    assert "#   1× pull gpt-oss:20b-cloud: cloud" in ended.out

    own = tmp_path / "own.yaml"
    own.write_text(ended.out, "utf-8")
    again = start("--no-audit-log", MODELCHECK_CONFIG=str(own))
    assert "/api/pull" not in [one.path for one in stack.requests]
    again.ask("POST", "/api/pull", PULL)
    assert "/api/pull" in [one.path for one in stack.requests]


@needs_posix
def test_a_log_on_standard_output_holds_lines_and_nothing_else(start: Start) -> None:
    guard = start("--audit-log", "-")
    guard.ask("POST", "/api/pull", PULL)
    ended = guard.end()

    assert json.loads(ended.out)["name"] == "qwen3:4b"
    assert "is logged in" not in ended.err


def test_metrics_are_scraped_from_an_address_of_their_own(start: Start) -> None:
    guard = start("--metrics", "127.0.0.1:0", "--no-audit-log")
    port = int(guard.line(r"modelcheck: the metrics are at http://127\.0\.0\.1:([0-9]+)/metrics")[1])
    guard.ask("POST", "/api/pull", PULL)
    guard.ask("GET", "/api/tags")

    until = time.monotonic() + LONG_S  # what other processes of it have counted comes within a second
    found = scraped(guard, port)
    while sum(found["modelcheck_guard_requests"].samples.values()) < 2 and time.monotonic() < until:
        found = scraped(guard, port)
    assert found["modelcheck_guard_refusals"].value(reason="not-here") == 1
    assert found["modelcheck_guard_requests"].value(route="/api/pull", outcome="refused") == 1
    assert found["modelcheck_guard_audit_lost"].value() == 0
    assert guard.ask("GET", "/metrics")[0] == 403


def test_beyond_this_machine_whoever_has_the_token_is_answered(stack: Stack, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    token.chmod(0o640)
    options = ("--listen", "0.0.0.0:0", "--metrics", "0.0.0.0:0", "--token-file", token, "--no-audit-log")
    with started("--upstream", stack.ollama_url, *options) as guard:
        assert guard.ask("GET", "/api/tags")[0] == 401
        assert guard.ask("GET", "/api/tags", Authorization=f"Bearer {TOKEN}")[0] == 200
        guard.line(r"modelcheck: 0\.0\.0\.0:0 can be reached from other machines, which may read the metrics")
        if os.name == "posix":
            guard.line(r"modelcheck: others may read \S+, which holds the token; `chmod 600` keeps it to you")
        assert TOKEN not in "".join(guard.said)


def test_names_and_origins_that_are_allowed_are_answered(start: Start) -> None:
    guard = start("--allow-host", "models.lan", "--allow-origin", "https://chat.lan", "--no-audit-log")

    assert guard.ask("GET", "/api/tags", Host="models.lan:11434")[0] == 200
    assert guard.ask("GET", "/api/tags", Host="other.lan")[0] == 403
    assert guard.ask("GET", "/api/tags", Origin="https://chat.lan")[0] == 200
    assert guard.ask("GET", "/api/tags", Origin="https://evil.lan")[0] == 403


@needs_posix
def test_on_a_full_disk_refusals_go_on_whole_lines_stay_and_the_rest_is_counted(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "log"
    full = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (700, resource.RLIM_INFINITY))"
    guard = start("--audit-log", log, before=full)
    for at in range(20):
        assert guard.ask("POST", "/api/pull", {"model": f"llama3:{at:03}b"})[0] == 403

    ended = guard.end()

    kept = len(logged(log))
    assert 0 < kept < 20
    assert log.stat().st_size <= 700
    assert ended.code == 0
    assert f"the audit log could not be written for all: {20 - kept} refusals have no line in it" in ended.err


def test_an_upstream_that_is_not_there_is_said_and_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with started("--listen", "127.0.0.1:0", "--upstream", f"http://127.0.0.1:{port}", "--no-audit-log") as guard:
        guard.line(r"modelcheck: \S+ does not answer as Ollama does; until then whatever names a model is refused")
        assert guard.ask("POST", "/api/pull", PULL)[0] in {403, 502, 503}


def test_a_port_that_is_taken_is_a_sentence(stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        upstream = ("--upstream", stack.ollama_url, "--no-audit-log")
        for options, option in (
            (("--listen", address), "--listen"),
            (("--listen", "127.0.0.1:0", "--metrics", address), "--metrics"),
        ):
            with started(*upstream, *options) as guard:
                guard.line(rf"modelcheck: {address} cannot be listened on: .*; choose another with {option}")
                assert guard.process.wait(LONG_S) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--listen", "11435"], "--listen takes HOST:PORT such as 127.0.0.1:11435, not 11435"),
        (
            ["--listen", "0.0.0.0:11435"],
            "0.0.0.0:11435 can be reached from other machines, so callers must show a token",
        ),
        (["--listen", "127.0.0.1:11434"], "the guard would stand in front of itself"),
        (["--listen", "localhost:11434"], "the guard would stand in front of itself"),
        (["--upstream", "https://127.0.0.1:1"], "--upstream takes http://HOST:PORT alone: no https, and no path"),
        (["--upstream", "127.0.0.1:1"], "--upstream takes a URL such as http://127.0.0.1:11434"),
        (["--upstream", "http://models.lan"], "http://models.lan:80 is not on this machine"),
        (["--token-file", "nothing"], "--token-file nothing cannot be read: No such file or directory"),
        (["--allow-host", "*"], "--allow-host takes a name without a port"),
        (["--allow-origin", "null"], "--allow-origin takes one origin such as https://chat.lan"),
        (["--allow-origin", "https://chat.lan", "--allow-origin", "*"], "never * or null; not *"),
        (["--metrics", "9464"], "--metrics takes HOST:PORT"),
        (["--audit-log", "x", "--no-audit-log"], "--audit-log and --no-audit-log contradict each other"),
        (["--learn", "--audit-log", "-"], "--learn prints on standard output, and so would --audit-log -"),
        (["--audit-log", "."], "the audit log . cannot be opened: it is not a regular file"),
        (["--quiet"], "`modelcheck guard serve --help` lists what there is"),
    ],
    ids=str,
)
def test_a_wrong_option_is_a_sentence_and_2(command: Command, options: list[str], said: str) -> None:
    ended = command("guard", "serve", *options)

    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.startswith("modelcheck: ")
    assert ended.err.count("\n") == 1


def test_without_its_packages_it_names_how_to_get_them(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "multipart", None)

    ended = command("guard", "serve")

    assert (ended.code, ended.err) == (2, 'modelcheck: the guard needs multipart: pip install "modelcheck[guard]"\n')


def test_it_speaks_french(command: Command, stack: Stack) -> None:
    assert (
        "la garde serait devant elle-même"
        in command("--lang", "fr", "guard", "serve", "--listen", "localhost:11434").err
    )
    with started("--lang", "fr", "--listen", "127.0.0.1:0", "--upstream", stack.ollama_url, "--no-audit-log") as guard:
        guard.line(r"modelcheck: garde de \S+ sur http://127\.0\.0\.1:[0-9]+")
        guard.line("modelcheck: son cloud est désactivé")


@needs_posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_in_this_process_it_ends_as_it_does_in_its_own(
    command: Command, stack: Stack, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    def with_an_end(parts: Parts, ready: Ready, say: Say, failed: Callable[[BaseException], int]) -> bool:
        def ends(address: Address) -> None:
            ready(address)
            asyncio.get_running_loop().call_soon(signal.raise_signal, number)

        return guarded(parts, ends, say, failed)

    monkeypatch.setattr(module, "guarded", with_an_end)
    options = ("--listen", "127.0.0.1:0", "--upstream", stack.ollama_url, "--no-audit-log", "--learn", "--workers", "1")
    ended = command("guard", "serve", *options)
    signal.signal(signal.SIGINT, before[0])
    signal.signal(signal.SIGTERM, before[1])

    assert (ended.code, ended.out) == (code, "# nothing was refused\n")
    assert "Traceback" not in ended.err


def test_help_lists_every_option(command: Command) -> None:
    shown = command("guard", "serve", "--help").out

    for option in ("--listen", "--upstream", "--token-file", "--allow-host", "--allow-origin", "--remote-upstream",
                   "--audit-log", "--no-audit-log", "--metrics", "--learn", "--workers"):  # fmt: skip
        assert option in shown
