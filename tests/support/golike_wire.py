"""Requests off a socket as Go's net/http reads them: where it is strict, where it is lenient, and what it ignores."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BufferedReader

MAX_HEAD = 1 << 20
MAX_BODY = 256 << 20

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_KEY = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z ]+")
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_BAD_HOST = re.compile(rb"[^A-Za-z0-9!$%&()*+,\-.:;=_~'\[\]]")
_VERSION = re.compile(rb"HTTP/([0-9])\.([0-9])")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]*:")
_BROKEN_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
# What Go may write in a path as it is; for anything else it escapes the decoded path anew.
_VALID_PATH = re.compile(rb"(?:[!'()*\[\]$&+,/:;=@A-Za-z0-9\-_.~]|%[0-9A-Fa-f]{2})*")


class Refused(Exception):
    """Go answers this status and closes the connection; no handler runs."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class Ended(Exception):
    """The caller sent no further request."""


@dataclass
class Request:
    """One request as a handler sees it."""

    method: str
    target: bytes
    path: bytes
    """Percent-encoding undone, as gin routes by it."""
    escaped: bytes
    """As the mux cleans it."""
    query: bytes
    version: tuple[int, int]
    headers: dict[bytes, list[bytes]]
    """By lower-case name."""
    head: bytes
    """As it came."""
    body: bytes = b""
    whole: bool = True
    """Whether the body came to its announced end; a handler runs on what came before all the same."""
    keeps: bool = True
    trailers: dict[bytes, list[bytes]] = field(default_factory=dict[bytes, list[bytes]])

    def first(self, name: bytes) -> bytes:
        return self.headers.get(name, [b""])[0]


def read_request(stream: BufferedReader, send: Callable[[bytes], None], *, after_post: bool) -> Request:
    """Read one request with its body.

    Raises:
        Ended: nothing more came.
        Refused: what Go refuses before any handler.

    """
    if after_post:  # at most four bytes of CR and LF are skipped
        ahead = stream.peek(4)[:4]
        stream.read(len(ahead) - len(ahead.lstrip(b"\r\n")))
    lines = _Lines(stream)
    request = _request_line(lines.next())
    request.headers = _headers(lines)
    _check_hosts(request)
    _frame(request, stream, send)
    request.head = lines.raw
    return request


class _Lines:
    def __init__(self, stream: BufferedReader) -> None:
        self._stream = stream
        self.raw = b""
        self.peeked: bytes | None = None

    @property
    def taken(self) -> int:
        return len(self.raw)

    def next(self) -> bytes:
        """A line without its LF, and without one CR before that."""
        if self.peeked is not None:
            line, self.peeked = self.peeked, None
            return line
        read = self._stream.readline(MAX_HEAD)
        self.raw += read
        if not read.endswith(b"\n"):
            if self.raw.strip() == b"" or len(read) < MAX_HEAD:
                raise Ended
            raise Refused("431 Request Header Fields Too Large")
        if self.taken > MAX_HEAD:
            raise Refused("431 Request Header Fields Too Large")
        return read[:-1].removesuffix(b"\r")


def _request_line(line: bytes) -> Request:
    method, space, rest = line.partition(b" ")
    target, second, proto = rest.partition(b" ")
    version = _VERSION.fullmatch(proto)
    if not space or not second or not _TOKEN.fullmatch(method) or version is None:
        raise Refused("400 Bad Request")
    numbers = int(version[1]), int(version[2])
    if numbers[0] != 1:
        raise Refused("505 HTTP Version Not Supported")
    path, query = _url(target, connect=method == b"CONNECT")
    decoded = _unescape(path)
    escaped = path if _VALID_PATH.fullmatch(path) else _escape(decoded)
    return Request(method.decode(), target, decoded, escaped, query, numbers, {}, b"")


def _url(target: bytes, *, connect: bool) -> tuple[bytes, bytes]:
    if re.search(rb"[\x00-\x20\x7f]", target) or not target:
        raise Refused("400 Bad Request")
    if target == b"*":
        return b"*", b""
    scheme = b"http:" if connect and not target.startswith(b"/") else b""
    rest = target
    if scheme:
        rest = b"//" + target
    else:
        found = _SCHEME.match(target)
        if found:
            scheme, rest = found[0], target[found.end() :]
    rest, _, query = rest.partition(b"?")
    if not rest.startswith(b"/"):
        if scheme:
            return b"", query  # opaque: no path at all
        raise Refused("400 Bad Request")
    if scheme and rest.startswith(b"//"):
        authority, slash, path = rest[2:].partition(b"/")
        if re.search(rb"[\s\"<>\\^`{|}]", authority):
            raise Refused("400 Bad Request")
        rest = slash + path
    if _BROKEN_PERCENT.search(rest):
        raise Refused("400 Bad Request")
    return rest, query


