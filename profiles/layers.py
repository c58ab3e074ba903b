"""Layers of settings: each source by itself as single values with their origins, and what they come to together."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec

from modelcheck.core.host import InvalidEndpoint, parse_endpoint
from modelcheck.core.language import LANGUAGES, language_named
from modelcheck.core.sentence import Told
from modelcheck.profiles.declared import Own
from modelcheck.profiles.typed import typed
from modelcheck.profiles.written import Trail, Written, dotted

LISTS = ("models_dirs", "env_files", "trust_hosts")
"""Lists of what the user allows: those of all layers add up."""
FOLDED = ("endpoints", "key_variables", "trust_hosts")
"""Names in which capitals mean nothing."""
FILES = ("models_dirs", "env_files", "baseline", "machine_facts")
"""Paths of this machine."""
NO_SETTINGS = ("exceptions",)
"""What is no setting with a value: it adds up with nothing, and nothing stands above it."""


@dataclass(frozen=True)
class Valued:
    """One value and who set it."""

    value: object
    origin: str


Values = Mapping[Trail, Valued]
"""Single values by their trails; an item of a list of `LISTS` stands at its own text, as an entry of a table does."""


@dataclass(frozen=True)
class Layer:
    """What one source says, typed."""

    written: Written
    said: Own
    home: Path | None
    folder: Path | None = None
    """Where relative paths start; None for the folder that the program runs in."""


def layer(written: Written, home: Path | None, folder: Path | None = None, kind: type[Own] = Own) -> Layer:
    """Return what a source says; `kind` is what it may say.

    Raises:
        InvalidSettings: something in it cannot be used.

    """
    said = typed(written, kind)
    for name, url in said.endpoints.items():
        try:
            parse_endpoint(url)
        except InvalidEndpoint as error:
            what = Told("`{key}`: {reason}", key=dotted(("endpoints", name)), reason=str(error))
            raise written.refused(what, "endpoints", name) from None
    if said.lang is not None and language_named(said.lang) is None:
        raise written.refused(Told("`lang` must be one of {choices}", choices=", ".join(LANGUAGES)), "lang")
    return Layer(written, said, home, folder)


def merged(layers: Iterable[Layer]) -> Values:
    """Return what layers come to, the highest first: tables merge key by key, lists add up, else the highest stands."""
    values: dict[Trail, Valued] = {}
    for one in layers:
        for trail, valued in _values(one):
            values.setdefault(trail, valued)
    return values


def overlaid(below: object, above: object) -> object:
    """Return a table with another laid over it, key by key."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    lower, upper = cast("dict[str, object]", below), cast("dict[str, object]", above)
    return {**lower, **{key: overlaid(lower.get(key), value) for key, value in upper.items()}}


def single(content: object, typed_content: object, *trail: str) -> Iterator[tuple[Trail, object]]:
    """Return each single value of a table that was written, typed, with its trail."""
    if not isinstance(content, dict) or not isinstance(typed_content, dict):
        yield trail, typed_content
        return
    known = cast("dict[str, object]", typed_content)
    for key, value in cast("dict[str, object]", content).items():
        yield from single(value, known[key], *trail, key)


def _values(one: Layer) -> Iterator[tuple[Trail, Valued]]:
    for trail, value in single(one.written.content, msgspec.to_builtins(one.said)):
        top = str(trail[0])
        if top in LISTS:
            for index, item in enumerate(cast("list[str]", value)):
                shown = _settled(one, top, item)
                yield (top, shown), Valued(shown, one.written.origin(top, index))
        elif value is not None and top not in NO_SETTINGS:
            name = tuple(str(step).lower() for step in trail) if top in FOLDED else trail
            settled = _settled(one, top, value) if isinstance(value, str) else value
            yield name, Valued(settled, one.written.origin(*trail))


def _settled(one: Layer, top: str, text: str) -> str:
    """Return a text in the one way that it is compared in: a path that starts somewhere, a host in small letters."""
    if top == "trust_hosts":
        return text.lower()
    if one.home is not None and top in (*FILES, "paths") and (text == "~" or text.startswith(("~/", "~\\"))):
        return str(one.home / text[2:])
    if top in LISTS:
        return str((one.folder or Path.cwd()) / text)
    return str(one.folder / text) if one.folder is not None and top in FILES else text
