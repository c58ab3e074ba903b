"""The shipped profiles: named, dated sets of checks and bars, read from the files beside this one."""

import difflib
from importlib.resources import files

import msgspec
import yaml

from modelcheck.core.profile import Bar, Profile

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnknownProfile(ValueError):
    """No profile has this name; the message says which there are."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    title: str
    as_of: str
    network: bool
    bars: dict[str, int]
    vetoes: list[str]
    checks: list[list[str]]


def names() -> tuple[str, ...]:
    """Return the names of the shipped profiles."""
    entries = files("modelcheck.profiles").iterdir()
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml")))


def profile(name: str) -> Profile:
    """Return a shipped profile by name."""
    known = names()
    if name not in known:
        near = difflib.get_close_matches(name[:40], known, 1)
        meant = f"; did you mean {near[0]}?" if near else "."
        raise UnknownProfile(f"there is no profile {name[:40]!r}{meant} The profiles are: {', '.join(known)}")
    text = files("modelcheck.profiles").joinpath(f"{name}.yaml").read_text("utf-8")
    file = msgspec.convert(yaml.load(text, Loader=_LOADER), _File)  # noqa: S506 - safe, and in C where it is compiled
    origin = f"profile {file.name}"
    return Profile(
        name=file.name,
        title=file.title,
        as_of=file.as_of,
        checks=tuple(check for row in file.checks for check in row),
        vetoes=tuple(file.vetoes),
        score=Bar(file.bars["score"] * 10, origin),
        coverage=Bar(file.bars["coverage"] * 10, origin),
        network=file.network,
    )
