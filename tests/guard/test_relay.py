"""The answer on its way back: framed anew, nothing passed that leads away, and a broken one never looks complete."""

import pytest

from modelcheck.guard.admission import Admitted
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.head import Head
from modelcheck.guard.relay import Relay, Way
from modelcheck.guard.routes import route_of
from modelcheck.guard.upstream import Exchange

JSON = (b"Content-Type", b"application/json")


class Taker:
    """A caller's connection that writes down what it is told."""

    def __init__(self) -> None:
        self.taken = b""
        self.told: list[str] = []
        self.refusal: Refused | None = None
        self.shown: bytes | None = b"shown"

    def take(self, data: bytes) -> None:
        self.told.append("take")
        self.taken += data

    def done(self, *, is_kept: bool) -> None:
        self.told.append("done" if is_kept else "last")

    def refused(self, refused: Refused) -> None:
        self.told.append("refused")
        self.refusal = refused

    def cut(self) -> None:
        self.told.append("cut")

    def again(self) -> None:
        self.told.append("again")

    def rewritten(self, data: bytes) -> bytes:
        self.told.append(f"rewritten {data.decode()}")
        if self.shown is None:
            raise Refused(Fault.UPSTREAM, "no list")
        return self.shown


class Away(Exchange):
    """An exchange that writes down what is done to it."""

    def __init__(self, relay: Relay) -> None:
        super().__init__(b"", relay, None)
        self.done: list[str] = []

    def leave(self) -> None:
        self.done.append("leave")
        super().leave()

    def pause(self) -> None:
        self.done.append("pause")

    def resume(self) -> None:
        self.done.append("resume")


def made(
    target: bytes = b"/api/version",
    *,
    method: bytes = b"GET",
    is_1_1: bool = True,
    is_kept: bool = True,
    most: int = 20,
) -> tuple[Relay, Taker, Away]:
    route, path, query = route_of(method, target)
    page = ((b"Vary", b"Origin"),)
    admitted = Admitted(Head(method, target, {}, is_1_1), route, path, query, False, True, page)
    taker = Taker()
    relay = Relay(taker, Way(admitted, is_kept), most)
    relay.exchange = away = Away(relay)
    return relay, taker, away


def lines(taker: Taker) -> list[str]:
    return taker.taken.partition(b"\r\n\r\n")[0].decode().split("\r\n")


def content(taker: Taker) -> bytes:
    return taker.taken.partition(b"\r\n\r\n")[2]


PLAIN = ["Vary: Origin", "X-Modelcheck-Guard: forwarded"]


def test_an_answer_of_a_known_length_keeps_it() -> None:
    relay, taker, _ = made()
    before = relay.has_head
    relay.head(200, [JSON, (b"content-LENGTH", b"4"), (b"Location", b"x")])
    assert (before, relay.has_head) == (False, True)
    assert taker.told == []
    relay.data(b"ab")
    relay.flush()
    assert lines(taker) == ["HTTP/1.1 200 OK", "content-type: application/json", *PLAIN, "Content-Length: 4"]
    assert content(taker) == b"ab"
    relay.data(b"cd")
    relay.end()
    assert content(taker) == b"abcd"
    assert taker.told == ["take", "take", "done"]


def test_an_answer_of_no_known_length_comes_in_chunks_as_they_come() -> None:
    relay, taker, _ = made()
    relay.head(404, [])
    relay.data(b"a" * 17)
    relay.data(b"b")
    relay.flush()
    assert lines(taker) == ["HTTP/1.1 404 Not Found", *PLAIN, "Transfer-Encoding: chunked"]
    assert content(taker) == b"11\r\n" + b"a" * 17 + b"\r\n1\r\nb\r\n"
    relay.flush()
    relay.end()
    assert content(taker).endswith(b"b\r\n0\r\n\r\n")
    assert taker.told == ["take", "take", "done"]


