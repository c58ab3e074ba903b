"""One exception more in the user's own settings file: written whole or not at all, and only its owner may read it."""

import os
import stat
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from modelcheck.app.errors import UserError
from modelcheck.app.places import home as own_home
from modelcheck.core.exceptions import Exemption
from modelcheck.core.sentence import Told
from modelcheck.core.text import printable
from modelcheck.profiles.additions import with_exception
from modelcheck.profiles.inside import NotReadable, text_inside
from modelcheck.profiles.own import shown_path
from modelcheck.profiles.ownfile import own_file
from modelcheck.profiles.settings import YAML_LIMIT
from modelcheck.store.cache import make_private

MARK = b"\xef\xbb\xbf"
"""With which some editors of Windows begin a file."""
MOST_NAME = 100
"""Characters of a name that the file beside it keeps."""


def add_exception(exemption: Exemption, environ: Mapping[str, str] | None = None, home: Path | None = None) -> str:
    """Add an exception to the user's own file, and return the file as it may be shown; a link to it stays one.

    Raises:
        UserError: the file cannot be used, or not be written.

    """
    place = home or own_home()
    path = own_file(os.environ if environ is None else environ, place, sys.platform)
    if path is None:
        raise UserError("there is no home for settings of your own; MODELCHECK_CONFIG names a file for them")
    shown = shown_path(path, place)
    try:
        _add(path.resolve(), shown, exemption)
    except Told as told:
        raise UserError.of(told) from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = printable(getattr(error, "strerror", None) or type(error).__name__)
        raise UserError("{path} cannot be written: {reason}", path=shown, reason=reason) from None
    return shown


def _add(path: Path, shown: str, exemption: Exemption) -> None:
    before = _text(path, shown)
    after = with_exception(shown, before or "", exemption).encode()
    mode: int | None = None
    if before is None:
        if not path.parent.is_dir():
            make_private(path.parent)
    else:
        info = path.stat()
        if info.st_uid != (os.geteuid() if sys.platform != "win32" else info.st_uid):
            raise Told("{path} is another user's, and is left as it is", path=shown)
        mode = stat.S_IMODE(info.st_mode)
        with path.open("rb") as stream:
            after = MARK * (stream.read(len(MARK)) == MARK) + after
    if not _write(path, after, mode, lambda: _text(path, shown) == before):
        raise Told("{path} was changed meanwhile, and is left as it is; try again", path=shown)


def _text(path: Path, shown: str) -> str | None:
    """Return what the file holds; None where there is none."""
    if not os.path.lexists(path):
        return None
    try:
        return text_inside(path.parent, (path.name,), YAML_LIMIT)
    except NotReadable as error:
        raise NotReadable(error.sentence, **{**error.params, "path": shown}) from None


def _write(path: Path, data: bytes, mode: int | None, is_as_read: Callable[[], bool]) -> bool:
    """Write beside the file and take its place in one step; False where somebody else has written it meanwhile.

    A new file is its owner's alone; one that was there keeps its permissions.
    """
    descriptor, name = mkstemp(prefix=f".{path.name[:MOST_NAME]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            Path(name).chmod(mode)
        is_same = is_as_read()
        if is_same:
            Path(name).replace(path)
        return is_same
    finally:
        with suppress(OSError):
            Path(name).unlink()
