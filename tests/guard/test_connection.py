"""One connection: request after request, each answered once, and what is not certain closes it."""

import json

import pytest
from front import HOST, LLAMA, STUB, Caller, Front, body, get, header, post, status
from openmetrics import families

from modelcheck.core.exceptions import Exemption, What
from modelcheck.guard.connection import AGAIN_S, HELD, HIGH_WATER, LINGER_S, MOST_TRIES
from modelcheck.guard.event import Outcome
from modelcheck.guard.fault import Fault
from modelcheck.guard.limits import Limits
from modelcheck.guard.routes import PROOF

CHAT = b'{"model":"llama3:8b","messages":[]}'
PULL_HERE = b'{"model":"llama3:8b"}'
PULL_AWAY = b'{"model":"llama3:70b"}'
NONCE = "0123456789abcdef"


def exempt(subject: str, what: What = What.REQUEST) -> Exemption:
    return Exemption(what, subject, "needed", "Ana", "2026-12-31")


def ready(*exemptions: Exemption, limits: Limits | None = None, **changes: object) -> tuple[Front, Caller]:
    """A guard that has looked at its upstream, and a caller."""
    front = Front(*exemptions, limits=limits, **changes)
    front.read()
    return front, front.caller()


def counted(front: Front, route: str, outcome: Outcome) -> float:
    """How often the metrics have counted an outcome of a route."""
    return families(front.metrics.exposition())["modelcheck_guard_requests"].value(route=route, outcome=outcome.value)


def reasons(front: Front) -> list[str]:
    return [event.reason for event in front.journal.events]


def is_open(caller: Caller) -> bool:
    return not caller.transport.is_closed and not caller.transport.has_ended


# What is let through.


def test_a_request_for_what_is_here_is_passed_on_and_its_answer_back() -> None:
    front, caller = ready()
    caller.post("/api/chat", CHAT)
    assert len(front.upstream.sent) == 1
    assert caller.connection._reader.body == b""
    assert front.upstream.sent[0].request.startswith(b"POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1:11434\r\n")
    assert front.upstream.sent[0].request.endswith(CHAT)
    front.upstream.answer(0, 200, b"hello")
    said = caller.said
    assert (status(said), body(said)) == (200, b"hello")
    assert header(said, "X-Modelcheck-Guard") == "forwarded"
    assert front.journal.events == []
    assert counted(front, "/api/chat", Outcome.FORWARDED) == 1
    assert is_open(caller)


def test_a_connection_takes_one_request_after_the_other() -> None:
    front, caller = ready()
    for number in range(3):
        caller.post("/api/chat", CHAT)
        front.upstream.answer(number, 200, b"%d" % number)
        assert body(caller.said) == b"%d" % number
        assert caller.connection.deadline == front.clock.now + front.setup.limits.idle_s
        front.clock.now += 1
        front.read()
    assert is_open(caller)


@pytest.mark.parametrize("line", ["Connection: close", "X: y"])
def test_a_connection_ends_after_the_answer_where_the_caller_wants_it(line: str) -> None:
    front, caller = ready()
    caller.post("/api/chat", CHAT, line)
    front.upstream.answer(0, 200, b"x")
    closes = line == "Connection: close"
    assert caller.transport.is_closed is closes
    assert not caller.transport.is_aborted
    assert header(caller.said, "Connection") == ("close" if closes else None)


def test_a_stream_of_unknown_length_ends_an_old_callers_connection() -> None:
    front, caller = ready()
    raw = post("/api/chat", CHAT, "Connection: keep-alive").replace(b"HTTP/1.1", b"HTTP/1.0")
    caller.send(raw)
    relay = front.upstream.sent[0].consumer
    assert relay is not None
    relay.head(200, [])
    relay.data(b"x")
    relay.end()
    assert header(caller.said, "Connection") == "close"
    assert caller.transport.is_closed


