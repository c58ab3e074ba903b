"""The servers themselves: sockets on loopback, HTTP/1.1, a thread for each connection, and a swift end."""

import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from itertools import chain
from socketserver import BaseServer
from threading import Lock, Thread, current_thread
from urllib.parse import parse_qs, unquote

from modelcheck.standin.wire import TEXT, BrokenOff, Closed, Reply, Request

HOST = "127.0.0.1"
MAX_LINE = 65_536
MAX_BODY = 16_000_000
MAX_PARAMETERS = 100
MAX_CONNECTIONS = 512
IDLE_S = 60.0
"""Seconds after which a silent connection is dropped."""
PARTING_S = 0.2
"""Seconds that closing waits for the connections' threads, all together."""

Answering = Callable[[Request], Reply]
_NOBODY = BaseServer((HOST, 0), BaseHTTPRequestHandler)
"""The handler of the standard library wants a server; this one has no socket and serves nothing."""


class Listener:
    """A port on loopback, bound at once so that it is known; without an answer, connections to it are refused."""

    def __init__(self, answer: Answering | None) -> None:
        self.answer = answer
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.bind((HOST, 0))
        self.url = f"http://{HOST}:{self.socket.getsockname()[1]}"
        if answer is not None:
            self.socket.settimeout(0)
            self.socket.listen(128)


class Switchboard:
    """Takes the connections of all listeners from when it is made until it is closed."""

    def __init__(self, listeners: tuple[Listener, ...]) -> None:
        self._listeners = listeners
        self._lock = Lock()
        self._talks: dict[Thread, socket.socket] = {}
        self._bell, self._hand = socket.socketpair()
        self._thread = Thread(target=self._accept_all, name="standin", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End every connection and wait a moment for their threads; closing twice does nothing more."""
        if not self._thread.is_alive():
            return
        self._hand.send(b".")
        self._thread.join()
        for listener in self._listeners:
            listener.socket.close()
        with self._lock:
            talks = dict(self._talks)
        for connection in talks.values():
            _shut(connection)
        deadline = time.monotonic() + PARTING_S
        for thread in talks:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._bell.close()
        self._hand.close()

    def _accept_all(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._bell, selectors.EVENT_READ)
            for listener in self._listeners:
                if listener.answer is not None:
                    selector.register(listener.socket, selectors.EVENT_READ, (listener.socket, listener.answer))
            while True:
                for key, _ in selector.select():
                    if key.data is None:
                        return
                    self._accept(*key.data)

    def _accept(self, listening: socket.socket, answer: Answering) -> None:
        try:
            connection, address = listening.accept()
        except OSError:  # the client has left already
            return
        thread = Thread(target=self._talk, args=(connection, address, answer), name="standin", daemon=True)
        with self._lock:
            if len(self._talks) >= MAX_CONNECTIONS:
                connection.close()
                return
            self._talks[thread] = connection
        thread.start()

    def _talk(self, connection: socket.socket, address: tuple[str, int], answer: Answering) -> None:
        try:
            Conversation(connection, address, answer)
        except (OSError, Closed, BrokenOff):  # either side has ended it
            pass
        finally:
            with self._lock:
                self._talks.pop(current_thread(), None)
            _shut(connection)
            connection.close()


class Conversation(BaseHTTPRequestHandler):
    """The requests and replies of one connection, until it ends. Raises what ends it: OSError, Closed, BrokenOff."""

    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"
    disable_nagle_algorithm = True
    timeout = IDLE_S

    def __init__(self, connection: socket.socket, address: tuple[str, int], answer: Answering) -> None:
        self._answer = answer
        super().__init__(connection, address, _NOBODY)

    def handle_one_request(self) -> None:
        """Read a request and answer it, whatever its method."""
        self.requestline, self.command, self.request_version = "", "", self.default_request_version
        self.raw_requestline = self.rfile.readline(MAX_LINE + 1)
        if not self.raw_requestline:
            self.close_connection = True
        elif len(self.raw_requestline) > MAX_LINE:
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
        elif self.parse_request():
            request = self._request()
            if isinstance(request, HTTPStatus):
                self.send_error(request)
            else:
                self._send(self._answer(request))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name for it
        """Stay quiet."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Say in plain text what is wrong with a request that is not sound HTTP, and end the connection."""
        self.close_connection = True
        words = [HTTPStatus(code).phrase, message or "", explain or ""]
        self._send(Reply(status=code, content_type=TEXT, body="\n".join(filter(None, words)).encode()))

    def _request(self) -> Request | HTTPStatus:
        """Read the request with its body, or say what is wrong with it."""
        target = self.requestline.split()[1]
        if not target.startswith("/"):  # with the host in front, as to a proxy
            target = "/" + target.partition("://")[2].partition("/")[2]
        path, _, query = target.partition("?")
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers:
            return HTTPStatus.LENGTH_REQUIRED
        if not (length.isascii() and length.isdigit()) or query.count("&") >= MAX_PARAMETERS:
            return HTTPStatus.BAD_REQUEST
        if len(length) > len(str(MAX_BODY)) or int(length) > MAX_BODY:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise BrokenOff
        return Request(
            method=self.command,
            path=unquote(path),
            query=parse_qs(query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )

    def _send(self, reply: Reply) -> None:
        if reply.bare:
            self.close_connection = True
            self.wfile.writelines(reply.pieces)
        elif not isinstance(reply.body, bytes):
            self._send_stream(reply)
        else:
            self._send_head(reply, ("Content-Length", str(len(reply.body))))
            self.wfile.write(b"" if self.command == "HEAD" else reply.body)

    def _send_stream(self, reply: Reply) -> None:
        pieces = reply.pieces
        first = next(pieces, b"")  # nothing is promised before there is something to send
        if self.command == "HEAD":
            self._send_head(reply)
        elif self.request_version == "HTTP/1.0":
            self.close_connection = True
            self._send_head(reply)
            self.wfile.writelines(chain((first,), pieces))
        else:
            self._send_head(reply, ("Transfer-Encoding", "chunked"))
            for piece in filter(None, chain((first,), pieces)):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")

    def _send_head(self, reply: Reply, *framing: tuple[str, str]) -> None:
        self.send_response_only(reply.status)
        if reply.body:
            self.send_header("Content-Type", reply.content_type)
        for name, value in (*reply.headers, *framing):
            self.send_header(name, value)
        self.send_header("Date", self.date_time_string())
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()


def _shut(connection: socket.socket) -> None:
    """End a connection in both directions, which also wakes the thread that waits on it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
