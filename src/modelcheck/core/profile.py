"""A profile: which checks count, which of them veto, and the bars the gate holds the result against."""

import msgspec


class Bar(msgspec.Struct, frozen=True):
    """A minimum in tenths of a per cent (700 is 70.0), and who set it."""

    minimum: int
    origin: str


class Profile(msgspec.Struct, frozen=True):
    """What "good enough" means, as read from `profiles/*.yaml`."""

    name: str
    title: str
    as_of: str
    """The date of its numbers, ISO 8601."""
    checks: tuple[str, ...]
    """Ids in scope; a plugin's check is `distribution/ID`."""
    vetoes: tuple[str, ...]
    score: Bar
    coverage: Bar
    network: bool = True
    """False: nothing is contacted, not even loopback; the inventory is the lock."""
    selection: bool = False
    """Whether the user took a selection of its checks, which gives findings and no number."""
