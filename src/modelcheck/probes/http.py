"""One GET or POST to a local server: bounded in time, bytes and trust, with the outcome as a value."""

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx

from modelcheck.core.codec import NotJson, decode_json
from modelcheck.core.host import InvalidEndpoint, parse_endpoint
from modelcheck.core.machine import Contact, ContactState
from modelcheck.core.text import printable

CONNECT_S = 1.0
"""A stopped server is reported within this time; Windows alone takes about two seconds to refuse."""

NO_TLS = "no valid TLS"

REASON = "x-modelcheck-reason"
"""The header by which a guard says why it refuses."""

_HEADERS = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "modelcheck"}


@dataclass(frozen=True)
class Reply:
    """What came back: the contact, and the decoded body when it was answered."""

    contact: Contact
    status: int | None = None
    body: object = None
    refusal: str = ""
    """The reason that a guard gives for a refusal; empty for every other answer."""


class Line:
    """A connection to one server. No redirect is followed, no proxy and no ambient variable is used."""

    def __init__(self, url: str, *, limit_s: float, most_bytes: int, origin: str | None = None) -> None:
        self._urls = candidates(url.rstrip("/"))
        self._headers = _HEADERS | ({} if origin is None else {"origin": origin})
        self._limit_s = limit_s
        self._most_bytes = most_bytes
        self._client = httpx.Client(
            # Where no certificate can be met none is loaded, which would take longer than the answer.
            verify=ssl.create_default_context() if url.startswith("https:") else False,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(None, connect=min(CONNECT_S, limit_s)),  # the fuse bounds the rest
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def ask(self, method: str, path: str, content: bytes | None = None) -> Reply:
        """Ask once, and again at the next address of a name for this machine where the first is refused."""
        for url in self._urls:
            reply = self._ask(method, url + path, content)
            if reply.contact.state is not ContactState.REFUSED:
                self._urls = (url,)
                return reply
        return Reply(Contact(ContactState.REFUSED))

    def _ask(self, method: str, url: str, content: bytes | None) -> Reply:
        headers = self._headers | ({} if content is None else {"content-type": "application/json"})
        timed_out = Reply(Contact(ContactState.TIMED_OUT, f"{self._limit_s:g} s"))
        with _Fuse(self._limit_s) as fuse:
            try:
                with self._client.stream(
                    method, url, content=content, headers=headers, extensions={"trace": fuse.trace}
                ) as response:
                    body = self._body(response)
            except httpx.ConnectTimeout:
                return _not_ollama(NO_TLS) if fuse.opened else Reply(Contact(ContactState.REFUSED))
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                return timed_out if fuse.blown else _failed(error)
        # A cut that falls into a body of no stated length looks like its end.
        return timed_out if fuse.blown else _reply(response, body)

    def _body(self, response: httpx.Response) -> bytes | None:
        """Return the body as it was sent, None when it is longer than anything this server would send."""
        body = bytearray()
        if response.status_code == HTTPStatus.OK:
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > self._most_bytes:
                    return None
        return bytes(body)


class _Fuse:
    """Cuts a connection when its time is up: the time-outs of a client begin anew with every byte."""

    def __init__(self, limit_s: float) -> None:
        self.blown = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(limit_s, self._blow)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    @property
    def opened(self) -> bool:
        """Whether the server has taken the connection."""
        return self._socket is not None

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Learn from the client which socket it has opened."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._socket = info["return_value"].get_extra_info("socket")
            if self.blown:
                self._blow()

    def _blow(self) -> None:
        self.blown = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _reply(response: httpx.Response, body: bytes | None) -> Reply:
    status = response.status_code
    if status != HTTPStatus.OK:
        return replace(_not_ollama(f"HTTP {status}", status), refusal=_refusal(response))
    if body is None:
        return _not_ollama("endless body", status)
    try:
        return Reply(Contact(ContactState.ANSWERED), status, decode_json(body, limit=len(body)))
    except NotJson:
        kind = response.headers.get("content-type", "").split(";")[0].strip()
        return _not_ollama("not JSON" if kind in {"", "application/json"} else printable(kind, 40), status)


def _refusal(response: httpx.Response) -> str:
    return printable(response.headers.get(REASON, ""), 40) if response.is_client_error else ""


def _failed(error: Exception) -> Reply:
    if isinstance(error, httpx.ConnectError):
        return _not_ollama(NO_TLS) if _is_tls(error) else Reply(Contact(ContactState.REFUSED))
    return _not_ollama("broken off" if isinstance(error, httpx.NetworkError) else "not HTTP")


def _not_ollama(detail: str, status: int | None = None) -> Reply:
    return Reply(Contact(ContactState.NOT_OLLAMA, detail), status)


def _is_tls(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


def candidates(url: str) -> tuple[str, ...]:
    """Return the addresses to try: a name for this machine is IPv4 first, since IPv6 may take long to refuse.

    It is never looked up: a name server may say anything of it.
    """
    try:
        endpoint = parse_endpoint(url)
    except InvalidEndpoint:
        return (url,)
    if not endpoint.is_loopback or not endpoint.host.endswith("localhost"):
        return (url,)
    return tuple(f"{endpoint.scheme}://{host}:{endpoint.port}{endpoint.path}" for host in ("127.0.0.1", "[::1]"))