@pytest.mark.parametrize("length", [b"", b"+4", b"4, 4", b"9" * 16, b"-1", b"x"])
def test_a_length_that_is_no_plain_number_is_not_passed_on(length: bytes) -> None:
    relay, taker, _ = made()
    relay.head(200, [(b"Content-Length", length)])
    relay.flush()
    assert lines(taker)[-1] == "Transfer-Encoding: chunked"


def test_a_length_may_have_15_digits() -> None:
    relay, taker, _ = made()
    relay.head(200, [(b"Content-Length", b"9" * 15)])
    relay.flush()
    assert lines(taker)[-1] == "Content-Length: " + "9" * 15


def test_an_old_caller_is_answered_until_the_connection_closes() -> None:
    relay, taker, _ = made(is_1_1=False)
    relay.head(200, [])
    relay.data(b"ab")
    relay.end()
    assert lines(taker) == ["HTTP/1.1 200 OK", *PLAIN, "Connection: close"]
    assert content(taker) == b"ab"
    assert taker.told == ["take", "last"]
    kept, old, _ = made(is_1_1=False)
    kept.head(200, [(b"Content-Length", b"2")])
    kept.end()
    assert lines(old)[-2:] == ["Content-Length: 2", "Connection: keep-alive"]


def test_a_connection_that_is_not_kept_says_so() -> None:
    relay, taker, _ = made(is_kept=False)
    relay.head(200, [])
    relay.end()
    assert lines(taker)[-1] == "Connection: close"
    assert taker.told == ["take", "last"]


def test_an_answer_without_a_body_has_no_framing() -> None:
    relay, taker, _ = made()
    relay.head(204, [(b"Content-Length", b"2")])
    relay.data(b"ab")
    relay.end()
    assert lines(taker) == ["HTTP/1.1 204 No Content", *PLAIN]
    assert content(taker) == b""
    assert taker.told == ["take", "done"]


def test_only_the_head_is_sent_where_only_the_head_is_wanted() -> None:
    relay, taker, _ = made(method=b"HEAD")
    relay.head(200, [(b"Content-Length", b"2")])
    relay.data(b"ab")
    relay.end()
    assert lines(taker) == ["HTTP/1.1 200 OK", *PLAIN, "Content-Length: 2"]
    assert content(taker) == b""
    unsized, other, _ = made(method=b"HEAD")
    unsized.head(200, [])
    unsized.data(b"ab")
    unsized.end()
    assert lines(other) == ["HTTP/1.1 200 OK", *PLAIN]
    assert content(other) == b""


@pytest.mark.parametrize("status", [100, 101, 199, 300, 301, 302, 304, 307, 399, 600, 999])
def test_a_status_that_leads_elsewhere_is_not_passed_on(status: int) -> None:
    relay, taker, away = made()
    relay.head(status, [(b"Location", b"http://evil.example")])
    assert taker.told == ["refused"]
    assert taker.refusal is not None
    assert (taker.refusal.reason, taker.refusal.status) == (Fault.UPSTREAM, 502)
    assert away.done == ["leave"]
    relay.data(b"ab")
    relay.flush()
    assert taker.taken == b""


@pytest.mark.parametrize("status", [200, 299, 400, 404, 500, 599])
def test_every_other_status_is_passed_on(status: int) -> None:
    relay, taker, _ = made()
    relay.head(status, [])
    relay.end()
    assert lines(taker)[0].startswith(f"HTTP/1.1 {status} ")


def test_an_encoded_answer_is_not_passed_on() -> None:
    relay, taker, away = made()
    relay.head(200, [(b"Content-Encoding", b"gzip")])
    assert taker.told == ["refused"]
    assert away.done == ["leave"]


def test_without_an_answer_an_error_is_said() -> None:
    relay, taker, _ = made()
    relay.broken()
    assert taker.told == ["refused"]
    assert taker.refusal is not None
    assert taker.refusal.reason is Fault.UPSTREAM


