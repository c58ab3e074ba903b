"""Provider sections of the native configuration: which engine each means, and where it points."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from modelcheck.core.host import OLLAMA_PORT, Endpoint
from modelcheck.core.project import Engine, Problem, Provider
from modelcheck.core.tables import KnownProvider
from modelcheck.core.text import printable
from modelcheck.probes.access import FOREIGN, Access
from modelcheck.probes.native.address import URL_KEYS, faults, is_near, read_address, route
from modelcheck.probes.native.document import Document
from modelcheck.probes.native.numbers import INNER, Numbers
from modelcheck.probes.values import as_table, text_of

PROVIDERS = "model_providers"
DEFAULT_SERVER = "default"
DEFAULT_ADDRESS = "the default Ollama server"
"""How a server is shown that no address is given for."""
"""Id of the server that Ollama's own clients ask when nothing is said."""
MOST_PROVIDERS = 200

TYPE_KEYS = ("type", "provider", "engine")
KEY_NAME_KEYS = ("api_key_env", "key_env", "env_key", "api_key_variable")
TEXT_KEYS = (*URL_KEYS, *TYPE_KEYS, *KEY_NAME_KEYS)
TIMEOUT_KEYS = ("timeout_s", "timeout", "request_timeout")
RETRY_KEYS = ("max_retries", "retries", "num_retries")
TLS_KEYS = ("verify", "verify_ssl", "ssl_verify")
KNOWN_KEYS = {
    *TEXT_KEYS,
    *TIMEOUT_KEYS,
    *RETRY_KEYS,
    *TLS_KEYS,
    *INNER,
    "models",
    "default_model",
    "port",
    "api_key",
    "name",
    "enabled",
    "description",
}
MOST_SECONDS = 10_000_000
MOST_RETRIES = 1000
NO_NAME = "not a variable's name"
"""Stands for a text under `api_key_env` that is no name of a variable: it may be the key itself."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


@dataclass(frozen=True)
class Destination:
    """Where requests to a provider go, as far as the configuration tells."""

    engine: Engine
    server: str
    address: str
    hosted: bool = False


NOWHERE = Destination(Engine.UNKNOWN, "", "")


class Directory:
    """The providers that a configuration knows: its own sections first, then providers known by name."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._sections: dict[str, Provider] = {}
        self._folded: dict[str, str] = {}
        self._taken = {DEFAULT_SERVER: DEFAULT_SERVER}

    def add(self, name: str, provider: Provider) -> None:
        """Remember a section under its name as written."""
        self._sections[name] = provider
        self._folded.setdefault(name.lower(), name)

    def section(self, name: str) -> Provider | None:
        """Return the section that a name means: in this spelling, then in any, then the only one of Ollama's."""
        written = self._written(name)
        return None if written is None else self._sections[written]

    @property
    def providers(self) -> tuple[Provider, ...]:
        """The sections, in their order."""
        return tuple(self._sections.values())

    def knows(self, name: str) -> bool:
        """Whether a name is a section or a provider known by name."""
        return self.section(name) is not None or self.known(name) is not None

    def destination(self, name: str) -> Destination:
        """Return where a provider name leads; an unknown name leads nowhere that is understood."""
        section = self.section(name)
        if section is not None:
            return Destination(section.engine, section.server, section.address, section.hosted)
        return self.resolve(name, self.known(name), None)

    def only_local(self) -> str | None:
        """Return the one section that is local, for models named without a provider."""
        return _sole(name for name, provider in self._sections.items() if provider.engine.is_local)

    def known(self, name: str) -> KnownProvider | None:
        """Return what is publicly known of a provider of this name."""
        return self._access.providers.named(name)

    def resolve(self, name: str, known: KnownProvider | None, endpoint: Endpoint | None) -> Destination:
        """Decide by the address, then by what is known of the name."""
        named = known.engine if known else Engine.UNKNOWN
        if endpoint is not None:
            return self._at(name, named, endpoint)
        if named is Engine.OLLAMA:
            return Destination(named, DEFAULT_SERVER, "")
        return Destination(named, self._identity(known.id if known else name), "", hosted=named.is_cloud)

    def unresolved(self, name: str) -> Destination:
        """Return what can be said of a section whose address cannot be read."""
        return Destination(Engine.UNKNOWN, self._identity(name, FOREIGN), FOREIGN)

    def looks_like_key(self, text: str) -> bool:
        """Whether a text has the shape of some provider's key."""
        patterns = (known.key_pattern for known in self._access.providers.providers)
        return any(pattern is not None and re.search(pattern, text) for pattern in patterns)

    def _written(self, name: str) -> str | None:
        written = name if name in self._sections else self._folded.get(name.lower())
        if written is not None:
            return written
        known = self.known(name)
        if known is None or known.engine is not Engine.OLLAMA:
            return None
        return _sole(name for name, provider in self._sections.items() if provider.engine is Engine.OLLAMA)

    def _at(self, name: str, named: Engine, endpoint: Endpoint) -> Destination:
        official = self._access.providers.at(endpoint.host)
        if official is not None:
            return Destination(official.engine, self._identity(official.id), endpoint.host, hosted=True)
        real = str(endpoint.root)
        if endpoint.is_loopback:
            address = real.replace("//localhost:", "//127.0.0.1:")
            identity = self._identity(address)
        else:
            address, identity = FOREIGN, self._identity(name, real)
        self._access.named[identity] = real
        return Destination(_engine(name, named, endpoint), identity, address, hosted=not is_near(endpoint))

    def _identity(self, text: str, thing: str = "") -> str:
        """Return an id that stands for one thing alone, however sections are called."""
        identity = printable(text.lower())
        while self._taken.setdefault(identity, thing) != thing:
            identity += "'"
        return identity