def test_a_request_in_single_bytes_is_one_request() -> None:
    front, caller = ready()
    caller.send(*(bytes([one]) for one in post("/api/chat", CHAT)))
    assert len(front.upstream.sent) == 1
    front.upstream.answer(0, 200, b"x")
    assert is_open(caller)


def test_a_pull_of_what_is_here_is_answered_and_never_passed_on() -> None:
    front, caller = ready()
    caller.post("/api/pull", PULL_HERE)
    said = caller.said
    assert (status(said), header(said, "Content-Type")) == (200, "application/x-ndjson")
    assert body(said).startswith(b'{"status":"already here: ' + b"a" * 64)
    assert header(said, "X-Modelcheck-Guard") == "answered"
    caller.post("/api/pull", b'{"name":"LLAMA3:8b","stream":false}')
    assert json.loads(body(caller.said))["status"] == "success"
    assert front.upstream.sent == []
    assert front.journal.events == []
    assert counted(front, "/api/pull", Outcome.ANSWERED) == 2


def test_only_the_head_of_our_own_answer_is_said_where_only_that_is_wanted() -> None:
    _, caller = ready()
    caller.send(get(f"{PROOF.path}?n={NONCE}", method="HEAD"))
    said = caller.said
    assert said.endswith(b"\r\n\r\n")
    assert int(header(said, "Content-Length") or 0) > 100


# What is refused.


def test_a_pull_of_what_is_not_here_is_refused_and_the_connection_goes_on() -> None:
    front, caller = ready()
    caller.post("/api/pull", PULL_AWAY)
    said = caller.said
    assert (status(said), header(said, "X-Modelcheck-Reason")) == (403, "not-here")
    assert header(said, "Content-Type") == "application/json; charset=utf-8"
    error = json.loads(body(said))["error"]
    assert "nearest here: llama3:8b" in error
    assert header(said, "Connection") is None
    assert front.upstream.sent == []
    event = front.journal.events[0]
    assert (event.outcome, event.reason, event.status) == (Outcome.REFUSED, "not-here", 403)
    assert (event.method, event.path, event.action) == ("POST", "/api/pull", "pull")
    assert (event.name, event.client, [near.name for near in event.near]) == ("llama3:70b", "loopback", ["llama3:8b"])
    caller.post("/api/chat", CHAT)
    assert len(front.upstream.sent) == 1


@pytest.mark.parametrize(
    ("path", "shape"),
    [("/api/chat", {"error"}), ("/v1/chat/completions", {"error"}), ("/v1/messages", {"type", "error"})],
)
def test_a_refusal_has_the_shape_of_its_route(path: str, shape: set[str]) -> None:
    _, caller = ready()
    caller.post(path, PULL_AWAY)
    said = json.loads(body(caller.said))
    assert said.keys() == shape
    assert isinstance(said["error"], str) is (path == "/api/chat")


@pytest.mark.parametrize(
    ("raw", "expected", "reason"),
    [
        (b"nonsense\r\n\r\n", 400, "malformed"),
        (get("/nowhere"), 403, "route"),
        (get("/", "Origin: https://evil.example"), 403, "origin"),
        (get("/").replace(b"localhost", b"evil.example"), 403, "host"),
        (post("/api/chat", b"x"), 400, "body"),
        (post("/api/chat", CHAT, "Content-Encoding: gzip"), 415, "encoding"),
        (b"X" * 40000, 431, "too-large"),
    ],
)
def test_after_a_request_that_could_not_be_understood_the_connection_ends(
    raw: bytes, expected: int, reason: str
) -> None:
    front, caller = ready()
    caller.send(raw)
    said = caller.said
    assert (status(said), header(said, "X-Modelcheck-Reason")) == (expected, reason)
    assert header(said, "Connection") == "close"
    assert not is_open(caller)
    assert not caller.transport.is_aborted
    assert front.upstream.sent == []
    assert reasons(front) == [reason]
    caller.send(post("/api/chat", CHAT))
    assert caller.said == b""
    assert front.upstream.sent == []


