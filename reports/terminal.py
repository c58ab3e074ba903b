"""The report on a terminal: one screen of what matters, or all of it."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from modelcheck.core.check import Finding, Outcome
from modelcheck.core.report import Report, ReportCheck, ReportPart
from modelcheck.core.sentence import plain
from modelcheck.reports.advice import print_advice, print_mapped
from modelcheck.reports.changes import print_changes
from modelcheck.reports.exceptions import print_excused, print_in_force
from modelcheck.reports.lang import Words, words
from modelcheck.reports.levels import of_levels
from modelcheck.reports.sentences import of_check, of_finding, of_gap, of_part, of_reason

STYLES = {
    Outcome.PASS: "green",
    Outcome.PARTIAL: "yellow",
    Outcome.FAIL: "bold red",
    Outcome.UNKNOWN: "cyan",
    Outcome.NOT_APPLICABLE: "dim",
}
MOST_PLACES = 6
"""Places of one sentence that are shown."""
MOST_FINDINGS = 5
"""Findings of one check that are shown without -v."""
MOST_ACTIONS = 8
CLAIMED_FROM = 90
"""Points that version and profile judge before a band claims that a project is functional."""


def print_report(report: Report, console: Console, *, verbose: bool = False, language: str = "en") -> None:
    """Print a whole report."""
    lines = Lines(console, words(language), verbose=verbose)
    lines.head(report)
    print_advice(report.advice, console, words(language))
    for part in report.parts:
        lines.part(part)
    print_excused(report, console, words(language))
    lines.actions(report)
    lines.gate(report)
    lines.foot(report)


def print_score(report: Report, console: Console, language: str = "en") -> None:
    """Print the number with its range, and one line a part."""
    lines = Lines(console, words(language), verbose=False)
    lines.head(report)
    print_advice(report.advice, console, words(language))
    for part in report.parts:
        lines.sum(part)


def print_gate(report: Report, console: Console, language: str = "en") -> None:
    """Print the decision with its reasons, and what failed in the checks that block."""
    lines = Lines(console, words(language), verbose=False)
    lines.head(report)
    blocking = {reason.check for reason in report.gate.reasons if reason.code in {"veto-failed", "veto-unseen"}}
    for check in (check for part in report.parts for check in part.checks if check.id in blocking):
        lines.check(check)
    print_excused(report, console, words(language))
    lines.gate(report)


def headline(report: Report, said: Words) -> str:
    """Return the score as what it is: points, range, and how much was seen."""
    phrases, score = said.phrases, report.score
    if any(reason.code == "selection" for reason in report.gate.reasons):
        return said.say(said.reasons["selection"])
    if score.value is None:
        return said.say(phrases["nothing"])
    pieces = [said.say(phrases["score"], earned=score.earned, applicable=score.applicable, value=score.value)]
    if score.unseen:
        pieces.append(said.say(phrases["unseen"], unseen=score.unseen, low=score.low, high=score.high))
    pieces.append(said.say(phrases["coverage"], coverage=score.coverage))
    if score.band:
        pieces.append(_band(score.band, score.judged, said))
    return " · ".join(pieces)


def _band(band: str, judged: float, said: Words) -> str:
    """Return the word for a number; what it claims of the project is said only where enough is judged."""
    word = said.bands.get(band, band)
    if judged < CLAIMED_FROM or band not in said.claims:
        return word
    return said.say(said.phrases["claim"], band=word, claim=said.claims[band])


class Lines:
    """Prints the sections of a report; every text from outside passes through `sentences.fill`."""

    def __init__(self, console: Console, words: Words, *, verbose: bool) -> None:
        self._console = console
        self._words = words
        self._verbose = verbose
        self._blocking: set[str] = set()
        self._width = max(map(len, words.outcomes.values()))

    def head(self, report: Report) -> None:
        """Print what was judged, by what, and the number."""
        self._blocking = {reason.check for reason in report.gate.reasons if reason.code == "veto-failed"}
        if report.environment.simulated:
            self._say(self._words.phrases["simulated"], style="bold yellow")
        title = self._words.value(report.profile.title)
        self._line((plain(report.subject), "bold"), (f"  {report.profile.name}: {plain(title)}", "dim"))
        self._line((headline(report, self._words), "bold"))
        self._say(self._words.phrases["judged"], style="dim", judged=report.score.judged)
        print_in_force(report, self._console, self._words)
        for listing in report.inventory:
            if listing.taken_at:
                self._say(self._words.phrases["locked"], style="dim", date=listing.taken_at)
        if any(reason.code == "nothing-to-score" for reason in report.gate.reasons):
            self._next(report)

    def _next(self, report: Report) -> None:
        """Say what to do where nothing can be scored: what is wrong with the configuration, or how to name models."""
        checks = (check for part in report.parts for check in part.checks)
        found = [(check, one) for check in checks if check.id == "CFG-01" for one in check.findings]
        broken = [(check, one) for check, one in found if one.code == "unreadable"]
        for check, one in broken:
            self._line((of_finding(check, one, self._words), ""), (_places([one]), "dim"))
        if not broken:
            self._say(self._words.phrases["try_next"], path=report.configuration.path or "config/models_config.json")

    def sum(self, part: ReportPart) -> None:
        """Print a part with its points."""
        planned = sum(check.points for check in part.checks if check.standing == "planned")
        said, phrases = self._words, self._words.phrases
        unseen = f"  {said.say(phrases['part-unseen'], unseen=part.unseen)}" if part.unseen else ""
        waiting = f"  {said.say(phrases['part-planned'], planned=round(planned, 1))}" if planned else ""
        points = said.say("  {earned} / {applicable}", earned=part.earned, applicable=part.applicable)
        self._line((plain(of_part(part, said)), "bold"), (points, "bold"), (f"{unseen}{waiting}", "dim"))

    def part(self, part: ReportPart) -> None:
        """Print a part with its points, and the checks that are worth a look."""
        judged = [check for check in part.checks if check.standing == "judged"]
        self._console.print()
        self.sum(part)
        for check in judged:
            if self._verbose or check.outcome not in {Outcome.PASS, Outcome.NOT_APPLICABLE}:
                self.check(check)

    def actions(self, report: Report) -> None:
        """Print what gives points back, the cheapest first, and what would show the rest."""
        checks = {check.id: check for part in report.parts for check in part.checks}
        for kind, title in (("fix", "actions"), ("show", "shows")):
            rows = [action for action in report.actions if action.kind == kind]
            said = self._words
            if not rows:
                continue
            self._console.print()
            self._say(self._words.phrases[title], style="bold")
            for row in rows[:MOST_ACTIONS]:
                text = of_check(checks[row.checks[0]], said).fix if row.gap is None else of_gap(row.gap, said)
                effort = f" [{said.efforts.get(row.effort, row.effort)}]" if kind == "fix" else ""
                gives = f"+{said.say('{gives}', gives=row.gives):<4} "
                self._line(
                    (gives, "green"),
                    (f"{', '.join(row.checks)}{effort}  ", "dim"),
                    (plain(text), ""),
                    indent=2,
                    hang=len(gives),
                )
            self._rest(len(rows) - MOST_ACTIONS)

    def gate(self, report: Report) -> None:
        """Print the decision with its reasons."""
        print_changes(report, self._console, self._words)
        gate = report.gate
        style = "bold green" if gate.passed else "bold red"
        self._console.print()
        title, left = self._words.phrases["gate"], self._words.say(self._words.phrases["exit"], code=gate.exit_code)
        self._line((title, "bold"), (f"{self._words.decisions[gate.verdict]} {left}", style))
        reasons = [reason for reason in gate.reasons if not reason.code.startswith("level-")]
        said = [of_reason(reason, gate, self._words) for reason in reasons]
        for sentence in (*said, *of_levels(report, self._words)):
            self._line((sentence, ""), indent=2)

    def foot(self, report: Report) -> None:
        """Print what was done to the outside."""
        phrases, environment = self._words.phrases, report.environment
        hosts = [(self._words.value(one.host), one.method, one.count) for one in environment.contacts]
        contacts = ", ".join(f"{host} ({method} ×{count})" for host, method, count in hosts)
        self._console.print()
        print_mapped(environment.mapped, self._console, self._words)
        self._say(
            phrases["contacts"],
            style="dim",
            contacts=contacts or phrases["nobody"],
            loaded=", ".join(environment.loaded) or phrases["none"],
            code=", ".join(environment.code_run) or phrases["none"],
            spent=environment.spent_usd,
        )
        if not self._verbose:
            self._say(phrases["verbose"], style="dim")

    def check(self, check: ReportCheck) -> None:
        """Print one check with the findings that are worth a look."""
        outcome = check.outcome or Outcome.NOT_APPLICABLE
        if check.id in self._blocking:
            outcome = Outcome.FAIL
        word = self._words.outcomes[outcome.value]
        points = self._words.say("{earned} / {applicable}", earned=check.earned, applicable=check.applicable)
        head = f"{word:<{self._width}} {check.id}  "
        title = (plain(of_check(check, self._words).title), "bold" if outcome is Outcome.FAIL else "")
        worth = points if check.applicable else "-"
        self._line((head, STYLES[outcome]), title, (f"  {worth}", "dim"), indent=2, hang=len(head))
        findings = [
            f for f in check.findings if self._verbose or f.outcome not in {Outcome.PASS, Outcome.NOT_APPLICABLE}
        ]
        said: dict[str, list[Finding]] = {}
        for finding in findings:
            said.setdefault(of_finding(check, finding, self._words), []).append(finding)
        shown = list(said.items()) if self._verbose else list(said.items())[:MOST_FINDINGS]
        for sentence, alike in shown:
            self._line((sentence, ""), (_places(alike), "dim"), indent=self._width + 3)
        self._rest(len(findings) - sum(len(alike) for _, alike in shown))

    def _rest(self, count: int) -> None:
        if count > 0:
            self._line((self._words.say(self._words.phrases["more"], count=count), "dim"), indent=self._width + 3)

    def _say(self, template: str, *, style: str = "", **parameters: object) -> None:
        self._line((self._words.say(template, **parameters), style))

    def _line(self, *pieces: tuple[str, str], indent: int = 0, hang: int = 0) -> None:
        """Print pieces of text in their styles; where the line wraps, it goes on under its own beginning."""
        text = Text.assemble(*pieces)
        if not indent + hang:
            self._console.print(text)
            return
        head, rest = text.divide([hang]) if hang else (Text(), text)
        grid = Table.grid(padding=0)
        grid.add_column(width=indent + head.cell_len, no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(Text(" " * indent) + head, rest)
        self._console.print(grid)


def _places(findings: Sequence[Finding]) -> str:
    """Return where findings of one sentence are, the path of several once."""
    texts: list[str] = []
    path = ""
    for place in dict.fromkeys(finding.place for finding in findings if finding.place is not None):
        line = f":{place.line}" if place.line else ""
        texts.append(line if place.path == path and line else plain(place.path) + line)
        path = place.path
    more = ", …" if len(texts) > MOST_PLACES else ""
    return f"  {', '.join(texts[:MOST_PLACES])}{more}" if texts else ""
