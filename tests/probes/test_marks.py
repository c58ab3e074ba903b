"""Marks: comments of the project's files that answer for one line, read within bounds and never out of the project."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from native_project import access_to

from modelcheck.core.exceptions import Ignore, Marks
from modelcheck.core.facts import Place
from modelcheck.probes import marks as probe
from modelcheck.probes.marks import LIMIT, LONGEST_REASON, MOST_CHECKS, MOST_MARKS, marks, marks_in
from modelcheck.probes.shape import Shapes
from modelcheck.standin.key import made_up_key

MARK = "# modelcheck: ignore[CFG-07] an example"
SHAPES = Shapes(access_to(Path()).providers)


def write(root: Path, name: str, text: str | bytes = f"x = 1  {MARK}\n") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def paths(root: Path) -> list[str]:
    return [mark.path for mark in marks(access_to(root)).marks]


def only(text: str) -> Ignore:
    (mark,) = marks_in(text, "a.py", SHAPES)
    return mark


def test_the_probe_needs_no_fact_and_promises_the_marks() -> None:
    assert marks.needs == {}
    assert marks.promises == (Marks,)


@pytest.mark.parametrize(
    ("text", "checks", "reason"),
    [
        ("# modelcheck: ignore[CFG-07] an example", ("CFG-07",), "an example"),
        ("x = 1 # modelcheck: ignore[CFG-07, CLD-05] two", ("CFG-07", "CLD-05"), "two"),
        ("x: 1 #modelcheck:ignore[shop/SHP-01]: a plugin's", ("shop/SHP-01",), "a plugin's"),
        ("x  # noqa: F401  # modelcheck: ignore[INT-13] - set by the framework", ("INT-13",), "set by the framework"),
        ("# modelcheck: ignore[CFG-07]", ("CFG-07",), ""),
        ("# modelcheck: ignore[CFG-07]  -", ("CFG-07",), ""),
        ("# modelcheck: ignore[] why", (), "why"),
        ("# modelcheck: ignore why", (), "why"),
        ("# modelcheck: ignore[CFG-07 why", (), "[CFG-07 why"),
        ("# modelcheck: ignore[,  ,] why", (), "why"),
    ],
)
def test_a_mark_names_its_checks_and_its_reason(text: str, checks: tuple[str, ...], reason: str) -> None:
    mark = only(text)

    assert (mark.checks, mark.reason, mark.at) == (checks, reason, Place("a.py", 1))


@pytest.mark.parametrize(
    "text",
    [
        "modelcheck: ignore[CFG-07] no comment",
        "url#modelcheck: ignore[CFG-07] a part of a word",
        "# modelcheck: ignored[CFG-07] another word",
        "# modelcheck: ignore-file another word",
        "# modelchecks: ignore[CFG-07] another tool",
        "# Modelcheck: ignore[CFG-07] not as it is written",
    ],
)
def test_what_only_looks_like_a_mark_is_none(text: str) -> None:
    assert list(marks_in(text, "a.py", SHAPES)) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"a\nb {MARK}\nc", 2),
        (f"a\n{MARK}\nc", 3),
        (f"a\n  {MARK}\n\n# and more\n  c", 5),
        (f"{MARK}\n{MARK}\nc", 3),
        (f"a\n{MARK}\n", 2),
        (f"a\r\n{MARK}\r\nc", 3),
        (f"a\r{MARK}\rc", 3),
        (f"a\x0cb\u2028{MARK}", 1),
    ],
)
def test_a_mark_stands_for_its_own_line_or_for_the_next_that_says_something(text: str, line: int) -> None:
    assert {mark.line for mark in marks_in(text, "a.py", SHAPES)} == {line}


@pytest.mark.parametrize(
    "name",
    ["a.py", "deep/er/b.py", "compose.yaml", "pyproject.toml", ".env.local", "docker/Dockerfile.gpu", ".github/w.yml"],
)
def test_a_mark_is_found_where_findings_point(name: str, tmp_path: Path) -> None:
    write(tmp_path, name)

    assert paths(tmp_path) == [name]


@pytest.mark.parametrize("name", ["a.json", "README.md", ".git/a.py", ".venv/a.py", "node_modules/a.py", "build/a.py"])
def test_other_files_and_folders_are_left_alone(name: str, tmp_path: Path) -> None:
    write(tmp_path, name)

    assert paths(tmp_path) == []


def test_an_installed_environment_is_not_entered_and_a_project_that_is_one_is(tmp_path: Path) -> None:
    write(tmp_path, "env/pyvenv.cfg", "")
    write(tmp_path, "env/a.py")
    write(tmp_path, "a.py")

    assert paths(tmp_path) == ["a.py"]
    assert paths(tmp_path / "env") == ["a.py"]


def test_nothing_out_of_the_project_is_read(tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    write(outside, "a.py")
    write(root, "here.py")
    try:
        (root / "link.py").symlink_to(outside / "a.py")
        (root / "folder").symlink_to(outside)
        (root / "circle").symlink_to(root)
    except OSError:
        pytest.skip("this system makes no links for this user")

    assert paths(root) == ["here.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no FIFOs")
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    (tmp_path / "b.py").mkdir()
    write(tmp_path, "c.py")

    assert paths(tmp_path) == ["c.py"]


def test_a_file_beyond_the_bound_marks_nothing_and_the_others_do(tmp_path: Path) -> None:
    write(tmp_path, "large.py", f"{MARK}\n".encode() + b"#" * LIMIT)
    write(tmp_path, "small.py")

    assert paths(tmp_path) == ["small.py"]


@pytest.mark.parametrize(
    ("bound", "most"), [("MOST_FILES", 2), ("MOST_NAMES", 1), ("MOST_BYTES", 60), ("MOST_DEPTH", 0)]
)
def test_files_names_bytes_and_depth_are_bounded(
    bound: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.py", "deep/b.py", "deep/er/c.py"):
        write(tmp_path, name)
    assert len(paths(tmp_path)) == 3

    monkeypatch.setattr(probe, bound, most)

    assert 0 < len(paths(tmp_path)) < 3


def test_time_is_bounded(tmp_path: Path) -> None:
    write(tmp_path, "a.py")

    assert marks(access_to(tmp_path, limit_s=0.0)).marks == ()


def test_marks_checks_and_reasons_are_bounded_and_fit_to_show(tmp_path: Path) -> None:
    ids = ",".join(f"CFG-{number}" for number in range(MOST_CHECKS + 5))
    write(tmp_path, "a.py", f"x # modelcheck: ignore[{ids}] {'so ' * 500}\x1b[31m\u202e\n" * (MOST_MARKS + 5))
    write(tmp_path, "b.py")
    found = marks(access_to(tmp_path)).marks

    assert len(found) == MOST_MARKS
    assert (len(found[0].checks), len(found[0].reason)) == (MOST_CHECKS, LONGEST_REASON)
    assert only("# modelcheck: ignore[CFG-07] \x1b[31mred\u202e").reason.isprintable()


def test_a_reason_that_holds_a_key_is_no_reason() -> None:
    assert only(f"# modelcheck: ignore[CFG-07] {made_up_key('anthropic')}").reason == ""


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf", b"\xff\xfe\x00", "x = 'é'".encode("latin-1")])
def test_a_file_in_any_encoding_is_read_as_far_as_it_goes(data: bytes, tmp_path: Path) -> None:
    write(tmp_path, "a.py", data + f" {MARK}\n".encode())

    assert paths(tmp_path) == ["a.py"]


lines = st.text(st.characters(exclude_characters="\r\n"), max_size=20)
pieces = st.sampled_from(
    ["# modelcheck: ignore", "[", "]", "CFG-07", ",", " ", "#", "\n", "\r", "modelcheck:", "ignore"]
)


@given(st.lists(pieces | lines, max_size=30).map("".join))
def test_whatever_a_file_holds_marks_stand_in_its_lines(text: str) -> None:
    count = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))

    for mark in marks_in(text, "a.py", SHAPES):
        assert mark.at is not None
        assert 1 <= mark.at.line <= mark.line <= count
        assert all(check.strip() == check and check for check in mark.checks)
        assert mark.reason.isprintable()
