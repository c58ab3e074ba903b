"""Faults: what may go wrong between a server and its client, as data, and what each does to a reply."""
# ruff: noqa: D102 - what `spoil` does is the docstring of the fault

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import replace as changed
from enum import StrEnum
from fnmatch import fnmatchcase
from threading import Lock
from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta

from modelcheck.standin.wire import JSON, Api, BrokenOff, Clock, Reply, Request

BLOCK = 65_536


class ServerName(StrEnum):
    """The servers of a stack."""

    OLLAMA = "ollama"
    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    COMPATIBLE = "compatible"
    """A local server that speaks OpenAI's API, where the scenario has one."""
    RECORDER = "recorder"
    """Where redirects lead; it answers everything with an empty object."""


class Reason(StrEnum):
    """Why a server declines; each server knows some of them and says so in its own words."""

    INVALID_KEY = "invalid_key"
    RESTRICTED = "restricted"
    RATE_LIMITED = "rate_limited"
    OUT_OF_CREDIT = "out_of_credit"
    OVERLOADED = "overloaded"
    """For Ollama: its queue is full."""
    BROKEN = "broken"
    """An error inside the server."""


class Spot(StrEnum):
    """Where in a reply something happens."""

    HEAD = "head"
    BODY = "body"


@dataclass(frozen=True)
class Scene:
    """What a fault has to work with."""

    api: Api
    request: Request
    genuine: Callable[[], Reply]
    clock: Clock
    recorder_url: str


class _Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="is"):
    """Something that goes wrong on some routes of a server."""

    server: ServerName
    route: str = "*"
    """A path or a pattern of paths, such as `/api/*`."""
    method: str = "*"
    after: Annotated[int, Meta(ge=0)] = 0
    """How many requests pass unharmed before."""
    times: Annotated[int, Meta(ge=1)] | None = None
    """How many requests it meets; None for all."""

    def meets(self, server: str, request: Request) -> bool:
        """Whether it is about this request."""
        return (
            self.server == server and fnmatchcase(request.path, self.route) and fnmatchcase(request.method, self.method)
        )


class Refuse(_Fault, frozen=True, kw_only=True, tag="refuse"):
    """Nothing listens on the server's port; route, method and counts do not matter."""


class HangUp(_Fault, frozen=True, kw_only=True, tag="hang_up"):
    """The connection ends without a reply, or in the middle of one."""

    at: Spot = Spot.HEAD

    def spoil(self, scene: Scene, /) -> Reply:
        if self.at is Spot.HEAD:
            raise BrokenOff
        reply = scene.genuine()
        return changed(reply, body=_half(reply, _hang_up))


class Stall(_Fault, frozen=True, kw_only=True, tag="stall"):
    """The server falls silent, before its reply or in the middle of it, until the stack closes."""

    at: Spot = Spot.HEAD

    def spoil(self, scene: Scene, /) -> Reply:
        if self.at is Spot.HEAD:
            scene.clock.wait()
        reply = scene.genuine()
        return changed(reply, body=_half(reply, scene.clock.wait))


class Delay(_Fault, frozen=True, kw_only=True, tag="delay"):
    """The genuine reply, late."""

    seconds: Annotated[float, Meta(ge=0, le=60)]
    """Real seconds before it."""

    def spoil(self, scene: Scene, /) -> Reply:
        scene.clock.wait(self.seconds)
        return scene.genuine()


class Status(_Fault, frozen=True, kw_only=True, tag="status"):
    """A fixed reply."""

    status: Annotated[int, Meta(ge=200, le=599)]
    body: str = ""
    content_type: str = JSON

    def spoil(self, _: Scene, /) -> Reply:
        return Reply(status=self.status, content_type=self.content_type, body=self.body.encode())


class Page(_Fault, frozen=True, kw_only=True, tag="page"):
    """A page for people, as a proxy or a login wall would put in the way."""

    def spoil(self, _: Scene, /) -> Reply:
        return Reply(content_type="text/html", body=b"<!doctype html><title>Sign in</title><p>Sign in to continue.</p>")


class Garbage(_Fault, frozen=True, kw_only=True, tag="garbage"):
    """Bytes that mean nothing, in place of the body or of the whole reply."""

    at: Spot = Spot.BODY

    def spoil(self, _: Scene, /) -> Reply:
        return Reply(body=bytes(range(128, 256)) * 4 + b"\r\n\r\n", bare=self.at is Spot.HEAD)


