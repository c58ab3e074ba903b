"""A client of the tests that sends what it is told and knows whether an answer came to its end."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncGenerator, Callable
from types import ModuleType

import httptools

try:
    import resource as found
except ImportError:  # Windows has no such limits
    found = None  # type: ignore[assignment]
resource: ModuleType | None = found

HOST = "127.0.0.1"
LIMIT_S = 60.0
PIECE = 65536
SPARE = 256
"""Open files beside the sockets of a test."""


class Reply:
    """An answer, as far as it has come."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.status = 0
        self.headers: dict[str, str] = {}
        self._body = bytearray()
        self.is_complete = False

    @property
    def body(self) -> bytes:
        """What has come of the body."""
        return bytes(self._body)

    def feed(self, data: bytes) -> None:
        """Take what came. Raises HttpParserError for what is no answer."""
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self.headers[name.decode().lower()] = value.decode()

    def on_headers_complete(self) -> None:
        """Take the status."""
        self.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        """Take a piece."""
        self._body += body

    def on_message_complete(self) -> None:
        """Know that it is whole."""
        self.is_complete = self.status >= 200


class Caller:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, data: bytes) -> None:
        """Send, and do not wait until it is taken."""
        self._writer.write(data)

    async def reply(self, enough: Callable[[Reply], bool] = lambda reply: reply.is_complete) -> Reply:
        """Read an answer to its end, or until it is enough; it is not complete where the connection ended before."""
        reply = Reply()
        async with asyncio.timeout(LIMIT_S):
            while not enough(reply):
                try:
                    data = await self._reader.read(PIECE)
                except ConnectionError:
                    break
                if not data:
                    break
                reply.feed(data)
        return reply

    async def rest(self, reply: Reply) -> Reply:
        """Read the rest of an answer whose beginning was enough before."""
        async with asyncio.timeout(LIMIT_S):
            while not reply.is_complete:
                try:
                    data = await self._reader.read(PIECE)
                except ConnectionError:
                    break
                if not data:
                    break
                reply.feed(data)
        return reply

    async def is_ended(self) -> bool:
        """Wait until the other side has ended the connection; whatever still comes is passed over."""
        async with asyncio.timeout(LIMIT_S):
            with contextlib.suppress(ConnectionError):
                while await self._reader.read(PIECE):
                    pass
        return True

    def close(self) -> None:
        """Leave as programs do."""
        self._writer.close()

    def half_close(self) -> None:
        """Say that nothing more is sent."""
        self._writer.write_eof()

    def vanish(self) -> None:
        """Leave without a farewell: the system answers whatever still comes with a reset."""
        sock: socket.socket = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


@contextlib.asynccontextmanager
async def connected(port: int, *, receive: int = 0) -> AsyncGenerator[Caller]:
    """Open a connection, and close it in the end; `receive` bounds what the system takes for whoever does not read."""
    sock = socket.socket()
    if receive:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, (HOST, port))
    except OSError:
        sock.close()
        raise
    reader, writer = await asyncio.open_connection(sock=sock, limit=receive or PIECE)
    caller = Caller(reader, writer)
    try:
        yield caller
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def answer(port: int, request: bytes) -> Reply:
    """Ask once over a connection of its own."""
    async with connected(port) as caller:
        caller.send(request)
        return await caller.reply()


def room(wanted: int) -> int:
    """Return how many sockets this process may open, up to what is wanted; the system's soft limit is raised for it."""
    if resource is None:
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted + SPARE if hard == resource.RLIM_INFINITY else min(hard, wanted + SPARE)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, max(soft, most) - SPARE)
