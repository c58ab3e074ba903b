"""The machine as these probes see it: its system and the folders that everything is found under."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modelcheck.probes.access import Access

LINUX, WINDOWS, MACOS = "linux", "win32", "darwin"


@dataclass(frozen=True)
class Roots:
    """Where to look. Tests lay out a small machine of their own under another root."""

    system: str = sys.platform
    root: Path = Path("/")
    """What `/proc`, `/etc`, `/run` and `/usr` lie in."""
    home: Path | None = None
    environ: Mapping[str, str] = field(repr=False, default_factory=dict[str, str])

    @classmethod
    def of(cls, access: Access) -> "Roots":
        """Return this machine, with the home and the environment that the user allows to be read."""
        return cls(home=access.home, environ=access.environ)

    @property
    def proc(self) -> Path:
        """The kernel's own files about processes and sockets."""
        return self.root / "proc"

    def at(self, path: str) -> Path:
        """Return where an absolute path of the machine lies."""
        return self.root / path.lstrip("/")
