"""First contact: which side this is, whether an Ollama is installed here, and where else one answers or is named.

Programs, units and folders are looked at by their names; nothing is started.
"""

import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from modelcheck.core.asked import Server, Servers
from modelcheck.core.diagnosis import DEFAULT, FirstContact, Installed, Side
from modelcheck.core.gap import Gap
from modelcheck.core.host import Endpoint, InvalidEndpoint, parse_endpoint, read_ollama_host
from modelcheck.core.machine import Contact, Contacts, ContactState
from modelcheck.core.project import Configuration, Engine, Reading
from modelcheck.core.variables import HOST, listens
from modelcheck.probes.access import Access
from modelcheck.probes.files import Unreadable, inside, read_regular
from modelcheck.probes.http import Line
from modelcheck.probes.ollama.address import address_of
from modelcheck.probes.ollama.answers import Garbled, version_of
from modelcheck.probes.ollama.line import VERSION
from modelcheck.probes.parallel import gather
from modelcheck.probes.probe import probe
from modelcheck.probes.serving.own import CONTAINER, WSL, special
from modelcheck.probes.serving.roots import LINUX, MACOS, WINDOWS, Roots
from modelcheck.probes.serving.systemd import find_units
from modelcheck.probes.side import roots_of

ANSWER_S = 1.0
MOST_BYTES = 1 << 16
MOST_PLACES = 200
"""Folders of PATH that are looked at."""
MOST_FOUND = 5
"""Files of one kind that are named."""

NATIVE_FOLDERS = ("config", "", "configs", "conf", "settings", "src/config", "app/config", "backend/config")
NATIVE_NAMES = ("models_config.json", "model_config.json", "models.json", "llm_config.json", "agent_models.json")
FOREIGN = (
    "litellm_config.yaml",
    "litellm-config.yaml",
    "config/litellm.yaml",
    ".continue/config.json",
    ".continue/config.yaml",
    ".aider.conf.yml",
    ".aider.model.settings.yml",
    "opencode.json",
    "opencode.jsonc",
    ".opencode/opencode.json",
    ".codex/config.toml",
    "config/agents.yaml",
    "OAI_CONFIG_LIST",
    "model_config.yaml",
    "promptfooconfig.yaml",
    "librechat.yaml",
)

_PLACES = {
    LINUX: ("/usr/local/bin/ollama", "/usr/bin/ollama", "/opt/ollama/bin/ollama", "/snap/bin/ollama"),
    MACOS: ("/usr/local/bin/ollama", "/opt/homebrew/bin/ollama"),
}
_APPS = {MACOS: ("/Applications/Ollama.app",)}
_OF_WINDOWS = "ollama.exe"
_SECOND = re.compile(r"wsl2|microsoft-standard", re.IGNORECASE)
_DRIVE = re.compile(r"/mnt/[a-z]/")


@probe
def first_contact(
    access: Access, servers: Servers | Gap, contacts: Contacts | Gap, configuration: Configuration | Gap
) -> FirstContact:
    """Look at what tells why something is missing; only loopback is asked, and only where a server is silent."""
    roots = roots_of(access)
    states = _states(access, servers, contacts)
    silent = tuple(address for address, state in states if state is not ContactState.NOT_OLLAMA)
    taken = tuple(address for address, state in states if state is ContactState.NOT_OLLAMA)
    missing = isinstance(configuration, Configuration) and configuration.reading is Reading.MISSING
    variable = _variable(access)
    return FirstContact(
        side=side_of(roots),
        installed=installed(roots),
        silent=silent,
        taken=taken,
        elsewhere=_elsewhere(access, roots, servers) if silent else (),
        variable="" if variable is None else _shown(variable),
        native=_found(access, _native()) if missing else (),
        foreign=_found(access, FOREIGN) if missing else (),
    )


def side_of(roots: Roots) -> Side:
    """Tell the side by the system, and on Linux by what containers and WSL leave."""
    if roots.system == WINDOWS:
        return Side.WINDOWS
    if roots.system == MACOS:
        return Side.MACOS
    if roots.system != LINUX:
        return Side.OTHER
    kind = special(roots)
    if kind == WSL:
        return Side.WSL2 if _SECOND.search(_kernel(roots)) else Side.WSL1
    return Side.CONTAINER if kind == CONTAINER else Side.LINUX


