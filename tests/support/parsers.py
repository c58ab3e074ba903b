"""Every parser of what comes from outside, with true input to begin from: what it says of anything else is tested."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from healthy_facts import HEALTHY

from modelcheck.app.decision import decision
from modelcheck.app.errors import UserError
from modelcheck.app.options import Options
from modelcheck.app.pulling import PullFailed, step_of
from modelcheck.app.tables import table
from modelcheck.core.asked import Server, Servers
from modelcheck.core.codec import NotJson, decode_json
from modelcheck.core.durations import duration, keep_seconds
from modelcheck.core.facts import Place
from modelcheck.core.factsfile import facts_text, read_facts
from modelcheck.core.gap import Gap, Unseen
from modelcheck.core.glob import matches
from modelcheck.core.host import InvalidEndpoint, listen_address, parse_endpoint, read_ollama_host
from modelcheck.core.machine import Contact, ContactState
from modelcheck.core.name import InvalidName, ModelName, ModelRef, pull_target
from modelcheck.core.project import Agents, Engine
from modelcheck.core.sentence import Told
from modelcheck.core.tables import KnownProviders
from modelcheck.core.text import printable
from modelcheck.core.variables import kind_of, listens, opens_to_pages, reading
from modelcheck.core.version import Version
from modelcheck.probes.access import Access
from modelcheck.probes.agents import agent_classes
from modelcheck.probes.compatible import QUESTIONS, read
from modelcheck.probes.compose import compose
from modelcheck.probes.envfile import bindings, decoded
from modelcheck.probes.gittree import read_standing
from modelcheck.probes.http import Reply
from modelcheck.probes.literals import literals_in
from modelcheck.probes.lock import lock
from modelcheck.probes.marks import marks_in
from modelcheck.probes.native import configuration
from modelcheck.probes.ollama.answers import Garbled, entries_of, loaded_of, shape_of, switch_of, version_of
from modelcheck.probes.serving.log import read_log, written
from modelcheck.probes.serving.roots import Roots
from modelcheck.probes.serving.sockets import listeners
from modelcheck.probes.serving.systemd import Unit, read_unit
from modelcheck.probes.shape import Shapes
from modelcheck.probes.store.manifests import parse
from modelcheck.profiles.environment import environment
from modelcheck.profiles.own import own
from modelcheck.profiles.settings import InvalidSettings, read_settings
from modelcheck.profiles.shipped import profile

SEEDS = Path(__file__).parent.parent / "seeds"
GOLDEN = Path(__file__).parent.parent / "golden" / "healthy_report.json"
RECORDED = Path(__file__).parent.parent / "recorded"
ANSWERS = {
    "version": version_of,
    "tags": entries_of,
    "ps": loaded_of,
    "status": switch_of,
    "show": shape_of,
}


@dataclass(frozen=True)
class Parser:
    """One parser: its true input, how it is called, and the words in which it may refuse."""

    name: str
    seeds: tuple[bytes, ...]
    read: Callable[[bytes], object]
    refuses: tuple[type[Exception], ...] = ()


def parsers() -> tuple[Parser, ...]:
    """Return every parser; the same ones each time."""
    return (*_of_files(), *_of_texts(), *_of_servers())


def _of_files() -> tuple[Parser, ...]:
    return (
        Parser("configuration", _seeds("configuration"), _configuration),
        Parser("models.lock", _seeds("lock"), _lock, (Unseen,)),
        Parser("modelcheck.yaml", _seeds("settings"), _settings("modelcheck.yaml"), (InvalidSettings, Told)),
        Parser("the user's settings", _seeds("own"), _own, (InvalidSettings,)),
        Parser("profiles", _seeds("profile"), _profile, (Told,)),
        Parser("stored reports", (GOLDEN.read_bytes(),), _report, (UserError,)),
        Parser("marks", _seeds("marks"), _marks),
        Parser("pyproject.toml", _seeds("toml"), _settings("pyproject.toml"), (InvalidSettings, Told)),
        Parser("compose files", _seeds("compose"), _compose),
        Parser(".env files", _seeds("envfile"), lambda data: list(bindings(decoded(data))), (UnicodeDecodeError,)),
        Parser("key literals", (*_seeds("envfile"), *_seeds("configuration")), _literals),
        Parser("agent classes", _seeds("agents"), _agents),
        Parser(".gitignore", _seeds("gitignore"), _gitignore),
        Parser("facts files", (facts_text(HEALTHY),), read_facts, (NotJson,)),
        Parser("manifests", _seeds("manifest"), parse),
        Parser("systemd units", _seeds("unit"), _unit),
        Parser("server.log", _seeds("log"), _log),
        Parser("sockets", _seeds("sockets"), _sockets),
    )


def _of_texts() -> tuple[Parser, ...]:
    return (
        Parser("MODELCHECK_…", (*_lines("values"), *_lines("hosts")), _variables, (InvalidSettings,)),
        Parser("model names", _lines("names"), _name, (InvalidName,)),
        Parser("addresses", _lines("hosts"), _host, (InvalidEndpoint,)),
        Parser("values of variables", (*_lines("values"), *_lines("hosts")), _value),
        Parser("lines of a pull", _lines("pull"), step_of, (PullFailed,)),
        Parser("JSON", _recorded("ollama"), lambda data: decode_json(data, limit=1 << 20), (NotJson,)),
    )


def _of_servers() -> tuple[Parser, ...]:
    answers = tuple(
        Parser(f"Ollama's {name}", _recorded("ollama", name), _answer(read), (NotJson, Garbled))
        for name, read in ANSWERS.items()
    )
    return (*answers, Parser("OpenAI-compatible lists", _recorded("compatible"), _compatible, (NotJson,)))


def _seeds(folder: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted((SEEDS / folder).iterdir()))


def _lines(name: str) -> tuple[bytes, ...]:
    return tuple((SEEDS / "words" / f"{name}.txt").read_bytes().splitlines())


def _recorded(folder: str, start: str = "") -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted((RECORDED / folder).glob(f"{start}*.json")))


@cache
def _room() -> Path:
    """Return a folder for what has to lie on a disk, in memory where there is such a place."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
    parent = shared if os.access(shared, os.W_OK) else None
    folder = TemporaryDirectory(prefix="modelcheck-fuzz-", dir=parent)
    _KEPT.append(folder)
    (Path(folder.name) / "config").mkdir()
    (Path(folder.name) / ".git").mkdir()
    return Path(folder.name)


