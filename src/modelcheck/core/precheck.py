"""The hard pre-check: is this model here, and if not, which local models are nearest, and why."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Protocol, TypeVar

import msgspec

from modelcheck.core.facts import Seen
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Entry, Inventory, Listing, Product
from modelcheck.core.name import InvalidName, ModelName, ModelRef
from modelcheck.core.nearest import MOST_NEAR, Near, nearest
from modelcheck.core.project import Engine
from modelcheck.core.served import served
from modelcheck.core.tables import Families


class Listed(Protocol):
    """Anything of the inventory that carries a name."""

    @property
    def name(self) -> str:
        """The name as its source spells it."""
        ...


L = TypeVar("L", bound=Listed)
Answer = tuple["Obstacle | Gap", Entry | None]
"""What keeps a name from counting as here, and the entry that it means, if there is one."""


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
    SUBSTITUTED = "substituted"
    """It is not here, and its server would answer all the same, with the one model that it holds."""


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
    if not engine.is_local:
        return _unseen(text, Gap(Why.NOT_UNDERSTOOD, about=engine.value))
    listing = inventory if isinstance(inventory, Gap) else inventory.servers[server]
    obstacle, entry = _answer(text, engine, listing)
    if isinstance(obstacle, Gap):
        return _unseen(text, obstacle)
    if entry is not None and obstacle is Obstacle.NONE:
        return Precheck(text, Presence.HERE, entry=entry)
    loose = () if isinstance(inventory, Gap) or isinstance(inventory.loose, Gap) else inventory.loose
    akin = nearest(text, () if isinstance(listing, Gap) else listing.entries, loose, families)
    if engine is not Engine.OLLAMA:
        akin = tuple(msgspec.structs.replace(near, register="") for near in akin)
    near = (*_elsewhere(text, server, inventory), *akin)[:MOST_NEAR]
    return Precheck(text, Presence.NEAR if near else Presence.ABSENT, obstacle, near=near)


def held(text: str, engine: Engine, listing: Listing) -> Entry | Gap | None:
    """Return the entry that a name means on its server; a gap where it is open whose rules for names hold there."""
    rules = _rules(engine, listing)
    found = tuple(dict.fromkeys(_found(rule, text, listing.entries) for rule in rules))
    return found[0] if len(found) == 1 else _doubt(listing)


def obstacle_of(entry: Entry) -> Obstacle | Gap:
    """Say what keeps an entry from counting as here; a proven obstacle comes before what was not seen."""
    if entry.remote is True:
        return Obstacle.STUB
    if entry.whole is False:
        return Obstacle.BROKEN
    return next((value for value in (entry.remote, entry.whole) if isinstance(value, Gap)), Obstacle.NONE)


def find(name: ModelName, entries: Iterable[L]) -> L | None:
    """Return the entry of a name by Ollama's rules: case folded, defaults filled in; of several the one so spelled."""
    found = list(_all(name, entries))
    return next((entry for entry in found if str(_parsed(entry.name)) == str(name)), found[0] if found else None)


def find_text(text: str, entries: Iterable[L]) -> L | None:
    """Return the entry that a name as written means, if it is a name at all."""
    name = _named(text)
    return find(name, entries) if name else None


def _all(name: ModelName, entries: Iterable[L]) -> Iterator[L]:
    ending = name.model.lower()
    for entry in entries:
        # Most of a long list is passed over without parsing.
        if ending in entry.name.lower() and _parsed(entry.name) == name:
            yield entry


def _found(rule: Product, text: str, entries: tuple[Entry, ...]) -> Entry | None:
    return find_text(text, entries) if rule is Product.OLLAMA else served(text, entries)


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


def _answer(text: str, engine: Engine, listing: Listing | Gap) -> Answer:
    """Return what the name alone decides, else what the list says of it, by every rule that may hold there."""
    if engine is Engine.OLLAMA:
        return _by_ollama(text, listing)
    if isinstance(listing, Gap):
        return listing, None
    answers = tuple(dict.fromkeys(_by(rule, text, listing) for rule in _rules(engine, listing)))
    if len(answers) == 1:
        return answers[0]
    # By no rule is it here, whatever it is that keeps it from that.
    is_missing = all(entry is None and isinstance(obstacle, Obstacle) for obstacle, entry in answers)
    return (Obstacle.NONE if is_missing else _doubt(listing)), None


def _by(rule: Product, text: str, listing: Listing) -> Answer:
    if rule is Product.OLLAMA:
        return _by_ollama(text, listing)
    entry = served(text, listing.entries)
    if entry is not None:
        return obstacle_of(entry), entry
    return _absence(listing, Obstacle.SUBSTITUTED if rule is Product.LLAMA_CPP and listing.entries else Obstacle.NONE)


def _by_ollama(text: str, listing: Listing | Gap) -> Answer:
    if is_cloud_name(text):
        return Obstacle.CLOUD, None
    wanted = _named(text)
    if wanted is None:
        return Obstacle.INVALID, None
    if isinstance(listing, Gap):
        return listing, None
    alike = tuple(_all(wanted, listing.entries))
    entry = find(wanted, alike)
    if entry is None:
        return _absence(listing, Obstacle.NONE)
    # Names that differ in case alone are one to Ollama, which may take any of them.
    obstacles = [obstacle_of(one) for one in alike]
    proven = [one for one in obstacles if isinstance(one, Obstacle) and one is not Obstacle.NONE]
    return next((one for one in (*proven, *obstacles) if one is not Obstacle.NONE), Obstacle.NONE), entry


def _absence(listing: Listing, obstacle: Obstacle) -> Answer:
    return obstacle if listing.proves_absence else Gap(Why.NOT_LISTED, about=listing.source.value), None


def _rules(engine: Engine, listing: Listing) -> tuple[Product, ...]:
    """Return the products whose rules for names may hold on a server."""
    if engine is Engine.OLLAMA:
        return (Product.OLLAMA,)
    return tuple(Product) if isinstance(listing.product, Gap) else (listing.product,)


def _doubt(listing: Listing) -> Gap:
    return listing.product if isinstance(listing.product, Gap) else NOT_RECORDED


def _elsewhere(text: str, server: str, inventory: Inventory | Gap) -> Iterator[Near]:
    """Yield the other servers that do hold a model which its own does not, by the rules for names of each."""
    servers = Seen[str, Listing]() if isinstance(inventory, Gap) else inventory.servers
    for other in servers:
        listing = servers[other]
        if other == server or isinstance(listing, Gap) or isinstance(listing.product, Gap):
            continue
        obstacle, entry = _by(listing.product, text, listing)
        if entry is not None and obstacle is Obstacle.NONE:
            yield Near(entry.name, ("name",), (), server=other)


def _unseen(text: str, gap: Gap) -> Precheck:
    return Precheck(text, Presence.NOT_CHECKED, gap=gap)
