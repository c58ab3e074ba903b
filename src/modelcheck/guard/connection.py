"""One connection of a caller: a request is read, ruled on, answered or passed on, and then the next one."""

import asyncio
from enum import Enum, auto
from http import HTTPStatus
from typing import cast

from modelcheck.core.precheck import is_cloud_name
from modelcheck.core.ruling import Answer, Reason, Ruling
from modelcheck.core.text import printable
from modelcheck.guard import answers, caller
from modelcheck.guard.event import Event, Outcome
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.guard import Guard
from modelcheck.guard.head import Head
from modelcheck.guard.listing import stubs, without_stubs
from modelcheck.guard.reader import RequestReader
from modelcheck.guard.relay import Relay, Way
from modelcheck.guard.request import Request, understand, written
from modelcheck.guard.routes import PROOF, Dialect, Route, route_of
from modelcheck.guard.words import words_of

HIGH_WATER = 64 << 10
"""Bytes of an answer that wait for a slow caller before the upstream is read no further."""
LINGER_S = 2.0
"""For which a caller may still send what nobody reads, so that it sees the refusal."""
OTHER = "other"
"""Stands for every path that is no route, in the counters."""
AGAIN_S = 0.5
"""Age of the inventory from which it is read once more before something is said not to be here."""


class Phase(Enum):
    """What a connection is doing."""

    READING = auto()
    WAITING = auto()
    """Its request waits until the inventory has been read."""
    RELAYING = auto()
    LINGERING = auto()
    """Everything is said; what still comes is passed over."""
    CLOSED = auto()


