"""Which classes are examined, and how the configuration's names find them."""

from collections.abc import Callable

import pytest

from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.sources import AgentClass

Classes = Callable[..., tuple[AgentClass, ...]]
Look = Callable[..., dict[str, tuple[list[str], str | None]]]

ABSTRACT = "import abc\nclass BaseAgent(abc.ABC):\n    @abc.abstractmethod\n    def run(self): ...\n"

CHOSEN = [
    pytest.param("class OneAgent: ...", ["OneAgent"], id="by its own name"),
    pytest.param("class Agent: ...", ["Agent"], id="the bare word"),
    pytest.param("class Coder: ...", [], id="another name"),
    pytest.param("class AgentConfig: ...", [], id="the word elsewhere in the name"),
    pytest.param("class OneAgent: ...\nclass Coder(OneAgent): ...", ["Coder"], id="by the name of a base"),
    pytest.param("class OneAgent: ...\nclass A(OneAgent): ...\nclass B(A): ...", ["B"], id="by a base of a base"),
    pytest.param("class Base: ...\nclass OneAgent(Base): ...", ["OneAgent"], id="a base is none"),
    pytest.param("from x import OneAgent\nclass Coder(OneAgent): ...", [], id="a base outside the project"),
    pytest.param(ABSTRACT, [], id="an interface"),
    pytest.param("from typing import Protocol\nclass RunAgent(Protocol): ...", [], id="a protocol"),
    pytest.param("def make():\n    class OneAgent: ...", [], id="in a function"),
    pytest.param("class Box:\n    class OneAgent: ...", [], id="in a class"),
]


@pytest.mark.parametrize(("source", "names"), CHOSEN)
def test_agents_are_known_by_name(source: str, names: list[str], look: Look) -> None:
    assert list(look(source)) == names


def test_subclasses_are_found_in_files_that_do_not_have_the_word(look: Look) -> None:
    files = {
        "base.py": "class BaseAgent: ...",
        "coder.py": "from base import BaseAgent\nclass Coder(BaseAgent): ...",
        "expert.py": "from coder import Coder\nclass Expert(Coder): ...",
    }
    assert list(look(files)) == ["Expert"]


def test_gives_up_on_subclasses_of_subclasses_at_some_depth(look: Look) -> None:
    files = {"c0.py": "class BaseAgent: ...\nclass C0(BaseAgent):\n    def run(self): return self.x"}
    files |= {
        f"c{index}.py": f"from c{index - 1} import C{index - 1}\nclass C{index}(C{index - 1}): ..."
        for index in range(1, 13)
    }
    (found,) = look(files).items()
    assert found == ("C10", ([], "the project's Python files"))


@pytest.mark.parametrize("path", ["tests/agents.py", "a/test/b/agents.py", "test_agents.py", "conftest.py"])
def test_classes_of_tests_are_examined_only_where_named(path: str, look: Look) -> None:
    assert look({path: "class OneAgent: ..."}) == {}
    assert look({path: "class OneAgent: ..."}, "OneAgent") == {"OneAgent": ([], None)}


def test_a_double_in_the_tests_does_not_make_a_class_a_base(look: Look) -> None:
    files = {
        "agents.py": "class OneAgent: ...",
        "tests/doubles.py": "from agents import OneAgent\nclass Fake(OneAgent): ...",
    }
    assert list(look(files)) == ["OneAgent"]


NAMED = [
    pytest.param("OneAgent", id="bare"),
    pytest.param("agents.one.OneAgent", id="dotted"),
    pytest.param("agents.one:OneAgent", id="with a colon"),
    pytest.param(" agents.one.OneAgent ", id="with spaces"),
    pytest.param("app.agents.one.OneAgent", id="below src"),
    pytest.param("src.app.agents.one.OneAgent", id="from the root"),
    pytest.param("agents.OneAgent", id="exported"),
    pytest.param("agents.Alias", id="exported under another name"),
]


@pytest.mark.parametrize("text", NAMED)
def test_the_configuration_may_name_a_class_in_many_ways(text: str, classes: Classes) -> None:
    files = {
        "src/app/agents/__init__.py": "from .one import OneAgent, OneAgent as Alias",
        "src/app/agents/one.py": "class OneAgent: ...",
        "src/app/__init__.py": "",
        "other/two.py": "class TwoAgent: ...",
    }
    (two, one) = classes(files, text)
    assert (two.name, one) == ("TwoAgent", AgentClass("OneAgent", (), None, Place("src/app/agents/one.py", 1)))


def test_a_named_class_is_examined_whatever_it_is_called_and_whatever_inherits_from_it(look: Look) -> None:
    source = f"{ABSTRACT}class Coder(BaseAgent): ...\nclass Sub(Coder): ..."
    left = (["abstract-left run agents.py:2"], None)
    below = [(["abstract-left run agents.py:5"], None), (["abstract-left run agents.py:6"], None)]
    assert look(source, "BaseAgent", "Coder") == {"BaseAgent": left, "Coder": below[0], "Sub": below[1]}


