"""What a list of models shows of a GGUF file: read from its first bytes where its writer was kind."""

from dataclasses import dataclass
from pathlib import Path

from modelcheck.core.gap import Gap, Why
from modelcheck.probes.gguf.keys import Keys
from modelcheck.probes.gguf.tables import file_types
from modelcheck.probes.gguf.tensors import read_tensor
from modelcheck.probes.gguf.walk import MOST_READ, Walk, Wanted, read_counts, twice
from modelcheck.probes.stream import Stopped, Stream, opened

_ARCHITECTURE, _TYPE = "general.architecture", "general.file_type"
_NAME, _PARAMETERS, _SIZE = "general.name", "general.parameter_count", "general.size_label"
_WANTED = Wanted(
    of_file=frozenset({_ARCHITECTURE, _TYPE, _NAME, _PARAMETERS, _SIZE}),
    enough=(frozenset({_ARCHITECTURE}), frozenset({_TYPE}), frozenset({_PARAMETERS, _SIZE})),
)
_A_GUESS = 1024
"""Added to a file type that its writer only guessed."""


@dataclass(frozen=True)
class Header:
    """What the header states; a key that is not there is a gap."""

    architecture: str | Gap
    name: str | Gap
    quantisation: str | Gap
    size_label: str | Gap
    """Such as `8x7B`, as its maker wrote it."""
    parameters: int | Gap


def read_header(path: Path) -> Header | Gap:
    """Read the header of a GGUF file of version 2 or 3, little-endian; whatever the file holds, nothing is raised."""
    try:
        with opened(path, MOST_READ) as stream:
            return header_of(stream)
    except Stopped as stopped:
        return stopped.gap


def header_of(stream: Stream) -> Header:
    """Read the header from the start of a stream. Raises Stopped."""
    tensors, count = read_counts(stream)
    keys = twice(stream, lambda quick: _read(stream, count, tensors, quick=quick))
    return Header(
        architecture=keys.architecture,
        name=keys.text(_NAME),
        quantisation=quantisation(keys),
        size_label=keys.text(_SIZE),
        parameters=keys.general(_PARAMETERS),
    )


def quantisation(keys: Keys) -> str | Gap:
    """Return the name of the file's type."""
    number = keys.general(_TYPE)
    if isinstance(number, Gap):
        return number
    return file_types().get(number & ~_A_GUESS, Gap(Why.NOT_UNDERSTOOD, about=f"file type {number}"))


def _read(stream: Stream, count: int, tensors: int, *, quick: bool) -> Keys:
    """Read the keys; the table of tensors behind them proves that they add up."""
    walk = Walk(stream, _WANTED, quick=quick)
    keys = Keys(walk.read(count))
    if walk.ended_early:
        return keys
    if tensors:
        read_tensor(stream)
    elif walk.guessed:
        raise Stopped(Why.UNREADABLE, "its keys do not add up")
    return keys
