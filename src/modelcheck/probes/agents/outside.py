"""What is known about classes and decorators of the standard library, so that agents may build on them."""

import builtins
import collections
import collections.abc
import contextlib
import enum
from abc import ABC, ABCMeta
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """A class outside the project whose instances hold no surprises."""

    name: str
    attributes: frozenset[str]
    """What it gives its instances beyond what every object has."""
    abstracts: frozenset[str]
    is_abc: bool
    """Whether its metaclass keeps classes with abstract methods from being instantiated."""
    has_fields: bool = False
    """Whether a bare annotation in a class that names it as a base becomes an attribute."""


def _known(name: str, kind: type, *more: str, has_fields: bool = False) -> Known:
    attributes = (frozenset(dir(kind)) - frozenset(dir(object))) | frozenset(more)
    abstracts: frozenset[str] = getattr(kind, "__abstractmethods__", frozenset())
    return Known(name, attributes, abstracts, isinstance(kind, ABCMeta), has_fields)


def _all_known() -> Mapping[str, Known]:
    plain = ("object", "dict", "list", "set", "frozenset", "tuple", "str", "int", "float", "bytes")
    native = {
        name: kind
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and (name in plain or issubclass(kind, BaseException))
    }
    protocols = {name: kind for name, kind in vars(collections.abc).items() if isinstance(kind, ABCMeta)}
    user = (collections.UserDict, collections.UserList, collections.UserString)
    enums = (enum.Enum, enum.IntEnum, enum.StrEnum, enum.Flag, enum.IntFlag)
    contexts = (contextlib.AbstractContextManager, contextlib.AbstractAsyncContextManager)
    counted = (collections.OrderedDict, collections.Counter, collections.defaultdict, collections.deque)
    rows = [
        *(_known(f"builtins.{name}", kind) for name, kind in native.items()),
        *(_known(f"collections.abc.{name}", kind) for name, kind in protocols.items()),
        *(_known(f"typing.{name}", kind) for name, kind in protocols.items()),
        *(_known(f"collections.{kind.__name__}", kind, "data") for kind in user),
        *(_known(f"collections.{kind.__name__}", kind) for kind in counted),
        *(_known(f"enum.{kind.__name__}", kind, "name", "value", "_name_", "_value_") for kind in enums),
        *(_known(f"contextlib.{kind.__name__}", kind) for kind in contexts),
        _known("contextlib.ContextDecorator", contextlib.ContextDecorator),
        _known("contextlib.AsyncContextDecorator", contextlib.AsyncContextDecorator),
        _known("abc.ABC", ABC),
        _known("typing.Generic", object),
        _known("typing.Protocol", ABC),
        _known("typing.TypedDict", dict),
        _known("typing.NamedTuple", tuple, *_NAMED_TUPLE, has_fields=True),
    ]
    return {row.name: row for row in rows}


_NAMED_TUPLE = ("_asdict", "_field_defaults", "_fields", "_make", "_replace")

KNOWN = _all_known()
"""The classes by dotted name."""

DATACLASS = "dataclasses.dataclass"

DECORATORS = frozenset(
    {
        DATACLASS,
        *("enum.unique", "functools.total_ordering", "warnings.deprecated"),
        *(f"typing.{name}" for name in ("deprecated", "final", "no_type_check", "runtime_checkable")),
    }
)
"""Class decorators that leave the class what it was, or add only what a dataclass has."""

ABSTRACT = frozenset({f"abc.abstract{kind}" for kind in ("method", "property", "classmethod", "staticmethod")})
"""What marks a method as abstract."""
