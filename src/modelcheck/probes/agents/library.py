"""The modules of the project: found by their dotted name, parsed when first asked for, within a budget."""

import re
import time

from modelcheck.probes.agents.modules import Module, parse
from modelcheck.probes.agents.sources import MAX_BYTES, Parts, Source, Walk
from modelcheck.probes.files import read_regular

MAX_PARSED = 2_000

_WORD = re.compile(r"\w+")


class Library:
    """All modules of one project. Parsing stops at `MAX_PARSED` files or at the deadline, whichever comes first."""

    def __init__(self, walk: Walk, deadline: float) -> None:
        self.sources = walk.sources
        self.is_complete = walk.complete
        """Whether all that was asked for could be looked at."""
        self._deadline = deadline
        self._files = {source.parts: source for source in sorted(walk.sources, key=_is_package)}
        self._packages = {source.parts for source in walk.sources if _is_package(source)}
        self._folders = {source.folder[:end] for source in walk.sources for end in range(len(source.folder) + 1)}
        self.source_roots = {(), *(folder for folder in self._folders - self._packages if folder[-1:] == ("src",))}
        """The root and the folders named `src` below it."""
        self._modules: dict[Source, Module | None] = {}

    @property
    def is_late(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self._deadline

    @property
    def modules(self) -> list[Module]:
        """The modules parsed so far, by path."""
        return [module for source in self._known() if (module := self._modules[source])]

    @property
    def broken(self) -> list[Source]:
        """The files that were asked for and could not be parsed, by path."""
        return [source for source in self._known() if self._modules[source] is None]

    def load(self, source: Source) -> Module | None:
        """Return the parsed file, or None when it cannot be parsed or the budget is used up."""
        if source not in self._modules:
            if len(self._modules) >= MAX_PARSED or self.is_late:
                self.is_complete = False
                return None
            data = self.read(source)
            self._modules[source] = None if data is None else parse(source, data)
        return self._modules[source]

    def read(self, source: Source) -> bytes | None:
        """Return what the file holds, or None when it cannot be read or is larger than `MAX_BYTES`."""
        try:
            return read_regular(source.file, MAX_BYTES)
        except OSError:
            return None

    def at(self, parts: Parts) -> Source | None:
        """Return the module of exactly this name as seen from the root; a package goes before a module."""
        return self._files.get(parts)

    def has(self, parts: Parts) -> bool:
        """Whether this is a module or a folder with modules somewhere below it."""
        return parts in self._files or parts in self._folders

    def roots(self, source: Source) -> set[Parts]:
        """Return the folders from which a file's absolute imports may start: the root, any `src`, and its own.

        A file's own is the nearest folder above it that is no package: it must be importable from there.
        """
        own = source.folder
        while own in self._packages:
            own = own[:-1]
        return self.source_roots | {own}

    def _known(self) -> list[Source]:
        return sorted(self._modules, key=lambda source: source.path)


def words_of(data: bytes) -> frozenset[str]:
    """Return the words of a file, whatever they are there for."""
    return frozenset(_WORD.findall(data.decode(errors="replace")))


def _is_package(source: Source) -> bool:
    return source.parts == source.folder
