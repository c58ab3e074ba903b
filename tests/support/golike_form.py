"""Forms as Go reads them: the query comes before the parts, and quoted words follow Go's mime package."""

import quopri
import re
from collections.abc import Iterator
from itertools import count
from urllib.parse import unquote_to_bytes

from golike_wire import Request

_PARAMETER = re.compile(
    rb"\s*;\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(\"(?:[^\"\\\r\n]|\\.)*\"|[^\s;\"(),/:<=>?@\[\]\\]+)"
)


class NoForm(Exception):
    """Go answers 400."""


def form(request: Request) -> dict[str, list[bytes]]:
    """Return the values by name, those of the query first; a part with a file's name is no value.

    Raises:
        NoForm: it is no multipart form, or a broken one.

    """
    values: dict[str, list[bytes]] = {}
    for piece in request.query.split(b"&"):
        if b";" in piece:
            raise NoForm
        key, _, value = piece.partition(b"=")
        if key:
            values.setdefault(_plain(key), []).append(unquote_to_bytes(value.replace(b"+", b" ")))
    kind, parameters = media_type(request.first(b"content-type"))
    boundary = parameters.get("boundary", b"")
    if kind != "multipart/form-data" or not boundary:
        raise NoForm
    for headers, body in parts(request.body, boundary):
        disposition, given = media_type(headers.get(b"content-disposition", b""))
        name = given.get("name", b"").decode("utf-8", "replace")
        if disposition != "form-data" or not name:
            continue
        is_quoted = headers.get(b"content-transfer-encoding", b"").strip().lower() == b"quoted-printable"
        is_file = bool(given.get("filename"))
        field = values.setdefault(f"file {name}" if is_file else name, [])
        field.append(quopri.decodestring(body) if is_quoted else body)
    return values


def _plain(text: bytes) -> str:
    return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8", "replace")


def media_type(header: bytes) -> tuple[str, dict[str, bytes]]:
    """Return a media type in lower case and its parameters; none where one is broken or comes twice."""
    kind = header.partition(b";")[0].strip().lower().decode("latin-1")
    rest = header[len(header.partition(b";")[0]) :]
    found: dict[str, bytes] = {}
    pieces: dict[str, bytes] = {}
    for name, value in _pairs(rest):
        told = pieces if "*" in name else found
        if told.setdefault(name, value) != value:
            return "", {}
    return kind, {**found, **_joined(pieces)}


def _pairs(rest: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield parameters up to the first that is broken; Go then keeps a multipart's boundary, and little else."""
    place = 0
    while (match := _PARAMETER.match(rest, place)) is not None:
        place = match.end()
        value = match[2]
        if value.startswith(b'"'):
            value = re.sub(rb"\\([()<>@,;:\\\"/\[\]?=])", rb"\1", value[1:-1])
        yield match[1].decode("latin-1").lower(), value


def _joined(pieces: dict[str, bytes]) -> dict[str, bytes]:
    """Undo RFC 2231: `name*`, and `name*0`, `name*1` and so on in their order."""
    found: dict[str, bytes] = {}
    for name, value in pieces.items():
        key, _, place = name.partition("*")
        if place == "":
            found[key] = _charset_off(value)
        elif place in {"0", "0*"}:
            found[key] = (_charset_off(value) if place == "0*" else value) + b"".join(_following(pieces, key))
    return found


def _charset_off(value: bytes) -> bytes:
    return unquote_to_bytes(value.split(b"'", 2)[-1])


def _following(pieces: dict[str, bytes], key: str) -> Iterator[bytes]:
    for number in count(1):
        if f"{key}*{number}*" in pieces:
            yield unquote_to_bytes(pieces[f"{key}*{number}*"])
        elif f"{key}*{number}" in pieces:
            yield pieces[f"{key}*{number}"]
        else:
            return


def parts(body: bytes, boundary: bytes) -> list[tuple[dict[bytes, bytes], bytes]]:
    """Cut a body at its boundary; lines may end in LF alone where the first boundary does.

    Raises:
        NoForm: the last boundary is missing, or a part has no head.

    """
    mark = b"--" + boundary
    first = re.search(rb"(?:^|\n)" + re.escape(mark) + rb"[ \t]*(\r?\n)", body)
    if first is None:
        raise NoForm
    newline = first[1]
    rest = newline + body[first.end() :]
    found: list[tuple[dict[bytes, bytes], bytes]] = []
    edge = re.compile(re.escape(newline + mark) + rb"(--)?[ \t]*(?:" + newline + rb"|$)")
    while True:
        end = edge.search(rest)
        if end is None:
            if found and rest == newline:  # the last boundary lacks its dashes: Go takes the end for the end
                return found
            raise NoForm
        found.append(_part(rest[len(newline) : end.start()] if end.start() else b""))
        if end[1]:
            return found
        rest = newline + rest[end.end() :]


def _part(text: bytes) -> tuple[dict[bytes, bytes], bytes]:
    headers: dict[bytes, bytes] = {}
    while text:
        line, newline, text = text.partition(b"\n")
        if not newline:
            raise NoForm
        line = line.removesuffix(b"\r")
        if not line:
            break
        while text[:1] in {b" ", b"\t"}:
            more, _, text = text.partition(b"\n")
            line += b" " + more.strip()
        key, colon, value = line.partition(b":")
        if not colon:
            raise NoForm
        headers.setdefault(key.strip().lower(), value.strip())
    return headers, text
