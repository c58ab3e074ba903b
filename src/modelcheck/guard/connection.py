"""One connection of a caller: a request is read, ruled on, answered or passed on, and then the next one."""

import asyncio
from http import HTTPStatus
from typing import cast

from modelcheck.core.ruling import Answer, Reason, Ruling
from modelcheck.guard import answers
from modelcheck.guard.admission import Admitted
from modelcheck.guard.event import Outcome
from modelcheck.guard.events import client_label, event_of, route_label
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.guard import Guard
from modelcheck.guard.listing import offered, without_stubs
from modelcheck.guard.phase import Phase
from modelcheck.guard.reader import RequestReader
from modelcheck.guard.relay import Relay, Way
from modelcheck.guard.request import Request, understand, written
from modelcheck.guard.routes import PROOF, Dialect
from modelcheck.guard.words import words_of

HIGH_WATER = 64 << 10
"""Bytes of an answer that wait for a slow caller before the upstream is read no further."""
HELD = 64 << 10
"""Bytes of a body from which it is accounted for."""
MOST_TRIES = 3
"""Times that a request is ruled on anew because its upstream went away before it was sent."""
LINGER_S = 2.0
"""For which a caller may still send what nobody reads, so that it sees the refusal."""
AGAIN_S = 0.5
"""Age of the inventory from which it is read once more before something is said not to be here."""


_READING, _RELAYING, _FORWARDED, _HERE = Phase.READING, Phase.RELAYING, Outcome.FORWARDED, Answer.HERE


