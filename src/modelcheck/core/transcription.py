"""Text for consoles that lack some of its marks: the nearest that they have, rather than a question mark.

Importing this module registers `READABLE` as a way to treat encoding errors, for `errors=` of a stream.
"""

import codecs
import unicodedata

READABLE = "modelcheck-readable"
"""The name for `errors=`."""
_NEAREST = {
    "–": "-", "—": "-", "\N{HYPHEN}": "-", "\N{NON-BREAKING HYPHEN}": "-", "\N{MINUS SIGN}": "-",
    "\N{LEFT SINGLE QUOTATION MARK}": "'", "’": "'", "“": '"', "”": '"', "«": '"', "»": '"',
    "…": "...", "·": "-", "•": "*", "×": "x", "÷": "/", "°": "", "→": "->", "←": "<-",
    "≥": ">=", "≤": "<=", "≈": "~", "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss",
    "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ", "\N{REPLACEMENT CHARACTER}": "?",
}  # fmt: skip


def nearest(mark: str) -> str:
    """Return the nearest in ASCII of one character, `?` where there is none."""
    known = _NEAREST.get(mark)
    if known is not None:
        return known
    plain = "".join(one for one in unicodedata.normalize("NFKD", mark) if one.isascii())
    return plain or "?"


def _readable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(nearest, error.object[error.start : error.end])), error.end


codecs.register_error(READABLE, _readable)
