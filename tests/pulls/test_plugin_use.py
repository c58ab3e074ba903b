"""How the watch is asked for and lifted, what it lets pass, and that it leaves nothing behind."""

import subprocess
import sys
from pathlib import Path

import pytest
from pytest_run import PLUGIN, Run, run
from raw_server import RawServer, response, sending

ALL = "modelcheck_no_pull = true\n"
PULL = """
import contextlib, httpx, pytest
def pull():
    with contextlib.suppress(Exception):
        httpx.post("http://127.0.0.1:9/api/pull", json={"model": "llama3.2"})
"""
ASKED_FOR = (
    PULL
    + """
import unittest

def test_fixture(no_pull): pull()
@pytest.mark.usefixtures("no_pull")
def test_usefixtures(): pull()
@pytest.mark.no_pull
def test_marker(): pull()
def test_value(request):
    request.getfixturevalue("no_pull")
    pull()
@pytest.mark.no_pull
class TestClass:
    def test_method(self): pull()
    @pytest.mark.may_pull
    def test_lifted_method(self): pull()
@pytest.mark.no_pull
class TestCase(unittest.TestCase):
    def test_case(self): pull()
    def test_case_of_coroutines(self): pull()
@pytest.mark.may_pull(reason="the mirror is tried")
def test_lifted(no_pull): pull()
def test_not_asked(): pull()
"""
)
PHASES = (
    PULL
    + """
@pytest.fixture
def before(): pull()
@pytest.fixture(scope="module")
def wide():
    pull()
    yield
@pytest.fixture
def after():
    yield
    pull()
@pytest.fixture
def swallows():
    try: pull()
    except BaseException: pass

def test_set_up(before): pass
def test_wide(wide): pass
def test_tear_down(after): pass
def test_swallowed_in_set_up(swallows): pass
"""
)
PASSES = """
import json, os, threading, httpx, ollama, pytest, urllib.request
SERVER = os.environ["SERVER"]

def test_list(): ollama.Client(SERVER).ps()
def test_show(): httpx.post(f"{SERVER}/api/show", json={"model": "a"}).raise_for_status()
def test_chat():
    text = "POST /api/pull HTTP/1.1"
    httpx.post(f"{SERVER}/api/chat", json={"model": "a", "messages": [{"content": text}]}).raise_for_status()
def test_refused():
    with pytest.raises(ConnectionError): ollama.Client("http://127.0.0.1:9").list()
def test_another_push(): httpx.post(f"{SERVER}/api/push", json={"title": "Hello"}).raise_for_status()
def test_urllib(): urllib.request.urlopen(f"{SERVER}/api/embed", b"{}").read()
def test_imitated():
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={}))
    httpx.Client(transport=transport).post("http://127.0.0.1:11434/api/pull", json={"model": "a"})
def test_replaced(monkeypatch):
    monkeypatch.setattr(ollama, "pull", lambda model: {"status": "success"})
    assert ollama.pull("a")
def test_a_body_made_piece_by_piece():
    httpx.post(f"{SERVER}/api/show", content=iter([b'{"model": ', b'"x"}']), headers={"content-length": "14"})
def test_a_failure_of_its_own(): assert 1 == 2
def test_skipped(): pytest.skip("for a reason")
@pytest.mark.xfail
def test_expected(): ollama.Client("http://127.0.0.1:9").list()
"""
LEFT = """
import asyncio, http.client, socket, ssl, sys, httpcore, httpcore2, pytest
PLACES = [
    (socket, "getaddrinfo"), (socket.socket, "send"), (socket.socket, "sendall"), (socket.socket, "connect"),
    (ssl.SSLContext, "wrap_bio"), (ssl.SSLSocket, "send"),
    (ssl.SSLSocket, "write"), (ssl.SSLObject, "write"), (http.client.HTTPConnection, "putrequest"),
    (httpcore.ConnectionPool, "handle_request"), (httpcore2.AsyncConnectionPool, "handle_async_request"),
]
def state(): return [(getattr(owner, name), name in vars(owner)) for owner, name in PLACES], list(sys.meta_path)
BEFORE = state()
def test_watched(no_pull): assert all(now != old for now, old in zip(state()[0], BEFORE[0]))
def test_after(): assert state() == BEFORE
@pytest.mark.no_pull
def test_failing(): socket.getaddrinfo("registry.ollama.ai", 443)
def test_after_a_failure(): assert state() == BEFORE
def test_replaced_by_another(no_pull, request):
    ours = socket.getaddrinfo
    socket.getaddrinfo = lambda *arguments: ours(*arguments)
def test_goes_on_through_the_other():
    assert socket.getaddrinfo("127.0.0.1", 80)
    with pytest.raises(OSError): socket.getaddrinfo("registry.ollama.ai.invalid", 443)
"""


