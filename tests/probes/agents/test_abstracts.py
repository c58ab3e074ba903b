"""Methods left abstract: tables, and a comparison with what Python itself says about classes made at random."""

import abc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from modelcheck.core.facts import Place
from modelcheck.core.project import Agent, Agents
from modelcheck.core.sources import AgentClass
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import Access
from modelcheck.probes.agents import agent_classes

Look = Callable[..., dict[str, tuple[list[str], str | None]]]

ABC = "from abc import ABC, abstractmethod, abstractproperty\nclass Base(ABC):\n"
ONE = "class OneAgent(Base): ..."
RUN = "    def run(self): ...\n"
TODO = f"    @abstractmethod\n{RUN}"
BASE = f"from abc import ABC, abstractmethod\nclass Base(ABC):\n{TODO}"

LEFT = [
    pytest.param(f"{BASE}class OneAgent(Base): ...", id="not overridden"),
    pytest.param(f"{BASE}class OneAgent(Base):\n    run: int", id="only annotated"),
    pytest.param(f"{BASE}class OneAgent(Base):\n    def go(self): self.run = 1", id="only set on the instance"),
    pytest.param(f"{BASE}class Mid(Base): ...\nclass OneAgent(Mid): ...", id="through a class between"),
    pytest.param(f"{BASE}class Mixin:\n    def run(self): ...\nclass OneAgent(Base, Mixin): ...", id="mixin too late"),
    pytest.param(f"{BASE}class Mid(Base):\n{RUN}class Low(Mid):\n{TODO}class OneAgent(Low): ...", id="abstract again"),
    pytest.param(
        f"import abc\nclass Base(metaclass=abc.ABCMeta):\n    @abc.abstractmethod\n{RUN}{ONE}", id="metaclass"
    ),
    pytest.param(f"import abc as a\nclass Base(a.ABC):\n    @a.abstractproperty\n{RUN}{ONE}", id="abstractproperty"),
    pytest.param(f"{ABC}    @property\n{TODO}{ONE}", id="property"),
    pytest.param(f"{ABC}    @property\n{TODO}    @run.setter\n{RUN}{ONE}", id="property with a setter"),
    pytest.param(
        f"{ABC}    @classmethod\n    @abstractmethod\n    async def run(cls): ...\n{ONE}", id="async class method"
    ),
    pytest.param(f"{ABC}    run = abstractproperty(None)\n{ONE}", id="assigned"),
    pytest.param(f"from abc import abstractmethod as todo, ABC\nclass Base(ABC):\n    @todo\n{RUN}{ONE}", id="alias"),
    pytest.param(
        f"from typing import Protocol\nfrom abc import abstractmethod\nclass Base(Protocol):\n{TODO}{ONE}",
        id="protocol",
    ),
    pytest.param(
        f"from dataclasses import dataclass\n{BASE}@dataclass\nclass OneAgent(Base):\n    run: int", id="dataclass"
    ),
]

DONE = [
    pytest.param(f"{BASE}class OneAgent(Base):\n    def run(self): ...", id="overridden"),
    pytest.param(f"{BASE}class OneAgent(Base):\n    run = None", id="overridden by a value"),
    pytest.param(f"{BASE}class OneAgent(Base):\n    run: int = 1", id="overridden by a value with an annotation"),
    pytest.param(f"{BASE}class OneAgent(Base):\n    from x import run", id="overridden by an import"),
    pytest.param(f"{BASE}class Mixin:\n    def run(self): ...\nclass OneAgent(Mixin, Base): ...", id="mixin"),
    pytest.param(f"{BASE}class Mid(Base):\n    def run(self): ...\nclass OneAgent(Mid): ...", id="a class between"),
    pytest.param(f"from abc import abstractmethod\nclass Base:\n{TODO}{ONE}", id="a mark without the metaclass"),
    pytest.param(
        f"from abc import ABC\ndef abstractmethod(f): return f\nclass Base(ABC):\n{TODO}{ONE}", id="another mark"
    ),
    pytest.param(f"{ABC}    def run(self): raise NotImplementedError\n{ONE}", id="not implemented"),
    pytest.param(f"{ABC}{TODO}{RUN}{ONE}", id="defined again"),
    pytest.param(
        f"{BASE}class Done(Base):\n{RUN}class Mixin:\n{TODO}class OneAgent(Mixin, Done): ...",
        id="settled by a base, marked in a class that Python does not ask",
    ),
    pytest.param(f"{ABC}    @run.setter\n{RUN}{ONE}", id="a setter alone"),
    pytest.param(
        f"from dataclasses import dataclass\n{ABC}{TODO.replace('run', '__init__')}@dataclass\n{ONE}",
        id="written by a dataclass",
    ),
    pytest.param(
        "from collections.abc import Mapping\nclass OneAgent(dict, Mapping): ...", id="brought by a built-in class"
    ),
    pytest.param(f"{BASE}class OneAgent(Base):\n    y = 1\n    if y:\n        def run(self): ...", id="in a branch"),
]


