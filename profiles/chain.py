"""A profile from the chain of files that build on each other, each thing with its origin."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from msgspec import UNSET

from modelcheck.core.profile import DAYS, Bar, Level, Profile
from modelcheck.core.sentence import Told
from modelcheck.core.text import printable
from modelcheck.profiles.files import ID, NONE, Edit, ProfileFile, exactly
from modelcheck.profiles.lines import InvalidProfile, Lines, Trail

SECURITY = "security"
GUARD = "OLL-13"
"""The check that `guard: required` puts in scope."""
WHOLE = 100 * 100
"""What a conjunction wants, in hundredths of a per cent."""


@dataclass(frozen=True)
class Link:
    """One profile of a chain as it is written."""

    name: str
    """Of a shipped one its name, else its path."""
    file: ProfileFile
    lines: Lines
    shipped: bool

    def origin(self, *trail: str | int) -> str:
        """Say where something of it stands."""
        return f"profile {self.name}" if self.shipped else f"{self.name}:{self.lines.line_of(*trail)}"

    def given(self, *trail: str) -> object:
        """Return what it says at a trail, UNSET where it says nothing."""
        value: object = self.file
        for step in trail:
            value = getattr(value, step)
        return value


@dataclass(frozen=True)
class Mention:
    """Where a check is put into a list."""

    link: Link
    trail: Trail

    @property
    def origin(self) -> str:
        """The file and line, or the shipped profile."""
        return self.link.origin(*self.trail)

    def refused(self, what: Told) -> InvalidProfile:
        """Return the error for this mention."""
        return self.link.lines.refused(what, *self.trail)


Mentions = Mapping[str, Mention]


def built(chain: Sequence[Link], known: Collection[str]) -> Profile:
    """Return the profile that a chain comes to, the nearest link first.

    Args:
        chain: a profile and those that it builds on.
        known: the ids of the product's own checks; empty where they are not to be looked up.

    Raises:
        InvalidProfile: something is not given by any link, or does not go with the rest.

    """
    first = chain[0]
    for link in chain:
        _refuse_unknown_checks(link, known)
    guard = _guard(chain)
    checks, vetoes = {**_listed(chain, "checks"), **guard}, _listed(chain, "vetoes")
    if not checks:
        raise (_setter(chain, "checks") or chain[-1]).lines.refused(
            Told("no check is in scope; list some, or name a profile under extends"), "checks"
        )
    for check_id, mention in vetoes.items():
        what = Told("{id} blocks the gate and is not in scope; list it in checks, or drop it from vetoes", id=check_id)
        _refuse_out_of_scope(chain, check_id, mention, checks, what)
    for check_id, mention in _listed(chain, "levels", SECURITY).items():
        what = Told("security rests on {id}, which is not in scope; list it in checks, or drop it there", id=check_id)
        _refuse_out_of_scope(chain, check_id, mention, checks, what)
    return Profile(
        name=first.name,
        title=printable(_needed(chain, "title").given("title"), 200),
        as_of=cast("str", _needed(chain, "as_of").given("as_of")),
        checks=tuple(checks),
        vetoes=tuple(vetoes),
        score=_bar(chain, "score"),
        coverage=_bar(chain, "coverage"),
        network=cast("bool", _nearest(chain, "network", default=True)),
        levels=_levels(chain),
        everything_local=cast("bool", _nearest(chain, "everything_local", default=False)),
        guard=bool(guard),
        machine_days=cast("int", _nearest(chain, "machine_days", default=DAYS)),
        extends=tuple(link.name for link in chain[1:]),
        origins={
            **{check_id: mention.origin for check_id, mention in checks.items()},
            **{f"veto {check_id}": mention.origin for check_id, mention in vetoes.items()},
        },
        place="" if first.shipped else first.name,
    )


def _setter(chain: Sequence[Link], *trail: str) -> Link | None:
    """Return the nearest link that says something at a trail."""
    return next((link for link in chain if link.given(*trail) is not UNSET), None)


def _nearest(chain: Sequence[Link], *trail: str, default: object) -> object:
    setter = _setter(chain, *trail)
    return default if setter is None else setter.given(*trail)


def _needed(chain: Sequence[Link], *trail: str) -> Link:
    """Return the nearest link that says what no profile can do without."""
    setter = _setter(chain, *trail)
    if setter is None:
        what = Told("{key} is not given; give it, or name under extends a profile that has it", key=".".join(trail))
        raise chain[-1].lines.refused(what)
    return setter


def _bar(chain: Sequence[Link], name: str) -> Bar:
    setter = _needed(chain, "bars", name)
    return Bar(int(exactly(cast("float", setter.given("bars", name)), 10)), setter.origin("bars", name))


def _listed(chain: Sequence[Link], *trail: str) -> Mentions:
    """Return the ids of a list, each with the link that put it there; a link replaces the list or edits it."""
    found: dict[str, Mention] = {}
    for link in reversed(chain):
        given = link.given(*trail)
        if isinstance(given, Edit):
            for check_id in given.drop:
                found.pop(check_id, None)
        elif given is not UNSET:
            found = {}
        for at, check_id in _ids(given, trail):
            if at[len(trail)] != "drop":
                found.setdefault(check_id, Mention(link, at))
    return found


def _guard(chain: Sequence[Link]) -> Mentions:
    """Return the check of the guard, where one is required; a profile cannot require it and drop its check."""
    setter = _setter(chain, "guard")
    if setter is None or setter.given("guard") == NONE:
        return {}
    for link in chain[: chain.index(setter) + 1]:
        given = link.given("checks")
        if isinstance(given, Edit) and GUARD in given.drop:
            what = Told("{id} judges the guard that is required; write guard: none, or do not drop it", id=GUARD)
            raise link.lines.refused(what, "checks", "drop", given.drop.index(GUARD))
    return {GUARD: Mention(setter, ("guard",))}


def _ids(given: object, trail: Trail) -> Iterator[tuple[Trail, str]]:
    """Return all ids that stand at a trail, each with its own."""
    if isinstance(given, Edit):
        for word, ids in (("add", given.add), ("drop", given.drop)):
            yield from (((*trail, word, index), check_id) for index, check_id in enumerate(ids))
    elif isinstance(given, tuple):
        yield from (((*trail, index), check_id) for index, check_id in enumerate(cast("tuple[str, ...]", given)))


def _levels(chain: Sequence[Link]) -> tuple[Level, ...]:
    found = (_level(chain, name) for name in ("reliability", "performance", "availability", SECURITY))
    return tuple(level for level in found if level is not None)


def _level(chain: Sequence[Link], name: str) -> Level | None:
    setter = _setter(chain, "levels", name)
    given = NONE if setter is None else setter.given("levels", name)
    if setter is None or given == NONE:
        return None
    origin = setter.origin("levels", name)
    if isinstance(given, float):
        return Level(name, int(exactly(given, 100)), origin)
    checks = tuple(_listed(chain, "levels", name))
    if not checks:
        what = Told("security rests on no check; list some, or write none to take the level away")
        raise setter.lines.refused(what, "levels", name)
    return Level(name, WHOLE, origin, checks)


def _refuse_unknown_checks(link: Link, known: Collection[str]) -> None:
    for trail in (("checks",), ("vetoes",), ("levels", SECURITY)):
        for at, check_id in _ids(link.given(*trail), trail):
            own = "/" not in check_id
            if not re.fullmatch(ID, check_id) or (known and own and check_id not in known):
                raise link.lines.refused(_no_check(check_id, known), *at)


def _no_check(check_id: str, known: Collection[str]) -> Told:
    near = difflib.get_close_matches(check_id.upper()[:60], known, 1)
    if near:
        return Told("there is no check {id}; did you mean {meant}?", id=printable(check_id), meant=near[0])
    return Told("there is no check {id}; `modelcheck rules` lists all", id=printable(check_id))


def _refuse_out_of_scope(chain: Sequence[Link], check_id: str, mention: Mention, checks: Mentions, what: Told) -> None:
    """Refuse a check that is leant on and not judged, at the line that is at fault: of the two the nearer one."""
    if check_id in checks:
        return
    for link in chain[: chain.index(mention.link)]:
        given = link.given("checks")
        if isinstance(given, Edit) and check_id in given.drop:
            raise link.lines.refused(what, "checks", "drop", given.drop.index(check_id))
        if isinstance(given, tuple):
            raise link.lines.refused(what, "checks")
    raise mention.refused(what)
