"""What numbers in GGUF files stand for, from the dated tables of `data/`."""

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import yaml


class Block(msgspec.Struct, frozen=True, array_like=True):
    """A type of tensors: so many elements are packed into so many bytes."""

    name: str
    elements: int
    size: int


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which layers of an architecture keep a window of the context, as `data/architectures.yaml` explains."""

    every: int | None = None
    first: bool = False
    window: int | None = None
    always: bool = False
    layers: int | None = None
    own: int | None = None


class Hybrid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which layers of an architecture keep a state in place of a cache, as `data/architectures.yaml` explains."""

    by: str
    every: int | None = None


class Architectures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of architectures by name."""

    as_of: date
    batch: int
    rounding: int
    full: frozenset[str]
    windows: dict[str, Rule]
    hybrids: dict[str, Hybrid]
    recurrent: frozenset[str]
    encoders: frozenset[str]
    diffusers: frozenset[str]
    others: frozenset[str]
    unread: tuple[str, ...]
    tables: frozenset[str]

    def writes(self, name: object) -> bool:
        """Whether an architecture is known to write text with the help of a cache or a state."""
        return name in self.full | self.windows.keys() | self.hybrids.keys() | self.recurrent

    @property
    def without_cache(self) -> frozenset[str]:
        """Those that read and write whole texts at once."""
        return self.encoders | self.diffusers


@cache
def file_types() -> dict[int, str]:
    """Return the names of `general.file_type`."""
    return msgspec.convert(_gguf()["file_types"], dict[int, str])


@cache
def tensor_types() -> dict[int, Block]:
    """Return the types of tensors by number."""
    return msgspec.convert(_gguf()["tensor_types"], dict[int, Block])


@cache
def architectures() -> Architectures:
    """Return what is known of architectures."""
    return msgspec.convert(_read("architectures.yaml"), Architectures, strict=False)


@cache
def _gguf() -> dict[str, Any]:
    table: dict[str, Any] = _read("gguf.yaml")
    return table


def _read(name: str) -> Any:  # noqa: ANN401 - YAML is any of its types, and is converted at once
    return yaml.safe_load((files("modelcheck.data") / name).read_bytes())
