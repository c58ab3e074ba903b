"""Which parts of a piece of code run without being ready for a certain error."""

import ast
from collections.abc import Callable, Iterable, Iterator

_BROAD = frozenset({"Exception", "BaseException"})
_VARIANTS = frozenset({"TYPE_CHECKING", "MYPY", "PY2", "PY3", "version_info"})
"""Words of a test that only type checkers or some versions of Python pass."""


def unguarded(roots: Iterable[ast.AST], error: str, enter: Callable[[ast.AST], bool]) -> Iterator[ast.AST]:
    """Yield the nodes below the roots, in no order, that run where an `error` would be a surprise.

    What `enter` refuses is left out with all that is below it.
    """
    todo = list(roots)
    while todo:
        node = todo.pop()
        if enter(node):
            yield node
            todo.extend(_parts(node, error))


def last_word(node: ast.AST) -> str:
    """Return `c` of `a.b.c`, whatever `a.b` is; empty for other expressions."""
    match node:
        case ast.Name(id=word) | ast.Attribute(attr=word):
            return word
        case _:
            return ""


def _parts(node: ast.AST, error: str) -> Iterable[ast.AST]:
    match node:
        case ast.Try(handlers=handlers, finalbody=final) | ast.TryStar(handlers=handlers, finalbody=final):
            if any(_tolerates(handler, error) for handler in handlers):
                return [*handlers, *final]
        case ast.With(items=items) | ast.AsyncWith(items=items):
            if any(_suppresses(item.context_expr, error) for item in items):
                return items
        case ast.If(test=test) | ast.IfExp(test=test):
            if any(last_word(part) in _VARIANTS for part in ast.walk(test)):
                return []
        case _:
            pass
    return ast.iter_child_nodes(node)


def _tolerates(handler: ast.ExceptHandler, error: str) -> bool:
    """Whether the error is expected: named, or whatever happens is passed over in silence."""
    caught = _caught(handler.type)
    is_broad = handler.type is None or not caught.isdisjoint(_BROAD)
    return error in caught or (is_broad and all(_is_silent(step) for step in handler.body))


def _is_silent(step: ast.stmt) -> bool:
    is_constant = isinstance(step, ast.Return | ast.Expr) and isinstance(step.value, ast.Constant | None)
    return is_constant or isinstance(step, ast.Pass | ast.Continue | ast.Break)


def _suppresses(manager: ast.expr, error: str) -> bool:
    if not isinstance(manager, ast.Call) or last_word(manager.func) != "suppress":
        return False
    caught = {last_word(argument) for argument in manager.args}
    return error in caught or not caught.isdisjoint(_BROAD)


def _caught(node: ast.expr | None) -> frozenset[str]:
    elements = node.elts if isinstance(node, ast.Tuple) else [node] if node else []
    return frozenset(last_word(element) for element in elements)
