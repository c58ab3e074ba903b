"""One request as the guard understands it: its route, what it asks for, and what would be sent on."""

from functools import lru_cache

import msgspec

from modelcheck.core.ruling import Intent
from modelcheck.guard import body, form, wishes
from modelcheck.guard.admission import Admitted
from modelcheck.guard.body import Document
from modelcheck.guard.routes import Body

_NONE, _FORM = Body.NONE, Body.FORM
_LINE = b"%b %b HTTP/1.1\r\nHost: %b\r\nUser-Agent: modelcheck-guard\r\nAccept-Encoding: identity\r\n"


class Request(msgspec.Struct, frozen=True):
    """A request that is understood; nothing of the caller's bytes is left in it but decoded values."""

    admitted: Admitted
    intent: Intent
    document: Document | None = None
    """The JSON body; None where there is none."""
    parts: tuple[form.Part, ...] = ()
    """The parts of a form."""

    @property
    def needs_inventory(self) -> bool:
        """Whether it can only be ruled on by what the upstream holds."""
        return bool(self.intent.names or self.admitted.route.lists)

    @property
    def is_stream(self) -> bool:
        """Whether the answer to a pull is wanted line by line, as it is unless told otherwise."""
        return self.document is None or self.document.fields.get("stream") is not False


def understand(admitted: Admitted, data: bytes | bytearray) -> Request:
    """Read what a complete request asks for.

    Raises:
        Refused: its body is not what the route takes.

    """
    route, path, query = admitted.route, admitted.path, admitted.query
    if not route.passes:
        return Request(admitted, Intent(route.action, target=path))
    if route.body is _NONE:
        return Request(admitted, wishes.intent_of_path(route, path, query))
    if route.body is _FORM:
        parts = form.read(admitted.head.headers.get(b"content-type", b""), bytes(data))
        return Request(admitted, form.intent_of(parts, query), parts=parts)
    is_plain = not (route.names or route.targets)
    document = body.EMPTY if is_plain and not data else body.read(data)
    intent = wishes.intent_of(route, document, query)
    return Request(admitted, msgspec.structs.replace(intent, target=path) if is_plain else intent, document)


def written(request: Request, name: str, authority: bytes) -> bytes:
    """Return the request that is sent on: our own head, one spelling of the body, the inventory's name.

    Raises:
        Refused: the body cannot be written.

    """
    route = request.admitted.route
    plain = _first(route.method, wishes.path_of(route, name), authority)
    if request.parts:
        kind, data = form.write(request.parts, name)
    elif request.document is not None:
        kind, data = b"application/json", wishes.body_of(route, request.document, name)
    else:
        return plain + b"\r\n"
    return b"%bContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (plain, kind, len(data), data)


@lru_cache(256)
def _first(method: str, path: str, authority: bytes) -> bytes:
    return _LINE % (method.encode("ascii"), path.encode("ascii"), authority)
