"""The load of `benchmarks/guard.py`, in a process of its own: `guard_load.py KIND PORT CONNECTIONS AMOUNT`.

`chat` and `version` ask again and again on kept connections for AMOUNT seconds, `delays` reads streams of a line every
20 ms for AMOUNT seconds, `streams` reads AMOUNT short streams. Prints one line of JSON. Every answer is compared with
what it must be, outside the time that is measured where that is possible.
"""

import asyncio
import gc
import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import cast

import uvloop

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from chat_plan import Plan, chat, get, line, post

HOST = "127.0.0.1"
END = b"0\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
CLOCK = re.compile(rb'"content":"([0-9]+)"')
PAUSE_S = 0.02
SHORT = Plan(lines=8)


class Asking(asyncio.Protocol):
    """Asks for one thing again and again; the answer has a length."""

    def __init__(self, request: bytes, expected: bytes, over: Callable[[], bool]) -> None:
        self._request = request
        self._expected = expected
        self._over = over
        self._data = b""
        self._sizes: dict[bytes, int] = {}
        self._transport: asyncio.Transport
        self.answers = 0
        self.wrong = 0
        self.times: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the first time."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count an answer that did not come."""
        del exc
        if not self.done.done():
            self.wrong += 1
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Take a piece of an answer; once it is whole, ask again."""
        self._data = data = self._data + data if self._data else data
        head, found, body = data.partition(b"\r\n\r\n")
        if not found or not self._is_whole(head, body):
            return
        self._data = b""
        self.answers += 1
        self.wrong += not (data.startswith(b"HTTP/1.1 200 ") and self._expected in body)
        if self._over():
            self.done.set_result(None)
            self._transport.close()
        else:
            self._ask()

    def _ask(self) -> None:
        self._transport.write(self._request)

    def _is_whole(self, head: bytes, body: bytes) -> bool:
        size = self._sizes.get(head)
        if size is None:
            length = LENGTH.search(head + b"\r\n")
            size = int(length[1]) if length else -1
            self._sizes = {head: size}
        return body.endswith(END) if size < 0 else len(body) >= size


class Streaming(Asking):
    """Reads whole streams, one after the other, and when each of their pieces came."""

    def __init__(self, request: bytes, expected: bytes, over: Callable[[], bool], *, timed: bool) -> None:
        super().__init__(request, expected, over)
        self._timed = timed
        self._pieces: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        """Take a piece of a stream; once it is whole, ask for the next."""
        if self._timed:
            now = time.monotonic_ns()
            self.times += [(now - int(found)) / 1e6 for found in CLOCK.findall(data)]
        self._pieces.append(data)
        if not data.endswith(END):
            return
        self.answers += 1
        self.wrong += not (self._timed or unchunked(b"".join(self._pieces)) == self._expected)
        self._pieces = []
        if self._over():
            self.done.set_result(None)
            self._transport.close()
        else:
            self._ask()


def unchunked(data: bytes) -> bytes:
    """Return the body of an answer in chunks."""
    head, _, rest = data.partition(b"\r\n\r\n")
    body: list[bytes] = []
    while rest and head.startswith(b"HTTP/1.1 200 "):
        size, _, rest = rest.partition(b"\r\n")
        count = int(size, 16)
        body.append(rest[:count])
        rest = rest[count + 2 :]
    return b"".join(body)


def asking(kind: str, port: int, over: Callable[[], bool]) -> Asking:
    """Return a connection's side of one kind of load."""
    if kind == "version":
        return Asking(get("/api/version", port), b'{"version": "0.32.15"}', over)
    if kind == "chat":
        answer = line("This is a short answer.", done=True).rstrip()
        return Asking(post("/api/chat", chat(stream=False), port), answer, over)
    if kind == "delays":
        plan = Plan(lines=50, pause=PAUSE_S, clock=True)
        return Streaming(post("/api/chat", chat(plan), port), b"", over, timed=True)
    return Streaming(post("/api/chat", chat(SHORT), port), SHORT.whole, over, timed=False)


async def load(kind: str, port: int, connections: int, amount: float) -> dict[str, object]:
    """Put the load on a server; what came of it."""
    loop = asyncio.get_running_loop()
    sides: list[Asking] = []
    began = time.monotonic()
    left = count(int(amount) - connections, -1)

    def over() -> bool:
        return next(left) <= 0 if kind == "streams" else time.monotonic() - began > amount

    for _ in range(connections):
        _, side = await loop.create_connection(lambda: asking(kind, port, over), HOST, port)
        sides.append(side)
        if kind == "delays":
            await asyncio.sleep(PAUSE_S / connections)  # else all lines of all streams come at one moment
    await asyncio.gather(*(side.done for side in sides))
    took = time.monotonic() - began
    times = [each for side in sides for each in side.times]
    answers = sum(side.answers for side in sides)
    return {
        "answers": answers,
        "wrong": sum(side.wrong for side in sides),
        "per_s": answers / took,
        "lines": len(times),
        "p50": statistics.median(times) if times else 0,
        "p99": statistics.quantiles(times, n=100)[98] if times else 0,
        "cpu": time.process_time(),
    }


def main() -> None:
    """Put the load that the arguments say on a server, and print what came of it."""
    kind, port, connections, amount = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    gc.freeze()
    gc.disable()
    print(json.dumps(uvloop.run(load(kind, port, connections, amount))))


if __name__ == "__main__":
    main()
