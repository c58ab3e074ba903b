"""Attributes that code sets by text or by means that no text names: `setattr`, `__dict__`, `exec`."""

import ast
from collections.abc import Iterator

from modelcheck.probes.agents.reach import last_word

_UPDATES = frozenset({"update", "setdefault", "__setitem__", "__ior__"})
_FILLERS = frozenset({"parse_args", "parse_known_args", "update_wrapper"})
"""Functions of the standard library that set attributes on an object they are given."""
_SETTERS = frozenset({"setattr", "__setattr__"})


def named_in_text(node: ast.AST) -> Iterator[str]:
    """Yield attributes set by text: `setattr(x, "name", …)`, `x.__dict__["name"] = …`."""
    match node:
        case ast.Call(func=func, args=args) if last_word(func) in _SETTERS:
            texts = (one.value for one in args[:2] if isinstance(one, ast.Constant))
            yield from (text for text in texts if isinstance(text, str))
        case ast.Subscript(value=value, slice=ast.Constant(value=str(text)), ctx=ast.Store()) if is_mapping(value):
            yield text
        case _:
            pass


def surprise(node: ast.AST, receivers: frozenset[str]) -> str | None:
    """Return what in a node may give one of the receivers attributes that no text names."""
    match node:
        case ast.Call():
            return _call_surprise(node, receivers)
        case ast.Subscript(value=value, ctx=ast.Store()) if is_mapping(value) and not any(named_in_text(node)):
            return "__dict__"
        case ast.Attribute(attr="__dict__" | "__class__" as attr, ctx=ast.Store()):
            return attr
        case _:
            return None


def _call_surprise(node: ast.Call, receivers: frozenset[str]) -> str | None:
    word = last_word(node.func)
    if word == "exec":
        return word
    if isinstance(node.func, ast.Attribute) and word in _UPDATES and is_mapping(node.func.value):
        return "__dict__"
    if word in _FILLERS:
        given = (*node.args, *(keyword.value for keyword in node.keywords))
        return word if any(last_word(one) in receivers for one in given) else None
    is_open = word in _SETTERS and not any(named_in_text(node)) and _concerns(node, receivers)
    return "setattr" if is_open else None


def is_mapping(node: ast.expr) -> bool:
    """Whether this is the mapping behind an object or a scope: `x.__dict__`, `vars(x)`, `locals()`."""
    match node:
        case ast.Attribute(attr="__dict__"):
            return True
        case ast.Call(func=ast.Name(id="vars" | "locals")):
            return True
        case _:
            return False


def _concerns(node: ast.Call, receivers: frozenset[str]) -> bool:
    """Whether a `setattr` may aim at the instance or its class."""
    is_bound = last_word(node.func) == "__setattr__" and len(node.args) < 3  # noqa: PLR2004 - object, name, value
    objects = [node.func] if is_bound else node.args[:1]
    words = {part.id for one in objects for part in ast.walk(one) if isinstance(part, ast.Name)}
    return not words.isdisjoint(receivers | {"super"})
