"""Forms: a transcription's parts, read by a strict parser and written anew with our own boundary."""

import re
import secrets
from collections.abc import Mapping

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from modelcheck.core.name import MAX_TEXT
from modelcheck.core.ruling import Action, Intent
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.wishes import names_in_query

MOST_PARTS = 50
LONGEST_FIELD = 64 << 10
"""Bytes of a part that is no file."""

_TYPE = re.compile(r'multipart/form-data; ?boundary=(?:"([0-9A-Za-z\'()+_,./:=? -]{1,70})"|([0-9A-Za-z\'+_./-]{1,70}))')
_FIELD = re.compile(r"[A-Za-z0-9_.\[\]-]{1,60}")
_KIND = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,60}")
_UNSAFE = re.compile(r"[^A-Za-z0-9_. -]")


class Part(msgspec.Struct, frozen=True):
    """One part of a form."""

    name: str
    data: bytes
    filename: str | None
    kind: str = "application/octet-stream"
    """The media type of a file."""


def read(content_type: bytes, data: bytes) -> tuple[Part, ...]:
    """Read a form.

    Raises:
        Refused: it is none, two of its parts share a name that Ollama reads once, or a part is too long.

    """
    matched = _TYPE.fullmatch(content_type.decode("ascii").strip())
    if matched is None:
        raise Refused(Fault.BODY, "the body is no form as multipart/form-data writes it")
    try:
        parts = tuple(_parts(matched[1] or matched[2], data))
    except MultipartError:
        raise Refused(Fault.BODY, "the form cannot be read strictly") from None
    names = [part.name.lower() for part in parts]
    if len({name for name in names if not name.endswith("[]")}) != sum(not name.endswith("[]") for name in names):
        raise Refused(Fault.BODY, "two parts of the form have one name")
    return parts


def intent_of(parts: tuple[Part, ...], query: str) -> Intent:
    """Return what a transcription asks for.

    Raises:
        Refused: its model is no name.

    """
    found: list[str] = list(names_in_query(query))
    for part in parts:
        if part.name.lower() != "model" or not part.data:
            continue
        if part.name != "model" or part.filename is not None or len(part.data) > MAX_TEXT:
            raise Refused(Fault.BODY, "the form's model is no name of a model")
        try:
            found.append(part.data.decode("utf-8"))
        except UnicodeDecodeError:
            raise Refused(Fault.BODY, "the form's model is not UTF-8") from None
    return Intent(Action.INFER, tuple(found))


def write(parts: tuple[Part, ...], name: str) -> tuple[bytes, bytes]:
    """Return the content type and the bytes of a form with the inventory's own spelling for its model."""
    boundary = f"modelcheck-{secrets.token_hex(16)}"
    written: list[bytes] = []
    for part in parts:
        data = name.encode() if part.name == "model" else part.data
        headers = "".join(f"{key}: {value}\r\n" for key, value in _headers(part).items())
        written += [f"--{boundary}\r\n{headers}\r\n".encode("ascii"), data, b"\r\n"]
    written.append(f"--{boundary}--\r\n".encode("ascii"))
    return f"multipart/form-data; boundary={boundary}".encode("ascii"), b"".join(written)


def _headers(part: Part) -> Mapping[str, str]:
    if part.filename is None:
        return {"Content-Disposition": f'form-data; name="{part.name}"'}
    shown = _UNSAFE.sub("_", part.filename)[:100] or "file"
    return {
        "Content-Disposition": f'form-data; name="{part.name}"; filename="{shown}"',
        "Content-Type": part.kind,
    }


def _parts(boundary: str, data: bytes) -> list[Part]:
    found: list[tuple[MultipartSegment, list[bytes]]] = []
    with PushMultipartParser(boundary, strict=True, max_segment_count=MOST_PARTS, max_header_size=4096) as parser:
        # The empty chunk says that no more will come.
        for event in (event for piece in (data, b"") for event in parser.parse(piece)):
            if isinstance(event, MultipartSegment):
                found.append((event, []))
            elif event is not None:
                found[-1][1].append(bytes(event))
    return [_part(segment, b"".join(chunks)) for segment, chunks in found]


def _part(segment: MultipartSegment, data: bytes) -> Part:
    name: str = segment.name or ""
    if _FIELD.fullmatch(name) is None:
        raise Refused(Fault.BODY, "a part of the form has a name that no field has")
    if segment.filename is None and len(data) > LONGEST_FIELD:
        raise Refused(Fault.TOO_LARGE, "a field of the form is too long")
    kind: str = segment.content_type or ""
    return Part(name, data, segment.filename, kind if _KIND.fullmatch(kind) else "application/octet-stream")
