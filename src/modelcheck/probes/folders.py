"""Folders of models: which of them may be opened, how they are shown, and what in them stays inside."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath, PureWindowsPath

from modelcheck.core.filekinds import is_link, is_recalled
from modelcheck.core.gap import Gap, Why
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.files import Unreadable, read_regular
from modelcheck.probes.stream import Stopped, opened

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


@dataclass(frozen=True)
class Children:
    """What lies directly in a folder, by name; nothing that leads out of it."""

    folders: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    """Regular files alone."""
    left_out: Gap | None = None
    """Why some names are not among them; None where all of them were looked at."""


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
        top = self.path.parts
        if path.parts[: len(top)] != top or ".." in path.parts:
            raise Unreadable(_OUTWARD)
        at = str(self.path)
        info = os.lstat(at)
        for step in path.parts[len(top) :]:
            at = f"{at}{os.sep}{step}"  # a text: this is done for each blob, and a path costs more than the question
            info = os.lstat(at)
            if is_link(info):
                self._refuse_outward(Path(at))
                info = os.stat(at)  # noqa: PTH116 - a text
        return info

    def read(self, path: Path, limit: int) -> bytes:
        """Return a file of at most `limit` bytes; raises as `look` does, and Unreadable for what must not be opened."""
        self.refuse_recalled(path)
        return read_regular(path, limit)

    def head(self, path: Path, count: int) -> bytes:
        """Return the first bytes of a file, fewer where it is shorter; raises as `read` does."""
        size = self.refuse_recalled(path).st_size
        try:
            with opened(path, 2 * max(count, 4096)) as stream:
                return stream.take(min(count, size))
        except Stopped as stopped:
            raise Unreadable(stopped.gap.about) from None

    def refuse_recalled(self, path: Path) -> os.stat_result:
        """Look, and raise Unreadable for what only a cloud drive holds."""
        info = self.look(path)
        if is_recalled(info):
            raise Unreadable(_RECALL)
        return info

    def listed(self, path: Path) -> Children:
        """Return what lies directly in a part of the folder."""
        try:
            with os.scandir(path) as found:
                entries = list(islice(found, MOST_CHILDREN + 1))
        except OSError as error:
            gone = isinstance(error, FileNotFoundError | NotADirectoryError)
            return Children(left_out=Gap(Why.NOT_THERE if gone else Why.UNREADABLE, about=self.shown))
        folders: list[Path] = []
        files: list[Path] = []
        left_out = None
        for entry in entries[:MOST_CHILDREN]:
            try:
                if is_link(entry.stat(follow_symlinks=False)):
                    self._refuse_outward(Path(entry.path))
                if entry.is_dir():
                    folders.append(Path(entry.path))
                elif entry.is_file():
                    files.append(Path(entry.path))
            except Unreadable:
                left_out = Gap(Why.NOT_TRUSTED, about="a link out of the folder", hint="--models-dir FOLDER")
            except OSError:
                continue
        if len(entries) > MOST_CHILDREN:
            left_out = Gap(Why.TOO_MUCH, about=f"{MOST_CHILDREN} names in a folder")
        return Children(tuple(sorted(folders)), tuple(sorted(files)), left_out)

    def children(self, path: Path, *, folders: bool) -> list[Path]:
        """Return the folders, or else the regular files, in a part of the folder, by name; none that leads out."""
        found = self.listed(path)
        return list(found.folders if folders else found.files)

    def _refuse_outward(self, link: Path) -> None:
        """Judge a link by its text before it is followed: following one to a Windows server already logs in there."""
        target = str(link.readlink()).removeprefix("\\\\?\\")
        written = Path(os.path.normpath(link.parent / target))
        if not (written.is_relative_to(self.path) and Path(os.path.realpath(link)).is_relative_to(self.path)):
            raise Unreadable(_OUTWARD)


def bytes_used(info: os.stat_result) -> int:
    """Return the bytes that a file takes on its disk, holes not counted where the system tells them."""
    blocks = getattr(info, "st_blocks", None)
    return info.st_size if blocks is None else min(blocks * 512, info.st_size)


def is_local(path: Path) -> bool:
    r"""Whether a path is absolute and names neither a server (`\\server`) nor a device (`\\?\`, `\\.\`)."""
    return path.is_absolute() and not str(path).replace("\\", "/").startswith("//")


def folders_at(paths: Iterable[Path], home: Path | None) -> list[Folder]:
    """Return those that may be opened, there or not, each once."""
    local = ((path, Path(os.path.realpath(path))) for path in paths if is_local(path))
    found = {real: Folder(real, shown(path, home)) for path, real in local if is_local(real)}
    return list(found.values())


def refused(access: Access) -> Gap | None:
    """Return the gap for the first folder that the user gave and that must not be opened."""
    for path in access.models_dirs:
        if not is_local(path):
            return Gap(Why.NOT_TRUSTED, about=shown(path, access.home), hint="--models-dir FOLDER")
    return None


def is_closed(folder: Folder) -> bool:
    """Whether a folder is there and the system does not let us look into it."""
    try:
        with os.scandir(folder.path):
            return False
    except PermissionError:
        return True
    except OSError:
        return False


def shown(path: Path, home: Path | None) -> str:
    """Return a path as a shared report may show it: from the home folder, else its last part."""
    plain = Path(os.path.normpath(path))
    if str(path) in SERVICE_PLACES:
        return str(path)
    if home is not None and home.name and plain.is_relative_to(home):
        return printable(PurePosixPath("~", *plain.relative_to(home).parts))
    return printable(f"…/{PureWindowsPath(plain.name).name}")


def shown_below(folder: Folder, path: Path) -> str:
    """Return a part of a folder as a shared report may show it."""
    return printable(PurePosixPath(folder.shown, *path.relative_to(folder.path).parts), 300)
