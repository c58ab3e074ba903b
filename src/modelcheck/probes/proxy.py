"""Proxies of the environment: which one clients would use, and which hosts are exempt. None is ever used here."""

import ipaddress
from collections.abc import Mapping

MOST_EXEMPTIONS = 200


def proxy_variable(environ: Mapping[str, str], scheme: str, host: str) -> str | None:
    """Return the variable that names the proxy which clients in Python would send a request through, if any."""
    if _is_exempt(environ, host):
        return None
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    return next((name for name in names if environ.get(name, "").strip()), None)


def _is_exempt(environ: Mapping[str, str], host: str) -> bool:
    text = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    return any(_covers(rule.strip().lower(), host) for rule in text.split(",", MOST_EXEMPTIONS)[:MOST_EXEMPTIONS])


def _covers(rule: str, host: str) -> bool:
    """Whether an exemption means a host: `*`, the name itself, a domain above it, an address or a network."""
    if rule == "*":
        return True
    name, colon, port = rule.rpartition(":")
    bare = name if colon and port.isdigit() and ":" not in name else rule
    bare = bare.strip("[]").lstrip("*").removeprefix(".")
    if not bare:
        return False
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(bare, strict=False)
    except ValueError:
        return host == bare or host.endswith(f".{bare}")
