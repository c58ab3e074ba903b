"""From where one server can be reached: its sockets, its own answers, and what kind of machine it is on."""

from dataclasses import dataclass

from modelcheck.core.asked import Server
from modelcheck.core.gap import Gap, Why
from modelcheck.core.host import Endpoint
from modelcheck.core.machine import Contact, ContactState
from modelcheck.core.project import Engine
from modelcheck.core.serving import Exposure, ServerSetup
from modelcheck.core.variables import HOST, listens
from modelcheck.probes.access import Access
from modelcheck.probes.http import Line
from modelcheck.probes.ollama.address import address_of, host_label
from modelcheck.probes.serving.own import is_public, own_addresses, special
from modelcheck.probes.serving.roots import LINUX, Roots
from modelcheck.probes.serving.setting import host_kind
from modelcheck.probes.serving.sockets import ADDRESS, EVERYWHERE, LOOPBACK, listeners

OWN = "this machine's own address"
"""What the ledger calls it."""
NO_SOCKETS = Gap(Why.NOT_RECORDED, about="where it listens")
VERSION = "/api/version"
ANSWER_S = 2.0
MOST_BYTES = 1 << 16
STRANGERS = ("http://page.invalid", "https://page.invalid")
"""Origins that no list names (RFC 6761); a server that answers them answers any web page."""


@dataclass(frozen=True)
class Subject:
    """A server that is looked at, with what is known of it already."""

    access: Access
    roots: Roots
    server: Server
    endpoint: Endpoint
    setup: ServerSetup | Gap
    contact: Contact | Gap

    @property
    def is_ollama(self) -> bool:
        """Whether it is asked in Ollama's own way."""
        return self.server.engine is Engine.OLLAMA


def exposure_of(one: Subject) -> Exposure:
    """Look at one server; of one elsewhere only what its address and its answer tell."""
    pages = _answers_pages(one)
    if not one.endpoint.is_loopback:
        return Exposure(NO_SOCKETS, _answered(one.contact), "", _is_public(one.endpoint), pages)
    bound, own = _bound(one), own_addresses()
    return Exposure(bound, _abroad(one, bound, own), special(one.roots), is_public(own), pages)


def _is_public(endpoint: Endpoint) -> bool | Gap:
    kind = host_kind(endpoint.host)
    return Gap(Why.UNDECIDED, about="where a name leads") if kind == "host" else kind == "public"


def _bound(one: Subject) -> tuple[str, ...] | Gap:
    """Return where it listens: by its sockets, else by what it is certainly set up with."""
    if one.roots.system == LINUX:
        found = listeners(one.roots.proc, one.endpoint.port)
        if not isinstance(found, Gap) and found:
            return tuple(sorted({listener.address for listener in found}))
    if isinstance(one.setup, Gap):
        return one.setup
    host = one.setup.effective(HOST)
    if host is None and not one.setup.complete:
        return NO_SOCKETS
    address = listens("" if host is None else host.value)
    if address is None:
        return Gap(Why.UNREADABLE, about=HOST)
    if address.is_loopback:
        return (LOOPBACK,)
    return (EVERYWHERE if address.is_everywhere else ADDRESS,)


def _answered(contact: Contact | Gap) -> bool | Gap:
    """Whether a server elsewhere answers without asking who we are."""
    if isinstance(contact, Gap):
        return contact
    if contact.state is ContactState.TIMED_OUT:
        return Gap(Why.NOT_ANSWERED, about="the server")
    return contact.state is ContactState.ANSWERED


def _abroad(one: Subject, bound: tuple[str, ...] | Gap, own: tuple[str, ...]) -> bool | Gap | None:
    """Ask at this machine's own addresses whether it answers there; only where it seems to listen there."""
    if isinstance(bound, Gap):
        return bound
    if set(bound) == {LOOPBACK}:
        return None
    if one.access.offline or not one.access.network:
        return Gap(Why.OFFLINE, about=OWN)
    if not (own and one.is_ollama):
        return Gap(Why.NOT_THERE, about=OWN) if one.is_ollama else Gap(Why.NOT_UNDERSTOOD, about=one.server.engine)
    states = {_ask(one, address) for address in own}
    if ContactState.ANSWERED in states:
        return True
    return Gap(Why.TIMED_OUT, about=OWN) if ContactState.TIMED_OUT in states else False


def _ask(one: Subject, address: str) -> ContactState:
    one.access.book.contact(OWN, "GET")
    host = f"[{address}]" if ":" in address else address
    line = Line(f"http://{host}:{one.endpoint.port}", limit_s=ANSWER_S, most_bytes=MOST_BYTES)
    return line.ask("GET", VERSION).contact.state


def _answers_pages(one: Subject) -> bool | None:
    """Ask as a page of an unknown site would; Ollama refuses that unless OLLAMA_ORIGINS allows every site."""
    address = address_of(one.access, one.server)
    answers = isinstance(one.contact, Contact) and one.contact.state is ContactState.ANSWERED
    if isinstance(address, Gap) or not (answers and one.is_ollama):
        return None
    states = {_ask_as_page(one, address, origin) for origin in STRANGERS}
    if ContactState.ANSWERED in states:
        return True
    return False if states == {ContactState.NOT_OLLAMA} else None


def _ask_as_page(one: Subject, address: str, origin: str) -> ContactState:
    one.access.book.contact(host_label(one.access, one.server, address), "GET")
    return Line(address, limit_s=ANSWER_S, most_bytes=MOST_BYTES, origin=origin).ask("GET", VERSION).contact.state
