"""`modelcheck explain`: why not 100, in a sum that adds up, with settings that are ready to paste."""

import io
import json
import re
from functools import cache
from pathlib import Path

import pytest
import unhealthy_facts as scenarios
from ended import Command
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from modelcheck.app.catalogue import parts
from modelcheck.app.judgement import judge
from modelcheck.app.tables import tables
from modelcheck.core.facts import Fact, Facts, Scope
from modelcheck.core.gap import Gap, Why
from modelcheck.core.report import Report
from modelcheck.profiles.settings import read_settings
from modelcheck.profiles.shipped import profile
from modelcheck.reports.arithmetic import summed
from modelcheck.reports.explanation import json_explanation, print_explanation
from modelcheck.reports.lines import block

GIVES = re.compile(r"^ *\+(\d+[.,]\d) ", re.MULTILINE)
SUM = re.compile(r"(\d+\.\d) earned \+ (\d+\.\d) lost \+ (\d+\.\d) not seen = (\d+\.\d) points that apply")
REST = re.compile(r"(\d+\.\d) of (\d+\.\d) points do not count: (\d+\.\d) planned, (\d+\.\d) out of .*, (\d+\.\d) with")


def tenths(text: str) -> int:
    return round(float(text.replace(",", ".")) * 10)


def report_of(facts: Facts, chosen: str = "default") -> Report:
    return judge(parts(), profile(chosen), facts.merged(tables("2026-11-22")), today="2026-11-22")


@cache
def scenario(name: str, chosen: str) -> Report:
    return report_of(scenarios.SCENARIOS[name], chosen)


def shown(report: Report, language: str = "en") -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=400, markup=False, highlight=False, emoji=False)
    print_explanation(report, console, language)
    return stream.getvalue()


def assert_adds_up(report: Report) -> None:
    """What is printed comes to all that is missing, and to all points that there are."""
    text = shown(report)
    earned, lost, unseen, applicable = map(tenths, (SUM.search(text) or pytest.fail(text)).groups())
    assert earned + lost + unseen == applicable == tenths(str(report.score.applicable))
    assert sum(map(tenths, GIVES.findall(text))) == lost + unseen
    rest = REST.search(text)
    if rest is not None:
        uncounted, total, planned, scope, idle = map(tenths, rest.groups())
        assert uncounted == planned + scope + idle == total - applicable
        assert total == 1000
    else:
        assert applicable == 1000
    if report.score.value is not None:
        assert 1000 * earned // applicable == tenths(str(report.score.value))
        assert f"100 × {report.score.earned} / {report.score.applicable} = {report.score.value} of 100" in text
    assert sum(map(tenths, GIVES.findall(shown(report, "fr")))) == lost + unseen


@pytest.mark.parametrize("chosen", ["default", "static"])
@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_what_is_printed_comes_to_what_is_missing(name: str, chosen: str) -> None:
    assert_adds_up(scenario(name, chosen))


KINDS: list[type[Fact]] = [kind for kind in scenarios.SCENARIOS["healthy"] if kind.scope is not Scope.TABLES]
REASONS = [
    Gap(Why.INTERRUPTED, hint="modelcheck audit"),
    Gap(Why.NO_KEY, about="openai", hint="export OPENAI_API_KEY=…"),
    Gap(Why.NOT_DECLARED, about="it", hint="expect: {concurrency: 4}"),
    Gap(Why.NOT_DECLARED, about="else", hint="expect: {context: 16384}"),
    Gap(Why.OFFLINE),
]


@given(
    st.sampled_from(sorted(scenarios.SCENARIOS)),
    st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(REASONS)), max_size=6),
)
def test_it_does_so_whatever_else_was_not_seen(name: str, holes: list[tuple[type[Fact], Gap]]) -> None:
    assert_adds_up(report_of(scenarios.SCENARIOS[name].merged(dict(holes))))


