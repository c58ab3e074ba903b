"""Reading one request: in whatever pieces it comes, whoever wrote its framing, and never more than it may take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.guard.admission import LONGEST_REMEMBERED, MOST_REMEMBERED, Admission
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.limits import Limits
from modelcheck.guard.reader import RequestReader
from modelcheck.guard.routes import PROOF
from modelcheck.guard.setup import Address, Setup

LIMITS = Limits(head=1000, headers=10, target=100, body=50)
SETUP = Setup(Address("127.0.0.1", 1), Address("127.0.0.1", 2), token=b"", limits=LIMITS)
LINE = b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\n"


def reader(admission: Admission | None = None) -> RequestReader:
    return RequestReader(LIMITS, admission or Admission(SETUP))


def fed(*pieces: bytes, admission: Admission | None = None) -> RequestReader:
    one = reader(admission)
    for piece in filter(None, pieces):
        one.feed(piece)
    return one


def refused(*pieces: bytes) -> tuple[Fault | str, int]:
    one = reader()
    try:
        for piece in pieces:
            one.feed(piece)
    except Refused as found:
        assert one.admitted is None or one.head is one.admitted.head
        return found.reason, found.status
    raise AssertionError


def sized(body: bytes, *headers: bytes) -> bytes:
    return LINE + b"".join(one + b"\r\n" for one in headers) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    framed = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in chunks)
    return LINE + b"Transfer-Encoding: chunked\r\n\r\n" + framed + end


def test_before_its_first_byte_nothing_has_begun() -> None:
    one = reader()
    assert (one.has_begun, one.head) == (False, None)
    one.feed(b"P")
    assert (one.has_begun, one.is_complete) == (True, False)


def test_a_request_without_a_body_is_complete_with_its_head() -> None:
    one = fed(b"GET /api/tags?a=b HTTP/1.1\r\nHost: localhost\r\nX-A:  b \r\n\r\n")
    assert one.is_complete
    assert one.head is not None
    assert (one.head.method, one.head.target, one.head.is_1_1) == (b"GET", b"/api/tags?a=b", True)
    assert one.head.headers == {b"host": b"localhost", b"x-a": b"b"}
    assert one.admitted is not None
    assert (one.admitted.path, one.admitted.query, one.admitted.is_kept) == ("/api/tags", "a=b", True)
    assert (bytes(one.body), one.has_more, one.has_begun) == (b"", False, True)


@pytest.mark.parametrize(
    ("line", "is_1_1", "is_kept"),
    [
        (b"HTTP/1.1\r\n", True, True),
        (b"HTTP/1.1\r\nConnection: close\r\n", True, False),
        (b"HTTP/1.1\r\nConnection: keep-alive\r\n", True, True),
        (b"HTTP/1.0\r\n", False, False),
        (b"HTTP/1.0\r\nConnection: keep-alive\r\n", False, True),
    ],
)
def test_whether_the_connection_goes_on_is_as_the_caller_says(line: bytes, is_1_1: bool, is_kept: bool) -> None:
    one = fed(b"GET / " + line + b"Host: localhost\r\n\r\n")
    assert one.admitted is not None
    assert (one.admitted.head.is_1_1, one.admitted.is_kept) == (is_1_1, is_kept)


requests = st.sampled_from(
    [
        sized(b"0123456789"),
        sized(b""),
        sized(b"0" * 50, b"X-A: b"),
        chunked(b"01234", b"56789"),
        chunked(),
        chunked(b"0" * 50, end=b"0\r\nTrailer: x\r\n\r\n"),
        LINE + b"\r\n",
    ]
)


@given(requests, st.lists(st.integers(0, 200), max_size=6), st.binary(max_size=3), st.booleans())
def test_in_whatever_pieces_a_request_comes_it_is_the_same(
    raw: bytes, cuts: list[int], after: bytes, is_known: bool
) -> None:
    admission = Admission(SETUP)
    if is_known:
        fed(raw, admission=admission)
    places = sorted(min(cut, len(raw)) for cut in cuts)
    one = fed(
        *(raw[start:end] for start, end in zip([0, *places], [*places, len(raw)], strict=True)), admission=admission
    )
    whole = fed(raw)
    assert (one.is_complete, one.has_more) == (True, False)
    assert (one.head, bytes(one.body)) == (whole.head, bytes(whole.body))
    assert one.admitted == whole.admitted
    one.feed(b"x")
    assert one.has_more
    together = fed(raw + after, admission=admission)
    # An empty line behind chunks is dropped, as RFC 9112 has it: it is no part of any request.
    assert together.has_more is bool(after.strip(b"\r\n") if b"chunked" in raw else after)
    assert bytes(together.body) == bytes(whole.body)


@pytest.mark.parametrize("raw", [sized(b"ab"), chunked(b"ab"), LINE + b"\r\n"])
@pytest.mark.parametrize(
    "after",
    [
        sized(b"cd"),
        chunked(b"cd"),
        b"GET / HTTP/1.1\r\n",
        b"\x00",
        b"x",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\r\nG",
    ],
)
def test_what_follows_a_request_is_noted_and_is_no_part_of_it(raw: bytes, after: bytes) -> None:
    for one in (fed(raw + after), fed(raw, after), fed(raw[:-1], raw[-1:] + after)):
        assert one.is_complete
        assert one.has_more
        assert bytes(one.body) in {b"", b"ab"}


def test_the_bytes_of_a_body_arrive_as_they_are() -> None:
    body = bytes(range(50))
    assert bytes(fed(sized(body)).body) == body
    assert bytes(fed(chunked(body[:20], body[20:])).body) == body
    one = fed(sized(body)[:-10])
    assert not one.is_complete
    assert bytes(one.body) == body[:-10]
    one.feed(body[-10:])
    assert (one.is_complete, bytes(one.body)) == (True, body)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"GET / HTTP/1.1\nHost: localhost\n\r\n\r\n", (Fault.MALFORMED, 400)),
        (b"\x16\x03\x01\r\n\r\n", (Fault.MALFORMED, 400)),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (Fault.MALFORMED, 400)),
        (b"NOTHING / HTTP/1.1\r\nHost: localhost\r\n\r\n", (Fault.MALFORMED, 400)),
        (LINE + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n", (Fault.MALFORMED, 400)),
        (LINE + b"Content-Length: +1\r\n\r\n", (Fault.MALFORMED, 400)),
        (LINE + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", (Fault.MALFORMED, 400)),
        (LINE + b"Transfer-Encoding: gzip, chunked\r\n\r\n", (Fault.MALFORMED, 400)),
        (LINE + b"Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", (Fault.MALFORMED, 400)),
        (b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", (Fault.MALFORMED, 400)),
        (b"GET /api/pull HTTP/1.1\r\nHost: localhost\r\n\r\n", (Fault.ROUTE, 403)),
        (b"POST /api/chat HTTP/1.1\r\nHost: evil.example\r\n\r\n", (Fault.HOST, 403)),
        (LINE + b"Origin: null\r\n\r\n", (Fault.ORIGIN, 403)),
        (LINE + b"Content-Length: 51\r\n\r\n", (Fault.TOO_LARGE, 413)),
        (chunked(b"0" * 30, b"0" * 21), (Fault.TOO_LARGE, 413)),
        (LINE + b"Content-Encoding: gzip\r\n\r\n", (Fault.ENCODING, 415)),
        (LINE + b"Expect: something\r\n\r\n", (Fault.MALFORMED, 417)),
        (LINE + b"X: y\r\n" * 10 + b"\r\n", (Fault.TOO_LARGE, 431)),
        (LINE + b"X: " + b"y" * 1000 + b"\r\n\r\n", (Fault.TOO_LARGE, 431)),
        (b"X" * 1001, (Fault.TOO_LARGE, 431)),
        (b"GET /" + b"a" * 100 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", (Fault.TOO_LARGE, 414)),
        (LINE + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", (Fault.MALFORMED, 400)),
        (LINE + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", (Fault.MALFORMED, 400)),
        (LINE + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n", (Fault.MALFORMED, 400)),
        (chunked(end=b"0\r\nContent-Length: 9\r\n\r\n"), (Fault.MALFORMED, 400)),
        (chunked(end=b"0\r\nBad Trailer: x\r\n\r\n"), (Fault.MALFORMED, 400)),
    ],
)
def test_what_may_not_be_read_is_refused(raw: bytes, expected: tuple[Fault, int]) -> None:
    assert refused(raw) == expected
    at = raw.find(b"\r\n\r\n") + 4
    assert refused(raw[:at], raw[at:]) == expected


def test_the_limits_themselves_may_be_reached() -> None:
    assert fed(LINE + b"X: y\r\n" * 9 + b"\r\n").is_complete
    assert fed(b"GET /?" + b"a" * 98 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n").is_complete
    start = LINE + b"X: "
    raw = start + b"y" * (LIMITS.head - len(start)) + b"\r\n\r\n"
    assert fed(raw).is_complete
    assert not fed(b"X" * LIMITS.head).is_complete
    assert refused(raw.replace(b"yy", b"yyy", 1)) == (Fault.TOO_LARGE, 431)


def test_a_body_in_tiny_chunks_may_not_take_for_ever() -> None:
    framing = b"1;" + b"x" * 9000 + b"\r\n0\r\n"
    one = fed(LINE + b"Transfer-Encoding: chunked\r\n\r\n", *[framing] * 7)
    assert not one.is_complete
    with pytest.raises(Refused) as caught:
        one.feed(framing)
    assert caught.value.reason is Fault.TOO_LARGE


def test_the_framing_of_a_body_may_take_as_much_as_twice_the_body_and_some_more() -> None:
    head = LINE + b"Transfer-Encoding: chunked\r\n\r\n"
    most = 2 * LIMITS.body + (64 << 10) - len(head)
    framing = b"1;" + b"x" * 9000 + b"\r\n0\r\n"
    one = fed(head, *[framing] * 7)
    one.feed(b"1;" + b"x" * (most - 7 * len(framing) - 2))
    with pytest.raises(Refused) as caught:
        one.feed(b"x")
    assert caught.value.reason is Fault.TOO_LARGE


def test_trailers_are_passed_over() -> None:
    one = fed(chunked(b"ab", end=b"0\r\nHost: evil.example\r\nX: y\r\n\r\n"))
    assert one.is_complete
    assert one.head is not None
    assert one.head.headers == {b"host": b"localhost", b"transfer-encoding": b"chunked"}


def test_the_head_of_a_refused_request_is_known_where_it_could_be_read() -> None:
    one = reader()
    with pytest.raises(Refused):
        one.feed(b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert one.head is not None
    assert one.head.target == b"/nowhere"
    assert one.admitted is None


def test_the_same_bytes_are_let_in_without_a_second_look() -> None:
    admission = Admission(SETUP)
    first, second = (fed(sized(b"ab"), admission=admission) for _ in range(2))
    assert first.admitted is second.admitted
    third = fed(sized(b"ab", b"X: y"), admission=admission)
    assert third.admitted is not first.admitted
    assert fed(sized(b"ab", b"X: y")[:70], sized(b"ab", b"X: y")[70:], admission=admission).admitted is third.admitted


def test_only_what_was_let_in_is_remembered() -> None:
    admission = Admission(SETUP)
    for _ in range(2):
        with pytest.raises(Refused):
            fed(LINE + b"Origin: https://evil.example\r\n\r\n", admission=admission)
    assert admission._remembered == {}


def test_a_head_with_chunks_or_a_long_one_is_examined_each_time() -> None:
    limits = Limits()
    admission = Admission(SETUP)
    head = LINE + b"X: " + b"y" * LONGEST_REMEMBERED + b"\r\n\r\n"
    short = LINE + b"X: " + b"y" * (LONGEST_REMEMBERED - len(LINE) - 7) + b"\r\n\r\n"
    assert len(short) == LONGEST_REMEMBERED
    for raw, is_remembered in ((head, False), (short, True), (short[:-5] + b"y" + short[-4:], True)):
        one = RequestReader(limits, admission)
        one.feed(raw)
        assert (admission.known(raw) is not None) is is_remembered
    raw = chunked(b"a")
    assert fed(raw, admission=admission).is_complete
    assert admission.known(raw[: raw.find(b"\r\n\r\n") + 4]) is None


def test_only_so_many_heads_are_remembered() -> None:
    admission = Admission(SETUP)
    for number in range(MOST_REMEMBERED):
        fed(LINE + b"X: %d\r\n\r\n" % number, admission=admission)
    assert admission.known(LINE + b"X: 0\r\n\r\n") is not None
    assert len(admission._remembered) == MOST_REMEMBERED
    fed(LINE + b"X: more\r\n\r\n", admission=admission)
    assert list(admission._remembered) == [LINE + b"X: more\r\n\r\n"]


def test_a_preflight_goes_to_no_route_and_shows_no_token() -> None:
    setup = Setup(Address("127.0.0.1", 1), Address("127.0.0.1", 2), token=b"long-enough-token", limits=LIMITS)
    asked = b"OPTIONS /anywhere HTTP/1.1\r\nHost: localhost\r\n"
    browser = b"Origin: http://localhost\r\nAccess-Control-Request-Method: POST\r\n\r\n"
    one = fed(asked + browser, admission=Admission(setup))
    assert one.admitted is not None
    assert (one.admitted.is_preflight, one.admitted.route, one.admitted.query) == (True, PROOF, "")
    assert one.admitted.page[0] == (b"Access-Control-Allow-Origin", b"http://localhost")
    with pytest.raises(Refused, match="token"):
        fed(LINE + b"\r\n", admission=Admission(setup))
    proof = fed(b"GET " + PROOF.path.encode() + b"?n=a HTTP/1.1\r\nHost: localhost\r\n\r\n", admission=Admission(setup))
    assert proof.admitted is not None
    assert (proof.admitted.is_preflight, proof.admitted.route, proof.admitted.page) == (False, PROOF, ())
