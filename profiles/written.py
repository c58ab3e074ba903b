"""What somebody wrote as settings: plain values, and for each of them where it stands and how that is said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from modelcheck.core.sentence import Told
from modelcheck.core.text import printable

Trail = tuple[str | int, ...]


class InvalidSettings(Told):
    """Settings cannot be used; says where they stand and what to change."""


def dotted(trail: Trail) -> str:
    """Return a trail as people write it: `expect.together[2]`, counted from 1."""
    steps = (f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in trail)
    return printable("".join(steps).removeprefix("."), 100)


@dataclass(frozen=True)
class Written:
    """Settings as one source holds them: a file, the environment or the command line."""

    name: str
    """As it is shown: `modelcheck.yaml`, `[tool.modelcheck] in pyproject.toml`, `~/.config/…/modelcheck.yaml`."""
    content: object
    lines: Mapping[Trail, int] = field(default_factory=dict[Trail, int])
    """The line of each key and item of a file."""
    head: int = 0
    """The line that stands for what has none of its own; 0 where there is none."""
    named: Callable[[Trail], str] | None = None
    """For a source without lines: the variable or option that holds a setting."""

    def line_of(self, *trail: str | int) -> int:
        """Return the line of a key or item, else of the nearest thing around it; 0 where none is known."""
        around = (trail[:length] for length in range(len(trail), 0, -1))
        return next((self.lines[one] for one in around if one in self.lines), self.head)

    def origin(self, *trail: str | int) -> str:
        """Return where a setting comes from, as `config show` says it."""
        if self.named is not None:
            return self.named(trail)
        line = self.line_of(*trail)
        return f"{self.name}:{line}" if line else self.name

    def refused(self, what: Told, *trail: str | int) -> InvalidSettings:
        """Return the error for what stands at a trail."""
        line = 0 if self.named else self.line_of(*trail)
        if line:
            return InvalidSettings("{file}, line {line}: {what}", file=self.name, line=line, what=what)
        return InvalidSettings("{file}: {what}", file=self.origin(*trail), what=what)
