"""The head of a request: one strict grammar, which no two readers read apart, and nothing that frames in two ways."""

from typing import Any

import h11
import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.head import END, Head, collect, examine, is_strict, length_of

LINE = b"POST /api/chat HTTP/1.1\r\n"
MOST = 1000


def head(method: str = "POST", *, is_1_1: bool = True, **headers: str) -> Head:
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Head(method.encode(), b"/", named, is_1_1, length_of(named))


def refused(asked: Head) -> Refused:
    with pytest.raises(Refused) as caught:
        examine(asked, MOST)
    return caught.value


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
        b"A / HTTP/1.1\r\n\r\n",
        b"ABCDEFGHIJKLMNOP / HTTP/1.1\r\n\r\n",
        b"GET *?%00~! HTTP/1.1\r\nhost:\r\nX-1: \ta b\t~\r\n!#$%&'*+.^_`|~09AZaz-: x:y\r\n\r\n",
    ],
)
def test_a_plain_head_is_strict(raw: bytes) -> None:
    assert is_strict(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        END,
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\n\n",
        b"GET / HTTP/1.1\r\nHost: a\n\r\n",
        b"GET / HTTP/1.1\nHost: a\r\n\r\n",
        b"\r\nGET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\n\r\n",
        b" / HTTP/1.1\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET\t/ HTTP/1.1\r\n\r\n",
        b"GET /  HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1 \r\n\r\n",
        b"GET / HTTP/1.2\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET / HTTP/1.11\r\n\r\n",
        b"GET / http/1.1\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET /\x80 HTTP/1.1\r\n\r\n",
        b"GET /\x7f HTTP/1.1\r\n\r\n",
        LINE + b"Host : a\r\n\r\n",
        LINE + b" Host: a\r\n\r\n",
        LINE + b"Host: a\r\n folded\r\n\r\n",
        LINE + b"Host: a\r\n\tfolded\r\n\r\n",
        LINE + b"Host\r\n\r\n",
        LINE + b": a\r\n\r\n",
        LINE + b"Ho st: a\r\n\r\n",
        LINE + b"Host: a\x00\r\n\r\n",
        LINE + b"Host: a\x0b\r\n\r\n",
        LINE + b"Host: \x80\r\n\r\n",
        LINE + b"Host: \xc3\xa4\r\n\r\n",
        LINE + b"Host: a\rX: b\r\n\r\n",
        LINE + b"Host: \x7f\r\n\r\n",
        LINE + b"H\xc3\xa4: a\r\n\r\n",
        LINE + b"Host: a\r\n\r",
        LINE + b"Host: a\r\n\r\nx",
        LINE + b"a(b): c\r\n\r\n",
    ],
)
def test_whatever_some_server_reads_otherwise_is_not_strict(raw: bytes) -> None:
    assert not is_strict(raw)


class Parsed:
    """What llhttp reads."""

    def __init__(self, raw: bytes) -> None:
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(raw)
        self.method: bytes = parser.get_method()

    def on_url(self, target: bytes) -> None:
        self.target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.strip()))


def by_h11(raw: bytes) -> tuple[bytes, bytes, list[tuple[bytes, bytes]]]:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(raw)
    event: Any = connection.next_event()
    assert isinstance(event, h11.Request)
    return event.method, event.target, [(bytes(name), bytes(value)) for name, value in event.headers]


tokens = st.text(st.sampled_from("aZ09-_!x"), min_size=1, max_size=8).map(str.encode)
values = st.text(st.sampled_from("a Z:,;=\t\"'~/9"), max_size=12).map(str.encode)
damage = st.sampled_from(
    [b"\n", b"\r", b"\r\n", b" ", b"\t", b"\x00", b":", b"\x80", b"HTTP/1.1", b"", b"\x0b", b"\r\n "]
)


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """Draw a head that is sound but for one place, or altogether."""
    lines = [draw(st.sampled_from([b"GET / HTTP/1.1", LINE.strip(), b"DELETE /a?b=c HTTP/1.1"])), b"Host: a"]
    lines += [name + b":" + value for name, value in draw(st.lists(st.tuples(tokens, values), max_size=4))]
    raw = b"\r\n".join(lines) + END
    at = draw(st.integers(0, len(raw)))
    return raw[:at] + draw(damage) + raw[at + draw(st.integers(0, 2)) :]


@given(heads() | st.binary(max_size=60))
@example(LINE + b"Host: a\r\nx:\t\t\r\n\r\n")
def test_a_strict_head_is_read_alike_by_two_independent_parsers(raw: bytes) -> None:
    if not is_strict(raw):
        return
    try:
        one = Parsed(raw)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return  # refused by the reader that the guard uses
    try:
        method, target, headers = by_h11(raw)
    except h11.RemoteProtocolError:
        return  # refused by the other one
    assert (method, target) == (one.method, one.target)
    assert headers == one.headers


