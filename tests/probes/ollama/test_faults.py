"""Servers that fail, lie or hang: each is a contact that says how, and nothing but GET is ever sent to look."""

import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from native_project import Read, access_to, read
from raw_server import RawServer, Serve, endless, hanging, response, sending

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Fact, Facts, Scope
from modelcheck.core.factsfile import facts_text
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import CloudSwitches, Contact, Contacts, ContactState, Product, Running, Tags, Versions
from modelcheck.core.project import Agents, Configuration, Engine, References
from modelcheck.probes.asked import asked
from modelcheck.probes.ollama import ollama

Seen = tuple[Contacts, Versions, Tags, Running, CloudSwitches]
ANSWERED = Contact(ContactState.ANSWERED, product=Product.OLLAMA)
LOOKS = ["GET /api/ps", "GET /api/status", "GET /api/tags", "GET /api/version"]
HEALTHY: dict[str, object] = {
    "/api/version": {"version": "0.32.15"},
    "/api/tags": {"models": []},
    "/api/ps": {"models": []},
    "/api/status": {"cloud": {"disabled": True}},
}


Routes = dict[str, Serve]


def healthy(**odd: Serve) -> Routes:
    """Return a healthy server, some of whose routes are served otherwise."""
    routes = {path: sending(response(json.dumps(body).encode())) for path, body in HEALTHY.items()}
    return routes | {f"/api/{name}": serve for name, serve in odd.items()}


def look(routes: Routes, limit_s: float = 20.0) -> tuple[Seen, RawServer]:
    with RawServer(routes) as server:
        return ollama(access_to(Path(), limit_s=limit_s), Servers((at(server.url),))), server


def at(url: str, ident: str | None = None) -> Server:
    return Server(ident or url, Engine.OLLAMA, url)


def only(seen: Seen) -> tuple[Any, ...]:
    contacts, versions, tags, running, switches = seen
    facts = (contacts.servers, versions.servers, tags.servers, running.servers, switches.disabled)
    return tuple(one[next(iter(one))] for one in facts)


def why(value: object) -> Why:
    assert isinstance(value, Gap)
    return value.why


def test_a_healthy_server_is_asked_four_questions_and_no_more() -> None:
    seen, server = look(healthy())

    assert only(seen) == (ANSWERED, "0.32.15", (), (), True)
    assert server.asked == LOOKS


PAGE = response(b"<html>", headers=["Content-Type: text/html"])
NOT_OLLAMA: list[tuple[str, Serve, str]] = [
    ("garbage", sending(b"garbage"), "not HTTP"),
    ("page", sending(PAGE), "text/html"),
    ("error", sending(response(b"{}", "500 Oops")), "HTTP 500"),
    ("redirect", sending(response(b"", "302 Found", ["Location: http://192.168.7.7/"])), "HTTP 302"),
    ("nothing", sending(response(b"", "204 No Content")), "HTTP 204"),
    ("list", sending(response(b"[]")), "not an object"),
    ("endless", endless(b"HTTP/1.1 200 OK\r\n\r\n[", b" " * 65536), "endless body"),
]


