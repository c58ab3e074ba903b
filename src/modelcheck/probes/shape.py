"""What a key looks like: the providers' patterns, placeholders, and references to a key that is kept elsewhere."""

import re
from collections.abc import Iterator

from modelcheck.core.cloud import KeyShape
from modelcheck.core.tables import KnownProviders

MOST_CHARACTERS = 1000
"""A longer text is no key; patterns are not tried on it."""
LEAST_CHARACTERS = 16
"""A shorter literal under a key-like name is taken for a word."""

WINDOW = 10_000
"""Characters of a line that are searched at once."""
_OVERLAP = MOST_CHARACTERS

_VISIBLE = re.compile(r"[!-~]+")
_REFERENCE = re.compile(
    r"\$|%[A-Za-z_]|os\.environ|process\.env|(?:env|vault|op|file|secret)[:(/]|[{<\[(]", re.IGNORECASE
)
_STAND_IN = re.compile(
    r"(?<![a-z])(?:your|insert|replace|change[-_ ]?me|enter|paste|example|sample|placeholder|dummy|fake|todo|here)"
    r"(?![a-z])"
    r"|(?:your|my)[-_ ]?(?:api|key|token|secret)|x{6}|\*{3}|\.{3}|0{8}|_{4}|-{4}",
    re.IGNORECASE,
)
_KEY_NAME = re.compile(r"(?:api[_-]?key|auth[_-]?token|secret)$", re.IGNORECASE)


class Shapes:
    """The shapes of keys as a dated table describes them."""

    def __init__(self, table: KnownProviders) -> None:
        patterns = {known.id: known.key_pattern for known in table.providers if known.key_pattern}
        self._whole = {name: re.compile(pattern) for name, pattern in patterns.items()}
        self._names = list(patterns)
        each = "|".join(f"(?P<k{index}>{pattern})" for index, pattern in enumerate(patterns.values()))
        self._anywhere = re.compile(rf"(?<![A-Za-z0-9_-])(?:{each})(?![A-Za-z0-9_-])")
        self._placeholders = frozenset(word.lower() for word in table.placeholders)
        self._variables = frozenset(variable for known in table.providers for variable in known.key_variables)

    def of(self, value: str, provider: str | None) -> KeyShape:
        """Judge the value of a key variable; without a provider any visible text that is no placeholder will do."""
        if self.is_placeholder(value):
            return KeyShape.PLACEHOLDER
        trimmed = value.strip()
        own = self._whole.get(provider or "")
        is_short = len(trimmed) <= MOST_CHARACTERS
        if provider is not None and is_short and not (own and own.fullmatch(trimmed)):
            others = (pattern for name, pattern in self._whole.items() if name != provider)
            if any(pattern.fullmatch(trimmed) for pattern in others):
                return KeyShape.FOREIGN
        if trimmed != value:
            return KeyShape.UNTRIMMED
        if not is_short or not _VISIBLE.fullmatch(value):
            return KeyShape.MALFORMED
        fits = own.fullmatch(value) is not None if own else provider is None or len(value) >= LEAST_CHARACTERS
        return KeyShape.PLAUSIBLE if fits else KeyShape.MALFORMED

    def is_placeholder(self, value: str) -> bool:
        """Whether a value stands for a key and is none: `EMPTY`, `<your key>`, `sk-xxxxxxxx`, `${OPENAI_API_KEY}`."""
        text = value.strip()[:MOST_CHARACTERS]
        return text.lower() in self._placeholders or bool(_REFERENCE.match(text) or _STAND_IN.search(text))

    def is_key_name(self, name: str) -> bool:
        """Whether a setting of this name is where a key would be written."""
        return name in self._variables or _KEY_NAME.search(name[-MOST_CHARACTERS:]) is not None

    def is_literal(self, name: str, value: str) -> bool:
        """Whether a setting holds a key written out, as far as its name and length tell."""
        return self.is_key_name(name) and len(value.strip()) >= LEAST_CHARACTERS and not self.is_placeholder(value)

    def kinds_in(self, line: str) -> Iterator[str]:
        """Yield the provider of each key that stands somewhere in a line of any length; the time taken is linear."""
        for start in range(0, len(line), WINDOW - _OVERLAP):
            for match in self._anywhere.finditer(line[start : start + WINDOW]):
                if not self.is_placeholder(match.group()):
                    yield self._names[int((match.lastgroup or "k0")[1:])]
