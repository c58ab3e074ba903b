"""The user's cache: where it is on this platform, and whether what lies there is the user's own."""

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

PRIVATE = 0o700
NAME = "modelcheck"
ROOT = 0


def cache_folder(environ: Mapping[str, str], home: Path | None, platform: str = sys.platform) -> Path | None:
    """Return where modelcheck's cache belongs, None where the user has no place for one."""
    given = environ.get("LOCALAPPDATA" if platform == "win32" else "XDG_CACHE_HOME", "")
    if given and Path(given).is_absolute():
        return Path(given) / NAME
    if home is None:
        return None
    usual = {"win32": Path("AppData", "Local"), "darwin": Path("Library", "Caches")}
    return home / usual.get(platform, Path(".cache")) / NAME


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may look into; one that is there must be the user's own.

    Raises:
        OSError: it cannot be made, or is somebody else's.

    """
    _refuse_of_others(folder)
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    if not is_own(folder):
        raise PermissionError("the folder is not the user's own")


def is_own(folder: Path) -> bool:
    """Whether a folder is there, is no link, and belongs to whoever runs this, as far as the platform tells."""
    try:
        info = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(info.st_mode) and info.st_uid == _user(info.st_uid)


def _refuse_of_others(folder: Path) -> None:
    """Under `sudo` nothing is made in the home of the user, who could not write there any more."""
    there = next((path for path in (folder, *folder.parents) if path.is_dir()), None)
    if there is not None and _user(ROOT + 1) == ROOT and there.stat().st_uid != ROOT:
        raise PermissionError("the folder is another user's")


def _user(otherwise: int) -> int:
    """Return the user of this process; `otherwise` on Windows, where a folder of the profile is private anyway."""
    return os.geteuid() if sys.platform != "win32" else otherwise
