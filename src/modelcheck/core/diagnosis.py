"""First contact: why nothing answers or nothing is named, and the one thing to do about each."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import ClassVar

import msgspec

from modelcheck.core.facts import Fact, Facts, Record, Scope
from modelcheck.core.gap import Gap
from modelcheck.core.intent import Expectations
from modelcheck.core.nearest import register_command
from modelcheck.core.project import Configuration, Reading
from modelcheck.core.stores import Holder, LooseModels, Stores

DEFAULT = "http://127.0.0.1:11434"
_PLAIN = re.compile(r"(?:[A-Za-z]:|~)?[A-Za-z0-9_./\\-]+")
"""A path that is one word in any shell."""


class Side(StrEnum):
    """The side of a machine that modelcheck runs on."""

    LINUX = "linux"
    WSL1 = "wsl1"
    """It shares the network of Windows."""
    WSL2 = "wsl2"
    """It has a network of its own, unless it mirrors that of Windows."""
    CONTAINER = "container"
    WINDOWS = "windows"
    MACOS = "macos"
    OTHER = "other"


class Installed(Record, frozen=True):
    """Where something of Ollama's was found; it was looked at and never started."""

    program: bool = False
    """The program, in PATH or where installers put it."""
    unit: bool = False
    """A unit of systemd that starts it."""
    app: bool = False
    """The desktop application of Windows or macOS."""
    other_side: bool = False
    """In WSL, the program of Windows; on Windows, WSL itself, which may hold one."""

    @property
    def here(self) -> bool:
        """Whether it is installed on this side."""
        return self.program or self.unit or self.app


class FirstContact(Fact, frozen=True):
    """What was looked at where an Ollama server of this machine did not answer, or no configuration was found."""

    scope: ClassVar[Scope] = Scope.MACHINE

    side: Side
    installed: Installed
    silent: tuple[str, ...] = ()
    """Addresses of Ollama servers of this machine, as the report names them, at which nothing answers."""
    taken: tuple[str, ...] = ()
    """Those at which something answers that is no Ollama."""
    elsewhere: tuple[str, ...] = ()
    """Addresses of this machine at which an Ollama answers that the project does not ask."""
    variable: str = ""
    """The address of OLLAMA_HOST in this shell, where it is one of this machine; empty where it is not set."""
    native: tuple[str, ...] = ()
    """Files that may hold the configuration, found by their names where it is not in its place."""
    foreign: tuple[str, ...] = ()
    """Files of other tools that name models and that this version does not read."""


class Advice(msgspec.Struct, frozen=True):
    """One thing to do: a sentence by its code, its parameters, and the command or line to paste."""

    code: str
    params: Mapping[str, str] = {}
    command: str = ""
    """Safe to paste: no text of the project can hold more in it than a plain word."""


def advice(facts: Facts) -> tuple[Advice, ...]:
    """Return what to do first, each thing once."""
    first = facts.get(FirstContact)
    if isinstance(first, Gap):
        return ()
    found = (*_of_servers(first), *_of_stores(facts), *_of_loose(facts), *_of_names(first, facts.get(Configuration)))
    return tuple({one.code: one for one in reversed(found)}.values())[::-1]


def _of_servers(first: FirstContact) -> Iterator[Advice]:
    for server in first.taken:
        yield Advice("port-taken", {"server": server}, "OLLAMA_HOST=127.0.0.1:11435 ollama serve")
    for server in first.silent:
        if first.elsewhere:
            there = first.elsewhere[0]
            yield Advice("other-port", {"server": server, "there": there}, f"--endpoint ollama={there}")
        elif first.variable and first.variable != server:
            params = {"server": server, "there": first.variable}
            yield Advice("host-differs", params, f"--endpoint ollama={first.variable}")
        else:
            yield _of_silence(first, server)


def _of_silence(first: FirstContact, server: str) -> Advice:
    """Return what to do where nothing answers: by the side first, since loopback is another one on each."""
    params, installed = {"server": server}, first.installed
    if first.side is Side.CONTAINER:
        return Advice("in-container", params, "--endpoint ollama=http://host.docker.internal:11434")
    if not installed.here:
        return _of_absence(first, params)
    if installed.unit:
        return Advice("start-unit", params, "sudo systemctl start ollama")
    if installed.app:
        return Advice("start-app", params, "open -a Ollama" if first.side is Side.MACOS else "")
    return Advice("start", params, "ollama serve")


def _of_absence(first: FirstContact, params: Mapping[str, str]) -> Advice:
    """Return what to do where no Ollama was found on this side: it may be on the other one."""
    if first.side is Side.WSL2:
        return Advice("on-windows", params, "--endpoint ollama=http://ADDRESS-OF-WINDOWS:11434")
    if first.side is Side.WSL1 and first.installed.other_side:
        return Advice("start-app", params)
    if first.side is Side.WINDOWS and first.installed.other_side:
        return Advice("in-wsl", params, "wsl ollama serve")
    return Advice("not-installed", params)


def _of_stores(facts: Facts) -> Iterator[Advice]:
    """Yield where the folder that the project names is not the one that a server reads."""
    stores, declared = facts.get(Stores), facts.get(Expectations)
    if isinstance(stores, Gap):
        return
    text = "" if isinstance(declared, Gap) else declared.models_dir or ""
    named = text if _PLAIN.fullmatch(text) else "FOLDER"
    for folder in stores.named:
        for server in folder.same:
            own = stores.servers[server]
            if folder.same[server] is False and not isinstance(own, Gap):
                params = {"folder": folder.text, "root": own.store.root}
                yield Advice("other-store", params, f"OLLAMA_MODELS={named}")


def _of_loose(facts: Facts) -> Iterator[Advice]:
    """Yield the folders that the user gave and whose models no Ollama server has registered."""
    loose = facts.get(LooseModels)
    for folder in () if isinstance(loose, Gap) else loose.folders:
        if folder.holder is Holder.USER and folder.entries:
            commands = (register_command(entry.name.lower(), entry) for entry in folder.entries)
            params = {"root": folder.root, "count": str(len(folder.entries))}
            yield Advice("unregistered", params, next(filter(None, commands), ""))


def _of_names(first: FirstContact, configuration: Configuration | Gap) -> Iterator[Advice]:
    if isinstance(configuration, Gap) or configuration.reading is not Reading.MISSING:
        return
    if first.native:
        params = {"path": configuration.path, "found": ", ".join(first.native)}
        yield Advice("config-elsewhere", params, f"config: {first.native[0]}")
    elif first.foreign:
        yield Advice("other-formats", {"path": configuration.path, "found": ", ".join(first.foreign)})
