"""How a run of the command line ended."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def check(self, check_id: str) -> Any:
        return next(one for part in self.json["parts"] for one in part["checks"] if one["id"] == check_id)


Command = Callable[..., Ended]
