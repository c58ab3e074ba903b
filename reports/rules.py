"""The catalogue of checks on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from modelcheck.core.rule import Rule, RulePart


def print_rules(parts: Sequence[RulePart], console: Console) -> None:
    """Print every check with its points; planned ones are said to be."""
    for part in parts:
        console.print(Text.assemble((part.title, "bold"), (f"  {part.budget}", "dim")))
        for rule in part.rules:
            state = "" if rule.judged else "  planned"
            veto = "  blocks" if rule.veto else ""
            console.print(Text.assemble(f"  {rule.id}  {rule.points:>4}  {rule.title}", (veto, "red"), (state, "dim")))
    judged = round(sum(rule.points for part in parts for rule in part.rules if rule.judged), 1)
    console.print(Text(f"this version judges {judged} of 100 points", "bold"))


def print_rule(rule: Rule, console: Console) -> None:
    """Print what one check is about."""
    console.print(Text.assemble((f"{rule.id}  ", "bold"), (rule.title, "bold"), (f"  {rule.points} points", "dim")))
    if not rule.judged:
        console.print(Text("planned: not judged by this version", "dim"))
    for title, text in (
        ("Why", rule.why),
        ("Fix", rule.fix),
        ("Effort", rule.effort),
        ("Reads", ", ".join(rule.reads)),
    ):
        if text:
            console.print(Text.assemble((f"{title}: ", "bold"), text))
    if rule.says:
        console.print(Text("What it can say:", "bold"))
    for code, sentence in sorted(rule.says.items()):
        console.print(Text.assemble((f"  {code}: ", "dim"), sentence.replace(":bytes}", "}")))
    if rule.veto:
        console.print(Text.assemble(("Blocks the gate under: ", "bold"), ", ".join(rule.veto)))
    console.print(Text.assemble(("Profiles: ", "bold"), ", ".join(rule.profiles) or "none"))
