"""The one door for JSON from outside: bounded, strict about duplicate keys, and typed on demand."""

import json
from typing import Any, NoReturn, TypeVar

import msgspec

T = TypeVar("T")

class NotJson(ValueError):
    """The bytes are no JSON that can be trusted; the message says why and where, without quoting the text."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(f"{reason} (line {line})" if line else reason)
        self.reason = reason
        self.line = line


def decode_json(data: bytes, *, limit: int) -> Any:  # noqa: ANN401 - JSON is any of its types
    """Decode UTF-8 JSON of at most `limit` bytes.

    Raises:
        NotJson: it is longer, not UTF-8, not JSON, nested too deeply, repeats a key, or holds NaN or Infinity.

    """
    if len(data) > limit:
        reason = f"more than {limit} bytes"
        raise NotJson(reason)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = "not UTF-8"
        raise NotJson(reason, data.count(b"\n", 0, error.start) + 1) from None
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_int=_bounded_int)
    except json.JSONDecodeError as error:
        raise NotJson(error.msg, error.lineno) from None
    except RecursionError:
        reason = "nested too deeply"
        raise NotJson(reason) from None


def convert(value: object, kind: type[T]) -> T:
    """Give decoded JSON a type.

    Raises:
        NotJson: it does not fit; the message names the field.

    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise NotJson(str(error)) from None


def encode(value: object) -> bytes:
    """Encode with sorted keys and two spaces of indent, so that equal values give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2) + b"\n"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        reason = "the same key twice in one object"
        raise NotJson(reason)
    return table


def _refuse_constant(name: str) -> NoReturn:
    reason = f"{name} is not a JSON number"
    raise NotJson(reason)


def _bounded_int(digits: str) -> int:
    if len(digits) > 40:  # noqa: PLR2004 - far beyond 64 bits; keeps the conversion from growing quadratic
        reason = "a number of absurd length"
        raise NotJson(reason)
    return int(digits)
