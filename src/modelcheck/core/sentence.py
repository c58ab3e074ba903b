"""A sentence with `{parameters}`: what happened, where, what to do; it is said in the language of whoever reads it."""

import string
from collections.abc import Mapping, Sequence

from modelcheck.core.text import printable

MOST = 600
"""Characters of one sentence."""
GIB = 1 << 30


class Told(Exception):
    """An error for a person: its English sentence is also the key under which other languages have theirs."""

    def __init__(self, sentence: str, /, **params: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.params: Mapping[str, object] = params

    def __str__(self) -> str:
        return fill(self.sentence, **self.params)


class _Filler(string.Formatter):
    """Fills `{name}` and `{name:bytes}`; no attribute, index or conversion of a template reaches into a value."""

    def get_field(self, field_name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> tuple[object, str]:
        del args
        return kwargs.get(field_name, f"{{{field_name}}}"), field_name

    def format_field(self, value: object, format_spec: str) -> str:
        if format_spec == "bytes" and isinstance(value, int):
            return size(value)
        return plain(value)


def plain(text: object) -> str:
    """Return text from outside as it is, fit to show; nothing in it is a parameter."""
    return printable(text, MOST)


def fill(template: str, /, **parameters: object) -> str:
    """Fill a template; what is not given stays visible as its name, and what is no template is shown as it is."""
    try:
        return plain(_Filler().vformat(template, (), parameters))
    except ValueError:
        return plain(template)


def size(count: int) -> str:
    """Return bytes as people read them, in binary units."""
    return f"{count / GIB:.1f} GiB" if count >= GIB // 10 else f"{count / (1 << 20):.1f} MiB"
