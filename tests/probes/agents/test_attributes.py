"""Attributes that are read and never set: one row for each way to set, to guard and to surprise."""

from collections.abc import Callable, Iterator
from textwrap import dedent, indent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Look = Callable[..., dict[str, tuple[list[str], str | None]]]


def agent(body: str, head: str = "class TestedAgent:", before: str = "") -> str:
    """A module with one agent class of this body."""
    return f"{dedent(before)}\n{head}\n{indent(dedent(body), '    ')}"


def named(found: dict[str, tuple[list[str], str | None]]) -> list[str]:
    """The attributes that are never set, where that is all that is said."""
    ((lines, about),) = found.values()
    assert about is None
    assert all(line.startswith("never-set ") for line in lines)
    return [line.split()[1] for line in lines]


FAULTS = [
    pytest.param("def run(self): return self.x", ["x"], id="read"),
    pytest.param("def run(this): return this.x", ["x"], id="the instance has another name"),
    pytest.param("def run(self, /): return self.x", ["x"], id="the instance is positional only"),
    pytest.param("async def run(self): return self.x", ["x"], id="async"),
    pytest.param("def run(self): self.x()", ["x"], id="called"),
    pytest.param("def run(self): self.x.y = 1", ["x"], id="something is set on it"),
    pytest.param("def run(self): self.x[0] = 1", ["x"], id="something is set in it"),
    pytest.param("def run(self): self.x += 1", ["x"], id="augmented"),
    pytest.param("x: int\ndef run(self): return self.x", ["x"], id="only annotated in the body"),
    pytest.param("def run(self):\n    self.x: int\n    return self.x", ["x"], id="only annotated in a method"),
    pytest.param("__slots__ = ('x',)\ndef run(self): return self.x", ["x"], id="only a slot"),
    pytest.param("def run(self):\n    def inner(): return self.x\n    return inner", ["x"], id="nested function"),
    pytest.param("def run(self): return lambda: self.x", ["x"], id="lambda"),
    pytest.param("def run(self): return [self.x for _ in ()]", ["x"], id="comprehension"),
    pytest.param("@property\ndef run(self): return self.x", ["x"], id="property"),
    pytest.param("@odd\ndef run(self): return self.x", ["x"], id="method with an unknown decorator"),
    pytest.param("def run(self):\n    try: self.x\n    except ValueError: pass", ["x"], id="guard of another error"),
    pytest.param("def run(self):\n    try: pass\n    except AttributeError: self.x", ["x"], id="in the handler"),
    pytest.param("def run(self):\n    try: pass\n    finally: self.x", ["x"], id="in the end"),
    pytest.param(
        "def run(self):\n    try: self.x\n    except Exception as e: print(e)", ["x"], id="an error that is reported"
    ),
    pytest.param("def run(self):\n    with suppress(ValueError): self.x", ["x"], id="another error is suppressed"),
    pytest.param("def run(self):\n    with open('x'): self.x", ["x"], id="in a with block"),
    pytest.param("def run(self): return getattr(self, 'x') or self.x", ["x"], id="getattr without a default"),
    pytest.param("def run(self, other): return hasattr(other, 'x') and self.x", ["x"], id="asked of something else"),
    pytest.param("def run(self, keys): return 'x' in keys and self.x", ["x"], id="a word in something else"),
    pytest.param("def run(self): self.a, self.b, self.a", ["a", "b"], id="once for each attribute"),
    pytest.param("def run(self): self.__x", ["_TestedAgent__x"], id="private"),
    pytest.param("def run(self): setattr(other, name, 1); self.x", ["x"], id="setattr on something else"),
    pytest.param("def run(self): del self.y; self.x", ["x"], id="another is deleted"),
]

