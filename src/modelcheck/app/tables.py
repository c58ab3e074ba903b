"""The dated tables of `data/`, read once and handed on as facts of scope `tables`."""

from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import msgspec
import yaml

from modelcheck.core.facts import Fact
from modelcheck.core.tables import Advisories, Families, KnownProviders

F = TypeVar("F", bound=Fact)

_FILES: dict[type[Fact], str] = {
    KnownProviders: "providers.yaml",
    Advisories: "advisories.yaml",
    Families: "families.yaml",
}


@cache
def table(kind: type[F]) -> F:
    """Return one table."""
    text = files("modelcheck.data").joinpath(_FILES[kind]).read_text("utf-8")
    content: Any = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    return msgspec.convert(content, kind)


def tables() -> dict[type[Fact], Fact]:
    """Return every table by its class."""
    return {kind: table(kind) for kind in _FILES}
