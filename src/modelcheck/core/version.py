"""Version numbers as Ollama writes them, with release candidates before their release."""

import re
from typing import Self

import msgspec

_FORM = re.compile(
    r"v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?"
    r"(?:-?(rc|alpha|beta|dev)\.?(\d{0,6}))?"
    r"(?:[-+][0-9A-Za-z.+-]*)?",
    re.ASCII,
)
_STAGES = {"dev": 0, "alpha": 1, "beta": 2, "rc": 3}
_RELEASED = 4


class Version(msgspec.Struct, frozen=True, order=True):
    """A version that can be compared; build suffixes such as `-dirty` do not count."""

    major: int
    minor: int
    patch: int
    stage: int = _RELEASED
    candidate: int = 0

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a version; None when it is none."""
        match = _FORM.fullmatch(text.strip())
        if match is None:
            return None
        major, minor, patch, stage, candidate = match.groups()
        level = _STAGES[stage] if stage else _RELEASED
        return cls(int(major), int(minor), int(patch or 0), level, int(candidate or 0))

    @property
    def is_unversioned(self) -> bool:
        """Whether it is 0.0.0, which a build from source reports: it tells nothing."""
        return (self.major, self.minor, self.patch) == (0, 0, 0)
