"""What the operator of a guard asks for, turned into its setup; whatever would make it no guard is refused."""

import os
import re
import socket
import stat
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from modelcheck.app.errors import UserError
from modelcheck.core.host import InvalidEndpoint, parse_endpoint
from modelcheck.core.sentence import Told
from modelcheck.core.text import printable
from modelcheck.guard.caller import is_loopback
from modelcheck.guard.setup import Address, Setup

LISTEN, UPSTREAM = "127.0.0.1:11435", "http://127.0.0.1:11434"
MOST_PORT = 65535
MOST_TOKEN = 4096
"""Bytes of a token file."""

_LISTEN = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]{2,45})\]|(?P<host>[A-Za-z0-9._-]{1,253})):(?P<port>[0-9]{1,5})")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]{0,40}://(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::[0-9]{1,5})?")
_TOKEN = re.compile(rb"([!-~]{16,512})\r?\n?")
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

_Ip = IPv4Address | IPv6Address
Say = Callable[[Told], None]


@dataclass(frozen=True)
class Asked:
    """What the command line says of a guard, as it was written."""

    listen: str = LISTEN
    upstream: str = UPSTREAM
    token_file: Path | None = None
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    remote_upstream: bool = False
    audit_log: Path | None = None
    """None: the usual place; `-` is standard output."""
    no_audit_log: bool = False
    metrics: str | None = None
    learn: bool = False
    workers: int | None = 1
    """Processes; None: as many as are usual here."""


def setup_of(asked: Asked, say: Say) -> Setup:
    """Return the setup of a guard; `say` is told what is allowed and still not good.

    Raises:
        UserError: something in it cannot be used, or would leave the guard open.

    """
    listen, upstream = listener("--listen", asked.listen), _upstream(asked)
    token = _token(asked.token_file, say) if asked.token_file is not None else b""
    if not token and not is_loopback(listen.host):
        raise UserError(
            "{address} can be reached from other machines, so callers must show a token: give --token-file FILE, "
            "or listen on 127.0.0.1",
            address=listen.authority,
        )
    if _is_itself(listen, upstream):
        raise UserError(
            "the guard would stand in front of itself: --listen {listen} and --upstream {upstream} are one address; "
            "give one of them another port",
            listen=listen.authority,
            upstream=upstream.url,
        )
    hosts = tuple(_host(one) for one in asked.hosts)
    return Setup(listen, upstream, token=token, hosts=hosts, origins=tuple(_origin(one) for one in asked.origins))


def listener(option: str, text: str) -> Address:
    """Read HOST:PORT of an option; port 0 takes a free one.

    Raises:
        UserError: it is none.

    """
    found = _LISTEN.fullmatch(text)
    host = "" if found is None else _canonical(found["ipv6"] or found["host"] or "")
    if found is None or not host or int(found["port"]) > MOST_PORT:
        raise UserError("{option} takes HOST:PORT such as 127.0.0.1:11435, not {text}", option=option, text=shown(text))
    return Address(host, int(found["port"]))


def shown(text: str) -> str:
    """Return what was typed, fit to be said again; what may hold a password is not."""
    return "…" if "@" in text else printable(text)


def _upstream(asked: Asked) -> Address:
    """Read the URL of the guarded server."""
    try:
        endpoint = parse_endpoint(asked.upstream)
    except InvalidEndpoint as error:
        raise UserError("--upstream takes a URL such as {such}: {reason}", such=UPSTREAM, reason=error) from None
    if endpoint.scheme != "http" or endpoint.path not in {"", "/"}:
        raise UserError("--upstream takes http://HOST:PORT alone: no https, and no path")
    if not endpoint.is_loopback and not asked.remote_upstream:
        raise UserError(
            "{upstream} is not on this machine, so whoever reaches it there passes by the guard; "
            "--remote-upstream allows it all the same",
            upstream=endpoint.root,
        )
    return Address(endpoint.host, endpoint.port)


def _token(path: Path, say: Say) -> bytes:
    """Read what callers must show."""
    try:
        data, mode = _read(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError("--token-file {path} cannot be read: {reason}", path=printable(path), reason=reason) from None
    found = _TOKEN.fullmatch(data)
    if found is None:
        raise UserError(
            "--token-file {path} must hold one line of 16 to 512 printable ASCII characters without spaces",
            path=printable(path),
        )
    if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        say(Told("others may read {path}, which holds the token; `chmod 600` keeps it to you", path=printable(path)))
    return found[1]


def _read(path: Path) -> tuple[bytes, int]:
    """Read a regular file, and return what it holds with its permissions."""
    with open(os.open(path, _FLAGS), "rb") as stream:  # noqa: PTH123 - it is a descriptor
        mode = os.fstat(stream.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise OSError("it is not a regular file")
        return stream.read(MOST_TOKEN), stat.S_IMODE(mode)


def _host(text: str) -> str:
    """Read a name that may stand in Host."""
    host = _canonical(text.removeprefix("[").removesuffix("]") if ":" in text else text)
    if not host:
        raise UserError("--allow-host takes a name without a port, such as models.lan, not {text}", text=shown(text))
    return host


def _origin(text: str) -> str:
    """Read an origin of web pages."""
    origin = text.lower()
    if _ORIGIN.fullmatch(origin) is None:
        raise UserError(
            "--allow-origin takes one origin such as https://chat.lan, with no path, and never * or null; not {text}",
            text=shown(text),
        )
    return origin


def _canonical(host: str) -> str:
    """Return a host in its one spelling, in lower case; empty where it is none."""
    try:
        found = parse_endpoint(f"http://[{host}]:1" if ":" in host else f"http://{host}:1")
    except InvalidEndpoint:
        return ""
    return "" if found.path else found.host


def _is_itself(listen: Address, upstream: Address) -> bool:
    """Whether a request to the upstream could come to the guard itself."""
    if listen.port != upstream.port:
        return False
    mine, theirs = set(_addresses(listen.host)), set(_addresses(upstream.host))
    if listen.host == upstream.host or mine & theirs:
        return True
    here = any(one.is_loopback or one.is_unspecified for one in theirs)
    return here and any(one.is_loopback or one.is_unspecified for one in mine)


def _addresses(host: str) -> Iterable[_Ip]:
    """Return the addresses that a host means; a name for this machine is never looked up."""
    ip = _ip(host)
    if ip is not None:
        return [ip]
    if is_loopback(host):
        return [IPv4Address("127.0.0.1"), IPv6Address("::1")]
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [one for row in found if (one := _ip(str(row[4][0]).partition("%")[0])) is not None]


def _ip(host: str) -> _Ip | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
