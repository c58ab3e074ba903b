"""The probe of the guard: a bare server gets one GET and nothing else, a proven guard a self-test that harms nobody."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from fake_guard import BARE, INSTANCE, REFUSED, Answer, FakeGuard, handshake, sound
from guarded import guarded
from native_project import access_to

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.guards import Guard
from modelcheck.core.handshake import PATH, is_nonce, proof
from modelcheck.core.machine import Contact, Contacts, ContactState, Product
from modelcheck.core.name import InvalidName, ModelName, ModelRef, pull_target
from modelcheck.core.project import Engine
from modelcheck.probes.access import Access
from modelcheck.probes.ollama import guard as probing
from modelcheck.probes.ollama.guard import CLOSED, NOBODY, guards
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

OLLAMA = Server("default", Engine.OLLAMA, "default")
OTHER = Server("http://127.0.0.1:9", Engine.OPENAI_LOCAL, "http://127.0.0.1:9")
NOWHERE = "http://127.0.0.1:9"
GREETING = f"GET {PATH}"
SELF_TEST = sorted(closed.route for closed in CLOSED)
VERBS = Counter(closed.method for closed in CLOSED)


@pytest.fixture(autouse=True)
def nobody_at_the_usual_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "DIRECT", NOWHERE)


@pytest.fixture
def stack() -> Iterator[Stack]:
    with Stack(Scenario.named("workstation")) as running:
        yield running


def access(root: Path, url: str, **more: object) -> Access:
    return access_to(root, **{"endpoints": {"ollama": url}, **more})


def looked(given: Access, server: Server = OLLAMA, contacts: Contacts | Gap | None = None) -> Guard | Gap:
    found = guards(given, Servers((server,))) if contacts is None else guards(given, Servers((server,)), contacts)
    return found.servers[server.id]


def guard_at(root: Path, url: str) -> Guard:
    found = looked(access(root, url))
    assert isinstance(found, Guard), found
    return found


def ledger(given: Access) -> dict[tuple[str, str], int]:
    return {(row.host, row.method): row.count for row in given.book.closed().contacts}


def test_a_bare_server_gets_one_get_and_nothing_else(tmp_path: Path, stack: Stack) -> None:
    given = access(tmp_path, stack.ollama_url)
    found = looked(given)

    assert isinstance(found, Guard)
    assert (found.proven, found.detail) == (False, "HTTP 404")
    assert isinstance(found.attempts, Gap)
    assert isinstance(found.direct, Gap)
    assert [(one.method, one.path) for one in stack.requests] == [("GET", PATH)]
    assert ledger(given) == {("the endpoint given for ollama", "GET"): 1}


def test_a_guard_is_asked_for_each_closed_path_under_a_name_that_there_cannot_be(tmp_path: Path) -> None:
    with FakeGuard() as fake:
        given = access(tmp_path, fake.url)
        found = looked(given)

    assert isinstance(found, Guard)
    assert (found.proven, found.detail, found.direct) == (True, "", False)
    assert isinstance(found.attempts, tuple)
    assert [one.route for one in found.attempts] == [closed.route for closed in CLOSED]
    assert all(one.refused is True for one in found.attempts)
    assert fake.requests[0] == (GREETING, b"")
    assert fake.asked == sorted([*SELF_TEST, GREETING])
    assert ledger(given) == {
        ("the endpoint given for ollama", "GET"): 1,
        ("127.0.0.1:9", "GET"): 1,
        **{("the endpoint given for ollama", f"{verb} (guard self-test)"): count for verb, count in VERBS.items()},
    }


def test_the_guard_itself_is_proven_and_refuses_all_of_it(tmp_path: Path, stack: Stack) -> None:
    with guarded(stack.ollama_url) as running:
        found = guard_at(tmp_path, running.url)

    assert (found.proven, found.direct) == (True, False)
    assert isinstance(found.attempts, tuple)
    assert [one.route for one in found.attempts if one.refused is not True] == []
    assert {(one.method, one.path) for one in stack.requests} <= {
        *(("GET", PATH), ("GET", "/api/tags"), ("GET", "/api/status"))
    }


def test_a_guard_with_a_token_proves_itself_without_it(tmp_path: Path, stack: Stack) -> None:
    with guarded(stack.ollama_url, token=b"0123456789abcdef") as running:
        found = guard_at(tmp_path, running.url)

    assert found.proven
    assert isinstance(found.attempts, tuple)
    assert {one.refused.why for one in found.attempts if isinstance(one.refused, Gap)} == {Why.NOT_ASKED}


def test_the_self_test_holds_every_path_by_which_a_model_could_come_or_a_request_leave() -> None:
    assert {closed.path for closed in CLOSED} == {
        *("/api/pull", "/api/create", "/api/copy", "/api/push", "/api/delete", "/api/blobs/modelcheck-self-test"),
        *("/api/experimental/web_search", "/api/me", "/api/chat", "/v1/chat/completions"),
    }


def test_a_name_of_the_self_test_is_one_that_ollama_refuses_on_every_route() -> None:
    names = {str(value) for closed in CLOSED for value in (closed.body or {}).values() if isinstance(value, str)}

    assert names == {NOBODY, f"{NOBODY}:cloud"}
    for name in names:
        for read in (ModelName.parse, pull_target):
            with pytest.raises(InvalidName):
                read(name)
        assert not _is_taken(name)


def _is_taken(name: str) -> bool:
    try:
        return ModelRef.parse(name).name is not None
    except InvalidName:
        return False


def test_each_nonce_is_fresh(tmp_path: Path) -> None:
    with FakeGuard() as fake:
        for _ in range(3):
            guard_at(tmp_path, fake.url)

    assert len(set(fake.nonces)) == 3
    assert all(map(is_nonce, fake.nonces))


def replayed(_: str) -> Answer:
    return sound("a-nonce-of-yesterday")


def echoing(nonce: str) -> Answer:
    return 200, {}, json.dumps(handshake(nonce, proof=nonce)).encode()


def saying(**other: object) -> Callable[[str], Answer]:
    return lambda nonce: (200, {}, json.dumps(handshake(nonce, **other)).encode())


def plain(status: int, content: bytes = b"", **headers: str) -> Callable[[str], Answer]:
    return lambda _: (status, headers, content)


def relayed(nonce: str) -> Answer:
    """Prove another nonce under this one's name."""
    return 200, {}, json.dumps(handshake(nonce, proof=proof("another-nonce-0123", INSTANCE))).encode()


