"""Global names that the code of a class loads and that nothing binds."""

import ast
import builtins
import symtable
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modelcheck.core.facts import Place
from modelcheck.probes.agents.doubts import UNDEFINED_NAME, Doubt
from modelcheck.probes.agents.lineage import Lineage
from modelcheck.probes.agents.modules import Class, Function, Module
from modelcheck.probes.agents.reach import last_word, unguarded

_ALWAYS_THERE = frozenset(dir(builtins)) | {
    "_",  # put there by gettext.install
    *("copyright", "credits", "exit", "help", "license", "quit"),  # by site
    *("WindowsError", "PythonFinalizationError", "frozendict"),  # on Windows, since 3.13, since 3.15
}
"""Built-in names of this and other versions and systems."""

_BINDERS = frozenset({"exec", "globals", "modules", "_convert_", "global_enum"})
"""Words by which a module may bind names that it does not write: `sys.modules`, enum members made global."""

_MOST = 20
"""Names of one class that are looked for."""

_EVALUATED_WHEN_ASKED = frozenset({"TypeAlias", "TypeVar", "ParamSpec", "TypeVarTuple"})
"""Nodes by name, for this Python may not have them."""

_TABLE_NAMES: Mapping[type[ast.AST], str] = {
    ast.Lambda: "lambda",
    ast.ListComp: "listcomp",
    ast.SetComp: "setcomp",
    ast.DictComp: "dictcomp",
    ast.GeneratorExp: "genexpr",
}


@dataclass(frozen=True)
class Load:
    """A name where it is loaded."""

    name: str
    place: Place


class Scopes:
    """Finds names without a binding. Python's own symbol tables say which names are global."""

    def __init__(self) -> None:
        self._bound: dict[Module, frozenset[str]] = {}

    def unbound(self, lineage: Lineage) -> tuple[list[Load], list[Doubt]]:
        """Return the first load of each name that nothing binds, and what may bind some of them after all."""
        first: dict[str, Load] = {}
        doubts: list[Doubt] = []
        for cls in lineage.order:
            loads = self._loads(lineage, cls)
            surprise = _surprise(cls.module) if loads else None
            if surprise:
                doubts.append(Doubt(f"{surprise} in {cls.module.source.path}", frozenset({UNDEFINED_NAME})))
                continue
            for load in loads:
                first.setdefault(load.name, load)
        return list(first.values()), doubts

    def _loads(self, lineage: Lineage, cls: Class) -> list[Load]:
        module = cls.module
        if module not in self._bound:
            self._bound[module] = _bound(module)
        scope = _Scope(cls, self._bound[module] | _ALWAYS_THERE)
        if not scope.missing:
            return []
        left_out = _never_run(lineage, cls)
        loads = (scope.first_load(name, left_out) for name in scope.missing)
        return sorted((load for load in loads if load), key=lambda load: load.place)


class _Scope:
    """The names that one class asks of its module in vain."""

    def __init__(self, cls: Class, bound: frozenset[str]) -> None:
        self._cls = cls
        self._own = next(table for table in _tables(cls.module.table) if _is_table_of(table, cls.node))
        self._below = [table for table in _tables(self._own) if table is not self._own]
        in_body = {name for table in (self._own, *self._below) for name in _globals(table)}
        self._in_header = _globals(cls.module.table) - bound - in_body
        names = (in_body | self._in_header) - bound
        self.missing = sorted(name for name in names if not (name.startswith("__") and name.endswith("__")))[:_MOST]

    def first_load(self, name: str, left_out: set[int]) -> Load | None:
        """Return the first place where the name is loaded as a global, if any is in code that runs unguarded."""
        local_in = {(table.get_name(), table.get_lineno()) for table in self._below if name in _locals(table)}
        nodes = unguarded(
            self._roots(name),
            "NameError",
            lambda node: id(node) not in left_out and _key(node) not in local_in,
        )
        lines = [node.lineno for node in nodes if isinstance(node, ast.Name) and node.id == name and _is_load(node)]
        return Load(name, Place(self._cls.module.source.path, min(lines))) if lines else None

    def _roots(self, name: str) -> list[ast.AST]:
        node = self._cls.node
        if name in self._in_header:
            return [*node.decorator_list, *node.bases, *node.keywords]
        if name in _locals(self._own):  # a name of the class body, which its methods cannot see
            return [step for function in self._cls.functions() for step in function.body]
        return [node]


def _tables(top: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    todo = [top]
    while todo:
        table = todo.pop()
        yield table
        todo.extend(table.get_children())


def _is_table_of(table: symtable.SymbolTable, node: ast.ClassDef) -> bool:
    return (table.get_type(), table.get_name(), table.get_lineno()) == ("class", node.name, node.lineno)


def _bound(module: Module) -> frozenset[str]:
    """Return what a module binds, also from within functions by `global`."""
    top = module.table
    own = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_local()}
    # Since Python 3.12 the tables pass over what `:=` binds in a comprehension of the module.
    own |= {node.target.id for node in ast.walk(module.tree) if isinstance(node, ast.NamedExpr)}
    declared = {
        symbol.get_name()
        for table in _tables(top)
        for symbol in table.get_symbols()
        if symbol.is_declared_global() and (symbol.is_assigned() or symbol.is_imported())
    }
    return frozenset(own | declared)


def _never_run(lineage: Lineage, cls: Class) -> set[int]:
    """Return the ids of the nodes that are not evaluated when the class is defined and used."""
    left_out = {id(node) for node in ast.walk(cls.node) if type(node).__name__ in _EVALUATED_WHEN_ASKED}
    for node in ast.walk(cls.node):
        # Up to Python 3.13 annotations are evaluated with the definition, so a missing name stops the import. Later
        # versions evaluate them when asked; they are judged alike, for a project seldom rules out the older ones.
        if cls.module.defers_annotations:
            left_out.update(map(id, _annotations(node)))
        if isinstance(node, Function):
            left_out.update(id(part.annotation) for part in ast.walk(node) if isinstance(part, ast.AnnAssign))
    for function in cls.functions():
        if not lineage.uses(cls, function.name):
            left_out.update(map(id, function.body))
    return left_out


def _annotations(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.arg(annotation=ast.expr() as annotation) | ast.AnnAssign(annotation=annotation):
            return [annotation]
        case ast.FunctionDef(returns=ast.expr() as returns) | ast.AsyncFunctionDef(returns=ast.expr() as returns):
            return [returns]
        case _:
            return []


def _surprise(module: Module) -> str | None:
    """Return what in a module may bind names that no text names."""
    if module.has_star:
        return "star import"
    return next((word for node in ast.walk(module.tree) if (word := last_word(node)) in _BINDERS), None)


def _globals(table: symtable.SymbolTable) -> set[str]:
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global() and symbol.is_referenced()}


def _locals(table: symtable.SymbolTable) -> set[str]:
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_local() or symbol.is_free()}


def _key(node: ast.AST) -> tuple[str, int] | None:
    """Return name and line of the symbol table that a node opens, if it opens one."""
    name = node.name if isinstance(node, Function | ast.ClassDef) else _TABLE_NAMES.get(type(node))
    return (name, getattr(node, "lineno", 0)) if name else None


def _is_load(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)
