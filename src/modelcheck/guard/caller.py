"""Who may ask: callers of this machine and its pages, and others by their token; no page of another site."""

import hmac
import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.head import Head
from modelcheck.guard.setup import Address, Setup

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9._-]{0,252}))(?::([0-9]{1,5}))?")
_LOCAL_PAGE = re.compile(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::[0-9]{1,5})?")
_LOCAL_APP = re.compile(r"(?:app|file|tauri|vscode-webview|vscode-file)://[a-z0-9._~:/%+-]*")
_MOST_ORIGIN = 300
_MOST_PORT = 65535
_LOCAL_SITES = frozenset({b"same-origin", b"same-site", b"none"})


def is_loopback(host: str) -> bool:
    """Whether a host, without brackets, is this machine: a loopback address or a name that always means one."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def examine(head: Head, setup: Setup, *, needs_token: bool = True) -> None:
    """Refuse a caller that may not ask; a pre-flight and the handshake show no token.

    Raises:
        Refused: the Host is not ours, the page is not of this machine, or the token is missing or wrong.

    """
    host = head.headers.get(b"host", b"").decode("ascii").lower()
    if not is_host(host, setup):
        raise Refused(Fault.HOST, "this Host is not served; a name beside loopback ones is allowed by --allow-host")
    _examine_page(head, setup)
    if (
        needs_token
        and setup.token
        and not hmac.compare_digest(head.headers.get(b"authorization", b""), b"Bearer " + setup.token)
    ):
        raise Refused(Fault.TOKEN, "a token is needed: Authorization: Bearer …")


def is_host(text: str, setup: Setup) -> bool:
    """Whether the value of a Host header, in lower case, is one that the guard answers to."""
    matched = _HOST.fullmatch(text)
    if matched is None or int(matched[2] or 0) > _MOST_PORT:
        return False
    host = matched[1].strip("[]")
    return is_loopback(host) or host in setup.hosts or _is_listener(host, setup.listen)


def is_origin(origin: str, setup: Setup) -> bool:
    """Whether a page's origin, in lower case, is one of Ollama's own list or of the operator's; `null` never is."""
    if len(origin) > _MOST_ORIGIN:
        return False
    return bool(_LOCAL_PAGE.fullmatch(origin) or _LOCAL_APP.fullmatch(origin)) or origin in setup.origins


def _examine_page(head: Head, setup: Setup) -> None:
    """Refuse pages of other sites: by their origin, and where a browser sends none, by what else it says."""
    origin = head.headers.get(b"origin")
    if origin is not None:
        if not is_origin(origin.decode("ascii").lower(), setup):
            raise Refused(Fault.ORIGIN, "pages of this origin may not ask; --allow-origin lets one in")
        return
    if head.headers.get(b"sec-fetch-site", b"none").lower() not in _LOCAL_SITES:
        raise Refused(Fault.ORIGIN, "pages of other sites may not ask")
    referer = head.headers.get(b"referer", b"").decode("ascii").lower()
    if referer and not is_origin("/".join(referer.split("/", 3)[:3]), setup):
        raise Refused(Fault.ORIGIN, "pages of other sites may not ask")


def _is_listener(host: str, listen: Address) -> bool:
    """Whether a host is the very address listened on: a name could be made to mean it, an address could not."""
    address = _address(host)
    return address is not None and not address.is_unspecified and address == _address(listen.host)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
