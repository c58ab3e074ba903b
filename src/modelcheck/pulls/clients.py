"""Requests as HTTP clients make them, before they connect: what no server answers is seen as well.

http.client carries urllib, urllib3 and requests; httpcore carries httpx and ollama, httpcore2 carries httpx2 and
huggingface_hub. What replaces a client in a test (respx, responses, MockTransport) sits above or in the same place,
so that a pull which is only imitated is none.
"""

from contextlib import suppress
from types import ModuleType
from typing import Any

from modelcheck.pulls.culprit import body_nearby
from modelcheck.pulls.patches import Patch, Patches
from modelcheck.pulls.watch import Watch

Theirs = Any
"""An object of a library that may not be installed."""
MOST_NEARBY = 8
"""Functions between the one that has a body and the one that writes the request line."""
AT_ONCE = frozenset({"BytesPayload", "JsonPayload", "StringPayload"})
"""Classes of aiohttp for bodies that are there at once."""


def clients(watch: Watch) -> dict[str, Patch]:
    """Return what is replaced in the modules of clients, by the name of each."""

    def standard(module: ModuleType, patches: Patches) -> None:
        def putrequest(connection: Theirs, method: str, url: str, *_: object, **__: object) -> None:
            __tracebackhide__ = True
            host = getattr(connection, "_tunnel_host", None) or connection.host
            watch.request(method, host, url, lambda: body_nearby(MOST_NEARBY))

        patches.before(module.HTTPConnection, "putrequest", putrequest)

    def core(module: ModuleType, patches: Patches) -> None:
        def handle(_: object, request: Theirs) -> None:
            __tracebackhide__ = True
            method, host, target = (
                text.decode("latin-1") for text in (request.method, request.url.host, request.url.target)
            )
            try:
                watch.request(method, host, target, lambda: _whole(request.stream))
            except OSError as error:
                raise module.ConnectError(str(error)) from error

        patches.before(module.ConnectionPool, "handle_request", handle)
        patches.before(module.AsyncConnectionPool, "handle_async_request", handle)

    def asynchronous(module: ModuleType, patches: Patches) -> None:
        def connect(_: object, request: Theirs, *__: object, **___: object) -> None:
            __tracebackhide__ = True
            url = request.url
            watch.request(request.method, url.host or "", str(url.raw_path), lambda: _decoded(request.body))

        patches.before(module.BaseConnector, "connect", connect)

    return {"http.client": standard, "httpcore": core, "httpcore2": core, "aiohttp": asynchronous}


def _whole(stream: Theirs) -> bytes | None:
    """Return the body of a request of httpx that is there at once; any other can be read but once."""
    return b"".join(stream) if type(stream).__name__ == "ByteStream" else None


def _decoded(body: Theirs) -> bytes | str | None:
    """Return the body of a request of aiohttp, likewise."""
    if type(body).__name__ in AT_ONCE:
        with suppress(Exception):  # those of old versions cannot
            return str(body.decode())
    return body if isinstance(body, bytes) else None