SET = [
    pytest.param("def __init__(self): self.x = 1", id="in init"),
    pytest.param("def later(self): self.x = 1", id="in any method"),
    pytest.param("def later(self): self.x: int = 1", id="with an annotation"),
    pytest.param("def later(self): (self.y, [self.x, *self.z]) = 1, [2, 3]", id="in a tuple"),
    pytest.param("def later(self):\n    for self.x in (): pass", id="by for"),
    pytest.param("def later(self):\n    with open('f') as self.x: pass", id="by with"),
    pytest.param("def later(self): return [0 for self.x in ()]", id="by a comprehension"),
    pytest.param("def later(self):\n    def inner(): self.x = 1", id="in a nested function"),
    pytest.param("def later(this): this.x = 1", id="under another name"),
    pytest.param("@classmethod\ndef later(cls): cls.x = 1", id="on the class"),
    pytest.param("def later(self): type(self).x = 1", id="on its type"),
    pytest.param("@classmethod\ndef make(cls):\n    new = cls.__new__(cls)\n    new.x = 1", id="on a new instance"),
    pytest.param("def later(self): setattr(self, 'x', 1)", id="by setattr"),
    pytest.param("def later(self): object.__setattr__(self, 'x', 1)", id="by object.__setattr__"),
    pytest.param("def later(self): super().__setattr__('x', 1)", id="by super().__setattr__"),
    pytest.param("def later(self): self.__dict__['x'] = 1", id="in __dict__"),
    pytest.param("def later(self): vars(self)['x'] = 1", id="in vars"),
    pytest.param("x = 1", id="class attribute"),
    pytest.param("x: int = 1", id="class attribute with an annotation"),
    pytest.param("y = x = 1", id="second target"),
    pytest.param("x, y = 1, 2", id="tuple in the body"),
    pytest.param("if (x := 1): pass", id="walrus in the body"),
    pytest.param("for x in (): pass", id="for in the body"),
    pytest.param("try: import x\nexcept ImportError: x = None", id="import in the body"),
    pytest.param("import x.y", id="dotted import in the body"),
    pytest.param("from y import z as x", id="import from in the body"),
    pytest.param("match 1:\n    case {'a': x}: pass", id="capture in the body"),
    pytest.param("match 1:\n    case [*x]: pass", id="star capture in the body"),
    pytest.param("match 1:\n    case {**x}: pass", id="rest capture in the body"),
    pytest.param("try: pass\nexcept OSError as x: pass", id="exception in the body"),
    pytest.param("def x(self): ...", id="method"),
    pytest.param("async def x(self): ...", id="async method"),
    pytest.param("@property\ndef x(self): ...", id="property"),
    pytest.param("class x: ...", id="nested class"),
    pytest.param("if later:\n    def x(self): ...", id="conditional method"),
]

GUARDED = [
    pytest.param("def run(self): return hasattr(self, 'x') and self.x", id="hasattr"),
    pytest.param("def run(self): return hasattr(type(self), 'x') and self.x", id="hasattr of the type"),
    pytest.param("def run(self): return hasattr(self.__class__, 'x') and self.x", id="hasattr of the class"),
    pytest.param("def run(self):\n    if not hasattr(self, 'x'): return\n    return self.x", id="early return"),
    pytest.param("def run(self): return getattr(self, 'x', None) and self.x", id="getattr with a default"),
    pytest.param("def run(self): return 'x' in self.__dict__ and self.x", id="in __dict__"),
    pytest.param("def run(self): return 'x' in vars(self) and self.x", id="in vars"),
    pytest.param("def run(self): return 'x' not in dir(self) or self.x", id="in dir"),
    pytest.param("def run(self):\n    try: self.x\n    except AttributeError: return", id="try"),
    pytest.param(
        "def run(self):\n    try: self.x\n    except (KeyError, AttributeError): return 1", id="try of several"
    ),
    pytest.param(
        "def run(self):\n    try: pass\n    except AttributeError: pass\n    else: self.x", id="else of a try"
    ),
    pytest.param("def run(self):\n    try: self.x\n    except* AttributeError: print()", id="try of a group"),
    pytest.param("def run(self):\n    try: self.x\n    except Exception: pass", id="whatever happens is passed over"),
    pytest.param("def run(self):\n    try: self.x\n    except: return None", id="a bare except that returns"),
    pytest.param("def run(self):\n    with suppress(AttributeError): self.x", id="suppress"),
    pytest.param("def run(self):\n    with contextlib.suppress(Exception): self.x", id="suppress all"),
    pytest.param(
        "async def run(self):\n    async with a, suppress(AttributeError): self.x", id="suppress among others"
    ),
    pytest.param("def run(self):\n    if TYPE_CHECKING: self.x", id="for type checkers"),
    pytest.param("def run(self):\n    if sys.version_info > (3, 99): self.x", id="for other versions"),
    pytest.param("def run(self): return isinstance(self, Other) and self.x", id="isinstance"),
    pytest.param("def run(self):\n    self = other\n    return self.x", id="self is something else"),
    pytest.param("def run(self): del self.x", id="only deleted"),
    pytest.param("def run(self): return lambda self: self.x", id="lambda with a self of its own"),
    pytest.param("def run(self):\n    def inner(*self): return self.x", id="nested function with a self of its own"),
    pytest.param("def run(self):\n    class Inner:\n        def go(self): return self.x", id="nested class"),
    pytest.param("@staticmethod\ndef run(self): return self.x", id="static method"),
    pytest.param("@builtins.staticmethod\ndef run(self): return self.x", id="static method by its full name"),
    pytest.param("@classmethod\ndef run(cls): return cls.x", id="class method"),
    pytest.param("def run(cls): return cls.x", id="a class by its name"),
    pytest.param("def __new__(cls): return cls.x", id="new"),
    pytest.param("def __init_subclass__(sub): return sub.x", id="init_subclass"),
    pytest.param("def run(): return self.x", id="function without an instance"),
    pytest.param("def run(*self): return self.x", id="instance among arguments"),
    pytest.param("@odd\ndef run(v): return v.x", id="unknown decorator, unknown first parameter"),
    pytest.param("def deco(fn): return fn.x\n@deco\ndef run(self): ...", id="decorator of the body"),
    pytest.param("def make(n): return n.x\ny = make(1)", id="function called in the body"),
    pytest.param("if odd:\n    def run(self): return self.x", id="conditional method"),
    pytest.param("def run(self): return self.__class__, self.__dict__, self.__doc__, self.__odd__", id="special names"),
    pytest.param("def run(self): return self.__eq__, self.__init__, self.__reduce__", id="what every object has"),
    pytest.param("y: list[self.x]", id="no method"),
]