class Connection(asyncio.Protocol):
    """One connection of a caller."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._transport: asyncio.Transport | None = None
        self.deadline: float | None = None
        self._held = 0
        self._is_draining = False
        self._is_stuck = False
        """Whether the caller takes its answer so slowly that no more of it is read."""
        self._client = ""
        self._await_request()

    def _await_request(self) -> None:
        self._phase = _READING
        self._reader = RequestReader(self._guard.limits, self._guard.admission)
        self._request: Request | None = None
        self._relay: Relay | None = None
        self._has_looked = self._is_awaited = False
        self._tries = 0

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take in a caller, unless there are too many."""
        guard, self._transport = self._guard, cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(HIGH_WATER)
        guard.connections.add(self)
        self.deadline = guard.clock() + guard.limits.head_s
        if len(guard.connections) > guard.limits.connections:
            self._refuse(Refused(Fault.BUSY, "too many connections"), is_read=True)
        elif guard.is_ending:
            self._refuse(Refused(Fault.ENDING, "the guard is ending"), is_read=True)

    def data_received(self, data: bytes) -> None:
        """Read on; bytes that come before the answer are never a request."""
        if self._phase is not _READING:
            self._reader.has_more = True
            return
        if self._is_stuck:
            # It asks again and has not taken the last answer: nobody says when it ever will.
            self._linger()
            return
        reader = self._reader
        if not reader.has_begun:
            self.deadline = self._guard.clock() + self._guard.limits.head_s
        try:
            reader.feed(data)
            if len(reader.body) > HELD:
                self._hold(len(reader.body))
            if reader.is_complete:
                self._understand()
            elif not self._is_awaited and reader.admitted is not None:
                self._await_body(reader.admitted)
        except Refused as refused:
            self._refuse(refused, is_read=reader.is_complete)

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
        self._is_stuck = True
        if self._relay is not None:
            self._relay.pause()
            self.deadline = self._guard.clock() + self._guard.limits.stuck_s

    def resume_writing(self) -> None:
        """Read on."""
        self._is_stuck = False
        if self._relay is not None:
            self._relay.resume()
            self.deadline = self._guard.clock() + self._guard.limits.silence_s

    # What the guard calls.

    def overdue(self) -> None:
        """End what takes too long; a caller that says nothing between two requests hears nothing."""
        if self._phase is _READING and self._reader.has_begun:
            self._refuse(Refused(Fault.TOO_SLOW, "the request took too long to arrive"), is_read=False)
        elif self._phase is _RELAYING and self._relay is not None:
            self._relay.give_up()
        else:
            self.abort()

    def drain(self) -> None:
        """Take no further request."""
        self._is_draining = True
        if self._phase is _READING and not self._reader.has_begun:
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
        if self._phase is _RELAYING and not self._is_stuck:
            self.deadline = self._guard.clock() + self._guard.limits.silence_s

    def done(self, *, is_kept: bool) -> None:
        """Go on to the next request, or end where only that tells the end of the answer."""
        self._guard.metrics.count(route_label(self._reader), _FORWARDED)
        self._end_of_request(is_kept=is_kept and self._is_kept)

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

    def again(self) -> None:
        """Rule on the request anew, a few times: the upstream may be another by now."""
        self._relay = None
        self._tries += 1
        try:
            if self._tries > MOST_TRIES:
                raise Refused(Fault.UPSTREAM, "the upstream closes every connection")  # noqa: TRY301
            self._look_first()
        except Refused as refused:
            self._refuse(refused, is_read=True)

    def rewritten(self, data: bytes) -> bytes:
        """Return a list of models without stubs."""
        request, reading = self._request, self._guard.state.reading
        if request is None or reading is None:
            raise Refused(Fault.UPSTREAM, "the inventory could not be read")
        return without_stubs(request.admitted.route, data, offered(reading.entries))

    # A request, step by step.

    def _await_body(self, admitted: Admitted) -> None:
        self._is_awaited = True
        self.deadline = self._guard.clock() + self._guard.limits.body_s
        if admitted.head.waits and not self._reader.body:
            self.take(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _understand(self) -> None:
        admitted = self._reader.admitted
        if admitted is None:
            return
        if admitted.is_preflight:
            self._answer(HTTPStatus.NO_CONTENT, b"", answers.preflight_headers(admitted.head))
        elif admitted.route is PROOF:
            self._answer(HTTPStatus.OK, self._guard.prove(admitted.query), [(b"Content-Type", answers.JSON)])
        else:
            self._request = understand(admitted, self._reader.body)
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
        self._phase = _READING
        try:
            self._rule(self._request)
        except Refused as refused:
            self._refuse(refused, is_read=True)

    def _rule(self, request: Request) -> None:
        ruling = self._guard.rule(request.intent, passes=request.admitted.route.passes)
        if ruling.reason is None:
            if ruling.answer is _HERE and ruling.entry is not None:
                kind, data = answers.pulled_body(ruling.entry, is_stream=request.is_stream)
                self._answer(HTTPStatus.OK, data, [(b"Content-Type", kind)])
            else:
                self._pass_on(request, ruling)
        elif ruling.reason is Reason.NOT_HERE and not self._has_looked and (self._guard.state.age or 0) > AGAIN_S:
            self._look_first()
        else:
            raise Refused(ruling.reason, words_of(ruling), ruling=ruling)

    def _pass_on(self, request: Request, ruling: Ruling) -> None:
        guard, admitted = self._guard, request.admitted
        data = written(request, ruling.name, guard.authority)
        if ruling.exemption is not None:
            self._note(Refused(Fault.EXCEPTION, "", ruling=ruling), _FORWARDED)
        self._relay = relay = Relay(self, Way(admitted, self._is_kept), guard.limits.answer)
        self._phase, self.deadline = _RELAYING, guard.clock() + guard.limits.silence_s
        self._reader.body = b""
        relay.exchange = guard.pool.send(data, relay)

    # Answers of our own.

    def _answer(self, status: int, data: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        """Answer a request that was read to its end."""
        self._guard.metrics.count(route_label(self._reader), Outcome.ANSWERED)
        self._say(status, data, [*headers, (b"X-Modelcheck-Guard", b"answered")], is_kept=self._is_kept)
        self._end_of_request(is_kept=self._is_kept)

    def _refuse(self, refused: Refused, *, is_read: bool) -> None:
        """Answer with an error; the connection goes on only after a request that was read to its end."""
        admitted = self._reader.admitted
        self._note(refused, Outcome.FAILED if refused.reason is Fault.UPSTREAM else Outcome.REFUSED)
        dialect = admitted.route.dialect if admitted is not None else Dialect.OLLAMA
        headers, body = answers.refusal(dialect, refused)
        is_kept = is_read and self._is_kept and refused.ruling is not None
        self._say(refused.status, body, headers, is_kept=is_kept)
        if is_kept:
            self._end_of_request(is_kept=True)
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
        reader = self._reader
        is_wanted = reader.admitted is not None and reader.admitted.is_kept
        return is_wanted and not reader.has_more and not self._is_draining

    def _end_of_request(self, *, is_kept: bool) -> None:
        if self._held:
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
        self._let_go()
        if self._transport is not None and not self._transport.is_closing() and self._transport.can_write_eof():
            self._transport.write_eof()

    def _close(self) -> None:
        """Close once the caller has taken what is written."""
        self._phase, self.deadline = Phase.CLOSED, self._guard.clock() + self._guard.limits.stuck_s
        self._let_go()
        if self._transport is not None:
            self._transport.close()

    def _leave_upstream(self) -> None:
        relay, self._relay = self._relay, None
        if relay is not None:
            relay.leave()

    def _let_go(self) -> None:
        """Keep no body while the connection closes, which may take a while."""
        self._hold(0)
        self._reader.body = b""

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
        if not self._client:
            self._client = client_label(self._transport)
        self._guard.note(route_label(self._reader), event_of(self._reader, refused, outcome, self._client))
