"""What `--learn` gathers: which exceptions would let pass what was refused; nothing is let pass by it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from modelcheck.core.exceptions import What
from modelcheck.core.name import InvalidName
from modelcheck.core.precheck import is_cloud_name
from modelcheck.core.ruling import Action, Reason, pulled_name
from modelcheck.core.sentence import Told
from modelcheck.core.text import printable
from modelcheck.guard.event import Event, Outcome

MOST = 400
"""Different refusals that are kept apart; the user's own file takes 500 exceptions."""
LASTS = timedelta(days=30)
"""For which a proposed exception runs."""
OPENABLE = frozenset({Action.CREATE, Action.COPY, Action.PUSH, Action.DELETE})
"""Closed actions that an exception is proposed for: those with one model. Accounts and the web stay out."""

_LONGEST = 1000


class Lesson(msgspec.Struct, frozen=True, order=True):
    """One kind of refusal."""

    reason: str
    action: str
    name: str
    asked: str
    """Method and path."""


class Lessons:
    """What was refused since the start, and how often."""

    def __init__(self) -> None:
        self._seen: Counter[Lesson] = Counter()
        self._others = 0

    def note(self, event: Event) -> None:
        """Take a refusal in; other events teach nothing."""
        if event.outcome is not Outcome.REFUSED:
            return
        lesson = Lesson(event.reason, event.action, event.name, f"{event.method} {event.path}")
        if lesson in self._seen or len(self._seen) < MOST:
            self._seen[lesson] += 1
        else:
            self._others += 1

    def proposals(self, now: datetime, say: Callable[[Told], str] = str) -> str:
        """Return YAML to paste into the user's own file: exceptions, and as comments what none is proposed for.

        Args:
            now: the time from which the exceptions run.
            say: puts comments and reasons into the reader's language.

        """
        wanted: Counter[tuple[What, str]] = Counter()
        never: Counter[tuple[str, str]] = Counter()
        for lesson, times in self._seen.items():
            exception = _exception(lesson)
            if exception is not None:
                wanted[exception] += times
            else:
                never[_shown(lesson), lesson.reason] += times
        until = (now.astimezone(UTC) + LASTS).date().isoformat()
        lines = [*_proposed(wanted, until, say), *_never(never, say)]
        if self._others:
            lines.append(_comment(say(Told("and {count} refusals that are not told apart", count=self._others))))
        return "".join(f"{line}\n" for line in lines or [_comment(say(Told("nothing was refused")))])


def _exception(lesson: Lesson) -> tuple[What, str] | None:
    """Return what an exception for a refusal would say; None where there is none, or none that is proposed."""
    try:
        name = pulled_name(lesson.name)
    except InvalidName:
        return None
    if is_cloud_name(lesson.name):
        return None
    if lesson.action == Action.PULL and lesson.reason == Reason.NOT_HERE:
        return What.PULL, name
    if lesson.action in OPENABLE and lesson.reason == Reason.CLOSED:
        return What.REQUEST, f"{lesson.action} {name}"
    return None


def _proposed(wanted: Counter[tuple[What, str]], until: str, say: Callable[[Told], str]) -> Iterator[str]:
    if not wanted:
        return
    yield _comment(say(Told("what would let pass what was refused: keep the lines that you answer for")))
    yield "exceptions:"
    for (what, subject), times in sorted(wanted.items(), key=lambda row: (-row[1], row[0])):
        yield f"  - what: {what.value}"
        yield f"    subject: {_quoted(subject)}"
        yield f"    reason: {_quoted(say(Told('asked for {count}× while the guard was learning', count=times)))}"
        yield f"    approver: {_quoted(say(Told('write your name')))}"
        yield f"    until: {_quoted(until)}"


def _never(never: Counter[tuple[str, str]], say: Callable[[Told], str]) -> Iterator[str]:
    if not never:
        return
    yield _comment(say(Told("refused, and no exception is proposed for it:")))
    for (shown, reason), times in sorted(never.items(), key=lambda row: (-row[1], row[0])):
        yield _comment(f"  {times}× {shown}: {reason}")


def _shown(lesson: Lesson) -> str:
    return f"{lesson.action} {lesson.name}" if lesson.action and lesson.name else lesson.asked


def _quoted(text: str) -> str:
    """Return a text as YAML takes it for one whatever it looks like: what is printable stands in it as it is."""
    return json.dumps(printable(text, _LONGEST), ensure_ascii=False)


def _comment(text: str) -> str:
    return f"# {printable(text, _LONGEST)}"
