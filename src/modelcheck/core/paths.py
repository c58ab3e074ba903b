"""Paths under other names: both forms that Windows and WSL have for one, and folders that lie elsewhere here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

DRIVES = "/mnt"
"""The folder in which WSL shows the drives of Windows."""

_DRIVE = re.compile(r"([A-Za-z]):(?=[\\/]|\Z)")
_BOTH = re.compile(r"[\\/]+")


def same_path(one: str, other: str, *, drives: str) -> bool:
    r"""Whether two texts are the same path.

    A path on a drive of Windows is the same in any case and with either slash; where drives are shown in a folder,
    `/mnt/d/models` is the same as `D:\models`.
    """
    return _Steps.of(one, drives=drives).key == _Steps.of(other, drives=drives).key


def mapped_path(text: str, paths: Mapping[str, str], *, drives: str) -> str | None:
    """Return where a path lies on this machine as `paths` says; None where it says nothing of it.

    Whole steps are compared, never parts of one, and the longest key decides.
    """
    wanted = _Steps.of(text, drives=drives)
    best: tuple[int, str] | None = None
    for key, target in paths.items():
        prefix = _Steps.of(key, drives=drives)
        if not prefix.key or not target or prefix.key != wanted.key[: len(prefix.key)]:
            continue
        if best is None or len(prefix.key) > best[0]:
            best = len(prefix.key), target
    if best is None:
        return None
    count, target = best
    slash = "\\" if "\\" in target or (_DRIVE.match(target) and "/" not in target) else "/"
    rest = wanted.steps[count:]
    return slash.join([target.rstrip("\\/") if rest else target, *rest])


def local_form(text: str, *, windows: bool, drives: str) -> str:
    r"""Return a path as this side writes it: `D:\models` on Windows is `/mnt/d/models` in WSL, and the other way round.

    A path that is no path on a drive is returned as it is.
    """
    found = _Steps.of(text, drives=drives)
    rest = found.steps[1:]
    if not found.drive or not drives:
        return text
    if windows:
        return "\\".join((f"{found.drive.upper()}:", *(rest or ("",))))
    return "/".join((drives.rstrip("/"), found.drive, *rest))


@dataclass(frozen=True)
class _Steps:
    """A path in its steps, the root or the drive being the first of an absolute one."""

    steps: tuple[str, ...]
    drive: str = ""
    """The letter of its drive, lower case; empty for a path on none."""

    @classmethod
    def of(cls, text: str, *, drives: str) -> "_Steps":
        drive = _DRIVE.match(text)
        if drive is not None:
            return cls((f"{drive[1].lower()}:", *_plain(_BOTH.split(text[2:]))), drive[1].lower())
        if text.startswith(("\\\\", "//")):
            return cls(("//", *_plain(_BOTH.split(text))))
        steps = _plain(text.split("/"), rooted=text.startswith("/"))
        if not text.startswith("/"):
            return cls(steps)
        shown = _plain(drives.split("/"))
        letter = steps[len(shown)] if drives and steps[: len(shown)] == shown and len(steps) > len(shown) else ""
        if _DRIVE.fullmatch(f"{letter}:"):
            return cls((f"{letter.lower()}:", *steps[len(shown) + 1 :]), letter.lower())
        return cls(("/", *steps))

    @property
    def key(self) -> tuple[str, ...]:
        """What is compared: on a drive of Windows case does not count."""
        return tuple(step.casefold() for step in self.steps) if self.drive else self.steps


def _plain(steps: list[str], *, rooted: bool = True) -> tuple[str, ...]:
    """Leave out what says nothing, and go back where `..` says so."""
    kept: list[str] = []
    for step in steps:
        if step in {"", "."}:
            continue
        if step != "..":
            kept.append(step)
        elif kept and kept[-1] != "..":
            kept.pop()
        elif not rooted:
            kept.append(step)
    return tuple(kept)
