"""Which classes are examined: those that the configuration names, and those that are agents by their name."""

import re
from collections.abc import Callable, Iterator
from functools import partial

from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Agent
from modelcheck.core.sources import AgentClass
from modelcheck.core.text import printable
from modelcheck.probes.agents.doubts import INSTANCE, Doubt
from modelcheck.probes.agents.faults import not_found
from modelcheck.probes.agents.library import Library, words_of
from modelcheck.probes.agents.lineage import Lineages
from modelcheck.probes.agents.modules import Class, Module
from modelcheck.probes.agents.names import Names, Spot, Thing
from modelcheck.probes.agents.sources import Parts, Source

_SUFFIX = "Agent"
_MAX_ROUNDS = 10
_DEFINES_CLASS = re.compile(rb"^(?:\xef\xbb\xbf)?\s*class\s", re.MULTILINE)


class Family:
    """The agent classes of a project: named so themselves, or with a project base that is."""

    def __init__(self, library: Library, lineages: Lineages) -> None:
        self._library = library
        self._lineages = lineages
        self._gather()

    def leaves(self) -> list[Class]:
        """Return the members without a subclass in the project, by place."""
        bases = {parent for cls in self._classes() for parent in self._lineages.of(cls).parents}
        return sorted((cls for cls in self._members() if cls not in bases), key=lambda cls: cls.place)

    def hidden_subclasses(self, classes: list[Class]) -> dict[Class, Doubt]:
        """Return the classes that may have subclasses which could not be read, and so need not stand alone."""
        unresolved = {name for cls in self._classes() for name in self._lineages.of(cls).unresolved}
        doubts = {cls: Doubt(f"base {cls.name}", INSTANCE) for cls in classes if cls.name in unresolved}
        for source in self._library.broken:
            words = words_of(self._library.read(source) or b"")
            for cls in classes:
                if cls.name in words:
                    doubts.setdefault(cls, Doubt(source.path, INSTANCE, Why.UNREADABLE))
        if not self._library.is_complete:
            doubts = {cls: Doubt("the project's Python files", INSTANCE, Why.TOO_MUCH) for cls in classes}
        return doubts

    def _gather(self) -> None:
        """Parse what may hold members: files with the suffix, then those that mention members without it."""
        self._load(lambda data: _SUFFIX.encode() in data)
        sought: set[str] = set()
        for _ in range(_MAX_ROUNDS):
            fresh = {cls.name for cls in self._members() if _SUFFIX not in cls.name} - sought
            if not fresh:
                return
            self._load(partial(_mentions, fresh))
            sought |= fresh
        self._library.is_complete = False

    def _load(self, mentions: Callable[[bytes], bool]) -> None:
        for source in defining(self._library, mentions, in_tests=False):
            self._library.load(source)

    def _members(self) -> Iterator[Class]:
        for cls in self._classes():
            if any(base.name.endswith(_SUFFIX) for base in self._lineages.of(cls).order):
                yield cls

    def _classes(self) -> list[Class]:
        """Return all classes outside tests; looking at bases may load more modules, so this is a copy."""
        return [cls for module in self._library.modules if not module.source.is_test for cls in module.classes]


class Configured:
    """Finds the classes that the configuration names."""

    def __init__(self, library: Library, names: Names) -> None:
        self._library = library
        self._names = names

    def find(self, agent: Agent, text: str) -> Class | AgentClass:
        """Return the class, or a subject that says why there is none."""
        parts = tuple(text.strip().replace(":", ".").split("."))
        if not all(part.isidentifier() for part in parts):
            return _unclear(agent, text, Gap(Why.NOT_UNDERSTOOD, about=f"class {printable(text)}"))
        found = self._bare(parts[0]) if len(parts) == 1 else self._dotted(parts)
        if isinstance(found, Class):
            return found
        return not_found(text, agent.at) if found is None else _unclear(agent, text, found)

    def _bare(self, name: str) -> Class | Gap:
        for in_tests in (False, True):
            sources = list(defining(self._library, partial(_mentions, {name}), in_tests=in_tests))
            modules = [self._library.load(source) for source in sources]
            found = [cls for module in modules if module for cls in module.classes if cls.name == name]
            if len(found) == 1:
                return found[0]
            if found:
                return Gap(Why.NOT_UNDERSTOOD, about=f"class {printable(name)}: {len(found)} of that name")
            if None in modules:
                return self._unread(sources[modules.index(None)])
        return Gap(Why.NOT_THERE, about=f"class {printable(name)}")

    def _dotted(self, parts: Parts) -> Class | Gap | None:
        """Return the class or why it is not clear; None when the project proves not to have it."""
        about = f"class {printable('.'.join(parts))}"
        ours = any(self._library.has((*root, parts[0])) for root in self._library.source_roots)
        found = self._modules(parts, exact=ours)
        if not found and not ours:
            return Gap(Why.NOT_THERE, about=about)
        if len(found) > 1:
            return Gap(Why.NOT_UNDERSTOOD, about=about)
        proves = ours and self._library.is_complete
        for source, rest in found:
            module = self._library.load(source)
            if module is None:
                return self._unread(source)
            thing: Thing | None = Spot(source.parts)
            for part in rest:
                thing = thing and self._names.member(thing, part)
            if isinstance(thing, Class):
                return thing
            proves &= _lacks(module, rest[0])
        return None if proves else Gap(Why.NOT_UNDERSTOOD, about=about)

    def _modules(self, parts: Parts, *, exact: bool) -> list[tuple[Source, Parts]]:
        """Return the modules that the longest possible part of a dotted name may mean, with the rest of the name.

        A name that starts nowhere in the project may still be the end of a module's: the project may be run from a
        folder that is not known here.
        """
        for end in range(len(parts) - 1, 0, -1):
            names = [(*root, *parts[:end]) for root in self._library.source_roots]
            found = [
                source
                for source in self._library.sources
                if (source.parts in names if exact else source.parts[-end:] == parts[:end])
            ]
            if found:
                return [(source, parts[end:]) for source in found]
        return []

    def _unread(self, source: Source) -> Gap:
        return Gap(Why.UNREADABLE if source in self._library.broken else Why.TOO_MUCH, about=source.path)


def defining(library: Library, mentions: Callable[[bytes], bool], *, in_tests: bool) -> Iterator[Source]:
    """Yield the files that define classes and mention what is sought, those of tests or all others."""
    for source in library.sources:
        data = library.read(source) if source.is_test is in_tests else None
        if data and mentions(data) and _DEFINES_CLASS.search(data):
            yield source


def _mentions(words: set[str], data: bytes) -> bool:
    return not words.isdisjoint(words_of(data))


def _lacks(module: Module, name: str) -> bool:
    """Whether a module certainly has no such name."""
    return name not in module.bounds and not module.has_star and "__getattr__" not in module.bounds


def _unclear(agent: Agent, text: str, gap: Gap) -> AgentClass:
    return AgentClass(printable(text), (), gap, agent.at)