def test_a_request_that_was_read_whole_is_closed_and_one_that_was_not_is_let_finish() -> None:
    _, whole = ready()
    whole.post("/api/chat", b"x")
    assert whole.transport.is_closed
    front, part = ready()
    part.get("/nowhere")
    assert part.transport.has_ended
    assert not part.transport.is_closed
    part.send(b"more" * 100)
    assert part.connection.deadline == front.clock.now + LINGER_S
    part.connection.overdue()
    assert part.transport.is_aborted
    _, more = ready()
    more.send(post("/api/chat", b"x") + b"y")
    assert more.transport.has_ended
    assert not more.transport.is_closed


def test_a_transport_that_cannot_end_one_way_is_left_open_for_a_moment() -> None:
    front = Front()
    caller = front.caller(can_end=False)
    caller.send(b"nonsense\r\n\r\n")
    assert not caller.transport.has_ended
    assert not caller.transport.is_closed
    caller.connection.overdue()
    assert caller.transport.is_aborted


def test_a_second_request_before_the_first_answer_ends_the_connection_after_it() -> None:
    for is_later in (False, True):
        front, caller = ready()
        raw = post("/api/chat", CHAT)
        caller.send(raw, raw) if is_later else caller.send(raw + raw)
        assert len(front.upstream.sent) == 1
        front.upstream.answer(0, 200, b"x")
        assert body(caller.said) == b"x"
        assert caller.transport.has_ended
        assert len(front.upstream.sent) == 1


def test_a_second_request_behind_a_refused_one_is_never_read() -> None:
    front, caller = ready()
    caller.send(post("/api/pull", PULL_AWAY) + post("/api/chat", CHAT))
    said = caller.said
    assert (status(said), header(said, "Connection")) == (403, "close")
    assert said.count(b"HTTP/1.1") == 1
    assert front.upstream.sent == []
    assert caller.transport.has_ended


def test_a_token_that_is_missing_is_asked_for() -> None:
    _, caller = ready(token=b"a-long-token-for-tests")
    caller.post("/api/chat", CHAT)
    said = caller.said
    assert (status(said), header(said, "WWW-Authenticate")) == (401, "Bearer")
    _, right = ready(token=b"a-long-token-for-tests")
    right.get("/api/version", "Authorization: Bearer a-long-token-for-tests")
    assert right.said == b""
    _, other = ready()
    other.get("/nowhere")
    assert header(other.said, "WWW-Authenticate") is None


def test_more_connections_than_there_may_be_are_sent_away() -> None:
    front = Front(limits=Limits(connections=1))
    first, second = front.caller(), front.caller()
    assert first.said == b""
    said = second.said
    assert (status(said), header(said, "X-Modelcheck-Reason")) == (503, "busy")
    assert second.transport.is_closed
    second.leave()
    first.leave()
    assert is_open(front.caller())


def test_a_guard_that_ends_takes_nobody_in() -> None:
    front = Front()
    front.guard.is_ending = True
    said = front.caller().said
    assert (status(said), header(said, "X-Modelcheck-Reason")) == (503, "ending")


def test_a_caller_that_is_not_this_machine_is_named_by_its_address() -> None:
    front = Front()
    front.caller("192.0.2.9", 1).get("/nowhere")
    assert front.journal.events[0].client == "192.0.2.9"


# Pages.


def test_a_preflight_is_answered_here() -> None:
    front, caller = ready(token=b"a-long-token-for-tests")
    raw = get("/api/chat", "Origin: http://localhost:3000", "Access-Control-Request-Method: POST", method="OPTIONS")
    caller.send(raw)
    said = caller.said
    assert status(said) == 204
    assert header(said, "Content-Length") is None
    assert header(said, "Access-Control-Allow-Origin") == "http://localhost:3000"
    assert header(said, "Access-Control-Allow-Methods") == "GET, POST, DELETE, HEAD, OPTIONS"
    assert is_open(caller)
    assert front.upstream.sent == []


