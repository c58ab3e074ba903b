"""Contradictions: one server's settings as every origin has them, and where two of them cannot both hold."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from modelcheck.core.asked import Server
from modelcheck.core.check import Finding, Outcome, Parameter
from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.graphics import Gpus
from modelcheck.core.host import InvalidEndpoint, parse_endpoint
from modelcheck.core.intent import Expectations
from modelcheck.core.project import Agent, Agents, Configuration, Route
from modelcheck.core.serving import Origin, ServerSetup, Setting
from modelcheck.core.variables import CONTEXT, HOST, MODELS, OVERHEAD, Kind, kind_of, listens, reading

DEFAULT = "default"
"""Id of the server that Ollama's own clients ask when nothing is said, so that this shell's settings lead there."""

_HOME = re.compile(r"(?:/home/[^/]+|/Users/[^/]+|/root|[A-Za-z]:/Users/[^/]+|~)(?=/|\Z)")


@dataclass(frozen=True)
class Item:
    """One setting that was held against the others: what contradicts it, or why that was not seen."""

    contradictions: tuple[Finding, ...] = ()
    gap: Gap | None = None


AGREES = Item()


class View:
    """One server's settings by name, as origins that matter to it say them."""

    def __init__(self, server: Server, setup: ServerSetup, declared: tuple[Setting, ...]) -> None:
        self.server = server
        self.setup = setup
        said = tuple(dict.fromkeys((*setup.settings, *declared)))
        known = setup.complete or any(one.origin is not Origin.SHELL for one in said)
        self._rests_on_shell = server.id == DEFAULT and not known
        self._said = said

    @property
    def names(self) -> list[str]:
        """The variables that some origin sets, beside a shell that the server does not share."""
        return sorted({one.name for one in self._said if self._counts(one)})

    @property
    def hidden(self) -> tuple[Gap, ...]:
        """Why more may be set than was seen."""
        if self.setup.complete:
            return ()
        return self.setup.unseen or (Gap(Why.NOT_RECORDED, about="the settings of the running server"),)

    def running(self, name: str) -> Setting | None:
        """Return what the running server has; raises Unseen where that is left open."""
        return self.setup.effective(name)

    def declared(self, name: str) -> list[Setting]:
        """Return what origins beside the running server say."""
        return [one for one in self._said if one.name == name and self._counts(one) and not one.origin.is_running]

    def shell(self, name: str) -> Setting | None:
        """Return what this shell says, where the server does not rest on it."""
        found = (one for one in self._said if one.name == name and one.origin is Origin.SHELL)
        return None if self._rests_on_shell else next(found, None)

    def leading(self, name: str) -> Setting | None:
        """Return what the running server has or, where that was not seen, what the next start would give it."""
        running = self.running(name)
        if running is not None or self.setup.complete:
            return running
        return next(iter(self.declared(name)), None)

    def _counts(self, one: Setting) -> bool:
        if one.origin is Origin.SHELL:
            return self._rests_on_shell
        # Inside a container, addresses and paths are its own.
        return not (one.origin is Origin.COMPOSE and one.name in {HOST, MODELS})


def of_variable(view: View, name: str) -> Item:
    """Hold one variable of every origin against the running server, and against how Ollama reads it."""
    try:
        running = view.running(name)
    except Unseen as missing:
        return Item(gap=missing.gap)
    declared = view.declared(name)
    found = [finding for one in (running, *declared) if one is not None for finding in _misread(one)]
    first = running or (None if view.setup.complete else declared[0])
    for other in declared:
        if first is None and reading(name, other.value) != reading(name, ""):
            found.append(_finding("not-in-force", other.place, name=name, value=_value(other), where=_where(other)))
        elif first is not None and not _agree(first, other):
            found.append(_differs(first, other))
    return Item(tuple(found))


def _agree(one: Setting, other: Setting) -> bool:
    return one is other or reading(one.name, one.value).value == reading(other.name, other.value).value


def _differs(first: Setting, other: Setting) -> Finding:
    return _finding(
        "differs",
        other.place or first.place,
        name=first.name,
        value=_value(other),
        where=_where(other),
        other=_value(first),
        elsewhere=_where(first),
    )


def _misread(one: Setting) -> Iterator[Finding]:
    """Yield what Ollama makes of a value, if that is not what it says; a log has it as read already."""
    reads = reading(one.name, one.value)
    if reads.understood:
        return
    if kind_of(one.name) is Kind.CACHE:
        yield _finding("refused", one.place, name=one.name, value=_value(one), where=_where(one))
    elif not reads.value:
        yield _finding("no-address", one.place, where=_where(one))
    else:
        yield _finding("misread", one.place, name=one.name, value=_value(one), where=_where(one), reads=reads.value)