class Connection(asyncio.Protocol):
    """One connection of a caller."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._transport: asyncio.Transport | None = None
        self.deadline: float | None = None
        self._held = 0
        self._is_draining = False
        self._client = ""
        self._await_request()

    def _await_request(self) -> None:
        self._phase = Phase.READING
        self._reader = RequestReader(self._guard.limits)
        self._found: tuple[Route, str, str] | None = None
        self._request: Request | None = None
        self._relay: Relay | None = None
        self._has_looked = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take in a caller, unless there are too many."""
        guard, self._transport = self._guard, cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(HIGH_WATER)
        guard.connections.add(self)
        self.deadline = guard.clock() + guard.limits.head_s
        if len(guard.connections) > guard.limits.connections:
            self._refuse(Refused(Fault.BUSY, "too many connections"), is_read=False)
        elif guard.is_ending:
            self._refuse(Refused(Fault.ENDING, "the guard is ending"), is_read=False)

    def data_received(self, data: bytes) -> None:
        """Read on; bytes that come before the answer are never a request."""
        if self._phase is not Phase.READING:
            self._reader.has_more = True
            return
        reader = self._reader
        if not reader.has_begun:
            self.deadline = self._guard.clock() + self._guard.limits.head_s
        try:
            reader.feed(data)
            self._hold(len(reader.body))
            if reader.head is not None:
                self._examine()
            if reader.is_complete:
                self._understand()
        except Refused as refused:
            self._refuse(refused, is_read=reader.is_complete and reader.head is not None)

    def eof_received(self) -> bool:
        """Leave with a caller that leaves: nobody would take the rest of the answer."""
        self._leave_upstream()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the caller."""
        del exc
        self._phase = Phase.CLOSED
        self._leave_upstream()
        self._hold(0)
        self.deadline = None
        self._guard.forget(self)

    def pause_writing(self) -> None:
        """Read the upstream no faster than the caller reads the guard."""
        if self._relay is not None:
            self._relay.pause()
            self.deadline = self._guard.clock() + self._guard.limits.stuck_s

    def resume_writing(self) -> None:
        """Read on."""
        if self._relay is not None:
            self._relay.resume()
            self.deadline = self._guard.clock() + self._guard.limits.silence_s

    # What the guard calls.

    def overdue(self) -> None:
        """End what takes too long; a caller that says nothing between two requests hears nothing."""
        if self._phase is Phase.READING and self._reader.has_begun:
            self._refuse(Refused(Fault.TOO_SLOW, "the request took too long to arrive"), is_read=False)
        elif self._phase is Phase.RELAYING and self._relay is not None:
            self._relay.give_up()
        else:
            self.abort()

    def drain(self) -> None:
        """Take no further request."""
        self._is_draining = True
        if self._phase is Phase.READING and not self._reader.has_begun:
            self._close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    # What the relay calls.

    def take(self, data: bytes) -> None:
        """Write a piece of the answer."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def done(self) -> None:
        """Go on to the next request."""
        route = self._request.route if self._request is not None else PROOF
        self._guard.metrics.count(route.path, Outcome.FORWARDED)
        self._end_of_request()

    def refused(self, refused: Refused) -> None:
        """Answer with an error in place of the upstream's answer."""
        self._relay = None
        self._guard.state.doubt()
        self._refuse(refused, is_read=True)

    def cut(self) -> None:
        """Break off in the middle; the caller must not take it for the end."""
        self._guard.state.doubt()
        self._relay = None
        self._note(Refused(Fault.UPSTREAM, "the upstream broke off"), Outcome.FAILED)
        self._phase = Phase.CLOSED
        if self._transport is not None and self._reader.head is not None and self._reader.head.is_1_1:
            self._transport.close()
        else:
            self.abort()

    def rewritten(self, data: bytes) -> bytes:
        """Return a list of models without stubs."""
        request, reading = self._request, self._guard.state.reading
        if request is None or reading is None:
            raise Refused(Fault.UPSTREAM, "the inventory could not be read")
        hidden = stubs(reading.entries)
        return without_stubs(request.route, data, lambda name: name not in hidden and not is_cloud_name(name))

    # A request, step by step.

    def _examine(self) -> None:
        """Look at a new head: who asks, and for which route."""
        head = self._reader.head
        if self._found is not None or head is None:
            return
        self.deadline = self._guard.clock() + self._guard.limits.body_s
        is_asking = answers.is_preflight(head)
        found = (PROOF, PROOF.path, "") if is_asking else route_of(head.method, head.target)
        caller.examine(head, self._guard.setup, needs_token=found[0] is not PROOF)
        self._found = found
        if head.waits and head.has_body and not self._reader.is_complete:
            self.take(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _understand(self) -> None:
        head = self._reader.head
        if head is None or self._found is None:
            return
        route, path, query = self._found
        if answers.is_preflight(head):
            self._answer(HTTPStatus.NO_CONTENT, b"", answers.preflight_headers(head))
        elif route is PROOF:
            self._answer(HTTPStatus.OK, self._guard.prove(query), [(b"Content-Type", answers.JSON)])
        else:
            self._request = understand(head, route, path, query, self._reader.body)
            if self._request.needs_inventory and not self._guard.state.is_fresh:
                self._look_first()
            else:
                self._rule(self._request)

    def _look_first(self) -> None:
        self._phase, self._has_looked = Phase.WAITING, True
        self.deadline = self._guard.clock() + 2 * self._guard.limits.read_s
        self._guard.look(self._looked)

    def _looked(self) -> None:
        if self._phase is not Phase.WAITING or self._request is None:
            return
        self._phase = Phase.READING
        try:
            self._rule(self._request)
        except Refused as refused:
            self._refuse(refused, is_read=True)

    def _rule(self, request: Request) -> None:
        ruling = self._guard.rule(request.intent)
        if ruling.reason is Reason.NOT_HERE and not self._has_looked and (self._guard.state.age or 0) > AGAIN_S:
            self._look_first()
        elif ruling.reason is not None:
            raise Refused(ruling.reason, words_of(ruling), ruling=ruling)
        elif ruling.answer is Answer.HERE and ruling.entry is not None:
            kind, data = answers.pulled_body(ruling.entry, is_stream=request.is_stream)
            self._answer(HTTPStatus.OK, data, [(b"Content-Type", kind)])
        else:
            self._pass_on(request, ruling)

    def _pass_on(self, request: Request, ruling: Ruling) -> None:
        head, guard = self._reader.head, self._guard
        if head is None:
            return
        way = Way(
            [*answers.page_headers(head, guard.setup), (b"X-Modelcheck-Guard", b"forwarded")],
            is_1_1=head.is_1_1,
            is_kept=self._is_kept,
            is_head=head.method == b"HEAD",
            is_whole=bool(request.route.lists),
        )
        data = written(request, ruling.name, guard.setup.upstream.authority.encode("ascii"))
        if ruling.exemption is not None:
            self._note(Refused(Fault.EXCEPTION, "", ruling=ruling), Outcome.FORWARDED)
        self._relay = Relay(self, way, guard.limits.answer)
        self._phase, self.deadline = Phase.RELAYING, guard.clock() + guard.limits.silence_s
        self._reader.body = bytearray()
        self._relay.exchange = guard.pool.send(data, self._relay)

    # Answers of our own.

    def _answer(self, status: int, data: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        """Answer a request that was read to its end."""
        self._guard.metrics.count(self._found[0].path if self._found else OTHER, Outcome.ANSWERED)
        self._say(status, data, [*headers, (b"X-Modelcheck-Guard", b"answered")], is_kept=self._is_kept)
        self._end_of_request()

    def _refuse(self, refused: Refused, *, is_read: bool) -> None:
        """Answer with an error; the connection goes on only after a request that was read to its end."""
        route = self._found[0] if self._found is not None else None
        self._note(refused, Outcome.FAILED if refused.reason is Fault.UPSTREAM else Outcome.REFUSED)
        body = answers.error_body(route.dialect if route else Dialect.OLLAMA, refused.status, refused.words)
        headers = [(b"Content-Type", answers.JSON), (b"X-Modelcheck-Reason", refused.reason.value.encode("ascii"))]
        if refused.status == HTTPStatus.UNAUTHORIZED:
            headers.append((b"WWW-Authenticate", b"Bearer"))
        is_kept = is_read and self._is_kept and refused.ruling is not None
        self._say(refused.status, body, headers, is_kept=is_kept)
        if is_kept:
            self._end_of_request()
        elif is_read and not self._reader.has_more:
            self._close()
        else:
            self._linger()

    def _say(self, status: int, data: bytes, headers: list[tuple[bytes, bytes]], *, is_kept: bool) -> None:
        head = self._reader.head
        framed = [*headers, *answers.page_headers(head, self._guard.setup)]
        if status != HTTPStatus.NO_CONTENT:
            framed.append((b"Content-Length", b"%d" % len(data)))
        said = answers.head_of(status, framed, is_kept=is_kept, is_1_1=head is None or head.is_1_1)
        self.take(said if head is not None and head.method == b"HEAD" else said + data)

    @property
    def _is_kept(self) -> bool:
        """Whether the connection may take another request after this one."""
        return self._reader.is_kept and not self._reader.has_more and not self._is_draining

    def _end_of_request(self) -> None:
        is_kept = self._is_kept
        self._hold(0)
        self._relay = None
        if is_kept:
            self._await_request()
            self.deadline = self._guard.clock() + self._guard.limits.idle_s
        elif self._reader.has_more:
            self._linger()
        else:
            self._close()

    def _linger(self) -> None:
        """Say that nothing more comes, and let the caller read it before the connection goes."""
        self._phase, self.deadline = Phase.LINGERING, self._guard.clock() + LINGER_S
        self._hold(0)
        if self._transport is not None and not self._transport.is_closing() and self._transport.can_write_eof():
            self._transport.write_eof()

    def _close(self) -> None:
        self._phase, self.deadline = Phase.CLOSED, self._guard.clock() + LINGER_S
        if self._transport is not None:
            self._transport.close()

    def _leave_upstream(self) -> None:
        relay, self._relay = self._relay, None
        if relay is not None:
            relay.leave()

    def _hold(self, size: int) -> None:
        """Account for the body that is held.

        Raises:
            Refused: all bodies together are too large.

        """
        self._guard.bodies += size - self._held
        self._held = size
        if size and self._guard.bodies > self._guard.limits.bodies:
            raise Refused(Fault.BUSY, "too many large requests at once")

    def _note(self, refused: Refused, outcome: Outcome) -> None:
        route = self._found[0] if self._found is not None else None
        head, ruling = self._reader.head, refused.ruling
        self._guard.note(
            route.path if route is not None else OTHER,
            Event(
                outcome=outcome,
                reason=refused.reason.value,
                status=refused.status,
                method=printable(head.method.decode("ascii", "replace"), 16) if head is not None else "",
                path=_shown_path(head, route),
                action=ruling.intent.action.value if ruling is not None else "",
                name=printable(ruling.name, 600) if ruling is not None else "",
                client=self._caller(),
                near=ruling.near if ruling is not None else (),
            ),
        )

    def _caller(self) -> str:
        if not self._client and self._transport is not None:
            peer = self._transport.get_extra_info("peername") or ("",)
            self._client = "loopback" if caller.is_loopback(str(peer[0])) else printable(peer[0], 60)
        return self._client


def _shown_path(head: Head | None, route: Route | None) -> str:
    if route is not None:
        return route.path
    return "" if head is None else printable(head.target.partition(b"?")[0].decode("ascii", "replace"), 300)
