"""The committed `models.lock`: the inventory where no server can be asked."""

from typing import ClassVar

from modelcheck.core.facts import Fact, Record, Scope
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.project import ModelKey

DECLARED = Gap(
    Why.DECLARED,
    about="models.lock",
    hint="--machine-facts FILE of a machine that has the model; or merge the lock first",
)
"""Stands for everything about a model that only the change itself says is here."""


class LockEntry(Record, frozen=True):
    """A model that the lock says is here."""

    key: ModelKey
    digest: str | Gap = NOT_RECORDED
    size: int | Gap = NOT_RECORDED
    remote: bool | Gap = NOT_RECORDED
    template: str | Gap = NOT_RECORDED
    """64 hexadecimal digits, as in an inventory's entry; empty where the model had none."""
    licence: str | Gap = NOT_RECORDED


class Lock(Fact, frozen=True):
    """The committed `models.lock`: the inventory where no server can be asked."""

    scope: ClassVar[Scope] = Scope.PROJECT

    path: str
    taken_at: str
    """ISO 8601 date on which it was written from a live inventory; empty where there is no lock."""
    entries: tuple[LockEntry, ...]
    there: bool = True
    """Whether the project has a lock at all; one that cannot be read is a gap in place of this fact."""
    declared: tuple[LockEntry, ...] = ()
    """What a change adds or edits; nobody has seen that it is so."""

    def entry(self, key: ModelKey) -> LockEntry | None:
        """Return what it holds of a model; None for certain where it holds nothing.

        Of a model that only the change declares, nothing is known.
        """
        held = next((entry for entry in self.entries if entry.key == key), None)
        if held is None and any(entry.key == key for entry in self.declared):
            return LockEntry(key, DECLARED, DECLARED, DECLARED, DECLARED, DECLARED)
        return held
