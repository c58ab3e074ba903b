"""`modelcheck pull NAME`: what is here is not pulled, what is not is refused; `--because` asks, and lets one pass."""

import os
import signal
import sys
import time
from types import TracebackType
from typing import Annotated, Self

import typer

from modelcheck.app.errors import UserError
from modelcheck.app.options import Options
from modelcheck.app.pull import Sought, allowed, exception_for, sought
from modelcheck.app.pull import pull as pull_it
from modelcheck.app.pulling import PullFailed, Step
from modelcheck.app.registry import size_of
from modelcheck.cli.endings import Ending
from modelcheck.cli.options import looks_at_inventory
from modelcheck.cli.output import console
from modelcheck.cli.progress import notes
from modelcheck.core.exceptions import Exemption
from modelcheck.core.facts import Place
from modelcheck.core.machine import Entry
from modelcheck.core.name import DEFAULT_HOST, pull_target
from modelcheck.core.sentence import Told
from modelcheck.core.text import printable
from modelcheck.reports.lang import Words, told, words
from modelcheck.reports.presence import print_prechecks
from modelcheck.reports.sentences import of_gap

UNSEEN, REFUSED = 3, 4
EVERY_S = 0.1
"""Seconds between two looks at a download."""
WIDEST = 78
ME = "me"


@looks_at_inventory
def pull(
    options: Options,
    *,
    language: str,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The model's name as it would be pulled.")],
    because: Annotated[
        str | None,
        typer.Option(
            metavar="REASON", help="Pull it though it is not here: asks, and writes an exception of one hour."
        ),
    ] = None,
    approver: Annotated[str, typer.Option(metavar="WHO", help="Who answers for the exception.")] = ME,
) -> None:
    """Pull a model under an exception of your own; what is here already is never pulled."""
    if because is not None and not because.strip():
        raise UserError("--because takes the reason in a few words")
    if not approver.strip():
        raise UserError("--approver takes a name, or a word such as me")
    found = sought(name, options)
    notes(found.notes, language)
    if found.is_here:
        _print("pull-here", found, language)
        return
    if found.exemption is None:
        found = _excepted(found, because, approver, options, language)
    if found.exemption is not None:
        notes([_passing(found.exemption, found.name)], language)
    _pull(found, language)
    _check(name, options, language)


def _excepted(found: Sought, because: str | None, approver: str, options: Options, language: str) -> Sought:
    """Return it with an exception that was asked for and written; else leave, with what would let it pass."""
    print_prechecks([found.asked.precheck], console(), language)
    if found.over is not None:
        notes([Told("your exception for it ended: {until}", until=found.over.until)], language)
    if not found.can_be_excepted:
        raise Ending(REFUSED)
    if because is None:
        hint = Told(
            'to pull it all the same, give a reason on a terminal: modelcheck pull {name} --because "…"; or write an '
            "exception for it (what: pull) to your own settings",
            name=found.name,
        )
        notes([hint], language)
        raise Ending(REFUSED)
    if not _is_asked():
        nobody = Told("--because asks before it pulls, and there is no terminal to ask at, so nothing is pulled")
        notes([nobody], language)
        raise Ending(REFUSED)
    said = words(language)
    sys.stderr.write("".join(f"    {line}\n" for line in _about(found.name, options, said)))
    if not _agreed(found, language):
        notes([Told("nothing is pulled")], language)
        raise Ending(REFUSED)
    return allowed(exception_for(found.name, because, approver), found)


def _passing(exemption: Exemption, name: str) -> Told:
    at = exemption.at or Place("")
    return Told(
        "{file}, line {line}, lets {name} be pulled until {until}",
        file=at.path,
        line=at.line,
        name=name,
        until=exemption.until,
    )


def _is_asked() -> bool:
    """Whether somebody is there to answer."""
    in_ci = os.environ.get("CI", "").lower() not in {"", "0", "false"}
    return sys.stdin.isatty() and sys.stderr.isatty() and not in_ci


