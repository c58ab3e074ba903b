"""The configuration as a document: read or said why not, with the line of every key and item."""

import itertools
import json
import os
import string
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.facts import Place
from modelcheck.core.project import Reading
from modelcheck.probes.native.document import DEEPEST, Document, Trail, positions, read_document
from modelcheck.probes.values import as_list, as_table

NAME = "config/models_config.json"


def document(root: Path, data: bytes | str, name: str = NAME) -> Document:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_document(root, name)


def test_a_table_is_read_with_its_places(tmp_path: Path) -> None:
    read = document(tmp_path, '{\n "a": {\n  "b": [1,\n   {"c": 2}]}}')

    assert (read.path, read.reading, read.problems) == (NAME, Reading.READ, ())
    assert read.table == {"a": {"b": [1, {"c": 2}]}}
    assert read.place("a") == Place(NAME, 2)
    assert read.place("a", "b", 0) == Place(NAME, 3)
    assert read.place("a", "b", 1, "c") == Place(NAME, 4)


def test_the_place_of_what_is_not_there_is_its_nearest_ancestor(tmp_path: Path) -> None:
    read = document(tmp_path, '{\n "a": {\n  "b": 1}}')

    assert read.place("a", "x", "y") == Place(NAME, 2)
    assert read.place("x") == Place(NAME, 1)
    assert read.place() == Place(NAME, 1)


def test_a_problem_is_printable_and_bounded(tmp_path: Path) -> None:
    problem = document(tmp_path, '{\n"a": 1}').problem("unknown-key", "\x1b[31m" + "x" * 500, "a")

    assert problem.code == "unknown-key"
    assert problem.place == Place(NAME, 2)
    assert problem.detail.isprintable()
    assert len(problem.detail) == 120


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    read = document(tmp_path, b'\xef\xbb\xbf{"a":\n{"b": 1}}')

    assert read.table == {"a": {"b": 1}}
    assert read.place("a", "b").line == 2


def test_a_missing_file_is_no_problem_of_its_own(tmp_path: Path) -> None:
    assert read_document(tmp_path, NAME) == Document(NAME, Reading.MISSING, {}, {})


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", 1),
        (b'{\n\n"a": }', 3),
        (b'{\n"a": "\xe9"}', 2),
        (b'// comment\n{"a": 1}', 1),
        (b"[1, 2]", 1),
        (b"null", 1),
    ],
)
def test_what_is_no_json_object_is_unreadable_and_says_where(tmp_path: Path, data: bytes, line: int) -> None:
    read = document(tmp_path, data)

    assert (read.reading, read.table) == (Reading.UNREADABLE, {})
    assert [(one.code, one.place) for one in read.problems] == [("unreadable", Place(NAME, line))]


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b'{"a": 1,\n"a": 2}', "same key twice"),
        (b'{"a": {"b": 1, "b": 1}}', "same key twice"),
        (b'{"a": NaN}', "NaN"),
        (b"[]", "top level is not an object"),
        (b'"text"', "top level is not an object"),
        ('{"a": 1}'.encode("utf-16"), "it is UTF-16; save it as UTF-8"),
        (b'{"a":' + b"[" * 10_000, "deep"),
        (b'{"a":' + b'{"a":' * 10_000, "deep"),
        (b'{"a": ' + b"1" * 10_000 + b"}", "number"),
    ],
    ids=["twice", "twice inside", "not a number", "list", "text", "UTF-16", "deep list", "deep table", "long number"],
)
def test_what_cannot_be_trusted_is_unreadable_and_says_why(tmp_path: Path, data: bytes, detail: str) -> None:
    read = document(tmp_path, data)

    assert (read.reading, read.table) == (Reading.UNREADABLE, {})
    assert detail in read.problems[0].detail


def test_a_file_of_fifty_megabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "config" / "models_config.json"
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(50 << 20)

    assert read_document(tmp_path, NAME).problems[0].detail == "it is larger than 1024 KiB"


def test_a_folder_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir(parents=True)

    assert read_document(tmp_path, NAME).problems[0].detail == "it is not a regular file"


