"""No parser fails over what comes from outside: it reads it or refuses it in its own words."""

import pytest
from mutation import Mutator
from parsers import Parser, crash, parsers

CASES = 250
PARSERS = parsers()


@pytest.mark.parametrize("parser", PARSERS, ids=[one.name for one in PARSERS])
def test_true_input_is_read(parser: Parser) -> None:
    taken = [crash(parser, seed) for seed in parser.seeds]

    assert taken == [""] * len(parser.seeds)


@pytest.mark.parametrize("parser", PARSERS, ids=[one.name for one in PARSERS])
def test_hostile_input_is_read_or_refused(parser: Parser) -> None:
    mutator = Mutator(len(parser.name))
    cases = [mutator.case(parser.seeds) for _ in range(CASES)]

    assert [(told, case) for case in cases if (told := crash(parser, case))] == []


def test_a_parser_that_fails_is_found() -> None:
    def fail(data: bytes) -> object:
        return data.decode("ascii")

    parser = Parser("one that fails", (b"text",), fail, (KeyError,))
    mutator = Mutator(1)

    assert any(crash(parser, mutator.case(parser.seeds)) for _ in range(CASES))
