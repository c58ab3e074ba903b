"""Reading one request from a connection: strict head, llhttp for what is new, everything bounded."""

import httptools

from modelcheck.guard import head as heads
from modelcheck.guard.admission import Admission, Admitted
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.head import Head
from modelcheck.guard.limits import Limits

_FRAMING = 2
"""Times a body that its chunks may take on the wire."""
_SLACK = 64 << 10
"""Bytes that trailers and chunk sizes may take beyond that."""


class RequestReader:
    """Takes bytes until one request is complete; what follows it is only noted."""

    def __init__(self, limits: Limits, admission: Admission) -> None:
        self._limits = limits
        self._admission = admission
        self._buffer = b""
        self._parsing: _Parsing | None = None
        self.head: Head | None = None
        """The head, as soon as it is read; also of a request that is then refused."""
        self.admitted: Admitted | None = None
        self.body: bytes | bytearray = b""
        self.is_complete = False
        self.has_more = False
        """Whether bytes came after the request, which nobody should have sent before its answer."""

    @property
    def has_begun(self) -> bool:
        """Whether anything of the request has come."""
        return bool(self._buffer) or self.head is not None

    def feed(self, data: bytes) -> None:
        """Take bytes as they come.

        Raises:
            Refused: it is no request that may be read, or not from this caller.

        """
        if self.is_complete:
            self.has_more = True
        elif self._parsing is not None:
            self._parse(self._parsing, data)
        elif self.admitted is not None:
            self._take_body(data)
        else:
            self._take_head(self._buffer + data if self._buffer else data)

    def _take_head(self, data: bytes) -> None:
        end = data.find(heads.END)
        if (end if end >= 0 else len(data)) > self._limits.head:
            raise Refused(Fault.TOO_LARGE, f"the head may have {self._limits.head} bytes", status=431)
        if end < 0:
            self._buffer = data
            return
        end += len(heads.END)
        raw = data[:end]
        known = self._admission.known(raw)
        if known is not None:
            self.head, self.admitted = known.head, known
            self._take_body(data[end:])
            return
        if not heads.is_strict(raw):
            raise Refused(Fault.MALFORMED, "this is no request that all servers read alike")
        parsing = self._parsing = _Parsing(self._limits)
        parsing.feed(raw)
        self.head = parsing.head()
        heads.examine(self.head, self._limits.body)
        self.admitted = self._admission.admit(self.head, b"" if self.head.is_chunked else raw, is_kept=parsing.is_kept)
        if self.head.is_chunked:
            self._parse(parsing, data[end:])
        else:
            self._parsing = None
            self._take_body(data[end:])

    def _take_body(self, data: bytes) -> None:
        """Take a body of the length that was said."""
        missing = (self.head.length if self.head is not None else 0) - len(self.body)
        if not self.body and len(data) == missing:
            self.body = data
        else:
            if not isinstance(self.body, bytearray):
                self.body = bytearray()
            self.body += data[:missing]
        self.is_complete = len(data) >= missing
        self.has_more = len(data) > missing

    def _parse(self, parsing: "_Parsing", data: bytes) -> None:
        parsing.feed(data)
        self.body, self.is_complete, self.has_more = parsing.body, parsing.is_complete, parsing.has_more


class _Parsing:
    """One request in the hands of llhttp."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._pairs: list[tuple[bytes, bytes]] = []
        self._received = 0
        self._method = b""
        self._is_1_1 = True
        self._is_too_large = False
        self.body = bytearray()
        self.is_complete = False
        self.is_kept = False
        """Whether the caller would use the connection again."""
        self.has_more = False

    def feed(self, data: bytes) -> None:
        """Read on.

        Raises:
            Refused: it is no request, or too large a one.

        """
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if not self.is_complete:
                raise Refused(Fault.MALFORMED, "this is no HTTP/1.1 request") from None
            self.has_more = True
        if self._is_too_large or self._received > self._limits.body * _FRAMING + _SLACK:
            raise Refused(Fault.TOO_LARGE, f"the body may have {self._limits.body} bytes")

    def head(self) -> Head:
        """Return the head.

        Raises:
            Refused: it has too many headers or too long a target, or one stands twice that may stand once.

        """
        if len(self._target) > self._limits.target:
            raise Refused(Fault.TOO_LARGE, f"the target may have {self._limits.target} bytes", status=414)
        headers = heads.collect(self._pairs, self._limits.headers)
        return Head(self._method, self._target, headers, self._is_1_1, heads.length_of(headers))

    def on_url(self, target: bytes) -> None:
        """Take the target."""
        self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header of the head; trailers are passed over."""
        if not self._method and len(self._pairs) <= self._limits.headers:
            self._pairs.append((name, value))

    def on_headers_complete(self) -> None:
        """Take what the first line says."""
        if not self._method:
            self._method = self._parser.get_method()
            self._is_1_1 = self._parser.get_http_version() == "1.1"
            self.is_kept = self._parser.should_keep_alive()

    def on_body(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        if self.is_complete:
            return
        if len(self.body) + len(chunk) > self._limits.body:
            self._is_too_large = True
        else:
            self.body += chunk

    def on_message_begin(self) -> None:
        """Note that another request begins before the answer to this one."""
        if self.is_complete:
            self.has_more = True

    def on_message_complete(self) -> None:
        """Note the end of the request."""
        self.is_complete = True