@pytest.mark.skipif(os.name == "nt", reason="made with links and pipes of POSIX")
def test_pipes_and_links_that_lead_out_are_unreadable(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "outside.json").write_text('{"secret": 1}')
    (root / "link.json").symlink_to("../outside.json")
    os.mkfifo(root / "pipe")

    assert read_document(root, "pipe").problems[0].detail == "it is not a regular file"
    assert read_document(root, "link.json").problems[0].detail == "a link leads out of the project"


@pytest.mark.parametrize(
    "relative",
    [
        "../outside.json",
        "config\\..\\..\\outside.json",
        "/etc/passwd",
        "\\\\server\\share\\models.json",
        "//server/share/models.json",
        "C:\\models.json",
    ],
)
def test_a_path_that_leads_out_is_unreadable(tmp_path: Path, relative: str) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "outside.json").write_text('{"secret": 1}')
    read = read_document(root, relative)

    assert read.reading is Reading.UNREADABLE
    assert read.problems[0].detail == "it lies outside the project"
    assert read.table == {}


@pytest.mark.parametrize("relative", ["./config//models_config.json", "config\\models_config.json"])
def test_a_path_is_shown_in_one_form(tmp_path: Path, relative: str) -> None:
    document(tmp_path, "{}")

    assert read_document(tmp_path, relative).path == NAME


def test_a_hostile_path_is_shown_printable(tmp_path: Path) -> None:
    for relative in ("\x1b[31m.json", "\u202e.json", "a\0b", "x" * 5000, "\ud800"):
        read = read_document(tmp_path, relative)

        assert read.path.isprintable()
        assert len(read.path) <= 400
        assert all(problem.place.path == read.path for problem in read.problems)


class Writer:
    """Writes JSON with white space wherever it may stand, and notes the line of each key and item as it goes."""

    def __init__(self, gaps: list[str]) -> None:
        self._gaps = itertools.cycle(gaps)
        self.text = ""
        self.lines: dict[Trail, int] = {}

    def write(self, value: object, trail: Trail = ()) -> None:
        table, items = as_table(value), as_list(value)
        self._gap()
        if not trail or isinstance(trail[-1], int):
            self._note(trail)
        if table is not None:
            self._around("{}", [partial(self._member, key, inner, trail) for key, inner in table.items()])
        elif items is not None:
            self._around("[]", [partial(self.write, inner, (*trail, index)) for index, inner in enumerate(items)])
        else:
            self.text += json.dumps(value)
        self._gap()

    def _member(self, key: str, value: object, trail: Trail) -> None:
        self._gap()
        self._note((*trail, key))
        self.text += json.dumps(key)
        self._gap()
        self.text += ":"
        self.write(value, (*trail, key))

    def _around(self, brackets: str, parts: list[Callable[[], None]]) -> None:
        self.text += brackets[0]
        self._gap()
        for index, part in enumerate(parts):
            self.text += "," if index else ""
            part()
        self.text += brackets[1]

    def _gap(self) -> None:
        self.text += next(self._gaps)

    def _note(self, trail: Trail) -> None:
        if len(trail) <= DEEPEST:
            self.lines[trail] = self.text.count("\n") + 1


NASTY = st.text(string.ascii_letters + '"\\{}[],:\n\t é😀\x00/', max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NASTY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NASTY, inner, max_size=4),
    max_leaves=25,
)
GAPS = st.lists(st.sampled_from(["", " ", "\n", "\r\n", "\t\n\n "]), min_size=1, max_size=20)


@given(JSON, GAPS)
def test_every_key_and_item_has_the_line_on_which_it_stands(value: object, gaps: list[str]) -> None:
    writer = Writer(gaps)
    writer.write(value)
    assert json.loads(writer.text) == value

    assert positions(writer.text) == writer.lines


def test_keys_written_with_escapes_are_found_as_they_are_read() -> None:
    text = '{"\\u0061\\n\\"": {"b\\\\":\n[true,\n"x"]}}'

    assert positions(text) == {
        (): 1,
        ('a\n"',): 1,
        ('a\n"', "b\\"): 1,
        ('a\n"', "b\\", 0): 2,
        ('a\n"', "b\\", 1): 3,
    }


def test_trails_deeper_than_any_place_are_not_kept() -> None:
    """Else a deep file of a megabyte would take gigabytes."""
    deep = "[" * 90 + "1," * 50_000 + "1" + "]" * 90

    assert len(positions(deep)) == DEEPEST + 1
