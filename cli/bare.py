"""Bare `modelcheck`: a short look at the folder one stands in, and what to try next."""

from modelcheck.app.configured import configured
from modelcheck.app.errors import NothingSeen
from modelcheck.app.firstlook import LIMIT_S, State, first_look
from modelcheck.app.options import Options
from modelcheck.cli.endings import Ending
from modelcheck.cli.output import console
from modelcheck.cli.progress import notes, progress
from modelcheck.core.language import ENGLISH
from modelcheck.core.sentence import Told
from modelcheck.reports.lang import told, words
from modelcheck.reports.terminal import print_score
from modelcheck.reports.welcome import print_commands, print_next, print_unscored

NOTHING_SEEN = 3


def bare(language: str = ENGLISH) -> None:
    """Look for two seconds and say what to try next."""
    out, said = console(), words(language)
    try:
        with progress(language) as watch:
            found = first_look(configured(Options(limit_s=LIMIT_S), {"offline": True}), watch=watch)
    except NothingSeen as nothing:
        out.print(told(nothing, language), style="bold")
        print_commands(out, said)
        raise Ending(NOTHING_SEEN) from None
    if found.state is not State.SCORED:
        sentence = said.say(said.welcome[found.state.value], path=found.path, usual=found.usual)
        print_unscored(found.report, sentence, out, said)
        print_commands(out, said)
        raise Ending(NOTHING_SEEN)
    print_score(found.report, out, language)
    if found.taken_at is not None:
        when = found.taken_at.astimezone().strftime("%H:%M")
        notes([Told("from the look of {when}; `modelcheck audit` looks again", when=when)], language)
    if not found.settled:
        print_next("first", out, said)
    print_commands(out, said)
