"""An upstream that speaks as Ollama does, as fast as Python can: each chat says itself how it is answered."""

import asyncio
import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar, cast

import httptools
import msgspec
from chat_plan import MODEL, Plan, line

T = TypeVar("T")
HOST = "127.0.0.1"
LIMIT_S = 30.0
"""For which a test waits for what must come."""
REMEMBERED = 10_000
BACKLOG = 1024
STUB = "innocent:latest"
"""A model that is none: its requests go to another host."""


class Message(msgspec.Struct):
    """A message of a chat."""

    content: str = ""


class Chat(msgspec.Struct):
    """What is read of a chat."""

    model: str = ""
    messages: list[Message] = []
    stream: bool = True


@dataclass(frozen=True)
class Seen:
    """A request that came through."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Left:
    """An answer whose caller went away before its end."""

    seed: int
    written: int
    """Bytes handed to the system, or waiting for it."""
    at: float
    """On the clock of `time.monotonic`."""


class Talk(asyncio.Protocol):
    """One connection: its requests, one after the other, and their answers."""

    def __init__(self, home: "PacedUpstream") -> None:
        self._home = home
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._path = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self._plan: Plan | None = None
        self._lines: Iterator[bytes] = iter(())
        self._paused = False
        self._timer: asyncio.TimerHandle | None = None
        self._written = 0
        self._quick: bytes | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once the connection has ended."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._home.talks.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note whose answer was not finished."""
        del exc
        self._home.talks.discard(self)
        self.lost.set_result(None)
        if self._timer:
            self._timer.cancel()
        if self._plan is not None:
            self._home.note_left(Left(self._plan.seed, self._written, time.monotonic()))
            self._plan = None

    def abort(self) -> None:
        """End at once, as a process does that is killed."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take what came; the answer to a request that was seen before is at hand."""
        known = self._home.quick.get(data)
        if known is not None:
            self._transport.write(known)
            return
        self._quick = data
        self._parser.feed_data(data)

    @property
    def is_throttled(self) -> bool:
        """Whether the caller does not take what was written."""
        return self._paused and self._plan is not None

    @property
    def is_running(self) -> bool:
        """Whether an answer has begun and not ended."""
        return self._plan is not None

    @property
    def written(self) -> int:
        """Bytes of the running answer so far."""
        return self._written if self._plan is not None else 0

    def pause_writing(self) -> None:
        """Wait: the caller does not take what was written."""
        self._paused = True
        self._home.note_change()

    def resume_writing(self) -> None:
        """Go on."""
        self._paused = False
        if self._timer is None and self._plan is not None and not self._plan.silent:
            self._pump()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        self._path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """Answer."""
        method, path, body = self._parser.get_method(), self._path.decode(), bytes(self._body)
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in self._headers)
        self._path = b""
        self._headers.clear()
        self._body.clear()
        self._home.note_seen(Seen(method.decode(), path, headers, body))
        if path == "/api/chat":
            self._chat(body)
            return
        known = self._home.looks.get(path)
        self._answer(json.dumps(known).encode() if known is not None else b"{}", 404 if known is None else 200)

    def _chat(self, body: bytes) -> None:
        chat = msgspec.json.decode(body, type=Chat)
        plan = msgspec.json.decode(chat.messages[-1].content, type=Plan) if chat.messages else Plan()
        if plan.silent:
            self._plan = plan
        elif chat.stream:
            self._begin(plan)
        else:
            self._answer(line("This is a short answer.", done=True).rstrip())

    def _answer(self, body: bytes, status: int = 200) -> None:
        head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json; charset=utf-8\r\n"
        data = f"{head}Date: Fri, 21 Aug 2026 10:00:00 GMT\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        if self._quick is not None and not self._home.recording:
            self._home.quick[self._quick] = data
        self._transport.write(data)

    def _begin(self, plan: Plan) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nDate: Fri, 21 Aug 2026 10:00:00 GMT\r\n"
        self._plan, self._lines, self._written = plan, plan.stream(), 0
        self._transport.write(head + b"Transfer-Encoding: chunked\r\n\r\n")
        self._pump()

    def _pump(self) -> None:
        """Write lines until there is to be a pause, the caller does not keep up, or the end."""
        self._timer = None
        plan = self._plan
        while plan is not None and not self._paused and not self._transport.is_closing():
            text = next(self._lines, None)
            if text is None:
                self._end(plan)
                return
            text = line(str(time.monotonic_ns())) if plan.clock else text
            self._written += len(text)
            self._transport.write(b"%x\r\n%b\r\n" % (len(text), text))
            if plan.pause:
                self._timer = asyncio.get_running_loop().call_later(plan.pause, self._pump)
                return

    def _end(self, plan: Plan) -> None:
        self._plan = None
        if plan.cut:
            self._transport.close()
        else:
            self._transport.write(b"0\r\n\r\n")


