"""From plain values to typed settings; what does not fit is said in people's words, at its own line."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from modelcheck.core.sentence import Told
from modelcheck.core.text import printable
from modelcheck.profiles.kinds import given, wanted
from modelcheck.profiles.written import InvalidSettings, Trail, Written, dotted

S = TypeVar("S", bound=msgspec.Struct)


def typed(written: Written, kind: type[S]) -> S:
    """Return what was written as a struct.

    Raises:
        InvalidSettings: a key that nothing reads, one that is missing, or a value that its key does not take.

    """
    _refuse_halves(written, written.content, ())
    try:
        return msgspec.convert(written.content, kind)
    except msgspec.ValidationError:
        raise _first_wrong(written, kind, written.content, ()) or _unfit(written, kind, written.content, ()) from None


def _refuse_halves(written: Written, value: object, trail: Trail) -> None:
    """Refuse text that no file could hold: escapes and odd bytes of the environment can make half a character."""
    if isinstance(value, str) and not value.isascii() and any("\ud800" <= mark <= "\udfff" for mark in value):
        raise written.refused(Told("`{key}` holds half a character", key=dotted(trail)), *trail)
    if isinstance(value, dict):
        for key, one in cast("dict[str, object]", value).items():
            _refuse_halves(written, key, (*trail, key))
            _refuse_halves(written, one, (*trail, key))
    if isinstance(value, list):
        for index, one in enumerate(cast("list[object]", value)):
            _refuse_halves(written, one, (*trail, index))


def _first_wrong(written: Written, kind: object, value: object, trail: Trail) -> InvalidSettings | None:
    """Return the error for the innermost thing that does not fit, None where all does."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        _refuse_keys(written, kind, value, trail)
        inner = (_first_wrong(written, of, one, (*trail, step)) for step, of, one in _inside(kind, value))
        return next(filter(None, inner), None) or _unfit(written, kind, value, trail)
    return None


def _refuse_keys(written: Written, kind: object, value: object, trail: Trail) -> None:
    struct = _struct(kind)
    if struct is None or not isinstance(value, dict):
        return
    table, fields = cast("Mapping[str, object]", value), msgspec.structs.fields(struct)
    known = [one.name for one in fields]
    for key in table:
        if key not in known:
            raise written.refused(unknown(key, known, trail), *trail, key)
    for one in fields:
        if one.required and one.name not in table:
            raise written.refused(Told("`{key}` is missing", key=dotted((*trail, one.name))), *trail)


def unknown(key: str, known: Iterable[str], trail: Trail = ()) -> Told:
    """Return what is said of a key that nothing reads: the likely one, else all there are."""
    near = difflib.get_close_matches(key[:60], sorted(known), 1)
    shown = dotted((*trail, printable(key, 60)))
    if near:
        return Told("`{key}` is not a setting; did you mean `{meant}`?", key=shown, meant=near[0])
    return Told("`{key}` is not a setting; here there are: {known}", key=shown, known=", ".join(sorted(known)))


def _members(kind: object) -> tuple[object, ...]:
    """Return the alternatives of a type, without what `Annotated` says of them."""
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        return tuple(member for each in get_args(kind) for member in _members(each) if each is not NoneType)
    return (kind,)


def _struct(kind: object) -> type[msgspec.Struct] | None:
    found = (one for one in _members(kind) if isinstance(one, type) and issubclass(one, msgspec.Struct))
    return next(found, None)


def _inside(kind: object, value: object) -> Iterator[tuple[str | int, object, object]]:
    """Return what lies inside a value, each with its step and type."""
    for member in _members(kind):
        arguments = get_args(member)
        if isinstance(value, dict) and isinstance(member, type) and issubclass(member, msgspec.Struct):
            hints = get_type_hints(member, include_extras=True)
            yield from ((key, hints[key], one) for key, one in cast("dict[str, object]", value).items())
        elif isinstance(value, dict) and get_origin(member) is dict:
            yield from ((key, arguments[1], one) for key, one in cast("dict[str, object]", value).items())
        elif isinstance(value, list) and get_origin(member) is tuple:
            yield from ((index, arguments[0], one) for index, one in enumerate(cast("list[object]", value)))


def _unfit(written: Written, kind: object, value: object, trail: Trail) -> InvalidSettings:
    info = msgspec.inspect.type_info(kind)
    asked, instead = wanted(info), given(info, value)
    if not trail:
        return written.refused(Told("the settings must be {kind}, not {given}", kind=asked, given=instead))
    key = dotted(trail)
    if instead is None:
        return written.refused(Told("`{key}` must be {kind}", key=key, kind=asked), *trail)
    return written.refused(Told("`{key}` must be {kind}, not {given}", key=key, kind=asked, given=instead), *trail)
