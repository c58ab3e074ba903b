"""What one server is set up with: every origin on this machine that is its own, the surest first."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.host import Endpoint
from modelcheck.core.serving import Container, Origin, ServerSetup, Setting
from modelcheck.core.variables import HOST, MODELS, listens, stripped
from modelcheck.probes.folders import shown
from modelcheck.probes.serving import log, process, systemd
from modelcheck.probes.serving.roots import LINUX, Roots
from modelcheck.probes.serving.setting import settings_of

JOURNAL = Gap(
    Why.NOT_UNDERSTOOD, about="the journal, a binary file", hint="journalctl -u ollama | grep 'server config'"
)


@dataclass
class Found:
    """What was found of one server."""

    settings: list[Setting] = field(default_factory=list[Setting])
    complete: bool = False
    models: Path | Gap = NOT_RECORDED
    undecided: tuple[str, ...] = ()
    unseen: list[Gap] = field(default_factory=list[Gap])


def look_at(roots: Roots, endpoint: Endpoint, containers: Iterable[Container], *, alone: bool) -> Found:
    """Look at every origin.

    `alone`: the project uses no other server of this machine, so that what starts Ollama on another port was meant
    for this one.
    """
    found = Found()
    if not endpoint.is_loopback:
        found.unseen.append(Gap(Why.NOT_RECORDED, about="the settings of a server on another machine"))
    else:
        _from_process(found, roots, endpoint.port)
        _from_log(found, roots, endpoint.port)
        if roots.system == LINUX:
            _from_units(found, roots, endpoint.port, alone=alone and not found.complete)
    for container in containers:
        found.settings += container.variables
        found.unseen += container.unseen
    found.settings += settings_of(roots.environ, Origin.SHELL, "this shell", home=roots.home)
    return found


def setup_of(found: Found, home: Path | None) -> ServerSetup:
    """Return what was found, and why the rest was not, fit for a report."""
    models = found.models if isinstance(found.models, Gap) else shown(found.models, home)
    return ServerSetup(tuple(found.settings), found.complete, models, found.undecided, tuple(found.unseen))


def _from_process(found: Found, roots: Roots, port: int) -> None:
    if roots.system != LINUX:
        return
    running = process.find_process(roots, port)
    if isinstance(running, Gap):
        found.unseen.append(running)
        return
    found.settings += settings_of(running.values, Origin.PROCESS, "its process", home=roots.home)
    found.complete = True
    if not running.contained:
        found.models = _folder(running.values)


def _from_log(found: Found, roots: Roots, port: int) -> None:
    values = log.read_log(roots)
    if isinstance(values, Gap):
        if not found.complete:
            found.unseen += [values, *([JOURNAL] if roots.system == LINUX else [])]
        return
    address = listens(values.get(HOST, ""))
    if address is None or address.port != port:
        return
    found.settings += settings_of(log.written(values), Origin.LOG, "server.log", home=roots.home)
    if not found.complete:
        found.complete = True
        found.undecided = log.undecided(values)
        found.models = _folder(values)


def _from_units(found: Found, roots: Roots, port: int, *, alone: bool) -> None:
    for unit in systemd.find_units(roots):
        address = listens(unit.values.get(HOST, ""))
        if not alone and (address is None or address.port != port):
            continue
        found.settings += settings_of(unit.values, Origin.SERVICE, unit.where, home=roots.home)
        found.unseen += unit.unread
        if isinstance(found.models, Gap) and MODELS in unit.values:
            found.models = _folder(unit.values)


def _folder(values: dict[str, str]) -> Path | Gap:
    """Return the folder of models that these variables make a server read."""
    named = stripped(values.get(MODELS, ""))
    if named:
        return Path(named)
    home = values.get("HOME", "")
    return Path(home) / ".ollama" / "models" if home else Gap(Why.NOT_RECORDED, about="the home of the server")
