"""JSON as Go's encoding/json decodes it: any case, the last one wins, and nothing after the value counts."""

import json
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

_WHITE = " \t\r\n"


class Wrong(Exception):
    """Go's decoder returns an error; the handler answers 400 and does nothing."""


class TooDeep(Exception):
    """It is nested deeper than this reader follows, though Go may follow."""


class Number(str):
    """A number as it was written."""

    __slots__ = ()


@dataclass(frozen=True)
class Pairs:
    """An object with every key as it came, in order."""

    items: list[tuple[str, Any]]


def _never(text: str) -> Any:
    raise Wrong(text)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=Pairs, parse_constant=_never, parse_float=Number, parse_int=Number, strict=True
)


def first_value(body: bytes) -> Any:
    """Return the first JSON value; whatever follows is never looked at.

    Raises:
        Wrong: there is none.
        TooDeep: it cannot be told here.

    """
    text = replaced(body.decode("utf-8", "surrogateescape")).lstrip(_WHITE)
    try:
        return _DECODER.raw_decode(text)[0]
    except RecursionError:
        raise TooDeep from None
    except ValueError as error:
        raise Wrong(str(error)) from None


def whole_value(body: bytes) -> Any:
    """Return the only JSON value, as Unmarshal does. Raises Wrong where anything follows it, and TooDeep."""
    text = replaced(body.decode("utf-8", "surrogateescape")).strip(_WHITE)
    try:
        value, end = _DECODER.raw_decode(text)
    except RecursionError:
        raise TooDeep from None
    except ValueError as error:
        raise Wrong(str(error)) from None
    if end != len(text):
        raise Wrong("something follows")
    return value


def replaced(text: str) -> str:
    """Return a text with U+FFFD for every byte that is no UTF-8 and every half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= mark <= "\udfff" else mark for mark in text)
    return text


def folded(key: str) -> str:
    """Return a key as Go compares it: ASCII case, the long s and the Kelvin sign fold, nothing else."""
    key = replaced(key).replace("\u017f", "s").replace("\u212a", "k")
    return "".join(mark.lower() if mark.isascii() else mark for mark in key)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a value is an array."""
    return isinstance(value, list)


def struct(value: Any, **kinds: str) -> dict[str, Any]:
    """Decode an object into the fields that a struct declares: `text`, `bool`, `list`, `map`, `any`.

    `null` leaves a field as it was, and an earlier element shines through a later one of the same list. Raises Wrong
    for a text of another kind, as Go does in the end; where another field is of another kind it is taken for absent,
    though Go would refuse the request.
    """
    filled: dict[str, Any] = {}
    if value is None:
        return filled
    if not isinstance(value, Pairs):
        raise Wrong("not an object")
    for key, given in value.items:
        field = folded(key)
        if field not in kinds or given is None:
            continue
        filled[field] = _converted(given, kinds[field], filled.get(field))
    return {field: value for field, value in filled.items() if value is not None}


def exact(value: Any, key: str) -> Any:
    """Return what a Go map would hold under a key: no folding, the last one wins."""
    if not isinstance(value, Pairs):
        return None
    return next((given for name, given in reversed(value.items) if replaced(name) == key), None)


def _converted(given: Any, kind: str, before: Any) -> Any:
    if kind == "text" and isinstance(given, str) and not isinstance(given, Number):
        return replaced(given)
    if kind == "bool" and isinstance(given, bool):
        return given
    if kind == "map" and isinstance(given, Pairs):
        return Pairs([*(before.items if isinstance(before, Pairs) else []), *given.items])
    if kind == "list" and is_list(given):
        return _over(before or [], given)
    if kind == "any":
        return given
    if kind == "text":
        raise Wrong("not a text")
    return before


def _over(before: list[Any], given: list[Any]) -> list[Any]:
    """Go decodes into the elements that an earlier list left behind."""
    merged: list[Any] = []
    for place, one in enumerate(given):
        old = before[place] if place < len(before) else None
        if isinstance(old, Pairs) and isinstance(one, Pairs):
            merged.append(Pairs([*old.items, *one.items]))
        else:
            merged.append(one)
    return merged
