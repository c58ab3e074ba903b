"""A profile on a terminal: what it demands, what it judges, and who says so."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from modelcheck.core.explained import ExplainedCheck, ExplainedLevel, ExplainedPart, ExplainedProfile
from modelcheck.core.sentence import plain
from modelcheck.reports.lang import Words, words
from modelcheck.reports.levels import percent


def print_profile(profile: ExplainedProfile, console: Console, language: str = "en") -> None:
    """Print the profile: its chain, bars and levels, then each part with what is in scope and what is not."""
    said = words(language)
    console.print(Text.assemble((plain(profile.name), "bold"), f"  {plain(said.value(profile.title))}"))
    for sentence in _demands(profile, said):
        console.print(Text(f"  {sentence}"))
    for part in profile.parts:
        console.print()
        _print_part(part, console, said)
    console.print()
    judged, planned = profile.judged, profile.planned
    console.print(Text(said.say(said.profile["sum"], judged=judged, planned=planned), "bold"))


def _demands(profile: ExplainedProfile, said: Words) -> Sequence[str]:
    phrases = said.profile
    sentences = [said.say(phrases["as-of"], date=profile.as_of)]
    if profile.extends:
        sentences.append(said.say(phrases["extends"], chain=", ".join(profile.extends)))
    for name, bar in (("score", profile.score), ("coverage", profile.coverage)):
        sentences.append(said.say(phrases[name], minimum=percent(bar.minimum), origin=bar.origin))
    sentences.extend(_level(level, said) for level in profile.levels)
    sentences.append(phrases["network" if profile.network else "no-network"])
    if profile.everything_local:
        sentences.append(phrases["everything-local"])
    if profile.guard:
        sentences.append(phrases["guard"])
    sentences.append(said.say(phrases["machine-days"], days=profile.machine_days))
    return sentences


def _level(level: ExplainedLevel, said: Words) -> str:
    phrase = said.profile["level-checks" if level.checks else "level-trials"]
    checks = ", ".join(level.checks)
    return said.say(phrase, name=level.name, wanted=percent(level.wanted), checks=checks, origin=level.origin)


def _print_part(part: ExplainedPart, console: Console, said: Words) -> None:
    """Print a part: the checks in scope under who put them there, then what is out of scope."""
    title = said.parts[part.id].title if part.id in said.parts else plain(part.title)
    counted = said.say(said.profile["part"], judged=part.judged, planned=part.planned, budget=part.budget)
    console.print(Text.assemble((title, "bold"), (f"  {counted}", "dim")))
    for origin in sorted({check.origin for check in part.checks}, key=lambda one: (not one, one)):
        by = said.say(said.profile["by"], origin=origin) if origin else said.standings["out-of-scope"]
        console.print(Text(f"  {by}:", "dim"))
        for check in part.checks:
            if check.origin == origin:
                _print_check(check, console, said)


def _print_check(check: ExplainedCheck, console: Console, said: Words) -> None:
    title = said.checks[check.id].title if check.id in said.checks else plain(check.title)
    state = f"  {said.standings['planned']}" if check.standing == "planned" else ""
    veto = f"  {said.say(said.profile['veto'], origin=check.veto)}" if check.veto else ""
    points = said.say("{points}", points=check.points)
    console.print(Text.assemble(f"    {check.id}  {points:>4}  {title}", (state, "dim"), (veto, "red")))
