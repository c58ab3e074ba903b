"""The settings that hold, on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from modelcheck.core.setting import Setting
from modelcheck.reports.lang import Words, words


def print_settings(rows: Sequence[Setting], console: Console, *, origin: bool, language: str = "en") -> None:
    """Print each setting with its value, and who set it if that is asked for; what nobody set is said to be so."""
    said = words(language)
    wide = max((len(row.name) for row in rows), default=0)
    for row in rows:
        value = _value(row, said)
        dim = "dim" if row.value is None else ""
        line = Text.assemble(f"{row.name:<{wide}}  ", (value, dim), (f"  ({row.origin})" if origin else "", "dim"))
        console.print(line, soft_wrap=True)


def _value(row: Setting, said: Words) -> str:
    if row.ignored:
        return said.phrases["setting-ignored"]
    if row.value is None:
        return said.phrases["setting-unset"]
    if isinstance(row.value, bool):
        return said.phrases["setting-yes" if row.value else "setting-no"]
    return said.say("{value}", value=row.value)
