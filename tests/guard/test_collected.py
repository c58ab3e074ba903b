"""An answer that is read whole: handed over once, and never longer than it may be."""

from modelcheck.guard.collected import Collected


def collecting(most: int = 5) -> tuple[Collected, list[tuple[int, bytes] | None]]:
    found: list[tuple[int, bytes] | None] = []
    return Collected(most, found.append), found


def test_an_answer_is_handed_over_at_its_end() -> None:
    one, found = collecting()
    one.head(200, [(b"a", b"b")])
    one.data(b"ab")
    one.flush()
    one.data(b"cde")
    one.flush()
    assert found == []
    one.end()
    assert found == [(200, b"abcde")]


def test_an_answer_that_breaks_off_is_none() -> None:
    one, found = collecting()
    one.head(200, [])
    one.data(b"ab")
    one.broken()
    assert found == [None]
    other, unsent = collecting()
    other.unsent()
    assert unsent == [None]


def test_an_answer_that_is_too_long_is_none_at_once() -> None:
    one, found = collecting()
    one.head(200, [])
    one.data(b"abcdef")
    one.flush()
    assert found == [None]
    one.data(b"g")
    one.end()
    one.broken()
    assert found == [None]


def test_an_answer_that_is_too_long_at_its_end_is_none() -> None:
    one, found = collecting()
    one.head(200, [])
    one.data(b"abc")
    one.data(b"def")
    one.data(b"ghi")
    assert len(one._body) == 6
    one.end()
    assert found == [None]


def test_an_answer_that_fills_the_bound_is_not_taken_for_whole_where_more_comes() -> None:
    one, found = collecting()
    one.head(200, [])
    one.data(b"abcde")
    one.data(b"f")
    one.end()
    assert found == [None]
