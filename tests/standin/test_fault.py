"""Every fault once, over real HTTP, as the client on the other side sees it."""

import time
from collections.abc import Callable
from itertools import islice
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.standin.fault import (
    BrokenStream,
    Decline,
    Delay,
    Drip,
    DuplicateKeys,
    Endless,
    Fault,
    FaultPlan,
    Garbage,
    HangUp,
    Malformed,
    Page,
    Reason,
    Redirect,
    Refuse,
    ServerName,
    Spot,
    Stall,
    Status,
)
from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import ScenarioError
from modelcheck.standin.stack import Stack
from modelcheck.standin.wire import Request

Running = Callable[..., Stack]
Connect = Callable[..., httpx.Client]
OLLAMA = ServerName.OLLAMA
STREAM = {"model": "lux_model", "prompt": "Hi"}
Meet = Callable[[Fault], httpx.Client]


@pytest.fixture
def meet(running: Running, connect: Connect) -> Meet:
    """A client of an Ollama with a fault; it loses patience soon where the fault is silence."""
    return lambda fault: connect(running(fault).ollama_url, timeout=0.3 if isinstance(fault, Stall) else 5)


def request(path: str = "/api/tags", method: str = "GET") -> Request:
    return Request(method=method, path=path, query={}, headers={}, body=b"")


def test_where_nothing_listens_the_connection_is_refused(running: Running, connect: Connect) -> None:
    stack = running(Refuse(server=OLLAMA))

    with pytest.raises(httpx.ConnectError):
        connect(stack.ollama_url).get("/api/version")
    assert connect(stack.openai_url).get("/models").status_code == 401


def test_a_server_may_hang_up_before_its_reply(meet: Meet) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="without sending"):
        meet(HangUp(server=OLLAMA)).get("/api/version")


@pytest.mark.parametrize("path", ["/api/version", "/api/generate"])
def test_a_server_may_hang_up_inside_its_reply(meet: Meet, path: str) -> None:
    client = meet(HangUp(server=OLLAMA, at=Spot.BODY))

    with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
        client.post(path, json=STREAM) if path == "/api/generate" else client.get(path)


def test_a_server_may_stall_before_its_reply(meet: Meet) -> None:
    with pytest.raises(httpx.ReadTimeout):
        meet(Stall(server=OLLAMA)).get("/api/version")


def test_a_server_may_stall_inside_its_reply(meet: Meet) -> None:
    client = meet(Stall(server=OLLAMA, at=Spot.BODY))

    with client.stream("GET", "/api/version") as reply:
        pieces = reply.iter_bytes()
        assert next(pieces) == b'{"version"'
        with pytest.raises(httpx.ReadTimeout):
            next(pieces)


def test_a_server_may_give_a_fixed_reply(meet: Meet) -> None:
    reply = meet(Status(server=OLLAMA, status=418, body="short", content_type="text/x")).get("/api/version")

    assert (reply.status_code, reply.text, reply.headers["content-type"]) == (418, "short", "text/x")


def test_a_page_may_stand_in_the_way(meet: Meet) -> None:
    reply = meet(Page(server=OLLAMA)).get("/api/version")

    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html")
    assert reply.text.startswith("<!doctype html>")


def test_a_body_may_be_garbage(meet: Meet) -> None:
    reply = meet(Garbage(server=OLLAMA)).get("/api/version")

    assert reply.status_code == 200
    with pytest.raises(ValueError, match="codec"):
        reply.json()


def test_a_whole_reply_may_be_garbage(meet: Meet) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="illegal"):
        meet(Garbage(server=OLLAMA, at=Spot.HEAD)).get("/api/version")


def test_json_may_end_too_early(meet: Meet) -> None:
    reply = meet(Malformed(server=OLLAMA)).get("/api/version")

    assert reply.text == '{"version"'


def test_every_key_may_be_there_twice(meet: Meet) -> None:
    reply = meet(DuplicateKeys(server=OLLAMA)).get("/api/version")

    assert reply.text == '{"version":"0.32.15","version":"0.32.15"}'


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_leads_to_the_recorder_which_knows_who_came(running: Running, connect: Connect, status: int) -> None:
    stack = running(Redirect(server=ServerName.OPENAI, status=status))
    client = connect(stack.openai_url, authorization=f"Bearer {made_up_key('openai')}")

    reply = client.get("/models")
    followed = client.get(reply.headers["location"])

    assert (reply.status_code, reply.content) == (status, b"")
    assert reply.headers["location"] == f"{stack.recorder_url}/v1/models"
    assert followed.json() == {}
    assert [(seen.server, seen.path, seen.key_of) for seen in stack.requests] == [
        ("openai", "/v1/models", "openai"),
        ("recorder", "/v1/models", "openai"),
    ]


def test_a_body_may_go_on_and_on(meet: Meet) -> None:
    with meet(Endless(server=OLLAMA)).stream("GET", "/api/tags") as reply:
        blocks = list(islice(reply.iter_bytes(1_000_000), 3))

    assert [len(block) for block in blocks] == [1_000_000] * 3
    assert blocks[0].startswith(b"[0,0,")


def test_but_not_beyond_its_bound(meet: Meet) -> None:
    reply = meet(Endless(server=OLLAMA, most=100_000)).get("/api/tags")

    assert 1 < len(reply.content) <= 100_000


def test_a_reply_may_come_byte_by_byte(meet: Meet) -> None:
    client = meet(Drip(server=OLLAMA, every=0.01))

    began = time.monotonic()
    with client.stream("GET", "/api/version") as reply:
        pieces = list(reply.iter_raw())

    assert b"".join(pieces) == b'{"version":"0.32.15"}'
    assert time.monotonic() - began >= 0.01 * len(b"".join(pieces))


