"""Which language this run speaks: `--lang`, MODELCHECK_LANG, the user's own settings, the locale; else English."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelcheck.core.language import ENGLISH, LANGUAGES, language_named

OPTION = "--lang"
VARIABLE = "MODELCHECK_LANG"
LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The variables of a locale; the first that is set decides."""


@dataclass(frozen=True)
class Spoken:
    """The language of a run, and the command line without the option that names it."""

    language: str
    arguments: tuple[str, ...]
    asked: str | None = None
    """A language that was asked for by name and that there are no words in."""


def spoken(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    *,
    own: Callable[[], str | None] = lambda: None,
    system: Callable[[], str | None] = lambda: None,
) -> Spoken:
    """Decide the language; `own` reads the user's settings and `system` asks the platform, each only when needed."""
    given, left = _taken(arguments)
    for asked in (given, environ.get(VARIABLE) or None):
        if asked is not None:
            named = language_named(asked)
            return Spoken(named or ENGLISH, left, asked if named is None else None)
    wanted = own() or next((environ[name] for name in LOCALE if environ.get(name)), None) or system() or ENGLISH
    return Spoken(language_named(wanted) or ENGLISH, left)


def own_language() -> str | None:
    """Return the language of the user's own settings file; None where there is no such file, or it names none."""
    from modelcheck.profiles.ownfile import CONFIG, own_file

    try:
        home = Path.home()
    except RuntimeError:
        home = None
    path = own_file(os.environ, home, sys.platform)
    if path is None or not (os.environ.get(CONFIG) or os.path.lexists(path)):
        return None
    from modelcheck.app.configured import own_language as said

    return said(os.environ)


def system_language() -> str | None:
    """Return the language of the Windows desktop, where no variable names a locale; None elsewhere."""
    if os.name != "nt":
        return None
    import ctypes

    return desktop_language(getattr(ctypes, "windll", None))


def desktop_language(libraries: object) -> str | None:
    """Return the language that the libraries of Windows name, such as `fr_FR`; None where they name none."""
    import locale

    asked = getattr(getattr(libraries, "kernel32", None), "GetUserDefaultUILanguage", None)
    number = asked() if callable(asked) else None
    return locale.windows_locale.get(number) if isinstance(number, int) else None


def help_words(language: str) -> Callable[[str], str]:
    """Return what says a line of help in a language; a line that it has no words for stays English."""
    if language == ENGLISH:
        return lambda line: line
    from modelcheck.reports.lang import words

    said = words(language).help
    return lambda line: said.get(line, line)


def _taken(arguments: Sequence[str]) -> tuple[str | None, tuple[str, ...]]:
    """Take `--lang fr` or `--lang=fr` out of a command line, wherever it stands before `--`; the last one holds."""
    given: str | None = None
    left: list[str] = []
    rest = iter(arguments)
    for word in rest:
        if word == "--":
            left += [word, *rest]
        elif word == OPTION:
            given = next(rest, "")
        elif word.startswith(f"{OPTION}="):
            given = word.partition("=")[2]
        else:
            left.append(word)
    return given, tuple(left)


def languages() -> str:
    """Return the languages as a person would write them on the command line."""
    return ", ".join(LANGUAGES)
