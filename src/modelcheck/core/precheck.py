"""The hard pre-check: is this model here, and if not, which local models are nearest, and why."""

import re
from collections.abc import Iterable
from enum import StrEnum
from fractions import Fraction
from itertools import islice
from typing import Protocol, TypeVar

import msgspec

from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Entry, Inventory, Listing
from modelcheck.core.name import InvalidName, ModelName, ModelRef
from modelcheck.core.project import Engine
from modelcheck.core.tables import Families
from modelcheck.core.traits import Traits, traits

MOST_NEAR = 3
"""How many near models are named."""
MOST_COMPARED = 2000
"""How many models of the same line are compared."""
WEIGHTS = {"family": 8, "role": 4, "size": 4, "version": 1, "quantisation": 1}
"""How much each trait counts that two models share."""
SIZE_WEIGHT = 8
"""How much counts at most that their sizes are close."""

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class Listed(Protocol):
    """Anything of the inventory that carries a name."""

    @property
    def name(self) -> str:
        """The name as its source spells it."""
        ...


L = TypeVar("L", bound=Listed)


class Presence(StrEnum):
    """Whether a model is here."""

    HERE = "here"
    NEAR = "near"
    """Not here; models that could stand in for it are."""
    ABSENT = "absent"
    NOT_CHECKED = "not-checked"


class Obstacle(StrEnum):
    """Why a name that was found, or that was asked for, still does not count as here."""

    NONE = ""
    INVALID = "invalid"
    """Ollama rejects the name."""
    CLOUD = "cloud"
    """Ollama's own grammar sends the name to its cloud."""
    STUB = "stub"
    """The entry holds no weights: it sends requests to another host."""
    BROKEN = "broken"
    """The server lists it, and its store lacks part of the weights."""


class Near(msgspec.Struct, frozen=True):
    """A local model that could stand in, with what it has in common and what differs."""

    name: str
    alike: tuple[str, ...]
    """`family`, `line`, `size`, `quantisation`, `version`, `role`, the nearest kinship first."""
    differs: tuple[str, ...]
    registered: bool = True
    """False for a file that no server has registered."""
    register: str = ""
    """The command that would register it under the wanted name; empty where that is no name, or the file's is odd."""


class Precheck(msgspec.Struct, frozen=True):
    """The answer for one name on one server."""

    name: str
    presence: Presence
    obstacle: Obstacle = Obstacle.NONE
    entry: Entry | None = None
    near: tuple[Near, ...] = ()
    gap: Gap | None = None

    @property
    def allowed(self) -> bool:
        """Whether asking for it downloads nothing: only what is certainly here is allowed."""
        return self.presence is Presence.HERE


def precheck(text: str, engine: Engine, server: str, inventory: Inventory | Gap, families: Families) -> Precheck:
    """Match one name, as the project or the user wrote it, against what its own server holds."""
    if engine is not Engine.OLLAMA:
        return _unseen(text, Gap(Why.NOT_UNDERSTOOD, about=engine.value))
    listing = inventory if isinstance(inventory, Gap) else inventory.servers[server]
    loose = () if isinstance(inventory, Gap) or isinstance(inventory.loose, Gap) else inventory.loose
    obstacle, entry = _answer(text, listing)
    if isinstance(obstacle, Gap):
        return _unseen(text, obstacle)
    if entry is not None and obstacle is Obstacle.NONE:
        return Precheck(text, Presence.HERE, entry=entry)
    near = nearest(text, () if isinstance(listing, Gap) else listing.entries, loose, families)
    return Precheck(text, Presence.NEAR if near else Presence.ABSENT, obstacle, near=near)


def obstacle_of(entry: Entry) -> Obstacle | Gap:
    """Say what keeps an entry from counting as here; a proven obstacle comes before what was not seen."""
    if entry.remote is True:
        return Obstacle.STUB
    if entry.whole is False:
        return Obstacle.BROKEN
    return next((value for value in (entry.remote, entry.whole) if isinstance(value, Gap)), Obstacle.NONE)


