"""The last look at a project, kept in the user's cache, so that nothing has to be gathered twice."""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from modelcheck import __version__
from modelcheck.app.errors import NothingSeen
from modelcheck.app.options import Options
from modelcheck.app.places import home, project_root
from modelcheck.core.codec import NotJson, convert, decode_json, encode
from modelcheck.core.exceptions import Exceptions
from modelcheck.core.facts import Fact, Facts, Scope
from modelcheck.core.factsfile import facts_text, read_facts
from modelcheck.core.gap import Gap
from modelcheck.core.intent import Expectations
from modelcheck.core.lock import Lock
from modelcheck.core.report import Report
from modelcheck.core.rulebook import Rulebook
from modelcheck.core.sentence import Told
from modelcheck.store.cache import cache_folder, make_private
from modelcheck.store.last import MOST_BYTES, SCHEMA, About, Last, keep, recall
from modelcheck.store.state import state_of

FRESH = timedelta(minutes=10)
"""How old a look may be that `explain` takes without being asked to."""


@dataclass(frozen=True)
class Recent:
    """A look that is young enough to be taken for one made now."""

    report: Report
    taken_at: datetime


class Keeping:
    """Keeps a look: made before it, so that what changes while it lasts makes the look an old one."""

    def __init__(self, options: Options) -> None:
        self._root = project_root(options.path)
        whole = not (options.only or options.skip or options.machine_facts)
        self._cache = cache() if whole else None
        self._state = state_of(self._root) if self._cache else ""

    def keep(self, facts: Facts, report: Report) -> None:
        """Keep what was seen and what came of it; where it cannot be kept, nothing is said and nothing is lost."""
        if self._cache is None:
            return
        about = About(SCHEMA, __version__, facts.taken_at[Scope.PROJECT], self._state, {})
        with suppress(OSError):
            keep(self._cache, self._root, Last(about, facts_text(facts), encode(report)))


def last_facts(options: Options, rules: Rulebook) -> Facts:
    """Return what the last look saw, under what the settings say today.

    Raises:
        NothingSeen: this project was not looked at, or nothing of it is left.

    """
    found = _found(project_root(options.path))
    with suppress(NotJson):
        if found is not None:
            return read_facts(found.facts).merged(_told_today(rules))
    raise NothingSeen("no look at this project is kept; `modelcheck audit` looks, and keeps what it saw")


def recent(options: Options, *, now: datetime | None = None) -> Recent | None:
    """Return the last look's report where it is young and no file of the project has changed since."""
    root = project_root(options.path)
    found = _found(root)
    if found is None or found.about.version != __version__:
        return None
    try:
        taken_at = datetime.fromisoformat(found.about.taken_at)
        report = convert(decode_json(found.report, limit=MOST_BYTES), Report)
    except ValueError:  # NotJson is one as well
        return None
    age = (now or datetime.now(UTC)) - taken_at
    unchanged = found.about.state and found.about.state == state_of(root)
    return Recent(report, taken_at) if timedelta(0) <= age <= FRESH and unchanged else None


def dated(options: Options) -> tuple[Told, ...]:
    """Say which look is judged, and whether the project has changed since."""
    root = project_root(options.path)
    found = _found(root)
    if found is None:
        return ()
    when = found.about.taken_at.replace("T", " ")
    if found.about.state and found.about.state == state_of(root):
        return (Told("judged as seen on {when}; the project's files are as they were", when=when),)
    return (Told("judged as seen on {when}, and files of the project have changed since", when=when),)


def cache() -> Path | None:
    """Return the folder of the cache, None where this user has no place for one; no home is made where none is."""
    own = home()
    there = own is not None and own.is_dir() and Path.home().is_absolute()
    return cache_folder(os.environ, own if there else None)


def cache_trouble() -> Told | None:
    """Say why no look can be kept, for `doctor`; None where it can."""
    folder = cache()
    if folder is None:
        return Told("no look is kept: there is no home folder; XDG_CACHE_HOME can name another place")
    try:
        make_private(folder)
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        return Told("no look is kept: the cache folder cannot be used ({reason})", reason=reason)
    if not os.access(folder, os.W_OK):
        return Told("no look is kept: the cache folder cannot be written")
    return None


def _found(root: Path) -> Last | None:
    folder = cache()
    return recall(folder, root) if folder is not None else None


def _told_today(rules: Rulebook) -> dict[type[Fact], Fact]:
    """Return what the settings declare, which judges and is not seen."""
    told: dict[type[Fact], Fact] = {Expectations: rules.expectations, Exceptions: rules.exceptions}
    if not isinstance(rules.lock, Gap):
        told[Lock] = rules.lock
    return told
