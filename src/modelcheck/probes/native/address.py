"""Addresses of provider sections: how each is read, which API it speaks, and what is wrong with it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from modelcheck.core.host import DEFAULT_PORTS, OLLAMA_PORT, Endpoint, InvalidEndpoint, parse_endpoint
from modelcheck.core.project import Engine, Route
from modelcheck.probes.values import text_of

URL_KEYS = ("base_url", "api_base", "apiBase", "url", "host", "endpoint")
ROUTE_KEYS = {"url", "endpoint"}
"""May hold the address of one route instead of a server's root."""

OPENAIS = {Engine.OPENAI, Engine.OPENAI_LOCAL}
EVERYWHERE = {"0": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, as clients do, as this machine

_NATIVE_ROUTES = {"chat", "generate", "embed", "embeddings", "tags", "show", "ps", "pull", "version"}
_OPENAI_ROUTES = {"chat", "completions", "embeddings", "models", "responses", "messages"}
_OWN_DOMAINS = (".internal", ".local", ".lan", ".localdomain", ".home", ".home.arpa", ".corp", ".intranet")
_MESHES = (".ts.net",)
"""Domains whose traffic is encrypted below HTTP."""
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_VARIABLE = re.compile(r"\$\{|\$\(|\{\{|%[A-Za-z_][A-Za-z0-9_]{2,}%|\A\$[A-Za-z_]|\A(?:env:|os\.environ/)")
_OLLAMA_HOST = re.compile(
    r"(?:http://)?(?:\$OLLAMA_HOST|%OLLAMA_HOST%|\{?env:OLLAMA_HOST\}?|os\.environ/OLLAMA_HOST"
    r"|\$\{OLLAMA_HOST(?::?-(?:(?:http://)?(?:localhost|127\.0\.0\.1)(?::11434)?/?)?)?\})/?"
)
_PORT = re.compile(r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]")
_JUNK = re.compile(r"[\s\"'<>\\,;?#]")


@dataclass(frozen=True)
class Address:
    """An address as a section writes it."""

    key: str
    """The key that it stands under."""
    text: str
    """Never shown: it may hold a password."""
    url: str
    """The text with the scheme and port that it lacks."""
    endpoint: Endpoint | None
    """None where it is no address."""
    reason: str = ""
    """Why it is none, without repeating it."""

    @property
    def client(self) -> Endpoint | None:
        """Where a client ends up that is told so: an address that means every interface is this machine."""
        if self.endpoint is None:
            return None
        return msgspec.structs.replace(self.endpoint, host=EVERYWHERE.get(self.endpoint.host, self.endpoint.host))

    @property
    def is_ollamas_own(self) -> bool:
        """Whether it is taken from OLLAMA_HOST, which Ollama's own clients read: then it is their default server."""
        return _OLLAMA_HOST.fullmatch(self.text) is not None

    @property
    def steps(self) -> list[str]:
        """The steps of its path."""
        path = self.endpoint.path if self.endpoint else ""
        return [step for step in path.lower().split("/") if step]


def read_address(body: Mapping[str, object], named: Engine) -> Address | None:
    """Return the address of a section whose name says so much of its engine, None when it has none."""
    text = text_of(body, URL_KEYS)
    if text is None:
        return None
    key = next(key for key in URL_KEYS if text_of(body, (key,)) == text)
    if _VARIABLE.search(text):
        return Address(key, text, text, None, "the address is taken from a variable, which is not looked up")
    url = _with_scheme(text, body.get("port"), named)
    try:
        return Address(key, text, url, parse_endpoint(url))
    except InvalidEndpoint as error:
        return Address(key, text, url, None, str(error))


def faults(body: Mapping[str, object], address: Address | None, named: Engine, engine: Engine) -> tuple[str, ...]:
    """Return the codes of what is wrong with the address of a section."""
    if address is None:
        return ("unreadable",) if any(body.get(key) not in (None, "") for key in URL_KEYS) else ()
    if address.endpoint is None:
        return (_no_address(address.url),)
    return tuple(_faults(address, address.endpoint, named, engine))


def route(address: Address | None, named: Engine, engine: Engine) -> Route:
    """Return the API that a section is spoken to in: its path decides, then its name."""
    if engine.is_cloud:
        return Route.NATIVE
    if engine is Engine.OPENAI_LOCAL or (engine.is_local and named in OPENAIS):
        return Route.OPENAI
    return Route.OPENAI if address and "v1" in address.steps else Route.NATIVE


def is_near(endpoint: Endpoint) -> bool:
    """Whether it is surely no public host: an address or domain of local networks, or a bare name, as in compose."""
    name = endpoint.host.removesuffix(".")
    if endpoint.is_private or name.endswith(_OWN_DOMAINS):
        return True
    return "." not in name and ":" not in name and _NUMBER.fullmatch(name) is None


def _with_scheme(url: str, port: object, named: Engine) -> str:
    """Complete an address that is no URL, with the port beside it or Ollama's own."""
    if "://" in url:
        return url
    if ":" not in url and port is not None:
        return f"http://{url}:{port}"
    if named is Engine.OLLAMA and ":" not in url and "/" not in url:
        return f"http://{url}:{OLLAMA_PORT}"
    return f"http://{url}"


def _no_address(url: str) -> str:
    """Tell what keeps a text from being an address."""
    scheme, _, rest = url.partition("://")
    host, colon, port = rest.partition("/")[0].rpartition(":")
    if "@" in url:
        return "credentials"
    if _VARIABLE.search(url):
        return "from-variable"
    if scheme.lower() not in DEFAULT_PORTS:
        return "scheme"
    if _JUNK.search(url):
        return "junk"
    if colon and not host:
        return "everywhere"
    has_port = host.endswith("]") or (host and ":" not in host)
    return "bad-port" if has_port and _PORT.fullmatch(port) is None else "unreadable"


def _faults(address: Address, endpoint: Endpoint, named: Engine, engine: Engine) -> Iterator[str]:
    has_scheme = "://" in address.text
    if not has_scheme and address.key != "host":
        yield "no-scheme"
    if endpoint.host in EVERYWHERE:
        yield "everywhere"
    if "//" in endpoint.path:
        yield "junk"
    if _is_wrong_path(address, engine):
        yield "wrong-path"
    elif engine.is_local and named in OPENAIS and not address.steps:
        yield "no-v1"
    if endpoint.scheme == "https" and engine is Engine.OLLAMA and endpoint.is_loopback and endpoint.port == OLLAMA_PORT:
        yield "no-tls"
    is_open = not is_near(endpoint) and not endpoint.host.endswith(_MESHES) and endpoint.host not in EVERYWHERE
    if endpoint.scheme == "http" and is_open and (has_scheme or address.key == "host"):
        yield "plain-http"


def _is_wrong_path(address: Address, engine: Engine) -> bool:
    """Whether a client would add its own route to a path that has one already, or that is another API's."""
    steps = address.steps
    behind = steps[steps.index("v1") + 1 :][:1] if "v1" in steps else []
    if engine.is_local and behind == ["api"]:
        return True
    if engine is Engine.OLLAMA and steps[-1:] == ["api"]:
        return True
    native = engine.is_local and steps[-2:-1] == ["api"] and steps[-1] in _NATIVE_ROUTES
    openais = engine is not Engine.UNKNOWN and not _OPENAI_ROUTES.isdisjoint(behind)
    return (native or openais) and address.key not in ROUTE_KEYS
