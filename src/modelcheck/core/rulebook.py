"""The rulebook: everything that judges a project, from the project itself or, on a change request, from its base."""

from enum import StrEnum

import msgspec

from modelcheck.core.exceptions import Exceptions
from modelcheck.core.gap import Gap
from modelcheck.core.intent import Expectations
from modelcheck.core.lock import Lock
from modelcheck.core.profile import Profile


class Rulebook(msgspec.Struct, frozen=True):
    """What judges: a change must not be able to write its own."""

    profile: Profile
    config: str
    """Where the native configuration lies, relative to the project."""
    sensitive: tuple[str, ...]
    """Agents that settings mark as sensitive; a change may add some, never take one away."""
    expectations: Expectations
    exceptions: Exceptions
    lock: Lock | Gap
    """The lock of the base, with what the change adds to it; not asked where the project's own is to be read."""
    refused: tuple[str, ...] = ()
    """Settings that the project made and only the user may make; they are ignored, and the report says so."""


class Governed(StrEnum):
    """What a change may touch that judges."""

    SETTINGS = "settings"
    PROFILE = "profile"
    EXCEPTION = "exception"
    IGNORE = "ignore"
    LOCK = "lock"
    FACTS = "facts"
    """A file of facts that lies in the project."""
    REPORT = "report"
    """A stored report that does not add up, or is not the one of the base."""


class Change(msgspec.Struct, frozen=True):
    """One thing that a change edits and that judges; the base's stands."""

    kind: Governed
    name: str
    """Such as `expect.context`, `vetoes`, a model's name."""
    base: str
    """What the base says, printable and bounded; empty where it says nothing."""
    change: str
