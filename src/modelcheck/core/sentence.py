"""A sentence with `{parameters}`: what happened, where, what to do; it is said in the language of whoever reads it."""

import string
from collections.abc import Callable, Mapping, Sequence

import msgspec

from modelcheck.core.text import printable

MOST = 600
"""Characters of one sentence."""
GIB = 1 << 30


class Numbers(msgspec.Struct, frozen=True):
    """How a language writes numbers and sizes."""

    decimal: str = "."
    gib: str = "GiB"
    mib: str = "MiB"


ENGLISH = Numbers()


class Told(Exception):
    """An error for a person: its English sentence is also the key under which other languages have theirs."""

    def __init__(self, sentence: str, /, **params: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.params: Mapping[str, object] = params

    def __str__(self) -> str:
        return fill(self.sentence, **self.params)


class _Filler(string.Formatter):
    """Fills `{name}`, `{name:bytes}`, `{name:number}` and `{name:words}`; no template reaches into a value.

    `number` marks a number that comes as text: without it text is never taken for one, so versions keep their points.
    `words` marks English words, which another language has its own for.
    """

    def __init__(self, numbers: Numbers, words: Callable[[object], object]) -> None:
        self._numbers = numbers
        self._words = words

    def get_field(self, field_name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> tuple[object, str]:
        del args
        return kwargs.get(field_name, f"{{{field_name}}}"), field_name

    def format_field(self, value: object, format_spec: str) -> str:
        if format_spec == "bytes" and isinstance(value, int):
            return size(value, self._numbers)
        if isinstance(value, float) or format_spec == "number":
            return number(value, self._numbers)
        return plain(self._words(value) if format_spec == "words" else value)


def plain(text: object) -> str:
    """Return text from outside as it is, fit to show; nothing in it is a parameter."""
    return printable(text, MOST)


def fill(
    template: str,
    numbers: Numbers = ENGLISH,
    words: Callable[[object], object] = lambda value: value,
    /,
    **parameters: object,
) -> str:
    """Fill a template; what is not given stays visible as its name, and what is no template is shown as it is."""
    try:
        return plain(_Filler(numbers, words).vformat(template, (), parameters))
    except ValueError:
        return plain(template)


def parameters(template: str) -> frozenset[str]:
    """Return the names of a template's parameters; none of what is no template."""
    try:
        return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)
    except ValueError:
        return frozenset()


def number(value: object, numbers: Numbers = ENGLISH) -> str:
    """Return a number, or the text of one, with the decimal mark of a language."""
    return plain(value).replace(".", numbers.decimal)


def size(count: int, numbers: Numbers = ENGLISH) -> str:
    """Return bytes as people read them, in binary units."""
    if count >= GIB // 10:
        return f"{number(f'{count / GIB:.1f}', numbers)} {numbers.gib}"
    return f"{number(f'{count / (1 << 20):.1f}', numbers)} {numbers.mib}"