def test_one_missing_key_is_one_line() -> None:
    hole = Gap(Why.NO_KEY, about="openai", hint="export OPENAI_API_KEY=…")
    kinds = [kind for kind in KINDS if kind.__name__ in {"Answers", "Resolutions"}]
    report = report_of(scenarios.SCENARIOS["healthy"].merged(dict.fromkeys(kinds, hole)))

    assert len(kinds) == 2
    assert shown(report).count("export OPENAI_API_KEY") == 1


def test_all_undeclared_settings_are_one_block_to_paste(tmp_path: Path) -> None:
    text = block(gap.hint for gap in (*REASONS[2:4], REASONS[2]))
    (tmp_path / "modelcheck.yaml").write_text(text)

    assert text == "expect:\n  concurrency: 4\n  context: 16384\n"
    assert read_settings(tmp_path).declared.expect.context == 16384


@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_what_is_to_be_pasted_is_read_by_the_loader(name: str, tmp_path: Path) -> None:
    text = json.loads(json_explanation(scenario(name, "default")))["settings"]
    (tmp_path / "modelcheck.yaml").write_text(text, encoding="utf-8")

    read_settings(tmp_path)


def test_pasting_it_shows_what_it_says_it_would(command: Command, broken: Path, endpoints: list[str]) -> None:
    """Until nothing is undeclared any more: what shows one thing may bring up the next."""
    settings, undeclared = broken / "modelcheck.yaml", ["CLD-08"]
    lines: list[str] = []
    for _ in range(3):
        explained = command("explain", broken, *endpoints, "--json").json
        undeclared = [one for action in explained["actions"] if action["hints"] for one in action["checks"]]
        lines += [hint for action in explained["actions"] for hint in action["hints"]]
        if not undeclared:
            break
        settings.write_text(block(lines))

    assert undeclared == []
    assert len(lines) > 1
    assert command("score", broken, *endpoints, "--json").check("CLD-08")["outcome"] != "unknown"


@pytest.mark.parametrize(
    "line",
    ["--endpoint x=URL", "expect: {", "expect: &a {b: *a}", "- a list", "", "a: !!python/object:os.system {}", "\x00"],
)
def test_what_is_no_line_of_settings_is_left_out(line: str) -> None:
    assert block([line, "expect: {context: 1}"]) == "expect:\n  context: 1\n"
    assert block([line]) == ""


@given(st.lists(st.text(max_size=80), max_size=5))
def test_whatever_lines_hold_the_block_is_yaml(lines: list[str]) -> None:
    import yaml

    assert yaml.safe_load(block(lines)) is None or isinstance(yaml.safe_load(block(lines)), dict)


def test_of_two_values_for_one_setting_the_first_stands() -> None:
    assert block(["expect: {context: 1}", "expect: {context: 2}", "expect: 3"]) == "expect:\n  context: 1\n"


def test_programs_get_the_sum_and_the_actions(command: Command, broken: Path, endpoints: list[str]) -> None:
    explained = command("explain", broken, *endpoints, "--json").json
    report = command("score", broken, *endpoints, "--json").json
    total = explained["sum"]

    assert explained["actions"] == report["actions"]
    assert round(total["earned"] + total["lost"] + total["unseen"], 1) == report["score"]["applicable"]
    assert explained["score"] == report["score"]


def test_programs_get_one_check_as_well(command: Command) -> None:
    assert command("explain", "OLL-05", "--json").json["id"] == "OLL-05"


def test_why_85_and_not_100_is_answered_first(command: Command, corrected: Path, endpoints: list[str]) -> None:
    lines = command("explain", corrected, *endpoints).out.splitlines()

    assert "points that apply =" in lines[0]
    assert any("earned +" in line for line in lines[1:4])
    assert "not a rate of failure" in " ".join(lines[-3:])


def test_a_selection_has_a_sum_and_no_number(command: Command, broken: Path, endpoints: list[str]) -> None:
    shown_ = command("explain", broken, *endpoints, "--only", "CFG-03").out

    assert "earned" in shown_
    assert "100 ×" not in shown_


def test_the_parts_of_the_sum_are_those_of_the_report() -> None:
    report = scenario("healthy", "static")
    found = summed(report)

    assert found.applicable == report.score.applicable
    assert found.uncounted == round(100 - found.applicable, 1)