@pytest.mark.parametrize(("serve", "detail"), [row[1:] for row in NOT_OLLAMA], ids=[row[0] for row in NOT_OLLAMA])
@pytest.mark.parametrize("route", ["version", "tags"])
def test_a_server_that_answers_otherwise_is_not_ollama(
    route: str, serve: Serve, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelcheck.probes.ollama.line.MOST_BYTES", 1 << 20)
    seen, server = look(healthy(**{route: serve}))
    contact, version, tags, running, disabled = only(seen)

    assert contact == Contact(ContactState.NOT_OLLAMA, f"/api/{route}: {detail}")
    assert (version == "0.32.15") == (route == "tags")
    assert {why(tags), why(running), why(disabled)} == {Why.NOT_ANSWERED}
    assert server.asked == LOOKS


@pytest.mark.parametrize("route", ["version", "tags"])
def test_a_server_that_hangs_has_timed_out(route: str) -> None:
    seen, _ = look(healthy(**{route: hanging(b"HTTP/1.1 200 OK\r\n")}), limit_s=1.0)
    contact, _, tags, running, disabled = only(seen)

    assert contact == Contact(ContactState.TIMED_OUT, f"/api/{route}: 0.45 s")
    assert {why(tags), why(running), why(disabled)} == {Why.NOT_ANSWERED}


@pytest.mark.parametrize(
    "serve",
    [hanging(), sending(b"x"), sending(response(b"[]")), sending(response(b"", "500 X"))],
    ids=["hangs", "garbage", "garbled", "fails"],
)
def test_what_is_in_memory_may_be_unknown_while_the_rest_is_seen(serve: Serve) -> None:
    seen, _ = look(healthy(ps=serve, status=serve), limit_s=1.0)
    contact, version, tags, running, disabled = only(seen)

    assert (contact, version, tags) == (ANSWERED, "0.32.15", ())
    assert why(running) in {Why.NOT_ANSWERED, Why.UNREADABLE}
    assert why(disabled) in {Why.NOT_ANSWERED, Why.UNREADABLE}


def test_the_worst_of_both_contacts_is_told() -> None:
    seen, _ = look(healthy(version=sending(b"garbage"), tags=hanging()), limit_s=1.0)

    assert only(seen)[0].state is ContactState.TIMED_OUT


def test_a_stopped_server_refuses_and_nothing_of_it_is_known() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        seen = ollama(access_to(Path()), Servers((at(f"http://127.0.0.1:{taken.getsockname()[1]}"),)))
    contact, *rest = only(seen)

    assert contact.state is ContactState.REFUSED
    assert {why(gap) for gap in rest} == {Why.NOT_ANSWERED}


def test_a_look_that_never_ends_is_a_contact_that_timed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a name is looked up, which no client can bound."""
    over = threading.Event()

    def hang(*_: object, **__: object) -> None:
        over.wait(30)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    given = access_to(Path(), limit_s=1.0, endpoints={"ollama": "http://box:11434"})
    seen = ollama(given, Servers((at("x"),)))
    over.set()

    assert only(seen)[0].state is ContactState.TIMED_OUT


def test_one_hanging_server_does_not_hold_another() -> None:
    with RawServer(hanging()) as hangs, RawServer(healthy()) as well:
        contacts, _, tags, _, _ = ollama(access_to(Path(), limit_s=1.0), Servers((at(hangs.url), at(well.url))))

    states = [contacts.servers[key] for key in contacts.servers]
    assert [one.state for one in states if isinstance(one, Contact)] == [ContactState.TIMED_OUT, ContactState.ANSWERED]
    assert tags.servers[well.url] == ()


def project(root: Path, base_url: str, **allowed: Any) -> tuple[Read, Servers]:
    content = {
        "model_providers": {"office": {"type": "ollama", "base_url": base_url, "models": ["listed"]}},
        "agent_models": {"a": {"model": "office/llama3", "fallback": "office/gpt-oss:20b-cloud"}},
    }
    found = read(root, content, **allowed)
    assert isinstance(found.agents, Agents)
    return found, asked(found.access, found.configuration, found.agents)[2]


@pytest.mark.parametrize("trusted", [False, True])
def test_no_private_address_is_in_any_fact_whether_trusted_or_not(tmp_path: Path, trusted: bool) -> None:
    hosts = frozenset({"192.168.7.7"} if trusted else ())
    found, servers = project(tmp_path, "http://192.168.7.7:1/secret", trusted_hosts=hosts, limit_s=0.5)
    contacts, versions, tags, running, switches = ollama(found.access, servers)
    assert isinstance(found.agents, Agents)
    references = asked(found.access, found.configuration, found.agents)[0]

    book = found.access.book.closed()
    values: dict[type[Fact], Fact] = {
        type(fact): fact for fact in (contacts, versions, tags, running, switches, servers, references, book)
    }
    values |= {Configuration: found.configuration, Agents: found.agents}
    times = dict.fromkeys(Scope, "2026-11-22T00:00:00Z")
    text = facts_text(Facts(values, times, subject="project")).decode()

    assert References.__name__ in text
    assert ("the server of office" in text) == trusted
    for private in ("192.168", "secret"):
        assert private not in text


def test_a_cloned_project_reaches_nothing_but_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[object] = []

    def connect(*to: object, **_: object) -> None:
        connected.append(to)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", connect)
    for url in (
        "http://192.168.7.7:11434",
        "http://ollama:11434",
        "https://llm.example.com",
        "http://2130706433:11434",
    ):
        found, servers = project(tmp_path, url)
        contact, *_ = only(ollama(found.access, servers))

        assert contact == Gap(Why.NOT_TRUSTED, about="an address that is not official", hint="--trust-host HOST")
        assert found.access.book.closed().contacts == ()
    assert connected == []
