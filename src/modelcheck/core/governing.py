"""Governing: what of a change judges it is taken from its base, and every edit of it is named."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, cast

import msgspec

from modelcheck.core.exceptions import Exemption, Ignore, Marks
from modelcheck.core.gap import Gap
from modelcheck.core.intent import Expectations
from modelcheck.core.lock import Lock, LockEntry
from modelcheck.core.profile import Bar, Level
from modelcheck.core.rulebook import Change, Governed, Rulebook
from modelcheck.core.text import printable

T = TypeVar("T")
LONGEST = 200
"""Characters of what is said of one thing that a change edits."""
SETTINGS: Mapping[str, str] = {
    "reserve_bytes": "expect.reserve_gib",
    "prompt_typical": "expect.prompt_tokens.typical",
    "prompt_max": "expect.prompt_tokens.max",
    "ids": "cloud.ids",
    "limits": "cloud.limits",
    "data": "cloud.data",
    "models_dir": "models_dir",
    "naming": "naming",
}
"""The keys of settings whose names are not those of `expect:` here."""
PROFILE = (
    *("name", "checks", "vetoes", "score", "coverage", "network", "levels"),
    *("everything_local", "guard", "machine_days"),
)
"""What of a profile judges; the rest describes it."""


def governed(base: Rulebook, own: Rulebook) -> tuple[Rulebook, tuple[Change, ...]]:
    """Return what judges a change, and what the change edits of it.

    All of it is the base's. A change may only add to the agents that are sensitive, and what it adds to the lock is
    declared, not seen.
    """
    lock, locked = held_lock(base.lock, own.lock)
    rules = msgspec.structs.replace(
        base,
        sensitive=tuple(dict.fromkeys((*base.sensitive, *own.sensitive))),
        lock=lock,
        refused=own.refused,
    )
    changes = (
        *_settings(base, own),
        *_fields(Governed.PROFILE, base.profile, own.profile, {name: name for name in PROFILE}),
        *_listed(Governed.EXCEPTION, base.exceptions.exceptions, own.exceptions.exceptions, _exemption),
        *_listed(Governed.IGNORE, base.exceptions.ignores, own.exceptions.ignores, _ignore),
        *locked,
    )
    return rules, changes


def held_lock(base: Lock | Gap, own: Lock | Gap) -> tuple[Lock | Gap, tuple[Change, ...]]:
    """Return the lock of the base with what a change adds to it, which nobody has seen, and every difference."""
    if isinstance(base, Gap) or isinstance(own, Gap):
        return base, () if base == own else (Change(Governed.LOCK, "models.lock", _lock(base), _lock(own)),)
    before, after = ({entry.key: entry for entry in lock.entries} for lock in (base, own))
    edited = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    changes = [
        Change(Governed.LOCK, _named(key.name), _entry(before.get(key)), _entry(after.get(key))) for key in edited
    ]
    if base.there and base.taken_at != own.taken_at:
        changes.insert(0, Change(Governed.LOCK, "taken_at", base.taken_at, own.taken_at))
    declared = tuple(after[key] for key in edited if key in after)
    return msgspec.structs.replace(base, declared=declared), tuple(changes)


def honoured(base: Marks | Gap, own: Marks) -> tuple[Marks, tuple[Change, ...]]:
    """Return the inline marks of a change that its base has as well, and those that only the change has.

    A mark is known again by its file, its checks and its reason, as often as the base has it; lines move.
    """
    left = Counter(() if isinstance(base, Gap) else map(_mark, base.marks))
    kept: list[Ignore] = []
    added: list[Change] = []
    for mark in own.marks:
        if left[_mark(mark)]:
            left[_mark(mark)] -= 1
            kept.append(mark)
        else:
            added.append(Change(Governed.IGNORE, _named(f"{mark.path}:{mark.line}"), "", _ignore(mark)[1]))
    return Marks(tuple(kept)), tuple(added)


def _settings(base: Rulebook, own: Rulebook) -> list[Change]:
    names = {name: SETTINGS.get(name, f"expect.{name}") for name in Expectations.__struct_fields__ if name != "at"}
    found = _fields(Governed.SETTINGS, base, own, {"config": "config"})
    before, after = dict.fromkeys(base.sensitive), dict.fromkeys(own.sensitive)
    found += [Change(Governed.SETTINGS, "sensitive", _named(one), "") for one in before if one not in after]
    found += [Change(Governed.SETTINGS, "sensitive", "", _named(one)) for one in after if one not in before]
    return [*found, *_fields(Governed.SETTINGS, base.expectations, own.expectations, names)]


def _fields(kind: Governed, base: msgspec.Struct, own: msgspec.Struct, names: Mapping[str, str]) -> list[Change]:
    """Return the fields in which two values differ, wherever in a file they stand."""
    found: list[Change] = []
    for name, said in names.items():
        before, after = (_told(getattr(one, name)) for one in (base, own))
        if before != after:
            found.append(Change(kind, said, _said(before), _said(after)))
    return found


def _told(value: object) -> object:
    """Return a value without where it stands: of a bar and a level what they want, in per cent."""
    if isinstance(value, Bar):
        return value.minimum / 10
    if isinstance(value, tuple):
        return tuple(map(_told, cast("tuple[object, ...]", value)))
    if isinstance(value, Level):
        return f"{value.name} {value.wanted / 100:g} ({', '.join(value.checks)})"
    if isinstance(value, msgspec.Struct):
        return " ".join(str(one) for one in msgspec.structs.astuple(value) if one is not None)
    return value


def _listed(kind: Governed, base: Iterable[T], own: Iterable[T], say: Callable[[T], tuple[str, str]]) -> list[Change]:
    """Return what stands in one of two lists alone; an item with the same name in both is one that was edited."""
    before, after = Counter(map(say, base)), Counter(map(say, own))
    gone, come = list((before - after).elements()), list((after - before).elements())
    changes: list[Change] = []
    for name, text in gone:
        other = next((one for one in come if one[0] == name), None)
        if other is not None:
            come.remove(other)
        changes.append(Change(kind, name, text, other[1] if other else ""))
    return [*changes, *(Change(kind, name, "", text) for name, text in come)]


def _exemption(one: Exemption) -> tuple[str, str]:
    only = f" ({one.only})" if one.only else ""
    return _named(f"{one.what.value} {one.subject}{only}"), _said(f"until {one.until}, {one.approver}: {one.reason}")


def _ignore(one: Ignore) -> tuple[str, str]:
    return _named(f"{one.path}:{one.line}" if one.line else one.path), _said(f"{', '.join(one.checks)}: {one.reason}")


def _mark(one: Ignore) -> tuple[str, tuple[str, ...], str]:
    return one.path, one.checks, one.reason


def _lock(lock: Lock | Gap) -> str:
    if isinstance(lock, Gap):
        return _said(lock.about or lock.why.value)
    return f"{len(lock.entries)} models of {lock.taken_at}" if lock.there else ""


def _entry(entry: LockEntry | None) -> str:
    if entry is None:
        return ""
    told = [value for value in (entry.digest, entry.size) if not isinstance(value, Gap)]
    return _said(told) if told else _named(entry.key.server)


def _named(text: str) -> str:
    return printable(text, LONGEST)


def _said(value: object) -> str:
    """Return a value of settings as people write it; empty where there is none."""
    plain: object = msgspec.json.decode(msgspec.json.encode(value))
    if plain is None:
        return ""
    if isinstance(plain, str):
        return printable(plain, LONGEST)
    if isinstance(plain, list) and all(isinstance(one, str | int | float) for one in cast("list[object]", plain)):
        return printable(", ".join(map(str, cast("list[object]", plain))), LONGEST)
    return printable(msgspec.json.encode(plain).decode(), LONGEST)