def test_headers_are_gathered_by_their_names_in_lower_case() -> None:
    pairs = [(b"X-One", b" a "), (b"x-ONE", b"\tb"), (b"Host", b"h"), (b"x-one", b"c")]
    assert collect(pairs, 4) == {b"x-one": b"a, b, c", b"host": b"h"}


def test_more_headers_than_there_may_be_are_too_many() -> None:
    with pytest.raises(Refused, match="more than 2 headers") as caught:
        collect([(b"a", b""), (b"b", b""), (b"c", b"")], 2)
    assert (caught.value.reason, caught.value.status) == (Fault.TOO_LARGE, 431)


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Content-Type",
        "Content-Encoding",
        "Origin",
        "Referer",
        "Authorization",
        "Expect",
        "Sec-Fetch-Site",
    ],
)
def test_what_readers_could_choose_from_stands_once(name: str) -> None:
    pair = (name.encode(), b"1")
    assert collect([pair], 9) == {name.lower().encode(): b"1"}
    with pytest.raises(Refused, match=f"{name.lower()} stands twice") as caught:
        collect([pair, (name.upper().encode(), b"1")], 9)
    assert (caught.value.reason, caught.value.status) == (Fault.MALFORMED, 400)


@pytest.mark.parametrize(("text", "length"), [("0", 0), ("7", 7), ("007", 7), ("9" * 15, int("9" * 15))])
def test_a_length_is_a_plain_number(text: str, length: int) -> None:
    assert length_of({b"content-length": text.encode()}) == length


@pytest.mark.parametrize("text", ["", "+1", "-1", "1_0", "0x1", "1 ", "1,1", "1.0", "9" * 16, "\u0661"])
def test_a_length_is_nothing_else(text: str) -> None:
    with pytest.raises(Refused, match="no plain number") as caught:
        length_of({b"content-length": text.encode()})
    assert caught.value.reason is Fault.MALFORMED


def test_where_no_length_is_said_there_is_none() -> None:
    assert length_of({}) == 0
    assert not Head(b"POST", b"/", {}, is_1_1=True).has_body


@pytest.mark.parametrize(
    ("asked", "has_body", "is_chunked", "waits"),
    [
        (head(), False, False, False),
        (head(content_length="0"), False, False, False),
        (head(content_length="1"), True, False, False),
        (head(transfer_encoding="chunked"), True, True, False),
        (head(content_length="5", expect="100-continue"), True, False, True),
    ],
)
def test_a_head_tells_whether_a_body_follows(asked: Head, has_body: bool, is_chunked: bool, waits: bool) -> None:
    assert (asked.has_body, asked.is_chunked, asked.waits) == (has_body, is_chunked, waits)


@pytest.mark.parametrize(
    "asked",
    [
        head(),
        head("GET"),
        head("GET", content_length="0"),
        head("DELETE", content_length="5"),
        head(content_length=str(MOST)),
        head(transfer_encoding="Chunked"),
        head(content_encoding=""),
        head(content_encoding="IDENTITY"),
        head(expect="100-Continue", content_length="3"),
        head(is_1_1=False, content_length="3"),
    ],
)
def test_a_head_that_frames_in_one_way_passes(asked: Head) -> None:
    examine(asked, MOST)


@pytest.mark.parametrize(
    ("asked", "reason", "status"),
    [
        (head("GET", upgrade="h2c"), Fault.MALFORMED, 400),
        (head("CONNECT"), Fault.MALFORMED, 400),
        (head(transfer_encoding="gzip"), Fault.MALFORMED, 400),
        (head(transfer_encoding=""), Fault.MALFORMED, 400),
        (head(transfer_encoding="chunked, chunked"), Fault.MALFORMED, 400),
        (head(transfer_encoding="gzip, chunked"), Fault.MALFORMED, 400),
        (head(transfer_encoding="chunked", content_length="3"), Fault.MALFORMED, 400),
        (head(transfer_encoding="chunked", content_length="0"), Fault.MALFORMED, 400),
        (head(transfer_encoding="chunked", is_1_1=False), Fault.MALFORMED, 400),
        (head(content_length=str(MOST + 1)), Fault.TOO_LARGE, 413),
        (head("GET", content_length="1"), Fault.MALFORMED, 400),
        (head("HEAD", content_length="1"), Fault.MALFORMED, 400),
        (head("OPTIONS", content_length="1"), Fault.MALFORMED, 400),
        (head("GET", transfer_encoding="chunked"), Fault.MALFORMED, 400),
        (head(content_encoding="gzip"), Fault.ENCODING, 415),
        (head(content_encoding="identity, gzip"), Fault.ENCODING, 415),
        (head(content_encoding="zstd"), Fault.ENCODING, 415),
        (head(expect="200-ok", content_length="3"), Fault.MALFORMED, 417),
        (head(expect="", content_length="3"), Fault.MALFORMED, 417),
    ],
)
def test_a_head_that_could_be_framed_otherwise_is_refused(asked: Head, reason: Fault, status: int) -> None:
    found = refused(asked)
    assert (found.reason, found.status) == (reason, status)
