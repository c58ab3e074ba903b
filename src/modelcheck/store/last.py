"""The last look at each project: its facts and its report, in a folder of the user's cache."""

import hashlib
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

import msgspec

from modelcheck.core.codec import NotJson, convert, decode_json, encode
from modelcheck.store.cache import is_own, make_private

MOST_PROJECTS = 50
"""Projects that are remembered; the one that was looked at longest ago goes first."""
MOST_BYTES = 64 << 20
"""Of one file; what is larger is not remembered."""
FACTS, REPORT, ABOUT = "facts.json", "report.json", "about.json"
SCHEMA = "modelcheck-last/1"

_PART = ".part-"


class About(msgspec.Struct, frozen=True):
    """What joins the two files, so that neither is taken for the other look's."""

    schema: str
    version: str
    """Of the modelcheck that looked."""
    taken_at: str
    state: str
    """What the project's own files were like, as one word; empty where that was not told."""
    digests: Mapping[str, str]


class Last(msgspec.Struct, frozen=True):
    """What was left of the last look."""

    about: About
    facts: bytes
    report: bytes


def keep(cache: Path, project: Path, last: Last) -> None:
    """Keep a look in the place of the one before.

    Raises:
        OSError: it cannot be kept.

    """
    if max(len(last.facts), len(last.report)) > MOST_BYTES:
        return
    folder = folder_of(cache, project)
    for each in (cache, folder.parent, folder):
        make_private(each)
    digests = {FACTS: _digest(last.facts), REPORT: _digest(last.report)}
    about = encode(msgspec.structs.replace(last.about, digests=digests))
    for name, data in ((FACTS, last.facts), (REPORT, last.report), (ABOUT, about)):
        _write(folder / name, data)
    _forget_oldest(folder.parent)


def recall(cache: Path, project: Path) -> Last | None:
    """Return what was left of the last look; None where there is none, or none that holds together."""
    folder = folder_of(cache, project)
    if not is_own(folder):
        return None
    try:
        about = convert(decode_json(_read(folder / ABOUT), limit=MOST_BYTES), About)
        facts, report = _read(folder / FACTS), _read(folder / REPORT)
    except (OSError, NotJson):
        return None
    whole = about.schema == SCHEMA and about.digests == {FACTS: _digest(facts), REPORT: _digest(report)}
    return Last(about, facts, report) if whole else None


def folder_of(cache: Path, project: Path) -> Path:
    """Return the folder of a project, by a hash of its real path, which says nothing of it."""
    return cache / "last" / hashlib.sha256(os.fsencode(os.path.normcase(project))).hexdigest()[:32]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; only its owner may read it."""
    descriptor, name = mkstemp(prefix=f"{_PART}{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read(path: Path) -> bytes:
    if not stat.S_ISREG(path.lstat().st_mode):
        raise OSError("not a regular file")
    with path.open("rb") as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError("too large")
    return data


def _forget_oldest(folder: Path) -> None:
    """Remove what was looked at longest ago beyond the bound: files by their known names alone, never a whole tree."""
    with os.scandir(folder) as found:
        kept = sorted((_time(Path(one.path)), one.path) for one in found if one.is_dir(follow_symlinks=False))
    for _, path in kept[:-MOST_PROJECTS]:
        with suppress(OSError):
            for file in list(Path(path).iterdir()):
                if file.name in {FACTS, REPORT, ABOUT} or file.name.startswith(_PART):
                    file.unlink()
            Path(path).rmdir()


def _time(folder: Path) -> int:
    try:
        return (folder / ABOUT).lstat().st_mtime_ns
    except OSError:
        return 0
