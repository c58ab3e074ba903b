"""The head of a request: held against the strict grammar first, then read by llhttp, then asked what is unusual."""

import re
from collections.abc import Mapping

import msgspec

from modelcheck.guard.fault import Fault, Refused

END = b"\r\n\r\n"

# Stricter than RFC 9112 where readers differ: one space, CRLF alone, no folded lines, ASCII alone.
_GRAMMAR = re.compile(
    rb"[A-Z]{1,16} [\x21-\x7e]+ HTTP/1\.[01]\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e]*\r\n)*\r\n"
)
_LENGTH = re.compile(rb"[0-9]{1,15}")
_ONCE = frozenset(
    {
        b"host",
        b"content-length",
        b"transfer-encoding",
        b"content-type",
        b"content-encoding",
        b"origin",
        b"referer",
        b"authorization",
        b"expect",
        b"sec-fetch-site",
    }
)
"""Headers that may stand in a request once: whoever reads the first must not differ from whoever reads the last."""
_BODILESS = frozenset({b"GET", b"HEAD", b"OPTIONS"})


class Head(msgspec.Struct, frozen=True):
    """The head of one request."""

    method: bytes
    target: bytes
    """As it was written: path and query."""
    headers: Mapping[bytes, bytes]
    """By their names in lower case, without the white space around each value."""
    is_1_1: bool
    """Whether it is HTTP/1.1, and not HTTP/1.0."""
    length: int = 0
    """Bytes of the body; 0 where there is none, or where it comes in chunks."""

    @property
    def is_chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return b"transfer-encoding" in self.headers

    @property
    def has_body(self) -> bool:
        """Whether a body follows."""
        return self.is_chunked or self.length > 0

    @property
    def waits(self) -> bool:
        """Whether the caller sends its body only after an interim answer."""
        return b"expect" in self.headers


def is_strict(raw: bytes) -> bool:
    """Whether the bytes of a head, its empty line included, follow the one grammar that no two readers read apart."""
    return _GRAMMAR.fullmatch(raw) is not None


def collect(pairs: list[tuple[bytes, bytes]], most: int) -> dict[bytes, bytes]:
    """Gather headers by name.

    Raises:
        Refused: there are too many, or one stands twice that may stand once.

    """
    if len(pairs) > most:
        raise Refused(Fault.TOO_LARGE, f"more than {most} headers", status=431)
    headers: dict[bytes, bytes] = {}
    for name, value in pairs:
        lower = name.lower()
        if lower in headers:
            if lower in _ONCE:
                raise Refused(Fault.MALFORMED, f"the header {lower.decode('ascii')} stands twice")
            headers[lower] += b", " + value.strip()
        else:
            headers[lower] = value.strip()
    return headers


def length_of(headers: Mapping[bytes, bytes]) -> int:
    """Return the length that a body is said to have; 0 where none is said.

    Raises:
        Refused: it is no plain number.

    """
    length = headers.get(b"content-length", b"0")
    if _LENGTH.fullmatch(length) is None:
        raise Refused(Fault.MALFORMED, "Content-Length is no plain number")
    return int(length)


def examine(head: Head, most: int) -> None:
    """Refuse what one server could frame in another way than the next, and bodies that nobody reads.

    Raises:
        Refused: with the reason.

    """
    headers = head.headers
    if b"upgrade" in headers or head.method == b"CONNECT":
        raise Refused(Fault.MALFORMED, "no other protocol is spoken here")
    coding = headers.get(b"transfer-encoding")
    if coding is not None and (coding.lower() != b"chunked" or b"content-length" in headers or not head.is_1_1):
        raise Refused(Fault.MALFORMED, "a body comes in chunks or with one length, never both")
    if head.length > most:
        raise Refused(Fault.TOO_LARGE, f"the body may have {most} bytes")
    if head.has_body and head.method in _BODILESS:
        raise Refused(Fault.MALFORMED, f"{head.method.decode('ascii')} takes no body")
    if headers.get(b"content-encoding", b"identity").lower() not in {b"", b"identity"}:
        raise Refused(Fault.ENCODING, "send the body as it is, without Content-Encoding")
    if head.waits and headers[b"expect"].lower() != b"100-continue":
        raise Refused(Fault.MALFORMED, "Expect takes 100-continue alone", status=417)
