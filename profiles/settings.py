"""The project's settings: `modelcheck.yaml` or `[tool.modelcheck]`; they describe and tighten, and never allow."""

import difflib
import os
import stat
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
import yaml

YAML_NAME = "modelcheck.yaml"
TOML_NAME = "pyproject.toml"
YAML_LIMIT = 64 << 10
TOML_LIMIT = 256 << 10
"""Bytes; each takes its parser about a second at worst."""
MOST_DOTS = 500
"""Dots in one line of TOML; the parser's time grows with the square of the parts of a key."""
GIB = 1 << 30

USERS_ALONE = ("endpoints", "models_dirs", "env_files", "key_variables", "trust_hosts")
"""What only the user may say, on the command line."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class InvalidSettings(ValueError):
    """The settings cannot be used; the message says which file and what to change."""


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the project intends."""

    reserve_gib: Annotated[float, msgspec.Meta(ge=0, le=1024)] | None = None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a project may say about itself."""

    config: Text = "config/models_config.json"
    """The native configuration, relative to the audited folder; one that lies elsewhere is not opened."""
    sensitive: tuple[Text, ...] = ()
    """Agents that must stay local, beside those that the configuration itself marks."""
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

    Outside a repository only the folder itself counts. No link is followed.

    Raises:
        InvalidSettings: two files in one folder, a file that cannot be read, an unknown key or a wrong type.

    """
    for folder in _folders(root.resolve()):
        own, shared = _yaml(folder / YAML_NAME), _toml(folder / TOML_NAME)
        if own is not None and shared is not None:
            raise InvalidSettings(
                f"{YAML_NAME} and [tool.modelcheck] in {TOML_NAME} both hold settings; keep one of them"
            )
        if own is not None:
            return _settings(YAML_NAME, own)
        if shared is not None:
            return _settings(f"{TOML_NAME} [tool.modelcheck]", shared)
    return Settings()


def _folders(root: Path) -> list[Path]:
    upwards = [root, *root.parents]
    tops = [index for index, folder in enumerate(upwards) if os.path.lexists(folder / ".git")]
    return upwards[: tops[0] + 1] if tops else [root]


class _Plain(yaml.BaseLoader):
    """YAML in which every scalar is text, to be given its type by the settings, and every key stands once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        table: dict[Any, Any] = super().construct_mapping(node, deep)
        if len(table) != len(node.value):
            raise InvalidSettings(f"{YAML_NAME}, line {node.start_mark.line + 1}: the same key twice")
        return table


def _yaml(path: Path) -> object | None:
    text = _text(path, YAML_LIMIT)
    if text is None:
        return None
    try:
        content: object = yaml.load(text, Loader=_Plain)  # noqa: S506 - it makes nothing but text, lists and mappings
    except InvalidSettings:
        raise
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise InvalidSettings(f"{YAML_NAME}{line} is not YAML that can be read") from None
    return {} if content in (None, "") else content


def _toml(path: Path) -> object | None:
    text = _text(path, TOML_LIMIT)
    if text is None or "modelcheck" not in text:
        return None
    if any(line.count(".") > MOST_DOTS for line in text.split("\n")):
        raise InvalidSettings(f"{TOML_NAME} mentions modelcheck and has a line with more than {MOST_DOTS} dots")
    try:
        tool = tomllib.loads(text).get("tool", {})
    except (ValueError, RecursionError):
        raise InvalidSettings(f"{TOML_NAME} mentions modelcheck and is not TOML that can be read") from None
    return cast("dict[str, object]", tool).get("modelcheck") if isinstance(tool, dict) else None


def _text(path: Path, limit: int) -> str | None:
    """Return the text of a file, None where there is none; nothing but a regular file is opened."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise InvalidSettings(f"{path.name} is a link, a folder or a device; make it a file, or rename it")
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        raise InvalidSettings(f"{path.name} is there and cannot be read") from None
    if len(data) > limit:
        raise InvalidSettings(f"{path.name} is larger than {limit // 1024} KiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidSettings(f"{path.name} is not UTF-8 text") from None


def _settings(name: str, content: object) -> Settings:
    table = _table(name, content)
    refused = tuple(key for key in USERS_ALONE if key in table)
    own = {key: value for key, value in table.items() if key not in refused}
    _refuse_unknown(name, own, set(Settings.__struct_fields__) - {"refused"})
    if isinstance(own.get("expect"), dict):
        _refuse_unknown(f"{name}, expect", _table(name, own["expect"]), Expect.__struct_fields__)
    try:
        settings = msgspec.convert(own, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidSettings(f"{name}: {error}") from None
    return msgspec.structs.replace(settings, refused=refused)


def _table(name: str, content: object) -> Mapping[str, object]:
    if not isinstance(content, dict):
        raise InvalidSettings(f"{name} must hold keys and values")
    return cast("dict[str, object]", content)


def _refuse_unknown(name: str, table: Mapping[str, object], known: Iterable[str]) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key[:60], sorted(known), 1)
            meant = f"; did you mean {near[0]}?" if near else f". Known keys: {', '.join(sorted(known))}"
            raise InvalidSettings(f"{name}: {key[:60]!r} is not a setting{meant}")
