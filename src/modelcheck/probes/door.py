"""The one way to a hosted provider: GET to one origin, bounded in time and bytes, with the needed headers alone."""

import logging
import ssl
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import cast

import httpx2

from modelcheck.core.host import Endpoint
from modelcheck.probes.access import Book
from modelcheck.probes.parallel import remaining

CONNECT_S = 5.0
TOTAL_S = 15.0
"""Seconds for everything that one provider is asked."""
MOST_BYTES = 4 << 20
"""Bytes of one response."""

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For plain HTTP, which needs none: reading the system's takes longer than asking a server on this machine."""

_HEADERS = ("accept", "anthropic-version", "authorization", "x-api-key")
_OURS = {"accept-encoding": "identity", "user-agent": "modelcheck"}
_LOGGERS = ("anthropic", "httpcore2", "httpx2", "openai")
_IMPORTS = threading.Lock()


class Forbidden(httpx2.TransportError):
    """A request that is not among those we make: another method, another origin."""


class TooMuch(httpx2.TransportError):
    """A response that is longer than any list of models, or packed so that its length cannot be told."""


class Door(httpx2.BaseTransport):
    """Carries the requests of an SDK to one provider.

    It adds nothing of the environment: no proxy (not even for hosted providers), no certificates but the system's,
    no netrc, no redirect, no cookie, and no header that an SDK takes from a variable or tells about this machine.
    """

    def __init__(self, endpoint: Endpoint, host: str, book: Book, total_s: float = TOTAL_S) -> None:
        self.base_url = str(endpoint)
        self._origin = _origin(httpx2.URL(self.base_url))
        self._host = host
        self._book = book
        self._deadline = time.monotonic() + total_s
        self._wire = httpx2.HTTPTransport(verify=endpoint.scheme == "https" or NO_CERTIFICATES, trust_env=False)

    @property
    def timeout(self) -> httpx2.Timeout:
        """What is left, for an SDK that wants a timeout of its own."""
        left = remaining(self._deadline)
        return httpx2.Timeout(left, connect=min(CONNECT_S, left))

    def client(self) -> httpx2.Client:
        """Return a client that leaves by this door alone."""
        return httpx2.Client(transport=self, trust_env=False, follow_redirects=False, timeout=self.timeout)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request of an SDK, stripped, and count it."""
        if request.method != "GET" or _origin(request.url) != self._origin:
            raise Forbidden(type(self).__name__)
        timeout = self.timeout
        if not timeout.read:
            raise httpx2.ReadTimeout(type(self).__name__)
        headers = {name: request.headers[name] for name in _HEADERS if name in request.headers} | _OURS
        extensions = {"timeout": timeout.as_dict()}
        self._book.contact(self._host, "GET")
        response = self._wire.handle_request(httpx2.Request("GET", request.url, headers=headers, extensions=extensions))
        if response.headers.get("content-encoding", "identity") != "identity":
            response.close()
            raise TooMuch(type(self).__name__)
        stream = _Bounded(cast("httpx2.SyncByteStream", response.stream), self._deadline)
        return httpx2.Response(response.status_code, headers=response.headers, stream=stream)

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()


class _Bounded(httpx2.SyncByteStream):
    """A response body that ends in an error rather than never."""

    def __init__(self, stream: httpx2.SyncByteStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def __iter__(self) -> Iterator[bytes]:
        left = MOST_BYTES
        for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise TooMuch(type(self).__name__)
            if not remaining(self._deadline):
                raise httpx2.ReadTimeout(type(self).__name__)
            yield chunk

    def close(self) -> None:
        self._stream.close()


@contextmanager
def quiet_import() -> Generator[None]:
    """Import SDKs one at a time, and undo the logging that their variables (`ANTHROPIC_LOG`, `OPENAI_LOG`) turn on.

    What they log are requests and responses; neither belongs in the output of a program that handles keys.
    """
    root = logging.getLogger()
    with _IMPORTS:
        before = list(root.handlers)
        try:
            yield
        finally:
            for handler in [each for each in root.handlers if each not in before]:
                root.removeHandler(handler)
            for name in _LOGGERS:
                logging.getLogger(name).setLevel(logging.CRITICAL)


def _origin(url: httpx2.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme, 0)
