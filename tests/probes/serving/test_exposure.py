"""From where a server can be reached: its sockets, a bounded question at this machine's own address, and as a page."""

import socket
from pathlib import Path
from typing import Any

import pytest
from linux_machine import EVERYWHERE, LAN, LOOPBACK, Machine
from native_project import access_to
from raw_server import RawServer, hanging, response, sending

from modelcheck.core.asked import Server
from modelcheck.core.gap import Gap, Why
from modelcheck.core.host import parse_endpoint
from modelcheck.core.machine import Contact, ContactState, HostContact
from modelcheck.core.project import Engine
from modelcheck.core.serving import Exposure, Origin, ServerSetup, Setting
from modelcheck.probes.access import Access
from modelcheck.probes.serving import exposure, own
from modelcheck.probes.serving.exposure import OWN, Subject, exposure_of
from modelcheck.probes.serving.roots import MACOS, Roots

ANSWERED = Contact(ContactState.ANSWERED)
SILENT = Gap(Why.NOT_ANSWERED, about="planted")
VERSION = sending(response(b'{"version": "0.32.15"}'))
FORBIDDEN = sending(response(b"", "403 Forbidden"))


@pytest.fixture(autouse=True)
def address(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's own address is loopback here: no test leaves it."""
    monkeypatch.setattr(exposure, "own_addresses", lambda: ("127.0.0.1",))
    monkeypatch.setattr(exposure, "ANSWER_S", 0.3)


def look(
    roots: Roots,
    url: str = "http://127.0.0.1:11434",
    *,
    setup: ServerSetup | Gap = SILENT,
    contact: Contact | Gap = SILENT,
    engine: Engine = Engine.OLLAMA,
    offline: bool = False,
    network: bool = True,
) -> tuple[Exposure, Access]:
    hosts = frozenset({"192.168.1.7", "8.8.8.8", "box"})
    access = access_to(Path(), named={url: url}, trusted_hosts=hosts, offline=offline, network=network)
    subject = Subject(access, roots, Server(url, engine, url), parse_endpoint(url), setup, contact)
    return exposure_of(subject), access


def setup(host: str | None, *, complete: bool = True) -> ServerSetup:
    settings = () if host is None else (Setting("OLLAMA_HOST", host, Origin.PROCESS),)
    return ServerSetup(settings, complete=complete)


def test_sockets_tell_where_it_listens(machine: Machine) -> None:
    machine.socket(LOOPBACK, 11434)

    found, access = look(machine.roots)

    assert (found.bound, found.answers_abroad) == (("loopback",), None)
    assert access.book.closed().contacts == ()


def test_every_socket_at_the_port_counts(machine: Machine) -> None:
    machine.socket(LAN, 11434)
    machine.socket(LOOPBACK, 11434)

    assert look(machine.roots, offline=True)[0].bound == ("address", "loopback")


@pytest.mark.parametrize(
    ("host", "bound"),
    [
        (None, ("loopback",)),
        ("127.0.0.1:11434", ("loopback",)),
        ("0.0.0.0", ("everywhere",)),
        (":8080", ("everywhere",)),
        (":", ("everywhere",)),
        ("private:11434", ("address",)),
    ],
)
def test_where_no_socket_is_shown_the_setting_tells(tmp_path: Path, host: str | None, bound: tuple[str, ...]) -> None:
    assert look(Roots(MACOS, tmp_path), setup=setup(host), offline=True)[0].bound == bound


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (SILENT, Why.NOT_ANSWERED),
        (setup(None, complete=False), Why.NOT_RECORDED),
        (setup("not an address"), Why.UNREADABLE),
    ],
)
def test_where_nothing_tells_it_is_a_gap(machine: Machine, known: ServerSetup | Gap, why: Why) -> None:
    found, _ = look(machine.roots, setup=known)

    assert isinstance(found.bound, Gap)
    assert isinstance(found.answers_abroad, Gap)
    assert found.bound.why is why


def everywhere(machine: Machine, server: RawServer) -> Roots:
    machine.socket(EVERYWHERE, server.port)
    return machine.roots


def test_one_question_at_its_own_address_proves_that_it_answers(machine: Machine) -> None:
    with RawServer(VERSION) as server:
        found, access = look(everywhere(machine, server), server.url)

    assert (found.bound, found.answers_abroad) == (("everywhere",), True)
    assert server.asked == ["GET /api/version"]
    assert access.book.closed().contacts == (HostContact(OWN, "GET", 1),)


def test_an_address_of_the_other_family_is_asked_too(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposure, "own_addresses", lambda: ("::1", "127.0.0.1"))
    with RawServer(VERSION) as server:
        found, access = look(everywhere(machine, server), server.url)

    assert found.answers_abroad is True
    assert access.book.closed().contacts == (HostContact(OWN, "GET", 2),)


def test_what_asks_who_comes_does_not_answer(machine: Machine) -> None:
    with RawServer(sending(response(b"", "401 Unauthorized"))) as server:
        assert look(everywhere(machine, server), server.url)[0].answers_abroad is False


def test_what_hangs_is_given_up_and_proves_nothing(machine: Machine) -> None:
    with RawServer(hanging()) as server:
        assert look(everywhere(machine, server), server.url)[0].answers_abroad == Gap(Why.TIMED_OUT, about=OWN)


