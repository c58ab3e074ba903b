"""The probe decorator reads needs and promises from annotations, and refuses what it does not understand."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from modelcheck.core.facts import Fact, Scope
from modelcheck.core.gap import Gap
from modelcheck.probes.access import Access
from modelcheck.probes.probe import probe


class Apple(Fact, frozen=True):
    scope: ClassVar[Scope] = Scope.MACHINE


class Pear(Fact, frozen=True):
    scope: ClassVar[Scope] = Scope.MACHINE


class Pie(Fact, frozen=True):
    scope: ClassVar[Scope] = Scope.MACHINE

    filling: str = ""


def test_parameters_are_needs_and_the_return_is_the_promise() -> None:
    @probe
    def bake(access: Access, apple: Apple, pear: Pear | Gap) -> Pie:
        return Pie(f"{access.config} {type(apple).__name__} {type(pear).__name__}")

    assert bake.name == "bake"
    assert bake.access == "access"
    assert bake.needs == {"apple": Apple, "pear": Pear}
    assert bake.optional == {"pear"}
    assert bake.promises == (Pie,)


def test_a_probe_is_called_as_the_plain_function() -> None:
    @probe
    def bake(apple: Apple, *, filling: Pear | Gap) -> Pie:
        return Pie(f"{type(apple).__name__} {type(filling).__name__}")

    assert bake(Apple(), filling=Pear()) == Pie("Apple Pear")
    assert bake.access is None


def test_several_promises_are_a_tuple_and_each_may_be_a_gap() -> None:
    @probe
    def harvest() -> tuple[Apple, Pear | Gap]:
        return Apple(), Pear()

    assert harvest.promises == (Apple, Pear)
    assert harvest.needs == {}
    assert harvest.optional == frozenset()


def test_a_gap_may_stand_first() -> None:
    @probe
    def bake(apple: Gap | Apple) -> Gap | Pie:
        return apple if isinstance(apple, Gap) else Pie()

    assert bake.promises == (Pie,)
    assert bake.optional == {"apple"}


def promises_nothing(apple: Apple):  # type: ignore[no-untyped-def] # noqa: ANN201
    return apple


def promises_none() -> None: ...


def promises_a_text() -> str:
    return ""


def promises_one_of_two() -> Apple | Pear:
    return Apple()


def promises_only_a_gap() -> Gap:
    raise NotImplementedError


def promises_any_number() -> tuple[Apple, ...]:
    return ()


def needs_a_number(count: int) -> Pie:
    return Pie(str(count))


def needs_one_of_two(fruit: Apple | Pear | Gap) -> Pie:
    return Pie(str(fruit))


def needs_access_twice(one: Access, other: Access) -> Pie:
    return Pie(str((one, other)))


@pytest.mark.parametrize(
    "look",
    [
        promises_nothing,
        promises_none,
        promises_a_text,
        promises_one_of_two,
        promises_only_a_gap,
        promises_any_number,
        needs_a_number,
        needs_one_of_two,
        needs_access_twice,
    ],
)
def test_what_is_no_fact_is_refused_by_name(look: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=rf"^probe {look.__name__}: .* is not a fact class$"):
        probe(look)
