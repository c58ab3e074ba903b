"""Hostile input made from true input: bytes are exchanged, parts doubled, lies put where values stood."""

import json
import random
from collections.abc import Sequence
from typing import Any, cast

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1 << 31, 1 << 63, 1 << 70, -(1 << 63), 0.5, 1e308, "", " ", "x" * 5000),
    *("\x00", "\x1b[31m", "\u202e", "[bold]", "{x}", "%s", "../../..", "C:\\", "\\\\host\\share", "http://[::1", "nan"),
    *([], {}, [[]], {"": ""}, [None], {"a": {"a": {"a": {}}}}, [0] * 300),
)
"""Values that a reader may not expect where it finds them."""
WORDS: tuple[bytes, ...] = (
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\x80", b"\n", b"\r", b"\r\n", b"\t", b" " * 40, b"\x1b]0;x\x07"),
    *(b"{", b"}", b"[", b"]", b"[" * 200, b'{"a":' * 200, b'"', b"'", b"\\", b"\\u", b"\\ud800", b":", b",", b"- "),
    *(b"&a", b"*a", b"<<: *a", b"!!python/object", b"---\n", b"#", b"${", b"%", b"=", b"/" * 30, b"@", b"1e999"),
    *(b"9" * 60, b"-0", b"NaN", b"null", b"true", b"\xe2\x80\xae", b"\xf0\x9f\x98\x80", b"." * 60, b"$(x)", b"`x`"),
)
"""Pieces that mean something to some reader."""


class Mutator:
    """Makes cases from seeds, the same for the same number."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same cases each time
        self._below = self._random.randrange
        self._has_grown = False

    def case(self, seeds: Sequence[bytes]) -> bytes:
        """Return one case: a seed with values of JSON exchanged, its bytes damaged, or both."""
        made, self._has_grown = self._random.choice(seeds), False
        if self._below(2):
            made = self._with_lies(made)
        for _ in range(self._random.choice((0, 1, 1, 2, 4, 8))):
            made = self._damaged(made, seeds)
        return made

    def _with_lies(self, data: bytes) -> bytes:
        """Exchange values of a JSON document; what is none stays."""
        try:
            document: object = json.loads(data)
        except ValueError:
            return data
        for _ in range(1 + self._below(3)):
            document = self._lied(document)
        return json.dumps(document, indent=self._random.choice((None, 1))).encode()

    def _lied(self, value: object) -> object:
        if isinstance(value, dict) and value and self._below(6):
            table = dict(cast("dict[str, object]", value))
            key = self._random.choice(list(table))
            table[key if self._below(8) else self._random.choice(("", "x", key.upper()))] = self._lied(table[key])
            return table
        if isinstance(value, list) and value and self._below(6):
            items = list(cast("list[object]", value))
            at = self._below(len(items))
            items[at] = self._lied(items[at])
            return items * self._times()
        if isinstance(value, str) and value and self._below(2):
            at, word = self._below(len(value) + 1), self._random.choice(WORDS).decode("utf-8", "replace")
            return value[:at] + word + value[at + self._below(4) :]
        return self._random.choice(ODD)

    def _times(self) -> int:
        """How often a list is there: many times once in a case, as a list of lists of them would fill the memory."""
        times = 1 if self._has_grown else self._random.choice((1, 1, 1, 50))
        self._has_grown = self._has_grown or times > 1
        return times

    def _damaged(self, data: bytes, seeds: Sequence[bytes]) -> bytes:
        at, length = self._below(len(data) + 1), self._below(40)
        word, other = self._random.choice(WORDS), self._random.choice(seeds)
        ways = (
            lambda: data[:at] + word + data[at:],
            lambda: data[:at] + word + data[at + length :],
            lambda: data[:at] + self._random.randbytes(1 + length // 8) + data[at + length // 8 :],
            lambda: data[:at] + data[at + length :],
            lambda: data[: at + length] + data[at:],
            lambda: data[:at] + other[self._below(len(other) + 1) :],
            lambda: data[:at] if self._below(4) == 0 else data.swapcase(),
        )
        return self._random.choice(ways)()
