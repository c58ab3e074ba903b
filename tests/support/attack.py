"""Attacks with raw bytes: how one is sent, how what comes back is read, and what must hold after each of them."""

import contextlib
import re
import socket
import time
from dataclasses import dataclass
from typing import Self

from golike import CODER, Golike

PATIENCE_S = 5.0
"""In which a guard answers or closes, whatever was sent."""

HOST = b"Host: localhost\r\n"
GOOD = CODER.encode()
ABSENT = b"mixtral-8x7b"
CLOUD = b"gpt-oss:120b-cloud"

_LENGTH = re.compile(rb"[0-9]+")
_STATUS = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [^\r\n]*")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")


@dataclass(frozen=True)
class Said:
    """One answer of the guard."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    """By lower-case name, in order."""
    body: bytes

    def all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key == name]

    @property
    def reason(self) -> str:
        return b"".join(self.all(b"x-modelcheck-reason")).decode()


class Malformed(AssertionError):
    """The guard itself sent what is no HTTP."""


class Cut(Malformed):
    """An answer that breaks off, as it may for a caller that says it is leaving."""


class Silent(AssertionError):
    """The guard neither answered nor closed in time."""


class Line:
    """A connection to the guard; a context manager."""

    def __init__(self, port: int, patience_s: float = PATIENCE_S) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=patience_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._patience_s = patience_s
        self._read = b""
        self.has_ended = False
        """Whether this side has said that nothing more will be sent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes; that the guard has closed already is no error, and it need not read all of them."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
            self._socket.sendall(data)

    def end(self) -> None:
        """Say that nothing more will be sent."""
        self.has_ended = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def hears_nothing(self, seconds: float) -> bool:
        """Wait for anything, or for the guard to close; whether neither came."""
        try:
            self._more(time.monotonic() + seconds)
        except Silent:
            return True
        return False

    def answer(self, *, head_only: bool = False) -> Said | None:
        """Return the next answer that is final, or None where the guard closed.

        Raises:
            Malformed: it is no HTTP/1.1, or breaks off.
            Silent: nothing came in time.

        """
        until = time.monotonic() + self._patience_s
        while True:
            head = self._until(b"\r\n\r\n", until)
            if head is None:
                return None
            status, headers = _head(head)
            if status >= 200:
                return Said(status, headers, b"" if head_only else self._body(status, headers, until))

    def wait_for(self, words: bytes) -> None:
        """Wait until these very bytes have come. Raises Silent, Malformed."""
        until = time.monotonic() + self._patience_s
        if self._exactly(len(words), until) != words:
            raise Malformed("something else came")

    def _more(self, until: float) -> bool:
        left = until - time.monotonic()
        if left <= 0:
            raise Silent("nothing came in time")
        self._socket.settimeout(left)
        try:
            piece = self._socket.recv(1 << 16)
        except TimeoutError:
            raise Silent("nothing came in time") from None
        except (ConnectionResetError, ConnectionAbortedError):
            piece = b""
        self._read += piece
        return bool(piece)

    def _until(self, mark: bytes, until: float) -> bytes | None:
        while mark not in self._read:
            if not self._more(until):
                if self._read:
                    raise Cut(f"broken off: {self._read[:300]!r}")
                return None
        found, _, self._read = self._read.partition(mark)
        return found + mark

    def _exactly(self, number: int, until: float) -> bytes:
        while len(self._read) < number:
            if not self._more(until):
                raise Cut(f"the body breaks off after {len(self._read)} of {number} bytes")
        found, self._read = self._read[:number], self._read[number:]
        return found

    def _body(self, status: int, headers: tuple[tuple[bytes, bytes], ...], until: float) -> bytes:
        lengths = [value for key, value in headers if key == b"content-length"]
        codings = [value for key, value in headers if key == b"transfer-encoding"]
        if len(lengths) > 1 or len(codings) > 1 or (lengths and codings):
            raise Malformed(f"framed twice: {headers}")
        if status in {204, 304}:
            return b""
        if codings:
            return self._chunks(codings[0], until)
        if lengths:
            if not _LENGTH.fullmatch(lengths[0]):
                raise Malformed(f"no length: {lengths[0]!r}")
            return self._exactly(int(lengths[0]), until)
        while self._more(until):
            pass
        found, self._read = self._read, b""
        return found

    def _chunks(self, coding: bytes, until: float) -> bytes:
        if coding != b"chunked":
            raise Malformed(f"coded as {coding!r}")
        body = b""
        while True:
            line = self._until(b"\r\n", until)
            if line is None:
                raise Cut("no chunk: None")
            if not re.fullmatch(rb"[0-9a-fA-F]+\r\n", line):
                raise Malformed(f"no chunk: {line!r}")
            size = int(line, 16)
            body += self._exactly(size, until)
            if self._exactly(2, until) != b"\r\n":
                raise Malformed("a chunk without its end")
            if not size:
                return body


