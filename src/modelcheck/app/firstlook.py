"""The first look at a folder: two seconds, loopback alone, and what there is to be said of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from modelcheck.app.audit import audit
from modelcheck.app.last import recent
from modelcheck.app.options import Options
from modelcheck.app.places import project_root
from modelcheck.app.rulebook import project_settings
from modelcheck.app.survey import Watch, unwatched
from modelcheck.core.facts import Facts
from modelcheck.core.gap import Gap
from modelcheck.core.project import Configuration, Reading
from modelcheck.core.report import Report
from modelcheck.probes.elsewhere import configurations

LIMIT_S = 2.0
"""How long one probe may take."""


class State(StrEnum):
    """What a folder is, as far as a first look tells."""

    SCORED = "scored"
    ELSEWHERE = "elsewhere"
    """No configuration where one is expected, and a file that looks like one in another place."""
    NOTHING = "nothing"
    UNREADABLE = "unreadable"
    NAMELESS = "nameless"
    """A configuration that names no model, or too little to be scored."""


@dataclass(frozen=True)
class FirstLook:
    """What a first look came to."""

    state: State
    report: Report
    path: str
    """The configuration, or the file that looks like one."""
    usual: str
    """Where the configuration is expected."""
    settled: bool
    """Whether the project has settings."""
    taken_at: datetime | None = None
    """When the look was made that is taken for this one; None where this one was made."""


def first_look(options: Options, *, watch: Watch = unwatched) -> FirstLook:
    """Look for two seconds, or take the last look where it is young.

    Raises:
        UserError: the folder is no project, or its settings cannot be used.

    """
    root = project_root(options.path)
    settings = project_settings(root)
    settled = settings.place() is not None
    usual = settings.declared.config
    young = recent(options)
    if young is not None and young.report.score.value is not None:
        return FirstLook(State.SCORED, young.report, usual, usual, settled, young.taken_at)
    done = audit(options, watch=watch)
    state, path = _state(done.report, done.facts, root, usual)
    return FirstLook(state, done.report, path, usual, settled)


def _state(report: Report, facts: Facts, root: Path, usual: str) -> tuple[State, str]:
    if report.score.value is not None:
        return State.SCORED, usual
    read = facts.get(Configuration)
    reading = Reading.UNREADABLE if isinstance(read, Gap) else read.reading
    if reading is Reading.MISSING:
        others = configurations(root)
        return (State.ELSEWHERE, others[0]) if others else (State.NOTHING, usual)
    return (State.UNREADABLE if reading is Reading.UNREADABLE else State.NAMELESS), usual