@pytest.mark.parametrize("source", LEFT)
def test_a_method_left_abstract_is_a_fault_of_the_class(source: str, look: Look) -> None:
    line = next(number for number, text in enumerate(source.splitlines(), 1) if text.startswith("class OneAgent"))
    assert look(source) == {"OneAgent": ([f"abstract-left run agents.py:{line}"], None)}


@pytest.mark.parametrize("source", DONE)
def test_a_method_that_is_there_is_none(source: str, look: Look) -> None:
    about = "conditional definition of OneAgent.run" if "if y:" in source else None
    assert look(source) == {"OneAgent": ([], about)}


def test_abstract_methods_of_the_standard_library_count(look: Look) -> None:
    source = "from collections.abc import Mapping\nclass OneAgent(Mapping[str, int]):\n    def __len__(self): return 0"
    names = ["abstract-left __getitem__ agents.py:2", "abstract-left __iter__ agents.py:2"]
    assert look(source) == {"OneAgent": (names, None)}


def test_a_private_method_is_abstract_under_its_mangled_name(look: Look) -> None:
    source = BASE.replace("run", "__run") + "class OneAgent(Base):\n    def __run(self): ..."
    assert look(source) == {"OneAgent": (["abstract-left _Base__run agents.py:5"], None)}


def test_a_setter_that_is_not_abstract_can_be_overridden_with_its_property(look: Look) -> None:
    source = """\
        import abc
        class Base(abc.ABC):
            @property
            def run(self): ...
            @run.setter
            @abc.abstractmethod
            def run(self, value): ...
        class OneAgent(Base):
            @property
            def run(self): ...
            @run.setter
            def run(self, value): ...
        """
    assert look(source) == {"OneAgent": ([], None)}


bodies = st.dictionaries(st.sampled_from("fgh"), st.booleans(), max_size=3)
graphs = st.lists(st.tuples(st.lists(st.integers(0, 6), max_size=3), st.booleans(), bodies), min_size=1, max_size=7)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graphs)
def test_agrees_with_python(root: Path, graph: list[tuple[list[int], bool, dict[str, bool]]]) -> None:
    """Each class is a line of bases (earlier classes), whether ABC is one, and methods, abstract or not."""
    lines = ["import abc"]
    for index, (bases, is_abc, body) in enumerate(graph):
        names = [f"C{base}Agent" for base in dict.fromkeys(bases) if base < index] + ["abc.ABC"] * is_abc
        lines.append(f"class C{index}Agent({', '.join(names)}):\n    pass")
        for name, is_abstract in body.items():
            lines += ["    @abc.abstractmethod"] * is_abstract + [f"    def {name}(self): ..."]
    (root / "agents.py").write_text("\n".join(lines))
    last = f"C{len(graph) - 1}Agent"
    found = next(cls for cls in survey(root, *(f"C{index}Agent" for index in range(len(graph)))) if cls.name == last)
    scope: dict[str, abc.ABCMeta] = {}
    try:
        exec("\n".join(lines), {"abc": abc, "__name__": "agents"}, scope)  # noqa: S102 - written just above
    except TypeError:
        assume("order of the bases" not in str(found.doubt))  # classes outside the project are not put in order
        return
    expected: frozenset[str] = getattr(scope[last], "__abstractmethods__", frozenset())
    assert {fault.name for fault in found.faults} == expected
    assert found.doubt is None


def survey(root: Path, *names: str) -> tuple[AgentClass, ...]:
    agents = Agents(tuple(Agent(name, False, (), False, name, Place("config.json")) for name in names))
    return agent_classes(Access(root=root, providers=KnownProviders("2026-01-01", ())), agents).classes
