"""Variables made fit for facts: which of them may be shown, and how much of each value."""

import re
from collections.abc import Mapping
from pathlib import Path

from modelcheck.core.facts import Place
from modelcheck.core.host import parse_endpoint
from modelcheck.core.serving import Origin, Setting
from modelcheck.core.text import printable
from modelcheck.core.variables import SET, Kind, kind_of, listens, stripped
from modelcheck.probes.folders import shown

MOST_SETTINGS = 100
LONGEST = 80
MOST_ORIGINS = 20
NO_ADDRESS = "not an address"
"""Stands for an OLLAMA_HOST that is none: what was written instead may be a secret."""

_PLAIN_ORIGIN = re.compile(r"\*|[a-z-]{1,30}://(?:\*|localhost|127\.0\.0\.1|0\.0\.0\.0)?(?::(?:[0-9]{1,5}|\*))?")


def settings_of(
    values: Mapping[str, str],
    origin: Origin,
    where: str = "",
    *,
    home: Path | None = None,
    places: Mapping[str, Place] | None = None,
) -> tuple[Setting, ...]:
    """Return the variables that are a server's business, by name; an empty value is none, as Ollama has it."""
    named = sorted(name for name, value in values.items() if kind_of(name) is not None and stripped(value))
    return tuple(
        Setting(name, shown_value(name, values[name], home), origin, where, (places or {}).get(name))
        for name in named[:MOST_SETTINGS]
    )


def shown_value(name: str, value: str, home: Path | None = None) -> str:
    """Return as much of a value as a shared report may show."""
    text = stripped(value)
    match kind_of(name):
        case Kind.HIDDEN | None:
            return SET
        case Kind.ADDRESS:
            return _address(text)
        case Kind.ORIGINS:
            return ",".join(_origin(one) for one in text.split(",")[:MOST_ORIGINS])
        case Kind.FOLDER:
            return shown(Path(text), home)
        case Kind.COUNT | Kind.FLAG | Kind.TIME | Kind.CACHE | Kind.TEXT:
            return printable(text, LONGEST)


def host_kind(host: str) -> str:
    """Return what may be said of a host that is not this machine: `private`, `public`, or `host` for a name.

    Raises InvalidEndpoint for what is no host.
    """
    endpoint = parse_endpoint(f"http://[{host}]" if ":" in host else f"http://{host}")
    if endpoint.is_private:
        return "private"
    return "public" if ":" in host or host.replace(".", "").isdigit() else "host"


def _address(text: str) -> str:
    address = listens(text)
    if address is None:
        return NO_ADDRESS
    if address.is_loopback or address.is_everywhere:
        return printable(text, LONGEST)
    return f"{host_kind(address.host)}:{address.port}"


def _origin(origin: str) -> str:
    text = origin.strip()
    return text if _PLAIN_ORIGIN.fullmatch(text) else "…"
