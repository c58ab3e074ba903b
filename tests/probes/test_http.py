"""One request to a local server: whatever it does, the outcome is a value, soon."""

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_server import RawServer, Serve, endless, hanging, response, sending

from modelcheck.core.machine import Contact, ContactState
from modelcheck.probes import http
from modelcheck.probes.http import Line, Reply, _Fuse

ANSWERED = Contact(ContactState.ANSWERED)
REFUSED = Contact(ContactState.REFUSED)
TIMED_OUT = Contact(ContactState.TIMED_OUT, "0.3 s")
SHORT_S = 0.3
LONG_S = 20.0
"""Longer than any test should take: what ends before was ended by something else."""
MOST = 100_000


def not_ollama(detail: str) -> Contact:
    return Contact(ContactState.NOT_OLLAMA, detail)


def ask(
    url: str, method: str = "GET", limit_s: float = LONG_S, most: int = MOST, content: bytes | None = None
) -> Reply:
    """Ask in a thread of its own, so that what never ends fails the test instead of stopping it."""
    replies: list[Reply] = []
    line = Line(url, limit_s=limit_s, most_bytes=most)
    thread = threading.Thread(target=lambda: replies.append(line.ask(method, "/api/tags", content)), daemon=True)
    thread.start()
    thread.join(15)
    assert replies, "no reply in bounded time"
    return replies[0]


def reply_to(serve: Serve, **how: Any) -> Reply:
    with RawServer(serve) as server:
        return ask(server.url, **how)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of 127.0.0.1 that is taken, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


IPV6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")


def test_a_healthy_server_is_answered_with_its_body() -> None:
    assert reply_to(sending(response(b'{"models": []}'))) == Reply(ANSWERED, 200, {"models": []})


def test_a_body_in_chunks_or_without_a_length_is_read_as_well() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n2\r\n,2\r\n1\r\n]\r\n0\r\n\r\n"
    until_closed = b"HTTP/1.0 200 OK\r\n\r\n[1,2]"

    assert reply_to(sending(chunked)).body == [1, 2]
    assert reply_to(sending(until_closed)).body == [1, 2]


def test_a_get_says_who_asks_and_nothing_else() -> None:
    with RawServer(sending(response(b"{}"))) as server:
        ask(server.url + "/")
        head, _, body = server.requests[0].partition(b"\r\n\r\n")

    assert head.split(b"\r\n")[0] == b"GET /api/tags HTTP/1.1"
    assert {line.split(b":")[0].lower(): line.split(b": ")[1] for line in head.split(b"\r\n")[1:]} == {
        b"host": server.url.removeprefix("http://").encode(),
        b"accept": b"application/json",
        b"accept-encoding": b"identity",
        b"connection": b"keep-alive",
        b"user-agent": b"modelcheck",
    }
    assert body == b""


def test_a_post_carries_its_json() -> None:
    with RawServer(sending(response(b"{}"))) as server:
        ask(server.url, method="POST", content=b'{"model": "a"}')

    assert server.requests[0].startswith(b"POST /api/tags HTTP/1.1\r\n")
    assert b"content-type: application/json" in server.requests[0].lower()
    assert server.requests[0].endswith(b'\r\n\r\n{"model": "a"}')


def test_no_proxy_and_no_key_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(sending(response(b"{}"))) as server, RawServer(sending(response(b"{}"))) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("OLLAMA_API_KEY", "made-up")

        assert ask(server.url).contact == ANSWERED

    assert proxy.requests == []
    assert b"made-up" not in server.requests[0]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_never_followed(status: str) -> None:
    with RawServer(sending(response(b"{}"))) as other:
        moved = response(b"{}", status, [f"Location: {other.url}/api/tags"])
        reply = reply_to(sending(moved))

    assert reply == Reply(not_ollama(f"HTTP {status[:3]}"), int(status[:3]))
    assert other.requests == []


@pytest.mark.parametrize("status", ["204 No Content", "404 Not Found", "500 Oops", "503 Busy", "299 Odd"])
def test_any_other_status_is_said(status: str) -> None:
    assert reply_to(sending(response(b"", status))) == Reply(not_ollama(f"HTTP {status[:3]}"), int(status[:3]))


def test_a_page_is_called_by_its_type() -> None:
    page = response(b"<html>It works!</html>", headers=["Content-Type: text/html; charset=utf-8"])

    assert reply_to(sending(page)).contact == not_ollama("text/html")


