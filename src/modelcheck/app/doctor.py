"""The doctor: what modelcheck itself sees and lacks on this machine; nothing beyond loopback is contacted."""

import dataclasses
import os
import platform
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

from modelcheck import __version__
from modelcheck.app import health
from modelcheck.app.catalogue import probes_of
from modelcheck.app.errors import NothingSeen, UserError
from modelcheck.app.last import cache_trouble
from modelcheck.app.look import look
from modelcheck.app.options import Options
from modelcheck.app.places import home, project_root
from modelcheck.app.precheck import inventory_servers
from modelcheck.app.rulebook import rulebook
from modelcheck.core.asked import Server, Servers
from modelcheck.core.diagnosis import FirstContact
from modelcheck.core.exceptions import Exceptions
from modelcheck.core.facts import NOT_ASKED, Fact, Facts
from modelcheck.core.graphics import Gpus
from modelcheck.core.health import Health, Line, Standing
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Contacts, Platform, Versions
from modelcheck.core.project import Configuration, Engine
from modelcheck.core.rulebook import Rulebook
from modelcheck.core.sentence import Told
from modelcheck.core.stores import LooseModels, Stores
from modelcheck.probes.access import CONFIG, Access
from modelcheck.probes.folders import shown
from modelcheck.probes.probe import probe
from modelcheck.profiles.ownfile import own_file
from modelcheck.profiles.settings import read_settings
from modelcheck.profiles.shipped import profile

PACKAGES = ("ollama", "anthropic", "openai", "nvidia-ml-py")
EXTRAS = {"genai-prices": "modelcheck[cost]"}
"""Packages that more is seen with, and how each is installed."""
PORTS = (1234, 8000, 8080)
"""Where LM Studio, vLLM and llama.cpp listen unless somebody says otherwise."""
KINDS: frozenset[type[Fact]] = frozenset(
    {Servers, Contacts, Versions, Gpus, Platform, Stores, LooseModels, FirstContact, Configuration}
)


@probe
def local_servers(access: Access) -> Servers:
    """Enumerate the servers of the project or Ollama's default one, and those of others at their own ports."""
    named = inventory_servers(access).servers
    urls = (f"http://127.0.0.1:{port}" for port in PORTS)
    known = {server.id for server in named}
    return Servers((*named, *(Server(url, Engine.OPENAI_LOCAL, url) for url in urls if url not in known)))


def doctor(options: Options, say: Callable[[Told], str] = str) -> Health:
    """Look at what modelcheck needs; `say` puts what went wrong into words.

    Raises:
        UserError: the folder that was given is none.

    """
    options = dataclasses.replace(options, offline=True)
    lines = [*_program(), *_packages(), *_own_settings()]
    try:
        root = project_root(options.path)
    except NothingSeen as nothing:
        lines.append(Line("no-project", Standing.NOTE, {"reason": say(nothing)}))
        with TemporaryDirectory(prefix="modelcheck-doctor-") as nowhere:
            facts = _seen(dataclasses.replace(options, path=Path(nowhere)), _plain())
        return Health.of((*lines, *health.of_machine(facts), *_keys(), *_cache(say)))
    try:
        rules = rulebook(options, root)
        lines += [
            health.of_settings(read_settings(root).file),
            Line("profile", Standing.OK, {"name": rules.profile.name, "title": rules.profile.title}),
        ]
    except UserError as error:
        rules = _plain()
        lines.append(Line("settings-broken", Standing.TODO, {"reason": say(error)}))
    facts = _seen(options, rules)
    found = (*lines, *health.of_project(facts, root), *health.of_machine(facts), *_keys(), *_cache(say))
    return Health.of((*found, Line("next", Standing.NOTE, {}, "modelcheck audit")))


def _plain() -> Rulebook:
    """Return what judges where no settings can be read."""
    return Rulebook(profile("default"), CONFIG, (), Expectations(), Exceptions(), NOT_ASKED)


def _seen(options: Options, rules: Rulebook) -> Facts:
    others = [one for one in probes_of() if Servers not in one.promises]
    return look(options, rules, KINDS, (local_servers, *others))


def _program() -> Iterator[Line]:
    yield Line("version", Standing.OK, {"version": __version__, "python": platform.python_version()})
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower()
    wide = encoding.replace("-", "").replace("_", "") in {"utf8", "utf16", "utf32"}
    standing = Standing.OK if wide else Standing.NOTE
    yield Line(
        "console" if wide else "console-narrow", standing, {"encoding": encoding}, "" if wide else "PYTHONUTF8=1"
    )


def _packages() -> Iterator[Line]:
    """Look packages up by their names; none is imported."""
    found = {name: _installed(name) for name in (*PACKAGES, *EXTRAS)}
    there = [f"{name} {number}" for name, number in found.items() if number is not None]
    if there:
        yield Line("packages", Standing.OK, {"names": ", ".join(there)})
    for name in PACKAGES:
        if found[name] is None:
            yield Line("package-missing", Standing.TODO, {"name": name}, f"pip install {name}")
    for name, extra in EXTRAS.items():
        if found[name] is None:
            yield Line("extra-missing", Standing.NOTE, {"name": name}, f"pip install '{extra}'")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _own_settings() -> Iterator[Line]:
    """Tell where the user's own settings are or would be; one that cannot be used has ended the command before."""
    path = own_file(os.environ, home(), sys.platform)
    if path is not None:
        there = os.path.lexists(path)
        params = {"path": shown(path, home())}
        yield Line("own" if there else "own-none", Standing.OK if there else Standing.NOTE, params)


def _keys() -> Iterator[Line]:
    """Tell which variables that hold keys are set; none of them is read any further."""
    yield from health.of_keys(frozenset(name for name, value in os.environ.items() if value.strip()))


def _cache(say: Callable[[Told], str]) -> Iterator[Line]:
    trouble = cache_trouble()
    if trouble is None:
        yield Line("cache", Standing.OK)
    else:
        yield Line("cache-trouble", Standing.TODO, {"reason": say(trouble)})
