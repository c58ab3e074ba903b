"""The probe decorator reads needs and promises from annotations, and refuses what it does not understand."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from modelcheck.core.facts import Fact, Scope
from modelcheck.core.gap import Gap
from modelcheck.probes.access import Access
from modelcheck.probes.probe import probe


class Flour(Fact, frozen=True):
    scope: ClassVar[Scope] = Scope.MACHINE


class Butter(Fact, frozen=True):
    scope: ClassVar[Scope] = Scope.MACHINE


class Cake(Fact, frozen=True):
    scope: ClassVar[Scope] = Scope.MACHINE

    filling: str = ""


def test_parameters_are_needs_and_the_return_is_the_promise() -> None:
    @probe
    def bake(access: Access, flour: Flour, butter: Butter | Gap) -> Cake:
        return Cake(f"{access.config} {type(flour).__name__} {type(butter).__name__}")

    assert bake.name == "bake"
    assert bake.access == "access"
    assert bake.needs == {"flour": Flour, "butter": Butter}
    assert bake.optional == {"butter"}
    assert bake.promises == (Cake,)


def test_a_probe_is_called_as_the_plain_function() -> None:
    @probe
    def bake(flour: Flour, *, filling: Butter | Gap) -> Cake:
        return Cake(f"{type(flour).__name__} {type(filling).__name__}")

    assert bake(Flour(), filling=Butter()) == Cake("Flour Butter")
    assert bake.access is None


def test_several_promises_are_a_tuple_and_each_may_be_a_gap() -> None:
    @probe
    def harvest() -> tuple[Flour, Butter | Gap]:
        return Flour(), Butter()

    assert harvest.promises == (Flour, Butter)
    assert harvest.needs == {}
    assert harvest.optional == frozenset()


def test_a_gap_may_stand_first() -> None:
    @probe
    def bake(flour: Gap | Flour) -> Gap | Cake:
        return flour if isinstance(flour, Gap) else Cake()

    assert bake.promises == (Cake,)
    assert bake.optional == {"flour"}


def promises_nothing(flour: Flour):  # type: ignore[no-untyped-def] # noqa: ANN201
    return flour


def promises_none() -> None: ...


def promises_a_text() -> str:
    return ""


def promises_one_of_two() -> Flour | Butter:
    return Flour()


def promises_only_a_gap() -> Gap:
    raise NotImplementedError


def promises_any_number() -> tuple[Flour, ...]:
    return ()


def needs_a_number(count: int) -> Cake:
    return Cake(str(count))


def needs_one_of_two(fruit: Flour | Butter | Gap) -> Cake:
    return Cake(str(fruit))


def needs_access_twice(one: Access, other: Access) -> Cake:
    return Cake(str((one, other)))


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
