"""Break the code in small ways, one at a time, and see whether its tests notice: `python benchmarks/mutants.py`.

In a copy of the tree, each module of the guard and of its policy is changed in one place (a comparison turned round, a
constant moved, a condition negated, a statement left out), and the module's own tests are run until one fails. What no
test notices is printed with its line; the score is the share that was noticed. Modules may be named: `guard/body.py`.
"""

import argparse
import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

ROOT = Path(__file__).parent.parent
PACKAGE = "src/modelcheck"
AIM = 0.85
LIMIT_S = 60
"""For which the tests of one module may run: a change that makes them run for ever is noticed as well."""
FRONT = ("guard/test_connection.py", "guard/test_guard.py", "guard/test_limits.py")
TESTS = {
    "core/precheck.py": ("core/test_precheck.py",),
    "core/ruling.py": ("core/test_ruling.py",),
    "guard/admission.py": ("guard/test_reader.py", "guard/test_request.py"),
    "guard/answers.py": ("guard/test_answers.py",),
    "guard/body.py": ("guard/test_body.py",),
    "guard/caller.py": ("guard/test_caller.py",),
    "guard/collected.py": ("guard/test_collected.py",),
    "guard/connection.py": ("guard/test_connection.py",),
    "guard/descriptors.py": ("guard/test_serve.py",),
    "guard/events.py": ("guard/test_events.py",),
    "guard/exposition.py": ("guard/test_exposition.py", "guard/test_metrics.py"),
    "guard/fault.py": ("guard/test_fault.py",),
    "guard/form.py": ("guard/test_form.py",),
    "guard/guard.py": ("guard/test_guard.py",),
    "guard/head.py": ("guard/test_head.py",),
    "guard/journal.py": ("guard/test_journal.py",),
    "guard/lessons.py": ("guard/test_lessons.py",),
    "guard/listing.py": ("guard/test_listing.py",),
    "guard/logfile.py": ("guard/test_journal.py",),
    "guard/metrics.py": ("guard/test_metrics.py",),
    "guard/reader.py": ("guard/test_reader.py",),
    "guard/relay.py": ("guard/test_relay.py",),
    "guard/request.py": ("guard/test_request.py",),
    "guard/routes.py": ("guard/test_routes.py",),
    "guard/serve.py": ("guard/test_serve.py",),
    "guard/setup.py": ("guard/test_guard.py",),
    "guard/state.py": ("guard/test_state.py",),
    "guard/upstream.py": ("guard/test_upstream.py",),
    "guard/wishes.py": ("guard/test_wishes.py",),
    "guard/words.py": ("guard/test_words.py",),
}
"""The tests that know each module best; what they do not notice, `FRONT` is asked."""

_TURNED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
_WORDS = frozenset({"Refused", "CannotServe", "super"})
"""Calls whose further arguments are only read by people."""


@dataclass(frozen=True)
class Mutant:
    """A module with one fault in it."""

    module: str
    line: int
    what: str
    text: str


class _Exchange(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


def mutants(module: str) -> Iterator[Mutant]:
    """Yield a module's mutants."""
    tree = ast.parse((ROOT / PACKAGE / module).read_text("utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in list(ast.walk(tree)):
        if isinstance(node, ast.expr | ast.stmt) and not _is_said(node, parents):
            for new in _faults(node):
                what = " -> ".join(ast.unparse(one).partition("\n")[0] for one in (node, new))
                changed = _Exchange(node, new).visit(tree)
                yield Mutant(module, node.lineno, what, ast.unparse(changed))
                _Exchange(new, node).visit(tree)


def _faults(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in for a node, with one fault each."""
    yield from _turned(node)
    match node:
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.If() | ast.While():
            yield type(node)(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()) | ast.Raise():
            yield ast.Pass()
        case ast.Constant():
            yield from _moved(node.value)
        case _:
            return


def _turned(node: ast.AST) -> Iterator[ast.AST]:
    operator = node.ops[0] if isinstance(node, ast.Compare) else getattr(node, "op", None)
    turned = _TURNED.get(type(operator)) if isinstance(operator, ast.AST) else None
    if turned is None:
        return
    made: Any = copy.copy(node)
    if isinstance(node, ast.Compare):
        made.ops = [turned(), *node.ops[1:]]
    else:
        made.op = turned()
    yield made


def _moved(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
    elif isinstance(value, str):
        yield ast.Constant(f"{value}x")
    elif isinstance(value, bytes):
        yield ast.Constant(value + b"x")


def _is_said(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether a node does nothing: a docstring, a type, the words of a refusal, that a struct is frozen."""
    child, parent = node, parents.get(node)
    while parent is not None:
        match parent:
            case ast.Expr() if isinstance(child, ast.Constant | ast.JoinedStr):
                return True
            case ast.AnnAssign() | ast.arg() if parent.annotation is child:
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef() if parent.returns is child:
                return True
            case ast.Call(func=ast.Name(id=name)) if name == "cast" or (name in _WORDS and child in parent.args[1:]):
                return True
            case ast.keyword(arg="frozen"):
                return True
            case _:
                child, parent = parent, parents.get(parent)
    return False


class Copies:
    """Copies of the tree, each used by one thread at a time."""

    def __init__(self, folder: Path, number: int) -> None:
        self._free: SimpleQueue[Path] = SimpleQueue()
        for place in range(number):
            copied = folder / str(place)
            shutil.copytree(ROOT, copied, symlinks=True, ignore=shutil.ignore_patterns(".git", ".venv", "build", ".*"))
            (copied / "src/modelcheck").mkdir(exist_ok=True)
            self._free.put(copied)

    def notices(self, mutant: Mutant) -> bool:
        """Whether some test fails, or never ends, with a mutant in place of its module."""
        copied = self._free.get()
        path = copied / PACKAGE / mutant.module
        original = path.read_text("utf-8")
        try:
            path.write_text(mutant.text, "utf-8")
            return any(not _passes(copied, tests) for tests in (TESTS[mutant.module], FRONT))
        finally:
            path.write_text(original, "utf-8")
            self._free.put(copied)


def _passes(copied: Path, tests: tuple[str, ...]) -> bool:
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    environment = {**os.environ, "PYTHONPATH": str(copied / "src")}
    try:
        ended = subprocess.run(
            [*command, *(f"tests/{one}" for one in tests)],
            cwd=copied,
            env=environment,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0


def main() -> int:
    """Measure, and say what no test notices."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="only these, such as guard/body.py")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--every", type=int, default=1, help="only each so many-th mutant, for a quick estimate")
    options = parser.parse_args()
    made = noticed = 0
    with tempfile.TemporaryDirectory() as folder:
        copies = Copies(Path(folder), options.processes)
        with ThreadPoolExecutor(options.processes) as pool:
            for module in options.modules or TESTS:
                chosen = list(mutants(module))[:: options.every]
                results = list(pool.map(copies.notices, chosen))
                made, noticed = made + len(chosen), noticed + sum(results)
                print(f"{module}: {sum(results)} of {len(chosen)}", flush=True)
                for mutant, is_noticed in zip(chosen, results, strict=True):
                    if not is_noticed:
                        print(f"  {mutant.line}: {mutant.what}", flush=True)
    print(f"{noticed} of {made} noticed: {noticed / max(made, 1):.1%}")
    return 0 if noticed >= AIM * made else 1


if __name__ == "__main__":
    sys.exit(main())
