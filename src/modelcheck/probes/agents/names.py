"""What a name in a module stands for: followed through imports, re-exports and aliases, as far as files tell."""

import ast
import builtins
import sys
from dataclasses import dataclass

from modelcheck.probes.agents.library import Library
from modelcheck.probes.agents.modules import Bound, Class, Module, imported_as
from modelcheck.probes.agents.sources import Parts

_MAX_HOPS = 30
_MAX_DOTS = 20


@dataclass(frozen=True)
class Outside:
    """Something that the project does not define, by its dotted name."""

    name: str


@dataclass(frozen=True)
class Spot:
    """A module or package of the project, as seen from its root."""

    parts: Parts


Thing = Class | Outside | Spot


class Names:
    """Follows names; whatever cannot be followed with certainty is None."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._done: dict[tuple[Module, str], Thing | None] = {}

    def expression(self, module: Module, node: ast.expr, hops: int = 0) -> Thing | None:
        """Return what `a.b.C` stands for in a module's own scope."""
        dots = dotted(node)
        if not dots or len(dots) > _MAX_DOTS:
            return None
        thing = self.name(module, dots[0], hops)
        for attribute in dots[1:]:
            thing = thing and self.member(thing, attribute, hops)
        return thing

    def name(self, module: Module, name: str, hops: int = 0) -> Thing | None:
        """Return what a name stands for; where several bindings disagree, nothing is certain."""
        key = (module, name)
        if key not in self._done and hops <= _MAX_HOPS:
            self._done[key] = None  # what is asked for again on its own way leads nowhere
            self._done[key] = self._followed(module, name, hops)
        return self._done.get(key)

    def member(self, thing: Thing, attribute: str, hops: int = 0) -> Thing | None:
        """Return what an attribute of a module stands for; attributes of classes are not followed."""
        match thing:
            case Outside(name):
                return _outside(f"{name}.{attribute}")
            case Spot(parts):
                return self._exported(parts, attribute, hops)
            case _:
                return None

    def _followed(self, module: Module, name: str, hops: int) -> Thing | None:
        bounds = module.bounds.get(name)
        if bounds is None:
            return Outside(f"builtins.{name}") if hasattr(builtins, name) and not module.has_star else None
        things = {self._bound(module, bound, hops + 1) for bound in bounds}
        return things.pop() if len(things) == 1 else None

    def _exported(self, parts: Parts, attribute: str, hops: int) -> Thing | None:
        below = Spot((*parts, attribute)) if self._library.has((*parts, attribute)) else None
        source = self._library.at(parts)
        if source is None:
            return below
        module = self._library.load(source)
        if module is None:
            return None
        bounds = module.bounds.get(attribute, ())
        thing = self.name(module, attribute, hops + 1) if bounds else None
        imported = all(isinstance(bound.by, ast.Import | ast.ImportFrom) for bound in bounds)
        return thing or (below if imported else None)

    def _bound(self, module: Module, bound: Bound, hops: int) -> Thing | None:
        match bound.by:
            case ast.ClassDef() as node:
                return module.class_of(node)
            case ast.ImportFrom() as node:
                alias = _alias(node, bound.name)
                target = self._target(module, node)
                return target and self.member(target, alias.name, hops)
            case ast.Import() as node:
                alias = _alias(node, bound.name)
                return self._absolute(module, alias.name if alias.asname else bound.name)
            case ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(value=ast.expr() as value):
                return self.expression(module, value, hops)
            case _:
                return None

    def _target(self, module: Module, node: ast.ImportFrom) -> Thing | None:
        if not node.level:
            return self._absolute(module, node.module or "")
        folder = module.source.folder
        up = node.level - 1
        if up > len(folder):
            return None
        parts = (*folder[: len(folder) - up], *(node.module.split(".") if node.module else ()))
        return Spot(parts) if self._library.has(parts) else None

    def _absolute(self, module: Module, name: str) -> Thing | None:
        """Return a module by its absolute name; one of the standard library is never taken for the project's."""
        parts = tuple(name.split("."))
        roots = self._library.roots(module.source)
        if parts[0] in sys.stdlib_module_names or not any(self._library.has((*root, parts[0])) for root in roots):
            return _outside(name)
        spots = [Spot((*root, *parts)) for root in roots if self._library.has((*root, *parts))]
        return spots[0] if len(spots) == 1 else None


def dotted(node: ast.expr) -> list[str]:
    """Return the words of `a.b.C`, or none for any other expression."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    return [node.id, *reversed(words)] if isinstance(node, ast.Name) else []


def _alias(node: ast.Import | ast.ImportFrom, name: str) -> ast.alias:
    return next(alias for alias in reversed(node.names) if imported_as(alias, node) == name)


def _outside(name: str) -> Outside:
    top, _, rest = name.partition(".")
    return Outside(f"typing.{rest}" if top == "typing_extensions" and rest else name)
