"""The record of what a stack received: no header values and no bodies; and the server that only records."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import ClassVar

import msgspec

from modelcheck.standin.fault import ServerName
from modelcheck.standin.key import made_up_key
from modelcheck.standin.wire import Api, Reply, Request, first_object

MOST = 100_000
"""Requests that are kept, the latest ones."""
_MAX_NAME = 1000

_PROVIDERS = {made_up_key(provider): provider for provider in ("openai", "anthropic")}


@dataclass(frozen=True)
class Received:
    """A request that a server of the stack received."""

    server: str
    method: str
    path: str
    model: str | None
    """The model that it names, as it spells it."""
    headers: tuple[str, ...]
    """The names of its headers, in lower case."""
    key_of: str | None
    """The provider whose made-up key came with it."""

    @property
    def keyed(self) -> bool:
        """Whether the key of one of the scenario's providers came with it."""
        return self.key_of is not None


class Record:
    """All requests in the order in which they came; safe for threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._received: deque[Received] = deque(maxlen=MOST)

    def add(self, server: str, request: Request) -> None:
        """Note a request."""
        received = Received(
            server, request.method, request.path, _model(request), tuple(request.headers), _key_of(request)
        )
        with self._lock:
            self._received.append(received)

    @property
    def received(self) -> tuple[Received, ...]:
        """What was received up to now."""
        with self._lock:
            return tuple(self._received)


class Recorder(Api):
    """A server that answers everything with an empty object, so that who comes is on record."""

    server: ClassVar[str] = ServerName.RECORDER
    refusals: ClassVar[Mapping[str, Reply]] = {}

    def answer(self, _: Request, /) -> Reply:
        """Answer anything."""
        return Reply.of({})

    def broken_stream(self) -> bytes:
        """End with nothing: it never streams."""
        return b""


def _model(request: Request) -> str | None:
    if request.path.startswith("/v1/models/"):
        return request.last
    try:
        body = first_object(request.body)
    except (ValueError, msgspec.ValidationError, RecursionError):
        return None
    name = body.get("model") or body.get("name")
    return name[:_MAX_NAME] if isinstance(name, str) else None


def _key_of(request: Request) -> str | None:
    bearer = request.headers.get("authorization", "").rpartition(" ")[2]
    return _PROVIDERS.get(request.headers.get("x-api-key", bearer).strip())