def test_two_agents_of_one_class_are_one_subject(look: Look) -> None:
    assert list(look("class OneAgent: ...", "OneAgent", "agents.OneAgent", "OneAgent", "Nobody", "Nobody")) == [
        "OneAgent",
        "Nobody",
    ]


NOT_FOUND = [
    "agents.OneAgent",
    "agents.two.OneAgent",
    "agents.one.TwoAgent",
    "agents.one.deep.TwoAgent",
    "lib.OneAgent",
]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_a_class_that_the_project_proves_not_to_have_is_a_fault(text: str, classes: Classes) -> None:
    files = {"agents/__init__.py": "", "agents/one.py": "class OneAgent: ...", "src/lib/deep/one.py": ""}
    found = classes(files, text)[-1]
    place = Place("config/models_config.json", 7)
    assert (found.name, found.doubt, found.at) == (text, None, place)
    assert [(fault.code, fault.name, fault.place) for fault in found.faults] == [("not-found", text, place)]


UNCLEAR = [
    pytest.param("framework.agents.OneAgent", Why.NOT_THERE, "class framework.agents.OneAgent", id="outside"),
    pytest.param("Nobody", Why.NOT_THERE, "class Nobody", id="bare and nowhere"),
    pytest.param("Twin", Why.NOT_UNDERSTOOD, "class Twin: 2 of that name", id="bare and twice"),
    pytest.param("agents.star.OneAgent", Why.NOT_UNDERSTOOD, "class agents.star.OneAgent", id="star import"),
    pytest.param("agents.lazy.OneAgent", Why.NOT_UNDERSTOOD, "class agents.lazy.OneAgent", id="made when asked for"),
    pytest.param(
        "agents.other.OneAgent", Why.NOT_UNDERSTOOD, "class agents.other.OneAgent", id="imported from outside"
    ),
    pytest.param("agents.other.make", Why.NOT_UNDERSTOOD, "class agents.other.make", id="a function"),
    pytest.param("agents.twin.Twin.Inner", Why.NOT_UNDERSTOOD, "class agents.twin.Twin.Inner", id="nested class"),
    pytest.param("agents.broken.OneAgent", Why.UNREADABLE, "agents/broken.py", id="not to be parsed"),
    pytest.param("BrokenAgent", Why.UNREADABLE, "agents/broken.py", id="bare and not to be parsed"),
    pytest.param("deep.one.OneAgent", Why.NOT_UNDERSTOOD, "class deep.one.OneAgent", id="two modules of that name"),
    pytest.param("not a class", Why.NOT_UNDERSTOOD, "class not a class", id="no name"),
    pytest.param("a.\x1b[0m", Why.NOT_UNDERSTOOD, "class a.\N{REPLACEMENT CHARACTER}[0m", id="no text"),
    pytest.param("..", Why.NOT_UNDERSTOOD, "class ..", id="dots"),
]


@pytest.mark.parametrize(("text", "why", "about"), UNCLEAR)
def test_a_name_that_is_not_clear_is_in_doubt(text: str, why: Why, about: str, classes: Classes) -> None:
    files = {
        "agents/star.py": "from x import *",
        "agents/lazy.py": "def __getattr__(name): ...",
        "agents/other.py": "from x import OneAgent\ndef make(): ...",
        "agents/twin.py": "class Twin:\n    class Inner: ...",
        "agents/pair.py": "class Twin: ...",
        "agents/broken.py": "class BrokenAgent(:",
        "a/deep/one.py": "",
        "b/deep/one.py": "",
    }
    (found,) = classes(files, text)
    assert (found.faults, found.doubt) == ((), Gap(why, about=about))


def test_one_class_of_a_name_beside_a_broken_file_is_found(look: Look) -> None:
    files = {"good.py": "class OneAgent: ...", "bad.py": "class OneAgent(:"}
    assert look(files, "OneAgent") == {"OneAgent": ([], None)}


def test_what_lacks_something_may_have_subclasses_in_a_broken_file(look: Look) -> None:
    files = {"agents.py": "class OneAgent:\n    def run(self): return self.x, Y", "bad.py": "class Two(OneAgent:"}
    assert look(files) == {"OneAgent": (["undefined-name Y agents.py:2"], "bad.py")}


def test_a_doubt_names_what_has_its_own_reason(look: Look) -> None:
    source = "from y import *\nclass OneAgent:\n    def run(self): return self.x, Y"
    assert look({"agents.py": source, "bad.py": "class Two(OneAgent:"}) == {
        "OneAgent": ([], "star import in agents.py")
    }


def test_a_doubt_names_the_first_few(look: Look) -> None:
    source = "from x import A, B, C, D\nclass OneAgent(A, B, C, D): ..."
    assert look(source) == {"OneAgent": ([], "base A, base B, base C, …")}


def test_what_lacks_something_may_have_subclasses_that_cannot_be_followed(look: Look) -> None:
    files = {
        "agents.py": "class OneAgent:\n    def run(self): return self.x",
        "two.py": "from agents import *\nclass Two(OneAgent): ...",
    }
    assert look(files) == {"OneAgent": ([], "base OneAgent")}
    assert look(files, "OneAgent") == {"OneAgent": (["never-set x agents.py:2"], None)}
