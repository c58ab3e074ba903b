"""What passes over the wire: requests as received, replies as sent, and the clock that paces them."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any, ClassVar, TypeVar

import msgspec

JSON = "application/json; charset=utf-8"
NDJSON = "application/x-ndjson"
SSE = "text/event-stream"
TEXT = "text/plain"

Body = dict[str, Any]
"""A JSON object about to be sent."""
T = TypeVar("T")


class Closed(Exception):
    """The stack is closing; whoever waits for its clock stops at once."""


class BrokenOff(Exception):
    """The connection ends here, whatever was promised."""


class Clock:
    """Time as the scenario counts it; every wait ends when the stack closes."""

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self._closed = Event()

    def spend(self, seconds: float) -> None:
        """Let seconds of the scenario pass. Raises Closed."""
        self.wait(seconds * self._pace)

    def wait(self, seconds: float | None = None) -> None:
        """Let real seconds pass; None waits until the stack closes. Raises Closed."""
        if self._closed.wait(seconds):
            raise Closed

    def close(self) -> None:
        """End every wait, now and later."""
        self._closed.set()


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as received, percent-encoding undone."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str] = field(repr=False)
    """By lower-case name."""
    body: bytes = field(repr=False)

    @property
    def last(self) -> str:
        """The last step of the path."""
        return self.path.rpartition("/")[2]

    def first(self, name: str) -> str | None:
        """The first value of a query parameter."""
        return next(iter(self.query.get(name, ())), None)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A reply about to be sent; a body in pieces is streamed."""

    status: int = 200
    content_type: str = JSON
    body: bytes | Iterable[bytes] = b""
    headers: tuple[tuple[str, str], ...] = ()
    bare: bool = False
    """Whether the body is sent as it is, without a status line or headers."""

    @classmethod
    def of(cls, value: object, status: int = 200) -> "Reply":
        """A JSON value in one piece."""
        return cls(status=status, body=msgspec.json.encode(value))

    def with_header(self, name: str, value: str) -> "Reply":
        """The same with one more header."""
        return replace(self, headers=(*self.headers, (name, value)))

    @property
    def pieces(self) -> Iterator[bytes]:
        """The body, piece by piece."""
        return iter((self.body,) if isinstance(self.body, bytes) else self.body)


class Refused(Exception):
    """A request that a handler will not serve, with the reply that says so."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


Handler = Callable[[Request], Reply]


class Api(ABC):
    """What one server says."""

    server: ClassVar[str]
    refusals: ClassVar[Mapping[str, Reply]]
    """What it says when it is made to decline, by reason."""

    @abstractmethod
    def answer(self, request: Request, /) -> Reply:
        """Serve a request; what goes wrong in it is a reply too."""

    @abstractmethod
    def broken_stream(self) -> bytes:
        """Give what the server sends when it fails in the middle of a stream."""


class RoutedApi(Api):
    """A server with routes, and its way of saying no."""

    routes: Mapping[str, Mapping[str, Handler]]
    """Handlers by method, by path; a path may end in `/*`, which stands for one step."""

    def answer(self, request: Request, /) -> Reply:
        """Serve a request; what goes wrong in it is a reply too."""
        handlers = self.routes.get(request.path) or self.routes.get(f"{request.path.rpartition('/')[0]}/*")
        try:
            self.admit(request)
            if handlers is None:
                return self.unknown_path(request)
            handler = handlers.get(request.method)
            return handler(request) if handler else self.wrong_method(request, tuple(handlers))
        except Refused as refused:
            return refused.reply

    @abstractmethod
    def admit(self, request: Request, /) -> None:
        """Look at a request before it is routed, for its key first of all. Raises Refused."""

    @abstractmethod
    def unknown_path(self, request: Request, /) -> Reply:
        """Answer a path that the server does not have."""

    @abstractmethod
    def wrong_method(self, request: Request, allowed: tuple[str, ...], /) -> Reply:
        """Answer a method that the path does not have."""

    @abstractmethod
    def bad_request(self, message: str) -> Reply:
        """Answer a request whose content is wrong."""

    def read(self, body: bytes, shape: type[T]) -> T:
        """Decode a body leniently: key case, unknown keys and what follows do not matter. Raises Refused."""
        try:
            return msgspec.convert(first_object(body), shape)
        except (ValueError, msgspec.ValidationError, RecursionError) as error:
            raise Refused(self.bad_request(str(error))) from None


def first_object(body: bytes) -> dict[str, object]:
    """The JSON object at the start of a body, keys in lower case, null entries left out.

    Raises ValueError or msgspec.ValidationError when there is none, RecursionError when it is nested too deeply.
    """
    text = body.decode(errors="replace").lstrip()
    if not text:
        raise ValueError("missing request body")
    value: dict[str, object] | None = msgspec.convert(json.JSONDecoder().raw_decode(text)[0], dict[str, object] | None)
    return {key.lower(): entry for key, entry in (value or {}).items() if entry is not None}


def event(data: object, name: str = "") -> bytes:
    """One server-sent event; a text is sent as it is."""
    line = data.encode() if isinstance(data, str) else msgspec.json.encode(data)
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + line + b"\n\n"
