"""Whether a guard stands where the project asks Ollama: a handshake first, and nothing more without a proof."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import msgspec

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import NOT_ASKED, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.guards import Attempt, Guard, Guards
from modelcheck.core.handshake import PATH, Handshake, is_proven
from modelcheck.core.host import OLLAMA_PORT, parse_endpoint
from modelcheck.core.machine import Contacts, ContactState, Product
from modelcheck.core.served import product_of
from modelcheck.probes.access import Access
from modelcheck.probes.http import Line, Reply
from modelcheck.probes.ollama.address import address_of, host_label
from modelcheck.probes.ollama.answers import Garbled, version_of
from modelcheck.probes.ollama.line import VERSION
from modelcheck.probes.parallel import gather
from modelcheck.probes.probe import probe

ANSWER_S = 3.0
"""How long one answer may take, in seconds: a guard refuses by itself."""
MOST_BYTES = 16 << 10
DIRECT = f"http://localhost:{OLLAMA_PORT}"
"""Where whoever names no address asks Ollama."""
NOBODY = "modelcheck self-test"
"""The name that is asked for. A space stands in no name of Ollama's, which refuses it before it does anything: not
even what only poses as a guard could make a download or a contact of it."""


WORDS = ({"role": "user", "content": "self-test"},)


@dataclass(frozen=True)
class Closed:
    """A request that a guard refuses, in a form that does nothing where it gets through to Ollama."""

    method: str
    path: str
    body: Mapping[str, object] | None = None

    @property
    def route(self) -> str:
        """As a report names it."""
        return f"{self.method} {self.path}"


CLOSED = (
    Closed("POST", "/api/pull", {"model": NOBODY}),
    Closed("POST", "/api/create", {"model": NOBODY, "from": NOBODY}),
    Closed("POST", "/api/copy", {"source": NOBODY, "destination": NOBODY}),
    Closed("POST", "/api/push", {"model": NOBODY}),
    Closed("DELETE", "/api/delete", {"model": NOBODY}),
    Closed("HEAD", "/api/blobs/modelcheck-self-test"),
    # Without a body Ollama searches nothing; and it has no GET here, where a POST asks its makers at once.
    Closed("POST", "/api/experimental/web_search"),
    Closed("GET", "/api/me"),
    Closed("POST", "/api/chat", {"model": f"{NOBODY}:cloud", "messages": WORDS}),
    Closed("POST", "/v1/chat/completions", {"model": f"{NOBODY}:cloud", "messages": WORDS}),
)


@probe
def guards(access: Access, servers: Servers, contacts: Contacts | Gap = NOT_ASKED) -> Guards:
    """Ask at each address of Ollama on this machine whether a guard answers there, and a guard whether it refuses."""
    looks = {server.id: partial(_guard, access, server, contacts) for server in servers.servers}
    return Guards(Seen[str, Guard].of(gather(looks, limit_s=access.inner_limit_s)))


def _guard(access: Access, server: Server, contacts: Contacts | Gap) -> Guard | Gap:
    address = _address(access, server, contacts)
    if isinstance(address, Gap):
        return address
    place = _Place(access, address, host_label(access, server, address))
    detail = place.greet()
    if isinstance(detail, Gap):
        return Gap(Why.NOT_ANSWERED, about=server.label)
    if detail:
        return Guard(proven=False, detail=detail)
    looks = {closed.route: partial(place.attempt, closed) for closed in CLOSED}
    found = gather(looks, limit_s=access.inner_limit_s * 0.4)
    return Guard(
        proven=True,
        attempts=tuple(Attempt(route, refused) for route, refused in found.items()),
        direct=_direct(access),
    )


def _address(access: Access, server: Server, contacts: Contacts | Gap) -> str | Gap:
    """Return where a server is asked, if it is an Ollama of this machine."""
    product = product_of(server, contacts)
    if isinstance(product, Gap):
        return product
    if product is not Product.OLLAMA:
        return Gap(Why.NOT_RECORDED, about=f"a guard in front of {product.value}")
    address = address_of(access, server)
    if isinstance(address, Gap) or parse_endpoint(address).is_loopback:
        return address
    return Gap(Why.NOT_ASKED, about=f"{server.label}, which is another machine,")


def _direct(access: Access) -> bool | Gap:
    """Whether Ollama answers at its usual port without a guard."""
    place = _Place(access, DIRECT, DIRECT.partition("://")[2])
    detail = place.greet()
    if isinstance(detail, Gap):
        return False if detail.why is Why.NOT_THERE else detail
    return place.is_ollama() if detail else False


class _Place:
    """One address of this machine, and what is asked there; each request stands in the ledger."""

    def __init__(self, access: Access, address: str, host: str) -> None:
        self._line = Line(address, limit_s=min(ANSWER_S, access.inner_limit_s / 6), most_bytes=MOST_BYTES)
        self._book = access.book
        self._host = host

    def greet(self) -> str | Gap:
        """Return what was seen in place of a proof, empty where there is one; a gap where nothing tells."""
        nonce = secrets.token_urlsafe(24)
        self._book.contact(self._host, "GET")
        reply = self._line.ask("GET", f"{PATH}?n={nonce}")
        if reply.contact.state is ContactState.REFUSED:
            return Gap(Why.NOT_THERE, about=self._host)
        if not _tells(reply):
            return Gap(Why.NOT_ANSWERED, about=self._host)
        return _no_proof(reply, nonce)

    def attempt(self, closed: Closed) -> bool | Gap:
        """Return whether a request is refused by the guard itself."""
        self._book.contact(self._host, f"{closed.method} (guard self-test)")
        body = None if closed.body is None else json.dumps(closed.body).encode()
        reply = self._line.ask(closed.method, closed.path, body)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            return Gap(Why.NOT_ASKED, about="what the guard lets pass for those who have its token")
        return bool(reply.refusal) if _tells(reply) else Gap(Why.NOT_ANSWERED, about=closed.route)

    def is_ollama(self) -> bool | Gap:
        """Return whether Ollama answers here."""
        self._book.contact(self._host, "GET")
        reply = self._line.ask("GET", VERSION)
        if reply.contact.state is ContactState.TIMED_OUT:
            return Gap(Why.TIMED_OUT, about=self._host)
        try:
            return reply.contact.state is ContactState.ANSWERED and bool(version_of(reply.body))
        except Garbled:
            return False


def _tells(reply: Reply) -> bool:
    """Whether a reply tells anything of who answers: a server that is busy or fails tells nothing."""
    status = reply.status
    return status is not None and status != HTTPStatus.TOO_MANY_REQUESTS and status < HTTPStatus.INTERNAL_SERVER_ERROR


def _no_proof(reply: Reply, nonce: str) -> str:
    if reply.contact.state is not ContactState.ANSWERED:
        return reply.contact.detail
    try:
        answer = msgspec.convert(reply.body, Handshake)
    except msgspec.ValidationError:
        return "no handshake"
    return "" if is_proven(answer, nonce) else "a wrong proof"
