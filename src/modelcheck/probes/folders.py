"""Folders of models: which of them may be opened, what each holds, and what in them stays inside."""

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath, PureWindowsPath

from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.files import Unreadable, read_regular

MOST_CHILDREN = 20_000
"""Names that are looked at in one folder."""

SERVICE_PLACES = (
    "/usr/share/ollama/.ollama/models",  # Ollama's own installer
    "/var/lib/ollama/.ollama/models",  # distributions' packages, as are the two below
    "/var/lib/ollama/models",
    "/var/lib/ollama",
)
"""Where the store lies when Ollama runs as a service of Linux."""

_OUTWARD = "a link leads out of the folder"
_RECALL = "a cloud drive holds it"
_JUNCTION = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT, which `stat` names on Windows alone
_RECALLED = 0x1000 | 0x40000 | 0x400000  # Windows: OFFLINE, RECALL_ON_OPEN, RECALL_ON_DATA_ACCESS
_DATALESS = 0x40000000  # macOS: SF_DATALESS


@dataclass(frozen=True)
class Folder:
    """A folder that may be opened."""

    path: Path
    """Its real path, links followed."""
    shown: str
    """As a shared report may show it."""

    def look(self, path: Path) -> os.stat_result:
        """Return what lies at a path in the folder.

        Raises:
            FileNotFoundError: nothing is there.
            Unreadable: a link on the way leads out of the folder.
            OSError: the system does not let us look.

        """
        at = self.path
        info = os.lstat(at)
        for step in path.relative_to(at).parts:
            at /= step
            info = os.lstat(at)
            if _is_link(info):
                self._refuse_outward(at)
                info = at.stat()
        return info

    def read(self, path: Path, limit: int) -> bytes:
        """Return a file of at most `limit` bytes; raises as `look` does, and Unreadable for what must not be opened."""
        if is_recalled(self.look(path)):
            raise Unreadable(_RECALL)
        return read_regular(path, limit)

    def children(self, path: Path, *, folders: bool) -> list[Path]:
        """Return the folders, or else the regular files, in a part of the folder, by name; none that leads out."""
        try:
            with os.scandir(path) as found:
                entries = list(islice(found, MOST_CHILDREN))
        except OSError:
            return []
        return sorted(Path(entry.path) for entry in entries if self._is_child(entry, folders=folders))

    def _is_child(self, entry: os.DirEntry[str], *, folders: bool) -> bool:
        try:
            if _is_link(entry.stat(follow_symlinks=False)):
                self._refuse_outward(Path(entry.path))
            return entry.is_dir() if folders else entry.is_file()
        except OSError:
            return False

    def _refuse_outward(self, link: Path) -> None:
        """Judge a link by its text before it is followed: following one to a Windows server already logs in there."""
        target = str(link.readlink()).removeprefix("\\\\?\\")
        written = Path(os.path.normpath(link.parent / target))
        if not (written.is_relative_to(self.path) and Path(os.path.realpath(link)).is_relative_to(self.path)):
            raise Unreadable(_OUTWARD)


def find_store(access: Access) -> Folder:
    """Return the first Ollama store: of the folders that the user gave, else of the standard places.

    Raises Unseen where there is none that can be read.
    """
    return _find(access, _is_store, _has_files, "an Ollama store")


def find_loose(access: Access) -> Folder:
    """Return the first folder of GGUF files, from the same folders; raises Unseen where there is none."""
    return _find(access, _has_files, _is_store, "a folder of GGUF files")


def gguf_files(folder: Folder) -> list[Path]:
    """Return the GGUF files that lie directly in a folder, by name."""
    return [path for path in folder.children(folder.path, folders=False) if path.suffix.lower() == ".gguf"]


def is_recalled(info: os.stat_result) -> bool:
    """Whether a cloud drive holds the content, so that opening the file would fetch it."""
    return bool(getattr(info, "st_file_attributes", 0) & _RECALLED or getattr(info, "st_flags", 0) & _DATALESS)


def is_local(path: Path) -> bool:
    r"""Whether a path is absolute and names neither a server (`\\server`) nor a device (`\\?\`, `\\.\`)."""
    return path.is_absolute() and not str(path).replace("\\", "/").startswith("//")


def shown(path: Path, home: Path | None) -> str:
    """Return a path as a shared report may show it: from the home folder, else its last part."""
    plain = Path(os.path.normpath(path))
    if str(path) in SERVICE_PLACES:
        return str(path)
    if home is not None and home.name and plain.is_relative_to(home):
        return printable(PurePosixPath("~", *plain.relative_to(home).parts))
    return printable(f"…/{PureWindowsPath(plain.name).name}")


Holds = Callable[[Folder], bool]


def _find(access: Access, wanted: Holds, other: Holds, what: str) -> Folder:
    given = _opened(access.models_dirs, access)
    # A given folder that holds the other kind says nothing about this one, so the standard places still count;
    # not where the user names the server too: its store need not be the one on this disk.
    beside = "ollama" not in access.endpoints and all(other(folder) for folder in given)
    standard = _opened(_standard_places(access), access) if beside or not access.models_dirs else []
    for folder in (*given, *standard):
        if wanted(folder):
            return folder
    raise Unseen(_why_none(access, (*given, *standard), what))


def _why_none(access: Access, folders: Iterable[Folder], what: str) -> Gap:
    for path in access.models_dirs:
        if not is_local(path):
            return Gap(Why.NOT_TRUSTED, about=shown(path, access.home), hint="--models-dir FOLDER")
    for folder in folders:
        if _is_closed(folder):
            return Gap(Why.UNREADABLE, about=folder.shown)
    return Gap(Why.NOT_THERE, about=what, hint="--models-dir FOLDER")


def _opened(paths: Iterable[Path], access: Access) -> list[Folder]:
    local = ((path, Path(os.path.realpath(path))) for path in paths if is_local(path))
    return [Folder(real, shown(path, access.home)) for path, real in local if is_local(real)]


def _standard_places(access: Access) -> Iterator[Path]:
    named = access.environ.get("OLLAMA_MODELS", "").strip(" \t\r\n\"'")  # as Ollama strips it
    if named:
        yield Path(named)
    if access.home is not None:
        yield access.home / ".ollama" / "models"
    if access.environ and sys.platform == "linux":  # a demo has no environment, and sees nothing of this machine
        yield from map(Path, SERVICE_PLACES)


def _is_store(folder: Folder) -> bool:
    try:
        return stat.S_ISDIR(folder.look(folder.path / "manifests").st_mode)
    except OSError:
        return False


def _has_files(folder: Folder) -> bool:
    return bool(gguf_files(folder))


def _is_closed(folder: Folder) -> bool:
    try:
        with os.scandir(folder.path):
            return False
    except PermissionError:
        return True
    except OSError:
        return False


def _is_link(info: os.stat_result) -> bool:
    return stat.S_ISLNK(info.st_mode) or getattr(info, "st_reparse_tag", 0) == _JUNCTION