def test_a_hostile_type_is_shown_on_one_short_line() -> None:
    page = response(b"<", headers=["Content-Type: \x1b[31m" + "x" * 500])
    detail = reply_to(sending(page)).contact.detail

    assert len(detail) <= 40
    assert detail.isprintable()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Ollama is running",
        b'{"models": [',
        b'{"models": [], "models": []}',
        b'{"size": NaN}',
        b"\xff\xfe{\x00}\x00",
        b"[" * 50_000,
        b"1" * 50_000,
    ],
    ids=["empty", "text", "cut off", "same key twice", "not a number", "UTF-16", "deep", "long number"],
)
def test_what_only_says_that_it_is_json_is_none(body: bytes) -> None:
    assert reply_to(sending(response(body))) == Reply(not_ollama("not JSON"), 200)


def test_what_is_packed_unasked_is_not_unpacked() -> None:
    bomb = gzip.compress(b'{"models": [' + b" " * 10_000_000 + b"]}")
    headers = ["Content-Type: application/json", "Content-Encoding: gzip"]

    assert reply_to(sending(response(bomb, headers=headers))).contact == not_ollama("not JSON")


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not HTTP"),
        (b"\x00" * 500, "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "not HTTP"),
        (b"", "not HTTP"),
    ],
    ids=["another protocol", "zeros", "negative length", "two lengths", "longer length", "bad chunk", "hung up"],
)
def test_garbage_is_no_http(sent: bytes, detail: str) -> None:
    assert reply_to(sending(sent)).contact == not_ollama(detail)


def test_what_follows_the_stated_length_is_not_read() -> None:
    sent = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}junk"

    assert reply_to(sending(sent)) == Reply(ANSWERED, 200, {})


def test_a_connection_that_is_reset_is_broken_off() -> None:
    def reset(connection: socket.socket, _: threading.Event) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    assert reply_to(reset).contact == not_ollama("broken off")


HEAD = b"HTTP/1.1 200 OK\r\n"
NEVER_DONE: dict[str, Serve] = {
    "hangs before headers": hanging(),
    "hangs inside headers": hanging(HEAD),
    "hangs inside the body": hanging(HEAD + b'Content-Length: 9\r\n\r\n{"a"'),
    "drips headers": endless(HEAD + b"X: ", b"x", 0.02),
    "drips whole headers": endless(HEAD, b"x:\r\n", 0.02),
    "drips a body with a length": endless(HEAD + b"Content-Length: 999999\r\n\r\n[", b" ", 0.02),
    "drips a body in chunks": endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.02),
    "drips a body without a length": endless(HEAD + b"\r\n[", b" ", 0.02),
    "continues for ever": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("serve", NEVER_DONE.values(), ids=NEVER_DONE.keys())
def test_a_server_that_never_ends_is_left_when_time_is_up(serve: Serve) -> None:
    reply = reply_to(serve, limit_s=SHORT_S)

    assert reply == Reply(TIMED_OUT)


def test_endless_headers_are_bounded_in_bytes() -> None:
    assert reply_to(endless(HEAD, b"X: " + b"x" * 1000 + b"\r\n")).contact == not_ollama("not HTTP")


def test_an_endless_body_is_bounded_in_bytes() -> None:
    assert reply_to(endless(HEAD + b"\r\n[", b" " * 1000)).contact == not_ollama("endless body")


def test_the_body_of_an_error_is_not_waited_for() -> None:
    assert reply_to(hanging(b"HTTP/1.1 500 Oops\r\n\r\n"), limit_s=1.0).contact == not_ollama("HTTP 500")


def test_the_bound_of_bytes_is_exact() -> None:
    body = json.dumps("x" * 98).encode()

    assert reply_to(sending(response(body)), most=100).contact == ANSWERED
    assert reply_to(sending(response(body + b" ")), most=100).contact == not_ollama("endless body")


def test_a_stopped_server_refuses(closed_port: int) -> None:
    assert ask(f"http://127.0.0.1:{closed_port}") == Reply(REFUSED)
    assert ask(f"http://localhost:{closed_port}") == Reply(REFUSED)


