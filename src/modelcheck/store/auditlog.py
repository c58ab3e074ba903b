"""Where the audit log of a guard is kept unless its operator says otherwise: a folder of the user's own."""

import sys
from collections.abc import Mapping
from pathlib import Path

from modelcheck.store.cache import NAME


def audit_folder(environ: Mapping[str, str], home: Path | None, platform: str = sys.platform) -> Path | None:
    """Return the folder of the audit logs, None where the user has no place for one."""
    given = environ.get("LOCALAPPDATA" if platform == "win32" else "XDG_STATE_HOME", "")
    if given and Path(given).is_absolute():
        return Path(given) / NAME
    if home is None:
        return None
    usual = {"win32": Path("AppData", "Local"), "darwin": Path("Library", "Logs")}
    return home / usual.get(platform, Path(".local", "state")) / NAME
