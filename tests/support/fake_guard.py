"""A guard of a few lines for probes to meet: it proves itself and refuses, or fails at either as a test wants."""

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from modelcheck.core.handshake import PATH, PROTOCOL, proof

INSTANCE = "instance-of-a-test"
Answer = tuple[int, Mapping[str, str], bytes]
REFUSED: Answer = (403, {"X-Modelcheck-Reason": "closed"}, b'{"error": "closed here"}')
BARE: Answer = (404, {}, b"404 page not found")


def handshake(nonce: str, **other: object) -> dict[str, object]:
    """What a sound guard answers to a nonce, but for what a test says."""
    return {
        "guard": "modelcheck",
        "protocol": PROTOCOL,
        "version": "1.0",
        "instance": INSTANCE,
        "nonce": nonce,
        "proof": proof(nonce, INSTANCE),
        "cloud": "disabled",
        "inventory_age_s": 0.5,
        "token": False,
        **other,
    }


def sound(nonce: str) -> Answer:
    """Prove it."""
    return 200, {}, json.dumps(handshake(nonce)).encode()


class _Server(ThreadingHTTPServer):
    request_queue_size = 64


class FakeGuard:
    """A server on loopback; a context manager. It knows no model and passes nothing on."""

    def __init__(
        self,
        greeting: Callable[[str], Answer] = sound,
        routes: Mapping[str, Answer] | None = None,
        rest: Answer = REFUSED,
    ) -> None:
        guard = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                size = int(self.headers.get("content-length", "0"))
                guard.take(self, self.rfile.read(size))

            do_GET = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815 - the library calls them so

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library calls it so
                """Log nothing."""

        self._greeting, self._routes, self._rest = greeting, routes or {}, rest
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.requests: list[tuple[str, bytes]] = []
        """Method and path without its query, and the body, of each request in the order in which they came."""
        self.nonces: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def asked(self) -> list[str]:
        """Method and path of each request, sorted."""
        return sorted(route for route, _ in self.requests)

    def take(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        """Answer one request."""
        parts = urlsplit(request.path)
        route = f"{request.command} {parts.path}"
        with self._lock:
            self.requests.append((route, body))
        if parts.path == PATH:
            (nonce,) = parse_qs(parts.query)["n"]
            self.nonces.append(nonce)
            status, headers, content = self._greeting(nonce)
        else:
            status, headers, content = self._routes.get(route, self._rest)
        request.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(content)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