SURPRISES = [
    pytest.param("def later(self, k): setattr(self, k, 1)", "setattr", id="setattr"),
    pytest.param("def later(self, k): setattr(self, f'{k}', 1)", "setattr", id="setattr of a made name"),
    pytest.param("def later(this, k): setattr(this, k, 1)", "setattr", id="setattr under another name"),
    pytest.param("def later(self, k): setattr(type(self), k, 1)", "setattr", id="setattr on the type"),
    pytest.param("def later(self, k): self.__setattr__(k, 1)", "setattr", id="__setattr__"),
    pytest.param("def later(self, k): super().__setattr__(k, 1)", "setattr", id="super().__setattr__"),
    pytest.param("def later(self, k): object.__setattr__(self, k, 1)", "setattr", id="object.__setattr__"),
    pytest.param("def later(self, **k): self.__dict__.update(k)", "__dict__", id="__dict__.update"),
    pytest.param("def later(self, **k): vars(self).update(k)", "__dict__", id="vars().update"),
    pytest.param("def later(self, k): self.__dict__[k] = 1", "__dict__", id="__dict__[...]"),
    pytest.param("def later(self, k): self.__dict__ = k", "__dict__", id="__dict__ ="),
    pytest.param("def later(self, k): self.__dict__ |= k", "__dict__", id="__dict__ |="),
    pytest.param("locals()[y] = 1", "__dict__", id="locals"),
    pytest.param("def later(self): self.__class__ = Other", "__class__", id="__class__"),
    pytest.param("def later(self): exec('self.x = 1')", "exec", id="exec"),
    pytest.param("def later(self, p): p.parse_args([], namespace=self)", "parse_args", id="argparse"),
    pytest.param("def later(self, f): functools.update_wrapper(self, f)", "update_wrapper", id="functools"),
    pytest.param("def __getattr__(self, name): ...", "__getattr__", id="__getattr__"),
    pytest.param("__getattribute__ = odd", "__getattribute__", id="__getattribute__"),
]


@pytest.mark.parametrize(("body", "names"), FAULTS)
def test_an_attribute_that_is_never_set_is_a_fault(body: str, names: list[str], look: Look) -> None:
    assert named(look(agent(body, before="odd = other = name = suppress = print"))) == names


@pytest.mark.parametrize("body", SET)
def test_an_attribute_that_is_set_is_none(body: str, look: Look) -> None:
    reads = "def run(self): return self.x"
    assert look(agent(reads))["TestedAgent"][0]
    assert look(agent(f"{body}\n{reads}", before="later = 1")) == {"TestedAgent": ([], None)}


@pytest.mark.parametrize("body", GUARDED)
def test_a_read_that_cannot_fail_is_none(body: str, look: Look) -> None:
    before = "import a, builtins, contextlib, suppress, sys, odd, other, self, Other, TYPE_CHECKING"
    assert look(agent(body, before=before)) == {"TestedAgent": ([], None)}