def test_the_watch_is_on_where_it_is_asked_for(tmp_path: Path) -> None:
    outcomes = run(tmp_path, ASKED_FOR).outcomes

    passed = {name for name, told in outcomes.items() if told == "passed"}
    assert passed == {"test_lifted_method", "test_lifted", "test_not_asked"}
    assert all("nothing was sent" in told for name, told in outcomes.items() if name not in passed)


def test_the_fixture_watches_what_is_set_up_before_it(tmp_path: Path) -> None:
    tests = f"{PULL}\n@pytest.fixture\ndef before(): pull()\n\ndef test_order(before, no_pull): pass\n"

    assert "nothing was sent" in run(tmp_path, tests).outcomes["test_order"]


def test_the_setting_is_for_all_tests_that_are_not_allowed(tmp_path: Path) -> None:
    outcomes = run(tmp_path, ASKED_FOR, ini=ALL).outcomes

    assert {name for name, told in outcomes.items() if told == "passed"} == {"test_lifted_method", "test_lifted"}


def test_set_up_and_tear_down_are_watched(tmp_path: Path) -> None:
    outcomes = run(tmp_path, PHASES, ini=ALL).outcomes

    assert sorted(outcomes) == ["test_set_up", "test_swallowed_in_set_up", "test_tear_down", "test_wide"]
    assert all(told.startswith("error: ") and "nothing was sent" in told for told in outcomes.values())


@pytest.fixture(scope="module")
def passes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, RawServer]:
    with RawServer(sending(response(b'{"models": []}'))) as server:
        done = run(tmp_path_factory.mktemp("passes"), PASSES, ini=ALL, SERVER=server.url)
    return done, server


def test_what_pulls_nothing_ends_as_it_would(passes: tuple[Run, RawServer]) -> None:
    outcomes = passes[0].outcomes

    assert {name for name, told in outcomes.items() if told not in {"passed", "skipped"}} == {
        "test_a_failure_of_its_own"
    }
    assert "assert 1 == 2" in outcomes["test_a_failure_of_its_own"]
    assert {name for name, told in outcomes.items() if told == "skipped"} == {"test_skipped", "test_expected"}


def test_a_body_goes_on_whole(passes: tuple[Run, RawServer]) -> None:
    sent = next(
        request for request in passes[1].requests if request.startswith(b"POST /api/show") and b"x" in request[-5:]
    )

    assert sent.endswith(b'{"model": "x"}')


def test_everything_is_put_back(tmp_path: Path) -> None:
    done = run(tmp_path, LEFT)

    failed = {name for name, told in done.outcomes.items() if told != "passed"}
    assert failed == {"test_failing"}, done.shown


def test_strict_runs_know_the_setting_and_the_markers(tmp_path: Path) -> None:
    done = run(tmp_path, ASKED_FOR, "--strict-markers", "--strict-config", "-W", "error", ini=ALL)

    assert len(done.outcomes) == 10


def test_libraries_that_are_loaded_later_are_watched_and_none_is_loaded(tmp_path: Path) -> None:
    late = """
import sys
WATCHED = ("http.client", "httpcore", "httpcore2", "aiohttp", "ollama")
def test_none(no_pull): assert not [name for name in WATCHED if name in sys.modules]
def test_late(no_pull):
    import httpcore
    assert httpcore.__loader__ is httpcore.__spec__.loader
    assert "modelcheck" not in type(httpcore.__loader__).__module__
    import ollama
    ollama.Client("http://127.0.0.1:9").pull("llama3.2")
def test_later(no_pull):
    import importlib
    request = importlib.import_module("urllib.request")
    request.urlopen("http://127.0.0.1:9/api/pull", b'{"model": "llama3.2"}')
def test_absent(no_pull):
    try: import aiohttp
    except ImportError: pass
"""
    outcomes = run(tmp_path, late).outcomes

    assert (outcomes["test_none"], outcomes["test_absent"]) == ("passed", "passed")
    assert "to pull llama3.2" in outcomes["test_late"]
    assert "to pull llama3.2" in outcomes["test_later"]


def test_the_plugin_alone_imports_next_to_nothing() -> None:
    program = (
        f"import sys, pytest; before = set(sys.modules)\nimport {PLUGIN}\nprint(sorted(set(sys.modules) - before))"
    )

    shown = subprocess.check_output([sys.executable, "-c", program], text=True)

    assert shown.strip() == str(["modelcheck", "modelcheck.pulls", PLUGIN])


def test_nothing_is_watched_where_the_plugin_is_switched_off(tmp_path: Path) -> None:
    tests = PULL + "def test_it(): pull()\n"

    assert run(tmp_path, tests, "-p", f"no:{PLUGIN}", ini="").outcomes == {"test_it": "passed"}
