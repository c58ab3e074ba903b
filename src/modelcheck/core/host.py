"""Addresses of servers: what an OLLAMA_HOST or a base_url points to, and whether that is this machine."""

import ipaddress
import re
from typing import Self
from urllib.parse import urlsplit

import msgspec

OLLAMA_PORT = 11434
DEFAULT_PORTS = {"http": 80, "https": 443}

MAX_TEXT = 2000
"""Characters of an address."""

_LARGEST_PORT = 65535
_MAX_NAME = 253  # RFC 1035 §2.3.4, written without the root dot

_VISIBLE = re.compile(r"[!-~]*")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:%/-]*)?")
_AUTHORITY = re.compile(r"(?:\[(?P<ipv6>[^\[\]]*:[^\[\]]*)\]|(?P<name>[^\[\]:]+))(?::(?P<port>[0-9]*))?")
_HOST_PORT = re.compile(r"(?:\[(?P<inside>[^\[\]]*)\]|(?P<plain>[^\[\]:]*)):(?P<port>[^\[\]:]*)")
_INTEGER = re.compile(r"[+-]?[0-9]+")

_PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/32",  # as a destination: this machine
        "10.0.0.0/8",  # RFC 1918
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",  # RFC 6598, shared by carriers and mesh VPNs
        "169.254.0.0/16",  # link-local
        "::/128",
        "fc00::/7",  # RFC 4193
        "fe80::/10",  # link-local
    )
)

_IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class InvalidEndpoint(ValueError):
    """A text that is no address of a server. The message never repeats the text, which may hold a key."""


class Endpoint(msgspec.Struct, frozen=True):
    """Where a server is reached. `host` is lower case, IPv6 without brackets; `path` is "" or begins with a slash."""

    scheme: str
    host: str
    port: int
    path: str = ""

    def __post_init__(self) -> None:
        """Refuse what no client could use, also when decoded or built by hand."""
        if self.scheme not in DEFAULT_PORTS:
            raise InvalidEndpoint("the address must begin with http:// or https://")
        if self.host != _canonical_host(self.host):
            raise InvalidEndpoint("the host is not in its canonical form")
        if not 0 <= self.port <= _LARGEST_PORT:
            raise InvalidEndpoint(f"the port is not between 0 and {_LARGEST_PORT}")
        if _PATH.fullmatch(self.path) is None:
            raise InvalidEndpoint("the path holds a character that a URL path cannot hold")

    def __str__(self) -> str:
        """The URL, always with its port."""
        return f"{self.scheme}://{_joined(self.host, self.port)}{self.path}"

    @property
    def root(self) -> Self:
        """The same server without the path."""
        return msgspec.structs.replace(self, path="")

    @property
    def is_loopback(self) -> bool:
        """Whether it is surely this machine: 127.0.0.0/8, ::1, localhost, *.localhost; other spellings are foreign."""
        return _is_loopback(self.host)

    @property
    def is_private(self) -> bool:
        """Whether it is surely not on the public internet: loopback, or an IP address of a local network.

        A name other than localhost is False: where it leads is not known here.
        """
        address = _ip_address(self.host)
        return self.is_loopback or (address is not None and any(address in network for network in _PRIVATE_NETWORKS))


