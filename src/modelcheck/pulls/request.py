"""What an HTTP request would pull through a server, by its method, its decoded path and its body."""

import json
import posixpath
import re
from typing import Any, NamedTuple, cast
from urllib.parse import unquote

MOST_BODY = 1 << 20
"""Bytes of a body that are read for the name in it."""
ROUTES = {
    "/api/pull": ("model", "name"),
    "/api/create": ("from", "modelfile"),
    "/api/push": ("model", "name"),
}
"""Route of Ollama → the keys that name what it would fetch or send; a body with none of them does neither."""

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_FROM = re.compile(r"^\s*FROM\s+(\S+)", re.IGNORECASE | re.MULTILINE)


class Wish(NamedTuple):
    """What a request asks an Ollama server to do that moves weights."""

    verb: str
    """`pull`, `create` or `push`."""
    model: str
    """The model as the request names it; empty where its body was not seen."""


def route(method: str, target: str) -> str | None:
    """Return the route of Ollama by which a request would pull, create or push; None for any other request.

    Args:
        method: as on the request line; Ollama takes `POST` alone.
        target: a path, or a whole address as proxies get it.

    """
    if method != "POST":
        return None
    path = decoded_path(target)
    # Behind a reverse proxy the routes often lie deeper, as in `/ollama/api/pull`.
    return next((one for one in ROUTES if path.endswith(one)), None)


def wish(route: str, body: bytes | str | None) -> Wish | None:
    """Return what a request to one of these routes wants; None where its body says that it wants nothing of the kind.

    Args:
        route: one of `ROUTES`.
        body: None where it is not seen, which counts as one that names some model.

    """
    model = _model(body, ROUTES[route])
    return None if model is None else Wish(route.rpartition("/")[2], model)


def decoded_path(target: str) -> str:
    """Return the path of a target as Ollama's router sees it: percent-decoded once, cleaned, without a last slash."""
    found = _ABSOLUTE.match(target)
    rest = target[found.end() :] if found else target
    path = unquote(re.split(r"[?#]", rest, maxsplit=1)[0])
    return posixpath.normpath(f"/{path.lstrip('/')}")


def _model(body: bytes | str | None, keys: tuple[str, ...]) -> str | None:
    """Return the name in a body, "" where the body is not understood, None where it is and names nothing."""
    if not body or len(body) > MOST_BODY:
        return ""
    try:
        content: Any = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(content, dict):
        return ""
    # Go decodes keys whatever their case, and the last one wins.
    folded = {key.lower(): value for key, value in cast("dict[str, object]", content).items()}
    named = [folded[key] for key in keys if folded.get(key)]
    if not named:
        return None
    text = named[0] if isinstance(named[0], str) else ""
    written = _FROM.search(text)
    return written.group(1) if written else text