def test_a_page_of_this_machine_may_read_answers_and_refusals() -> None:
    front, caller = ready()
    for raw in (
        post("/api/chat", CHAT, "Origin: http://localhost"),
        post("/api/pull", PULL_AWAY, "Origin: http://localhost"),
    ):
        caller.send(raw)
        if front.upstream.sent:
            front.upstream.answer(0, 200, b"x")
            front.upstream.sent.clear()
        assert header(caller.said, "Access-Control-Allow-Origin") == "http://localhost"
    caller.get("/", "Origin: https://evil.example")
    assert header(caller.said, "Access-Control-Allow-Origin") is None


# The handshake.


def test_the_handshake_is_answered_without_a_token_and_without_the_upstream() -> None:
    front = Front(token=b"a-long-token-for-tests")
    caller = front.caller()
    caller.get(f"{PROOF.path}?n={NONCE}")
    said = caller.said
    assert (status(said), header(said, "Content-Type")) == (200, "application/json; charset=utf-8")
    assert json.loads(body(said))["nonce"] == NONCE
    assert front.upstream.sent == []


def test_a_handshake_without_a_nonce_is_refused() -> None:
    _, caller = ready()
    caller.get(PROOF.path)
    assert status(caller.said) == 400


# Looking at the upstream first.


def looked(front: Front) -> None:
    """Answer the two questions of a look."""
    models = [{"name": LLAMA.name, "model": LLAMA.name, "size": LLAMA.size, "digest": LLAMA.digest}]
    places = [place for place, one in enumerate(front.upstream.sent) if one.consumer is not None]
    for place in places:
        asked = front.upstream.sent[place].request
        if asked.startswith(b"GET /api/tags"):
            front.upstream.answer(place, 200, json.dumps({"models": models}).encode())
        elif asked.startswith(b"GET /api/status"):
            front.upstream.answer(place, 200, b'{"cloud":{"disabled":true,"source":"env"}}')


def test_before_the_first_look_a_request_waits_for_it() -> None:
    front = Front()
    caller = front.caller()
    caller.post("/api/chat", CHAT)
    assert [one.request.split(b" ")[1] for one in front.upstream.sent] == [b"/api/tags", b"/api/status"]
    assert caller.connection.deadline == front.clock.now + 2 * front.setup.limits.read_s
    looked(front)
    assert front.upstream.sent[2].request.startswith(b"POST /api/chat ")
    front.upstream.answer(2, 200, b"x")
    assert body(caller.said) == b"x"


def test_what_needs_no_inventory_waits_for_no_look() -> None:
    front = Front()
    caller = front.caller()
    caller.get("/api/version")
    assert [one.request.split(b" ")[1] for one in front.upstream.sent] == [b"/api/version"]


def test_a_request_is_refused_where_the_upstream_cannot_be_read() -> None:
    front = Front()
    caller = front.caller()
    caller.post("/api/chat", CHAT)
    consumer = front.upstream.sent[0].consumer
    assert consumer is not None
    consumer.broken()
    said = caller.said
    assert (status(said), header(said, "X-Modelcheck-Reason")) == (403, "not-checked")
    assert is_open(caller)


def test_what_came_since_the_last_look_is_looked_for_once() -> None:
    front = Front()
    front.read(STUB)
    front.clock.now += AGAIN_S + 0.1
    caller = front.caller()
    caller.post("/api/chat", CHAT)
    assert caller.said == b""
    looked(front)
    assert front.upstream.sent[-1].request.startswith(b"POST /api/chat ")


def test_what_is_still_not_there_after_a_second_look_is_refused() -> None:
    front, caller = ready()
    front.clock.now += AGAIN_S + 0.1
    caller.post("/api/pull", PULL_AWAY)
    assert caller.said == b""
    looked(front)
    assert header(caller.said, "X-Modelcheck-Reason") == "not-here"
    assert len(front.upstream.sent) == 2
    caller.post("/api/pull", PULL_AWAY)
    assert header(caller.said, "X-Modelcheck-Reason") == "not-here"


