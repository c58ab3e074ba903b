"""The catalogue on a terminal."""

import io

from rich.console import Console

from modelcheck.core.rule import Rule, RulePart
from modelcheck.reports.rules import print_rule, print_rules

JUDGED = Rule(
    id="OLL-90",
    part="Local serving",
    title="It fits",
    points=2.5,
    judged=True,
    veto=("default",),
    profiles=("default",),
    why="It would spill.",
    fix="Choose a smaller one.",
    effort="minutes",
    reads=("Gpus",),
    says={"fits": "{model} takes {need:bytes}"},
)
PLANNED = Rule("OLL-91", "Local serving", "It stays", 1.0, judged=False, veto=(), profiles=())


def printed(*rules: Rule) -> str:
    console = Console(file=io.StringIO(), width=100, color_system=None)
    for rule in rules:
        print_rule(rule, console)
    print_rules([RulePart("OLL", "Local serving", 3.5, rules)], console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_rule_shows_all_that_it_can_say_with_plain_parameters() -> None:
    shown = printed(JUDGED)

    assert "  fits: {model} takes {need}\n" in shown
    for words in (JUDGED.why, JUDGED.fix, "Reads: Gpus", "Blocks the gate under: default"):
        assert words in shown


def test_a_planned_rule_says_nothing_and_does_not_count() -> None:
    shown = printed(JUDGED, PLANNED)

    assert "planned: not judged by this version" in shown
    assert shown.count("What it can say") == 1
    assert "this version judges 2.5 of 100 points" in shown
