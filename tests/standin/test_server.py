"""HTTP as the servers speak it, byte by byte."""

import socket
from collections.abc import Callable
from contextlib import closing

import httpx
import pytest

from modelcheck.standin.fault import Drip, ServerName
from modelcheck.standin.record import Recorder
from modelcheck.standin.server import MAX_BODY, MAX_LINE, Listener, Switchboard
from modelcheck.standin.stack import Stack

Running = Callable[..., Stack]


def talk(stack: Stack, *said: bytes) -> bytes:
    """Send some bytes, stop sending, and read all that comes until the server ends."""
    with socket.create_connection(("127.0.0.1", httpx.URL(stack.ollama_url).port or 0), timeout=5) as connection:
        for piece in said:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        heard = b""
        while piece := connection.recv(65_536):
            heard += piece
        return heard


def test_a_connection_serves_one_request_after_the_other(stack: Stack) -> None:
    heard = talk(stack, b"GET / HTTP/1.1\r\n\r\n" * 2, b"GET /api/version HTTP/1.1\r\n\r\n")

    assert heard.count(b"HTTP/1.1 200 OK") == 3
    assert heard.count(b"Ollama is running") == 2
    assert b"Server:" not in heard


def test_it_ends_when_the_client_says_so(stack: Stack) -> None:
    heard = talk(stack, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n")

    assert heard.count(b"200 OK") == 1
    assert b"Connection: close" in heard


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"GET\r\n\r\n", b"400"),
        (b"GET / HTTP/x\r\n\r\n", b"400"),
        (b"GET / HTTP/2.0\r\n\r\n", b"505"),
        (b"GET /" + b"a" * MAX_LINE + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", b"431"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1), b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: %s\r\n\r\n" % (b"9" * 5000), b"413"),
        (b"GET /?" + b"a&" * 200 + b" HTTP/1.1\r\n\r\n", b"400"),
    ],
    ids=[
        "one word",
        "no version",
        "version 2",
        "long line",
        "many headers",
        "chunked",
        "negative",
        "large",
        "vast",
        "&",
    ],
)
def test_what_is_not_sound_http_gets_a_plain_error_and_the_end(stack: Stack, said: bytes, status: bytes) -> None:
    heard = talk(stack, said)

    assert heard.startswith((b"HTTP/1.1 " + status, b"HTTP/1.0 " + status))
    assert b"Content-Type: text/plain" in heard
    assert b"Connection: close" in heard
    assert stack.requests == ()


def test_silence_and_half_a_body_get_nothing(stack: Stack) -> None:
    assert talk(stack) == b""
    assert talk(stack, b"POST /api/show HTTP/1.1\r\nContent-Length: 9\r\n\r\n{") == b""
    assert stack.requests == ()


@pytest.mark.parametrize("target", [b"/api/%74ags?x=1", b"http://elsewhere:1/api/tags?x=1"])
def test_a_target_is_decoded_and_may_have_a_host_in_front(stack: Stack, target: bytes) -> None:
    assert b" 200 OK" in talk(stack, b"GET %b HTTP/1.1\r\n\r\n" % target)
    assert [seen.path for seen in stack.requests] == ["/api/tags"]


def test_an_old_client_gets_a_stream_without_chunks(running: Running) -> None:
    stack = running(Drip(server=ServerName.OLLAMA, every=0))

    head, _, body = talk(stack, b"GET /api/version HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")

    assert body == b'{"version":"0.32.15"}'
    assert b"chunked" not in head


def test_a_location_cannot_smuggle_headers(stack: Stack) -> None:
    heard = talk(stack, b"GET //%0d%0aset-cookie:a HTTP/1.1\r\n\r\n")

    assert b"Location: /%0D%0Aset-cookie%3Aa\r\n" in heard


def test_a_client_that_left_before_it_was_accepted_is_nothing() -> None:
    with closing(Listener(Recorder().answer).socket) as listening:
        board = Switchboard(())
        board._accept(listening, Recorder().answer)
        board.close()

    assert board._talks == {}