LIES: dict[str, tuple[Callable[[str], Answer], str]] = {
    "a replayed nonce": (replayed, "a wrong proof"),
    "its own nonce for a proof": (echoing, "a wrong proof"),
    "the proof of another nonce": (relayed, "a wrong proof"),
    "another product": (saying(guard="olla"), "a wrong proof"),
    "another protocol": (saying(protocol=2), "a wrong proof"),
    "a proof that is no text": (saying(proof=True), "no handshake"),
    "no nonce": (plain(200, b'{"guard": "modelcheck", "protocol": 1}'), "no handshake"),
    "a list": (plain(200, b"[]"), "no handshake"),
    "a page": (plain(200, b"<html>", **{"Content-Type": "text/html"}), "text/html"),
    "a huge body": (plain(200, b"[" * 100_000), "endless body"),
    "the same key twice": (plain(200, b'{"guard": "modelcheck", "guard": "modelcheck"}'), "not JSON"),
    "deep nesting": (plain(200, b"[" * 8000 + b"]" * 8000), "not JSON"),
    "a redirect to itself": (plain(307, Location=PATH), "HTTP 307"),
    "a refusal": (lambda _: REFUSED, "HTTP 403"),
    "a login": (plain(401), "HTTP 401"),
    "nothing": (plain(204), "HTTP 204"),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_proves_nothing_is_asked_nothing_more(tmp_path: Path, lie: str) -> None:
    greeting, detail = LIES[lie]
    with FakeGuard(greeting) as fake:
        found = guard_at(tmp_path, fake.url)

    assert (found.proven, found.detail) == (False, detail)
    assert isinstance(found.attempts, Gap)
    assert fake.asked == [GREETING]


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with FakeGuard() as real, FakeGuard(plain(302, Location=f"{real.url}{PATH}")) as fake:
        found = guard_at(tmp_path, fake.url)

    assert (found.proven, found.detail, real.requests) == (False, "HTTP 302", [])


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_that_is_busy_or_fails_tells_nothing(tmp_path: Path, status: int) -> None:
    with FakeGuard(plain(status)) as fake:
        found = looked(access(tmp_path, fake.url))

    assert found == Gap(Why.NOT_ANSWERED, about="default")
    assert fake.asked == [GREETING]


def test_a_server_that_is_not_there_tells_nothing(tmp_path: Path) -> None:
    assert looked(access(tmp_path, NOWHERE)) == Gap(Why.NOT_ANSWERED, about="default")


UPSTREAM: dict[str, Answer] = {
    "what Ollama says to such a name": (400, {}, b'{"error": "invalid model name"}'),
    "what it says where there is nothing": BARE,
    "a pull that begins": (200, {}, b'{"status": "pulling manifest"}'),
    "a success with a reason": (200, {"X-Modelcheck-Reason": "closed"}, b"{}"),
    "an empty reason": (403, {"X-Modelcheck-Reason": ""}, b"{}"),
    "a redirect": (307, {"X-Modelcheck-Reason": "closed", "Location": "/api/pull"}, b""),
}


@pytest.mark.parametrize("said", UPSTREAM)
def test_what_is_not_refused_by_the_guard_itself_got_through(tmp_path: Path, said: str) -> None:
    with FakeGuard(routes={"POST /api/create": UPSTREAM[said]}) as fake:
        found = guard_at(tmp_path, fake.url)

    assert isinstance(found.attempts, tuple)
    assert [one.route for one in found.attempts if one.refused is False] == ["POST /api/create"]
    assert all(one.refused is True for one in found.attempts if one.route != "POST /api/create")


def test_what_a_guard_that_asks_for_a_token_lets_pass_is_not_seen(tmp_path: Path) -> None:
    with FakeGuard(rest=(401, {"X-Modelcheck-Reason": "token"}, b"{}")) as fake:
        found = guard_at(tmp_path, fake.url)

    assert isinstance(found.attempts, tuple)
    assert {one.refused.why for one in found.attempts if isinstance(one.refused, Gap)} == {Why.NOT_ASKED}
    assert all(isinstance(one.refused, Gap) for one in found.attempts)


@pytest.mark.parametrize("status", [429, 503])
def test_a_path_at_which_it_fails_is_not_seen(tmp_path: Path, status: int) -> None:
    with FakeGuard(
        routes={"HEAD /api/blobs/modelcheck-self-test": (status, {"X-Modelcheck-Reason": "busy"}, b"")}
    ) as fake:
        found = guard_at(tmp_path, fake.url)

    assert isinstance(found.attempts, tuple)
    unseen = [one for one in found.attempts if isinstance(one.refused, Gap)]
    assert [one.route for one in unseen] == ["HEAD /api/blobs/modelcheck-self-test"]


def test_a_server_at_the_usual_port_is_a_way_around(
    tmp_path: Path, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "DIRECT", stack.ollama_url)
    with FakeGuard() as fake:
        found = guard_at(tmp_path, fake.url)

    assert (found.proven, found.direct) == (True, True)
    assert [(one.method, one.path) for one in stack.requests] == [("GET", PATH), ("GET", "/api/version")]


@pytest.mark.parametrize(
    ("other", "direct"),
    [
        (FakeGuard(), False),
        (FakeGuard(lambda _: BARE, rest=(404, {}, b"")), False),
        (FakeGuard(lambda _: BARE, rest=(200, {}, b'{"version": 7}')), False),
        (FakeGuard(lambda _: BARE, rest=(200, {}, b'{"version": "0.32.15"}')), True),
        (FakeGuard(plain(503)), Gap(Why.NOT_ANSWERED, about="127.0.0.1")),
    ],
    ids=["a guard", "something else", "something odd", "Ollama", "something busy"],
)
def test_what_stands_at_the_usual_port_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: FakeGuard, direct: bool | Gap
) -> None:
    with FakeGuard() as fake, other:
        monkeypatch.setattr(probing, "DIRECT", other.url)
        found = guard_at(tmp_path, fake.url)

    if isinstance(direct, Gap):
        assert isinstance(found.direct, Gap)
        assert found.direct.why is direct.why
    else:
        assert found.direct is direct
    assert set(other.asked) <= {GREETING, "GET /api/version"}


