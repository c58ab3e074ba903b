"""Where the user's own settings file would lie on each system; nothing is read, and little is imported."""

from collections.abc import Mapping
from pathlib import Path

CONFIG = "MODELCHECK_CONFIG"
"""The variable that names another file."""
FOLDER = "modelcheck"
NAME = "modelcheck.yaml"


def own_file(environ: Mapping[str, str], home: Path | None, system: str) -> Path | None:
    """Return where the user's own settings would lie; None where the machine knows no home.

    Args:
        environ: the environment; MODELCHECK_CONFIG names another file.
        home: the user's home.
        system: as `sys.platform` says it.

    """
    if named := environ.get(CONFIG, "").strip():
        return _expanded(named, home)
    folder = _config_folder(environ, home, system)
    return None if folder is None else folder / FOLDER / NAME


def _config_folder(environ: Mapping[str, str], home: Path | None, system: str) -> Path | None:
    if system == "win32":
        roaming = environ.get("APPDATA", "")
        return Path(roaming) if roaming and Path(roaming).is_absolute() else None
    if system == "darwin":
        return None if home is None else home / "Library" / "Application Support"
    named = environ.get("XDG_CONFIG_HOME", "")
    if named and Path(named).is_absolute():
        return Path(named)
    return None if home is None else home / ".config"


def _expanded(named: str, home: Path | None) -> Path:
    if home is not None and named.startswith(("~/", "~\\")):
        return home / named[2:]
    return Path.cwd() / named
