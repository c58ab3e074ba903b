"""What the user's own file lets pass, as it stands now: for a command, and for a guard that runs for weeks."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from modelcheck.app.places import home as own_home
from modelcheck.core.exceptions import LONGEST, Exemption, days_left
from modelcheck.core.sentence import Told
from modelcheck.profiles.own import exemptions, own
from modelcheck.profiles.ownfile import own_file

LOOK_S = 1.0
"""Seconds for which a guard believes that the file has not changed."""
RETRY_S = 15.0
"""Seconds after which one that could not be used is read again, though nothing shows a change."""
YOUNG_NS = 2_000_000_000
"""Age of a change, up to which another may bear the same time."""

Stamp = tuple[int, ...]
"""What changes when a file does."""


def own_exemptions(
    environ: Mapping[str, str] | None = None, home: Path | None = None, *, now: datetime | None = None
) -> tuple[Exemption, ...]:
    """Read what the user's own file lets pass; never raises: of a file that cannot be used nothing passes.

    What runs for more than a year from now is left out, for it holds nothing.
    """
    surroundings = os.environ if environ is None else environ
    return _read(surroundings, home or own_home(), now or datetime.now(UTC)) or ()


def _read(environ: Mapping[str, str], home: Path | None, now: datetime) -> tuple[Exemption, ...] | None:
    """Read the file; None where it cannot be used."""
    try:
        found = own(environ, home, sys.platform, None)
        return () if found is None else holding(exemptions(found), now)
    except (Told, OSError, ValueError, RecursionError):
        return None


def holding(found: tuple[Exemption, ...], now: datetime) -> tuple[Exemption, ...]:
    """Return the exceptions that run for a year at most."""
    day = now.astimezone(UTC).date()
    return tuple(one for one in found if days_left(one.until, day) <= LONGEST)


def watched_exemptions(
    environ: Mapping[str, str] | None = None,
    home: Path | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Callable[[], tuple[Exemption, ...]]:
    """Return what tells a guard the exceptions as they stand: it never raises, and keeps nothing open.

    The file is looked at once a second at most, and read again when it has changed.
    """
    surroundings = dict(os.environ) if environ is None else environ
    place = home or own_home()
    return _Watched(surroundings, place, clock)


@dataclass
class _Watched:
    """The exceptions of the file as it was when it was last read."""

    environ: Mapping[str, str]
    home: Path | None
    clock: Callable[[], float]
    next_look: float = float("-inf")
    retry: float = float("inf")
    """When the file is read again though it has not changed."""
    stamp: Stamp | None = None
    """Of the file that was read; None while nothing is known of it that would show a change."""
    known: tuple[Exemption, ...] = field(default=())

    def __call__(self) -> tuple[Exemption, ...]:
        now = self.clock()
        if now >= self.next_look:
            self.next_look = now + LOOK_S
            # Taken before the file is read: what changes meanwhile shows at the next look.
            stamp = _stamp(own_file(self.environ, self.home, sys.platform))
            if stamp is None or stamp != self.stamp or now >= self.retry:
                found = _read(self.environ, self.home, datetime.now(UTC))
                self.known, self.stamp = found or (), stamp
                self.retry = now + RETRY_S if found is None else float("inf")
        return self.known


def _stamp(path: Path | None) -> Stamp | None:
    """Return what a file is like; empty where there is none, None where a change might not show in it."""
    if path is None:
        return ()
    try:
        info = path.stat()
    except (OSError, ValueError):
        return ()
    if abs(time.time_ns() - info.st_mtime_ns) < YOUNG_NS:
        return None
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns
