"""The phases of a caller's connection, from a request that is read to everything that is said."""

from enum import Enum, auto


class Phase(Enum):
    """What a connection is doing."""

    READING = auto()
    WAITING = auto()
    """Its request waits until the inventory has been read."""
    RELAYING = auto()
    LINGERING = auto()
    """Everything is said; what still comes is passed over."""
    CLOSED = auto()
