"""Progress on stderr while a survey runs: what is known first, and what is waited for; silent where nobody watches."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self

from modelcheck.app.survey import Values
from modelcheck.app.tables import table
from modelcheck.core.asked import CloudProviders, LocalModels, Servers
from modelcheck.core.gap import Gap
from modelcheck.core.language import ENGLISH
from modelcheck.core.machine import Inventory
from modelcheck.core.precheck import precheck
from modelcheck.core.project import Configuration
from modelcheck.core.sentence import Told
from modelcheck.core.tables import Families
from modelcheck.core.text import printable
from modelcheck.reports.lang import told, words

USUAL = 80
"""Columns of a terminal that does not say how many it has."""
MOST_NAMED = 3
"""Things that the line names."""


class Progress:
    """A watch of a survey that keeps one line of a terminal up to date, and takes it away at the end."""

    def __init__(self, language: str = ENGLISH, *, shown: bool | None = None) -> None:
        self._shown = sys.stderr.isatty() if shown is None else shown
        self._language = language
        self._known: Values = {}
        self._said: set[str] = set()
        self._width = 0

    def __call__(self, name: str, values: Values, waiting: Sequence[str] = (), /) -> None:
        """Say what has become known, and rewrite the line of what is waited for."""
        del name
        if not self._shown:
            return
        self._known.update(values)
        for line in (self._configuration(), self._precheck()):
            if line and line not in self._said:
                self._said.add(line)
                self._rewrite(f"{line}\n")
        self._rewrite(self._waiting(waiting))

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Take the line away, however the survey ended."""
        self._rewrite("")

    def _rewrite(self, text: str) -> None:
        """Write over the line; spaces and not an escape sequence clear it, so that any console can."""
        head, newline, _ = text.partition("\n")
        head = head[: _columns() - 1]
        back = "\r" if self._width else ""
        blank = " " * (self._width - len(head))
        sys.stderr.write(f"{back}{head}{blank}{newline}" if head else f"{back}{blank}{back}")
        sys.stderr.flush()
        self._width = 0 if newline else len(head)

    def _waiting(self, names: Sequence[str]) -> str:
        said = words(self._language)
        called = list(dict.fromkeys(filter(None, (self._called(name, said.waits) for name in names))))
        if not called:
            return ""
        more = ", …" if len(called) > MOST_NAMED else ""
        return said.say(said.phrases["waiting"], what=", ".join(called[:MOST_NAMED]) + more)

    def _called(self, name: str, waits: Mapping[str, str]) -> str:
        """Return what a person knows a probe by; hosted providers and servers go by their own names."""
        servers, providers = self._known.get(Servers), self._known.get(CloudProviders)
        if name == "hosted" and isinstance(providers, CloudProviders):
            return ", ".join(printable(one.label, 30) for one in providers.providers[:MOST_NAMED])
        if name == "ollama" and isinstance(servers, Servers):
            engines = dict.fromkeys(one.engine.value for one in servers.servers)
            return ", ".join(f"{engine} ({waits['contacting']})" for engine in engines)
        return waits.get(name, "")

    def _configuration(self) -> str:
        read = self._known.get(Configuration)
        said = words(self._language)
        if read is None or isinstance(read, Gap) or not isinstance(read, Configuration):
            return ""
        return said.say(
            said.phrases["configuration"],
            path=read.path,
            reading=said.value(read.reading.value),
            agents=read.agent_count,
        )

    def _precheck(self) -> str:
        models, here = self._known.get(LocalModels), self._known.get(Inventory)
        if not isinstance(models, LocalModels) or not isinstance(here, Inventory):
            return ""
        families, said = table(Families), words(self._language)
        answers = [precheck(one.text, one.engine, one.key.server, here, families) for one in models.models]
        here_count = sum(one.allowed for one in answers)
        return said.say(said.phrases["precheck"], here=here_count, models=len(answers))


def progress(language: str = ENGLISH) -> Progress:
    """Return a watch for stderr."""
    return Progress(language)


def notes(messages: Iterable[Told], language: str = ENGLISH) -> None:
    """Say on stderr, beside a result, what a reader has to know about it."""
    for message in messages:
        sys.stderr.write(f"modelcheck: {told(message, language)}\n")


def _columns() -> int:
    try:
        return max(10, os.get_terminal_size(sys.stderr.fileno()).columns or USUAL)
    except (OSError, ValueError):
        return USUAL
