"""The keys of a GGUF header, as a file states them or as Ollama tells them: each value is of its kind, or a gap."""

from collections.abc import Mapping, Sequence
from typing import TypeGuard, cast

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.text import printable

LARGEST = 1 << 40
"""No number of any model's shape comes near."""
MOST_LAYERS = 512
"""As many as llama.cpp reads; also the most elements of an array that is kept."""

PerLayer = int | tuple[int, ...]


class Keys:
    """What a header states. The keys of an architecture are asked for without its name before them."""

    def __init__(self, stated: Mapping[str, object]) -> None:
        self._stated = stated
        name = stated.get("general.architecture")
        self._prefix = f"{name}." if isinstance(name, str) else ""
        self.architecture = self.text("general.architecture")

    def text(self, key: str) -> str | Gap:
        """Return a text, printable and bounded."""
        if key not in self._stated:
            return NOT_RECORDED
        value = self._stated[key]
        return printable(value) if isinstance(value, str) and value else _unreadable(key)

    def general(self, key: str, default: int | None = None) -> int | Gap:
        """Return a number by its full key, or the default where it is not stated."""
        if key not in self._stated:
            return NOT_RECORDED if default is None else default
        value = self._stated[key]
        return value if _is_number(value) else _unreadable(key)

    def number(self, name: str, default: int | None = None) -> int | Gap:
        """Return a number of the architecture, or the default where it is not stated."""
        return self.general(self._prefix + name, default)

    def per_layer(self, name: str) -> PerLayer | Gap:
        """Return a number of the architecture, or one for each layer."""
        value = self._stated.get(self._prefix + name)
        items = _items(value)
        if items is not None and 0 < len(items) <= MOST_LAYERS and all(_is_number(item) for item in items):
            return tuple(cast("list[int]", items))
        return self.number(name)

    def flags(self, name: str) -> tuple[bool, ...] | Gap:
        """Return the marks of an array, one for each layer, written as true and false or as 1 and 0."""
        items = _items(self._stated.get(self._prefix + name))
        if items is None or not 0 < len(items) <= MOST_LAYERS or not all(_is_flag(item) for item in items):
            return _unreadable(self._prefix + name)
        return tuple(bool(item) for item in items)

    def is_list(self, name: str) -> bool:
        """Whether an array is stated, and not a number."""
        return _items(self._stated.get(self._prefix + name)) is not None

    def is_false(self, name: str) -> bool:
        """Whether a switch of the architecture is stated to be off."""
        return self._stated.get(self._prefix + name) is False

    def states(self, *names: str) -> bool:
        """Whether any of these keys of the architecture is stated, readable or not."""
        return any(self._prefix + name in self._stated for name in names)


def at(value: PerLayer | Gap, layer: int) -> int | Gap:
    """Return the number of one layer."""
    if not isinstance(value, tuple):
        return value
    return value[layer] if layer < len(value) else Gap(Why.UNREADABLE, about=f"layer {layer}")


def spread(value: PerLayer | Gap, layers: int | Gap) -> tuple[int, ...] | Gap:
    """Return a number for each layer."""
    if isinstance(value, Gap):
        return value
    if isinstance(layers, Gap):
        return layers
    if isinstance(value, int):
        return (value,) * layers
    return value[:layers] if len(value) >= layers else Gap(Why.UNREADABLE, about=f"layer {len(value)}")


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def _is_flag(value: object) -> bool:
    return isinstance(value, int) and value in {0, 1}


def _items(value: object) -> Sequence[object] | None:
    return cast("Sequence[object]", value) if isinstance(value, list | tuple) else None


def _unreadable(key: str) -> Gap:
    return Gap(Why.UNREADABLE, about=printable(key))
