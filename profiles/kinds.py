"""What a setting takes and what stands there instead, in people's words; the text of a value is never repeated."""

from datetime import date
from functools import singledispatch
from types import NoneType
from typing import cast

import msgspec
from msgspec.inspect import (
    BoolType,
    DateType,
    DictType,
    FloatType,
    IntType,
    LiteralType,
    Metadata,
    StrType,
    Type,
    UnionType,
    VarTupleType,
)

from modelcheck.core.sentence import Told

MOST_SHOWN = 1e18
"""A number from here on, or none such as nan, is not shown."""
OTHERS: tuple[tuple[type, Told], ...] = (
    (bool, Told("true or false")),
    (dict, Told("keys with values")),
    (date, Told("a date")),
    (NoneType, Told("nothing")),
)


def takes(kind: str) -> msgspec.Meta:
    """Return the mark of a type that says in its own words what it takes."""
    return msgspec.Meta(extra={"takes": kind})


@singledispatch
def wanted(info: Type) -> Told:
    """Say what a type takes."""
    del info
    return Told("keys with values")


@wanted.register
def _marked(info: Metadata) -> Told:
    own = cast("dict[str, object]", info.extra or {}).get("takes")
    return Told(own) if isinstance(own, str) else wanted(info.type)


@wanted.register
def _either(info: UnionType) -> Told:
    first, *others = [wanted(one) for one in info.types if not isinstance(one, msgspec.inspect.NoneType)]
    for other in others:
        first = Told("{one}, or {other}", one=first, other=other)
    return first


@wanted.register
def _whole(info: IntType) -> Told:
    return Told("a whole number between {least} and {most}", least=info.ge, most=info.le)


@wanted.register
def _number(info: FloatType) -> Told:
    most = _short(info.le)
    if info.gt is None:
        return Told("a number between {least} and {most}", least=_short(info.ge), most=most)
    return Told("a number above {least} and at most {most}", least=_short(info.gt), most=most)


@wanted.register
def _text(info: StrType) -> Told:
    return Told("text of {least} to {most} characters", least=info.min_length or 0, most=info.max_length)


@wanted.register
def _choice(info: LiteralType) -> Told:
    return Told("one of {choices}", choices=", ".join(map(str, info.values)))


@wanted.register
def _list(info: VarTupleType) -> Told:
    return Told("a list of {least} to {most} entries", least=info.min_length or 0, most=info.max_length)


@wanted.register
def _table(info: DictType) -> Told:
    return Told("at most {most} keys with values", most=info.max_length)


@wanted.register
def _truth(info: BoolType) -> Told:
    del info
    return Told("true or false")


@wanted.register
def _date(info: DateType) -> Told:
    del info
    return Told("a date such as 2026-12-31")


def given(info: Type, value: object) -> object:
    """Say what stands there instead, as a number or `Told`; None where that would say nothing."""
    if isinstance(value, str):
        return _given_text(info, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _given_number(info, value)
    if isinstance(value, list):
        count = len(cast("list[object]", value))
        return Told("{count} of them", count=count) if isinstance(info, VarTupleType) else Told("a list")
    if isinstance(value, dict) and isinstance(info, DictType):
        return Told("{count} of them", count=len(cast("dict[str, object]", value)))
    return next((told for kind, told in OTHERS if isinstance(value, kind)), Told("something else"))


def _given_text(info: Type, text: str) -> Told | None:
    if isinstance(info, StrType):
        return Told("text of {count} characters", count=len(text))
    return (
        None if any(isinstance(one, LiteralType | StrType | DateType) for one in _alternatives(info)) else Told("text")
    )


def _given_number(info: Type, value: float) -> object:
    if not any(isinstance(one, IntType | FloatType) for one in _alternatives(info)):
        return Told("a number")
    return value if abs(value) < MOST_SHOWN else Told("that one")


def _alternatives(info: Type) -> list[Type]:
    """Return the types that a value may have, without what is said of them."""
    if isinstance(info, Metadata):
        return _alternatives(info.type)
    if isinstance(info, UnionType):
        return [one for each in info.types for one in _alternatives(each)]
    return [info]


def _short(bound: float | None) -> str:
    return "" if bound is None else f"{bound:.15g}"
