"""The user's own settings file, outside every project, and what it says and lets pass."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from modelcheck.core.exceptions import Exemption, What
from modelcheck.core.facts import Place
from modelcheck.core.name import InvalidName, pull_target
from modelcheck.core.ruling import Action
from modelcheck.core.sentence import Told
from modelcheck.core.text import printable
from modelcheck.profiles.declared import OwnFile
from modelcheck.profiles.inside import NotReadable, text_inside
from modelcheck.profiles.layers import Layer, layer
from modelcheck.profiles.ownfile import CONFIG, own_file
from modelcheck.profiles.settings import LONGEST, YAML_LIMIT
from modelcheck.profiles.written import InvalidSettings, Written
from modelcheck.profiles.yamlfile import read_yaml

LONGEST_SUBJECT = 1000
"""Characters of a model's name or of a request."""
OPENABLE = tuple(one.value for one in Action if one not in {Action.LOOK, Action.PULL})
"""What an exception for a request may open; a look needs none, and a pull has a kind of its own."""


def own(environ: Mapping[str, str], home: Path | None, system: str, project: Path | None) -> Layer | None:
    """Return what the user's own file says; None where there is none.

    A link to it is followed, for it is the user's own; what lies in the project, if there is one, is never taken for
    it.

    Raises:
        InvalidSettings: MODELCHECK_CONFIG names a file that is not there, or the file cannot be used.

    """
    path = own_file(environ, home, system)
    if path is None or not (os.path.lexists(path) or environ.get(CONFIG, "").strip()):
        return None
    shown = shown_path(path, home)
    try:
        real = path.resolve()
        inside = project is not None and real.is_relative_to(project.resolve())
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
    return own_layer(read_yaml(shown, text), home, real.parent)


def own_layer(written: Written, home: Path | None, folder: Path | None = None) -> Layer:
    """Return what the text of the user's own file says.

    Raises:
        InvalidSettings: something in it cannot be used.

    """
    found = layer(written, home, folder, OwnFile)
    for index, one in enumerate(exemptions(found)):
        if told := _fault(one):
            raise written.refused(told, "exceptions", index)
    return found


def exemptions(found: Layer) -> tuple[Exemption, ...]:
    """Return what the user's own file lets pass, each with its line, whether it still holds or not."""
    declared = found.said.exceptions if isinstance(found.said, OwnFile) else ()
    return tuple(
        Exemption(
            what=What(one.what),
            subject=printable(one.subject, LONGEST_SUBJECT),
            reason=printable(one.reason, LONGEST),
            approver=printable(one.approver, LONGEST),
            until=one.until,
            at=Place(found.written.name, found.written.line_of("exceptions", index)),
        )
        for index, one in enumerate(declared)
    )


def _fault(exemption: Exemption) -> Told | None:
    """Say why an exception could never let anything pass; None where it can."""
    try:
        datetime.fromisoformat(exemption.until)
    except ValueError:
        return Told("{until} is no day that there is", until=exemption.until)
    if exemption.what is What.PULL:
        try:
            pull_target(exemption.subject)
        except InvalidName as error:
            return Told("an exception for a pull takes the name of a model: {reason}", reason=str(error))
        return None
    action, _, target = exemption.subject.partition(" ")
    if action not in OPENABLE or not target:
        return Told(
            "an exception for a request takes what it does and to what, such as `delete qwen3:8b`; it may be one of "
            "{actions}",
            actions=", ".join(OPENABLE),
        )
    return None


def shown_path(path: Path, home: Path | None) -> str:
    """Return a path of this machine as it may be shown: the home is `~`."""
    if home is not None and path.is_relative_to(home):
        return printable((Path("~") / path.relative_to(home)).as_posix(), 300)
    return printable(path, 300)
