"""The catalogue of checks on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from modelcheck.core.rule import Rule, RulePart
from modelcheck.reports.lang import words
from modelcheck.reports.sentences import of_check, of_part


def print_rules(parts: Sequence[RulePart], console: Console, language: str = "en") -> None:
    """Print every check with its points; planned ones are said to be."""
    said = words(language)
    for part in parts:
        console.print(Text.assemble((of_part(part, said), "bold"), (said.say("  {budget}", budget=part.budget), "dim")))
        for rule in part.rules:
            state = "" if rule.judged else f"  {said.rules['planned']}"
            veto = f"  {said.rules['blocks']}" if rule.veto else ""
            points, title = said.say("{points}", points=rule.points), of_check(rule, said).title
            console.print(Text.assemble(f"  {rule.id}  {points:>4}  {title}", (veto, "red"), (state, "dim")))
    judged = round(sum(rule.points for part in parts for rule in part.rules if rule.judged), 1)
    console.print(Text(said.say(said.rules["judged"], judged=judged), "bold"))


def print_rule(rule: Rule, console: Console, language: str = "en") -> None:
    """Print what one check is about."""
    said = words(language)
    own = of_check(rule, said)
    points = said.say(said.rules["points"], points=rule.points)
    console.print(Text.assemble((f"{rule.id}  ", "bold"), (own.title, "bold"), (f"  {points}", "dim")))
    if not rule.judged:
        console.print(Text(said.rules["not-judged"], "dim"))
    for title, text in (
        ("why", own.why),
        ("fix", own.fix),
        ("effort", said.efforts.get(rule.effort, rule.effort)),
        ("reads", ", ".join(rule.reads)),
    ):
        if text:
            console.print(Text.assemble((said.rules[title], "bold"), text))
    if own.says:
        console.print(Text(said.rules["says"], "bold"))
    for code, sentence in sorted(own.says.items()):
        console.print(Text.assemble((f"  {code}: ", "dim"), shown(sentence)))
    if rule.veto:
        console.print(Text.assemble((said.rules["veto"], "bold"), ", ".join(rule.veto)))
    console.print(Text.assemble((said.rules["profiles"], "bold"), ", ".join(rule.profiles) or said.rules["none"]))


def shown(sentence: str) -> str:
    """Return a template as a person reads it: its parameters without the way in which they are filled in."""
    for mark in (":bytes}", ":number}", ":words}"):
        sentence = sentence.replace(mark, "}")
    return sentence