def _unescape(path: bytes) -> bytes:
    return _PERCENT.sub(lambda found: bytes([int(found[1], 16)]), path)


def _escape(path: bytes) -> bytes:
    return re.sub(rb"[^$&+,/:;=@A-Za-z0-9\-_.~]", lambda found: b"%%%02X" % found[0][0], path)


def _headers(lines: _Lines, *, trailers: bool = False) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    line = lines.next()
    if line[:1] in {b" ", b"\t"}:
        raise Refused("400 Bad Request")
    while line:
        if b":" not in line:
            raise Refused("400 Bad Request")
        folded = line.strip(b" \t")
        following = lines.next()
        while following[:1] in {b" ", b"\t"}:  # obs-fold: joined by one space
            folded += b" " + following.strip(b" \t")
            following = lines.next()
        key, _, value = folded.partition(b":")
        if not _KEY.fullmatch(key) or _BAD_VALUE.search(value) or (b" " in key and not trailers):
            raise Refused("400 Bad Request")
        found.setdefault(key.lower(), []).append(value.lstrip(b" \t"))
        line = following
    return found


def _check_hosts(request: Request) -> None:
    hosts = request.headers.get(b"host", [])
    needed = request.version >= (1, 1) and request.method != "CONNECT"
    if len(hosts) > 1 or (needed and not hosts) or (hosts and _BAD_HOST.search(hosts[0])):
        raise Refused("400 Bad Request")


def _frame(request: Request, stream: BufferedReader, send: Callable[[bytes], None]) -> None:
    """Read the body by its framing: one TE that is `chunked` wins over any length; HTTP/1.0 ignores TE."""
    headers = request.headers
    coding = headers.pop(b"transfer-encoding", []) if request.version >= (1, 1) else []
    if not coding and request.version < (1, 1):
        headers.pop(b"transfer-encoding", None)
    if coding and (len(coding) != 1 or coding[0].lower() != b"chunked"):
        raise Refused("501 Not Implemented")
    length = _length(headers.get(b"content-length", []))
    connection = b",".join(headers.get(b"connection", [])).lower().replace(b" ", b"").split(b",")
    request.keeps = b"close" not in connection if request.version >= (1, 1) else b"keep-alive" in connection
    expects = request.first(b"expect").lower()
    if expects and expects != b"100-continue":
        raise Refused("417 Expectation Failed")
    if expects and request.version >= (1, 1) and (coding or length):
        send(b"HTTP/1.1 100 Continue\r\n\r\n")
    if coding:
        headers.pop(b"content-length", None)
        request.body, request.whole = _chunks(stream, request)
    elif length:
        request.body = stream.read(min(length, MAX_BODY))
        request.whole = len(request.body) == length
    request.keeps = request.keeps and request.whole


def _length(values: list[bytes]) -> int:
    kinds = {value.strip(b" \t") for value in values}
    if len(kinds) > 1:
        raise Refused("400 Bad Request")
    if not kinds:
        return 0
    (text,) = kinds
    if not re.fullmatch(rb"[0-9]+", text) or int(text[-40:]) >= 1 << 63 or len(text.lstrip(b"0")) > 19:
        raise Refused("400 Bad Request")
    return int(text)


def _chunks(stream: BufferedReader, request: Request) -> tuple[bytes, bool]:
    body = b""
    while True:
        line = stream.readline(4096)
        if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
            return body, False
        size = line[:-2].rstrip(b" \t").partition(b";")[0]
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,16}", size):
            return body, False
        number = int(size, 16)
        if number == 0:
            return body, _trailers(stream, request)
        piece = stream.read(min(number, MAX_BODY))
        body += piece
        if len(piece) < number or stream.read(2) != b"\r\n":
            return body, False


def _trailers(stream: BufferedReader, request: Request) -> bool:
    lines = _Lines(stream)
    try:
        request.trailers = _headers(lines, trailers=True)
    except (Refused, Ended):
        return False
    return True