class Malformed(_Fault, frozen=True, kw_only=True, tag="malformed"):
    """JSON that ends too early, in a complete HTTP reply."""

    def spoil(self, scene: Scene, /) -> Reply:
        reply = scene.genuine()
        whole = b"".join(reply.pieces)
        return changed(reply, body=whole[: len(whole) // 2])


class DuplicateKeys(_Fault, frozen=True, kw_only=True, tag="duplicate_keys"):
    """A JSON object in which every key is there twice."""

    def spoil(self, scene: Scene, /) -> Reply:
        reply = scene.genuine()
        whole = b"".join(reply.pieces).strip()
        return changed(reply, body=whole[:-1] + b"," + whole[1:])


class Redirect(_Fault, frozen=True, kw_only=True, tag="redirect"):
    """Another address, where the stack records who follows."""

    status: Annotated[int, Meta(ge=300, le=308)] = 302

    def spoil(self, scene: Scene, /) -> Reply:
        return Reply(status=self.status, headers=(("Location", scene.recorder_url + quote(scene.request.path)),))


class Endless(_Fault, frozen=True, kw_only=True, tag="endless"):
    """A body that goes on and on."""

    most: Annotated[int, Meta(ge=1, le=2**40)] = 2**30
    """Bytes after which it ends all the same."""

    def spoil(self, scene: Scene, /) -> Reply:
        return Reply(body=self._blocks(scene.clock))

    def _blocks(self, clock: Clock) -> Iterator[bytes]:
        yield b"["
        for _ in range(max(1, self.most // BLOCK)):
            clock.wait(0)
            yield b"0," * (BLOCK // 2)


class Drip(_Fault, frozen=True, kw_only=True, tag="drip"):
    """The genuine reply, one byte at a time."""

    every: Annotated[float, Meta(ge=0, le=60)] = 0.05
    """Real seconds before each byte."""

    def spoil(self, scene: Scene, /) -> Reply:
        reply = scene.genuine()
        return changed(reply, body=self._drops(reply, scene.clock))

    def _drops(self, reply: Reply, clock: Clock) -> Iterator[bytes]:
        for piece in reply.pieces:
            for byte in piece:
                clock.wait(self.every)
                yield bytes((byte,))


class BrokenStream(_Fault, frozen=True, kw_only=True, tag="broken_stream"):
    """A stream that begins well and turns into the server's error, under status 200."""

    pieces: Annotated[int, Meta(ge=0)] = 3

    def spoil(self, scene: Scene, /) -> Reply:
        reply = scene.genuine()
        return changed(reply, body=self._begun(reply, scene.api.broken_stream()))

    def _begun(self, reply: Reply, error: bytes) -> Iterator[bytes]:
        for _, piece in zip(range(self.pieces), reply.pieces, strict=False):
            yield piece
        yield error


class Decline(_Fault, frozen=True, kw_only=True, tag="decline"):
    """The server says no, in its own words."""

    reason: Reason

    def spoil(self, scene: Scene, /) -> Reply:
        return scene.api.refusals[self.reason]


Spoiling = (
    HangUp
    | Stall
    | Delay
    | Status
    | Page
    | Garbage
    | Malformed
    | DuplicateKeys
    | Redirect
    | Endless
    | Drip
    | BrokenStream
    | Decline
)
"""A fault that `spoil`s replies: it gives what is sent instead, or raises BrokenOff, or Closed as the stack closes."""
Fault = Refuse | Spoiling


class FaultPlan:
    """Which fault a request meets, counting as requests come; safe for threads."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._lock = Lock()
        self._met: list[tuple[Spoiling, int]] = [(fault, 0) for fault in faults if not isinstance(fault, Refuse)]

    def next(self, server: str, request: Request) -> Spoiling | None:
        """The first fault that is about this request and due; every fault about it counts it until one is due."""
        with self._lock:
            for place, (fault, met) in enumerate(self._met):
                if not fault.meets(server, request):
                    continue
                if fault.times is not None and met >= fault.after + fault.times:
                    continue
                self._met[place] = (fault, met + 1)
                if met >= fault.after:
                    return fault
            return None


def _half(reply: Reply, then: Callable[[], None]) -> Iterator[bytes]:
    piece = next(reply.pieces, b"")
    yield piece[: len(piece) // 2]
    then()


def _hang_up() -> None:
    raise BrokenOff
