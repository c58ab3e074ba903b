"""Health: what modelcheck itself sees and lacks on this machine, a line for each thing."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

SCHEMA = "modelcheck-doctor/1"


class Standing(StrEnum):
    """How a thing stands."""

    OK = "ok"
    TODO = "todo"
    """Something to do, without which less is seen or nothing works."""
    NOTE = "note"
    """It is not there and need not be."""


class Line(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    code: str
    """Its sentence stands in `reports/lang`, under `doctor` or, for what is to be done first, under `advice`."""
    standing: Standing
    params: Mapping[str, str] = {}
    command: str = ""
    """What to paste."""


class Health(msgspec.Struct, frozen=True):
    """Everything that was looked at."""

    schema: str
    todo: int
    """How many things are to be done."""
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, lines: tuple[Line, ...]) -> "Health":
        """Count what is to be done."""
        return cls(SCHEMA, sum(line.standing is Standing.TODO for line in lines), lines)
