"""The line to a local server: Ollama's five questions, and GETs of any other, each entered in the ledger."""

import json
from collections.abc import Callable, Collection
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from modelcheck.core.asked import Server
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Contact, ContactState, Shape
from modelcheck.probes.access import Access
from modelcheck.probes.http import Line, Reply
from modelcheck.probes.ollama.address import address_of, host_label
from modelcheck.probes.ollama.answers import Garbled, shape_of
from modelcheck.probes.parallel import gather

T = TypeVar("T")

MOST_BYTES = 64 << 20
"""Bytes of one answer; a list of 50,000 models takes about 25 MB."""
VERSION, TAGS, RUNNING, STATUS, SHOW = "/api/version", "/api/tags", "/api/ps", "/api/status", "/api/show"
LOOKS = (VERSION, TAGS, RUNNING, STATUS)


class OllamaLine:
    """Asks one server what can neither load nor download anything."""

    def __init__(self, access: Access, server: Server, address: str, answer_s: float) -> None:
        self._limit_s = access.inner_limit_s
        self._line = Line(address, limit_s=min(answer_s, self._limit_s / 2), most_bytes=MOST_BYTES)
        self._book = access.book
        self._host = host_label(access, server, address)
        self._label = server.label

    def look(self, paths: Collection[str] = LOOKS) -> dict[str, Reply]:
        """Ask all of these at once."""
        replies = gather({path: partial(self._get, path) for path in paths}, limit_s=self._limit_s * 0.9)
        return {path: _timed(reply) for path, reply in replies.items()}

    def show(self, name: str) -> Shape | Gap:
        """Ask for the shape of a model that the server lists as local weights, by the server's own spelling."""
        self._book.contact(self._host, f"POST {SHOW}")
        reply = self._line.ask("POST", SHOW, json.dumps({"model": name}).encode())
        return self.read(SHOW, reply, shape_of)[0]

    def read(self, path: str, reply: Reply, read: Callable[[object], T]) -> tuple[T | Gap, Contact]:
        """Return what a reply says, or why it says nothing; and the contact, with what was wrong in its detail."""
        about = f"{self._label}{path}"
        if reply.contact.state is not ContactState.ANSWERED:
            detail = f"{path}: {reply.contact.detail}" if reply.contact.detail else path
            why = Why.NOT_RECORDED if reply.status == HTTPStatus.NOT_FOUND else Why.NOT_ANSWERED
            return Gap(why, about=about), Contact(reply.contact.state, detail)
        try:
            return read(reply.body), reply.contact
        except Garbled as error:
            return Gap(Why.UNREADABLE, about=about), Contact(ContactState.NOT_OLLAMA, f"{path}: {error}")

    def _get(self, path: str) -> Reply:
        self._book.contact(self._host, "GET")
        return self._line.ask("GET", path)


def line_to(access: Access, server: Server, answer_s: float) -> OllamaLine | Gap:
    """Return the line to a server, on which one answer may take so long; or the gap that says why it is not asked."""
    address = address_of(access, server)
    return address if isinstance(address, Gap) else OllamaLine(access, server, address, answer_s)


def _timed(reply: Reply | Gap) -> Reply:
    return Reply(Contact(ContactState.TIMED_OUT, reply.about)) if isinstance(reply, Gap) else reply