def test_a_look_that_is_young_enough_is_not_repeated() -> None:
    front, caller = ready()
    front.clock.now += AGAIN_S
    caller.post("/api/pull", PULL_AWAY)
    assert header(caller.said, "X-Modelcheck-Reason") == "not-here"
    assert front.upstream.sent == []


def test_only_what_is_not_here_is_looked_for_again() -> None:
    front, caller = ready()
    front.clock.now += AGAIN_S + 0.1
    caller.post("/api/chat", b'{"model":"bridge"}')
    assert header(caller.said, "X-Modelcheck-Reason") == "stub"


def test_a_caller_that_left_while_it_waited_is_forgotten() -> None:
    front = Front()
    caller = front.caller()
    caller.post("/api/chat", CHAT)
    caller.leave()
    looked(front)
    assert len(front.upstream.sent) == 2
    assert caller.said == b""


def test_more_than_may_wait_are_sent_away() -> None:
    front = Front(limits=Limits(waiting=1))
    first, second = front.caller(), front.caller()
    first.post("/api/chat", CHAT)
    second.post("/api/chat", CHAT)
    said = second.said
    assert (status(said), header(said, "X-Modelcheck-Reason")) == (503, "busy")
    assert not is_open(second)
    looked(front)
    assert front.upstream.sent[-1].request.startswith(b"POST /api/chat ")


def test_a_list_is_shown_without_stubs() -> None:
    front, caller = ready()
    caller.get("/api/tags")
    listed = {"models": [{"name": LLAMA.name}, {"name": STUB.name}, {"name": "gpt-oss:120b-cloud"}]}
    front.upstream.answer(0, 200, json.dumps(listed).encode())
    assert json.loads(body(caller.said)) == {"models": [{"name": LLAMA.name}]}
    assert is_open(caller)


def test_a_list_is_not_shown_where_nothing_is_known() -> None:
    front = Front()
    caller = front.caller()
    caller.get("/api/tags")
    consumer = front.upstream.sent[0].consumer
    assert consumer is not None
    consumer.broken()
    assert front.upstream.sent[2].request.startswith(b"GET /api/tags ")
    front.upstream.answer(2, 200, b'{"models":[{"name":"a"}]}')
    assert (status(caller.said)) == 502


# Exceptions.


def test_an_exception_lets_a_request_pass_and_is_written_down() -> None:
    front, caller = ready(exempt("llama3:70b", What.PULL))
    caller.post("/api/pull", PULL_AWAY)
    assert front.upstream.sent[0].request.endswith(b'{"model":"llama3:70b"}')
    event = front.journal.events[0]
    assert (event.outcome, event.reason, event.name) == (Outcome.FORWARDED, Fault.EXCEPTION, "llama3:70b")
    front.upstream.answer(0, 200, b"x")
    assert body(caller.said) == b"x"


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (post("/api/blobs/sha256:abc", b"data"), "upload /api/blobs/sha256:abc"),
        (get("/api/experimental/model-recommendations"), "web /api/experimental/model-recommendations"),
        (get("/api/user/keys/abc", method="DELETE"), "account /api/user/keys/abc"),
    ],
)
def test_what_no_exception_opens_stays_closed(raw: bytes, subject: str) -> None:
    front, caller = ready(exempt(subject))
    caller.send(raw)
    assert header(caller.said, "X-Modelcheck-Reason") == "closed"
    assert front.upstream.sent == []


def test_an_exception_opens_other_closed_routes() -> None:
    front, caller = ready(exempt("account /api/me"))
    caller.post("/api/me", b"")
    assert front.upstream.sent[0].request.endswith(b"\r\n\r\n{}")


# An upstream that fails.


