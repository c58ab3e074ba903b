"""The project's settings: `modelcheck.yaml` or `[tool.modelcheck]`; they describe and tighten, and never allow."""

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec
import yaml

from modelcheck.core.facts import Place
from modelcheck.core.text import printable
from modelcheck.profiles.declared import OWN, SECTIONS, Settings

YAML_NAME = "modelcheck.yaml"
TOML_NAME = "pyproject.toml"
YAML_LIMIT = 64 << 10
TOML_LIMIT = 256 << 10
"""Bytes; each takes its parser about a second at worst."""
MOST_DOTS = 500
"""Dots in one line of TOML; the parser's time grows with the square of the parts of a key."""

LONGEST = 200
"""Characters of what is said of one value."""

USERS_ALONE = ("endpoints", "models_dirs", "env_files", "key_variables", "trust_hosts")
"""What only the user may say, on the command line."""

_TROUBLE = re.compile(r"(?P<what>.*) - at `\$(?P<trail>.*)`", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]")
_TOML_HEAD = re.compile(r"^[ \t]*\[tool\.modelcheck\b", re.MULTILINE)

Trail = tuple[str | int, ...]


class InvalidSettings(ValueError):
    """The settings cannot be used; the message says which file and what to change."""


@dataclass(frozen=True)
class _File:
    """A settings file as read."""

    path: str
    content: object
    section: str = ""
    """The table that holds the settings, where the file is not theirs alone."""
    tree: yaml.Node | None = None
    """Tells the lines of YAML."""
    line: int = 0

    def name(self, *trail: str | int) -> str:
        """Say where a setting stands, as far as that is known."""
        words = [f"{self.path} {self.section}".strip()]
        line = self.line_of(*trail)
        words.extend([f"line {line}"] if line else [])
        words.extend([printable(".".join(str(step) for step in trail[:-1]))] if len(trail) > 1 else [])
        return ", ".join(words)

    def line_of(self, *trail: str | int) -> int:
        """Return the line of a key or item of YAML, else of the nearest thing around it; 0 where none is known."""
        node, line = self.tree, 0
        for step in trail:
            found = _child(node, step)
            if found is None:
                break
            mark, node = found
            line = mark.line + 1
        return line


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
        if own is not None or shared is not None:
            return _settings(own or cast("_File", shared))
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


def _yaml(path: Path) -> _File | None:
    text = _text(path, YAML_LIMIT)
    if text is None:
        return None
    try:
        loader = _Plain(text)
        tree = loader.get_single_node()
        content: object = None if tree is None else cast("Any", loader).construct_document(tree)
    except InvalidSettings:
        raise
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise InvalidSettings(f"{YAML_NAME}{line} is not YAML that can be read") from None
    return _File(YAML_NAME, {} if content in (None, "") else content, tree=tree)


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Mark, yaml.Node] | None:
    """Return where a key or item of a node begins, and its value."""
    if isinstance(node, yaml.MappingNode):
        pairs = ((key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode) and key.value == step)
        return next(((key.start_mark, value) for key, value in pairs), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark, node.value[step]
    return None


def _toml(path: Path) -> _File | None:
    text = _text(path, TOML_LIMIT)
    if text is None or "modelcheck" not in text:
        return None
    if any(line.count(".") > MOST_DOTS for line in text.split("\n")):
        raise InvalidSettings(f"{TOML_NAME} mentions modelcheck and has a line with more than {MOST_DOTS} dots")
    try:
        tool = tomllib.loads(text).get("tool", {})
    except (ValueError, RecursionError):
        raise InvalidSettings(f"{TOML_NAME} mentions modelcheck and is not TOML that can be read") from None
    content = cast("dict[str, object]", tool).get("modelcheck") if isinstance(tool, dict) else None
    if content is None:
        return None
    head = _TOML_HEAD.search(text)
    return _File(TOML_NAME, content, "[tool.modelcheck]", line=text.count("\n", 0, head.start()) + 1 if head else 0)


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


def _settings(file: _File) -> Settings:
    table = _table(file, file.content)
    refused = tuple(key for key in USERS_ALONE if key in table)
    own = {key: value for key, value in table.items() if key not in refused}
    _refuse_unknown(file, own)
    try:
        settings = msgspec.convert(own, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidSettings(_said(file, str(error))) from None
    prompts = settings.expect.prompt_tokens
    if prompts.typical and prompts.max and prompts.typical > prompts.max:
        where = file.name("expect", "prompt_tokens")
        raise InvalidSettings(f"{where}: a typical prompt is longer than the longest one; exchange typical and max")
    line = next(filter(None, (file.line_of(key) for key in ("expect", "cloud", "models_dir", "naming"))), file.line)
    return msgspec.structs.replace(settings, refused=refused, at=Place(file.path, line))


def _said(file: _File, message: str) -> str:
    """Return what is wrong with a value: where it stands, and what is expected there."""
    match = _TROUBLE.fullmatch(message)
    if match is None:
        return f"{file.name()}: {printable(message, LONGEST)}"
    trail = [name or int(index) for name, index in _STEP.findall(match["trail"])]
    what = match["what"]
    if trail == ["naming"]:
        what = "a pattern holds what names hold, * for any text and ? for one mark; a regular expression is not run"
    return f"{file.name(*trail)}: {printable(what, LONGEST)} - at `${match['trail']}`"


def _table(file: _File, content: object, *trail: str | int) -> Mapping[str, object]:
    if not isinstance(content, dict):
        raise InvalidSettings(f"{file.name(*trail)} must hold keys and values")
    return cast("dict[str, object]", content)


def _refuse_unknown(file: _File, table: Mapping[str, object]) -> None:
    """Refuse keys that nothing reads, section by section; what is no section is left to the types."""
    for trail, kind in SECTIONS.items():
        known = set(kind.__struct_fields__) - (OWN if kind is Settings else set())
        for names, section in _sections(table, trail):
            for key in section:
                if key not in known:
                    raise InvalidSettings(f"{file.name(*names, key)}: {_unknown(key, known)}")


def _sections(table: Mapping[str, object], trail: Trail) -> Iterable[tuple[Trail, Mapping[str, object]]]:
    """Return the sections at a trail, each with its own."""
    found: list[tuple[Trail, Mapping[str, object]]] = [((), table)]
    for step in trail:
        inside = [(names, key, value) for names, above in found for key, value in above.items() if step in {"*", key}]
        found = [
            ((*names, key), cast("dict[str, object]", value)) for names, key, value in inside if isinstance(value, dict)
        ]
    return found


def _unknown(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key[:60], sorted(known), 1)
    meant = f"; did you mean {near[0]}?" if near else f". Known keys: {', '.join(sorted(known))}"
    return f"{key[:60]!r} is not a setting{meant}"
