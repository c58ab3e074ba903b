"""The address of the metrics: it answers GET /metrics, one request for each connection, and nothing else."""

import asyncio
from contextlib import suppress
from http import HTTPStatus

import httptools

from modelcheck.guard.caller import is_host
from modelcheck.guard.fault import Refused
from modelcheck.guard.head import END, collect, is_strict
from modelcheck.guard.metrics import Metrics
from modelcheck.guard.setup import Address, Setup

PATH = b"/metrics"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
HEAD = 8 << 10
"""Bytes of a request."""
HEADERS = 50
CONNECTIONS = 16
LIMIT_S = 5.0
"""From the beginning of a connection to its end."""

_PLAIN = "text/plain; charset=utf-8"


async def expose(metrics: Metrics, address: Address, *, hosts: tuple[str, ...] = ()) -> asyncio.Server:
    """Answer GET /metrics from now on until the server is closed; `hosts` are good in Host beside loopback ones.

    Raises:
        OSError: the address cannot be listened on.

    """
    setup = Setup(address, address, hosts=hosts)
    free = asyncio.Semaphore(CONNECTIONS)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError):
            if not free.locked():
                async with free, asyncio.timeout(LIMIT_S):
                    writer.write(await _answer(reader, metrics, setup))
                    await writer.drain()
        writer.close()

    return await asyncio.start_server(talk, address.host, address.port, limit=HEAD)


async def _answer(reader: asyncio.StreamReader, metrics: Metrics, setup: Setup) -> bytes:
    """Read a request, and return the answer to it; nothing where it never came to its end."""
    try:
        return _answered(_Request(await reader.readuntil(END)), metrics, setup)
    except asyncio.LimitOverrunError:
        return _reply(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    except asyncio.IncompleteReadError:
        return b""
    except _Malformed:
        return _reply(HTTPStatus.BAD_REQUEST)


def _answered(request: "_Request", metrics: Metrics, setup: Setup) -> bytes:
    if not is_host(request.host, setup):
        return _reply(HTTPStatus.FORBIDDEN)
    if request.path != PATH:
        return _reply(HTTPStatus.NOT_FOUND)
    if request.method not in {b"GET", b"HEAD"}:
        return _reply(HTTPStatus.METHOD_NOT_ALLOWED, headers="Allow: GET, HEAD\r\n")
    return _reply(HTTPStatus.OK, metrics.exposition(), OPENMETRICS, with_body=request.method == b"GET")


class _Malformed(Exception):
    """What came is no request."""


class _Request:
    """A request, read by llhttp."""

    def __init__(self, raw: bytes) -> None:
        self._target = b""
        self._pairs: list[tuple[bytes, bytes]] = []
        parser = httptools.HttpRequestParser(self)
        try:
            if not is_strict(raw):
                raise _Malformed
            parser.feed_data(raw)
            headers = collect(self._pairs, HEADERS)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade, Refused):
            raise _Malformed from None
        self.method = parser.get_method()
        self.path = self._target.partition(b"?")[0]
        self.host = headers.get(b"host", b"").decode("ascii").lower()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._pairs.append((name, value))


def _reply(
    status: HTTPStatus, body: bytes | None = None, kind: str = _PLAIN, *, headers: str = "", with_body: bool = True
) -> bytes:
    """Return a whole answer, after which the connection ends."""
    content = f"{status.phrase}\n".encode() if body is None else body
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
        f"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{headers}Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + (content if with_body else b"")
