"""One GET or POST to a local server: bounded in time, bytes and trust, with the outcome as a value."""

import threading
import time
from dataclasses import dataclass
from typing import Any

import httpx

from modelcheck.core.codec import NotJson, decode_json
from modelcheck.core.machine import Contact, ContactState
from modelcheck.core.text import printable

CONNECT_S = 1.0
"""A stopped server is reported within this time; Windows alone takes about two seconds to refuse."""


@dataclass(frozen=True)
class Reply:
    """What came back: the contact, and the decoded body when it was answered."""

    contact: Contact
    status: int | None = None
    body: Any = None


class Line:
    """A connection to one server. No redirect is followed, no proxy and no ambient variable is used."""

    def __init__(self, url: str, *, limit_s: float, most_bytes: int) -> None:
        self._urls = _candidates(url.rstrip("/"))
        self._limit_s = limit_s
        self._most_bytes = most_bytes
        self._lock = threading.Lock()

    def ask(self, method: str, path: str, content: bytes | None = None) -> Reply:
        """Ask once; loopback by name is tried as 127.0.0.1 before ::1."""
        for url in list(self._urls):
            reply = self._ask(method, url + path, content)
            if reply.contact.state is not ContactState.REFUSED:
                with self._lock:
                    self._urls = [url]
                return reply
        return reply

    def _ask(self, method: str, url: str, content: bytes | None) -> Reply:
        deadline = time.monotonic() + self._limit_s
        timeout = httpx.Timeout(self._limit_s, connect=min(CONNECT_S, self._limit_s))
        headers = {"accept": "application/json", "content-type": "application/json", "accept-encoding": "identity"}
        try:
            with (
                httpx.Client(trust_env=False, follow_redirects=False, timeout=timeout) as client,
                client.stream(method, url, content=content, headers=headers) as response,
            ):
                return _reply(response, self._body(response, deadline))
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Reply(Contact(ContactState.REFUSED))
        except (httpx.TimeoutException, TimeoutError):
            return Reply(Contact(ContactState.TIMED_OUT, f"{self._limit_s:g} s"))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return Reply(Contact(ContactState.NOT_OLLAMA, type(error).__name__))

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > self._most_bytes:
                reason = "endless body"
                raise _TooMuch(reason)
            if time.monotonic() > deadline:
                raise TimeoutError
        return bytes(body)


class _TooMuch(ValueError):
    """The body is longer than anything this server would send."""


def _reply(response: httpx.Response, body: bytes) -> Reply:
    status = response.status_code
    try:
        decoded = decode_json(body, limit=len(body))
    except NotJson:
        kind = response.headers.get("content-type", "").split(";")[0]
        detail = f"HTTP {status}" if status != httpx.codes.OK else (printable(kind, 40) or "not JSON")
        return Reply(Contact(ContactState.NOT_OLLAMA, detail), status)
    if status != httpx.codes.OK:
        return Reply(Contact(ContactState.NOT_OLLAMA, f"HTTP {status}"), status, decoded)
    return Reply(Contact(ContactState.ANSWERED), status, decoded)


def _candidates(url: str) -> list[str]:
    """Return the addresses to try: a name for this machine is IPv4 first, since IPv6 may take long to refuse."""
    for name in ("://localhost:", "://localhost/"):
        if name in url + "/":
            return [(url + "/").replace("localhost", spelling, 1).rstrip("/") for spelling in ("127.0.0.1", "[::1]")]
    return [url]
