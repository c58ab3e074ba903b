"""Servers of raw bytes on loopback: each connection's request is kept, then a function answers as it likes."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

Connection = socket.socket
Serve = Callable[[Connection, threading.Event], None]
"""Answers one connection; the event says that the test is over."""


class RawServer:
    """A server that runs until the test is over; a context manager. It serves every path alike, or each its own way."""

    def __init__(self, serve: Serve | Mapping[str, Serve], host: str = "127.0.0.1", port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listening = socket.create_server((host, port), family=family)
        self._serve = serve
        self._held: list[Connection] = []
        self._threads: list[threading.Thread] = []
        self.host = host
        self.port: int = self._listening.getsockname()[1]
        self.requests: list[bytes] = []
        """The whole of each request, in the order in which they came."""
        self.over = threading.Event()

    @property
    def url(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{shown}:{self.port}"

    @property
    def asked(self) -> list[str]:
        """Method and path of each request, sorted."""
        return sorted(request.split(b" HTTP/", 1)[0].decode("latin-1") for request in self.requests)

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        for held in (self._listening, *self._held):
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)
            held.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._held.append(connection)
            self._start(self._answer, connection)

    def _answer(self, connection: Connection) -> None:
        with contextlib.suppress(OSError), connection:
            request = _request(connection)
            self.requests.append(request)
            serve = self._serve if callable(self._serve) else self._serve[request.split(b" ")[1].decode()]
            serve(connection, self.over)


def sending(*pieces: bytes) -> Serve:
    """Send these bytes and close."""

    def serve(connection: Connection, _: threading.Event) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return serve


def hanging(sent: bytes = b"") -> Serve:
    """Send these bytes and then nothing, until the test is over."""

    def serve(connection: Connection, over: threading.Event) -> None:
        connection.sendall(sent)
        over.wait()

    return serve


def endless(sent: bytes, again: bytes, pause_s: float = 0.0) -> Serve:
    """Send one piece, then another again and again, until nobody listens or the test is over."""

    def serve(connection: Connection, over: threading.Event) -> None:
        connection.sendall(sent)
        while not over.wait(pause_s):
            connection.sendall(again)

    return serve


def response(
    body: bytes, status: str = "200 OK", headers: Iterable[str] = ("Content-Type: application/json",)
) -> bytes:
    """Return a sound HTTP response."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def _request(connection: Connection) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece or piece.startswith(b"\x16"):  # nothing, or the first word of TLS
            return piece
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
