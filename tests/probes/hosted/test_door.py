"""The way out: one origin, GET alone, no redirect, and an end to every wait."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from modelcheck.core.cloud import Answer, AnswerState
from modelcheck.core.host import parse_endpoint
from modelcheck.probes import door
from modelcheck.probes.access import Book
from modelcheck.probes.catalogue import Refused
from modelcheck.probes.door import Door
from modelcheck.probes.sdk_openai import OpenAICatalogue
from modelcheck.probes.secret import Secret
from modelcheck.standin.key import made_up_key

Recorder = Any
"""The one of conftest."""
Make = Callable[..., Any]

both = pytest.mark.parametrize("provider", ["anthropic", "openai"])


@both
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(
    provider: str, status: int, server: Recorder, other: Recorder, access: Make, look: Make
) -> None:
    for target in (other.url, server.url):
        server.says(status, {}, location=f"{target}/v1/models")
        server.requests.clear()

        seen = look(access(server), **{provider: []})

        assert seen.answer(provider) == Answer(AnswerState.UNAVAILABLE, status, "redirect")
        assert len(server.requests) == 1
    assert other.requests == []


@both
def test_a_closed_port_is_a_contact_that_failed(provider: str, closed: Recorder, access: Make, look: Make) -> None:
    given = access(closed)

    seen = look(given, **{provider: []})

    assert seen.answer(provider) == Answer(AnswerState.UNAVAILABLE, None, "connection refused")
    assert [row.count for row in given.book.closed().contacts] == [1]


@both
@pytest.mark.parametrize(("encoding", "size"), [("identity", door.MOST_BYTES + 1), ("gzip", 10), ("x", 10)])
def test_an_answer_without_measure_is_given_up(
    provider: str, encoding: str, size: int, server: Recorder, access: Make, look: Make
) -> None:
    server.says(200, b" " * size, content_encoding=encoding)

    seen = look(access(server), **{provider: []})

    assert seen.answer(provider) == Answer(AnswerState.UNAVAILABLE, None, "TooMuch")


def test_a_server_that_stalls_is_left_when_time_is_up(server: Recorder) -> None:
    server.holds("m")
    with Door(parse_endpoint(server.url), "x", Book()) as way:
        sdk = OpenAICatalogue(Secret(made_up_key("openai")), way)
        assert set(sdk.listed()) == {"m"}

        enough = server.stalls()
        way._deadline = time.monotonic() + 0.3
        for _ in range(2):
            with pytest.raises(Refused) as refused:
                sdk.listed()
            assert refused.value.answer == Answer(AnswerState.UNAVAILABLE, None, "timed out")
        enough.set()

    assert len(server.requests) == 2


def test_a_server_that_drips_is_left_when_time_is_up() -> None:
    class Drip(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b" "

    with pytest.raises(httpx2.ReadTimeout):
        list(door._Bounded(Drip(), deadline=0.0))


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", "{}/v1/models"),
        ("DELETE", "{}/v1/models/m"),
        ("GET", "http://127.0.0.1:1/v1/models"),
        ("GET", "https://127.0.0.1/v1/models"),
    ],
)
def test_nothing_else_passes_the_door(method: str, url: str, server: Recorder) -> None:
    book = Book()
    with Door(parse_endpoint(server.url), "x", book) as way, way.client() as client, pytest.raises(door.Forbidden):
        client.request(method, url.format(server.url))

    assert server.requests == []
    assert book.closed().contacts == ()


@pytest.mark.parametrize(("url", "reads"), [("https://api.openai.com/v1", True), ("http://127.0.0.1:1", False)])
def test_certificates_are_verified_wherever_there_are_any(
    url: str, reads: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[object] = []

    def remember(_: object, **arguments: object) -> None:
        given.append(arguments["verify"])

    monkeypatch.setattr(httpx2.HTTPTransport, "__init__", remember)
    Door(parse_endpoint(url), "x", Book())

    assert given == [True if reads else door.NO_CERTIFICATES]
    assert door.NO_CERTIFICATES.check_hostname
