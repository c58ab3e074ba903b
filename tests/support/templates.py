"""The templates in the source: every English sentence that is told to a person, and every line of `--help`."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

from typer.models import ParameterInfo

from modelcheck.cli import application
from modelcheck.cli.commands import COMMANDS, Entry
from modelcheck.cli.overview import ABOUT, MORE, USAGE

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("cli", "checks", "profiles", "reports", "src/modelcheck")
LINKS = ("checks", "cli", "profiles", "reports")
"""What `src/modelcheck` links to, so that nothing is read twice."""


TAKES = "takes"
"""The function that says of the type of a setting what it takes; that is told where something else was given."""


@dataclass(frozen=True)
class Template:
    """A sentence in the source and where it stands; None where it is no constant."""

    sentence: str | None
    place: str


@dataclass(frozen=True)
class Module:
    """One file of the source."""

    path: str
    tree: ast.Module

    def calls(self) -> Iterator[ast.Call]:
        """Yield every call in it."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def takes_told(self) -> bool:
        """Whether `Told` means the error for a person here."""
        imports = (node for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom))
        names = {(node.module, alias.name) for node in imports for alias in node.names}
        return ("modelcheck.core.sentence", "Told") in names


@cache
def told() -> list[Template]:
    """Return the templates of each call that makes a `Told` or one of the classes that derive from it."""
    modules = list(_modules())
    kinds = _derived(modules) | {TAKES}
    return [
        Template(sentence, f"{module.path}:{call.lineno}")
        for module in modules
        for call in module.calls()
        if call.args and _name(call.func) in kinds and (_name(call.func) != "Told" or module.takes_told())
        for sentence in _sentences(call.args[0], module)
    ]


@cache
def help_lines() -> list[Template]:
    """Return what `--help` says of the program, of each command and of each of its options."""
    own = [Template(line, "cli/overview.py") for line in (USAGE, ABOUT, MORE)]
    return [*own, *_options(application._bare, "cli/application.py"), *chain(*map(_lines, COMMANDS))]


def _lines(entry: Entry) -> Iterator[Template]:
    yield Template(entry.help, "cli/commands.py")
    yield Template(entry.panel, "cli/commands.py")
    if entry.members:
        for member in entry.members:
            yield from _lines(member)
    else:
        yield from _options(getattr(import_module(entry.module), entry.name), entry.module)


def _options(command: object, place: str) -> Iterator[Template]:
    for hint in get_type_hints(command, include_extras=True).values():
        if get_origin(hint) is Annotated:
            infos = (extra for extra in get_args(hint)[1:] if isinstance(extra, ParameterInfo))
            yield from (Template(info.help, place) for info in infos if info.help)


def _modules() -> Iterator[Module]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(tuple(f"src/modelcheck/{link}/" for link in LINKS)):
                yield Module(name, ast.parse(path.read_text("utf-8")))


def _derived(modules: Iterable[Module]) -> frozenset[str]:
    classes = [node for module in modules for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
    kinds = {"Told"}
    while more := {one.name for one in classes if kinds & {_name(base) for base in one.bases}} - kinds:
        kinds |= more
    return frozenset(kinds)


def _sentences(node: ast.expr, module: Module) -> list[str | None]:
    """Return what a first argument can be: a constant, one of a table, what a caller gives; none where passed on."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [*_sentences(node.body, module), *_sentences(node.orelse, module)]
    if isinstance(node, ast.Attribute) and node.attr == "sentence":
        return []
    if isinstance(node, ast.Subscript):
        return _sentences(node.value, module)
    if isinstance(node, ast.Name):
        values = [*_assigned(node.id, module), *_given(node, module), *_looped(node.id, module)]
        return [one for value in values for one in _of_value(value, module)] or [None]
    return [None]


def _of_value(value: ast.expr, module: Module) -> list[str | None]:
    inside = value.values if isinstance(value, ast.Dict) else [value]
    return [sentence for one in inside for sentence in _sentences(one, module)]


def _assigned(name: str, module: Module) -> list[ast.expr]:
    return [
        node.value
        for node in module.tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == name
    ]


def _given(name: ast.Name, module: Module) -> list[ast.expr]:
    """Return what callers give for a parameter of the function in which a name is used."""
    for function in (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef)):
        parameters = [one.arg for one in function.args.args if one.arg not in {"self", "cls"}]
        if name.id in parameters and name in ast.walk(function):
            place = parameters.index(name.id)
            calls = [call for call in module.calls() if _name(call.func) == function.name]
            return [call.args[place] for call in calls if len(call.args) > place]
    return []


def _looped(name: str, module: Module) -> list[ast.expr]:
    """Return the texts of a table that a name runs over in a comprehension."""
    loops = (node for node in ast.walk(module.tree) if isinstance(node, ast.comprehension))
    tables = [loop.iter.id for loop in loops if isinstance(loop.iter, ast.Name) and name in _targets(loop.target)]
    texts = (node for table in tables for value in _assigned(table, module) for node in ast.walk(value))
    return [node for node in texts if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def _targets(node: ast.expr) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
