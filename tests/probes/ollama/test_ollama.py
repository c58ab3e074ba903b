"""The Ollama probes against the stand-in over real HTTP, and against nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from native_project import access_to

from modelcheck.core.asked import LocalModel, LocalModels, Server, Servers
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import ContactState, Shape
from modelcheck.core.project import Engine, ModelKey
from modelcheck.probes.access import Access
from modelcheck.probes.ollama import ollama, shapes
from modelcheck.probes.ollama.address import address_of, host_label, reads_own_store
from modelcheck.standin.fault import ServerName, Status
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

DEFAULT = Server("default", Engine.OLLAMA, "default")
LOOPBACK = Server("http://127.0.0.1:11434", Engine.OLLAMA, "http://127.0.0.1:11434")
FOREIGN = Server("office", Engine.OLLAMA, "not official")
OTHER = Server("http://127.0.0.1:9", Engine.OPENAI_LOCAL, "http://127.0.0.1:9")
HOSTED = Server("openai", Engine.OPENAI, "api.openai.com")
UNNAMED = Server("openai-local", Engine.OPENAI_LOCAL, "openai-local")


@pytest.fixture
def stack() -> Iterator[Stack]:
    with Stack(Scenario.named("workstation")) as running:
        yield running


def access(root: Path, stack: Stack | None = None, **more: Any) -> Access:
    endpoints = {"ollama": stack.ollama_url} if stack else {}
    return access_to(root, **{"endpoints": endpoints, **more})


def model(name: str, server: str = "default", engine: Engine = Engine.OLLAMA) -> LocalModel:
    return LocalModel(ModelKey(server, name), engine, name, primary=True, places=())


def test_a_server_that_answers_is_seen_whole(tmp_path: Path, stack: Stack) -> None:
    given = access(tmp_path, stack)
    contacts, versions, tags, running, switches = ollama(given, Servers((DEFAULT,)))

    contact = contacts.servers["default"]
    assert not isinstance(contact, Gap)
    assert contact.state is ContactState.ANSWERED
    assert versions.servers["default"] == "0.32.15"
    listed = tags.servers["default"]
    assert not isinstance(listed, Gap)
    assert len(listed) == 10
    assert switches.disabled["default"] is True
    loaded = running.servers["default"]
    assert not isinstance(loaded, Gap)
    assert [one.name for one in loaded] == ["qwen-coder-32b:latest"]
    assert [(row.host, row.method, row.count) for row in given.book.closed().contacts] == [
        ("the endpoint given for ollama", "GET", 4)
    ]


def test_a_server_that_is_not_there_is_a_contact_that_failed(tmp_path: Path) -> None:
    given = access(tmp_path, endpoints={"ollama": "http://127.0.0.1:9"})
    contacts, versions, tags, running, switches = ollama(given, Servers((DEFAULT,)))

    contact = contacts.servers["default"]
    assert not isinstance(contact, Gap)
    assert contact.state is ContactState.REFUSED
    for seen in (versions.servers, tags.servers, running.servers, switches.disabled):
        gap = seen["default"]
        assert isinstance(gap, Gap)
        assert gap.why is Why.NOT_ANSWERED


@pytest.mark.parametrize(
    ("server", "more", "why"),
    [
        (FOREIGN, {"named": {"office": "http://192.168.7.7:11434"}}, Why.NOT_TRUSTED),
        (FOREIGN, {"named": {"office": "http://192.168.7.7:11434"}, "network": False}, Why.OFFLINE),
        (DEFAULT, {"environ": {"OLLAMA_HOST": "192.168.7.7"}, "offline": True}, Why.OFFLINE),
        (DEFAULT, {"environ": {"OLLAMA_HOST": "http://u:p@x"}}, Why.UNREADABLE),
        (DEFAULT, {"endpoints": {"ollama": "gopher://x"}}, Why.UNREADABLE),
        (HOSTED, {}, Why.NOT_UNDERSTOOD),
        (UNNAMED, {}, Why.NOT_DECLARED),
    ],
)
def test_who_may_not_be_asked_is_not_asked(tmp_path: Path, server: Server, more: dict[str, Any], why: Why) -> None:
    given = access(tmp_path, **more)
    address = address_of(given, server)
    contacts, *_ = ollama(given, Servers((server,)))

    assert isinstance(address, Gap)
    assert address.why is why
    assert contacts.servers[server.id] == address
    assert given.book.closed().contacts == ()


@pytest.mark.parametrize(
    ("server", "more", "address"),
    [
        (DEFAULT, {}, "http://127.0.0.1:11434"),
        (DEFAULT, {"environ": {"OLLAMA_HOST": "0.0.0.0:8080"}}, "http://127.0.0.1:8080"),
        (LOOPBACK, {}, "http://127.0.0.1:11434"),
        (LOOPBACK, {"named": {LOOPBACK.id: "http://localhost:11434"}}, "http://localhost:11434"),
        (LOOPBACK, {"environ": {"OLLAMA_HOST": "127.0.0.1:9"}}, "http://127.0.0.1:11434"),
        (
            FOREIGN,
            {"named": {"office": "http://Box:11434/v1"}, "trusted_hosts": frozenset({"BOX"})},
            "http://box:11434",
        ),
        (FOREIGN, {"endpoints": {"office": "http://box:1"}}, "http://box:1"),
        (FOREIGN, {"endpoints": {"ollama": "http://box:1/api"}}, "http://box:1"),
    ],
)
def test_a_server_is_asked_where_the_user_says(
    tmp_path: Path, server: Server, more: dict[str, Any], address: str
) -> None:
    assert address_of(access(tmp_path, **more), server) == address


def test_the_ledger_names_loopback_as_it_is_and_others_by_who_gave_them(tmp_path: Path) -> None:
    assert host_label(access(tmp_path), DEFAULT, "http://127.0.0.1:11434") == "127.0.0.1:11434"
    assert host_label(access(tmp_path), FOREIGN, "http://192.168.7.7:11434") == "the server of office"


@pytest.mark.parametrize(
    ("server", "more", "own"),
    [
        (DEFAULT, {}, True),
        (LOOPBACK, {}, True),
        (Server("http://127.0.0.1:9", Engine.OLLAMA, "x"), {}, False),
        (Server("http://127.0.0.1:9", Engine.OLLAMA, "x"), {"environ": {"OLLAMA_HOST": ":9"}}, True),
        (DEFAULT, {"environ": {"OLLAMA_HOST": "192.168.7.7"}}, False),
        (Server(LOOPBACK.id, Engine.OPENAI_LOCAL, "x"), {"models_dirs": (Path("/m"),)}, False),
        (FOREIGN, {"named": {"office": "http://192.168.7.7"}}, False),
        (DEFAULT, {"endpoints": {"ollama": "http://127.0.0.1:9"}}, False),
        (DEFAULT, {"endpoints": {"ollama": "http://127.0.0.1:9"}, "models_dirs": (Path("/m"),)}, True),
    ],
)
def test_the_store_on_this_disk_belongs_to_ollamas_own_port(
    tmp_path: Path, server: Server, more: dict[str, Any], own: bool
) -> None:
    assert reads_own_store(access(tmp_path, **more), server) is own


def test_the_shape_of_what_is_here_is_asked_by_the_servers_own_spelling(tmp_path: Path, stack: Stack) -> None:
    given = access(tmp_path, stack)
    servers = Servers((DEFAULT, OTHER))
    contacts, _, tags, _, _ = ollama(given, servers)
    models = LocalModels((model("QWEN-coder-32b"), model("absent:1b"), model("x", OTHER.id, Engine.OPENAI_LOCAL)))
    seen = shapes(given, servers, models, tags, contacts).models

    shape = seen[models.models[0].key]
    assert isinstance(shape, Shape)
    assert (shape.num_ctx, shape.layers, shape.kv_heads) == (4096, 64, 8)
    absent, other = seen[models.models[1].key], seen[models.models[2].key]
    assert isinstance(absent, Gap)
    assert isinstance(other, Gap)
    assert (absent.why, other.why) == (Why.NOT_HERE, Why.NOT_RECORDED)
    assert [one.model for one in stack.requests if one.path == "/api/show"] == ["qwen-coder-32b:latest"]


def test_no_shape_is_asked_of_a_server_that_did_not_answer(tmp_path: Path) -> None:
    given = access(tmp_path, endpoints={"ollama": "http://127.0.0.1:9"})
    servers = Servers((DEFAULT,))
    _, _, tags, _, _ = ollama(given, servers)
    seen = shapes(given, servers, LocalModels((model("x"),)), tags).models[ModelKey("default", "x")]

    assert isinstance(seen, Gap)
    assert seen.why is Why.NOT_ANSWERED


def test_no_more_shapes_are_asked_than_the_bound(tmp_path: Path, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelcheck.probes.ollama.MOST_SHOWN", 1)
    given = access(tmp_path, stack)
    _, _, tags, _, _ = ollama(given, Servers((DEFAULT,)))
    models = LocalModels((model("qwen-coder-32b"), model("code-stral")))
    seen = shapes(given, Servers((DEFAULT,)), models, tags).models

    second = seen[models.models[1].key]
    assert isinstance(second, Gap)
    assert second.why is Why.TOO_MUCH


def test_a_server_without_a_status_route_is_no_broken_server(tmp_path: Path) -> None:
    fault = Status(server=ServerName.OLLAMA, route="/api/status", status=404, body="404 page not found")
    scenario = msgspec.structs.replace(Scenario.named("workstation"), faults=(fault,))
    with Stack(scenario) as old:
        contacts, _, _, _, switches = ollama(access(tmp_path, old), Servers((DEFAULT,)))

    contact, switch = contacts.servers["default"], switches.disabled["default"]
    assert not isinstance(contact, Gap)
    assert contact.state is ContactState.ANSWERED
    assert isinstance(switch, Gap)
    assert switch.why is Why.NOT_RECORDED