def test_a_server_that_takes_no_connection_counts_as_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Windows does for two seconds, and a full queue for longer."""
    waited: list[float] = []

    def connect(_: object, timeout: float, *__: object, **___: object) -> socket.socket:
        waited.append(timeout)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", connect)

    assert ask("http://127.0.0.1:11434") == Reply(REFUSED)
    assert ask("http://127.0.0.1:11434", limit_s=0.2) == Reply(REFUSED)
    assert waited == [1.0, 0.2]


@pytest.mark.parametrize("serve", [sending(response(b"", "400 Bad Request")), hanging()], ids=["plain", "silent"])
def test_a_server_without_tls_is_told_from_a_stopped_one(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CONNECT_S", SHORT_S)
    with RawServer(serve) as server:
        reply = ask(server.url.replace("http:", "https:"))

    assert reply.contact == not_ollama("no valid TLS")


@pytest.mark.parametrize("url", ["", "no address", "ftp://127.0.0.1", "http://[::1", "http://a b/", "http://\x00/"])
def test_what_is_no_address_is_a_failed_contact(url: str) -> None:
    assert ask(url).contact.state in {ContactState.NOT_OLLAMA, ContactState.REFUSED}


def test_a_name_for_this_machine_is_never_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[object] = []
    plain = socket.getaddrinfo

    def look_up(host: str, *rest: Any, **more: Any) -> Any:
        looked_up.append(host)
        return plain("127.0.0.1", *rest, **more)

    with RawServer(sending(response(b"{}"))) as server:
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        for name in ("localhost", "LOCALHOST", "evil.localhost"):
            assert ask(f"http://{name}:{server.port}").contact == ANSWERED

    assert set(looked_up) == {"127.0.0.1"}


@pytest.mark.parametrize("url", ["http://localhost.example:1", "http://notlocalhost:1", "http://127.0.0.1:1"])
def test_other_names_are_asked_as_they_are(url: str) -> None:
    assert Line(url, limit_s=1, most_bytes=1)._urls == (url,)


@IPV6
def test_localhost_is_ipv4_first() -> None:
    with RawServer(sending(response(b"4"))) as four, RawServer(sending(response(b"6")), "::1", four.port) as six:
        assert ask(f"http://localhost:{four.port}/v1/").body == 4

    assert four.asked == ["GET /v1/api/tags"]
    assert six.asked == []


@IPV6
def test_localhost_is_ipv6_where_ipv4_refuses(closed_port: int) -> None:
    with RawServer(sending(response(b"6")), "::1", closed_port):
        line = Line(f"http://localhost:{closed_port}", limit_s=LONG_S, most_bytes=MOST)

        assert list(line._urls) == [f"http://127.0.0.1:{closed_port}", f"http://[::1]:{closed_port}"]
        assert line.ask("GET", "/").body == 6
        assert list(line._urls) == [f"http://[::1]:{closed_port}"]
        assert line.ask("GET", "/").body == 6


@IPV6
@pytest.mark.parametrize(
    "serve", [hanging(), sending(b"garbage"), sending(response(b"", "500 Oops"))], ids=["hangs", "garbage", "fails"]
)
def test_localhost_stays_ipv4_where_something_is_wrong_with_it(serve: Serve) -> None:
    with RawServer(serve) as four, RawServer(sending(response(b"6")), "::1", four.port) as six:
        assert ask(f"http://localhost:{four.port}", limit_s=SHORT_S).contact.state is not ContactState.ANSWERED

    assert six.requests == []


def test_a_fuse_that_blows_while_the_client_connects_cuts_what_it_then_gets() -> None:
    ours, theirs = socket.socketpair()

    class Stream:
        @staticmethod
        def get_extra_info(name: str) -> socket.socket:
            assert name == "socket"
            return ours

    theirs.settimeout(5)
    with ours, theirs, _Fuse(LONG_S) as fuse:
        fuse.trace("connection.connect_tcp.started", {})
        fuse._blow()
        assert fuse.blown
        fuse.trace("connection.connect_tcp.complete", {"return_value": Stream})

        assert theirs.recv(1) == b""
        ours.close()
        fuse._blow()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=100).map(lambda rest: HEAD + rest),
        st.binary(max_size=100).map(lambda body: HEAD + b"\r\n" + body),
    )
)
def test_whatever_is_sent_the_outcome_is_a_value(sent: bytes) -> None:
    reply = reply_to(sending(sent), limit_s=5.0)

    assert reply.contact.state in {ContactState.ANSWERED, ContactState.NOT_OLLAMA}
    assert (reply.status == 200 and reply.contact.detail == "") or reply.contact.state is ContactState.NOT_OLLAMA