_KEPT: list[TemporaryDirectory[str]] = []
"""Folders that go when the program ends."""


def _put(name: str, data: bytes) -> Path:
    path = _room() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _alone(name: str, data: bytes, look: Callable[[], object]) -> object:
    """Look at a project that holds this one file."""
    path = _put(name, data)
    try:
        return look()
    finally:
        path.unlink()


def _access() -> Access:
    return Access(_room(), table(KnownProviders))


def _configuration(data: bytes) -> object:
    return _alone("config/models_config.json", data, lambda: configuration(_access()))


def _lock(data: bytes) -> object:
    return _alone("models.lock", data, lambda: lock(_access()))


def _settings(name: str) -> Callable[[bytes], object]:
    return lambda data: _alone(name, data, lambda: read_settings(_room()))


def _own(data: bytes) -> object:
    environ = {"MODELCHECK_CONFIG": str(_put("own.yaml", data))}
    return own(environ, _room() / "home", "linux", _room() / "config")


def _profile(data: bytes) -> object:
    return _alone("house.yaml", data, lambda: profile("house.yaml", _room()))


def _report(data: bytes) -> object:
    return _alone("report.json", data, lambda: decision(Options(path=_room() / "report.json")))


def _marks(data: bytes) -> object:
    return list(marks_in(data.decode("utf-8", "replace"), "a.py", Shapes(table(KnownProviders))))


def _variables(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    refused: Exception | None = None
    for name in ("PROFILE", "OFFLINE", "ENDPOINTS", "PATHS", "MODELS_DIRS", "KEY_VARIABLES", "FAIL_UNDER", "LANG"):
        try:
            environment({f"MODELCHECK_{name}": text}, None)
        except InvalidSettings as error:
            refused = error
    if refused is not None:
        raise refused
    return text


def _compose(data: bytes) -> object:
    servers = Servers((Server("ollama", Engine.OLLAMA, "http://localhost:11434", Place("x", 1)),))
    return _alone("compose.yaml", data, lambda: compose(_access(), servers))


def _agents(data: bytes) -> object:
    return _alone("agents/a.py", data, lambda: agent_classes(_access(), Agents(())))


def _gitignore(data: bytes) -> object:
    paths = (".env", "build/x/y.log", "a1", "#y")
    return _alone(".gitignore", data, lambda: read_standing(_room(), paths))


def _literals(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    try:
        decode_json(data, limit=1 << 20)
    except NotJson:
        return literals_in(text, Shapes(table(KnownProviders)), is_json=False)
    return literals_in(text, Shapes(table(KnownProviders)), is_json=True)


def _unit(data: bytes) -> object:
    unit = Unit("ollama.service")
    read_unit([data.decode("utf-8", "replace"), "[Service]\nEnvironment=A=1"], unit)
    return unit


def _log(data: bytes) -> object:
    roots = Roots(system="darwin", home=_room())

    def look() -> object:
        values = read_log(roots)
        return values if isinstance(values, Gap) else written(values)

    return _alone(".ollama/logs/server.log", data, look)


def _sockets(data: bytes) -> object:
    return _alone("proc/net/tcp", data, lambda: listeners(_room() / "proc", 11434))


def _name(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    refused: Exception | None = None
    for read_as in (ModelName.parse, ModelRef.parse, pull_target):
        try:
            read_as(text)
        except InvalidName as error:
            refused = error
    if refused is not None:
        raise refused
    return text


def _host(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    refused: Exception | None = None
    for read_as in (parse_endpoint, read_ollama_host, listen_address):
        try:
            read_as(text)
        except InvalidEndpoint as error:
            refused = error
    if refused is not None:
        raise refused
    return text


def _value(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    names = ("OLLAMA_KEEP_ALIVE", "OLLAMA_HOST", "OLLAMA_ORIGINS", "OLLAMA_NUM_PARALLEL", "OLLAMA_FLASH_ATTENTION")
    told = [reading(name, text) for name in (*names, "OLLAMA_KV_CACHE_TYPE", "OLLAMA_CONTEXT_LENGTH")]
    further = (keep_seconds(text), duration(text), Version.parse(text), listens(text), opens_to_pages(text))
    return told, further, kind_of(text), matches(text[:100], text), printable(text)


def _answer(read_as: Callable[[object], object]) -> Callable[[bytes], object]:
    return lambda data: read_as(decode_json(data, limit=1 << 22))


def _compatible(data: bytes) -> object:
    reply = Reply(Contact(ContactState.ANSWERED), 200, decode_json(data, limit=1 << 22))
    return read(dict.fromkeys(QUESTIONS, reply), "a server")


def crash(parser: Parser, data: bytes) -> str:
    """Return what is wrong with how a parser took its input; empty when it read or refused it."""
    try:
        parser.read(data)
    except parser.refuses:
        return ""
    except Exception as error:  # noqa: BLE001 - each is what this looks for
        frame = sys.exc_info()[2]
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        at = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else ""
        return f"{type(error).__name__}: {str(error)[:200]} at {at}"
    return ""