@pytest.mark.parametrize(("body", "about"), SURPRISES)
def test_what_may_set_any_attribute_leaves_a_doubt(body: str, about: str, look: Look) -> None:
    before = "import functools, Other, y, odd"
    reads = "def run(self): return self.x"
    assert look(agent(f"{body}\n{reads}", before=before)) == {"TestedAgent": ([], f"{about} in TestedAgent")}


@pytest.mark.parametrize(("body", "about"), SURPRISES)
def test_what_may_set_any_attribute_leaves_no_doubt_where_none_is_missing(body: str, about: str, look: Look) -> None:
    assert about
    before = "import functools, Other, y, odd"
    assert look(agent(f"{body}\nx = 1\ndef run(self): return self.x", before=before)) == {"TestedAgent": ([], None)}


def test_what_one_method_asks_for_and_another_takes_for_granted_is_in_doubt(look: Look) -> None:
    body = "def is_ready(self): return hasattr(self, 'x')\ndef run(self): return self.x"
    assert look(agent(body)) == {"TestedAgent": ([], "attribute x, asked for elsewhere")}


def test_the_first_read_is_the_place(look: Look) -> None:
    body = "def b(self):\n    self.x\n    self.x\ndef a(self): self.x"
    assert look(agent(body)) == {"TestedAgent": (["never-set x agents.py:4"], None)}


BASES = [
    pytest.param("class Base:\n    def __init__(self): self.x = 1", [], id="set by a base"),
    pytest.param("class Base:\n    x = 1", [], id="attribute of a base"),
    pytest.param("class Base:\n    x: int", ["x"], id="only annotated by a base"),
    pytest.param("@dataclass\nclass Base:\n    x: int", [], id="field of a dataclass"),
    pytest.param("@dataclass(slots=True)\nclass Base:\n    x: int", [], id="field of a dataclass with options"),
    pytest.param("class Base(NamedTuple):\n    x: int", [], id="field of a named tuple"),
    pytest.param("class Base(Protocol):\n    x: int", ["x"], id="promised by a protocol"),
    pytest.param("class Base:\n    def __init__(self): self.__x = 1", ["x"], id="private to a base"),
]


@pytest.mark.parametrize(("base", "expected"), BASES)
def test_bases_may_set_it(base: str, expected: list[str], look: Look) -> None:
    imports = "from dataclasses import dataclass; from typing import NamedTuple, Protocol"
    source = agent("def run(self): return self.x", "class TestedAgent(Base):", f"{imports}\n{base}")
    assert named(look(source)) == expected


KNOWN = [
    ("Exception", "args"),
    ("dict", "items"),
    ("enum.Enum", "value"),
    ("collections.UserDict", "data"),
    ("collections.abc.Mapping", "keys"),
    ("typing.NamedTuple", "_replace"),
    ("contextlib.ContextDecorator", "_recreate_cm"),
]


@pytest.mark.parametrize(("base", "attribute"), KNOWN)
def test_classes_of_the_standard_library_bring_their_own(base: str, attribute: str, look: Look) -> None:
    body = f"__getitem__ = __iter__ = __len__ = None\ndef run(self): return self.{attribute}, self.x"
    source = agent(body, f"class TestedAgent({base}):", "import collections.abc, contextlib, enum, typing")
    assert named(look(source)) == ["x"]


def test_fields_of_the_class_itself_count(look: Look) -> None:
    body = "x: int\ndef run(self): return self.x, self.y"
    source = agent(body, "@dataclasses.dataclass(frozen=True)\nclass TestedAgent:", "import dataclasses")
    assert named(look(source)) == ["y"]


def test_generated_names_of_an_enum_have_no_instance(look: Look) -> None:
    body = "def _generate_next_value_(name, *rest): return name.lower()\nA = auto()"
    source = agent(body, "class TestedAgent(Enum):", "from enum import Enum, auto")
    assert look(source) == {"TestedAgent": ([], None)}


OVERRIDDEN = [
    pytest.param("def run(self): return 1", [], id="overridden"),
    pytest.param("run = None", [], id="overridden by a value"),
    pytest.param("def run(self): return super().run()", ["x"], id="asked for by what overrides it"),
    pytest.param("def run(self): return Base.run(self)", ["x"], id="asked for by name"),
    pytest.param("def other(self): return 1", ["x"], id="not overridden"),
    pytest.param("def run(self): return self.make().run()", [], id="asked of something else"),
]


