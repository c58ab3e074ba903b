"""The probe as a whole: the four faults together, nothing of the project run, bounds kept."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from modelcheck.core.codec import encode
from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.sources import AgentClass, AgentClasses, ClassFault
from modelcheck.probes import agents as package
from modelcheck.probes.agents import library
from modelcheck.probes.agents.modules import Module
from modelcheck.probes.agents.sources import Source

Classes = Callable[..., tuple[AgentClass, ...]]
Look = Callable[..., dict[str, tuple[list[str], str | None]]]

ORIGINAL = {
    "agents/base_agent.py": """\
        from abc import ABC, abstractmethod


        class BaseAgent(ABC):
            def __init__(self, config):
                self.config = config

            @abstractmethod
            def execute(self, task): ...

            @abstractmethod
            def describe(self): ...

            def log(self, message):
                self.logger.info("%s: %s", self.agent_id, message)
        """,
    "agents/coder_agent.py": """\
        from agents.base_agent import BaseAgent


        class CoderAgent(BaseAgent):
            def execute(self, task) -> Result:
                self.log(task)
                return Result(task)
        """,
}
"""The four faults that this examination was made for."""


def test_finds_the_four_faults_together(classes: Classes) -> None:
    base, coder = "agents/base_agent.py", "agents/coder_agent.py"
    assert classes(ORIGINAL, "agents.coder_agent.CoderAgent") == (
        AgentClass(
            "CoderAgent",
            (
                ClassFault("abstract-left", "describe", Place(coder, 4)),
                ClassFault("never-set", "logger", Place(base, 15)),
                ClassFault("never-set", "agent_id", Place(base, 15)),
                ClassFault("undefined-name", "Result", Place(coder, 5)),
            ),
            None,
            Place(coder, 4),
        ),
    )


def test_finds_nothing_once_they_are_corrected(look: Look) -> None:
    corrected = {
        "agents/base_agent.py": ORIGINAL["agents/base_agent.py"].replace(
            "self.config = config",
            "self.config = config; self.agent_id = id(self); self.logger = __import__('logging').getLogger()",
        ),
        "agents/coder_agent.py": """\
            from dataclasses import dataclass
            from agents.base_agent import BaseAgent

            @dataclass
            class Result:
                task: str

            class CoderAgent(BaseAgent):
                def execute(self, task) -> Result:
                    self.log(task)
                    return Result(task)

                def describe(self):
                    return "writes code"
            """,
    }
    assert look(corrected) == {"CoderAgent": ([], None)}


def test_runs_nothing_of_the_project(root: Path, look: Look) -> None:
    trace = root / "trace"
    touch = f"open({str(trace)!r}, 'w').close()"
    source = f"""\
        {touch}

        def mark(cls):
            {touch}
            return cls

        class SpyAgent:
            {touch}
            def __init_subclass__(cls): {touch}

        @mark
        class MoleAgent(SpyAgent): ...
        """
    assert look({"agents.py": source, "conftest.py": touch, "sitecustomize.py": touch}, "agents.SpyAgent").keys() == {
        "SpyAgent",
        "MoleAgent",
    }
    assert not trace.exists()


def test_an_empty_project_has_no_agent_classes(look: Look) -> None:
    assert look({}) == {}


def test_a_folder_that_is_not_there_has_no_agent_classes(root: Path, classes: Classes) -> None:
    root.rmdir()
    assert classes({}) == ()


def test_keeps_the_first_subjects_by_path(monkeypatch: pytest.MonkeyPatch, look: Look) -> None:
    monkeypatch.setattr(package, "MAX_SUBJECTS", 2)
    files = {f"{letter}.py": f"class {letter.upper()}Agent: ..." for letter in "cab"}
    assert list(look(files)) == ["AAgent", "BAgent"]


def test_what_is_left_of_the_budget_is_said(monkeypatch: pytest.MonkeyPatch, look: Look) -> None:
    monkeypatch.setattr(library, "MAX_PARSED", 1)
    files = {"a.py": "class OneAgent:\n    def run(self): return self.model", "b.py": "class TwoAgent: ..."}
    assert look(files) == {"OneAgent": ([], "the project's Python files")}


def test_parses_nothing_when_the_time_is_up(classes: Classes) -> None:
    (found,) = classes({"a.py": "class OneAgent: ..."}, "a.OneAgent", limit_s=-1)
    assert found.doubt == Gap(Why.TOO_MUCH, about="a.py")


def test_examines_nothing_when_the_time_is_up(classes: Classes, monkeypatch: pytest.MonkeyPatch) -> None:
    load = library.Library.load

    def be_late(self: library.Library, source: Source) -> Module | None:
        module = load(self, source)
        self._deadline = 0
        return module

    monkeypatch.setattr(library.Library, "load", be_late)
    (found,) = classes("class OneAgent:\n    def run(self): return self.x")
    assert (found.faults, found.doubt) == ((), Gap(Why.TOO_MUCH, about="agents.py"))


def test_says_a_few_faults_of_each_kind(classes: Classes) -> None:
    names = [f"n{number:02}" for number in range(30)]
    todo = "".join(f"    @abc.abstractmethod\n    def {name}(self): ...\n" for name in names)
    uses = "".join(f"    def run_{name}(self): return self.x{name}, X{name}\n" for name in names)
    (found,) = classes(f"import abc\nclass Base(abc.ABC):\n{todo}class OneAgent(Base):\n{uses}")
    assert Counter(fault.code for fault in found.faults) == {"abstract-left": 20, "never-set": 20, "undefined-name": 20}


def test_the_promise_can_be_saved(root: Path, classes: Classes) -> None:
    name = b"caf\xe9Agent.py".decode("utf-8", "surrogateescape")
    try:
        (root / name).write_text("class LatinAgent: ...")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such name")
    (found,) = classes({})
    assert found.at == Place("caf\N{REPLACEMENT CHARACTER}Agent.py", 1)
    assert encode(AgentClasses((found,)))