def test_an_upstream_that_does_not_answer_is_an_error_and_raises_doubt() -> None:
    front, caller = ready()
    caller.post("/api/chat", CHAT)
    front.upstream.sent[0].break_off()
    said = caller.said
    assert (status(said), header(said, "X-Modelcheck-Reason")) == (502, "upstream")
    assert caller.transport.is_closed
    assert front.guard.state.is_doubtful
    assert front.journal.events[0].outcome is Outcome.FAILED


@pytest.mark.parametrize("version", [b"HTTP/1.1", b"HTTP/1.0"])
def test_an_answer_that_breaks_off_is_broken_off(version: bytes) -> None:
    front, caller = ready()
    caller.send(post("/api/chat", CHAT).replace(b"HTTP/1.1", version))
    relay = front.upstream.sent[0].consumer
    assert relay is not None
    relay.head(200, [])
    relay.data(b"half")
    relay.flush()
    front.upstream.sent[0].break_off()
    assert b"half" in caller.transport.written
    assert not caller.said.endswith(b"0\r\n\r\n")
    assert caller.transport.is_closed
    assert caller.transport.is_aborted is (version == b"HTTP/1.0")
    assert front.guard.state.is_doubtful
    event = front.journal.events[0]
    assert (event.outcome, event.reason, event.status) == (Outcome.FAILED, "upstream", 502)


def test_a_request_that_was_never_sent_is_ruled_on_anew() -> None:
    front, caller = ready()
    caller.post("/api/chat", CHAT)
    front.guard.state.doubt()
    front.upstream.sent[0].hold_back()
    assert caller.said == b""
    assert front.upstream.sent[1].request.startswith(b"GET /api/tags")
    looked(front)
    assert front.upstream.sent[3].request == front.upstream.sent[0].request
    front.upstream.answer(3, 200, b"x")
    assert body(caller.said) == b"x"


def test_a_request_that_is_never_taken_is_given_up() -> None:
    front, caller = ready()
    caller.post("/api/chat", CHAT)
    for _ in range(MOST_TRIES):
        front.upstream.sent[-1].hold_back()
        looked(front)
        assert caller.said == b""
    front.upstream.sent[-1].hold_back()
    said = caller.said
    assert (status(said), header(said, "X-Modelcheck-Reason")) == (502, "upstream")
    assert caller.transport.is_closed


def test_the_tries_of_one_request_are_not_those_of_the_next() -> None:
    front, caller = ready()
    for _ in range(2):
        caller.post("/api/chat", CHAT)
        for _ in range(MOST_TRIES):
            front.upstream.sent[-1].hold_back()
            looked(front)
        front.upstream.answer(len(front.upstream.sent) - 1, 200, b"x")
        assert body(caller.said) == b"x"


# Time and size.


def test_a_head_has_its_time_and_a_body_its_own() -> None:
    front = Front()
    caller, limits = front.caller(), front.setup.limits
    assert caller.connection.deadline == front.clock.now + limits.head_s
    front.clock.now += 5
    caller.send(b"P")
    begun = front.clock.now
    assert caller.connection.deadline == begun + limits.head_s
    front.clock.now += 1
    caller.send(b"OST /api/chat HTTP/1.1\r\n" + HOST)
    assert caller.connection.deadline == begun + limits.head_s
    caller.send(b"Content-Length: 35\r\n\r\n")
    assert caller.connection.deadline == front.clock.now + limits.body_s
    front.clock.now += 1
    caller.send(b"{")
    assert caller.connection.deadline == front.clock.now - 1 + limits.body_s


@pytest.mark.parametrize("sent", [b"P", post("/api/chat", CHAT)[:-1]])
def test_a_request_that_comes_too_slowly_is_told_so(sent: bytes) -> None:
    front = Front()
    caller = front.caller()
    caller.send(sent)
    caller.connection.overdue()
    said = caller.said
    assert (status(said), header(said, "X-Modelcheck-Reason")) == (408, "too-slow")
    assert caller.transport.has_ended
    assert reasons(front) == ["too-slow"]


