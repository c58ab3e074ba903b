"""Answers that the guard gives itself, and the heads of those that it passes on: framing, pages, nothing else."""

import re
from collections.abc import Iterable
from http import HTTPStatus

import msgspec

from modelcheck.core.machine import Entry
from modelcheck.guard.caller import is_origin
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.head import Head
from modelcheck.guard.routes import Dialect
from modelcheck.guard.setup import Setup

JSON = b"application/json; charset=utf-8"
NDJSON = b"application/x-ndjson"

_FIRST_LINES = {
    status.value: b"HTTP/1.1 %d %b\r\n" % (status.value, status.phrase.encode("ascii")) for status in HTTPStatus
}
_PASSED = frozenset({b"content-type", b"cache-control", b"retry-after"})
"""Headers of the upstream that are passed on; no Location, no cookie, nothing that frames."""
_PLAIN = re.compile(rb"[\x20-\x7e]{0,300}")
_ALLOWED_METHODS = b"GET, POST, DELETE, HEAD, OPTIONS"
_HEADER_LIST = re.compile(r"[A-Za-z0-9, _-]{0,1000}")
_KINDS = {
    HTTPStatus.BAD_REQUEST: "invalid_request_error",
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request_too_large",
}
_EXPOSED = b"X-Modelcheck-Reason, X-Modelcheck-Guard"


def head_of(status: int, headers: Iterable[tuple[bytes, bytes]], *, is_kept: bool, is_1_1: bool = True) -> bytes:
    """Return the head of an answer, its empty line included."""
    lines = [_FIRST_LINES.get(status) or b"HTTP/1.1 %d Unknown\r\n" % status]
    lines += [b"%b: %b\r\n" % pair for pair in headers]
    if not is_kept:
        lines.append(b"Connection: close\r\n")
    elif not is_1_1:
        lines.append(b"Connection: keep-alive\r\n")
    lines.append(b"\r\n")
    return b"".join(lines)


def passed_headers(headers: Iterable[tuple[bytes, bytes]]) -> tuple[list[tuple[bytes, bytes]], bytes | None]:
    """Return what is passed on of the upstream's headers, and the length of its body, if it is said.

    Raises:
        Refused: one of them says that the body is encoded, which nobody asked for.

    """
    passed: list[tuple[bytes, bytes]] = []
    length: bytes | None = None
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-length":
            length = value
        elif lower in _PASSED:
            if _PLAIN.fullmatch(value):
                passed.append((lower, value))
        elif lower == b"content-encoding" and value.strip().lower() != b"identity":
            raise Refused(Fault.UPSTREAM, "the upstream answered with an encoding that was not asked for")
    return passed, length


def page_headers(head: Head | None, setup: Setup) -> list[tuple[bytes, bytes]]:
    """Return the headers by which a page of this machine may read an answer; none for other callers."""
    origin = head.headers.get(b"origin") if head is not None else None
    if origin is None or not is_origin(origin.decode("ascii").lower(), setup):
        return []
    return [
        (b"Access-Control-Allow-Origin", origin),
        (b"Access-Control-Expose-Headers", _EXPOSED),
        (b"Vary", b"Origin"),
    ]


def preflight_headers(head: Head) -> list[tuple[bytes, bytes]]:
    """Return what is answered to a browser that asks before it sends a request."""
    asked = head.headers.get(b"access-control-request-headers", b"").decode("ascii")
    return [
        (b"Access-Control-Allow-Methods", _ALLOWED_METHODS),
        (b"Access-Control-Allow-Headers", asked.encode("ascii") if _HEADER_LIST.fullmatch(asked) else b"Content-Type"),
        (b"Access-Control-Max-Age", b"600"),
    ]


def is_preflight(head: Head) -> bool:
    """Whether a browser asks what a page may send."""
    return head.method == b"OPTIONS" and {b"origin", b"access-control-request-method"} <= head.headers.keys()


def error_body(dialect: Dialect, status: int, words: str) -> bytes:
    """Return a refusal in the shape that the clients of a route read."""
    kind = _KINDS.get(HTTPStatus(status), "api_error")
    if dialect is Dialect.OPENAI:
        return msgspec.json.encode({"error": {"message": words, "type": kind, "param": None, "code": None}})
    if dialect is Dialect.ANTHROPIC:
        return msgspec.json.encode({"type": "error", "error": {"type": kind, "message": words}})
    return msgspec.json.encode({"error": words})


def refusal(dialect: Dialect, refused: Refused) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Return the headers and the body of a refusal."""
    headers = [(b"Content-Type", JSON), (b"X-Modelcheck-Reason", refused.reason.value.encode("ascii"))]
    if refused.status == HTTPStatus.UNAUTHORIZED:
        headers.append((b"WWW-Authenticate", b"Bearer"))
    return headers, error_body(dialect, refused.status, refused.words)


def pulled_body(entry: Entry, *, is_stream: bool) -> tuple[bytes, bytes]:
    """Return the content type and the body for a pull of what is here: Ollama's shape, and that nothing was done."""
    digest = entry.digest if isinstance(entry.digest, str) else "digest not told"
    said = f"already here: {digest}; not updated"
    if not is_stream:
        return JSON, msgspec.json.encode({"status": "success", "modelcheck": said})
    lines = ({"status": said}, {"status": "success"})
    return NDJSON, b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
