"""Files that are odd or meant to harm: whatever they hold, the probe says what it can and raises nothing."""

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Agents
from modelcheck.core.sources import AgentClass, AgentClasses
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import Access
from modelcheck.probes.agents import agent_classes

Classes = Callable[..., tuple[AgentClass, ...]]
Look = Callable[..., dict[str, tuple[list[str], str | None]]]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"class BadAgent(:\n", id="no Python"),
        pytest.param(b"class BadAgent: ...\n\0", id="null byte"),
        pytest.param(b"# coding: utf-8\nclass BadAgent: x = '\xff'\n", id="not its encoding"),
        pytest.param(b"# coding: utf-7\nclass BadAgent: ...\n", id="encoding that nobody writes"),
        pytest.param(b"# coding: rot13\nclass BadAgent: ...\n", id="encoding that is no text"),
        pytest.param(b"# coding: nowhere\nclass BadAgent: ...\n", id="encoding that is not there"),
        pytest.param(b"class BadAgent:\n    return 1\n    nonlocal x\n", id="refused by the compiler"),
        pytest.param(b"class BadAgent: x = " + b"-" * 50_000 + b"1\n", id="deep nesting"),
        pytest.param(b"class BadAgent: x = " + b"1+" * 50_000 + b"1\n", id="deep to the left"),
        pytest.param(b"class BadAgent: x = " + b"(" * 50_000 + b"1\n", id="many brackets"),
        pytest.param(b"class BadAgent: x = a" + b".b" * 50_000 + b"\n", id="many dots"),
        pytest.param(b"class BadAgent: ...\n#" + b"x" * (1 << 20), id="larger than 1 MiB"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_in_doubt_where_it_is_named(content: bytes, classes: Classes) -> None:
    (found,) = classes({"bad.py": content}, "bad.BadAgent")
    assert (found.name, found.faults, found.doubt) == ("bad.BadAgent", (), Gap(Why.UNREADABLE, about="bad.py"))
    assert found.at == Place("config/models_config.json", 7)


def test_a_file_that_cannot_be_parsed_is_passed_over_elsewhere(look: Look) -> None:
    assert look({"bad.py": "class BadAgent(:", "good.py": "class GoodAgent: ..."}) == {"GoodAgent": ([], None)}


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "gbk", "shift_jis", "utf-8-sig"])
def test_files_are_read_in_their_own_encoding(encoding: str, look: Look) -> None:
    cookie = "" if encoding == "utf-8-sig" else f"# -*- coding: {encoding} -*-\n"
    source = f"{cookie}class OldAgent:\n    def run(self): return self.model".encode(encoding)
    line = 2 + cookie.count("\n")
    assert look({"old.py": source}) == {"OldAgent": ([f"never-set model old.py:{line}"], None)}


def test_odd_escapes_of_the_project_warn_nobody(look: Look) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = look("class OddAgent:\n    pattern = '\\d'\n    def run(self): return 1 is 1\n")
    assert found == {"OddAgent": ([], None)}


PIECES = (
    *("class ", "Agent", "A", "B", "(", ")", ":", "\n", "\n    ", "\n        ", "def f", "self", ".x", "=", ",", "@"),
    *(
        "import ",
        "from ",
        "*",
        ".",
        "..",
        "abc",
        " as ",
        "abstractmethod",
        "ABC",
        "try",
        "except",
        "if ",
        "else",
        "[",
        "]",
    ),
    *(
        "for ",
        " in ",
        "lambda ",
        "yield ",
        "super()",
        "setattr",
        "'x'",
        "1",
        "global ",
        "match ",
        "case ",
        "with ",
        "\0",
    ),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=60).map(lambda parts: "".join(parts).encode())
)
def test_no_bytes_upset_it(root: Path, content: bytes) -> None:
    (root / "fuzzAgent.py").write_bytes(b"class FuzzAgent:\n    def run(self): return self.x, Y\n" + content)
    (root / "raw.py").write_bytes(b"# Agent\n" + content)
    assert isinstance(survey(root), AgentClasses)


names = st.sampled_from(["A", "B", "CAgent", "DAgent", "abc", "self", "x", "y"])
modules = st.sampled_from(["a", "b", "p", "p.c", ".", ".c", "..", "abc", "typing"])
expressions = st.recursive(
    names | st.sampled_from(["(1)", "abc.ABC", "typing.Generic", "p.c.A"]),
    lambda inner: st.one_of(
        st.builds("{}.{}".format, inner, names),
        st.builds("{}({})".format, inner, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("[{} for {} in {}]".format, inner, names, inner),
        st.builds("(lambda {}: {})".format, names, inner),
    ),
    max_leaves=6,
)
lines = st.one_of(
    st.builds("from {} import {} as {}".format, modules, names, names),
    st.builds("import {}".format, st.sampled_from(["a", "b", "p", "p.c", "abc", "typing"])),
    st.builds("{} = {}".format, names, expressions),
    st.builds("self.{} = {}".format, names, expressions),
    st.builds("{}: {}".format, names, expressions),
    st.builds("del {}".format, names),
    st.builds("global {}".format, names),
    st.builds("self.{}".format, names),
    expressions,
)
bases = st.sampled_from(["", "(A)", "(B, A)", "(abc.ABC)", "(typing.Protocol)"]) | st.builds("({})".format, expressions)
marks = st.sampled_from(["", "@abc.abstractmethod\n", "@property\n"]) | st.builds("@{}\n".format, expressions)


def block(head: str, body: list[str]) -> str:
    return head + "\n" + "\n".join("    " + line for part in body or ["pass"] for line in part.split("\n"))


def bodies(inner: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(inner, max_size=4)


statements = st.recursive(
    lines,
    lambda inner: st.one_of(
        st.builds(block, st.builds("class {}{}:".format, names, bases), bodies(inner)),
        st.builds(block, st.builds("{}class {}:".format, marks, names), bodies(inner)),
        st.builds(block, st.builds("def {}({}):".format, names, names), bodies(inner)),
        st.builds(block, st.builds("{}def {}(self) -> {}:".format, marks, names, expressions), bodies(inner)),
        st.builds(block, st.builds("if {}:".format, expressions), bodies(inner)),
        st.builds(block, st.builds("for {} in {}:".format, names, expressions), bodies(inner)),
    ),
    max_leaves=12,
)
sources = st.lists(statements, max_size=6).map("\n".join)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries(dict.fromkeys(("a.py", "b.py", "p/__init__.py", "p/c.py"), sources)))
def test_no_program_upsets_it(root: Path, files: dict[str, str]) -> None:
    (root / "p").mkdir(exist_ok=True)
    for path, source in files.items():
        (root / path).write_text(f"# Agent\n{source}\n")
    found = survey(root).classes
    assert all(cls.place.line > 0 and (root / cls.place.path).exists() for cls in found)


def survey(root: Path) -> AgentClasses:
    access = Access(root=root, providers=KnownProviders("2026-01-01", ()))
    return agent_classes(access, Agents(()))
