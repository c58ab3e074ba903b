"""The answer of the upstream on its way to the caller: framed anew, unbuffered, nothing passed that could lead away."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from modelcheck.guard import answers
from modelcheck.guard.admission import Admitted
from modelcheck.guard.fault import Fault, Refused

if TYPE_CHECKING:
    from modelcheck.guard.upstream import Exchange

FORWARDED = (b"X-Modelcheck-Guard", b"forwarded")

# Plain numbers: a member of an enumeration costs more to look up than all else that is done with it here.
_OK, _NO_CONTENT = HTTPStatus.OK.value, HTTPStatus.NO_CONTENT.value
_PASSED = frozenset((*range(200, 300), *range(400, 600)))
_LENGTH_DIGITS = 15


class Taker(Protocol):
    """The connection of the caller."""

    def take(self, data: bytes) -> None:
        """Write to the caller."""
        ...

    def done(self, *, is_kept: bool) -> None:
        """Know that the whole answer is written, and whether the connection goes on."""
        ...

    def refused(self, refused: Refused) -> None:
        """Answer with an error: nothing has been written yet."""
        ...

    def cut(self) -> None:
        """Break off: a part has been written, and there is no rest."""
        ...

    def again(self) -> None:
        """Rule on the request anew: it was not sent, and the upstream may be another by now."""
        ...

    def rewritten(self, data: bytes) -> bytes:
        """Return a whole body as it may be shown; raises Refused."""
        ...


class Way:
    """How an answer is to reach its caller."""

    __slots__ = ("is_1_1", "is_head", "is_kept", "is_whole", "page")

    def __init__(self, admitted: Admitted, is_kept: bool) -> None:  # noqa: FBT001 - made in one place
        self.page = admitted.page
        self.is_1_1 = admitted.head.is_1_1
        self.is_kept = is_kept
        self.is_head = admitted.head.method == b"HEAD"
        """Whether only the head is wanted."""
        self.is_whole = bool(admitted.route.lists)
        """Whether the body is rewritten, and so read whole first."""


class Relay:
    """Takes the answer of one exchange and hands it to the caller."""

    def __init__(self, taker: Taker, way: Way, most: int) -> None:
        self._taker = taker
        self._way = way
        self._most = most
        self._out: list[bytes] = []
        self._whole: bytearray | None = None
        self._passed: list[tuple[bytes, bytes]] = []
        self._status = 0
        self._is_chunked = False
        self._has_written = False
        self.exchange: Exchange | None = None

    @property
    def has_head(self) -> bool:
        """Whether the upstream has begun to answer."""
        return self._status != 0

    def pause(self) -> None:
        """Read the upstream no further."""
        if self.exchange is not None:
            self.exchange.pause()

    def resume(self) -> None:
        """Read the upstream on."""
        if self.exchange is not None:
            self.exchange.resume()

    def leave(self) -> None:
        """Break off with the upstream, for the caller has gone."""
        if self.exchange is not None:
            self.exchange.leave()

    def give_up(self) -> None:
        """Break off with the upstream, for it takes too long."""
        self.leave()
        self.broken()

    def head(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Take the head; one that leads elsewhere, or is none, is not passed on."""
        if status not in _PASSED:
            self._fail(Refused(Fault.UPSTREAM, "the upstream answered with a status that is not passed on"))
            return
        try:
            self._passed, length = answers.passed_headers(headers)
        except Refused as refused:
            self._fail(refused)
            return
        self._status = status
        if self._way.is_whole and status == _OK:
            self._whole = bytearray()
        else:
            self._begin(length)

    def _begin(self, length: bytes | None) -> None:
        way = self._way
        framed = [*self._passed, *way.page, FORWARDED]
        if self._status == _NO_CONTENT:
            way.is_head = True
        elif length is not None and length.isdigit() and len(length) <= _LENGTH_DIGITS:
            framed.append((b"Content-Length", length))
        elif way.is_head:
            pass
        elif way.is_1_1:
            self._is_chunked = True
            framed.append((b"Transfer-Encoding", b"chunked"))
        else:
            way.is_kept = False
        self._out.append(answers.head_of(self._status, framed, is_kept=way.is_kept, is_1_1=way.is_1_1))

    def data(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        if self._whole is not None:
            self._whole += chunk
        elif self._way.is_head or not self.has_head:
            return
        elif self._is_chunked:
            self._out += (b"%x\r\n" % len(chunk), chunk, b"\r\n")
        else:
            self._out.append(chunk)

    def flush(self) -> None:
        """Write what came together together."""
        if self._whole is not None and len(self._whole) > self._most:
            self._fail(Refused(Fault.UPSTREAM, "the upstream's answer is longer than any list of models"))
        elif self._out:
            out, self._out, self._has_written = self._out, [], True
            self._taker.take(b"".join(out))

    def end(self) -> None:
        """Write the end."""
        if self._whole is not None:
            self._rewrite(bytes(self._whole))
            return
        if self._is_chunked and not self._way.is_head:
            self._out.append(b"0\r\n\r\n")
        self.flush()
        self._taker.done(is_kept=self._way.is_kept)

    def broken(self) -> None:
        """Say that there is no answer, or break off one that has begun: it must never look complete."""
        if self._has_written or (self._out and self._whole is None):
            self.flush()
            self._taker.cut()
        else:
            self._taker.refused(Refused(Fault.UPSTREAM, "the upstream does not answer, or not to the end"))

    def unsent(self) -> None:
        """Have the request ruled on anew."""
        self._taker.again()

    def _rewrite(self, data: bytes) -> None:
        try:
            shown = self._taker.rewritten(data)
        except Refused as refused:
            self._taker.refused(refused)
            return
        self._whole = None
        way = self._way
        framed = [*self._passed, *way.page, FORWARDED, (b"Content-Length", b"%d" % len(shown))]
        self._out = [answers.head_of(self._status, framed, is_kept=way.is_kept, is_1_1=way.is_1_1)]
        self._out += [] if way.is_head else [shown]
        self.flush()
        self._taker.done(is_kept=self._way.is_kept)

    def _fail(self, refused: Refused) -> None:
        self.leave()
        self._taker.refused(refused)