@pytest.mark.parametrize(("offline", "network"), [(True, True), (False, False)])
def test_nobody_asks_where_the_user_forbids_it(machine: Machine, offline: bool, network: bool) -> None:
    with RawServer(VERSION) as server:
        found, access = look(everywhere(machine, server), server.url, offline=offline, network=network)

    assert found.answers_abroad == Gap(Why.OFFLINE, about=OWN)
    assert (server.asked, access.book.closed().contacts) == ([], ())


def test_without_an_address_nobody_can_ask(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposure, "own_addresses", tuple)
    machine.socket(EVERYWHERE, 11434)

    found, _ = look(machine.roots)

    assert found.answers_abroad == Gap(Why.NOT_THERE, about=OWN)
    assert isinstance(found.public, Gap)


def test_another_engine_is_judged_by_its_sockets(machine: Machine) -> None:
    machine.socket(EVERYWHERE, 8000)

    found, access = look(machine.roots, "http://127.0.0.1:8000", engine=Engine.OPENAI_LOCAL, contact=ANSWERED)

    assert found.bound == ("everywhere",)
    assert found.answers_abroad == Gap(Why.NOT_UNDERSTOOD, about="openai-local")
    assert found.answers_pages is None
    assert access.book.closed().contacts == ()


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("http://192.168.1.7:11434", False),
        ("http://8.8.8.8:11434", True),
        ("http://box:11434", Gap(Why.UNDECIDED, about="where a name leads")),
    ],
)
@pytest.mark.parametrize(
    ("contact", "answers"),
    [
        (Contact(ContactState.NOT_OLLAMA, "HTTP 401"), False),
        (Contact(ContactState.REFUSED), False),
        (Contact(ContactState.TIMED_OUT), Gap(Why.NOT_ANSWERED, about="the server")),
        (SILENT, SILENT),
    ],
)
def test_of_a_server_elsewhere_its_address_and_its_answer_tell(
    machine: Machine, url: str, public: object, contact: Contact | Gap, answers: object
) -> None:
    machine.socket(EVERYWHERE, 11434)

    found, access = look(machine.roots, url, contact=contact)

    assert (found.public, found.answers_abroad, found.special) == (public, answers, "")
    assert isinstance(found.bound, Gap)
    assert access.book.closed().contacts == ()


def test_a_server_elsewhere_that_answered_is_reached(machine: Machine) -> None:
    found, _ = look(machine.roots, "http://192.168.1.7:11434", contact=ANSWERED, network=False)

    assert found.answers_abroad is True


@pytest.mark.parametrize(
    ("serve", "answers"), [(VERSION, True), (FORBIDDEN, False), (hanging(), None)], ids=["all", "none", "hangs"]
)
def test_it_is_asked_as_a_page_of_an_unknown_site_would(machine: Machine, serve: Any, answers: bool | None) -> None:
    with RawServer(serve) as server:
        found, access = look(machine.roots, server.url, contact=ANSWERED)

    assert found.answers_pages is answers
    origins = {line for request in server.requests for line in request.split(b"\r\n") if line.startswith(b"origin")}
    assert origins == {b"origin: http://page.invalid", b"origin: https://page.invalid"}
    assert access.book.closed().contacts == (HostContact(f"127.0.0.1:{server.port}", "GET", 2),)


def test_one_that_did_not_answer_is_not_asked_as_a_page(machine: Machine) -> None:
    with RawServer(VERSION) as server:
        assert look(machine.roots, server.url, contact=Contact(ContactState.TIMED_OUT))[0].answers_pages is None

    assert server.asked == []


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        (".dockerenv", "", "container"),
        ("run/.containerenv", "", "container"),
        ("proc/1/cgroup", "0::/kubepods/x\n", "container"),
        ("proc/version", "Linux version 5.15.0-microsoft-standard-WSL2", "wsl"),
        ("proc/version", "Linux version 6.1.0", ""),
    ],
)
def test_a_container_and_wsl_are_told(machine: Machine, path: str, text: str, kind: str) -> None:
    machine.write(path, text)

    assert own.special(machine.roots) == kind


def test_own_addresses_are_found_without_a_packet(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []

    class Socket(socket.socket):
        def connect(self, address: Any) -> None:
            sent.append(address)
            if self.family is socket.AF_INET6:
                raise OSError
            super().connect(("127.0.0.1", 9))

    monkeypatch.setattr(socket, "socket", Socket)

    assert own.own_addresses() == ()
    assert sent == [("203.0.113.1", 9), ("2001:db8::1", 9)]


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (["192.168.1.7", "fd00::2"], ("192.168.1.7", "fd00::2")),
        (["127.0.0.1", "::1"], ()),
        (["169.254.1.1", "fe80::1%eth0"], ()),
        (["0.0.0.0", None], ()),
    ],
)
def test_only_addresses_that_others_can_reach_count(
    monkeypatch: pytest.MonkeyPatch, found: list[str | None], kept: tuple[str, ...]
) -> None:
    each = iter(found)

    def source(*_: object) -> str | None:
        return next(each)

    monkeypatch.setattr(own, "_source", source)

    assert own.own_addresses() == kept


@pytest.mark.parametrize(
    ("addresses", "public"),
    [(("192.168.1.7",), False), (("100.64.0.1", "fd00::2"), False), (("10.0.0.1", "8.8.8.8"), True)],
)
def test_an_address_of_the_internet_is_told(addresses: tuple[str, ...], public: bool) -> None:
    assert own.is_public(addresses) is public
