"""Ignoring: what somebody answers for as a false alarm is not judged, and earns nothing."""

from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction

import msgspec

from modelcheck.core.check import Finding, Outcome, Share, Verdict, of_shares
from modelcheck.core.exceptions import Exceptions, Force, Ignore, Ignored, Marks, Taken, takes_marks
from modelcheck.core.facts import Facts, Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.glob import matches

LOST = {Outcome.FAIL, Outcome.PARTIAL}
"""Outcomes of a finding that can be a false alarm."""


class Ignores(msgspec.Struct, frozen=True):
    """Every ignore of a project, those that are written beside a finding first."""

    held: tuple[Ignore, ...] = ()
    refused: tuple[Ignored, ...] = ()
    """Those that are not honoured, each with why."""
    unread: Gap | None = None
    """Why the settings, which may ignore any finding, were not seen."""
    unmarked: Gap | None = None
    """Why the marks in the project's files were not seen."""

    def of(self, check: str, place: Place) -> Ignore | Gap | None:
        """Return what ignores a finding at a place, or why that is open."""
        found = next((one for one in self.held if _concerns(one, check, place)), None)
        if found is not None:
            return found
        return self.unread or (self.unmarked if place.line and takes_marks(place.path) else None)

    def came_to(self, taken: Sequence[tuple[Ignore, Taken]]) -> tuple[Ignored, ...]:
        """Return what each ignore came to, those that nothing needs and those that are not honoured as well."""
        by_ignore = [(ignore, tuple(one for held, one in taken if held is ignore)) for ignore in self.held]
        held = (Ignored(one, len(its), Force.LIVE if its else Force.UNUSED, its) for one, its in by_ignore)
        return (*held, *self.refused)


def ignores(facts: Facts, known: Collection[str]) -> Ignores:
    """Gather the ignores of the settings and of the files; `known` are the ids of all checks.

    Where marks or settings should have been seen and were not, nothing is ignored by them. What they could ignore is
    then open instead of lost, since a gap proves no loss either.
    """
    settings, marks = facts.get(Exceptions), facts.get(Marks)
    found: list[Ignore] = [] if isinstance(marks, Gap) else [*marks.marks]
    found += [] if isinstance(settings, Gap) else settings.ignores
    forces = [(one, _force(one, known)) for one in found]
    return Ignores(
        held=tuple(one for one, force in forces if force is Force.LIVE),
        refused=tuple(Ignored(one, 0, force) for one, force in forces if force is not Force.LIVE),
        unread=_doubt(settings),
        unmarked=_doubt(marks),
    )


def judged_without(
    check: str, judgement: Verdict, shown: Callable[[], Sequence[Finding]], ignoring: Ignores
) -> tuple[Verdict, list[tuple[Ignore, Taken]]]:
    """Take what is ignored out of a verdict, and return it with what was taken.

    `shown` gives the findings that the project's own files alone show: no ignore reaches any other, since what a
    server or a provider showed is no misreading of the project. A subject of which everything is ignored leaves the
    mean; one of which something else was not seen is unseen. Where nothing is left, the check does not apply.
    """
    answers = _answers(check, judgement, shown, ignoring)
    if not answers:
        return judgement, []
    taken: list[tuple[Ignore, Taken]] = []
    left: list[Finding] = []
    for finding in judgement.findings:
        answer = answers.get(_key(finding))
        if isinstance(answer, Ignore):
            taken.append((answer, Taken(check, finding)))
        else:
            left.append(finding)
    subjects = judgement.shares or (Share("", judgement.low, judgement.high, judgement.findings),)
    judged = [_without(one, answers) for one in subjects]
    shares = tuple(share for share, _ in judged if share is not None)
    left += [doubt for _, doubt in judged if doubt is not None]
    if shares:
        return of_shares(shares, tuple(left)), taken
    nothing = Finding("ignored", Outcome.NOT_APPLICABLE)
    return Verdict(Outcome.NOT_APPLICABLE, Fraction(0), Fraction(0), (*left, nothing)), taken


Answers = Mapping[bytes, Ignore | Gap]


def _answers(check: str, judgement: Verdict, shown: Callable[[], Sequence[Finding]], ignoring: Ignores) -> Answers:
    """Return for each finding that is ignored, or may be, the ignore or why it is open."""
    found: dict[bytes, Ignore | Gap] = {}
    for finding in judgement.findings:
        answer = ignoring.of(check, finding.place) if finding.place and finding.outcome in LOST else None
        if answer is not None:
            found[_key(finding)] = answer
    own = {_key(finding) for finding in shown()} if found else set[bytes]()
    return {key: answer for key, answer in found.items() if key in own}


def _without(share: Share, answers: Answers) -> tuple[Share | None, Finding | None]:
    """Return what is left of one subject's share, None where nothing of it is judged, and what of it is open."""
    found = [answers.get(_key(finding)) for finding in share.findings if finding.outcome in LOST]
    if not found or None in found:
        return share, None
    open_share = Share(share.subject, Fraction(0), Fraction(1), share.findings)
    gap = next((answer for answer in found if isinstance(answer, Gap)), None)
    if gap is not None:
        return open_share, Finding("unseen", Outcome.UNKNOWN, subject=share.subject, gap=gap)
    if any(finding.outcome is Outcome.UNKNOWN for finding in share.findings):
        return open_share, None
    return None, None


def _key(finding: Finding) -> bytes:
    return msgspec.json.encode(finding)


def _concerns(ignore: Ignore, check: str, place: Place) -> bool:
    if check not in ignore.checks:
        return False
    return ignore.path == place.path and ignore.line == place.line if ignore.line else matches(ignore.path, place.path)


def _force(ignore: Ignore, known: Collection[str]) -> Force:
    """A plugin's check is known wherever the plugin itself is not in force."""
    if not ignore.checks or not all(check in known or "/" in check for check in ignore.checks):
        return Force.UNKNOWN_CHECK
    return Force.LIVE if ignore.reason.strip() else Force.NO_REASON


def _doubt(fact: Exceptions | Marks | Gap) -> Gap | None:
    return fact if isinstance(fact, Gap) and fact.why is not Why.NOT_ASKED else None
