"""Global names that the code of a class loads and that nothing binds."""

import ast
import builtins
from collections.abc import Mapping
from dataclasses import dataclass

from modelcheck.core.facts import Place
from modelcheck.core.gap import Why
from modelcheck.probes.agents.doubts import UNDEFINED_NAME, Doubt
from modelcheck.probes.agents.lineage import Lineage
from modelcheck.probes.agents.modules import Class, Function, Module
from modelcheck.probes.agents.reach import last_word, unguarded
from modelcheck.probes.agents.tables import Scope

_ALWAYS_THERE = frozenset(dir(builtins)) | {
    "_",  # put there by gettext.install
    *("copyright", "credits", "exit", "help", "license", "quit"),  # by site
    *("WindowsError", "PythonFinalizationError", "frozendict"),  # on Windows, since 3.13, since 3.15
}
"""Built-in names of this and other versions and systems."""

_BINDERS = frozenset({"exec", "globals", "modules", "_convert_", "global_enum"})
"""Words by which a module may bind names that it does not write: `sys.modules`, enum members made global."""

_UNDONE = frozenset({UNDEFINED_NAME})
_MOST = 20
"""Names of one class that are looked for."""

_EVALUATED_WHEN_ASKED = frozenset({"TypeAlias", "TypeVar", "ParamSpec", "TypeVarTuple"})
"""Nodes by name, for this Python may not have them."""

_SCOPE_NAMES: Mapping[type[ast.AST], str] = {
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
    """Finds names without a binding."""

    def __init__(self) -> None:
        self._bound: dict[Module, frozenset[str]] = {}
        self._asked: dict[Class, _Asked] = {}

    def unbound(self, lineage: Lineage) -> tuple[list[Load], list[Doubt]]:
        """Return the first load of each name that nothing binds, and what may bind some of them after all."""
        first: dict[str, Load] = {}
        doubts: list[Doubt] = []
        for cls in lineage.order:
            path = cls.module.source.path
            if cls.module.scope is None:
                doubts.append(Doubt(path, _UNDONE, Why.TOO_MUCH))
                continue
            loads = self._loads(lineage, cls, cls.module.scope)
            surprise = _surprise(cls.module) if loads else None
            if surprise:
                doubts.append(Doubt(f"{surprise} in {path}", _UNDONE))
                continue
            for load in loads:
                first.setdefault(load.name, load)
        return list(first.values()), doubts

    def _loads(self, lineage: Lineage, cls: Class, top: Scope) -> list[Load]:
        if cls.module not in self._bound:
            self._bound[cls.module] = _bound(cls.module, top)
        if cls not in self._asked:
            self._asked[cls] = _Asked(cls, top, self._bound[cls.module])
        asked = self._asked[cls]
        left_out = _never_run(lineage, cls) if asked.missing else set[int]()
        loads = (asked.first_load(name, left_out) for name in asked.missing)
        return sorted((load for load in loads if load), key=lambda load: load.place)


class _Asked:
    """The names that one class asks of its module in vain."""

    def __init__(self, cls: Class, top: Scope, bound: frozenset[str]) -> None:
        self._cls = cls
        place = (True, cls.node.name, cls.node.lineno)
        self._own = next(scope for scope in top.walk() if (scope.is_class, scope.name, scope.line) == place)
        in_body = frozenset(name for scope in self._own.walk() for name in scope.asked)
        self._in_header = top.asked - in_body
        names = (in_body | self._in_header) - bound
        self.missing = sorted(name for name in names if not (name.startswith("__") and name.endswith("__")))[:_MOST]

    def first_load(self, name: str, left_out: set[int]) -> Load | None:
        """Return the first place where the name is loaded as a global, if any is in code that runs unguarded."""
        below = (scope for scope in self._own.walk() if scope is not self._own)
        local_in = {(scope.name, scope.line) for scope in below if name in scope.own}
        nodes = unguarded(
            self._roots(name),
            "NameError",
            lambda node: id(node) not in left_out and _scope_of(node) not in local_in,
        )
        lines = [node.lineno for node in nodes if isinstance(node, ast.Name) and node.id == name and _is_load(node)]
        return Load(name, Place(self._cls.module.source.path, min(lines))) if lines else None

    def _roots(self, name: str) -> list[ast.AST]:
        node = self._cls.node
        if name in self._in_header:
            return [*node.decorator_list, *node.bases, *node.keywords]
        if name in self._own.own:  # a name of the class body, which its methods cannot see
            return [step for function in self._cls.functions() for step in function.body]
        return [node]


def _bound(module: Module, top: Scope) -> frozenset[str]:
    """Return the names that a module finds: what it binds, also from within functions, and what is always there."""
    by_functions = (name for scope in top.walk() for name in scope.bound_above)
    # Since Python 3.12 the tables pass over what `:=` binds in a comprehension of the module.
    walrus = (node.target.id for node in ast.walk(module.tree) if isinstance(node, ast.NamedExpr))
    return _ALWAYS_THERE.union(top.own, by_functions, walrus)


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


def _scope_of(node: ast.AST) -> tuple[str, int] | None:
    """Return name and line of the scope that a node opens, if it opens one."""
    name = node.name if isinstance(node, Function | ast.ClassDef) else _SCOPE_NAMES.get(type(node))
    return (name, getattr(node, "lineno", 0)) if name else None


def _is_load(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)
