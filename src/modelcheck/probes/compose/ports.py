"""The ports that a service publishes, in the short and the long form of compose."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from modelcheck.core.gap import Gap, Why
from modelcheck.core.host import InvalidEndpoint, ListenAddress
from modelcheck.core.serving import Published
from modelcheck.probes.compose.document import Item, resolved
from modelcheck.probes.serving.setting import host_kind

MOST_PORTS = 100

_SHORT = re.compile(
    r"(?:(?:(?P<host>\[[^\[\]]*\]|[^:\[\]]*|[^\[\]]*:[^\[\]]*):)?(?P<published>[0-9]*(?:-[0-9]+)?):)?"
    r"(?P<target>[0-9]+(?:-[0-9]+)?)(?:/(?P<protocol>[a-z]+))?"
)
_COLON = re.compile(r":(?![^{]*\})(?![^\[]*\])")  # outside of `${…}` and `[…]`
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


@dataclass(frozen=True)
class _Port:
    """One entry as written; None for what is left open, empty for what is left out."""

    host: str | None
    published: str | None
    target: str | None


def published_ports(service: str, ports: Item | None, listening: int) -> Iterator[Published]:
    """Yield the entries that lead to the port on which the service's Ollama listens, or may."""
    for item in ports.items[:MOST_PORTS] if ports else []:
        port = _long(item) if item.fields else _short(item)
        if port is None:
            continue
        offset = _offset(port.target, listening)
        if offset is not None:
            yield Published(service, _host(port.host), _number(port.published, offset), item.place)


def _long(item: Item) -> _Port | None:
    if (protocol := item.at("protocol")) is not None and protocol.text == "udp":
        return None
    return _Port(*(_field(item, key) for key in ("host_ip", "published", "target")))


def _field(item: Item, key: str) -> str | None:
    value = item.at(key)
    return "" if value is None or value.is_null else value.text


def _short(item: Item) -> _Port | None:
    """Read `[[host:]published:]target[/protocol]`."""
    text = item.text
    if text is None:
        return _left_open(item.written)
    match = _SHORT.fullmatch(text.strip())
    if match is None or match["protocol"] == "udp":
        return None
    return _Port(match["host"] or "", match["published"] or "", match["target"])


def _left_open(written: str) -> _Port:
    """Read what can be told of an entry with a variable that has no default: it may stand for more than one part."""
    *before, target = _COLON.split(written)
    published = resolved(before[-1]) if before else ""
    if len(before) > 1:
        return _Port(resolved(":".join(before[:-1])), published, resolved(target))
    return _Port("" if before and published is not None else None, published, resolved(target))


def _offset(target: str | None, listening: int) -> int | None:
    """Return where in a range of container ports Ollama's is; 0 where the entry leaves it open, None if it is not."""
    match = _RANGE.fullmatch(target or "")
    if match is None:
        return 0
    first = int(match[1])
    return listening - first if first <= listening <= int(match[2] or first) else None


def _number(published: str | None, offset: int) -> int | Gap:
    match = _RANGE.fullmatch(published or "")
    if match is None:
        return Gap(Why.UNDECIDED, about="the port that it is published at")
    return int(match[1]) + offset


def _host(host: str | None) -> str | Gap:
    if host is None:
        return Gap(Why.UNDECIDED, about="the address that it is published on")
    plain = host.strip("[]")
    address = ListenAddress(plain, 0)
    if address.is_everywhere:
        return ""
    unreadable = Gap(Why.UNREADABLE, about="the address that it is published on")
    try:
        kind = plain if address.is_loopback else host_kind(plain)
    except InvalidEndpoint:
        return unreadable
    return unreadable if kind == "host" else kind