def _about(name: str, options: Options, said: Words) -> list[str]:
    """Say how large it is and where it comes from, as far as that is known."""
    host = pull_target(name).host
    size = None if options.offline else size_of(name)
    if size is not None:
        return [said.say(said.presence["pull-size"], size=size, host=host)]
    unknown = said.say(said.presence["pull-size-unknown"])
    return [unknown] if host.lower() == DEFAULT_HOST else [said.say(said.presence["pull-from"], host=host), unknown]


def _agreed(found: Sought, language: str) -> bool:
    question = Told(
        "Have {server} pull {name}, under an exception of one hour in your own settings?",
        server=found.label,
        name=found.name,
    )
    try:
        return typer.confirm(told(question, language), default=False, err=True)
    except typer.Abort:
        raise KeyboardInterrupt from None


def _pull(found: Sought, language: str) -> None:
    until = "" if found.exemption is None else found.exemption.until
    left = Told(
        "what was downloaded of it, if anything, stays in the store of {server} until that prunes it; the exception "
        "holds until {until}",
        server=found.label,
        until=until,
    )
    try:
        with _Line(words(language)) as watch:
            pull_it(found, watch)
    except PullFailed as failed:
        why = Told("{server} did not pull {name}: {reason}", server=found.label, name=found.name, reason=failed.reason)
        if failed.refused:
            notes([why], language)
            raise Ending(REFUSED) from None
        notes([left], language)
        raise UserError.of(why) from None
    except KeyboardInterrupt:
        notes([Told("the pull of {name} is cancelled", name=found.name), left], language)
        raise


def _check(name: str, options: Options, language: str) -> None:
    """Look whether it is here now: what a server says of a pull is no proof."""
    found = sought(name, options)
    if found.is_here:
        _print("pulled", found, language)
        said = words(language)
        console().print(f"  {said.say(said.presence['pull-offer'])}", style="dim")
        return
    print_prechecks([found.asked.precheck], console(), language)
    notes([Told("the server says that it pulled {name}, and does not hold it", name=found.name)], language)
    raise Ending(UNSEEN)


def _print(key: str, found: Sought, language: str) -> None:
    entry, said = found.asked.precheck.entry or Entry(""), words(language)
    digest = f"sha256:{entry.digest}" if isinstance(entry.digest, str) else of_gap(entry.digest, said)
    text = said.say(said.presence[key], model=found.asked.precheck.name, entry=entry.name, digest=digest)
    console().print(text, soft_wrap=True)


class _Line:
    """One line of a terminal that says how far a download is, taken away at its end; silent where nobody watches.

    A Ctrl-C that comes while it writes waits until it has written, or the stream would be silent from then on.
    """

    def __init__(self, said: Words) -> None:
        self._said = said
        self._shown = sys.stderr.isatty()
        self._last = float("-inf")
        self._width = 0
        self._is_writing = self._is_asked = False
        self._before = signal.getsignal(signal.SIGINT)

    def __enter__(self) -> Self:
        if self._before is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._ask)
        return self

    def __call__(self, step: Step) -> None:
        """Show a step, as far as eyes can follow."""
        if not self._shown or time.monotonic() - self._last < EVERY_S:
            return
        self._last = time.monotonic()
        key = "pull-bytes" if step.total else "pull-step"
        text = self._said.say(self._said.presence[key], status=step.status, done=step.done, total=step.total)
        self._write(printable(text, WIDEST))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._before is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._before)
        if self._width:
            self._write("")
            sys.stderr.write("\r")

    def _ask(self, *_: object) -> None:
        if not self._is_writing:
            raise KeyboardInterrupt
        self._is_asked = True

    def _write(self, text: str) -> None:
        self._is_writing = True
        sys.stderr.write(f"\r{text}{' ' * (self._width - len(text))}")
        sys.stderr.flush()
        self._width = len(text)
        self._is_writing = False
        if self._is_asked:
            self._is_asked = False
            raise KeyboardInterrupt
