"""Addresses, case by case."""

from collections.abc import Callable, Iterable
from fractions import Fraction

import pytest
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace

from modelcheck.checks.configuration.endpoints import right_endpoints
from modelcheck.core.check import Check, Outcome, Verdict
from modelcheck.core.facts import Fact, Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Configuration, Engine, Problem, Provider, Reading, Route
from modelcheck.testing import judge

HERE = Place("config/models_config.json", 3)
ADDRESS = "http://127.0.0.1:11434"
SECTION = Provider("ollama", Engine.OLLAMA, ADDRESS, ADDRESS, True, False, None, HERE)
FAULTS = [code for code in right_endpoints.says if code not in {"well-formed", "default"}]


def read(*sections: Provider, reading: Reading = Reading.READ, problems: tuple[str, ...] = ()) -> Configuration:
    told = tuple(Problem(code, f"the {code}", HERE) for code in problems)
    return Configuration(HERE.path, reading, (), sections, 1, (), told)


def faulty(*codes: str) -> Provider:
    return replace(SECTION, name="faulty", faults=codes)


ROWS: list[Row] = [
    ("well-formed", (read(SECTION),), passes("well-formed")),
    ("over /v1", (read(replace(SECTION, route=Route.OPENAI)),), passes("well-formed")),
    ("veiled", (read(replace(SECTION, address="not official")),), passes("well-formed")),
    ("no address", (read(replace(SECTION, address="")),), exempts("default")),
    *((code, (read(faulty(code)),), fails(code)) for code in FAULTS),
    ("several", (read(faulty("everywhere", "wrong-path")),), fails("everywhere", "wrong-path")),
    ("a code of a newer version", (read(faulty("later")),), fails("unreadable")),
    ("a fault without an address", (read(replace(faulty("unreadable"), address="")),), fails("unreadable")),
    ("from a variable", (read(faulty("from-variable")),), UNSEEN),
    ("one of two", (read(SECTION, faulty("no-v1")),), halves("well-formed", "no-v1")),
    ("one of two that apply", (read(SECTION, replace(SECTION, address="")),), passes("well-formed", "default")),
    (
        "one of two unseen",
        (read(SECTION, faulty("from-variable")),),
        (Outcome.PARTIAL, HALF, Fraction(1), ["well-formed", "unseen"]),
    ),
    ("no section", (read(),), exempts("nothing")),
    ("no section, and something else is odd", (read(problems=("unknown-key",)),), exempts("nothing")),
    ("no file", (read(reading=Reading.MISSING),), exempts("nothing")),
    ("a file that cannot be read", (read(reading=Reading.UNREADABLE),), UNSEEN),
    ("sections that are none", (read(problems=("wrong-type",)),), UNSEEN),
    ("a wrong type elsewhere", (read(SECTION, problems=("wrong-type",)),), passes("well-formed")),
    ("more sections than are read", (read(SECTION, problems=("too-many",)),), UNSEEN),
    ("configuration not seen", (), UNSEEN),
]


@pytest.mark.parametrize(("facts", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_verdict(facts: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(right_endpoints, *facts)

    assert (verdict.outcome, verdict.low, verdict.high, [finding.code for finding in verdict.findings]) == expected


def test_all_that_is_announced_is_said_and_the_reverse(
    said_both_ways: Callable[[Check[...], Iterable[Verdict]], None],
) -> None:
    said_both_ways(right_endpoints, [judge(right_endpoints, *facts) for _, facts, _ in ROWS])


def test_a_fault_is_named_with_its_section_and_place() -> None:
    (finding,) = judge(right_endpoints, read(faulty("credentials"))).findings

    assert (finding.params, finding.place) == ({"provider": "faulty"}, HERE)


def test_why_nothing_was_seen_is_said() -> None:
    def gap_of(configuration: Configuration) -> Gap | None:
        (finding,) = judge(right_endpoints, configuration).findings
        return finding.gap

    assert gap_of(read(reading=Reading.UNREADABLE)) == Gap(Why.UNREADABLE, about=HERE.path)
    assert gap_of(read(problems=("too-many",))) == Gap(Why.TOO_MUCH, about=HERE.path)
    assert gap_of(read(problems=("wrong-type",))) == Gap(Why.NOT_UNDERSTOOD, about=HERE.path)
