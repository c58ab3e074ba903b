"""Reading one request from a connection: strict head, llhttp for the rest, everything bounded."""

import httptools

from modelcheck.guard import head as heads
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.head import Head
from modelcheck.guard.limits import Limits

_FRAMING = 2
"""Times a body that its chunks may take on the wire."""
_SLACK = 64 << 10
"""Bytes that trailers and chunk sizes may take beyond that."""


class RequestReader:
    """Takes bytes until one request is complete; what follows it is only noted."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._parser = httptools.HttpRequestParser(self)
        self._buffer = b""
        self._target = b""
        self._pairs: list[tuple[bytes, bytes]] = []
        self._received = 0
        self._method = b""
        self._is_1_1 = True
        self._is_too_large = False
        self.head: Head | None = None
        self.body = bytearray()
        self.is_complete = False
        self.is_kept = True
        """Whether the caller would use the connection again."""
        self.has_more = False
        """Whether bytes came after the request, which nobody should have sent before its answer."""

    @property
    def has_begun(self) -> bool:
        """Whether anything of the request has come."""
        return bool(self._buffer) or self.head is not None

    def feed(self, data: bytes) -> None:
        """Take bytes as they come.

        Raises:
            Refused: it is no request that may be read.

        """
        if self.is_complete:
            self.has_more = True
            return
        if self.head is None:
            data = self._buffer = self._buffer + data if self._buffer else data
            end = data.find(heads.END)
            if (end if end >= 0 else len(data)) > self._limits.head:
                raise Refused(Fault.TOO_LARGE, f"the head may have {self._limits.head} bytes", status=431)
            if end < 0:
                return
            if not heads.is_strict(data[: end + len(heads.END)]):
                raise Refused(Fault.MALFORMED, "this is no request that all servers read alike")
        self._parse(data)
        if self.head is None:
            self._take_head()
        if self._is_too_large or self._received > self._limits.body * _FRAMING + _SLACK:
            raise Refused(Fault.TOO_LARGE, f"the body may have {self._limits.body} bytes")

    def _parse(self, data: bytes) -> None:
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if not self.is_complete:
                raise Refused(Fault.MALFORMED, "this is no HTTP/1.1 request") from None
            self.has_more = True

    def _take_head(self) -> None:
        if len(self._target) > self._limits.target:
            raise Refused(Fault.TOO_LARGE, f"the target may have {self._limits.target} bytes", status=414)
        headers = heads.collect(self._pairs, self._limits.headers)
        self.head = Head(self._method, self._target, headers, self._is_1_1)
        heads.examine(self.head, self._limits.body)

    def on_url(self, target: bytes) -> None:
        """Take the target, or a piece of it."""
        if not self.is_complete:
            self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header of the head; trailers and what follows are passed over."""
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