def test_an_answer_that_breaks_off_is_cut_and_what_came_is_written() -> None:
    for is_flushed in (True, False):
        relay, taker, _ = made()
        relay.head(200, [])
        relay.data(b"ab")
        if is_flushed:
            relay.flush()
        relay.broken()
        assert content(taker) == b"2\r\nab\r\n"
        assert taker.told == ["take", "cut"]


def test_what_was_never_sent_is_ruled_on_again() -> None:
    relay, taker, _ = made()
    relay.unsent()
    assert taker.told == ["again"]


def test_a_list_of_models_is_read_whole_and_rewritten() -> None:
    relay, taker, _ = made(b"/api/tags")
    relay.head(200, [JSON, (b"Content-Length", b"6")])
    relay.data(b"abc")
    relay.flush()
    assert taker.told == []
    relay.data(b"def")
    relay.end()
    assert taker.told == ["rewritten abcdef", "take", "done"]
    assert lines(taker) == ["HTTP/1.1 200 OK", "content-type: application/json", *PLAIN, "Content-Length: 5"]
    assert content(taker) == b"shown"


def test_an_old_caller_gets_a_list_with_its_length() -> None:
    relay, taker, _ = made(b"/api/tags", is_1_1=False, is_kept=False)
    relay.head(200, [])
    relay.end()
    assert lines(taker)[-2:] == ["Content-Length: 5", "Connection: close"]
    kept, old, _ = made(b"/api/tags", is_1_1=False)
    kept.head(200, [])
    kept.end()
    assert lines(old)[-1] == "Connection: keep-alive"


def test_of_a_list_only_the_head_is_sent_where_only_the_head_is_wanted() -> None:
    relay, taker, _ = made(b"/api/tags", method=b"HEAD")
    relay.head(200, [])
    relay.data(b"ab")
    relay.end()
    assert lines(taker)[-1] == "Content-Length: 5"
    assert content(taker) == b""


def test_an_error_in_place_of_a_list_is_passed_on() -> None:
    relay, taker, _ = made(b"/api/tags")
    relay.head(500, [(b"Content-Length", b"2")])
    relay.data(b"no")
    relay.end()
    assert content(taker) == b"no"
    assert taker.told == ["take", "done"]


def test_a_list_that_cannot_be_shown_is_an_error() -> None:
    relay, taker, _ = made(b"/api/tags")
    taker.shown = None
    relay.head(200, [])
    relay.end()
    assert taker.told == ["rewritten ", "refused"]
    assert taker.taken == b""


def test_a_list_that_is_too_long_is_an_error_at_once() -> None:
    relay, taker, away = made(b"/api/tags", most=5)
    relay.head(200, [])
    relay.data(b"12345")
    relay.flush()
    assert taker.told == []
    relay.data(b"6")
    relay.flush()
    assert taker.told == ["refused"]
    assert taker.refusal is not None
    assert taker.refusal.reason is Fault.UPSTREAM
    assert away.done == ["leave"]


def test_a_list_that_breaks_off_is_an_error() -> None:
    relay, taker, _ = made(b"/api/tags")
    relay.head(200, [])
    relay.data(b"ab")
    relay.broken()
    assert taker.told == ["refused"]


def test_a_caller_that_is_slow_or_leaves_is_felt_by_the_upstream() -> None:
    relay, _, away = made()
    relay.pause()
    relay.resume()
    relay.leave()
    assert away.done == ["pause", "resume", "leave"]
    relay.exchange = None
    relay.pause()
    relay.resume()
    relay.leave()


def test_an_upstream_that_takes_too_long_is_left() -> None:
    relay, taker, away = made()
    relay.give_up()
    assert away.done == ["leave"]
    assert taker.told == ["refused"]
    begun, other, _ = made()
    begun.head(200, [])
    begun.flush()
    begun.give_up()
    assert other.told == ["take", "cut"]


def test_what_comes_before_a_head_is_no_answer() -> None:
    relay, taker, _ = made()
    relay.data(b"ab")
    relay.flush()
    assert taker.taken == b""