@pytest.mark.parametrize(("body", "names"), OVERRIDDEN)
def test_a_method_that_is_overridden_reads_nothing(body: str, names: list[str], look: Look) -> None:
    source = agent(body, "class TestedAgent(Base):", "class Base:\n    make = 1\n    def run(self): return self.x\n")
    assert named(look(source)) == names


ELSEWHERE = [
    pytest.param("agent.x = 1", "x, set from elsewhere", id="set on an object"),
    pytest.param("def wire(self): self.x = 1", "x, set from elsewhere", id="set by a free function"),
    pytest.param("class B:\n    def go(self): self.agent.x = 1", "x, set from elsewhere", id="set on a member"),
    pytest.param(
        "class B:\n    @staticmethod\n    def go(a): a.x = 1", "x, set from elsewhere", id="set by a static method"
    ),
    pytest.param("setattr(agent, 'x', 1)", "x, set from elsewhere", id="setattr"),
    pytest.param("for k in ks: setattr(agent, k, 1)", "x, set from elsewhere", id="setattr of any name on an agent"),
    pytest.param("for k in ks: setattr(box.my_agent, k, 1)", "x, set from elsewhere", id="the same on a member"),
    pytest.param("agent.x = (", "x, set from elsewhere", id="set in a file that cannot be parsed"),
    pytest.param("agent.y = agent.x", None, id="read elsewhere"),
    pytest.param("class B:\n    def go(self): self.x = 1", None, id="set by another class on itself"),
    pytest.param("class B:\n    def go(me): setattr(me, 'x', 1)", None, id="setattr by another class on itself"),
    pytest.param("for k in ks: setattr(box, k, 1)", None, id="setattr of any name on anything"),
    pytest.param("x = y.xx = 1", None, id="another name"),
]


@pytest.mark.parametrize(("source", "about"), ELSEWHERE)
def test_code_elsewhere_may_set_it(source: str, about: str | None, look: Look) -> None:
    files = {"agents.py": agent("def run(self): return self.x"), "wiring.py": source}
    fault = [] if about else ["never-set x agents.py:3"]
    assert look(files) == {"TestedAgent": (fault, about)}


def test_what_tests_set_is_not_there_when_the_agent_runs(look: Look) -> None:
    files = {"agents.py": agent("def run(self): return self.x"), "tests/test_agents.py": "agent.x = 1"}
    assert look(files) == {"TestedAgent": (["never-set x agents.py:3"], None)}


CALLS = st.dictionaries(st.sampled_from("fgh"), st.sampled_from(["self.x", "self.y", "self.z", "super"]), max_size=3)
SETS = st.sets(st.sampled_from("xyz"), max_size=2)
GRAPHS = st.lists(st.tuples(st.lists(st.integers(0, 5), max_size=2), SETS, SETS, CALLS), min_size=1, max_size=6)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(GRAPHS)
def test_agrees_with_python(look: Look, graph: list[tuple[list[int], set[str], set[str], dict[str, str]]]) -> None:
    """Each class is a line of bases (earlier ones), what init and body set, and what each method reads or calls."""
    lines = ["class Root:\n    def f(self): ...\n    def g(self): ...\n    def h(self): ..."]
    for index, (bases, stored, given_, calls) in enumerate(graph):
        names = [f"C{base}" for base in dict.fromkeys(bases) if base < index] or ["Root"]
        lines.append(f"class C{index}({', '.join(names)}):\n    def __init__(self):\n        super().__init__()")
        lines += [f"        self.{name} = 1" for name in sorted(stored)]
        lines += [f"    {name} = 1" for name in sorted(given_)]
        lines += [f"    def {m}(self): {'super().' + m + '()' if c == 'super' else c}" for m, c in calls.items()]
    last = f"C{len(graph) - 1}"
    found = look("\n".join(lines), last)[last]
    scope: dict[str, type] = {}
    try:
        exec("\n".join(lines), {"__name__": "agents"}, scope)  # noqa: S102 - written just above
    except TypeError:  # no order of the bases
        return
    assert set(named({last: found})) == set(missing(scope[last]()))


def missing(instance: object) -> Iterator[str]:
    for method in "fgh":
        try:
            getattr(instance, method)()
        except AttributeError as error:
            yield str(error.name)
