"""The scopes of a module as Python's own symbol tables tell them: which names are global in each, which are its own."""

import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_LOOKUPS = 20_000_000
"""`symtable` looks for each name of a scope at each scope directly below; more takes too long to wait for."""


@dataclass(frozen=True)
class Scope:
    """One scope and those below it."""

    is_class: bool
    name: str
    line: int
    asked: frozenset[str]
    """Names that it loads as globals."""
    own: frozenset[str]
    """Names that it binds, or takes from a scope around it that is not the module's."""
    bound_above: frozenset[str]
    """Names that it binds in the module, by `global`."""
    below: list["Scope"] = field(default_factory=list["Scope"])

    def walk(self) -> Iterator["Scope"]:
        """Yield the scope and all below it, in no order but the scope itself first."""
        yield self
        todo = [*self.below]
        while todo:
            scope = todo.pop()
            yield scope
            todo.extend(scope.below)


def read_scopes(top: symtable.SymbolTable) -> Scope | None:
    """Return the scope of a module, or None when it is too large to look at."""
    lookups = 0
    root = _scope(top) if _cost(top) <= MAX_LOOKUPS else None
    todo = [(root, top)] if root else []
    while todo:
        scope, table = todo.pop()
        for child in table.get_children():
            lookups += _cost(child)
            if lookups > MAX_LOOKUPS:
                return None
            scope.below.append(_scope(child))
            todo.append((scope.below[-1], child))
    return root


def _cost(table: symtable.SymbolTable) -> int:
    return len(table.get_identifiers()) * len(table.get_children())


def _scope(table: symtable.SymbolTable) -> Scope:
    symbols = table.get_symbols()
    return Scope(
        table.get_type() == "class",
        table.get_name(),
        table.get_lineno(),
        asked=frozenset(one.get_name() for one in symbols if one.is_global() and one.is_referenced()),
        own=frozenset(one.get_name() for one in symbols if one.is_local() or one.is_free()),
        bound_above=frozenset(
            one.get_name() for one in symbols if one.is_declared_global() and (one.is_assigned() or one.is_imported())
        ),
    )