def test_a_caller_that_says_nothing_hears_nothing() -> None:
    front = Front()
    caller = front.caller()
    caller.connection.overdue()
    assert caller.said == b""
    assert caller.transport.is_aborted
    assert front.journal.events == []


def test_a_caller_that_waited_too_long_for_a_look_is_closed() -> None:
    front = Front()
    caller = front.caller()
    caller.post("/api/chat", CHAT)
    caller.connection.overdue()
    assert caller.transport.is_aborted


def test_an_upstream_that_says_nothing_for_too_long_is_left() -> None:
    front, caller = ready()
    caller.post("/api/chat", CHAT)
    assert caller.connection.deadline == front.clock.now + front.setup.limits.silence_s
    caller.connection.overdue()
    assert status(caller.said) == 502
    assert front.upstream.sent[0].consumer is None


def test_each_piece_of_an_answer_gives_the_upstream_its_time_again() -> None:
    front, caller = ready()
    caller.post("/api/chat", CHAT)
    relay = front.upstream.sent[0].consumer
    assert relay is not None
    relay.head(200, [])
    front.clock.now += 100
    relay.data(b"x")
    relay.flush()
    assert caller.connection.deadline == front.clock.now + front.setup.limits.silence_s


def test_a_slow_caller_slows_the_upstream_and_has_its_own_time() -> None:
    front, caller = ready()
    assert caller.transport.high == HIGH_WATER
    caller.post("/api/chat", CHAT)
    exchange, limits = front.upstream.sent[0], front.setup.limits
    assert exchange.consumer is not None
    exchange.consumer.head(200, [])
    caller.connection.pause_writing()
    was_paused = exchange.is_paused
    assert caller.connection.deadline == front.clock.now + limits.stuck_s
    front.clock.now += 5
    exchange.consumer.data(b"x")
    exchange.consumer.flush()
    assert caller.connection.deadline == front.clock.now - 5 + limits.stuck_s
    caller.connection.resume_writing()
    assert (was_paused, exchange.is_paused) == (True, False)
    assert caller.connection.deadline == front.clock.now + limits.silence_s


def test_between_requests_a_slow_caller_keeps_its_time() -> None:
    front = Front()
    caller = front.caller()
    due = caller.connection.deadline
    front.clock.now += 1
    caller.connection.pause_writing()
    caller.connection.resume_writing()
    assert caller.connection.deadline == due


def test_a_caller_that_asks_again_before_it_took_its_answer_is_not_heard() -> None:
    _, caller = ready()
    caller.post("/api/pull", PULL_HERE)
    caller.connection.pause_writing()
    caller.post("/api/pull", PULL_HERE)
    assert caller.said.count(b"HTTP/1.1 200") == 1
    assert caller.transport.has_ended
    _, patient = ready()
    patient.post("/api/pull", PULL_HERE)
    patient.connection.pause_writing()
    patient.connection.resume_writing()
    patient.post("/api/pull", PULL_HERE)
    assert patient.said.count(b"HTTP/1.1 200") == 2


def test_the_end_of_an_answer_has_the_time_of_a_slow_caller() -> None:
    front, caller = ready()
    caller.post("/api/chat", CHAT, "Connection: close")
    front.upstream.answer(0, 200, b"x")
    assert caller.transport.is_closed
    assert not caller.transport.is_aborted
    assert caller.connection.deadline == front.clock.now + front.setup.limits.stuck_s
    caller.connection.overdue()
    assert caller.transport.is_aborted


