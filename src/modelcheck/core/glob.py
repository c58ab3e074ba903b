"""Patterns from outside: `*` stands for any text, `?` for one mark; matched in bounded time, whatever they hold."""

LONGEST = 200
"""Marks of a pattern."""


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits, upper and lower case apart; the time grows with the product of both lengths."""
    step = at = begin = 0
    star: int | None = None
    while at < len(text):
        mark = pattern[step : step + 1]
        if mark == "*":
            star = step = step + 1
            begin = at
        elif mark in {"?", text[at]}:
            step, at = step + 1, at + 1
        elif star is None:
            return False
        else:
            # The last star takes one mark more; those before it need not be tried again.
            step, begin = star, begin + 1
            at = begin
    return not pattern[step:].strip("*")