def _head(raw: bytes) -> tuple[int, tuple[tuple[bytes, bytes], ...]]:
    first, *lines = raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
    status = _STATUS.fullmatch(first)
    fields = [_FIELD.fullmatch(line) for line in lines]
    if status is None or not all(fields):
        raise Malformed(f"no head: {raw[:400]!r}")
    return int(status[1]), tuple((field[1].lower(), field[2].rstrip()) for field in fields if field)


def post(path: bytes, body: bytes, *headers: bytes, host: bytes = HOST) -> bytes:
    """Return a sound POST of some bytes."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"POST %s HTTP/1.1\r\n%s%sContent-Length: %d\r\n\r\n%s" % (path, host, lines, len(body), body)


def get(path: bytes, *headers: bytes, host: bytes = HOST) -> bytes:
    """Return a sound GET."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"GET %s HTTP/1.1\r\n%s%s\r\n" % (path, host, lines)


PULL = post(b"/api/pull", b'{"model":"%s"}' % ABSENT)
"""The plainest attack of all, to be hidden behind others."""
NORMAL = post(b"/api/chat", b'{"model":"%s","messages":[],"stream":false}' % GOOD)


def exchange(port: int, raw: bytes, *, ends: bool) -> list[Said]:
    """Send an attack on a fresh connection and return the answers to it.

    Args:
        port: the guard's.
        raw: what is sent.
        ends: whether the sender says that nothing more will come, and reads on until the guard closes; else it reads
            one answer, and then sends a normal request on the same connection where that is still open.

    """
    with Line(port) as line:
        line.send(raw)
        answers: list[Said] = []
        if ends:
            line.end()
        head_only = raw.startswith(b"HEAD ")
        while (said := _answer(line, head_only=head_only, may_be_cut=ends)) is not None:
            answers.append(said)
            if not ends:
                break
        if not ends and said is not None:
            after = _normal(line, until_refused=True)
            answers += [after] if after is not None else []
        return answers


def _answer(line: Line, *, head_only: bool, may_be_cut: bool) -> Said | None:
    try:
        return line.answer(head_only=head_only)
    except Cut:
        if may_be_cut:
            return None
        raise


def _normal(line: Line, *, until_refused: bool) -> Said | None:
    line.send(NORMAL)
    try:
        return line.answer()
    except Malformed:
        if until_refused:
            raise
        return None


def is_well(port: int) -> None:
    """Assert that a normal request on a fresh connection is answered as ever."""
    with Line(port) as line:
        line.send(NORMAL)
        said = line.answer()
    assert said is not None, "closed on a normal request"
    assert (said.status, b'"done": true' in said.body) == (200, True), (said.status, said.body[:300])


def strike(port: int, upstream: Golike, raw: bytes, *, refused: bool = True) -> None:
    """Run one attack, half-closed and open, and assert what must hold after it.

    Nothing dangerous is executed, nothing malformed is sent on; and where the whole attack is to be refused, the first
    answer is an error or none, and no request of it reaches the upstream: only the normal ones of `exchange` do.
    """
    for ends in (True, False):
        upstream.forget()
        answers = exchange(port, raw, ends=ends)
        assert upstream.dangerous == [], f"executed: {upstream.dangerous}"
        assert upstream.refused == [], f"what was sent on is no request: {upstream.refused}"
        if refused:
            assert not answers or answers[0].status >= 400, f"answered {answers[0].status}: {answers[0].body[:300]!r}"
            reached = [request for request in upstream.requests if not _is_normal(request.body)]
            assert reached == [], f"reached the upstream: {[(one.method, one.target) for one in reached]}"
        for said in answers:
            harmless(said)
    upstream.forget()
    is_well(port)


def harmless(said: Said) -> None:
    """Assert that an answer sends nobody anywhere and sets nothing."""
    assert not 300 <= said.status < 400, said
    names = {name for name, _ in said.headers}
    assert not names & {b"location", b"set-cookie", b"refresh", b"www-authenticate-location"}, said


def _is_normal(body: bytes) -> bool:
    return b'"messages":[]' in body.replace(b" ", b"") and GOOD in body