def test_a_reply_may_come_late_and_whole(meet: Meet) -> None:
    client = meet(Delay(server=OLLAMA, seconds=0.05))

    began = time.monotonic()

    assert client.get("/api/version").json() == {"version": "0.32.15"}
    assert time.monotonic() - began >= 0.05


@pytest.mark.parametrize("fault", [Drip(server=OLLAMA, every=0), Stall(server=OLLAMA, at=Spot.BODY)])
def test_a_head_has_no_body_whatever_the_fault(meet: Meet, fault: Fault) -> None:
    client = meet(fault)

    assert client.head("/api/version").content == b""
    assert client.head("/api/version").status_code == 200


def test_a_stream_may_break_with_an_error_under_status_200(meet: Meet) -> None:
    reply = meet(BrokenStream(server=OLLAMA, pieces=2)).post("/api/generate", json=STREAM)

    lines = [msgspec.json.decode(line) for line in reply.text.splitlines()]
    assert reply.status_code == 200
    assert [list(line)[-1] for line in lines] == ["done", "done", "error"]


def test_what_never_streams_breaks_off_with_nothing(running: Running, connect: Connect) -> None:
    stack = running(BrokenStream(server=ServerName.RECORDER, pieces=0))

    assert connect(stack.recorder_url).get("/").content == b""


def test_a_full_queue_is_said_in_ollamas_words(meet: Meet) -> None:
    reply = meet(Decline(server=OLLAMA, reason=Reason.OVERLOADED)).post("/api/generate", json=STREAM)

    says = "server busy, please try again.  maximum pending requests exceeded"
    assert (reply.status_code, reply.json()) == (503, {"error": says})


@pytest.mark.parametrize(
    ("server", "reason", "status", "kind"),
    [
        (ServerName.OPENAI, Reason.RESTRICTED, 403, "invalid_request_error"),
        (ServerName.OPENAI, Reason.RATE_LIMITED, 429, "requests"),
        (ServerName.OPENAI, Reason.OUT_OF_CREDIT, 429, "insufficient_quota"),
        (ServerName.OPENAI, Reason.OVERLOADED, 503, "server_error"),
        (ServerName.ANTHROPIC, Reason.RESTRICTED, 403, "permission_error"),
        (ServerName.ANTHROPIC, Reason.RATE_LIMITED, 429, "rate_limit_error"),
        (ServerName.ANTHROPIC, Reason.OUT_OF_CREDIT, 402, "billing_error"),
        (ServerName.ANTHROPIC, Reason.OVERLOADED, 529, "overloaded_error"),
    ],
)
def test_a_provider_declines_in_its_own_words(
    running: Running, connect: Connect, server: ServerName, reason: Reason, status: int, kind: str
) -> None:
    stack = running(Decline(server=server, reason=reason))
    url = stack.openai_url if server is ServerName.OPENAI else f"{stack.anthropic_url}/v1"

    reply = connect(url).get("/models")

    assert (reply.status_code, reply.json()["error"]["type"]) == (status, kind)
    assert reply.headers.get("retry-after") == ("1" if reason is Reason.RATE_LIMITED else None)


@pytest.mark.parametrize("server", [OLLAMA, ServerName.RECORDER])
def test_a_server_that_does_not_know_a_reason_is_not_started(running: Running, server: ServerName) -> None:
    with pytest.raises(ScenarioError, match=f"{server} cannot decline as out_of_credit; it can for"):
        running(Decline(server=server, reason=Reason.OUT_OF_CREDIT))


def test_a_fault_meets_only_what_it_is_about(running: Running, connect: Connect) -> None:
    stack = running(Page(server=OLLAMA, route="/api/t*", method="GET"))
    client = connect(stack.ollama_url)

    assert client.get("/api/tags").text.startswith("<!doctype")
    assert client.head("/api/tags").headers["content-type"].startswith("application/json")
    assert client.get("/api/version").json() == {"version": "0.32.15"}
    assert connect(stack.recorder_url).get("/api/tags").json() == {}


def test_a_fault_may_come_late_and_go_again(running: Running, connect: Connect) -> None:
    client = connect(running(Status(server=OLLAMA, status=500, after=1, times=2)).ollama_url)

    assert [client.get("/api/version").status_code for _ in range(5)] == [200, 500, 500, 200, 200]


def test_the_next_fault_takes_over_from_one_that_is_done() -> None:
    first, second = Page(server=OLLAMA, times=1), Garbage(server=OLLAMA, times=1)
    plan = FaultPlan([first, second])

    assert [plan.next("ollama", request()) for _ in range(3)] == [first, second, None]


@given(after=st.integers(0, 5), times=st.none() | st.integers(1, 5), requests=st.integers(0, 15))
def test_a_fault_meets_as_many_requests_as_it_says(after: int, times: int | None, requests: int) -> None:
    plan = FaultPlan([Page(server=OLLAMA, after=after, times=times)])

    met = [plan.next("ollama", request()) is not None for _ in range(requests)]

    due = max(0, requests - after)
    assert sum(met) == (due if times is None else min(due, times))
    assert not any(met[:after])


@pytest.mark.parametrize(
    "fields",
    [{"is": "status"}, {"is": "status", "status": 99}, {"is": "drip", "every": -1}, {"is": "page", "times": 0}],
)
def test_a_fault_out_of_bounds_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"server": "ollama"} | fields, Fault)
