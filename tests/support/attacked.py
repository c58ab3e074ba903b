"""A guard to attack, and behind it an upstream that decodes as Ollama does."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from attack import strike
from golike import Golike
from guarded import Guarded, guarded

from modelcheck.guard.limits import MIB, Limits

SHORT = Limits(head_s=0.5, body_s=0.5, idle_s=5, connect_s=2, read_s=2, drain_s=2, silence_s=5, stuck_s=2, body=4 * MIB)
"""What is begun and never ends costs the tests no time."""


@dataclass(frozen=True)
class Target:
    """A guard and what it guards."""

    guard: Guarded
    upstream: Golike

    @property
    def port(self) -> int:
        return self.guard.port

    def strike(self, raw: bytes, *, refused: bool = True) -> None:
        strike(self.port, self.upstream, raw, refused=refused)


@contextmanager
def attacked(*, cloud: str = "disabled", limits: Limits = SHORT, **changes: Any) -> Generator[Target]:
    """Run both."""
    with Golike(cloud=cloud) as upstream, guarded(upstream.url, limits=limits, **changes) as guard:
        yield Target(guard, upstream)
