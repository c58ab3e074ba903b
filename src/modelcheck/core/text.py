"""Outside text made fit to show: one line, bounded, nothing that moves a cursor or turns the direction of writing."""

MOST = 120
"""Characters that are shown unless a caller says otherwise."""


def printable(text: object, most: int = MOST) -> str:
    """Return text on one line, free of control and direction characters, cut at `most` characters."""
    head = str(text)[: most + 1]
    shown = "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in head)
    return shown if len(shown) <= most else shown[: most - 1] + "…"