def installed(roots: Roots) -> Installed:
    """Look for Ollama where its installers put it."""
    folders = _path(roots)
    if roots.system == WINDOWS:
        local = roots.environ.get("LOCALAPPDATA", "")
        home = Path(local, "Programs", "Ollama") if local else None
        found = [folder / _OF_WINDOWS for folder in (*folders, *([home] if home else []))]
        wsl = Path(roots.environ.get("SYSTEMROOT") or roots.environ.get("SystemRoot") or "C:/Windows", "System32")
        app = home is not None and _is_there(home / "ollama app.exe")
        return Installed(any(map(_is_there, found)), app=app, other_side=_is_there(wsl / "wsl.exe"))
    own = [folder for folder in folders if not _DRIVE.match(f"{folder.as_posix()}/")]
    program = any(_is_there(folder / "ollama") for folder in own)
    program = program or any(_is_there(roots.at(place)) for place in _PLACES.get(roots.system, ()))
    return Installed(
        program=program,
        unit=roots.system == LINUX and bool(find_units(roots)),
        app=any(_is_there(roots.at(place), folder=True) for place in _APPS.get(roots.system, ())),
        other_side=any(_is_there(folder / _OF_WINDOWS) for folder in folders if folder not in own),
    )


def _path(roots: Roots) -> list[Path]:
    """Return the folders of PATH that are this machine's own."""
    separator = ";" if roots.system == WINDOWS else ":"
    texts = islice(roots.environ.get("PATH", "").split(separator), MOST_PLACES)
    return [Path(text) for text in texts if text and Path(text).is_absolute() and not text.startswith(("\\\\", "//"))]


def _is_there(path: Path, *, folder: bool = False) -> bool:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISDIR(mode) if folder else stat.S_ISREG(mode)


def _kernel(roots: Roots) -> str:
    try:
        return read_regular(roots.proc / "version", 1 << 16).decode("ascii", "replace")
    except OSError:
        return ""


def _states(access: Access, servers: Servers | Gap, contacts: Contacts | Gap) -> list[tuple[str, ContactState]]:
    """Return the addresses of this machine at which an Ollama was asked and did not answer as one."""
    if isinstance(servers, Gap) or isinstance(contacts, Gap):
        return []
    found: list[tuple[str, ContactState]] = []
    for server in servers.servers:
        contact, asked = contacts.servers[server.id], _asked(access, server)
        if server.engine is not Engine.OLLAMA or asked is None or not asked.is_loopback:
            continue
        if isinstance(contact, Contact) and contact.state is not ContactState.ANSWERED:
            found.append((_shown(asked), contact.state))
    return found


def _shown(endpoint: Endpoint) -> str:
    return str(endpoint.root).replace("//localhost:", "//127.0.0.1:")


def _asked(access: Access, server: Server) -> Endpoint | None:
    address = address_of(replace(access, network=True, offline=False), server)
    return None if isinstance(address, Gap) else parse_endpoint(address)


def _variable(access: Access) -> Endpoint | None:
    """Return where OLLAMA_HOST of this shell leads, if that is this machine."""
    text = access.environ.get(HOST, "")
    try:
        endpoint = read_ollama_host(text)
    except InvalidEndpoint:
        return None
    return endpoint if text and endpoint.is_loopback else None


def _elsewhere(access: Access, roots: Roots, servers: Servers | Gap) -> tuple[str, ...]:
    """Ask Ollama's own port, that of this shell and those of its units, where the project asks none of them."""
    if not access.network:
        return ()
    named = () if isinstance(servers, Gap) else servers.servers
    asked = {endpoint.port for server in named if (endpoint := _asked(access, server)) and endpoint.is_loopback}
    wanted = [parse_endpoint(DEFAULT), _variable(access), *_of_units(roots)]
    places = {_shown(one): one for one in wanted if one is not None and one.port not in asked}
    answers = gather(
        {url: partial(_is_ollama, access, one) for url, one in places.items()},
        limit_s=min(2 * ANSWER_S, access.inner_limit_s),
    )
    return tuple(url for url, answer in answers.items() if answer is True)


def _of_units(roots: Roots) -> Iterator[Endpoint]:
    for unit in find_units(roots) if roots.system == LINUX else ():
        address = listens(unit.values.get(HOST, ""))
        if address is not None and address.port:
            yield parse_endpoint(f"http://127.0.0.1:{address.port}")


def _is_ollama(access: Access, endpoint: Endpoint) -> bool:
    root = endpoint.root
    access.book.contact(str(root).partition("://")[2], "GET")
    reply = Line(str(root), limit_s=ANSWER_S, most_bytes=MOST_BYTES).ask("GET", VERSION)
    try:
        return reply.contact.state is ContactState.ANSWERED and bool(version_of(reply.body))
    except Garbled:
        return False


def _native() -> Iterator[str]:
    for folder in NATIVE_FOLDERS:
        yield from (f"{folder}/{name}" if folder else name for name in NATIVE_NAMES)


def _found(access: Access, paths: Iterator[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Return those that are files of the project; none is opened."""
    return tuple(islice((path for path in paths if _is_file(access.root, path)), MOST_FOUND))


def _is_file(root: Path, path: str) -> bool:
    try:
        return _is_there(inside(root, path))
    except Unreadable:
        return False
