"""Names that nothing binds: one row for each way to bind, and for each place where a missing name does no harm."""

import sys
from collections.abc import Callable

import pytest

from modelcheck.probes.agents import tables

Look = Callable[..., dict[str, tuple[list[str], str | None]]]

LATER = "from __future__ import annotations\n"

FAULTS = [
    pytest.param("class OneAgent:\n    def run(self): return X", 2, id="in a method"),
    pytest.param("class OneAgent:\n    def run(self): X()", 2, id="called"),
    pytest.param("class OneAgent:\n    def run(self): X.y = 1", 2, id="something is set on it"),
    pytest.param("class OneAgent:\n    def run(self) -> X: ...", 2, id="annotation of a result"),
    pytest.param("class OneAgent:\n    def run(self, x: list[X]): ...", 2, id="annotation of an argument"),
    pytest.param("class OneAgent:\n    def run(self, *x: X): ...", 2, id="annotation of all arguments"),
    pytest.param("class OneAgent:\n    x: X = None", 2, id="annotation in the body"),
    pytest.param("class OneAgent:\n    x = X", 2, id="in the body"),
    pytest.param("class OneAgent:\n    def run(self, x=X): ...", 2, id="default"),
    pytest.param("class OneAgent:\n    @X\n    def run(self): ...", 2, id="decorator of a method"),
    pytest.param("class OneAgent:\n    def run(self): return [X for _ in ()]", 2, id="comprehension"),
    pytest.param("class OneAgent:\n    def run(self): return lambda: X", 2, id="lambda"),
    pytest.param("class OneAgent:\n    def run(self):\n        def inner(x: X): ...", 3, id="nested function"),
    pytest.param("class OneAgent:\n    def run(self):\n        class Inner(X): ...", 3, id="nested class"),
    pytest.param("class OneAgent:\n    def run(self): return f'{X}'", 2, id="f-string"),
    pytest.param(
        "class OneAgent:\n    def run(self):\n        global X\n        return X", 4, id="declared, not bound"
    ),
    pytest.param("class OneAgent:\n    X = 1\n    def run(self): return X", 3, id="a name of the body, in a method"),
    pytest.param(
        "class OneAgent:\n    def go(self, X): return X\n    def run(self): return X", 3, id="local elsewhere"
    ),
    pytest.param(
        "class OneAgent:\n    X = 1\n    y = X\n    def run(self): return X", 4, id="of the body, also used there"
    ),
    pytest.param("class OneAgent:\n    y = lambda X: X\n    def run(self): return X", 3, id="local to a lambda"),
    pytest.param("class OneAgent:\n    def other(self): return [X for X in ()], X", 2, id="local to a comprehension"),
    pytest.param("def other(X): ...\nclass OneAgent:\n    def run(self): return X", 3, id="local to a function"),
    pytest.param(
        "class OneAgent:\n    def run(self):\n        try: X\n        except ValueError: ...", 3, id="odd guard"
    ),
    pytest.param(
        "class OneAgent:\n    def run(self):\n        try: X\n        except Exception: print()", 3, id="reported"
    ),
    pytest.param(
        f"{LATER}class OneAgent:\n    def go(self, a: X) -> X: ...\n    def run(self): return X",
        4,
        id="not the annotation that is never evaluated",
    ),
    pytest.param("class OneAgent(metaclass=type, key=X): ...", 1, id="argument of the class"),
    pytest.param("class OneAgent:\n    def __X(self): return X", 2, id="private method"),
]

BOUND = [
    *("import X", "import X.y", "import y as X", "from y import X", "from y import z as X", "from . import X"),
    *("X = 1", "X: int = 1", "X: int", "(y, [X, *z]) = 1, [2]", "y = X = 1", "y = (X := 1)", "X += 1"),
    *("def X(): ...", "async def X(): ...", "class X: ...", "for X in (): ...", "with open('f') as X: ..."),
    *("try: ...\nexcept OSError as X: ...", "try: import X\nexcept ImportError: X = None", "if y: X = 1", "del X"),
    *("match 1:\n    case X: ...", "match 1:\n    case {**X}: ...", "match 1:\n    case [*X]: ..."),
    "def late():\n    global X\n    X = 1",
    "def late():\n    def later():\n        global X\n        import X",
    "class Late:\n    def later(self):\n        global X\n        def X(): ...",
    "if TYPE_CHECKING:\n    from y import X",
    "[X := 1 for y in ()]",
]

