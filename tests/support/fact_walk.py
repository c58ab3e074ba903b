"""A walk through facts by their types: every fact, field and item, what may stand there, and how to exchange it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import cast

import msgspec
from msgspec import inspect

from modelcheck.core.facts import Fact, Facts, Place
from modelcheck.core.gap import Gap


@dataclass(frozen=True)
class Site:
    """A place in the facts: a fact, or a field or item in it."""

    kind: type[Fact]
    path: tuple[str | int, ...] = ()
    owner: str = ""
    """The class and field that it belongs to."""

    def __str__(self) -> str:
        return ".".join((self.kind.__name__, *map(str, self.path)))


@dataclass(frozen=True)
class Spot:
    """A site with what is there and what may be there."""

    site: Site
    value: object
    type: inspect.Type


@cache
def places(facts: Facts) -> tuple[Spot, ...]:
    """Every place of every fact, parents first; nothing lies inside a gap."""
    return tuple(place for kind in facts for place in within(kind, facts.get(kind)))


def within(kind: type[Fact], fact: Fact | Gap) -> Iterator[Spot]:
    info = type_of(kind)
    yield Spot(Site(kind, owner=kind.__name__), fact, inspect.UnionType((info, type_of(Gap))))
    yield from inside(Site(kind), fact, info)


type_of = cache(inspect.type_info)


def inside(site: Site, value: object, info: inspect.Type) -> Iterator[Spot]:
    if isinstance(value, Gap):
        return
    if isinstance(info, inspect.UnionType):
        info = next(member for member in info.types if fits(value, member))
    if isinstance(info, inspect.StructType):
        for field in info.fields:
            here = Site(site.kind, (*site.path, field.name), f"{info.cls.__name__}.{field.name}")
            yield from both(here, getattr(value, field.name), field.type)
    elif isinstance(info, inspect.VarTupleType):
        for index, item in enumerate(items_of(value)):
            yield from both(Site(site.kind, (*site.path, index), site.owner), item, info.item_type)
    elif isinstance(info, inspect.TupleType):
        # Of a pair the first is the key by which a subject is expected, which is no observation.
        yield from both(Site(site.kind, (*site.path, 1), site.owner), items_of(value)[1], info.item_types[1])


def items_of(value: object) -> tuple[object, ...]:
    assert isinstance(value, tuple)
    return cast("tuple[object, ...]", value)


def both(site: Site, value: object, info: inspect.Type) -> Iterator[Spot]:
    yield Spot(site, value, info)
    yield from inside(site, value, info)


def fits(value: object, info: inspect.Type) -> bool:
    if isinstance(info, inspect.StructType):
        return isinstance(value, info.cls)
    if isinstance(info, inspect.NoneType):
        return value is None
    return value is not None and not isinstance(value, msgspec.Struct)


def may_be_gap(place: Spot) -> bool:
    members = place.type.types if isinstance(place.type, inspect.UnionType) else (place.type,)
    return any(isinstance(member, inspect.StructType) and member.cls is Gap for member in members)


def unseeable(facts: Facts) -> list[Spot]:
    """Every place where a gap may stand and does not."""
    return [place for place in places(facts) if may_be_gap(place) and not isinstance(place.value, Gap)]


def gaps(facts: Facts) -> list[Site]:
    return [place.site for place in unseeable(facts)]


def put(facts: Facts, site: Site, value: object) -> Facts:
    """The facts with another value at one place; unchanged where a gap stands above it."""
    changed = exchanged(facts.get(site.kind), site.path, value)
    assert isinstance(changed, (Fact, Gap))
    return facts.replaced(site.kind, changed)


def exchanged(within: object, path: tuple[str | int, ...], value: object) -> object:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(within, Gap):
        return within
    if isinstance(step, int):
        items = enumerate(items_of(within))
        return tuple(exchanged(item, rest, value) if index == step else item for index, item in items)
    assert isinstance(within, msgspec.Struct)
    return msgspec.structs.replace(within, **{step: exchanged(getattr(within, step), rest, value)})


def others(value: object, info: inspect.Type) -> list[object]:
    """Plausible values other than this one."""
    members = info.types if isinstance(info, inspect.UnionType) else (info,)
    found: list[object] = []
    for member in members:
        match member:
            case inspect.BoolType():
                found += [True, False]
            case inspect.IntType():
                found += [0, 2, 7, 10**9, 10**12]
            case inspect.StrType():
                found += ["other", "0.1.20", "other:7b", "", "low", "Windows", "embedding"]
            case inspect.EnumType(cls=cls):
                found += list[Enum](cls)
            case inspect.NoneType():
                found.append(None)
            case inspect.VarTupleType():
                found.append(())
            case inspect.StructType(cls=cls) if cls is Place:
                found.append(Place("elsewhere.py", 3))
            case _:
                pass
    return [one for one in found if one != value or type(one) is not type(value)]
