"""The one door for JSON from outside: bounded, strict about duplicate keys, and typed on demand."""

import json
import re
from collections.abc import Callable
from math import isfinite
from typing import Any, NoReturn, TypeVar, cast

import msgspec

from modelcheck.core.jsonplaces import line_of_depth, line_of_second_key, line_of_word
from modelcheck.core.text import printable

T = TypeVar("T")

MOST_DEPTH = 100
"""Objects and arrays inside each other; deeper documents would exhaust the stack of whoever walks them."""
MOST_DIGITS = 40
"""Of a whole number: far beyond 64 bits, and few enough to convert at once."""

_DEEP = "nested too deeply"
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


class NotJson(ValueError):
    """The bytes are no JSON that can be trusted; the message says why and where, without quoting the text."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(f"{reason} (line {line})" if line else reason)
        self.reason = reason
        self.line = line


def decode_json(data: bytes, *, limit: int) -> Any:  # noqa: ANN401 - JSON is any of its types
    """Decode UTF-8 JSON of at most `limit` bytes.

    Raises:
        NotJson: it is longer, not UTF-8, not JSON, nested too deeply, repeats a key, holds half of a character, or a
            number that is none.

    """
    if len(data) > limit:
        raise NotJson(f"more than {limit} bytes")
    text = _text(data)
    value = _loaded(text)
    if _is_deep(value):
        raise NotJson(_DEEP, line_of_depth(text, MOST_DEPTH))
    if _HALF_CHARACTER.search(text):
        _refuse_half_characters(value)
    return value


def convert(value: object, kind: type[T]) -> T:
    """Give decoded JSON a type.

    Raises:
        NotJson: it does not fit; the message names the field.

    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise NotJson(printable(error)) from None


def encode(value: object) -> bytes:
    """Encode with sorted keys and two spaces of indent, so that equal values give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2) + b"\n"


def _text(data: bytes) -> str:
    kind = json.detect_encoding(data)[:6].upper()
    if kind in {"UTF-16", "UTF-32"}:  # as Windows tools save it, PowerShell's `>` among them
        raise NotJson(f"it is {kind}; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotJson("not UTF-8", data.count(b"\n", 0, error.start) + 1) from None
    if not text.strip():
        raise NotJson("it is empty", 1)
    return text


def _loaded(text: str) -> object:
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_int=_bounded_int,
            parse_float=_finite_float,
        )
    except json.JSONDecodeError as error:
        raise NotJson(error.msg, error.lineno) from None
    except RecursionError:
        raise NotJson(_DEEP, line_of_depth(text, MOST_DEPTH)) from None
    except _Refused as refused:
        raise NotJson(refused.reason, refused.line(text)) from None


class _Refused(ValueError):
    """JSON that its decoder takes and we do not, and how its line is found."""

    def __init__(self, reason: str, line: Callable[[str], int]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def _word(is_refused: Callable[[str], bool]) -> Callable[[str], int]:
    return lambda text: line_of_word(text, is_refused)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise _Refused("the same key twice in one object", line_of_second_key)
    return table


def _refuse_constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not a JSON number", _word(lambda word: word == name))


def _bounded_int(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise _Refused("a number of absurd length", _word(lambda word: word == digits))
    return int(digits)


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise _Refused("a number of absurd size", _word(lambda word: word == digits))
    return number


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MOST_DEPTH + 1):
        level = [child for one in level for child in children(one)]
        if not level:
            return False
    return True


def children(value: object) -> list[object]:
    """Return the values that decoded JSON holds; none of what is neither an object nor an array."""
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value).values())
    return cast("list[object]", value) if isinstance(value, list) else []


def _refuse_half_characters(value: object) -> None:
    """JSON can spell half of a surrogate pair, which no file and no terminal can hold."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise NotJson("half of a character") from None