HARMLESS = [
    pytest.param("class OneAgent:\n    def run(self, X): return X", id="parameter"),
    pytest.param("class OneAgent:\n    def run(self, *X, y=1): return X", id="all parameters"),
    pytest.param("class OneAgent:\n    def run(self):\n        return X\n        X = 1", id="local"),
    pytest.param("class OneAgent:\n    def run(self):\n        import X\n        return lambda: X", id="of a closure"),
    pytest.param("class OneAgent:\n    X = 1\n    y = X", id="in the body"),
    pytest.param("class OneAgent:\n    def run(self): return [X for X in ()]", id="of a comprehension"),
    pytest.param(
        "class OneAgent:\n    def run(self): return {X: 1 for X in ()}, {X for X in ()}", id="of dict and set"
    ),
    pytest.param(
        "class OneAgent:\n    def run(self): return (X for X in ()), (lambda X: X)", id="of generator, lambda"
    ),
    pytest.param("class OneAgent:\n    def run(self): return len(str(ValueError)), __name__, __file__", id="built in"),
    pytest.param("class OneAgent:\n    def run(self): return __class__, __qualname__, __odd__", id="special names"),
    pytest.param("class OneAgent:\n    def run(self): return _('text'), WindowsError, exit", id="put there by others"),
    pytest.param("class OneAgent:\n    def run(self) -> 'X': ...", id="quoted"),
    pytest.param("class OneAgent:\n    def run(self): x: X = 1", id="annotation of a local"),
    pytest.param("class OneAgent:\n    def run(self): self.x: X = 1", id="annotation of an attribute in a method"),
    pytest.param(
        f"{LATER}class OneAgent:\n    y: X = 1\n    def run(self, *x: X) -> X: ...",
        id="annotations that are never evaluated",
    ),
    pytest.param(
        f"{LATER}class OneAgent:\n    async def run(self, x: X = 1) -> X: ...",
        id="the same in an async method",
    ),
    pytest.param("class OneAgent:\n    if TYPE_CHECKING:\n        x: X", id="for type checkers"),
    pytest.param("class OneAgent:\n    def run(self):\n        if sys.version_info < (3,): X", id="for other versions"),
    pytest.param(
        "class OneAgent:\n    def run(self): return X if PY2 else 1", id="for other versions in an expression"
    ),
    pytest.param("class OneAgent:\n    def run(self):\n        try: X\n        except NameError: ...", id="guarded"),
    pytest.param("class OneAgent:\n    def run(self):\n        try: X\n        except: pass", id="passed over"),
    pytest.param("class OneAgent:\n    def run(self):\n        with suppress(NameError): X", id="suppressed"),
    pytest.param("class OneAgent:\n    def run(self): __X", id="private name that is mangled"),
    pytest.param("class OneAgent:\n    def run(self): X = 1; del X", id="deleted"),
]

SURPRISES = [
    ("from y import *", "star import"),
    ("if y: from y import *", "star import"),
    ("globals()[y] = 1", "globals"),
    ("exec(y)", "exec"),
    ("setattr(sys.modules[__name__], y, 1)", "modules"),
    ("enum.IntEnum._convert_('Y', __name__, y)", "_convert_"),
    ("@enum.global_enum\nclass Y(enum.IntEnum): ...", "global_enum"),
]


@pytest.mark.parametrize(("source", "line"), FAULTS)
def test_a_name_that_nothing_binds_is_a_fault(source: str, line: int, look: Look) -> None:
    assert look(source)["OneAgent"] == ([f"undefined-name X agents.py:{line}"], None)


@pytest.mark.parametrize("binding", BOUND)
def test_a_name_that_the_module_binds_is_none(binding: str, look: Look) -> None:
    source = "class OneAgent:\n    def run(self) -> X: return X"
    assert look(source)["OneAgent"][0]
    head = "TYPE_CHECKING = y = 1"
    assert look(f"{head}\n{source}\n{binding}")["OneAgent"] == ([], None)
    assert look(f"{head}\n{binding}\n{source}")["OneAgent"] == ([], None)