def test_a_body_is_asked_for_where_the_caller_waits_for_that() -> None:
    front, caller = ready()
    raw = post("/api/chat", CHAT, "Expect: 100-continue")
    head, data = raw[: -len(CHAT)], raw[-len(CHAT) :]
    caller.send(head)
    assert caller.said == b"HTTP/1.1 100 Continue\r\n\r\n"
    caller.send(data[:3])
    assert caller.said == b""
    caller.send(data[3:])
    front.upstream.answer(0, 200, b"x")
    assert status(caller.said) == 200
    for pieces in ((raw,), (head + data[:1], data[1:])):
        front, other = ready()
        other.send(*pieces)
        assert other.said == b""
        assert len(front.upstream.sent) == 1
    _, refused = ready()
    refused.send(head.replace(b"/api/chat", b"/nowhere"))
    assert status(refused.said) == 403


def test_large_bodies_are_accounted_for_together() -> None:
    limits = Limits(bodies=3 * HELD)
    front, first = ready(limits=limits)
    second = front.caller()
    large = b'{"model":"llama3:8b","prompt":"' + b"x" * (2 * HELD) + b'"}'
    first.send(post("/api/generate", large)[:-1])
    held = front.guard.bodies
    assert 2 * HELD < held < len(large)
    second.post("/api/generate", large)
    said = second.said
    assert (status(said), header(said, "X-Modelcheck-Reason")) == (503, "busy")
    assert front.guard.bodies == held
    assert second.connection._reader.body == b""
    first.send(b"}")
    assert front.guard.bodies == len(large)
    front.upstream.answer(0, 200, b"x")
    assert front.guard.bodies == 0
    first.post("/api/generate", large)
    assert front.guard.bodies == len(large)
    first.leave()
    assert front.guard.bodies == 0


def test_bodies_may_be_as_large_together_as_they_may() -> None:
    large = b'{"model":"llama3:8b","prompt":"' + b"x" * HELD + b'"}'
    front, caller = ready(limits=Limits(bodies=len(large)))
    caller.post("/api/generate", large)
    assert len(front.upstream.sent) == 1
    assert front.guard.bodies == len(large)
    small = front.caller()
    small.post("/api/generate", b'{"model":"llama3:8b"}')
    assert front.guard.bodies == len(large)


# Leaving and ending.


def test_a_caller_that_leaves_cancels_its_request() -> None:
    for ending in ("eof_received", "connection_lost"):
        front, caller = ready()
        caller.post("/api/chat", CHAT)
        if ending == "eof_received":
            assert caller.connection.eof_received() is False
        else:
            caller.leave()
            assert caller.connection.deadline is None
            assert caller.connection not in front.guard.connections
        assert front.upstream.sent[0].consumer is None


def test_what_comes_back_for_a_caller_that_closes_is_not_written() -> None:
    front, caller = ready()
    caller.post("/api/chat", CHAT)
    caller.transport.is_closed = True
    front.upstream.answer(0, 200, b"x")
    assert caller.said == b""


def test_while_the_guard_ends_a_waiting_connection_closes_and_a_busy_one_after_its_answer() -> None:
    front, idle = ready()
    busy, begun = front.caller(), front.caller()
    busy.post("/api/chat", CHAT)
    begun.send(b"P")
    for caller in (idle, busy, begun):
        caller.connection.drain()
    assert idle.transport.is_closed
    assert is_open(busy)
    assert is_open(begun)
    front.upstream.answer(0, 200, b"x")
    said = busy.said
    assert body(said) == b"x"
    assert busy.transport.is_closed
    begun.send(post("/api/pull", PULL_HERE)[1:])
    said = begun.said
    assert (status(said), header(said, "Connection")) == (200, "close")
    assert begun.transport.is_closed


def test_nothing_happens_to_a_connection_that_is_not_there_yet() -> None:
    front = Front()
    caller = front.caller()
    caller.connection._transport = None
    caller.connection.abort()
    caller.connection.take(b"x")
    caller.connection._close()
    caller.connection._linger()
    caller.connection.cut()
    assert caller.said == b""


def test_what_is_not_admitted_or_understood_is_never_acted_on() -> None:
    front = Front()
    caller = front.caller()
    caller.connection._understand()
    caller.connection._looked()
    assert caller.said == b""
    assert front.upstream.sent == []
