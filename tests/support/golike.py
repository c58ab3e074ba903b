"""An upstream over raw sockets that understands requests as Ollama does and records what Ollama would execute.

It is laxer than Ollama on purpose where that only makes an attack easier: no Origin and no Host is refused, and a
cloud name counts as executed though the cloud is disabled. Bodies that come as zstd are not undone.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

from golike_json import first_value
from golike_replies import plain, reply
from golike_routes import Act, Answered, Stored, answer
from golike_wire import Ended, Refused, Request, read_request

LLAMA = "llama3:8b-instruct-q6_k"
CODER = "qwen2.5-coder:1.5b"
EMBEDDER = "nomic-embed-text:latest"
MIXED = "My-Space/Mixed-Case:Q4_K_M"
FACE = "hf.co/some/repo:Q4_K_M"
STUB = "bridge:latest"
"""A stub of the cloud under an innocent name."""

LOCAL = (LLAMA, CODER, EMBEDDER, MIXED, FACE)

_POLLS = frozenset({b"/api/tags", b"/api/status", b"/.well-known/modelcheck-guard"})
"""What a guard reads by itself."""

Says = Callable[[socket.socket, threading.Event], None]


def stored(names: Iterable[str] = LOCAL, stub: str = STUB) -> dict[str, Stored]:
    """Return a store of local models, and of one stub."""
    held = {name: Stored(name, f"{place:064x}") for place, name in enumerate(names, 1)}
    if stub:
        held[stub] = Stored(stub, "f" * 64, 400, "https://ollama.com:443", "gpt-oss:120b")
    return held


class Golike:
    """The upstream; a context manager."""

    def __init__(self, store: dict[str, Stored] | None = None, *, cloud: str = "disabled", port: int = 0) -> None:
        self._listening = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port: int = self._listening.getsockname()[1]
        self.store = stored() if store is None else store
        self.cloud = cloud
        """`disabled`, `enabled`, or `absent`: a server too old to say."""
        self.acts: list[Act] = []
        """Everything that was executed, in order."""
        self.requests: list[Request] = []
        """Everything that reached a handler, in order, but for what a guard reads by itself."""
        self.polls: list[Request] = []
        self.refused: list[str] = []
        """What came in no form that Go reads: a guard never writes such a thing."""
        self.says: dict[bytes, Says | bytes] = {}
        """By path: bytes that are sent in place of an answer before the connection is closed, or who sends them."""
        self.over = threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def dangerous(self) -> list[Act]:
        return [act for act in self.acts if act.is_dangerous]

    def forget(self) -> None:
        """Empty the record."""
        with self._lock:
            self.acts, self.requests, self.polls, self.refused = [], [], [], []

    def last_body(self) -> Any:
        """The decoded body of the last request, numbers as text."""
        return plain(first_value(self.requests[-1].body))

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.break_off()

    def break_off(self) -> None:
        """Close every connection at once, whatever it is doing; each closes itself once its thread sees that."""
        with self._lock:
            for held in self._connections:
                with contextlib.suppress(OSError):
                    held.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)
        try:
            with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                after_post = False
                while self._one(connection, stream, after_post=after_post):
                    after_post = True
        finally:
            with self._lock:
                self._connections.discard(connection)

    def _one(self, connection: socket.socket, stream: Any, *, after_post: bool) -> bool:
        try:
            request = read_request(stream, connection.sendall, after_post=after_post)
        except Ended:
            return False
        except Refused as refused:
            with self._lock:
                self.refused.append(refused.status)
            connection.sendall(f"HTTP/1.1 {refused.status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
            return False
        answered = self._executed(request)
        says = self.says.get(request.path)
        if says is not None:
            connection.sendall(says) if isinstance(says, bytes) else says(connection, self.over)
            return False
        self._answer(connection, request, answered)
        return request.keeps

    def _executed(self, request: Request) -> Answered:
        with self._lock:
            store = dict(self.store)
        answered = answer(request, store)
        if request.path == b"/api/status" and self.cloud == "absent":
            answered = Answered(404)
        with self._lock:
            (self.polls if request.path in _POLLS else self.requests).append(request)
            self.acts += answered.acts
        return answered

    def _answer(self, connection: socket.socket, request: Request, answered: Answered) -> None:
        if answered.status != 200 or not answered.kind:
            self._error(connection, request, answered)
            return
        kind, body = reply(answered, self.store, self.cloud)
        ends = "" if request.keeps else "Connection: close\r\n"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nDate: {time.ctime()}\r\n{ends}"
        if isinstance(body, bytes):
            shown = b"" if request.method == "HEAD" else body
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + shown)
            return
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for piece in body:
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")

    @staticmethod
    def _error(connection: socket.socket, request: Request, answered: Answered) -> None:
        where = f"Location: {answered.location}\r\n" if answered.location else ""
        body = b'{"error":"said by the upstream"}'
        shown = b"" if request.method == "HEAD" else body
        head = f"HTTP/1.1 {answered.status} Said\r\n{where}Content-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + shown)
