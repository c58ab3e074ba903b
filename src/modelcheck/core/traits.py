"""Traits that model names and descriptions carry by convention: family, size, quantisation, role."""

import re
from fractions import Fraction

import msgspec

from modelcheck.core.machine import Entry
from modelcheck.core.tables import Families, Family

_QUANTISATION = re.compile(r"(?<![a-z0-9])(i?q[1-8](?:_[0-9a-z]+)*|fp16|bf16|f16|f32|mxfp4|fp8)(?![a-z0-9])")
_MIXTURE = re.compile(r"(?<![a-z0-9.])(\d{1,3})x(\d{1,4}(?:\.\d{1,3})?)b?(?![a-z0-9])")
_SIZE = re.compile(r"(?<![a-z0-9.])e?(\d{1,4}(?:\.\d{1,3})?)([bm])(?![a-z0-9])")
_VERSION = re.compile(r"[-_ ]?v?(\d{1,3}(?:\.\d{1,3})?)(?![0-9a-z])")
_LONGEST = 300


class Traits(msgspec.Struct, frozen=True):
    """What can be told of a model without looking inside it; None where nothing tells."""

    family: str | None
    line: str | None
    version: str | None
    role: str
    size: str | None
    """As written, such as `8b` or `8x7b`."""
    billions: Fraction | None
    """Total parameters as far as the size says, in billions."""
    quantisation: str | None


def traits(name: str, families: Families, entry: Entry | None = None) -> Traits:
    """Read the traits of a name, and of its inventory entry where the name is silent."""
    text = name.lower()[:_LONGEST]
    family, version = _family(text, families)
    size, billions = _size(text)
    if size is None and entry is not None and isinstance(entry.parameters, str):
        size, billions = _size(entry.parameters.lower()[:_LONGEST])
    quantisation = _QUANTISATION.search(text)
    found = quantisation.group(1) if quantisation else None
    if found is None and entry is not None and isinstance(entry.quantisation, str):
        found = entry.quantisation.lower()
    return Traits(
        family=family.name if family else None,
        line=family.line if family else None,
        version=version,
        role=_role(text, families, family),
        size=size,
        billions=billions,
        quantisation=found,
    )


def _family(text: str, families: Families) -> tuple[Family | None, str | None]:
    """Return the family whose longest word starts a token of the name, and the version behind that word."""
    best: tuple[int, Family, str | None] | None = None
    for family in families.families:
        for word in family.words:
            spot = re.search(rf"(?<![a-z]){re.escape(word)}", text)
            if spot is None or (best is not None and len(word) <= best[0]):
                continue
            version = _VERSION.match(text, spot.end())
            best = (len(word), family, version.group(1) if version else None)
    return (best[1], best[2]) if best else (None, None)


def _size(text: str) -> tuple[str | None, Fraction | None]:
    mixture = _MIXTURE.search(text)
    if mixture:
        return f"{mixture.group(1)}x{mixture.group(2)}b", Fraction(mixture.group(1)) * Fraction(mixture.group(2))
    size = _SIZE.search(text)
    if size:
        scale = 1 if size.group(2) == "b" else Fraction(1, 1000)
        return f"{size.group(1)}{size.group(2)}", Fraction(size.group(1)) * scale
    return None, None


def _role(text: str, families: Families, family: Family | None) -> str:
    for word, role in families.role_words.items():
        if re.search(rf"(?<![a-z]){re.escape(word)}", text):
            return role
    return family.role if family else "chat"
