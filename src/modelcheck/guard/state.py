"""What is known of the upstream, and until when it may be relied on: its models, and whether its cloud is disabled."""

from collections.abc import Callable

import msgspec

from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Entry, Inventory, Listing, Source
from modelcheck.core.precheck import Precheck, Presence, precheck
from modelcheck.core.project import Engine
from modelcheck.core.ruling import Action, Intent, Ruling
from modelcheck.core.tables import Families
from modelcheck.guard.limits import Limits

SERVER = "upstream"
"""The id of the guarded server in the inventory of its one."""
MOST_ANSWERS = 4096
"""Answers of the pre-check that are kept until the inventory is read again."""

_UNREAD = Gap(Why.NOT_ANSWERED, about=SERVER)
_UNTOLD = Gap(Why.NOT_RECORDED, about="digest")


class Reading(msgspec.Struct, frozen=True):
    """One look at the upstream."""

    entries: tuple[Entry, ...]
    cloud_disabled: bool | None
    """None where the server does not say: one of before 0.16.2."""
    at: float
    """Seconds of the clock when the look began."""


class State:
    """The last look, its age, and the answers that follow from it."""

    def __init__(self, limits: Limits, families: Families, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._families = families
        self._clock = clock
        self._answers: dict[str, Precheck] = {}
        self._inventory: Inventory | Gap = _UNREAD
        self.rulings: dict[Intent, Ruling] = {}
        """What was ruled by the last look alone."""
        self.reading: Reading | None = None
        self.epoch = 0
        """How often something happened after which another server may be there."""
        self._sure_epoch = -1
        self._fresh_until = 0.0

    def take(self, reading: Reading, epoch: int) -> None:
        """Take a new look for what is known; `epoch` is that of its beginning."""
        if (
            self.reading is None
            or reading.entries != self.reading.entries
            or self._is_strict(reading) != self.is_strict
        ):
            entries = tuple(_told(one) for one in reading.entries) if self._is_strict(reading) else reading.entries
            listing = Listing(Source.SERVER, proves_absence=True, entries=entries)
            self._inventory = Inventory(Seen.of({SERVER: listing}))
            self._answers, self.rulings = {}, {}
        self.reading, self._sure_epoch = reading, epoch
        self._fresh_until = reading.at + (self._limits.fresh_s if self.is_strict else self._limits.refresh_s)

    def doubt(self) -> None:
        """Note that the upstream was gone for a moment, or failed: what comes back may be another."""
        self.epoch += 1

    @property
    def is_doubtful(self) -> bool:
        """Whether another server may be there than the one that was looked at."""
        return self._sure_epoch != self.epoch

    @property
    def age(self) -> float | None:
        """Seconds since the last look; None before the first."""
        return None if self.reading is None else self._clock() - self.reading.at

    @property
    def is_strict(self) -> bool:
        """Whether names go on only right after a look, as the cloud is not known to be disabled."""
        return self.reading is not None and self._is_strict(self.reading)

    @property
    def is_fresh(self) -> bool:
        """Whether a request may be ruled on by the last look."""
        return self._sure_epoch == self.epoch and self.reading is not None and self._clock() <= self._fresh_until

    def check(self, name: str, action: Action) -> Precheck:
        """Return the pre-check of a name; not checked where the last look may not be relied on for such an action.

        While the upstream cannot be read, names that were here go on for a while, if its cloud was disabled: nothing
        that it does for them downloads or leaves. A pull never does.
        """
        if not self.is_fresh:
            age = self.age
            is_known = age is not None and age <= self._limits.last_known_s and not self.is_strict
            if not is_known or action is Action.PULL:
                return Precheck(name, Presence.NOT_CHECKED, gap=_UNREAD)
        found = self._answers.get(name)
        if found is None:
            found = precheck(name, Engine.OLLAMA, SERVER, self._inventory, self._families)
            if len(self._answers) < MOST_ANSWERS:
                self._answers[name] = found
        return found

    @staticmethod
    def _is_strict(reading: Reading) -> bool:
        return reading.cloud_disabled is not True


def _told(entry: Entry) -> Entry:
    """Return an entry as it counts while the cloud is not disabled: without a digest it is not known to be weights."""
    return (
        msgspec.structs.replace(entry, remote=_UNTOLD) if isinstance(entry.digest, Gap) and not entry.remote else entry
    )
