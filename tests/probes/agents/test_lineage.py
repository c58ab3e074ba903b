"""Bases followed across files, and what about a class's header is not understood."""

from collections.abc import Callable

import pytest

Look = Callable[..., dict[str, tuple[list[str], str | None]]]

BASE = "class Base:\n    def __init__(self): self.x = 1"
USE = "class OneAgent({}):\n    def run(self): return self.x, self.y"

WAYS = [
    pytest.param({"agents/base.py": BASE}, "from agents.base import Base", "Base", id="absolute"),
    pytest.param({"agents/base.py": BASE}, "from .base import Base", "Base", id="relative"),
    pytest.param({"agents/__init__.py": BASE}, "from . import Base", "Base", id="from the package"),
    pytest.param({"base.py": BASE, "agents/__init__.py": ""}, "from base import Base", "Base", id="from the root"),
    pytest.param({"agents/base.py": BASE, "agents/__init__.py": ""}, "from . import base", "base.Base", id="a module"),
    pytest.param({"agents/base.py": BASE}, "import agents.base", "agents.base.Base", id="dotted"),
    pytest.param({"agents/base.py": BASE}, "import agents.base as b", "b.Base", id="alias of a module"),
    pytest.param({"agents/base.py": BASE}, "from .base import Base as B", "B", id="alias of a class"),
    pytest.param({"agents/base.py": BASE}, "from .base import Base; B = Base", "B", id="assigned"),
    pytest.param({"agents/base.py": BASE}, "from .base import Base; B: type = Base", "B", id="assigned, annotated"),
    pytest.param(
        {"agents/base.py": BASE}, "from base import Base", "Base", id="beside, where the folder is no package"
    ),
    pytest.param({"agents/base.py": BASE}, "from .base import Base", "Base[int]", id="with a type argument"),
    pytest.param(
        {"agents/base.py": BASE, "agents/__init__.py": "from .base import Base"},
        "from agents import Base",
        "Base",
        id="export",
    ),
    pytest.param(
        {
            "agents/a.py": "from .base import Base as B",
            "agents/base.py": BASE,
            "agents/__init__.py": "from .a import B",
        },
        "from . import B",
        "B",
        id="export of an export",
    ),
    pytest.param(
        {"lib/src/core/base.py": BASE, "lib/src/core/__init__.py": ""}, "from core.base import Base", "Base", id="src"
    ),
    pytest.param(
        {"agents/sub/__init__.py": "", "agents/sub/base.py": BASE}, "from .sub.base import Base", "Base", id="deeper"
    ),
    pytest.param({"lib/base.py": BASE, "agents/__init__.py": ""}, "from lib.base import Base", "Base", id="no package"),
    pytest.param(
        {"base.py": BASE, "agents/__init__.py": "", "__init__.py": ""}, "from ..base import Base", "Base", id="up"
    ),
    pytest.param(
        {"agents/base.py": BASE},
        "try: from .base import Base\nexcept ImportError: from agents.base import Base",
        "Base",
        id="two ways to one class",
    ),
]

LOST = [
    pytest.param({}, "from framework import Base", "Base", "base Base", id="outside"),
    pytest.param({}, "import framework.core", "framework.core.Base", "base framework.core.Base", id="outside, dotted"),
    pytest.param({}, "from .base import Base", "Base", "base Base", id="a module that is not there"),
    pytest.param({}, "from ....base import Base", "Base", "base Base", id="above the root"),
    pytest.param({"agents/base.py": ""}, "from .base import Base", "Base", "base Base", id="not in the module"),
    pytest.param({"agents/base.py": "class ("}, "from .base import Base", "Base", "base Base", id="not to be parsed"),
    pytest.param(
        {"agents/base.py": BASE}, "from .base import *", "Base", "base Base, star import in agents/one.py", id="star"
    ),
    pytest.param({"agents/base.py": BASE}, "from . import base", "base", "base base", id="a module as a base"),
    pytest.param(
        {"agents/base.py": BASE}, "from .base import Base", "Base.Inner", "base Base.Inner", id="nested class"
    ),
    pytest.param(
        {"agents/base.py": BASE}, "from agents.core import Base", "Base", "base Base", id="not in the package"
    ),
    pytest.param({}, "Base = make()", "Base", "base Base", id="made by a call"),
    pytest.param({}, "def Base(): ...", "Base", "base Base", id="a function"),
    pytest.param({}, "from x import make", "make()", "base made by an expression", id="called"),
    pytest.param({}, "from x import bases", "*bases", "base made by an expression", id="unpacked"),
    pytest.param({}, "import x", "x" + ".y" * 30, "base x" + ".y" * 30, id="many dots"),
    pytest.param({}, "from agents.one import Base", "Base", "base Base", id="a circle"),
    pytest.param(
        {"agents/two.py": "from .one import Base"}, "from .two import Base", "Base", "base Base", id="a longer circle"
    ),
    pytest.param(
        {"base.py": BASE, "src/base.py": BASE, "agents/__init__.py": ""},
        "from base import Base",
        "Base",
        "base Base",
        id="two files",
    ),
    pytest.param(
        {"agents/base.py": BASE},
        "try: from .base import Base\nexcept ImportError: Base = object",
        "Base",
        "base Base",
        id="two classes",
    ),
    pytest.param(
        {"agents/base.py": "import x as y", "agents/__init__.py": "base = 1"},
        "from . import base",
        "base.X",
        "base base.X",
        id="value",
    ),
    pytest.param({}, "import threading", "threading.Thread", "base threading.Thread", id="standard library"),
    pytest.param(
        {"logging.py": BASE}, "from logging import Base", "Base", "base Base", id="named as the standard library"
    ),
    pytest.param({}, "class Base(metaclass=Magic): ...", "Base", "metaclass Magic", id="metaclass of a base"),
    pytest.param({}, "import m", "metaclass=m.Magic", "metaclass m.Magic", id="metaclass"),
    pytest.param({}, "options = {}", "**options", "metaclass options", id="arguments unpacked"),
    pytest.param({}, "class Base: ...", "Base, Base", "order of the bases of OneAgent", id="a base twice"),
    pytest.param({}, "class A: ...\nclass B(A): ...", "A, B", "order of the bases of OneAgent", id="no order"),
    pytest.param({}, "class OneAgent: ...", "", "conditional definition of OneAgent", id="defined twice"),
    pytest.param({}, "import x", ", ".join(["x.y"] * 60), "base x.y, bases of OneAgent", id="many bases"),
]


