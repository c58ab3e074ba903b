"""Provider sections of the native configuration: which engine each means, and where it points."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from modelcheck.core.host import OLLAMA_PORT, Endpoint, InvalidEndpoint, parse_endpoint
from modelcheck.core.precheck import is_cloud_name
from modelcheck.core.project import Engine, Problem, Provider, Target
from modelcheck.core.text import printable
from modelcheck.probes.access import FOREIGN, Access
from modelcheck.probes.native.document import MOST_PROBLEMS, Document

URL_KEYS = ("base_url", "api_base", "apiBase", "url", "host", "endpoint")
KEY_NAME_KEYS = ("api_key_env", "key_env", "env_key", "api_key_variable")
KNOWN_KEYS = {
    *URL_KEYS,
    *KEY_NAME_KEYS,
    "models",
    "api_key",
    "type",
    "name",
    "timeout",
    "timeout_s",
    "enabled",
    "default_model",
    "description",
    "max_retries",
    "options",
}
MOST_PROVIDERS = 200
MOST_MODELS = 2000
DEFAULT_SERVER = "default"


@dataclass(frozen=True)
class Destination:
    """Where requests to a provider go, as far as the configuration tells."""

    engine: Engine
    server: str
    address: str
    hosted: bool


class Directory:
    """The providers that a configuration knows: its own sections first, then providers known by name."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._sections: dict[str, Provider] = {}

    def add(self, provider: Provider) -> None:
        """Remember a section."""
        self._sections[provider.name.lower()] = provider

    def knows(self, name: str) -> bool:
        """Whether a name is a section or a provider known by name."""
        return name.lower() in self._sections or self._access.providers.named(name) is not None

    def destination(self, name: str) -> Destination:
        """Return where a provider name leads; an unknown name leads nowhere that is understood."""
        section = self._sections.get(name.lower())
        if section is not None:
            return Destination(section.engine, section.server, section.address, section.hosted)
        return self.resolve(name, None)

    def only_local(self) -> str | None:
        """Return the one section that is local, for models named without a provider."""
        local = [provider.name for provider in self._sections.values() if provider.engine.is_local]
        return local[0] if len(local) == 1 else None

    def resolve(self, name: str, url: str | None) -> Destination:
        """Decide by the address, then by the name."""
        known = self._access.providers.named(name)
        named = known.engine if known else Engine.UNKNOWN
        if url is None:
            if named is Engine.OLLAMA:
                return Destination(named, DEFAULT_SERVER, "", hosted=False)
            identity = known.id if known else name.lower()
            return Destination(named, identity, "", hosted=named.is_cloud)
        try:
            endpoint = parse_endpoint(url if "://" in url else f"http://{url}")
        except InvalidEndpoint:
            return Destination(Engine.UNKNOWN, name.lower(), FOREIGN, hosted=False)
        return self._at(name, named, endpoint)

    def _at(self, name: str, named: Engine, endpoint: Endpoint) -> Destination:
        official = self._access.providers.at(endpoint.host)
        if official is not None:
            return Destination(official.engine, official.id, endpoint.host, hosted=True)
        if endpoint.is_loopback:
            is_ollama = named is Engine.OLLAMA or endpoint.port == OLLAMA_PORT
            address = str(endpoint.root).replace("//localhost:", "//127.0.0.1:")
            self._access.named[address] = str(endpoint.root)
            return Destination(Engine.OLLAMA if is_ollama else Engine.OPENAI_LOCAL, address, address, hosted=False)
        near = endpoint.is_private or "." not in endpoint.host or endpoint.host.endswith((".internal", ".local"))
        self._access.named[name.lower()] = str(endpoint.root)
        engine = named
        if named.is_cloud:
            engine = Engine.OPENAI_LOCAL if near else named
        return Destination(engine, name.lower(), FOREIGN, hosted=not near)


def read_providers(
    document: Document, section: str, directory: Directory, problems: list[Problem]
) -> tuple[tuple[Provider, ...], list[Target]]:
    """Read every provider section; entries that are no objects become problems."""
    table = document.table.get(section, {})
    if not isinstance(table, dict):
        problems.append(document.problem("wrong-type", f"{section} must be an object", section))
        return (), []
    providers: list[Provider] = []
    listed: list[Target] = []
    for name, body in list(table.items())[:MOST_PROVIDERS]:
        if not isinstance(body, dict):
            problems.append(document.problem("wrong-type", f"{name} must be an object", section, name))
            continue
        provider = _provider(document, section, name, body, directory)
        directory.add(provider)
        providers.append(provider)
        problems.extend(_unknown(document, section, name, body))
        for step, text in _model_names(body.get("models")):
            if len(listed) < MOST_MODELS:
                listed.append(target(document, directory, text, name, (section, name, "models", step)))
    return tuple(providers), listed


def target(
    document: Document, directory: Directory, text: str, provider: str | None, trail: tuple[str | int, ...]
) -> Target:
    """Tell where one model name goes: a prefix that names a provider decides, then the provider beside it."""
    model = text
    prefix, slash, rest = text.partition("/")
    if slash and directory.knows(prefix) and (provider is None or provider.lower() == prefix.lower()):
        provider, model = prefix, rest
    elif provider is None:
        head, colon, tail = text.partition(":")
        if colon and head.lower() in {"ollama", "openai", "anthropic"} and tail:
            provider, model = head, tail
        else:
            provider = directory.only_local() or _guessed(text)
    destination = directory.destination(provider) if provider else Destination(Engine.UNKNOWN, "", "", hosted=False)
    cloud_name = destination.engine is Engine.OLLAMA and is_cloud_name(model)
    return Target(
        text=printable(text),
        provider=printable(provider or ""),
        engine=destination.engine,
        server=destination.server,
        model=model[:1000],
        cloud_name=cloud_name,
        hosted=destination.hosted,
        at=document.place(*trail),
    )


def text_of(body: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    """Return the first of these keys that holds a text."""
    for key in keys:
        value = body.get(key)
        if isinstance(value, str) and value.strip():
            return value
    return None


def _provider(document: Document, section: str, name: str, body: Mapping[str, Any], directory: Directory) -> Provider:
    destination = directory.resolve(name, text_of(body, URL_KEYS))
    own = directory.resolve(name, None)
    return Provider(
        name=printable(name),
        engine=destination.engine,
        server=destination.server,
        address=destination.address,
        declared_local=own.engine.is_local,
        hosted=destination.hosted,
        key_variable=text_of(body, KEY_NAME_KEYS),
        at=document.place(section, name),
    )


def _unknown(document: Document, section: str, name: str, body: Mapping[str, Any]) -> list[Problem]:
    unknown = [key for key in body if key not in KNOWN_KEYS][:MOST_PROBLEMS]
    return [document.problem("unknown-key", f"{name}.{key}", section, name, key) for key in unknown]


def _model_names(models: object) -> list[tuple[str | int, str]]:
    """Return the names that a provider lists, whether as list, as list of objects, or as keys."""
    if isinstance(models, dict):
        return [(name, name) for name in models]
    names: list[tuple[str | int, str]] = []
    for index, item in enumerate(models if isinstance(models, list) else []):
        name = text_of(item, ("name", "id", "model")) if isinstance(item, dict) else item
        if isinstance(name, str) and name.strip():
            names.append((index, name))
    return names


def _guessed(text: str) -> str | None:
    lowered = text.lower()
    if lowered.startswith("claude-"):
        return "anthropic"
    return "openai" if lowered.startswith(("gpt-4", "gpt-5", "o3", "o4")) else None
