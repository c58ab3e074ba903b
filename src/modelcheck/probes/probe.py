"""The probe decorator: what a function that looks at the world needs, and what it promises to leave behind."""

from collections.abc import Callable
from dataclasses import dataclass
from types import UnionType
from typing import Generic, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from modelcheck.core.facts import Fact
from modelcheck.core.gap import Gap
from modelcheck.probes.access import Access

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True)
class Probe(Generic[P, R_co]):
    """A function that looks, with the facts it needs and those it promises."""

    look: Callable[P, R_co]
    needs: dict[str, type[Fact]]
    """Parameter name to fact class."""
    optional: frozenset[str]
    """Parameters that also take a gap; a gap in any other becomes a gap in all promises."""
    access: str | None
    """Name of the parameter that takes the `Access`."""
    promises: tuple[type[Fact], ...]

    @property
    def name(self) -> str:
        """The function's name, for messages."""
        return self.look.__name__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Look, as the plain function does."""
        return self.look(*args, **kwargs)


def probe(look: Callable[P, R_co]) -> Probe[P, R_co]:
    """Turn a function into a probe: its parameters are its needs, its return annotation the promises.

    A promise may be annotated `Fact | Gap` where the probe itself may have to say that it saw nothing.
    """
    hints: dict[str, object] = get_type_hints(look)
    promised = hints.pop("return", None)
    each: tuple[object, ...] = get_args(promised) if get_origin(promised) is tuple else (promised,)
    promises = tuple(_fact_of(look, kind) for kind in each)
    access = next((name for name, kind in hints.items() if kind is Access), None)
    optional = frozenset(name for name, kind in hints.items() if Gap in get_args(kind))
    needs = {name: _fact_of(look, kind) for name, kind in hints.items() if name != access}
    return Probe(look, needs, optional, access, promises)


def _fact_of(look: Callable[..., object], kind: object) -> type[Fact]:
    """Return the one fact class of an annotation that may also be a gap (`Inventory | Gap`)."""
    members = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
    facts = [member for member in members if member is not Gap]
    if len(facts) == 1 and isinstance(facts[0], type) and issubclass(facts[0], Fact):
        return facts[0]
    raise TypeError(f"probe {look.__name__}: {kind!r} is not a fact class")