@pytest.mark.parametrize("source", HARMLESS)
def test_a_name_that_does_no_harm_is_none(source: str, look: Look) -> None:
    assert look(f"{source}\nimport TYPE_CHECKING, PY2, sys, suppress")["OneAgent"] == ([], None)


@pytest.mark.parametrize(("binding", "about"), SURPRISES)
def test_what_may_bind_any_name_leaves_a_doubt(binding: str, about: str, look: Look) -> None:
    source = f"import enum, sys, y\n{binding}\nclass OneAgent:\n    def run(self): return X"
    assert look(source)["OneAgent"] == ([], f"{about} in agents.py")


def test_a_star_import_leaves_no_doubt_where_no_name_is_missing(look: Look) -> None:
    assert look("from y import *\nclass OneAgent:\n    def run(self): return 1")["OneAgent"] == ([], None)


def test_each_name_is_said_once_at_its_first_load(look: Look) -> None:
    source = "class OneAgent:\n    def run(self):\n        Y\n        return X, X\n    def a(self): return Y, X"
    expected = ["undefined-name Y agents.py:3", "undefined-name X agents.py:4"]
    assert look(source)["OneAgent"] == (expected, None)


def test_names_count_in_the_module_where_they_stand(look: Look) -> None:
    files = {
        "base.py": "class Base:\n    def run(self): return X",
        "agents.py": "from base import Base\nX = 1\nclass OneAgent(Base):\n    def go(self): return X",
    }
    assert look(files)["OneAgent"] == (["undefined-name X base.py:2"], None)


def test_a_method_that_is_overridden_is_defined_and_not_run(look: Look) -> None:
    source = """\
        class Base:
            def run(self, x: X) -> Y: return Z
        class OneAgent(Base):
            def run(self, x): ...
        """
    assert look(source)["OneAgent"] == (["undefined-name X agents.py:2", "undefined-name Y agents.py:2"], None)


def test_a_base_without_a_binding_is_a_fault_and_a_doubt(look: Look) -> None:
    source = "@mark\nclass OneAgent(Base[X]):\n    def run(self): return self.x"
    names = ["undefined-name mark agents.py:1", "undefined-name Base agents.py:2", "undefined-name X agents.py:2"]
    assert look(source)["OneAgent"] == (names, "base Base, decorator mark")


def test_a_name_may_be_set_from_another_module(look: Look) -> None:
    files = {
        "agents.py": "class OneAgent:\n    def run(self): return settings",
        "main.py": "import agents\nagents.settings = {}",
    }
    assert look(files)["OneAgent"] == ([], "settings, set from elsewhere")


def test_classes_of_one_name_are_told_apart(look: Look) -> None:
    source = """\
        def make():
            class OneAgent:
                def run(self): return Y
            return OneAgent
        class OneAgent:
            class OneAgent: ...
            def run(self): return X
        """
    assert look(source)["OneAgent"] == (["undefined-name X agents.py:7"], None)


NEWER = [
    pytest.param("class OneAgent[T](Base[T]):\n    def run(self, x: T) -> T: return x", [], id="type parameter"),
    pytest.param("class OneAgent:\n    def run[T: X](self, x: T) -> T: return X", ["X"], id="bound of a parameter"),
    pytest.param("class OneAgent:\n    type T = X", [], id="alias that is evaluated when asked"),
    pytest.param("type X = int\nclass OneAgent:\n    def run(self) -> X: ...", [], id="alias of the module"),
]


@pytest.mark.parametrize(
    ("source", "about"),
    [
        pytest.param("class OneAgent:\n    def run(self): return X", None, id="small"),
        pytest.param("class OneAgent: ...\ndef f(): ...\ndef g(): ...", "agents.py", id="many in the module"),
        pytest.param(
            "class OneAgent:\n    def f(self): ...\n    def g(self): ...", "agents.py", id="many in the class"
        ),
    ],
)
def test_too_many_scopes_leave_a_doubt(
    source: str, about: str | None, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_LOOKUPS", 3)
    lines, doubt = look(source)["OneAgent"]
    assert (bool(lines), doubt) == (about is None, about)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="this Python has no type parameters")
@pytest.mark.parametrize(("source", "names"), NEWER)
def test_type_parameters_are_bound(source: str, names: list[str], look: Look) -> None:
    ((lines, _),) = look(f"class Base: ...\n{source}").values()
    assert [line.split()[1] for line in lines] == names
