"""The project's settings: `modelcheck.yaml` or `[tool.modelcheck]`; they describe and tighten, and never allow."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import msgspec

from modelcheck.core.exceptions import Exceptions, Exemption, Ignore, What
from modelcheck.core.facts import Place
from modelcheck.core.intent import Expectations
from modelcheck.core.sentence import Told
from modelcheck.core.text import printable
from modelcheck.profiles.declared import USERS_ALONE, Cloud, Declared, Expect, expectations
from modelcheck.profiles.inside import NotReadable, text_inside
from modelcheck.profiles.layers import overlaid
from modelcheck.profiles.tomlfile import read_toml
from modelcheck.profiles.typed import typed
from modelcheck.profiles.written import InvalidSettings, Written
from modelcheck.profiles.yamlfile import read_yaml

__all__ = ["InvalidSettings", "Settings", "read_settings"]

YAML_NAME = "modelcheck.yaml"
TOML_NAME = "pyproject.toml"
TABLE = ("tool", "modelcheck")
YAML_LIMIT = 64 << 10
TOML_LIMIT = 256 << 10
"""Bytes; each takes its parser about a second at worst."""
LONGEST = 300
"""Characters of a reason or an approver, as they are shown."""

BARS = ("fail_under", "min_coverage", "max_drop")
IGNORED = ("endpoints", "paths", "models_dirs", "env_files", "key_variables", "trust_hosts")
"""What a project may not allow itself; it is ignored, and the report says so. The rest of the user's is an error."""


@dataclass(frozen=True)
class Settings:
    """What a project says about itself, and where."""

    declared: Declared = field(default_factory=Declared)
    refused: tuple[str, ...] = ()
    """Keys that only the user may set; they are ignored, and the report says so."""
    written: Written = field(default_factory=lambda: Written("", {}))
    file: str = ""
    """The file's own name; empty where there is none."""
    folder: Path | None = None
    """The folder that the file lies in."""

    def place(self, *trail: str | int) -> Place | None:
        """Return the place of a setting; None where there is no file."""
        return Place(self.file, self.written.line_of(*trail)) if self.file else None

    def expectations(self, intents: Mapping[str, object] | None = None) -> Expectations:
        """Return what is intended: the project's word, and above it, field by field, the user's own.

        Raises:
            InvalidSettings: the two do not go together.

        """
        declared = self.declared
        expect, cloud = declared.expect, declared.cloud
        if intents:
            expect = msgspec.convert(overlaid(msgspec.to_builtins(expect), intents.get("expect", {})), Expect)
            cloud = msgspec.convert(overlaid(msgspec.to_builtins(cloud), intents.get("cloud", {})), Cloud)
        if not _in_order(expect):
            raise InvalidSettings(
                "`expect.prompt_tokens`: with your own settings above the project's, a typical prompt is longer than "
                "the longest one; `modelcheck config show --origin` shows where each stands"
            )
        found = expectations(expect, cloud, declared.models_dir, declared.naming)
        section = next((key for key in ("expect", "cloud", "models_dir", "naming") if (key,) in self.written.lines), "")
        at = self.place(section) if section else self.place()
        return msgspec.structs.replace(found, at=at)

    @property
    def exceptions(self) -> Exceptions:
        """What the project asks to let pass, each with its line."""
        return Exceptions(
            tuple(
                Exemption(
                    what=What(one.what),
                    subject=printable(one.subject),
                    reason=printable(one.reason, LONGEST),
                    approver=printable(one.approver, LONGEST),
                    until=one.until.isoformat(),
                    only=printable(one.only or ""),
                    at=self.place("exceptions", index),
                )
                for index, one in enumerate(self.declared.exceptions)
            ),
            tuple(
                Ignore(
                    checks=(one.check,) if isinstance(one.check, str) else one.check,
                    path=one.path,
                    reason=printable(one.reason, LONGEST),
                    at=self.place("ignore", index),
                )
                for index, one in enumerate(self.declared.ignore)
            ),
        )


def read_settings(root: Path) -> Settings:
    """Read the settings of the nearest folder that has some, up to the root of the git repository.

    Outside a repository only the folder itself counts. No link is followed.

    Raises:
        InvalidSettings: two files in one folder, a file that cannot be read, an unknown key or a wrong type.

    """
    for folder in _folders(root.resolve()):
        own, shared = _yaml(folder), _toml(folder)
        if own is not None and shared is not None:
            raise InvalidSettings(
                "{one} and {other} both hold settings; keep one of them", one=YAML_NAME, other=shared.name
            )
        if own is not None:
            return _settings(own, YAML_NAME, folder)
        if shared is not None:
            return _settings(shared, TOML_NAME, folder)
    return Settings()


def _folders(root: Path) -> list[Path]:
    upwards = [root, *root.parents]
    tops = [index for index, folder in enumerate(upwards) if os.path.lexists(folder / ".git")]
    return upwards[: tops[0] + 1] if tops else [root]


def _yaml(folder: Path) -> Written | None:
    text = _text(folder, YAML_NAME, YAML_LIMIT)
    return None if text is None else read_yaml(YAML_NAME, text)


def _toml(folder: Path) -> Written | None:
    text = _text(folder, TOML_NAME, TOML_LIMIT)
    return None if text is None else read_toml(TOML_NAME, text, TABLE)


def _text(folder: Path, name: str, limit: int) -> str | None:
    """Return the text of a file, None where there is none; nothing but a regular file is opened."""
    if not os.path.lexists(folder / name):
        return None
    try:
        return text_inside(folder, (name,), limit)
    except NotReadable as error:
        raise InvalidSettings(error.sentence, **error.params) from None


def _settings(written: Written, file: str, folder: Path) -> Settings:
    content = written.content
    refused: tuple[str, ...] = ()
    if isinstance(content, dict):
        table = cast("dict[str, object]", content)
        refused = tuple(key for key in IGNORED if key in table)
        _refuse_users_own(written, table)
        own = {key: value for key, value in table.items() if key not in refused}
        written = replace(written, content=own)
    declared = typed(written, Declared)
    if not _in_order(declared.expect):
        what = Told("`expect.prompt_tokens`: a typical prompt is longer than the longest one; exchange typical and max")
        raise written.refused(what, "expect", "prompt_tokens")
    return Settings(declared, refused, written, file, folder)


def _in_order(expect: Expect) -> bool:
    typical, most = expect.prompt_tokens.typical, expect.prompt_tokens.max
    return not (typical and most and typical > most)


def _refuse_users_own(written: Written, table: Mapping[str, object]) -> None:
    """Refuse what would be missed if it were ignored: the bars of the gate above all."""
    for key in table:
        if key in BARS:
            what = Told(
                "`{key}` is not set here: the bars of a project stand in its profile, which `profile` names", key=key
            )
            raise written.refused(what, key)
        if key in USERS_ALONE and key not in IGNORED:
            what = Told(
                "`{key}` is not a project's to say; give it on the command line, as {variable} or in your own settings",
                key=key,
                variable=f"MODELCHECK_{key.upper()}",
            )
            raise written.refused(what, key)
