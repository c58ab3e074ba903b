"""Where the project and the user's home are, and which folders are no project."""

from pathlib import Path

from modelcheck.app.errors import NothingSeen, UserError
from modelcheck.core.text import printable


def project_root(path: Path) -> Path:
    """Return the folder to audit; a home folder or the root of a drive is refused."""
    try:
        root = path.resolve()
        is_folder = root.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        if not path.is_absolute() and isinstance(error, FileNotFoundError):
            raise  # it is the folder that the user stands in
        reason = getattr(error, "strerror", None) or "its links lead in a circle"
        raise UserError("{path} cannot be opened: {reason}", path=printable(path), reason=reason) from None
    if not is_folder:
        raise UserError("{path} is not a folder; name the folder of the project", path=path)
    if root == root.parent or root == home():
        raise NothingSeen(
            "{path} is a home folder or the root of a drive, not a project; go into the project's folder", path=path
        )
    return root


def home() -> Path | None:
    """Return the user's home; None where the machine knows none."""
    try:
        return Path.home().resolve()
    except (RuntimeError, OSError):
        return None
