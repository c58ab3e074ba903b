"""Keys written out in files of the project: the native configuration and `.env*` beside it."""

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from modelcheck.core.codec import NotJson, decode_json
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Configuration, Reading
from modelcheck.core.sources import KeyFile, KeyFiles, KeyLiteral
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.envfile import bindings, decoded
from modelcheck.probes.files import Unreadable, read_bytes
from modelcheck.probes.gittree import Standing, read_standing
from modelcheck.probes.probe import probe
from modelcheck.probes.shape import Shapes

LIMIT = 1 << 20
"""Bytes of a file that is searched."""
MOST_ENV_FILES = 20
MOST_ENTRIES = 20_000
"""Names in the project's root that are gone through."""
MOST_LITERALS = 200
GENERIC = "generic"

_ENV = ".env"
_NOT_FOR_KEYS = frozenset({"example", "sample", "template", "dist"})
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[:{]|\n')


@probe
def key_files(access: Access, configuration: Configuration) -> KeyFiles:
    """Search the files that may hold keys, and ask git's own records whether each is tracked or ignored."""
    names, all_of_them = _env_names(access.root)
    paths = [configuration.path, *names] if configuration.reading is Reading.READ else names
    standing = read_standing(access.root, paths)
    shapes = Shapes(access.providers)
    files = [_key_file(access.root, path, shapes, standing[path]) for path in paths]
    if not all_of_them:
        gap = Gap(Why.TOO_MUCH, about=f"more than {MOST_ENV_FILES} files named {_ENV}*")
        files.append(KeyFile(f"{_ENV}*", is_env=False, literals=gap, tracked=gap, ignored=gap))
    return KeyFiles(tuple(files))


def is_env_file(name: str) -> bool:
    """Whether a file's purpose is to hold keys: `.env`, `.env.local`, and not `.env.example`."""
    first, *rest = name.lower().split(".")[1:] or [""]
    return name.startswith(".") and first == "env" and not _NOT_FOR_KEYS.intersection(rest)


def literals_in(text: str, shapes: Shapes, *, is_json: bool) -> tuple[KeyLiteral, ...]:
    """Find the keys in a text: by the providers' patterns anywhere, by a key-like name where settings are understood.

    The text must be JSON if it is said to be.
    """
    found = {(number, kind) for number, line in enumerate(text.split("\n"), 1) for kind in shapes.kinds_in(line)}
    known = {number for number, _ in found}
    settings = _json_settings(text) if is_json else ((each.line, each.name, each.value) for each in bindings(text))
    for number, name, value in settings:
        if number not in known and shapes.is_literal(name, value):
            found.add((number, GENERIC))
    return tuple(KeyLiteral(number, kind) for number, kind in sorted(found)[:MOST_LITERALS])


def _env_names(root: Path) -> tuple[list[str], bool]:
    """Return the names of the `.env*` files directly in the root, and whether these are all."""
    try:
        with os.scandir(root) as entries:
            some = list(islice(entries, MOST_ENTRIES + 1))
    except OSError:
        return [], False
    names = sorted(each.name for each in some if each.name.startswith(_ENV) and not each.is_dir(follow_symlinks=False))
    return names[:MOST_ENV_FILES], len(names) <= MOST_ENV_FILES and len(some) <= MOST_ENTRIES


def _key_file(root: Path, path: str, shapes: Shapes, standing: Standing) -> KeyFile:
    name = path.rpartition("/")[2]
    is_env = is_env_file(name)
    literals = _literals(root, path, shapes, is_json=not name.startswith(_ENV))
    return KeyFile(printable(path), is_env, literals, standing.tracked, standing.ignored)


def _literals(root: Path, path: str, shapes: Shapes, *, is_json: bool) -> tuple[KeyLiteral, ...] | Gap:
    """Search one file. What is not in its own format is still searched; only what was found there is then proven."""
    doubt: Gap | None = None
    try:
        data = read_bytes(root, path, LIMIT)
    except FileNotFoundError:
        return Gap(Why.NOT_THERE, about=printable(path))
    except Unreadable as reason:
        return Gap(Why.UNREADABLE, about=f"{printable(path)}: {reason}")
    try:
        text = decoded(data)
        if is_json:
            decode_json(data, limit=LIMIT)
    except (UnicodeDecodeError, NotJson):
        text = data.decode("utf-8", "replace")
        is_json = False
        doubt = Gap(Why.UNREADABLE, about=printable(path))
    return literals_in(text, shapes, is_json=is_json) or doubt or ()


def _json_settings(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, key and value of every key that holds a text, wherever it is nested."""
    line, previous, key = 1, "", None
    for match in _TOKENS.finditer(text):
        word = match.group()
        if word == "\n":
            line += 1
            continue
        if key is not None and word[0] == '"':
            yield line, _unquoted(key), _unquoted(word)
        key = previous if word == ":" else None
        previous = word


def _unquoted(text: str) -> str:
    return str(decode_json(text.encode(), limit=LIMIT))
