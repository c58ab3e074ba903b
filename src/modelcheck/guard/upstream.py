"""The upstream: exchanges with the guarded server, one at a time on each connection, answers read by llhttp."""

import asyncio
from typing import Protocol, cast

import httptools

from modelcheck.guard.limits import Limits
from modelcheck.guard.setup import Address

MOST_HEAD = 64 << 10
"""Bytes of an answer up to the end of its head."""
MOST_HEADERS = 200
MOST_INTERIM = 8
"""Interim answers (1xx) before the final one."""

_FINAL = 200
_SWITCHING = 101


class Consumer(Protocol):
    """Whoever takes an answer: its head, its pieces and its end, or that it broke off at any point."""

    def head(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Take the status and the headers, as they came."""
        ...

    def data(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        ...

    def flush(self) -> None:
        """Pass on what was taken: nothing more came with it."""
        ...

    def end(self) -> None:
        """Know that the answer is complete."""
        ...

    def broken(self) -> None:
        """Know that there is no answer, or no rest of it."""
        ...

    def unsent(self) -> None:
        """Know that the request never reached a server, and that the one there may be another since it was ruled on."""
        ...


class Doubts(Protocol):
    """Keeps count of the moments after which another server may be there."""

    @property
    def epoch(self) -> int:
        """How many there were."""
        ...

    def doubt(self) -> None:
        """Note one."""
        ...


class Exchange:
    """One request and its answer."""

    def __init__(self, request: bytes, consumer: Consumer, epoch: int | None) -> None:
        self.request = request
        self.epoch = epoch
        """When the request was ruled on, by the number of doubts until then; None for one that needs no ruling."""
        self.consumer: Consumer | None = consumer
        self.connection: UpstreamConnection | None = None
        self.is_paused = False

    def leave(self) -> None:
        """Break it off: nobody waits for the answer any longer."""
        self.consumer = None
        if self.connection is not None:
            self.connection.abort()

    def pause(self) -> None:
        """Read no more of the answer until `resume`: whoever takes it is slow."""
        self.is_paused = True
        if self.connection is not None:
            self.connection.pause()

    def resume(self) -> None:
        """Read on."""
        self.is_paused = False
        if self.connection is not None:
            self.connection.resume()

    def hold_back(self) -> None:
        """Tell the consumer, once, that the request was not sent."""
        consumer, self.consumer = self.consumer, None
        if consumer is not None:
            consumer.unsent()

    def break_off(self) -> None:
        """Tell the consumer, once, that there is no answer or no rest of it."""
        consumer, self.consumer = self.consumer, None
        if consumer is not None:
            consumer.broken()


class UpstreamConnection(asyncio.Protocol):
    """One connection to the upstream."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._is_reused = False
        self._parser = httptools.HttpResponseParser(self)
        self._begin()

    def _begin(self) -> None:
        self._headers: list[tuple[bytes, bytes]] = []
        self._received = 0
        self._interim = 0
        self._has_head = False
        self._is_complete = False
        self._ends_by_close = False
        self._is_kept = False

    def send(self, exchange: Exchange) -> None:
        """Send a request over this open connection, which carries no other."""
        self._exchange, exchange.connection = exchange, self
        if self._transport is not None:
            self._transport.write(exchange.request)
            if exchange.is_paused:
                self.pause()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        """Stop reading."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    @property
    def is_open(self) -> bool:
        """Whether a request may be sent over it."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; it is one for both ways."""
        self._transport = cast("asyncio.Transport", transport)
        self._pool.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End what was going on; a request that a kept connection never took is held back, or sent over a new one."""
        del exc
        self._pool.lost(self)
        exchange, self._exchange = self._exchange, None
        if exchange is None or exchange.consumer is None:
            return
        if self._is_reused and self._received == 0:
            self._pool.send_again(exchange)
        elif self._has_head and self._ends_by_close:
            consumer, exchange.consumer = exchange.consumer, None
            consumer.end()
        else:
            exchange.break_off()

    def data_received(self, data: bytes) -> None:
        """Read on; whatever is no answer, or follows one, ends the connection."""
        exchange = self._exchange
        if exchange is None or exchange.consumer is None:
            self.abort()
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if not self._is_complete:
                self._break_off(exchange)
                return
            self._is_kept = False
        is_short = self._has_head or (self._received <= MOST_HEAD and len(self._headers) <= MOST_HEADERS)
        if not is_short or self._interim > MOST_INTERIM:
            self._break_off(exchange)
        elif self._has_head:
            self._hand_on(exchange)

    def _hand_on(self, exchange: Exchange) -> None:
        """Let the consumer pass on what it took, which may have made it leave."""
        consumer = exchange.consumer
        if consumer is None:
            self.abort()
        elif self._is_complete:
            self._release(exchange)
            consumer.end()
        else:
            consumer.flush()

    def on_message_begin(self) -> None:
        """Note that something follows a complete answer: nobody asked for it, and the next answer must not hold it."""
        self._is_kept = self._is_kept and not self._is_complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """Gather a header of the head; trailers are passed over."""
        if not self._has_head and len(self._headers) <= MOST_HEADERS:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Hand on the head of the final answer; interim ones are passed over."""
        status = self._parser.get_status_code()
        if self._has_head or (status < _FINAL and status != _SWITCHING):
            self._interim += 1
            self._headers = [] if not self._has_head else self._headers
            return
        self._has_head = True
        names = {name.lower() for name, _ in self._headers}
        self._ends_by_close = names.isdisjoint({b"content-length", b"transfer-encoding"})
        self._is_kept = self._parser.should_keep_alive()
        if self._exchange is not None and self._exchange.consumer is not None:
            self._exchange.consumer.head(status, self._headers)

    def on_body(self, chunk: bytes) -> None:
        """Hand on a piece of the body; what follows the answer is no part of it."""
        if self._exchange is not None and self._exchange.consumer is not None and not self._is_complete:
            self._exchange.consumer.data(chunk)

    def on_message_complete(self) -> None:
        """Note the end of the final answer."""
        self._is_complete = self._has_head

    def _break_off(self, exchange: Exchange) -> None:
        self._exchange = None
        self.abort()
        exchange.break_off()

    def _release(self, exchange: Exchange) -> None:
        """Keep the connection for another request, where it ended cleanly."""
        exchange.consumer = exchange.connection = self._exchange = None
        is_clean = self._interim == 0 and self._is_kept and not exchange.is_paused
        if not (is_clean and self.is_open and self._pool.keep(self)):
            self.abort()
        self._begin()
        self._is_reused = True


class Pool:
    """The connections to one upstream."""

    def __init__(self, address: Address, limits: Limits, loop: asyncio.AbstractEventLoop, doubts: Doubts) -> None:
        self._doubts = doubts
        self._address = address
        self._limits = limits
        self._loop = loop
        self._idle: list[UpstreamConnection] = []
        self._open: set[UpstreamConnection] = set()
        self._connecting: set[asyncio.Task[None]] = set()

    def send(self, request: bytes, consumer: Consumer, *, is_ruled: bool = True) -> Exchange:
        """Send a request over a kept connection, or over a new one; the answer goes to the consumer.

        A request that was ruled on goes to no server that has come since then.
        """
        exchange = Exchange(request, consumer, self._doubts.epoch if is_ruled else None)
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                connection.send(exchange)
                return exchange
            self._doubts.doubt()
        self.connect(exchange)
        return exchange

    def send_again(self, exchange: Exchange) -> None:
        """Send what a closed connection never took, unless it must be ruled on anew."""
        exchange.connection = None
        if exchange.epoch is None:
            self.connect(exchange)
        else:
            self._doubts.doubt()
            exchange.hold_back()

    def connect(self, exchange: Exchange) -> None:
        """Send a request over a new connection."""
        task = self._loop.create_task(self._connected(exchange))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def keep(self, connection: UpstreamConnection) -> bool:
        """Keep a connection for the next request, unless there are enough."""
        if len(self._idle) >= self._limits.idle_upstream:
            return False
        self._idle.append(connection)
        return True

    def opened(self, connection: UpstreamConnection) -> None:
        """Know of a connection."""
        self._open.add(connection)

    def lost(self, connection: UpstreamConnection) -> None:
        """Forget a connection that is closed; one that was kept is closed by a server that ends."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
            self._doubts.doubt()

    def close(self) -> None:
        """Close everything; it is no doubt about the server that we close its connections ourselves."""
        self._idle = []
        for connection in self._open:
            connection.abort()

    async def _connected(self, exchange: Exchange) -> None:
        try:
            async with asyncio.timeout(self._limits.connect_s):
                _, connection = await self._loop.create_connection(
                    lambda: UpstreamConnection(self), self._address.host, self._address.port
                )
        except (OSError, TimeoutError):
            exchange.break_off()
            return
        if exchange.consumer is None:
            connection.abort()
        elif exchange.epoch is not None and exchange.epoch != self._doubts.epoch:
            connection.abort()
            exchange.hold_back()
        else:
            connection.send(exchange)