def find(name: ModelName, entries: Iterable[L]) -> L | None:
    """Return the entry of exactly this name by Ollama's rules: case folded, defaults filled in."""
    ending = name.model.lower()
    for entry in entries:
        # Most of a long list is passed over without parsing.
        if ending in entry.name.lower() and _parsed(entry.name) == name:
            return entry
    return None


def find_text(text: str, entries: Iterable[L]) -> L | None:
    """Return the entry that a name as written means, if it is a name at all."""
    name = _named(text)
    return find(name, entries) if name else None


def nearest(text: str, entries: Iterable[Entry], loose: Iterable[Entry], families: Families) -> tuple[Near, ...]:
    """Rank local models by what their names and descriptions share with the wanted one."""
    wanted = traits(text, families)
    if wanted.line is None:
        return ()
    words = [word for family in families.families if family.line == wanted.line for word in family.words]
    words.append(wanted.line)
    ranked: list[tuple[Fraction, str, Near]] = []
    both = (*((entry, True) for entry in entries), *((entry, False) for entry in loose))
    akin = (row for row in both if any(word in row[0].name.lower() for word in words))
    for entry, registered in islice(akin, MOST_COMPARED):
        if entry.remote is True or entry.whole is False:
            continue
        near = _kinship(wanted, traits(entry.name, families, entry))
        if near is None:
            continue
        closeness, alike, differs = near
        register = "" if registered else _register(text, entry.name)
        ranked.append((-closeness, entry.name, Near(entry.name, alike, differs, registered, register)))
    return tuple(near for _, _, near in sorted(ranked, key=lambda row: row[:2])[:MOST_NEAR])


def is_cloud_name(text: str) -> bool:
    """Whether Ollama's own grammar sends a name to its cloud."""
    try:
        return ModelRef.parse(text).is_cloud
    except InvalidName:
        return False


def _named(text: str) -> ModelName | None:
    try:
        return ModelRef.parse(text).name
    except InvalidName:
        return None


def _parsed(name: str) -> ModelName | None:
    try:
        return ModelName.parse(name)
    except InvalidName:
        return None


def _answer(text: str, listing: Listing | Gap) -> tuple[Obstacle | Gap, Entry | None]:
    """Return what the name alone decides, else what the list says of it: an obstacle, and the entry if there is one."""
    if is_cloud_name(text):
        return Obstacle.CLOUD, None
    wanted = _named(text)
    if wanted is None:
        return Obstacle.INVALID, None
    if isinstance(listing, Gap):
        return listing, None
    entry = find(wanted, listing.entries)
    if entry is not None:
        return obstacle_of(entry), entry
    return Obstacle.NONE if listing.proves_absence else Gap(Why.NOT_LISTED, about=listing.source.value), None


def _unseen(text: str, gap: Gap) -> Precheck:
    return Precheck(text, Presence.NOT_CHECKED, gap=gap)


def _register(text: str, file: str) -> str:
    """Return a command that is safe to paste into any shell: neither text can hold more than a plain word."""
    name = _named(text)
    if name is None or not _PLAIN.fullmatch(file):
        return ""
    return f"ollama create {name.shortest} -f Modelfile  # Modelfile: FROM ./{file}.gguf"


def _kinship(wanted: Traits, other: Traits) -> tuple[Fraction, tuple[str, ...], tuple[str, ...]] | None:
    """Weigh what two models share; None when the one cannot stand in for the other at all."""
    if (wanted.role == "embedding") != (other.role == "embedding") or wanted.line != other.line:
        return None
    alike: list[str] = [] if wanted.family == other.family else ["line"]
    differs: list[str] = []
    closeness = Fraction(0)
    for trait, weight in WEIGHTS.items():
        mine, theirs = getattr(wanted, trait), getattr(other, trait)
        if mine is not None and mine == theirs:
            alike.append(trait)
            closeness += weight
        elif mine is not None and theirs is not None:
            differs.append(trait)
    if wanted.billions and other.billions:
        closeness += SIZE_WEIGHT * min(wanted.billions, other.billions) / max(wanted.billions, other.billions)
    return closeness, tuple(alike), tuple(differs)
