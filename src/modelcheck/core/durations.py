"""Durations as Go writes them, which is how Ollama reads its own."""

import math
import re

_MOST_WRITTEN = 200
"""Characters of a duration or a number; more is none."""
_LARGEST = (1 << 63) - 1
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PIECE = re.compile(r"(?P<whole>[0-9]*)(?:\.(?P<part>[0-9]*))?(?P<unit>[^0-9.]+)")
_SIGNED = re.compile(r"[+-]?[0-9]+")


def keep_seconds(text: str) -> float | None:
    """Read a time to keep a model, a Go duration or whole seconds; negative is for ever, None where it is neither."""
    nanoseconds = duration(text)
    if nanoseconds is not None:
        return math.inf if nanoseconds < 0 else nanoseconds / 10**9
    if len(text) > _MOST_WRITTEN or _SIGNED.fullmatch(text) is None:
        return None
    seconds = int(text)
    if not -_LARGEST - 1 <= seconds <= _LARGEST:
        return None
    return math.inf if seconds < 0 else float(seconds)


def duration(text: str) -> int | None:
    """Read a duration as Go writes it, such as `1h30m` or `-1s`, in nanoseconds; None where it is none."""
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in {"-", "+"} else text
    if rest == "0":
        return 0
    if not rest or len(text) > _MOST_WRITTEN:
        return None
    total = at = 0
    while at < len(rest):
        piece = _PIECE.match(rest, at)
        amount = _amount(piece) if piece is not None else None
        if piece is None or amount is None:
            return None
        total, at = total + amount, piece.end()
    limit = _LARGEST + 1 if sign < 0 else _LARGEST
    return sign * total if total <= limit else None


def _amount(piece: re.Match[str]) -> int | None:
    whole, part, unit = piece["whole"], piece["part"] or "", _UNITS.get(piece["unit"])
    if unit is None or not (whole or part):
        return None
    scale: int = 10 ** len(part)
    return int(whole or 0) * unit + int(part or 0) * unit // scale
