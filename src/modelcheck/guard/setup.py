"""What a guard is set up with: where it listens, what it guards, who may ask, and what it is handed to rule by."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from modelcheck.core.exceptions import Exemption
from modelcheck.core.machine import Entry
from modelcheck.core.tables import Families
from modelcheck.guard.limits import Limits


class Address(msgspec.Struct, frozen=True):
    """A host, without brackets, and a port."""

    host: str
    port: int

    @property
    def authority(self) -> str:
        """As it is written in a URL or a Host header."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address as a URL, without a path."""
        return f"http://{self.authority}"


class Setup(msgspec.Struct, frozen=True):
    """What the operator decides."""

    listen: Address
    """Port 0 takes a free one."""
    upstream: Address
    token: bytes = b""
    """What a caller must show as `Authorization: Bearer …`; empty where nothing is asked for."""
    hosts: tuple[str, ...] = ()
    """Names in the Host header that are good beside loopback ones, in lower case and without a port."""
    origins: tuple[str, ...] = ()
    """Origins that are good beside Ollama's own list, in lower case."""
    limits: Limits = Limits()


@dataclass(frozen=True)
class Knowledge:
    """What the guard rules by, from layers that it does not know."""

    entries: Callable[[object], tuple[Entry, ...]]
    """Reads the decoded answer of GET /api/tags; raises ValueError for what is none."""
    switch: Callable[[object], bool]
    """Reads the decoded answer of GET /api/status: whether the cloud is disabled; raises ValueError likewise."""
    families: Families
    exemptions: Callable[[], tuple[Exemption, ...]]
    """The operator's exceptions as they stand now; quick, and never raises."""
    now: Callable[[], datetime]
    """The time, with its zone."""