class Stalling(FakeGuard):
    """It answers no question but the first until the test is over."""

    over = threading.Event()

    def take(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        if not request.path.startswith(PATH):
            self.over.wait(30)
        super().take(request, body)


def test_what_stalls_at_the_usual_port_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "ANSWER_S", 0.3)
    with FakeGuard() as fake, Stalling(lambda _: BARE) as other:
        monkeypatch.setattr(probing, "DIRECT", other.url)
        found = guard_at(tmp_path, fake.url)
        other.over.set()

    assert isinstance(found.direct, Gap)
    assert found.direct.why is Why.TIMED_OUT


def test_a_guard_on_another_machine_is_not_asked(tmp_path: Path) -> None:
    found = looked(access(tmp_path, "http://192.0.2.7:11434"))

    assert isinstance(found, Gap)
    assert found.why is Why.NOT_ASKED


def test_where_nothing_may_be_contacted_nothing_is(tmp_path: Path) -> None:
    with FakeGuard() as fake:
        found = looked(access(tmp_path, fake.url, network=False))

    assert isinstance(found, Gap)
    assert found.why is Why.OFFLINE
    assert fake.requests == []


def test_loopback_is_asked_also_where_only_loopback_may_be(tmp_path: Path) -> None:
    with FakeGuard() as fake:
        found = looked(access(tmp_path, fake.url, offline=True))

    assert isinstance(found, Guard)
    assert found.proven


def contact(product: Product | Gap) -> Contacts:
    return Contacts(Seen.of({OTHER.id: Contact(ContactState.ANSWERED, product=product)}))


def test_only_what_is_ollama_is_asked(tmp_path: Path) -> None:
    with FakeGuard() as fake:
        given = access(tmp_path, fake.url, endpoints={OTHER.id: fake.url})
        vllm, untold = looked(given, OTHER, contact(Product.VLLM)), looked(given, OTHER, contact(Gap(Why.NOT_ANSWERED)))
        unasked = looked(given, OTHER)
        assert fake.requests == []
        ollama = looked(given, OTHER, contact(Product.OLLAMA))

    assert isinstance(vllm, Gap)
    assert isinstance(untold, Gap)
    assert isinstance(unasked, Gap)
    assert (vllm.why, untold.why, unasked.why) == (Why.NOT_RECORDED, Why.NOT_ANSWERED, Why.NOT_ASKED)
    assert isinstance(ollama, Guard)
    assert ollama.proven
