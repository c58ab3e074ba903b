"""The gap: a value that says why something was not seen, and what would show it."""

from enum import StrEnum
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Why(StrEnum):
    """The reasons there are; each has one sentence in `reports/lang`."""

    NOT_RECORDED = "not_recorded"
    """The version, platform or file that was looked at does not give this value."""
    OFFLINE = "offline"
    """The user asked for no contact beyond loopback, or the profile for none at all."""
    NOT_TRUSTED = "not_trusted"
    """Only the project asks for it; the user has to allow it (`hint` has the exact option)."""
    NOT_ANSWERED = "not_answered"
    """A contact was made and failed; the contact itself is a fact."""
    NO_KEY = "no_key"
    """The question needs a key that was not found."""
    KEY_REJECTED = "key_rejected"
    """The provider did not accept the key, so nothing behind it was seen."""
    TIMED_OUT = "timed_out"
    """The probe ran into its limit."""
    TOO_MUCH = "too_much"
    """The outside sent or held more than the bound of the probe."""
    UNREADABLE = "unreadable"
    """It is there and cannot be read or parsed."""
    NOT_THERE = "not_there"
    """The file, folder or library that would show it is not there."""
    NOT_INSTALLED = "not_installed"
    """A package or driver that would show it is not installed (`hint` has the install line)."""
    NOT_UNDERSTOOD = "not_understood"
    """An engine, provider or construct that this version cannot examine."""
    NOT_LOADED = "not_loaded"
    """The model is not in memory, and only a trial would load it."""
    NOT_HERE = "not_here"
    """The model is not in the inventory, so nothing about it can be measured."""
    NOT_LISTED = "not_listed"
    """Nothing lists what this server or folder holds."""
    UNDECIDED = "undecided"
    """It was looked at, and what was seen leaves both answers open."""
    STALE = "stale"
    """The table that would tell is older than it may be."""
    NOT_DECLARED = "not_declared"
    """The project does not say what it intends (`hint` has the lines to paste)."""
    DECLARED = "declared"
    """Only the change that is judged says so; nobody else has seen it (`hint` has what would show it)."""
    NOT_ASKED = "not_asked"
    """No check in scope needs it, so it was not looked at."""
    INTERRUPTED = "interrupted"
    """The user ended the look before it was seen."""
    CRASHED = "crashed"
    """The probe failed by a fault of its own; `about` names the kind of error."""


class Gap(msgspec.Struct, frozen=True, tag_field="is", tag="gap"):
    """Why a value is not there. It never reads as healthy and never proves anything."""

    why: Why
    about: str = ""
    """What it concerns: an address, a file, an error class. Never a key, never free text from outside unescaped."""
    hint: str = ""
    """The option, command or setting that would show it, ready to paste; empty when there is none."""


NOT_RECORDED = Gap(Why.NOT_RECORDED)
USE_IT = "let it answer a request, then look again"
"""What shows a thing that only work shows: looking loads nothing."""


class Unseen(Exception):
    """Carries a gap out of a check that cannot judge without the value."""

    def __init__(self, gap: Gap) -> None:
        super().__init__(gap.why.value)
        self.gap = gap


def seen(value: T | Gap) -> T:
    """Return the value, or leave the check with the gap as its verdict."""
    if isinstance(value, Gap):
        raise Unseen(value)
    return value