@pytest.mark.parametrize(("files", "imports", "base"), WAYS)
def test_bases_are_followed(files: dict[str, str], imports: str, base: str, look: Look) -> None:
    lines, doubt = look({**files, "agents/one.py": f"{imports}\n{USE.format(base)}"})["OneAgent"]
    assert ([line.split()[:2] for line in lines], doubt) == ([["never-set", "y"]], None)


@pytest.mark.parametrize(("files", "imports", "base", "about"), LOST)
def test_what_cannot_be_followed_leaves_a_doubt(
    files: dict[str, str], imports: str, base: str, about: str, look: Look
) -> None:
    found = look({**files, "agents/one.py": f"{imports}\n{USE.format(base)}"})
    assert found["OneAgent"] == ([], about)


HARMLESS = ("dataclass", "dataclass(frozen=True)", "functools.total_ordering", "typing.final", "final", "enum.unique")


@pytest.mark.parametrize("decorator", HARMLESS)
def test_decorators_that_change_nothing_leave_no_doubt(decorator: str, look: Look) -> None:
    imports = "import enum, functools, typing\nfrom dataclasses import dataclass\nfrom typing_extensions import final"
    assert look(f"{imports}\n@{decorator}\nclass OneAgent: ...") == {"OneAgent": ([], None)}


@pytest.mark.parametrize("decorator", ["register", "registry.add('one')", "dataclasses.make", "handlers[0]"])
def test_other_decorators_leave_a_doubt(decorator: str, look: Look) -> None:
    source = f"import dataclasses, registry, register, handlers\n@{decorator}\n{USE.format('')}"
    about = decorator.partition("(")[0] if "[" not in decorator else "made by an expression"
    assert look(source) == {"OneAgent": ([], f"decorator {about}")}


@pytest.mark.parametrize("head", ["if x:", "try:", "for x in ():", "while x:"])
def test_a_class_in_a_branch_is_in_doubt(head: str, look: Look) -> None:
    tail = "\nfinally: ..." if head == "try:" else ""
    source = f"x = 1\n{head}\n    class OneAgent:\n        def run(self): return self.x, Y{tail}"
    assert look(source) == {"OneAgent": ([], "conditional definition of OneAgent")}


def test_a_proven_fault_stands_beside_a_doubt_that_cannot_undo_it(look: Look) -> None:
    source = "from framework import Base\nclass OneAgent(Base):\n    def run(self) -> Result: return self.x"
    assert look(source) == {"OneAgent": (["undefined-name Result agents.py:3"], "base Base")}


def test_classes_that_are_each_others_base_end_somewhere(look: Look) -> None:
    source = "class AAgent(BAgent): ...\nclass BAgent(AAgent):\n    def run(self): return self.x"
    found = look(source, "AAgent", "BAgent")
    assert {name: faults for name, (faults, _) in found.items()} == {"AAgent": [], "BAgent": []}
    assert all(doubt for _, doubt in found.values())


@pytest.mark.parametrize("step", [1, -1])
def test_a_long_line_of_bases_ends_somewhere(step: int, look: Look) -> None:
    """From its far end each class knows one more ancestor; from its near end each asks one deeper."""
    lines = ["class C0Agent: ...", *(f"class C{index}Agent(C{index - 1}Agent): ..." for index in range(1, 500))]
    found = look("\n".join(lines[::step]), "C499Agent")
    assert found["C499Agent"][0] == []
    assert "bases of C" in str(found["C499Agent"][1])


def test_many_exports_of_each_other_are_followed_once(look: Look) -> None:
    """Each name has two ways, each of them two more: without a memory this would never end."""
    files = {
        f"m{index}.py": f"try: from m{index + 1} import Base\nexcept ImportError: from n{index + 1} import Base"
        for index in range(40)
    }
    files |= {path.replace("m", "n"): source for path, source in files.items()}
    found = look({**files, "agents.py": f"from m0 import Base\n{USE.format('Base')}"})
    assert found["OneAgent"] == ([], "base Base")
