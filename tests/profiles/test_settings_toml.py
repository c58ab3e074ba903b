"""The lines of TOML are found beside the parser, which tells none."""

import tomllib
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelcheck.core.sentence import Told
from modelcheck.profiles.tomlfile import read_toml, toml_lines
from modelcheck.profiles.written import Trail

TABLE = ("tool", "modelcheck")
WHOLE = '''# a
[tool.other]
modelcheck = "[tool.modelcheck]"
text = """
[tool.modelcheck]
config = "no"
"""
[tool.modelcheck] # here
config = 'a"b'  # line 9
"sensitive" = [ # line 10
  "x, ]", # line 11
  """y
  z""", "v", # lines 12, 13
]
expect.prompt_tokens = {typical = 1, max = 2} # line 15
[tool.modelcheck.cloud.limits."open.ai"]
requests = 5 # line 17
[[tool.modelcheck.ignore]] # line 18
check = "a"
[[tool.modelcheck.ignore]]
path = "b" # line 21
'''


def test_every_key_and_item_has_its_line() -> None:
    lines = toml_lines(WHOLE, TABLE)

    assert lines == {
        (): 8,
        ("config",): 9,
        ("sensitive",): 10,
        ("sensitive", 0): 11,
        ("sensitive", 1): 12,
        ("sensitive", 2): 13,
        ("expect",): 15,
        ("expect", "prompt_tokens"): 15,
        ("expect", "prompt_tokens", "typical"): 15,
        ("expect", "prompt_tokens", "max"): 15,
        ("cloud",): 16,
        ("cloud", "limits"): 16,
        ("cloud", "limits", "open.ai"): 16,
        ("cloud", "limits", "open.ai", "requests"): 17,
        ("ignore",): 18,
        ("ignore", 0): 18,
        ("ignore", 0, "check"): 19,
        ("ignore", 1): 20,
        ("ignore", 1, "path"): 21,
    }


@pytest.mark.parametrize(
    ("text", "trail", "line"),
    [
        ("tool.modelcheck.config = 'a'", ("config",), 1),
        ("\ntool = {modelcheck = {config = 'a'}}", ("config",), 2),
        ("[tool]\nmodelcheck.config = 'a'", ("config",), 2),
        ("[tool]\nmodelcheck = {\n}", (), 2),
        ("[ tool . 'modelcheck' ]\r\nconfig='a'", ("config",), 2),
        ('["tool"."modelch\\u0065ck"]\nconfig="\\""', ("config",), 2),
        ("[tool.modelcheck]\nwhen = 2026-11-22 07:00:00 # a\nconfig = 1", ("config",), 3),
        ("[tool.modelcheck]\na = [[1,\n2],[3]]", ("a", 0, 1), 3),
        ("[tool.modelcheck]\na = ''''b''''' # x\nconfig = 1", ("config",), 3),
    ],
)
def test_whichever_way_a_key_is_written(text: str, trail: Trail, line: int) -> None:
    assert toml_lines(text, TABLE)[trail] == line


def test_what_does_not_mention_the_table_is_not_even_parsed() -> None:
    assert read_toml("pyproject.toml", "[[[", TABLE) is None


def trails(value: object, *above: str | int) -> list[Trail]:
    found: list[Trail] = [above] if above else []
    if isinstance(value, dict):
        return [*found, *(t for key, one in cast("dict[str, Any]", value).items() for t in trails(one, *above, key))]
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [*found, *(t for index, one in enumerate(items) for t in trails(one, *above, index))]
    return found


def written(value: object) -> str:
    if isinstance(value, dict):
        pairs = (f"{written(key)} = {written(one)}" for key, one in cast("dict[str, object]", value).items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(map(written, cast("list[object]", value))) + "\n]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return (
            '"'
            + "".join(f"\\U{ord(mark):08x}" if mark in '"\\' or not mark.isprintable() else mark for mark in value)
            + '"'
        )
    return str(value)


SCALARS = st.booleans() | st.integers(-5, 10**6) | st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), VALUES, max_size=4))
def test_whatever_is_in_the_table_has_a_line(table: dict[str, object]) -> None:
    text = "[tool.modelcheck]\n" + "".join(f"{written(key)} = {written(value)}\n" for key, value in table.items())
    assert tomllib.loads(text)["tool"]["modelcheck"] == table

    lines = toml_lines(text, TABLE)

    assert set(trails(table)) <= set(lines)
    assert all(1 <= line <= text.count("\n") for line in lines.values())
    for key in table:
        assert text.split("\n")[lines[key,] - 1].startswith(written(key))


@settings(max_examples=300, deadline=None)
@given(st.text("[]{}\"'=.,#\n\\ ab1-modelchtk", max_size=60))
def test_whatever_is_written_is_read_or_told(text: str) -> None:
    try:
        found = read_toml("pyproject.toml", f"# modelcheck\n[tool.modelcheck]\n{text}", TABLE)
    except Told as told:
        assert str(told).isprintable()
    else:
        assert found is not None
        assert found.head == 2
