"""The nearest local models: which could stand in for one that is not here, and what they have in common with it."""

import re
from collections.abc import Iterable
from fractions import Fraction
from itertools import islice

import msgspec

from modelcheck.core.machine import Entry
from modelcheck.core.name import InvalidName, ModelRef
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
_PLACE = re.compile(r"~?(?:/[A-Za-z0-9_.-]+)+")


class Near(msgspec.Struct, frozen=True):
    """A local model that could stand in, with what it has in common and what differs."""

    name: str
    alike: tuple[str, ...]
    """`name`, `family`, `line`, `size`, `quantisation`, `version`, `role`, the nearest kinship first."""
    differs: tuple[str, ...]
    registered: bool = True
    """False for a file that no server has registered."""
    register: str = ""
    """The command that would register it under the wanted name; empty where that is no name, or the file's is odd."""
    server: str = ""
    """The id of the server that holds it, where that is another one of the project."""


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
        register = "" if registered else register_command(text, entry)
        ranked.append((-closeness, entry.name, Near(entry.name, alike, differs, registered, register)))
    return tuple(near for _, _, near in sorted(ranked, key=lambda row: row[:2])[:MOST_NEAR])


def register_command(text: str, entry: Entry) -> str:
    """Return a command that is safe to paste into any shell: no text in it can hold more than a plain word.

    There is none for a model in several GGUF files, which Ollama takes as a whole folder or not at all.
    """
    try:
        name = ModelRef.parse(text).name
    except InvalidName:
        name = None
    is_folder, known = entry.format == "safetensors", _PLACE.fullmatch(entry.where) is not None
    if is_folder and known:
        source = "."
    elif _PLAIN.fullmatch(entry.name) and (is_folder or entry.parts == 1):
        source = f"./{entry.name}" if is_folder else f"./{entry.name}.gguf"
    else:
        return ""
    if name is None:
        return ""
    folder = f" in {entry.where}" if known else ""
    return f"ollama create {name.shortest} -f Modelfile  # Modelfile{folder}: FROM {source}"


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
