"""One request as the guard understands it: its route, what it asks for, and what would be sent on."""

from typing import Any

import msgspec

from modelcheck.core.ruling import Intent
from modelcheck.guard import body, form, wishes
from modelcheck.guard.head import Head
from modelcheck.guard.routes import Body, Route

_PLAIN = b"Host: %b\r\nUser-Agent: modelcheck-guard\r\nAccept-Encoding: identity\r\n"


class Request(msgspec.Struct, frozen=True):
    """A request that is understood; nothing of the caller's bytes is left in it but decoded values."""

    route: Route
    path: str
    """As decoded."""
    intent: Intent
    fields: dict[str, Any] | None = None
    """The JSON body; None where there is none."""
    parts: tuple[form.Part, ...] = ()
    """The parts of a form."""

    @property
    def needs_inventory(self) -> bool:
        """Whether it can only be ruled on by what the upstream holds."""
        return bool(self.intent.names or self.route.lists)

    @property
    def is_stream(self) -> bool:
        """Whether the answer to a pull is wanted line by line, as it is unless told otherwise."""
        return self.fields is None or self.fields.get("stream") is not False


def understand(head: Head, route: Route, path: str, query: str, data: bytearray) -> Request:
    """Read what a complete request asks for.

    Raises:
        Refused: its body is not what the route takes.

    """
    if not route.passes:
        return Request(route, path, Intent(route.action, target=path))
    if route.body is Body.NONE:
        return Request(route, path, wishes.intent_of_path(route, path, query))
    if route.body is Body.FORM:
        parts = form.read(head.headers.get(b"content-type", b""), bytes(data))
        return Request(route, path, form.intent_of(parts, query), parts=parts)
    if not data and not (route.names or route.targets):
        return Request(route, path, Intent(route.action, target=path), fields={})
    document = body.read(data)
    intent = wishes.intent_of(route, document, query)
    if not (route.names or route.targets):
        intent = msgspec.structs.replace(intent, target=path)
    return Request(route, path, intent, document.fields)


def written(request: Request, name: str, authority: bytes) -> bytes:
    """Return the request that is sent on: our own head, one spelling of the body, the inventory's name.

    Raises:
        Refused: the body cannot be written.

    """
    route = request.route
    line = b"%b %b HTTP/1.1\r\n" % (route.method.encode("ascii"), wishes.path_of(route, name).encode("ascii"))
    plain = line + _PLAIN % authority
    if request.parts:
        kind, data = form.write(request.parts, name)
    elif request.fields is not None:
        kind, data = b"application/json", body.write(wishes.with_name(route, request.fields, name))
    else:
        return plain + b"\r\n"
    return b"%bContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (plain, kind, len(data), data)
