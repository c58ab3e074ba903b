"""Attacks by time: what was true when the guard looked, and is no longer when a request comes."""

import dataclasses
import time
from collections.abc import Callable

import pytest
from attack import NORMAL, Line, Said, get, is_well, post
from attacked import SHORT, Target, attacked
from golike import CODER, LLAMA, STUB, Golike, stored
from golike_routes import Stored
from guarded import guarded

CHAT = b'{"model":"%s","messages":[],"stream":false}'
SOON_S = 2.0
"""In which a guard knows that a model has become a stub, while the cloud is enabled."""
CLOUD = Stored(CODER, "e" * 64, 400, "https://ollama.com:443", "gpt-oss:120b")


def ask(target: Target, raw: bytes) -> Said:
    with Line(target.port) as line:
        line.send(raw)
        said = line.answer()
    assert said is not None
    return said


def until_refused(target: Target, raw: bytes, within_s: float) -> list[float]:
    """Ask again and again; return the moments at which something dangerous was executed, and see it refused at last."""
    began, wrong = time.monotonic(), list[float]()
    while True:
        target.upstream.forget()
        said = ask(target, raw)
        after = time.monotonic() - began
        wrong += [after] if target.upstream.dangerous else []
        if said.status == 403 and said.reason in {"stub", "not-here", "cloud"}:
            return wrong
        assert after < within_s + 1, f"still answered {said.status} after {after:.1f} s"


@pytest.mark.parametrize("cloud", ["enabled", "absent"])
def test_a_model_that_becomes_a_stub_is_refused_within_two_seconds(cloud: str) -> None:
    with attacked(cloud=cloud) as target:
        is_well(target.port)
        target.upstream.store[CODER] = CLOUD

        wrong = until_refused(target, post(b"/api/chat", CHAT % CODER.encode()), SOON_S)

    assert all(moment <= SOON_S + 0.1 for moment in wrong), wrong


@pytest.mark.parametrize("cloud", ["enabled", "absent"])
def test_a_model_that_becomes_a_stub_is_refused_however_busy_its_name_is(cloud: str) -> None:
    """A pull of it and a look at it keep nothing alive that is no longer so."""
    with attacked(cloud=cloud) as target:
        is_well(target.port)
        target.upstream.store[CODER] = CLOUD
        for raw in (post(b"/api/pull", b'{"model":"%s"}' % CODER.encode()), get(b"/v1/models"), get(b"/api/tags")):
            ask(target, raw)

        wrong = until_refused(target, post(b"/v1/chat/completions", CHAT % CODER.encode()), SOON_S)

    assert all(moment <= SOON_S + 0.1 for moment in wrong), wrong


def test_a_model_that_becomes_a_stub_between_two_rounds_of_the_guard_is_refused_as_soon() -> None:
    """The last look is younger than the last round, so the next round comes too late to notice."""
    with attacked(cloud="enabled") as target:
        began = time.monotonic()
        while time.monotonic() < began + 0.7:
            ask(target, post(b"/api/chat", CHAT % b"absent:1b"))
        target.upstream.store[CODER] = CLOUD

        wrong = until_refused(target, post(b"/api/chat", CHAT % CODER.encode()), SOON_S)

    assert all(moment <= SOON_S + 0.1 for moment in wrong), wrong


@pytest.mark.parametrize("cloud", ["disabled", "enabled", "absent"])
def test_a_stub_that_takes_a_new_name_is_refused_from_the_first_request(cloud: str) -> None:
    with attacked(cloud=cloud) as target:
        is_well(target.port)
        store = target.upstream.store
        store["innocent:7b"] = dataclasses.replace(store.pop(STUB), name="innocent:7b")

        said = ask(target, post(b"/api/chat", CHAT % b"innocent:7b"))

        assert (said.status, said.reason) in {(403, "stub"), (403, "not-here")}
        assert target.upstream.dangerous == []


@pytest.mark.parametrize("cloud", ["disabled", "enabled", "absent"])
def test_a_stub_is_in_no_list(cloud: str) -> None:
    with attacked(cloud=cloud) as target:
        for path in (b"/api/tags", b"/v1/models"):
            said = ask(target, get(path))
            assert (said.status, STUB.encode() in said.body, CODER.encode() in said.body) == (200, False, True)