class ListenAddress(msgspec.Struct, frozen=True):
    """Where a server listens. `host` "" is every interface."""

    host: str
    port: int

    def __str__(self) -> str:
        """`host:port`, IPv6 in brackets."""
        return _joined(self.host, self.port)

    @property
    def is_everywhere(self) -> bool:
        """Whether the server listens on every interface of the machine."""
        return _is_everywhere(self.host)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can surely reach it."""
        return _is_loopback(self.host)


def read_ollama_host(value: str) -> Endpoint:
    """The address at which a client reaches the server of this OLLAMA_HOST; "" is Ollama's default.

    An address that means every interface (0.0.0.0, ::, nothing) becomes loopback; a bad port becomes the default one,
    as in Ollama. Raises InvalidEndpoint for what Ollama could not use, and for user names and passwords.
    """
    scheme, host, port, path = _ollama_parts(value)
    if _is_everywhere(host):
        host = "::1" if ":" in host else "127.0.0.1"
    return Endpoint(scheme, host, port, path)


def listen_address(value: str) -> ListenAddress:
    """Where a server with this OLLAMA_HOST listens; `:8080` is every interface. Raises InvalidEndpoint."""
    _, host, port, _ = _ollama_parts(value)
    return ListenAddress(host, port)


def parse_endpoint(url: str) -> Endpoint:
    """Read a base URL, `http(s)://host[:port][/path]`; the path is kept as written.

    Raises InvalidEndpoint for anything else, also for user names, passwords, queries, fragments, port 0.
    """
    text = _visible(url)
    if "?" in text or "#" in text:
        raise InvalidEndpoint("the address has a query or a fragment; write it without ? and #")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise InvalidEndpoint("the address is not a URL") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise InvalidEndpoint("the address must begin with http:// or https://")
    authority = _AUTHORITY.fullmatch(parts.netloc)
    if authority is None:
        raise InvalidEndpoint("the address has no host, or a port that is not a number")
    port = int(authority["port"] or DEFAULT_PORTS[parts.scheme])
    if port == 0:
        raise InvalidEndpoint("port 0 cannot be reached")
    return Endpoint(parts.scheme, _canonical_host(authority["ipv6"] or authority["name"]), port, parts.path)


def _ollama_parts(value: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path as Ollama's envconfig reads them."""
    text = _visible(value.strip().strip("\"'").strip())
    if text == "ollama.com":
        return "https", text, DEFAULT_PORTS["https"], ""
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "http", text
    # Ollama knows the two schemes in lower case alone; another spelling connects, but to its own port.
    default = DEFAULT_PORTS.get(scheme, OLLAMA_PORT) if found else OLLAMA_PORT
    authority, _, path = rest.partition("/")
    host, port = _ollama_host_port(authority, default)
    return scheme.lower(), host, port, f"/{path.removeprefix('/')}" if path else ""


def _ollama_host_port(authority: str, default: int) -> tuple[str, int]:
    split = _HOST_PORT.fullmatch(authority)
    if split is None:
        bare = authority.strip("[]")
        host = authority if _ip_address(bare) is None else bare
        return _canonical_host(host or "127.0.0.1"), default
    host = split["inside"] or split["plain"] or ""
    port = int(split["port"]) if _INTEGER.fullmatch(split["port"]) else -1
    return host and _canonical_host(host), port if 0 <= port <= _LARGEST_PORT else default


def _visible(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise InvalidEndpoint(f"the address is longer than {MAX_TEXT} characters")
    if _VISIBLE.fullmatch(text) is None:
        raise InvalidEndpoint("the address holds a space, a control character or a character outside ASCII")
    # Also behind the host: a password with an unescaped slash would else be taken for the path and shown.
    if "@" in text:
        raise InvalidEndpoint("the address holds an @; write it without user name and password")
    return text


def _canonical_host(host: str) -> str:
    address = _ip_address(host)
    if address is not None:
        return str(address)
    if len(host) > _MAX_NAME or _NAME.fullmatch(host) is None:
        raise InvalidEndpoint("the host is neither a name nor an IP address")
    return host.lower()


def _ip_address(host: str) -> _IpAddress | None:
    """The address that is written here, IPv4 in IPv6 unwrapped; None for names, integers and zones (fe80::1%eth0)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return address
    return None if address.scope_id else address.ipv4_mapped or address


def _is_loopback(host: str) -> bool:
    address = _ip_address(host)
    if address is not None:
        return address.is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _is_everywhere(host: str) -> bool:
    address = _ip_address(host)
    return host == "" if address is None else address.is_unspecified


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
