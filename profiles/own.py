"""The user's own settings file, outside every project, and what it says."""

import os
from collections.abc import Mapping
from pathlib import Path

from modelcheck.core.text import printable
from modelcheck.profiles.inside import NotReadable, text_inside
from modelcheck.profiles.layers import Layer, layer
from modelcheck.profiles.ownfile import CONFIG, own_file
from modelcheck.profiles.settings import YAML_LIMIT
from modelcheck.profiles.written import InvalidSettings
from modelcheck.profiles.yamlfile import read_yaml


def own(environ: Mapping[str, str], home: Path | None, system: str, project: Path) -> Layer | None:
    """Return what the user's own file says; None where there is none.

    A link to it is followed, for it is the user's own; what lies in the project is never taken for it.

    Raises:
        InvalidSettings: MODELCHECK_CONFIG names a file that is not there, or the file cannot be used.

    """
    path = own_file(environ, home, system)
    if path is None or not (os.path.lexists(path) or environ.get(CONFIG, "").strip()):
        return None
    shown = shown_path(path, home)
    try:
        real = path.resolve()
        inside = real.is_relative_to(project.resolve())
    except (OSError, RuntimeError, ValueError):
        raise InvalidSettings("{path}, your own settings, cannot be read", path=shown) from None
    if inside:
        raise InvalidSettings(
            "{path}, your own settings, lies inside the project that is looked at, which may not write them; "
            "put the file elsewhere",
            path=shown,
        )
    try:
        text = text_inside(real.parent, (real.name,), YAML_LIMIT)
    except NotReadable as error:
        raise InvalidSettings(error.sentence, **{**error.params, "path": shown}) from None
    return layer(read_yaml(shown, text), home, real.parent)


def shown_path(path: Path, home: Path | None) -> str:
    """Return a path of this machine as it may be shown: the home is `~`."""
    if home is not None and path.is_relative_to(home):
        return printable((Path("~") / path.relative_to(home)).as_posix(), 300)
    return printable(path, 300)