class PacedUpstream:
    """The upstream, in a thread of its own until the test is over; a context manager. It may die and come back."""

    def __init__(self, *, recording: bool = True, port: int = 0, cloud_disabled: bool = True) -> None:
        self.recording = recording
        self.port = port
        self.cloud_disabled = cloud_disabled
        self.makes_stub = STUB
        """The name of the stub that it holds while its cloud is enabled; a model of that name is gone then."""
        self.seen: deque[Seen] = deque(maxlen=REMEMBERED)
        self.left: deque[Left] = deque(maxlen=REMEMBERED)
        self.talks: set[Talk] = set()
        self.quick: dict[bytes, bytes] = {}
        self.looks: dict[str, object] = {}
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where it is, without a path."""
        return f"http://{HOST}:{self.port}"

    @property
    def chats(self) -> list[Seen]:
        """The chats that came through."""
        return [one for one in self.seen if one.path == "/api/chat"]

    def __enter__(self) -> Self:
        self._thread.start()
        self.start(cloud_disabled=self.cloud_disabled)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT_S)
        self._loop.close()

    def start(self, *, cloud_disabled: bool) -> None:
        """Listen, again on the port of the first time."""
        self.looks = looks(None if cloud_disabled else self.makes_stub)
        self._run(self._listen)

    def kill(self) -> None:
        """Stop listening and break every connection off."""
        self._run(self._break_off)

    def until(self, holds: Callable[[], T]) -> T:
        """Wait until something holds of what was seen and left; return what it gave. Raises AssertionError."""
        with self._changed:
            assert self._changed.wait_for(holds, LIMIT_S)
            return holds()

    def note_seen(self, seen: Seen) -> None:
        """Keep a request."""
        if self.recording:
            with self._changed:
                self.seen.append(seen)
                self._changed.notify_all()

    def note_left(self, left: Left) -> None:
        """Keep an answer that was not taken to its end."""
        with self._changed:
            self.left.append(left)
            self._changed.notify_all()

    def note_change(self) -> None:
        """Let whoever waits look again."""
        with self._changed:
            self._changed.notify_all()

    @property
    def throttled(self) -> list[Talk]:
        """The connections whose callers do not take what was written."""
        return [talk for talk in set(self.talks) if talk.is_throttled]

    @property
    def written(self) -> list[int]:
        """How much of each running answer has been written, from the least to the most."""
        return sorted(talk.written for talk in set(self.talks) if talk.is_running)

    def _run(self, work: Callable[[], object]) -> None:
        async def worked() -> None:
            done = work()
            if asyncio.iscoroutine(done):
                await done

        asyncio.run_coroutine_threadsafe(worked(), self._loop).result(LIMIT_S)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Talk(self), HOST, self.port, backlog=BACKLOG)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _break_off(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        lost = [talk.lost for talk in self.talks]
        for talk in set(self.talks):
            talk.abort()
        await asyncio.gather(*lost)


def looks(stub: str | None) -> dict[str, object]:
    """What it says of itself, by path; with a stub its cloud is enabled."""
    details = {"format": "gguf", "family": "qwen2", "parameter_size": "1.5B", "quantization_level": "Q4_K_M"}
    entry = {
        "name": MODEL,
        "model": MODEL,
        "modified_at": "2026-08-01T10:00:00Z",
        "size": 986_000_000,
        "digest": "ab" * 32,
        "details": details,
    }
    remote = {"remote_host": "https://ollama.com", "remote_model": "gpt-oss:120b"}
    models = [entry] if stub != MODEL else []
    models += [entry | {"name": stub, "model": stub, "size": 384, "digest": "cd" * 32} | remote] if stub else []
    return {
        "/": "Ollama is running",
        "/api/version": {"version": "0.32.15"},
        "/api/tags": {"models": models},
        "/api/status": {"cloud": {"disabled": stub is None, "source": "none" if stub else "env"}},
        "/api/ps": {"models": []},
    }


async def _serve_for_ever() -> None:
    """Serve in this process, on uvloop's loop, and say the port on the standard output."""
    home = PacedUpstream(recording=False)
    home.looks = looks(None)
    server = await asyncio.get_running_loop().create_server(lambda: Talk(home), HOST, 0, backlog=BACKLOG)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve_for_ever())
