"""systemd units of Ollama and their drop-ins (Linux), read as files: the variables that the next start would get."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath

from modelcheck.core.gap import Gap, Why
from modelcheck.core.text import printable
from modelcheck.core.variables import kind_of
from modelcheck.probes.envfile import bindings, decoded
from modelcheck.probes.files import Unreadable, read_regular
from modelcheck.probes.serving.roots import Roots

UNIT = "ollama.service"
LIMIT = 256 << 10
"""Bytes of one file."""
MOST_DROP_INS = 100

_SYSTEM = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
_USER = ("/etc/systemd/user", "/run/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user")

_WORD = re.compile(r"""\s*((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\.|[^\s"'\\])+)""")
_PIECE = re.compile(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|((?:\\.|[^\s"'\\])+)""")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "s": " "}


@dataclass
class Unit:
    """A unit with its drop-ins: what it sets, and what of it could not be read."""

    where: str
    """As a report names it."""
    values: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    files: list[str] = field(default_factory=list[str])
    """Environment files, in the order in which they are read."""
    unset: set[str] = field(default_factory=set[str])
    """What it takes out of the environment in the end."""
    unread: list[Gap] = field(default_factory=list[Gap])


def find_units(roots: Roots) -> tuple[Unit, ...]:
    """Return the unit of the system and the one of the user, where there are any."""
    own = () if roots.home is None else (roots.home / ".config" / "systemd" / "user",)
    places = {
        UNIT: tuple(roots.at(path) for path in _SYSTEM),
        f"{UNIT} (user)": (*own, *(roots.at(path) for path in _USER)),
    }
    units = (_find(where, folders, roots) for where, folders in places.items())
    return tuple(unit for unit in units if unit is not None)


def read_unit(texts: Iterator[str] | list[str], unit: Unit) -> None:
    """Take in the text of a unit and of its drop-ins, in their order: a later line adds to or resets an earlier one."""
    for text in texts:
        section = ""
        for line in _joined(text):
            if line.startswith("["):
                section = line
                continue
            key, _, value = line.partition("=")
            if section == "[Service]":
                _take(unit, key.strip(), value.strip())


def _find(where: str, folders: tuple[Path, ...], roots: Roots) -> Unit | None:
    """Read a unit: the first folder's main file counts, and of drop-ins of one name the first folder's."""
    unit = Unit(where)
    main = next((folder / UNIT for folder in folders if os.path.lexists(folder / UNIT)), None)
    if main is None:
        return None
    texts = [_text(main, unit), *(_text(path, unit) for path in _drop_ins(folders))]
    if not texts[0]:  # empty, or a link to /dev/null: masked, so that nothing starts it
        return unit if unit.unread else None
    read_unit(texts, unit)
    for path in unit.files[:MOST_DROP_INS]:
        _read_file(unit, path, roots)
    for name in unit.unset:
        unit.values.pop(name, None)
    return unit


def _drop_ins(folders: tuple[Path, ...]) -> list[Path]:
    found: dict[str, Path] = {}
    for folder in folders:
        try:
            with os.scandir(folder / f"{UNIT}.d") as entries:
                names = [entry.name for entry in islice(entries, MOST_DROP_INS) if entry.name.endswith(".conf")]
        except OSError:
            continue
        for name in names:
            found.setdefault(name, folder / f"{UNIT}.d" / name)
    return [found[name] for name in sorted(found)]


def _text(path: Path, unit: Unit) -> str:
    if _is_masked(path):
        return ""
    try:
        return read_regular(path, LIMIT).decode("utf-8", "replace")
    except OSError as error:
        reason = str(error) if isinstance(error, Unreadable) else "it is not there"
        unit.unread.append(Gap(Why.UNREADABLE, about=f"{printable(path.name, 60)}: {reason}"))
        return ""


def _is_masked(path: Path) -> bool:
    try:
        return path.readlink() == Path("/dev/null")
    except OSError:
        return False


def _joined(text: str) -> Iterator[str]:
    """Yield logical lines: a backslash at the end joins the next one, and comments count nowhere."""
    held = ""
    for line in text.split("\n"):
        if line.lstrip().startswith(("#", ";")):
            continue
        if line.endswith("\\"):
            held += line[:-1] + " "
            continue
        yield (held + line).strip()
        held = ""
    yield held.strip()


def _take(unit: Unit, key: str, value: str) -> None:
    if key == "Environment":
        if not value:
            unit.values.clear()
        for word in words(value):
            name, found, text = word.partition("=")
            if found and kind_of(name) is not None:
                _set(unit, name, text)
    elif key == "EnvironmentFile":
        unit.files = [*unit.files, value] if value else []
    elif key == "UnsetEnvironment":
        unit.unset.update(word.partition("=")[0] for word in words(value))


def _set(unit: Unit, name: str, text: str) -> None:
    """Set a variable; one whose value only systemd could complete (`%h`) is left out, and said."""
    if "%" in text.replace("%%", ""):
        unit.unread.append(Gap(Why.NOT_UNDERSTOOD, about=f"{name}: a specifier of systemd"))
    else:
        unit.values[name] = text.replace("%%", "%")


def words(text: str) -> list[str]:
    """Split a value as systemd does: at white space, with quotes and backslashes."""
    return ["".join(_piece(match) for match in _PIECE.finditer(word)) for word in _WORD.findall(text)]


def _piece(match: re.Match[str]) -> str:
    return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), match[match.lastindex or 0])


def _read_file(unit: Unit, written: str, roots: Roots) -> None:
    """Take what an environment file sets over what the unit sets, as systemd does."""
    path = written.removeprefix("-")
    if not path.startswith("/") or any(mark in path for mark in "*?[%"):
        unit.unread.append(Gap(Why.NOT_UNDERSTOOD, about="an EnvironmentFile by pattern"))
        return
    name = printable(PurePosixPath(path).name, 60)
    try:
        text = decoded(read_regular(roots.at(path), LIMIT))
    except FileNotFoundError:
        if not written.startswith("-"):
            unit.unread.append(Gap(Why.NOT_THERE, about=name))
    except (Unreadable, UnicodeDecodeError) as error:
        reason = str(error) if isinstance(error, Unreadable) else "it is not UTF-8"
        unit.unread.append(Gap(Why.UNREADABLE, about=f"{name}: {reason}"))
    else:
        unit.values.update({one.name: one.value for one in bindings(text) if kind_of(one.name) is not None})