def test_a_cloud_that_is_enabled_while_the_guard_runs_is_noticed_within_seconds() -> None:
    with attacked() as target:
        is_well(target.port)
        target.upstream.cloud = "enabled"
        target.upstream.store[CODER] = CLOUD

        wrong = until_refused(target, post(b"/api/chat", CHAT % CODER.encode()), SHORT.refresh_s)

    assert all(moment <= SHORT.refresh_s for moment in wrong), wrong


def restarted(change: Callable[[Golike], None]) -> tuple[Said, Golike]:
    """Let the upstream end and another take its place, and send one request at once."""
    with Golike() as first, guarded(first.url, limits=SHORT) as guard:
        target = Target(guard, first)
        is_well(guard.port)
        first.__exit__(None, None, None)
        with Golike(port=first.port) as second:
            change(second)
            said = ask(target, NORMAL)
    return said, second


def test_a_restart_with_the_cloud_enabled_lets_no_stub_through() -> None:
    def change(second: Golike) -> None:
        second.cloud = "enabled"
        second.store[CODER] = CLOUD

    said, second = restarted(change)

    assert second.dangerous == []
    assert (said.status, said.reason) in {(403, "stub"), (403, "not-checked"), (502, "upstream")}


def test_a_restart_without_the_model_is_noticed_at_once() -> None:
    def change(second: Golike) -> None:
        del second.store[CODER]

    said, second = restarted(change)

    assert said.status in {403, 502}
    assert [one for one in second.requests if one.path == b"/api/chat"] == []


def test_a_pull_is_refused_while_the_upstream_is_away() -> None:
    with Golike() as first, guarded(first.url, limits=SHORT) as guard:
        is_well(guard.port)
        first.__exit__(None, None, None)
        with Line(guard.port) as line:
            line.send(post(b"/api/chat", CHAT % CODER.encode()))
            line.answer()

        said = ask(Target(guard, first), post(b"/api/pull", b'{"model":"%s"}' % CODER.encode()))

    assert (said.status, said.reason) in {(403, "not-checked"), (502, "upstream")}


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"cloud":null}',
        b'HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n{"cloud":{"disabled":"true"}}',
        b'HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{"cloud":{"disabled": 1}}',
        b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnot JSON!",
        b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"cloud":{"disabled":false},"cloud":{"disabled":1}}',
    ],
)
def test_a_switch_that_cannot_be_read_is_never_taken_for_off(said: bytes) -> None:
    with Golike(cloud="enabled") as upstream:
        upstream.says[b"/api/status"] = said
        with guarded(upstream.url, limits=SHORT) as guard:
            refused = ask(Target(guard, upstream), post(b"/api/chat", CHAT % CODER.encode()))

    assert (refused.status, refused.reason) in {(403, "not-checked"), (502, "upstream")}
    assert upstream.requests == []


@pytest.mark.parametrize(
    "models",
    [
        b"null",
        b'"x"',
        b"[1]",
        b'[{"name":"%s"}]' % CODER.encode(),
        b'[{"name":"%s","model":"%s","size":1,"digest":"","remote_host":"https://ollama.com"}]'
        % (CODER.encode(), CODER.encode()),
        b'[{"name":"%s","model":"%s","size":1000000000,"digest":"%s","remote_host":""},'
        b'{"name":"%s","model":"%s","size":9,"digest":"%s","remote_host":"https://ollama.com","remote_model":"x"}]'
        % (CODER.encode(), CODER.encode(), b"a" * 64, CODER.upper().encode(), CODER.upper().encode(), b"b" * 64),
    ],
)
def test_a_list_in_doubt_makes_no_model_local_while_the_cloud_is_enabled(models: bytes) -> None:
    with Golike(cloud="enabled") as upstream:
        body = b'{"models":%s}' % models
        upstream.says[b"/api/tags"] = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        with guarded(upstream.url, limits=SHORT) as guard:
            said = ask(Target(guard, upstream), post(b"/api/chat", CHAT % CODER.encode()))

    assert said.status in {403, 502}, said
    assert upstream.requests == []


def test_two_models_that_differ_in_case_alone_are_each_themselves() -> None:
    store = stored(["Same:1b", "same:1b", LLAMA], stub="")
    with Golike(store) as upstream, guarded(upstream.url, limits=SHORT) as guard:
        for name in (b"Same:1b", b"same:1b"):
            with Line(guard.port) as line:
                line.send(post(b"/api/chat", CHAT % name))
                said = line.answer()
            assert said is not None
            assert said.status == 403 or upstream.last_body()["model"] == name.decode()
