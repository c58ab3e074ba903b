"""The `.env` reader: what it understands, what it refuses, and that it gives out nothing it was not asked for."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.gap import Gap, Why
from modelcheck.probes.envfile import bindings, decoded, read_values


def value_of(text: str | bytes, folder: Path, name: str = "K") -> tuple[str, int] | None:
    path = folder / ".env"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    found = read_values(path, {name})
    assert not isinstance(found, Gap)
    return (found[name][0].reveal(), found[name][1]) if name in found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("K=v", ("v", 1)),
        ("K=v\n", ("v", 1)),
        ("\n\nK=v\n", ("v", 3)),
        ("K = v", ("v", 1)),
        ("  export \t K=v", ("v", 1)),
        ("export=1\nK=v", ("v", 2)),
        ("K=v # note", ("v", 1)),
        ("K=v#no note", ("v#no note", 1)),
        ("K=  two words  ", ("two words", 1)),
        ("K=", ("", 1)),
        ("K= # note", ("", 1)),
        ("K='v # kept' # note", ("v # kept", 1)),
        ('K="v\\n\\"\\\\\\q"', ('v\n"\\\\q', 1)),
        ("K='v\\n'", ("v\\n", 1)),
        ('K=" v "', (" v ", 1)),
        ('K=""', ("", 1)),
        ("K='a\nb'\n", ("a\nb", 1)),
        ("A='\nK=no\n'\nK=v", ("v", 4)),
        ("K=1\nK=2", ("2", 2)),
        ("K=$OTHER ${OTHER}", ("$OTHER ${OTHER}", 1)),
        (b"\xef\xbb\xbfK=v", ("v", 1)),
        (b"A=1\r\nK=v\r\n", ("v", 2)),
        (b"A=1\rK=v\r", ("v", 2)),
        ("K=a=b", ("a=b", 1)),
        ("# K=v", None),
        ("K", None),
        ("K: v", None),
        ("K='v", None),
        ("K='v' w", None),
        ('K="v\\"', None),
        ("k=v", None),
        ("XK=v", None),
        ("K K=v", None),
        ("", None),
        ("K='never closed\nA=1", None),
    ],
)
def test_an_assignment_is_read_as_it_is_written(
    text: str | bytes, expected: tuple[str, int] | None, tmp_path: Path
) -> None:
    assert value_of(text, tmp_path) == expected


def test_an_unclosed_quote_hides_its_own_line_alone(tmp_path: Path) -> None:
    assert value_of("A='\nK=v\n", tmp_path) == ("v", 2)


def test_only_the_names_that_are_asked_for_are_given_out(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\nB=2\nC=3\n")

    found = read_values(path, {"A", "C", "D"})

    assert not isinstance(found, Gap)
    assert set(found) == {"A", "C"}


def test_nothing_reaches_the_environment(tmp_path: Path) -> None:
    before = dict(os.environ)

    assert value_of("K=v", tmp_path) == ("v", 1)
    assert dict(os.environ) == before


@pytest.mark.parametrize("data", [b"K=\xff", "K=v".encode("utf-16"), b"K=v\xc3"])
def test_what_is_not_utf_8_is_a_gap(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(data)

    assert read_values(path, {"K"}) == Gap(Why.UNREADABLE, about=".env: it is not UTF-8")


def test_a_file_over_the_limit_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"K=v\n" + b"#" * 1021)

    found = read_values(path, {"K"}, limit=1024)

    assert isinstance(found, Gap)
    assert found.why is Why.UNREADABLE
    assert not isinstance(read_values(path, {"K"}, limit=1025), Gap)


def test_a_file_that_is_not_there_is_a_gap(tmp_path: Path) -> None:
    assert read_values(tmp_path / "work.env", {"K"}) == Gap(Why.NOT_THERE, about="work.env")


def test_a_folder_is_a_gap(tmp_path: Path) -> None:
    found = read_values(tmp_path, {"K"})

    assert isinstance(found, Gap)
    assert found.why is Why.UNREADABLE
    assert str(tmp_path.parent) not in found.about


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
def test_a_fifo_is_a_gap_and_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    os.mkfifo(path)

    assert read_values(path, {"K"}) == Gap(Why.UNREADABLE, about=".env: it is not a regular file")


@given(st.binary(max_size=200))
def test_any_bytes_are_assignments_or_no_text(data: bytes) -> None:
    try:
        text = decoded(data)
    except UnicodeDecodeError:
        return
    lines = text.count("\n") + 1
    for binding in bindings(text):
        assert 1 <= binding.line <= lines
        assert binding.name in text


@given(st.lists(st.sampled_from(["A=", "'", '"', "\\", "\n", "#", " ", "x", "export "]), max_size=60))
def test_assignments_come_in_order_and_end(pieces: list[str]) -> None:
    found = [binding.line for binding in bindings("".join(pieces))]

    assert found == sorted(found)
    assert len(found) <= len(pieces)


@given(st.text(st.characters(codec="utf-8", exclude_characters='\r"\\'), max_size=30))
def test_what_is_quoted_comes_back(value: str) -> None:
    assert [binding.value for binding in bindings(f'K="{value}"')] == [value]
