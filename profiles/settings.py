"""The project's settings: `modelcheck.yaml` or `[tool.modelcheck]`; they describe and tighten, and never allow."""

import difflib
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import yaml

LIMIT = 256 << 10
YAML_NAME = "modelcheck.yaml"
TOML_NAME = "pyproject.toml"
GIB = 1 << 30

USERS_ALONE = ("endpoints", "models_dirs", "env_files", "key_variables", "trust_hosts")
"""What only the user may say, on the command line."""


KNOWN = ("config", "sensitive", "expect")


class InvalidSettings(ValueError):
    """The settings cannot be used; the message says which file and what to change."""


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the project intends."""

    reserve_gib: float | None = None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a project may say about itself."""

    config: str = "config/models_config.json"
    sensitive: tuple[str, ...] = ()
    expect: Expect = Expect()
    refused: tuple[str, ...] = ()
    """Keys that only the user may set, on the command line; they are ignored, and the report says so."""

    @property
    def reserve_bytes(self) -> int | None:
        """Graphics memory to keep free; None when undeclared."""
        reserve = self.expect.reserve_gib
        return None if reserve is None else round(reserve * GIB)


def read_settings(root: Path) -> Settings:
    """Read the settings of the nearest folder that has some, up to the root of the git repository.

    Raises:
        InvalidSettings: two files in one folder, an unknown key or a wrong type.

    """
    folder = root
    while True:
        found = _in_folder(folder)
        if found is not None:
            return _settings(*found)
        if (folder / ".git").exists() or folder == folder.parent:
            return Settings()
        folder = folder.parent


def _in_folder(folder: Path) -> tuple[str, Any] | None:
    own = _text(folder / YAML_NAME)
    shared = _toml(folder / TOML_NAME)
    if own is not None and shared is not None:
        raise InvalidSettings(f"{YAML_NAME} and [tool.modelcheck] in {TOML_NAME} both hold settings; keep one of them")
    if own is None:
        return None if shared is None else (f"{TOML_NAME} [tool.modelcheck]", shared)
    try:
        content = yaml.safe_load(own)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise InvalidSettings(f"{YAML_NAME}{line} is not YAML that can be read") from None
    return YAML_NAME, {} if content is None else content


def _toml(path: Path) -> Any | None:  # noqa: ANN401 - TOML holds any of its types
    text = _text(path)
    if text is None or "modelcheck" not in text:
        return None
    try:
        return tomllib.loads(text).get("tool", {}).get("modelcheck")
    except (tomllib.TOMLDecodeError, RecursionError, AttributeError):
        raise InvalidSettings(f"{TOML_NAME} mentions modelcheck and is not TOML that can be read") from None


def _text(path: Path) -> str | None:
    try:
        if not path.is_file():
            return None
        with path.open("rb") as stream:
            data = stream.read(LIMIT + 1)
        if len(data) > LIMIT:
            raise InvalidSettings(f"{path.name} is larger than {LIMIT // 1024} KiB")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidSettings(f"{path.name} is not UTF-8 text") from None
    except OSError:
        raise InvalidSettings(f"{path.name} is there and cannot be read") from None


def _settings(name: str, content: object) -> Settings:
    if not isinstance(content, dict):
        raise InvalidSettings(f"{name} must hold keys and values")
    refused = tuple(key for key in USERS_ALONE if key in content)
    content = {key: value for key, value in content.items() if key not in refused}
    for key in content:
        if key not in KNOWN:
            near = difflib.get_close_matches(str(key), KNOWN, 1)
            meant = f"; did you mean {near[0]}?" if near else f". Known keys: {', '.join(KNOWN)}"
            raise InvalidSettings(f"{name}: {str(key)[:60]!r} is not a setting{meant}")
    try:
        return msgspec.structs.replace(msgspec.convert(content, Settings), refused=refused)
    except msgspec.ValidationError as error:
        raise InvalidSettings(f"{name}: {error}") from None
