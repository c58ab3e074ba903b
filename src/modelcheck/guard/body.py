"""The body of a request: read once, strictly, as the one JSON document that Ollama must read in the same way."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, cast

import msgspec

from modelcheck.core.codec import children
from modelcheck.guard.fault import Fault, Refused

MOST_DEPTH = 100
"""Objects and arrays inside each other."""

FREE = frozenset(
    {
        "$defs",
        "arguments",
        "definitions",
        "format",
        "input_schema",
        "json_schema",
        "logit_bias",
        "metadata",
        "options",
        "parameters",
        "properties",
        "schema",
    }
)
"""Fields whose values Ollama keeps as they are, in maps or as raw JSON: schemas of tools, arguments, options."""

_FOLDS = str.maketrans({"\u017f": "s", "\u212a": "k"})


class Document(msgspec.Struct, frozen=True):
    """A decoded body."""

    fields: dict[str, Any]
    """Numbers are `msgspec.Raw` where they must be written again as they came."""
    odd: bool
    """Whether some object has keys that are worth a closer look."""
    canonical: bytes = b""
    """The body as we would write it, where that is at hand."""


EMPTY = Document({}, odd=False)
"""No body."""


_CLOSER = frozenset(
    {"audio_url", "file", "file_data", "file_url", "image", "image_url", "images", "input_audio", "source", "tools"}
    | {"url", "video_url", "web_search_options"}
)


class _Message(msgspec.Struct, forbid_unknown_fields=True):
    role: str = ""
    content: str = ""


class _Options(msgspec.Struct, forbid_unknown_fields=True):
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    seed: float | None = None
    num_ctx: float | None = None
    num_predict: float | None = None
    stop: list[str] | str | None = None


class _Plain(msgspec.Struct, forbid_unknown_fields=True):
    """The fields of most requests."""

    model: str = ""
    messages: tuple[_Message, ...] = ()
    prompt: str = ""
    system: str = ""
    input: str | tuple[str, ...] = ""
    stream: bool | None = None
    options: _Options | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: float | None = None
    seed: float | None = None
    stop: list[str] | str | None = None
    keep_alive: str | float | None = None


_PLAIN_DECODER = msgspec.json.Decoder(_Plain)


class _Reader:
    """Notices, while objects are read, whether any of them is worth a closer look."""

    def __init__(self) -> None:
        self.odd = False

    def table(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) != len(pairs):
            raise Refused(Fault.BODY, "the same key stands twice in one object of the body")
        self.odd = self.odd or _has_odd_keys(table)
        return table


def read(data: bytes | bytearray) -> Document:
    """Decode a body.

    Raises:
        Refused: it is not one JSON object in UTF-8, repeats a key, holds half of a character or what is no number, or
            is nested too deeply.

    """
    return _read_canonical(data) or _read_strictly(data)


def _read_canonical(data: bytes | bytearray) -> Document | None:
    """Decode a body that is written as we would write it, which most are; None for every other.

    Equal bytes prove all that is asked for: a key that stands twice, a number in another form, an escape that need not
    be, bad UTF-8 or something after the end would each have been written differently.
    """
    try:
        value = msgspec.json.decode(data)
        canonical = msgspec.json.encode(value)
        if canonical != data and msgspec.json.format(canonical, indent=0) != data:
            return None
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or canonical.count(b"[") + canonical.count(b"{") > MOST_DEPTH:
        return None
    fields = cast("dict[str, Any]", value)
    return Document(fields, not _is_plain(canonical) and _is_odd(fields), canonical)


def _is_plain(data: bytes) -> bool:
    """Whether a body holds the most common fields alone, none of which is worth a closer look."""
    try:
        _PLAIN_DECODER.decode(data)
    except (ValueError, RecursionError):
        return False
    return True


def _is_odd(fields: dict[str, Any]) -> bool:
    """Whether some object has keys that are worth a closer look."""
    left: list[object] = [fields]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            if _has_odd_keys(cast("dict[str, Any]", one)):
                return True
            left += cast("dict[str, object]", one).values()
        elif isinstance(one, list):
            left += cast("list[object]", one)
    return False


def _has_odd_keys(table: dict[str, Any]) -> bool:
    keys = "".join(table)
    return not keys.isascii() or keys != keys.lower() or not _CLOSER.isdisjoint(table)


def _read_strictly(data: bytes | bytearray) -> Document:
    reader = _Reader()
    try:
        text = data.decode("utf-8")
        value: object = json.loads(
            text,
            object_pairs_hook=reader.table,
            parse_int=msgspec.Raw,
            parse_float=msgspec.Raw,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError):
        raise Refused(Fault.BODY, "the body is not one JSON document in UTF-8") from None
    if not isinstance(value, dict):
        raise Refused(Fault.BODY, "the body is no JSON object")
    if text.count("[") + text.count("{") > MOST_DEPTH and _is_deep(cast("object", value)):
        raise Refused(Fault.BODY, "the body is nested too deeply")
    return Document(cast("dict[str, Any]", value), reader.odd)


def write(fields: Mapping[str, object]) -> bytes:
    """Encode a body anew: one spelling of everything, whatever the caller's was.

    Raises:
        Refused: it holds half of a character.

    """
    try:
        return msgspec.json.encode(fields)
    except (UnicodeEncodeError, RecursionError):
        raise Refused(Fault.BODY, "the body holds half of a character") from None


def folded(key: str) -> str:
    """Return a key as Go's decoder compares it: without regard to case, the long s and the Kelvin sign included."""
    return key.translate(_FOLDS).lower() if not key.isascii() else key.lower()


def structs(value: object, free: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Yield every object that Ollama decodes by its field names, outermost first."""
    left: list[object] = [value]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left.extend(cast("list[object]", one))
        elif isinstance(one, dict):
            table = cast("dict[str, Any]", one)
            yield table
            left.extend(child for key, child in table.items() if folded(key) not in free)


def refuse_look_alikes(value: object, free: frozenset[str], known: frozenset[str]) -> None:
    """Refuse keys that Go takes for each other, or for a field that is spelled in another way.

    Raises:
        Refused: two keys of one object fold together, or one folds to a known field without being it.

    """
    for table in structs(value, free):
        folds = [folded(key) for key in table]
        if len(set(folds)) != len(folds):
            raise Refused(Fault.BODY, "two keys of one object differ in nothing that Ollama distinguishes")
        if any(fold != key and fold in known for fold, key in zip(folds, table, strict=True)):
            raise Refused(Fault.BODY, "a field of the body is not spelled as Ollama documents it")


def _refuse_constant(name: str) -> NoReturn:
    raise Refused(Fault.BODY, f"{name} is no JSON number")


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [child for one in level for child in children(one) if isinstance(child, (dict, list))]
        if not level:
            return False
    return True
