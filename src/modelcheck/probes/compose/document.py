"""A compose file as nodes with lines: nothing is built from it but texts, lists and mappings, and each is bounded."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import yaml

from modelcheck.core.facts import Place
from modelcheck.core.text import printable

LIMIT = 64 << 10
"""Bytes of one file; they take the parser about three seconds at worst."""
MOST_ALIASES = 1000
MOST_ITEMS = 2000
"""Entries of one list or mapping."""
MOST_MERGES = 50
"""Mappings that wait to be merged into one (`<<`)."""
LONGEST = 2000

_VARIABLE = re.compile(
    r"\$(?:\$|(?P<plain>[A-Za-z_][A-Za-z0-9_]*)"
    r"|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<how>:?[-?+])(?P<rest>[^{}]*))?\})"
)
_MERGE = "tag:yaml.org,2002:merge"
_NULL = "tag:yaml.org,2002:null"


class NotCompose(ValueError):
    """The file cannot be read as compose would; the message says why, for people."""


@dataclass(frozen=True)
class Item:
    """A node with the file that it is in."""

    node: yaml.Node
    path: str

    @property
    def place(self) -> Place:
        """Where it begins."""
        return Place(self.path, self.node.start_mark.line + 1)

    @property
    def text(self) -> str | None:
        """A scalar with its variables replaced by their defaults; None for what is no text, or is left open."""
        if not isinstance(self.node, yaml.ScalarNode) or self.is_null:
            return None
        return resolved(self.written)

    @property
    def written(self) -> str:
        """A scalar as it stands there."""
        return str(self.node.value)[:LONGEST] if isinstance(self.node, yaml.ScalarNode) else ""

    @property
    def is_null(self) -> bool:
        """Whether nothing is written, or what was is taken away."""
        return self.node.tag in {_NULL, "!reset"}

    @property
    def items(self) -> list["Item"]:
        """The entries of a list; none for anything else."""
        if not isinstance(self.node, yaml.SequenceNode) or self.is_null:
            return []
        return [Item(one, self.path) for one in islice(self.node.value, MOST_ITEMS)]

    @property
    def fields(self) -> Mapping[str, "Item"]:
        """The entries of a mapping by key, those of merged mappings behind its own; none for anything else."""
        found: dict[str, Item] = {}
        for key, item in _fields(self):
            found.setdefault(key, item)
        return found

    def at(self, *keys: str) -> "Item | None":
        """Return what lies under these keys."""
        item: Item | None = self
        for key in keys:
            item = None if item is None else item.fields.get(key)
        return item

    def under(self, *keys: str) -> Mapping[str, "Item"]:
        """Return the entries of the mapping under these keys; none where there is none."""
        item = self.at(*keys)
        return {} if item is None else item.fields

    @property
    def words(self) -> list[str]:
        """A text, or the texts of a list; what is left open is left out."""
        return [text for item in (self.items or [self]) if (text := item.text) is not None]


def read_document(data: bytes, path: str) -> Item:
    """Read a file. Raises NotCompose."""
    try:
        text = data.decode("utf-8-sig")
        node = _Loader(text).get_single_node()
    except NotCompose:
        raise
    except UnicodeDecodeError:
        raise NotCompose("it is not UTF-8") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise NotCompose(f"line {mark.line + 1} is not YAML" if mark else "it is not YAML") from None
    if not isinstance(node, yaml.MappingNode):
        raise NotCompose("it holds no mapping")
    return Item(node, path)


def resolved(text: str) -> str | None:
    """Replace variables by their defaults, as compose does where none is set; None where one has no default."""
    open_ends = False

    def value(match: re.Match[str]) -> str:
        nonlocal open_ends
        if match[0] == "$$":
            return "$"
        if match["how"] in {"-", ":-"}:
            return match["rest"]
        open_ends = open_ends or match["how"] not in {"+", ":+"}
        return ""

    filled = _VARIABLE.sub(value, text)
    return None if open_ends or "${" in filled else filled


class _Loader(yaml.SafeLoader):
    """Composes nodes and constructs nothing; aliases are counted, and a key stands once."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._aliases = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            self._aliases += 1
            if self._aliases > MOST_ALIASES:
                raise NotCompose(f"it has more than {MOST_ALIASES} aliases")
            return super().compose_node(parent, index)
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.MappingNode):
            _refuse_twice(node)
        return node


def _refuse_twice(node: yaml.MappingNode) -> None:
    counts = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE)
    for key, count in counts.items():
        if count > 1:
            raise NotCompose(f"line {node.start_mark.line + 1}: {printable(key, 40)} stands twice")


def _fields(item: Item) -> Iterator[tuple[str, Item]]:
    """Yield a mapping's own entries first, then those of the mappings that are merged into it, each mapping once."""
    waiting, visited = [item], {id(item.node)}
    while waiting:
        here = waiting.pop(0)
        for key, value in islice(here.node.value if isinstance(here.node, yaml.MappingNode) else [], MOST_ITEMS):
            one = Item(value, item.path)
            if key.tag == _MERGE:
                fresh = [other for other in one.items or [one] if id(other.node) not in visited]
                visited.update(id(other.node) for other in fresh)
                waiting += fresh[: MOST_MERGES - len(waiting)]
            elif isinstance(key, yaml.ScalarNode):
                yield key.value[:LONGEST], one