def of_ports(view: View) -> Iterator[Item]:
    """Hold the port of OLLAMA_HOST against the address that the configuration asks."""
    try:
        asked = parse_endpoint(view.server.address)
    except InvalidEndpoint:
        return
    for one in _hosts(view) if asked.is_loopback else ():
        address = listens(one.value)
        if address is not None and address.port != asked.port:
            place = view.server.place or one.place
            params = {"server": view.server.label, "value": _value(one), "where": _where(one)}
            yield Item((_finding("port", place, **params),))


def _hosts(view: View) -> list[Setting]:
    running = view.running(HOST)
    return [running] if running is not None else view.declared(HOST)


def same_folder(written: str, shown: str) -> bool:
    """Whether a folder as the project writes it can be the one that a fact shows, which hides what lies above it."""
    ours, theirs = (_HOME.sub("~", text.replace("\\", "/").rstrip("/")) for text in (written, shown))
    if re.match(r"[A-Za-z]:/", written.replace("\\", "/")):  # Windows, where case does not count
        ours, theirs = ours.casefold(), theirs.casefold()
    if theirs.startswith("…/"):
        return ours.rpartition("/")[2] == theirs.rpartition("/")[2]
    return ours == theirs


def of_folders(view: View, expectations: Expectations) -> Iterator[Item]:
    """Hold the folder that the project names against the one that the server reads."""
    if expectations.models_dir is None:
        return
    running = view.running(MODELS)
    reads = running.value if running is not None and isinstance(view.setup.models, Gap) else view.setup.models
    if isinstance(reads, Gap):
        yield Item(gap=reads)
    elif same_folder(expectations.models_dir, reads):
        yield AGREES
    else:
        yield Item((_finding("folder", expectations.at, value=expectations.models_dir, other=reads),))


def of_contexts(view: View, configuration: Configuration, agents: Agents) -> Iterator[Item]:
    """Hold the context that an agent asks for over /v1, where that has no effect, against the server's own."""
    leading = view.leading(CONTEXT)
    served = reading(CONTEXT, leading.value).value if leading is not None else "0"
    if served == "0":
        return
    sections = {one.name for one in configuration.providers if one.route is Route.OPENAI}
    for agent in agents.agents:
        if agent.num_ctx is not None and _goes(agent, view.server, sections):
            yield _context(agent, agent.num_ctx, served)


def _goes(agent: Agent, server: Server, sections: set[str]) -> bool:
    return any(target.server == server.id and target.provider in sections for target in agent.targets)


def _context(agent: Agent, asked: int | Gap, served: str) -> Item:
    if isinstance(asked, Gap):
        return Item(gap=asked)
    if str(asked) == served:
        return AGREES
    return Item((_finding("context", agent.place, agent=agent.label, value=asked, other=served),))


def of_overheads(view: View, gpus: Gpus | Gap) -> Iterator[Item]:
    """Hold the memory that is to stay free on each card against what the cards have."""
    leading = view.leading(OVERHEAD)
    kept = int(reading(OVERHEAD, leading.value).value) if leading is not None else 0
    if not kept:
        return
    if isinstance(gpus, Gap):
        yield Item(gap=gpus)
        return
    gap = next((card.total for card in gpus.cards if isinstance(card.total, Gap)), None)
    room = sum(card.total for card in gpus.cards if isinstance(card.total, int))
    if gap is not None:
        yield Item(gap=gap)
    elif kept * len(gpus.cards) <= room:
        yield AGREES
    else:
        yield Item((_finding("overhead", leading.place if leading else None, value=kept, room=room),))


def of_shell(view: View) -> Iterator[Finding]:
    """Yield, at no cost, what this shell sets otherwise than the running server has it."""
    for name in sorted({one.name for one in view.setup.settings if one.origin is Origin.SHELL}):
        shell, has = view.shell(name), next((one for one in view.setup.all_of(name) if one.origin.is_running), None)
        if shell is not None and has is not None and not _agree(has, shell):
            params = {"name": name, "value": _value(shell), "server": view.server.label, "other": _value(has)}
            yield Finding("shell", Outcome.PASS, params, place=shell.place)


def _finding(code: str, place: Place | None, **params: Parameter) -> Finding:
    return Finding(code, Outcome.FAIL, params, place=place)


def _where(one: Setting) -> str:
    if one.place is not None:
        return f"{one.place.path}:{one.place.line}"
    return one.where or one.origin.value


def _value(one: Setting) -> str:
    """Return a value as a report may show it: facts tell cards apart by a UUID, which is no business of a reader's."""
    return "a UUID" if "GPU-" in one.value else one.value
