"""Traits that model names and descriptions carry by convention: family, size, quantisation, role."""

import re
from fractions import Fraction

import msgspec

from modelcheck.core.machine import Entry
from modelcheck.core.tables import Families, Family

_QUANTISATION = re.compile(r"(?<![a-z0-9])(i?q[1-8](?:_[0-9a-z]+)*|fp16|bf16|f16|f32|mxfp4|fp8)(?![a-z0-9])")
_MIXTURE = re.compile(r"(?<![a-z0-9.])([0-9]{1,3})x([0-9]{1,4}(?:\.[0-9]{1,3})?)b?(?![a-z0-9])")
_SIZE = re.compile(r"(?<![a-z0-9.])e?([0-9]{1,4}(?:\.[0-9]{1,3})?)([bm])(?![a-z0-9])")
_VERSION = re.compile(r"[-_ ]?v?([0-9]{1,3}(?:\.[0-9]{1,3})?)(?![0-9bmx]|\.[0-9])")
_LONGEST = 300
"""Characters of a name that are read."""


class Traits(msgspec.Struct, frozen=True):
    """What can be told of a model without looking inside it; None where nothing tells."""

    family: str | None
    """From the table; a model that it does not know is a family of its own, whatever the tag."""
    line: str | None
    version: str | None
    role: str
    size: str | None
    """Such as `8b` or `8x7b`."""
    billions: Fraction | None
    """Total parameters as far as the size says, in billions."""
    quantisation: str | None


def traits(name: str, families: Families, entry: Entry | None = None) -> Traits:
    """Read the traits of a name, and of its inventory entry where the name is silent."""
    text = _head(name)
    family, version = _family(text, families)
    size, billions = _size(text)
    if size is None and entry is not None and isinstance(entry.parameters, str):
        size, billions = _size(_head(entry.parameters))
    quantisation = _QUANTISATION.search(text)
    found = quantisation.group(1) if quantisation else None
    if found is None and entry is not None and isinstance(entry.quantisation, str):
        found = _head(entry.quantisation)
    own = text.rpartition("/")[2].partition(":")[0] or None
    return Traits(
        family=family.name if family else own,
        line=family.line if family else own,
        version=version,
        role=_role(text, families, family),
        size=size,
        billions=billions,
        quantisation=found,
    )


def _head(text: str) -> str:
    return text[:_LONGEST].lower()


def _family(text: str, families: Families) -> tuple[Family | None, str | None]:
    """Return the family whose longest word stands in the name, and the version behind that word."""
    best: tuple[int, Family, str | None] | None = None
    for family in families.families:
        for word in family.words:
            ends = [spot.end() for spot in re.finditer(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text)]
            if ends and (best is None or len(word) > best[0]):
                best = (len(word), family, _version(text, ends))
    return (best[1], best[2]) if best else (None, None)


def _version(text: str, ends: list[int]) -> str | None:
    """A maker may stand before the name, as in `meta-llama/Llama-3.2-1B`."""
    found = (_VERSION.match(text, end) for end in ends)
    return next((version.group(1) for version in found if version), None)


def _size(text: str) -> tuple[str | None, Fraction | None]:
    mixture = _MIXTURE.search(text)
    if mixture:
        experts, each = mixture.groups()
        return f"{experts}x{_short(each)}b", Fraction(experts) * Fraction(each)
    size = _SIZE.search(text)
    if size:
        number, unit = size.groups()
        return f"{_short(number)}{unit}", Fraction(number) / (1 if unit == "b" else 1000)
    return None, None


def _short(number: str) -> str:
    """A server says 8.0 where a name says 8."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def _role(text: str, families: Families, family: Family | None) -> str:
    for word, role in families.role_words.items():
        if re.search(rf"(?<![a-z]){re.escape(word)}", text):
            return role
    return family.role if family else "chat"