def read_providers(document: Document, directory: Directory, problems: list[Problem]) -> None:
    """Read every provider section into the directory; what is not understood becomes a problem."""
    table = as_table(document.table.get(PROVIDERS, {}))
    if table is None:
        problems.append(document.problem("wrong-type", f"{PROVIDERS} must be an object", PROVIDERS))
        return
    if len(table) > MOST_PROVIDERS:
        problems.append(document.problem("too-many", f"{PROVIDERS} has more than {MOST_PROVIDERS}", PROVIDERS))
    for name, value in islice(table.items(), MOST_PROVIDERS):
        body = {"base_url": value} if isinstance(value, str) else as_table(value)
        if body is None:
            problems.append(document.problem("wrong-type", f"{name} must be an object", PROVIDERS, name))
        else:
            problems.extend(_odd(document, directory, name, body))
            directory.add(name, _provider(document, directory, name, body, problems))


def _provider(
    document: Document, directory: Directory, name: str, body: Mapping[str, object], problems: list[Problem]
) -> Provider:
    known = directory.known(name) or directory.known(text_of(body, TYPE_KEYS) or "")
    named = known.engine if known else Engine.UNKNOWN
    address = read_address(body, named)
    if address is not None and address.endpoint is None and named is Engine.OLLAMA and address.is_ollamas_own:
        destination = directory.resolve(name, known, None)
    elif address is not None and address.endpoint is None:
        destination = directory.unresolved(name)
        problems.append(document.problem("wrong-type", f"{name}: {address.reason}", PROVIDERS, name))
    else:
        destination = directory.resolve(name, known, address.client if address else None)
    variable = text_of(body, KEY_NAME_KEYS)
    numbers = Numbers(document, problems, (PROVIDERS, name), body)
    return Provider(
        name=printable(name),
        engine=destination.engine,
        server=destination.server,
        address=destination.address,
        declared_local=known is not None and known.engine.is_local,
        hosted=destination.hosted,
        key_variable=variable if variable is None or _is_variable(variable, directory) else NO_NAME,
        at=document.place(PROVIDERS, name),
        route=route(address, named, destination.engine),
        faults=faults(body, address, named, destination.engine),
        timeout_s=numbers.seconds(TIMEOUT_KEYS, MOST_SECONDS),
        max_retries=numbers.whole(RETRY_KEYS, 0, MOST_RETRIES),
        verifies_tls=numbers.is_on(TLS_KEYS),
    )


def _engine(name: str, named: Engine, endpoint: Endpoint) -> Engine:
    """Tell what serves at an address that is no official one."""
    near, is_ollamas = is_near(endpoint), endpoint.port == OLLAMA_PORT
    if is_ollamas and (near or named is Engine.UNKNOWN):
        return Engine.OLLAMA
    if named is Engine.OLLAMA and "ollama" not in name.lower() and endpoint.path.rstrip("/").endswith("/v1"):
        return Engine.OPENAI_LOCAL  # `local` alone says less than the path of another API
    if endpoint.is_loopback and named is Engine.UNKNOWN:
        return Engine.OPENAI_LOCAL
    return Engine.OPENAI_LOCAL if near and named.is_cloud else named


def _is_variable(text: str, directory: Directory) -> bool:
    return _VARIABLE.fullmatch(text) is not None and not directory.looks_like_key(text)


def _odd(document: Document, directory: Directory, name: str, body: Mapping[str, object]) -> Iterator[Problem]:
    """Yield what in a section has no effect or another than was meant."""
    for key, value in body.items():
        if key not in KNOWN_KEYS:
            yield document.problem("unknown-key", f"{name}.{key}", PROVIDERS, name, key)
        elif key in TEXT_KEYS and not isinstance(value, str | None):
            yield document.problem("wrong-type", f"{name}.{key} must be a text", PROVIDERS, name, key)
        elif key in KEY_NAME_KEYS and isinstance(value, str) and not _is_variable(value.strip(), directory):
            yield document.problem("wrong-type", f"{name}.{key} must name a variable", PROVIDERS, name, key)


def _sole(names: Iterable[str]) -> str | None:
    """Return the name, if there is exactly one."""
    first = list(islice(names, 2))
    return first[0] if len(first) == 1 else None
