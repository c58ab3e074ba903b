"""The dated tables of `data/`, read once and handed on as facts of scope `tables`."""

from functools import cache
from importlib.resources import files
from typing import Any, TypeVar, cast

import msgspec
import yaml

from modelcheck.core.cards import Cards
from modelcheck.core.facts import Fact
from modelcheck.core.policy import Policy
from modelcheck.core.retirements import Retirements
from modelcheck.core.tables import Advisories, Clock, Families, KnownProviders

F = TypeVar("F", bound=Fact)

NO_POLICY = Policy()
"""That of most profiles, which demand nothing beyond their checks and bars."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FILES: dict[type[Fact], str] = {
    KnownProviders: "providers.yaml",
    Advisories: "advisories.yaml",
    Families: "families.yaml",
    Cards: "cards.yaml",
    Retirements: "retirements.yaml",
}


def table(kind: type[F]) -> F:
    """Return one table."""
    return cast("F", _read(kind))


@cache
def _read(kind: type[Fact]) -> Fact:
    text = files("modelcheck.data").joinpath(_FILES[kind]).read_text("utf-8")
    content: Any = yaml.load(text, Loader=_LOADER)  # noqa: S506 - safe, and in C where there is a compiled one
    return msgspec.convert(content, kind)


def tables(today: str = "", policy: Policy = NO_POLICY) -> dict[type[Fact], Fact]:
    """Return every table by its class, the clock that tells their age, and the policy of the profile that judges."""
    return {Clock: Clock(today), Policy: policy, **{kind: table(kind) for kind in _FILES}}
