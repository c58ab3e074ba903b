"""The routes: which methods and paths may pass, what each asks for, and where its body names models."""

from enum import StrEnum
from urllib.parse import unquote_to_bytes

import msgspec

from modelcheck.core.handshake import PATH as HANDSHAKE
from modelcheck.core.ruling import Action
from modelcheck.guard.fault import Fault, Refused


class Dialect(StrEnum):
    """Whose shape errors and tools have on a route."""

    OLLAMA = "ollama"
    OPENAI = "openai"
    ANTHROPIC = "anthropic"


class Body(StrEnum):
    """What a route takes."""

    NONE = "none"
    JSON = "json"
    FORM = "form"


class Route(msgspec.Struct, frozen=True):
    """One way in."""

    method: str
    path: str
    action: Action
    dialect: Dialect = Dialect.OLLAMA
    body: Body = Body.JSON
    names: tuple[str, ...] = ("model",)
    """The fields that name a model which is there."""
    targets: tuple[str, ...] = ()
    """The fields that name what is made, changed or removed."""
    lists: str = ""
    """The field of its answer that lists models, from which stubs are taken out."""
    passes: bool = True
    """False for what no exception opens."""


def _look(path: str, dialect: Dialect = Dialect.OLLAMA, lists: str = "") -> Route:
    return Route("GET", path, Action.LOOK, dialect, Body.NONE, names=(), lists=lists)


def _closed(method: str, path: str, action: Action, *, passes: bool = True) -> Route:
    return Route(method, path, action, body=Body.JSON, names=(), passes=passes)


_MODEL = ("model", "name")

ROUTES = (
    _look("/"),
    _look("/api/version"),
    _look("/api/status"),
    _look("/api/tags", lists="models"),
    _look("/api/ps"),
    _look("/v1/models", Dialect.OPENAI, lists="data"),
    Route("POST", "/api/generate", Action.INFER),
    Route("POST", "/api/chat", Action.INFER),
    Route("POST", "/api/embed", Action.INFER),
    Route("POST", "/api/embeddings", Action.INFER),
    Route("POST", "/api/show", Action.DESCRIBE, names=_MODEL),
    Route("POST", "/v1/chat/completions", Action.INFER, Dialect.OPENAI),
    Route("POST", "/v1/completions", Action.INFER, Dialect.OPENAI),
    Route("POST", "/v1/embeddings", Action.INFER, Dialect.OPENAI),
    Route("POST", "/v1/responses", Action.INFER, Dialect.OPENAI),
    Route("POST", "/v1/messages", Action.INFER, Dialect.ANTHROPIC),
    Route("POST", "/v1/audio/transcriptions", Action.INFER, Dialect.OPENAI, Body.FORM),
    Route("POST", "/api/pull", Action.PULL, names=_MODEL),
    Route("POST", "/api/create", Action.CREATE, names=("from",), targets=_MODEL),
    Route("POST", "/api/copy", Action.COPY, names=("source",), targets=("destination",)),
    Route("POST", "/api/push", Action.PUSH, names=_MODEL, targets=_MODEL),
    Route("DELETE", "/api/delete", Action.DELETE, names=(), targets=_MODEL),
    _closed("POST", "/api/me", Action.ACCOUNT),
    _closed("POST", "/api/signout", Action.ACCOUNT),
    _closed("POST", "/api/experimental/web_search", Action.WEB),
    _closed("POST", "/api/experimental/web_fetch", Action.WEB),
    _closed("GET", "/api/experimental/model-recommendations", Action.WEB, passes=False),
)
"""Every route of Ollama's that is known, but for those that carry a name in their path."""

MODEL = Route("GET", "/v1/models/", Action.DESCRIBE, Dialect.OPENAI, Body.NONE, names=())
"""`GET /v1/models/NAME`: the name is one segment of the path."""
PROOF = Route("GET", HANDSHAKE, Action.LOOK, body=Body.NONE, names=())

_PREFIXES = (
    _closed("POST", "/api/blobs/", Action.UPLOAD, passes=False),
    _closed("GET", "/api/blobs/", Action.UPLOAD, passes=False),
    _closed("DELETE", "/api/user/keys/", Action.ACCOUNT, passes=False),
)
_BY_PATH = {(one.method, one.path): one for one in (*ROUTES, PROOF)}
_BY_TARGET = {(one.method.encode(), one.path.encode()): (one, one.path, "") for one in ROUTES}
"""The targets as nearly every client writes them, which are found without decoding anything."""
_HEX = frozenset(b"0123456789abcdefABCDEF")


def route_of(method: bytes, target: bytes) -> tuple[Route, str, str]:
    """Return the route of a request, its path as decoded, and its query as written.

    HEAD is looked up as GET. A path is decoded once, as Ollama's router does, and must then be one of the list to the
    letter: whatever a router would clean, redirect or fold is on no list.

    Raises:
        Refused: there is no such route here.

    """
    verb = b"GET" if method == b"HEAD" else method
    if (known := _BY_TARGET.get((verb, target))) is not None:
        return known
    raw, _, query = target.partition(b"?")
    path = _decoded(raw)
    route = _BY_PATH.get((verb.decode("ascii"), path))
    if route is None and verb == b"GET" and path.startswith(MODEL.path) and "/" not in path[len(MODEL.path) :]:
        route = MODEL
    if route is None:
        route = next(
            (one for one in _PREFIXES if one.method == verb.decode("ascii") and path.startswith(one.path)), None
        )
    if route is None:
        raise Refused(Fault.ROUTE, "this method and path are not among those that the guard lets pass")
    return route, path, query.decode("ascii")


def _decoded(raw: bytes) -> str:
    """Decode a path once.

    Raises:
        Refused: it is none that begins at the root, or its percent signs spell nothing.

    """
    escapes = raw.split(b"%")[1:]
    if not raw.startswith(b"/") or b"#" in raw or not all(len(one) > 1 and _HEX.issuperset(one[:2]) for one in escapes):
        raise Refused(Fault.MALFORMED, "the target is no plain path")
    try:
        path = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(Fault.MALFORMED, "the path is not UTF-8") from None
    if not path.isprintable():
        raise Refused(Fault.MALFORMED, "the path holds what no path holds")
    return path
