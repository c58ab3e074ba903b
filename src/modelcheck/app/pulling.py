"""The one request of modelcheck that downloads: POST /api/pull, read line by line; `modelcheck pull` alone sends it."""

import time
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

import msgspec

from modelcheck.core.codec import NotJson, decode_json
from modelcheck.core.sentence import Told
from modelcheck.core.text import printable

if TYPE_CHECKING:
    import httpx

PULL = "/api/pull"
CONNECT_S = 5.0
SILENCE_S = 600.0
"""For which a server may say nothing: it hashes what it has downloaded, which takes minutes for a large model."""
LONGEST_S = 48 * 3600.0
MOST_LINE = 64 << 10
"""Bytes of one line of an answer, and of an answer that is no stream."""
MOST_TEXT = 200
"""Characters of what a server says of a failure."""
SUCCESS = "success"
NO_STREAM = Told("it does not answer as Ollama does")

_HEADERS = {"accept": "application/x-ndjson", "accept-encoding": "identity", "user-agent": "modelcheck"}


class Step(msgspec.Struct, frozen=True):
    """What a server says while it downloads."""

    status: str
    """In its own words, printable."""
    done: int = 0
    total: int = 0
    """Bytes of the layer that it works on; 0 where it does not say."""


class PullFailed(Exception):
    """The server did not pull."""

    def __init__(self, reason: object, *, refused: bool = False) -> None:
        super().__init__(str(reason))
        self.reason: Told | str = reason if isinstance(reason, Told) else printable(reason, MOST_TEXT)
        """Why: ours to say, or in the server's words."""
        self.refused = refused
        """Whether it would not: what answers there is a guard, or forbids pulls."""


def pulled(urls: Iterable[str], name: str, watch: Callable[[Step], None]) -> None:
    """Have the server at the first address that answers pull a model, and tell each step; leaving it cancels.

    Raises:
        PullFailed: it did not end with success.

    """
    import httpx

    deadline = time.monotonic() + LONGEST_S
    timeout = httpx.Timeout(SILENCE_S, connect=CONNECT_S)
    with httpx.Client(trust_env=False, follow_redirects=False, timeout=timeout, headers=_HEADERS) as client:
        for url in urls:
            try:
                with client.stream("POST", url + PULL, json={"model": name, "stream": True}) as response:
                    _follow(response, watch, deadline)
                    return
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
            except httpx.TimeoutException:
                raise PullFailed(Told("it said nothing for {seconds} s", seconds=int(SILENCE_S))) from None
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
                raise PullFailed(Told("the connection broke off")) from None
    raise PullFailed(Told("it takes no connection"))


def _follow(response: "httpx.Response", watch: Callable[[Step], None], deadline: float) -> None:
    """Read an answer to its end, which has to be success."""
    if response.status_code != HTTPStatus.OK:
        refused = response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        raise PullFailed(_said(response), refused=refused)
    last = ""
    for line in lines(response.iter_raw()):
        step = step_of(line)
        if time.monotonic() > deadline:
            raise PullFailed(Told("it did not come to an end"))
        last = step.status
        watch(step)
    if last != SUCCESS:
        raise PullFailed(Told("its answer ended before it was done"))


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut an answer into its lines, none of them longer than is told. Raises PullFailed."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if max(map(len, (*whole, rest))) > MOST_LINE:
            raise PullFailed(NO_STREAM)
        yield from filter(None, map(bytes.strip, whole))
    if rest.strip():
        yield rest.strip()


def step_of(line: bytes) -> Step:
    """Read one line. Raises PullFailed for an error, and for what is no line of such an answer."""
    try:
        content = decode_json(line, limit=MOST_LINE)
    except NotJson:
        raise PullFailed(NO_STREAM) from None
    if not isinstance(content, dict):
        raise PullFailed(NO_STREAM)
    table = cast("dict[str, object]", content)
    if "error" in table:
        raise PullFailed(table["error"])
    status = table.get("status")
    if not isinstance(status, str):
        raise PullFailed(NO_STREAM)
    return Step(printable(status, MOST_TEXT), _count(table.get("completed")), _count(table.get("total")))


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62 else 0


def _said(response: "httpx.Response") -> object:
    """Return what an answer that is no success says, else its status."""
    body = b""
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MOST_LINE:
            break
    try:
        content = decode_json(body, limit=MOST_LINE)
    except NotJson:
        content = None
    error = cast("dict[str, object]", content).get("error") if isinstance(content, dict) else None
    return error if isinstance(error, str) and error else f"HTTP {response.status_code}"
