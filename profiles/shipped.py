"""Profiles: the shipped ones by name, and a project's own by its path, which builds on them."""

import difflib
from collections.abc import Collection
from functools import cache
from importlib.resources import files
from pathlib import Path

from msgspec import UNSET

from modelcheck.core.profile import Profile
from modelcheck.core.sentence import Told
from modelcheck.core.text import printable
from modelcheck.profiles.chain import Link, built
from modelcheck.profiles.files import typed
from modelcheck.profiles.inside import NotReadable, steps, text_inside
from modelcheck.profiles.lines import read_lines

LIMIT = 32 << 10
"""Bytes of a project's own profile."""
MOST = 5
"""Profiles that build on each other."""


class UnknownProfile(Told):
    """No profile has this name; the message says which there are."""


@cache
def names() -> tuple[str, ...]:
    """Return the names of the shipped profiles."""
    entries = files("modelcheck.profiles").iterdir()
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in entries if entry.name.endswith(".yaml")))


def is_path(name: str) -> bool:
    """Whether a text means a file and not a shipped profile."""
    return "/" in name or "\\" in name or name.lower().endswith((".yaml", ".yml"))


def profile(name: str, root: Path | None = None, known: Collection[str] = ()) -> Profile:
    """Return a profile: a shipped one by name, or one of the project's own by its path from the folder `root`.

    Args:
        name: the name or the path.
        root: the project's folder; without it there are the shipped ones alone.
        known: the ids of the product's own checks, to be held against; empty where they are not to be.

    Raises:
        UnknownProfile: there is none of this name.
        NotReadable: the file is not there, or must not or cannot be read.
        InvalidProfile: something in a file cannot be used; says which and the line.

    """
    if root is not None and is_path(name):
        return built(_chain(_own(name, root), root), known)
    return _shipped(name)


@cache
def _shipped(name: str) -> Profile:
    return built(_chain(_link(name), None), ())


def _chain(first: Link, root: Path | None) -> tuple[Link, ...]:
    """Return a profile and those that it builds on."""
    chain = [first]
    while (parent := chain[-1].file.extends) is not UNSET:
        lines = chain[-1].lines
        if len(chain) == MOST:
            raise lines.refused(Told("more than {most} profiles build on each other", most=MOST), "extends")
        try:
            link = _own(parent, root) if root is not None and is_path(parent) else _link(parent)
        except (UnknownProfile, NotReadable) as error:
            raise lines.refused(error, "extends") from None
        if link.name in {one.name for one in chain}:
            raise lines.refused(Told("{name} builds on itself", name=link.name), "extends")
        chain.append(link)
    return tuple(chain)


def _own(name: str, root: Path) -> Link:
    way = steps(name)
    lines = read_lines(printable("/".join(way), 200), text_inside(root, way, LIMIT))
    return Link(lines.path, typed(lines), lines, shipped=False)


@cache
def _link(name: str) -> Link:
    if name not in names():
        raise _unknown(name)
    lines = read_lines(name, files("modelcheck.profiles").joinpath(f"{name}.yaml").read_text("utf-8"))
    return Link(name, typed(lines), lines, shipped=True)


def _unknown(name: str) -> UnknownProfile:
    listed, near = ", ".join(names()), difflib.get_close_matches(name[:40], names(), 1)
    shown = printable(name, 40)
    if not near:
        return UnknownProfile("there is no profile {name}. The profiles are: {names}", name=shown, names=listed)
    return UnknownProfile(
        "there is no profile {name}; did you mean {meant}? The profiles are: {names}",
        name=shown,
        meant=near[0],
        names=listed,
    )
