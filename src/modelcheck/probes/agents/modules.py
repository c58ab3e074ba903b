"""A module and its classes as they are written: what they bind and where, read without running anything."""

import ast
import codecs
import io
import symtable
import tokenize
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from modelcheck.core.facts import Place
from modelcheck.probes.agents.sources import Source
from modelcheck.probes.agents.tables import Scope, read_scopes

_ENCODINGS = frozenset(
    codecs.lookup(name).name
    for name in (
        *("ascii", "utf-8", "utf-8-sig", "latin-1", "iso8859-2", "iso8859-15", "cp1250", "cp1251", "cp1252", "koi8-r"),
        *("big5", "gbk", "gb2312", "gb18030", "euc-jp", "euc-kr", "shift_jis", "cp932", "cp949"),
    )
)
"""Encodings that projects are written in; others may take long to decode (punycode) or are no text (rot13)."""

_BRANCHES = (ast.If, ast.Try, ast.TryStar, ast.For, ast.AsyncFor, ast.While, ast.Match)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_OWN_SCOPES = (*_DEFINITIONS, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Bound:
    """A name that a module or class body binds."""

    name: str
    by: ast.AST
    """What binds it: a definition, an import, an assignment, else the construct around the name."""
    conditional: bool
    """Whether it stands in a branch, so that it may as well not be bound."""

    @property
    def is_bare(self) -> bool:
        """Whether it is an annotation without a value, which binds nothing."""
        return isinstance(self.by, ast.AnnAssign) and self.by.value is None


class Class:
    """A class in a module's own body."""

    def __init__(self, module: "Module", node: ast.ClassDef, *, conditional: bool) -> None:
        self.module = module
        self.node = node
        self.conditional = conditional

    @property
    def name(self) -> str:
        """The bare name."""
        return self.node.name

    @property
    def place(self) -> Place:
        """Where it is defined."""
        return Place(self.module.source.path, self.node.lineno)

    @cached_property
    def bounds(self) -> Mapping[str, tuple[Bound, ...]]:
        """What the body binds, by the name that the attribute gets; bare annotations are among them."""
        return _by_name(replace(bound, name=self.mangled(bound.name)) for bound in bound_names(self.node.body))

    @cached_property
    def delegated(self) -> frozenset[str]:
        """The attributes that it takes from `super()` or from a class by name: overridden, yet in use."""
        return frozenset(
            node.attr for node in ast.walk(self.node) if isinstance(node, ast.Attribute) and _is_class_like(node.value)
        )

    def binds(self, attribute: str) -> bool:
        """Whether the body itself gives the class this attribute."""
        return any(not bound.is_bare for bound in self.bounds.get(attribute, ()))

    def functions(self) -> Iterator[Function]:
        """Yield the functions of the body that are not in a branch."""
        for bounds in self.bounds.values():
            for bound in bounds:
                if isinstance(bound.by, Function) and not bound.conditional:
                    yield bound.by

    def mangled(self, attribute: str) -> str:
        """Return the name under which Python keeps an attribute that is private to the class."""
        owner = self.node.name.lstrip("_")
        private = attribute.startswith("__") and not attribute.endswith("__") and owner
        return f"_{owner}{attribute}" if private else attribute


class Module:
    """A parsed file."""

    def __init__(self, source: Source, tree: ast.Module, table: symtable.SymbolTable) -> None:
        self.source = source
        self.tree = tree
        self._table = table
        bounds = bound_names(tree.body)
        self.bounds: Mapping[str, tuple[Bound, ...]] = _by_name(bound for bound in bounds if not bound.is_bare)
        """What its own body binds, bare annotations left out."""
        self._classes = {
            bound.by: Class(self, bound.by, conditional=bound.conditional or len(self.bounds[bound.name]) > 1)
            for bound in bounds
            if isinstance(bound.by, ast.ClassDef)
        }

    @property
    def classes(self) -> Iterable[Class]:
        """The classes of its own body, as they are written."""
        return self._classes.values()

    def class_of(self, node: ast.ClassDef) -> Class:
        """Return the class of a definition in its own body."""
        return self._classes[node]

    @cached_property
    def scope(self) -> Scope | None:
        """Its scopes, or None when they are too many to look at."""
        return read_scopes(self._table)

    @property
    def has_star(self) -> bool:
        """Whether it imports names that only running would tell."""
        return "*" in self.bounds

    @cached_property
    def defers_annotations(self) -> bool:
        """Whether its annotations are never evaluated."""
        return any(
            isinstance(node, ast.ImportFrom)
            and node.module == "__future__"
            and any(alias.name == "annotations" for alias in node.names)
            for node in self.tree.body
        )


def parse(source: Source, data: bytes) -> Module | None:
    """Parse a file, or return None when Python could not or it nests too deeply."""
    try:
        encoding = codecs.lookup(tokenize.detect_encoding(io.BytesIO(data).readline)[0]).name
        if encoding not in _ENCODINGS:
            return None
        text = data.decode(encoding)
        with warnings.catch_warnings():  # an invalid escape in the project is not this program's concern
            warnings.simplefilter("ignore")
            return Module(source, ast.parse(text), symtable.symtable(text, source.path, "exec"))
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        return None


def bound_names(body: list[ast.stmt]) -> list[Bound]:
    """List what statements bind in their own scope, in the order they are written; `*` stands for a star import."""
    found: list[Bound] = []
    todo: list[tuple[ast.AST, ast.AST, bool]] = [(node, node, False) for node in reversed(body)]
    while todo:
        node, parent, conditional = todo.pop()
        by = parent if isinstance(node, ast.Name) else node
        found.extend(Bound(name, by, conditional) for name in _names_of(node))
        if not isinstance(node, _OWN_SCOPES):
            inner = conditional or isinstance(node, _BRANCHES)
            todo.extend((child, node, inner) for child in reversed(list(ast.iter_child_nodes(node))))
    return found


def imported_as(alias: ast.alias, node: ast.Import | ast.ImportFrom) -> str:
    """Return the name that an import binds."""
    return alias.asname or (alias.name if isinstance(node, ast.ImportFrom) else alias.name.partition(".")[0])


def first_parameter(arguments: ast.arguments) -> str | None:
    """Return the name of the first positional parameter: the instance, if the function is a method."""
    return next((argument.arg for argument in (*arguments.posonlyargs, *arguments.args)), None)


def _names_of(node: ast.AST) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Name(id=name, ctx=ast.Store()):
            return [name]
        case ast.Import() | ast.ImportFrom():
            return [imported_as(alias, node) for alias in node.names]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.MatchMapping(rest=str(name)):
            return [name]
        case _:
            return []


def _by_name(bounds: Iterable[Bound]) -> dict[str, tuple[Bound, ...]]:
    grouped: defaultdict[str, list[Bound]] = defaultdict(list)
    for bound in bounds:
        grouped[bound.name].append(bound)
    return {name: tuple(group) for name, group in grouped.items()}


def _is_class_like(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="super")):
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lstrip("_")[:1].isupper()
        case _:
            return False
