"""What the code of one class sets, reads and asks for on its instances."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from modelcheck.core.facts import Place
from modelcheck.probes.agents.modules import Class, Function, first_parameter
from modelcheck.probes.agents.reach import last_word, unguarded
from modelcheck.probes.agents.surprises import is_mapping, named_in_text, surprise

_WITHOUT_INSTANCE = frozenset({"__new__", "__init_subclass__", "__class_getitem__", "_generate_next_value_"})
_CLASS_WORDS = frozenset({"cls", "klass", "mcs", "metacls", "mcls"})
_HOOKS = frozenset({"__getattr__", "__getattribute__"})


@dataclass(frozen=True)
class Read:
    """An attribute that a method reads where its absence would raise."""

    attribute: str
    method: str
    place: Place


class Uses:
    """What the code of one class sets, reads and asks for on its instances."""

    def __init__(self, cls: Class) -> None:
        self._cls = cls
        self._nodes = tuple(ast.walk(cls.node))

    @cached_property
    def stored(self) -> frozenset[str]:
        """The attributes that its code sets, on whatever object: generous, so that no setting is overlooked."""
        no_stores = {
            id(node.target)
            for node in self._nodes
            if isinstance(node, ast.AugAssign) or (isinstance(node, ast.AnnAssign) and node.value is None)
        }
        plain = {
            node.attr
            for node in self._nodes
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and id(node) not in no_stores
        }
        named = (name for node in self._nodes for name in named_in_text(node))
        return frozenset(map(self._cls.mangled, (*plain, *named)))

    @cached_property
    def asked_for(self) -> frozenset[str]:
        """The attributes that its code asks for before it uses them (`hasattr`, `getattr` with a default, `in`)."""
        return frozenset(map(self._cls.mangled, _asked_for(self._nodes, self._receivers)))

    @cached_property
    def surprise(self) -> str | None:
        """What in its code may give an instance attributes that no text names."""
        hook = next((name for name in sorted(_HOOKS) if self._cls.binds(name)), None)
        return hook or next((kind for node in self._nodes if (kind := surprise(node, self._receivers))), None)

    @cached_property
    def reads(self) -> tuple[Read, ...]:
        """What its methods read from their instance, by line; each guard counts within its own method."""
        found = [read for function in self._cls.functions() for read in self._reads_of(function)]
        return tuple(sorted(found, key=lambda read: read.place))

    @cached_property
    def _receivers(self) -> frozenset[str]:
        firsts = (first_parameter(node.args) for node in self._nodes if isinstance(node, Function))
        return frozenset(name for name in firsts if name) | {"self", "cls"}

    @cached_property
    def _used_in_body(self) -> frozenset[str]:
        """Names that the body itself calls or decorates with: functions, not methods."""
        tops = (
            part
            for step in self._cls.node.body
            for part in (step.decorator_list if isinstance(step, Function) else [step])
            if not isinstance(step, ast.ClassDef)
        )
        return frozenset(node.id for top in tops for node in ast.walk(top) if isinstance(node, ast.Name))

    def _reads_of(self, function: Function) -> Iterator[Read]:
        owner = self._receiver(function)
        nodes = tuple(ast.walk(function))
        if owner is None or any(_leads_astray(node, owner) for node in nodes):
            return
        guarded = _asked_for(nodes, frozenset({owner}))
        found = unguarded(function.body, "AttributeError", lambda node: not _shadows(node, owner))
        reads = [read for node in found if (read := _read(node, owner)) and read.attr not in guarded]
        for read in sorted(reads, key=lambda read: (read.lineno, read.col_offset)):
            place = Place(self._cls.module.source.path, read.lineno)
            yield Read(self._cls.mangled(read.attr), function.name, place)

    def _receiver(self, function: Function) -> str | None:
        """Return the name of the instance in a method; None for functions that may not be given one."""
        words = {last_word(part) for part in function.decorator_list}
        if words & {"staticmethod", "classmethod"} or function.name in _WITHOUT_INSTANCE:
            return None
        first = first_parameter(function.args)
        is_odd = bool(function.decorator_list) or first in _CLASS_WORDS or function.name in self._used_in_body
        return None if is_odd and first != "self" else first


def _read(node: ast.AST, owner: str) -> ast.Attribute | None:
    """Return the attribute of the instance that a node reads; `self.x += 1` reads before it sets."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), ctx=ast.Load()) if name == owner:
            return node
        case ast.AugAssign(target=ast.Attribute(value=ast.Name(id=name)) as target) if name == owner:
            return target
        case _:
            return None


def _leads_astray(node: ast.AST, owner: str) -> bool:
    """Whether the method gives the instance's name to something else, or asks what kind of thing it is."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            return name == owner
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[ast.Name(id=name), *_]):
            return name == owner
        case _:
            return False


def _shadows(node: ast.AST, owner: str) -> bool:
    if not isinstance(node, Function | ast.Lambda):
        return False
    arguments = node.args
    rest = (arguments.vararg, arguments.kwarg)
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *(one for one in rest if one))
    return any(argument.arg == owner for argument in every)


def _asked_for(nodes: Iterable[ast.AST], receivers: frozenset[str]) -> frozenset[str]:
    """Return the names whose presence is asked for: `hasattr`, `getattr` with a default, `"name" in self.__dict__`."""
    names: list[str] = []
    for node in nodes:
        match node:
            case ast.Call(func=ast.Name(id="hasattr"), args=[owner, ast.Constant(value=str(name))]):
                names += [name] if _is_instance(owner, receivers) else []
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=str(name)), _]):
                names += [name] if _is_instance(owner, receivers) else []
            case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()], comparators=[asked]):
                names += [name] if is_mapping(asked) or last_word(getattr(asked, "func", asked)) == "dir" else []
            case _:
                pass
    return frozenset(names)


def _is_instance(node: ast.expr, receivers: frozenset[str]) -> bool:
    """Whether this is the instance or its class: `self`, `type(self)`, `self.__class__`."""
    match node:
        case ast.Call(func=ast.Name(id="type"), args=[one]) | ast.Attribute(value=one, attr="__class__"):
            node = one
        case _:
            pass
    return isinstance(node, ast.Name) and node.id in receivers
