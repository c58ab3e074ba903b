"""Names that code elsewhere in the project sets on objects that are not its own instance."""

import ast
import re
from collections.abc import Iterator

from modelcheck.probes.agents.library import Library, words_of
from modelcheck.probes.agents.modules import Function, first_parameter
from modelcheck.probes.agents.reach import last_word

_ATTRIBUTE = re.compile(r"\.\s*(\w+)")


def stored_outside(library: Library, names: frozenset[str]) -> frozenset[str]:
    """Return those of the names that may be set from outside: `agent.name = …`, `setattr(agent, "name", …)`.

    Tests are left out: what they set is not there when the agents run.
    """
    stored: set[str] = set()
    for source in library.sources if names else ():
        data = None if source.is_test else library.read(source)
        if data is None or not _may_store(data, names):
            continue
        module = library.load(source)
        if module is None:  # it cannot be told apart from setting them
            stored |= names & words_of(data)
        else:
            own = frozenset(map(id, _instances(module.tree)))
            stored.update(name for node in ast.walk(module.tree) for name in _stored(node, names, own))
    return frozenset(stored)


def _may_store(data: bytes, names: frozenset[str]) -> bool:
    """Whether a file is worth parsing: it mentions an attribute of that name, or sets attributes by their name."""
    by_name = b"setattr" in data and (b"agent" in data.lower() or not names.isdisjoint(words_of(data)))
    return by_name or not names.isdisjoint(_ATTRIBUTE.findall(data.decode(errors="replace")))


def _instances(tree: ast.Module) -> Iterator[ast.Name]:
    """Yield the names that stand for the instance of a method around them; a free function has none."""
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for method in (step for cls in classes for step in cls.body if isinstance(step, Function)):
        is_static = any(last_word(decorator) == "staticmethod" for decorator in method.decorator_list)
        instance = None if is_static else first_parameter(method.args)
        yield from (node for node in ast.walk(method) if isinstance(node, ast.Name) and node.id == instance)


def _stored(node: ast.AST, names: frozenset[str], own: frozenset[int]) -> Iterator[str]:
    match node:
        case ast.Attribute(value=owner, attr=name, ctx=ast.Store()) if id(owner) not in own:
            yield from names & {name}
        case ast.Call(func=func, args=[owner, ast.Constant(value=str(name)), *_]) if last_word(func) == "setattr":
            yield from names & {name} if id(owner) not in own else ()
        case ast.Call(func=func, args=[owner, _, *_]) if last_word(func) == "setattr":
            yield from names if "agent" in last_word(owner).lower() else ()
        case _:
            return
