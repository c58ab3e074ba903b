"""Shapes are asked for what a server holds as weights of its own, by its own spelling, and by no other request."""

import json
from pathlib import Path
from typing import Any

import pytest
from native_project import access_to
from raw_server import RawServer, Serve, hanging, response, sending

from modelcheck.core.asked import LocalModel, LocalModels, Server, Servers
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Contact, Contacts, ContactState, Entry, HostContact, Product, Shape, Shapes, Tags
from modelcheck.core.project import Engine, ModelKey
from modelcheck.probes.ollama import shapes

LOCAL = Entry("LLaMA3:Latest", 5, "a" * 64, remote=False)
SHOWN = {"model_info": {"general.architecture": "llama", "llama.block_count": 32}}


def model(name: str, server: str, engine: Engine = Engine.OLLAMA) -> LocalModel:
    return LocalModel(ModelKey(server, name.lower()), engine, name, primary=True, places=())


def ask(url: str, listed: tuple[Entry, ...] | Gap, *names: str, **allowed: Any) -> tuple[Shapes, list[HostContact]]:
    server = Server(url, Engine.OLLAMA, url)
    access = access_to(Path(), **allowed)
    tags = Tags(Seen[str, tuple[Entry, ...]].of({url: listed}))
    models = LocalModels(tuple(model(name, url) for name in names))
    return shapes(access, Servers((server,)), models, tags), list(access.book.closed().contacts)


def shown(body: object = SHOWN) -> Serve:
    return sending(response(json.dumps(body).encode()))


def test_the_probe_needs_what_is_listed() -> None:
    assert shapes.needs == {"servers": Servers, "models": LocalModels, "tags": Tags, "contacts": Contacts}
    assert shapes.optional == {"contacts"}
    assert shapes.promises == (Shapes,)


def test_a_model_is_asked_for_in_the_servers_spelling() -> None:
    with RawServer(shown()) as server:
        found, contacts = ask(server.url, (LOCAL,), "llama3")

    shape = found.models[ModelKey(server.url, "llama3")]
    assert isinstance(shape, Shape)
    assert shape.layers == 32
    assert server.asked == ["POST /api/show"]
    assert server.requests[0].endswith(b'\r\n\r\n{"model": "LLaMA3:Latest"}')
    assert contacts == [HostContact(server.url.removeprefix("http://"), "POST /api/show", 1)]


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (Entry("gpt-oss:120b-cloud", 0, remote=True), "gpt-oss:120b-cloud"),
        (Entry("innocent:latest", 400, remote=True), "innocent"),
        (Entry("unknown:latest", 5), "unknown"),
        (LOCAL, "llama3:8b"),
        (LOCAL, "other"),
        (LOCAL, "not a name"),
        (LOCAL, ""),
        (Entry("llama3:latest\r\nX: y", 5, remote=False), "llama3:latest\r\nX: y"),
    ],
    ids=["cloud name", "stub", "not known", "other tag", "not here", "no name", "empty", "hostile"],
)
def test_nothing_else_is_asked_for(entry: Entry, name: str) -> None:
    with RawServer(shown()) as server:
        found, contacts = ask(server.url, (entry,), name)

    assert found.models[ModelKey(server.url, name.lower())] == Gap(Why.NOT_HERE, about=name)
    assert server.requests == []
    assert contacts == []


def test_a_list_that_was_not_seen_is_the_gap() -> None:
    gap = Gap(Why.NOT_ANSWERED, about="x")
    with RawServer(shown()) as server:
        found, _ = ask(server.url, gap, "llama3")

    assert found.models[ModelKey(server.url, "llama3")] == gap
    assert server.requests == []


def test_a_server_that_may_not_be_asked_is_not() -> None:
    with RawServer(shown()) as server:
        found, _ = ask(server.url, (LOCAL,), "llama3", network=False)

    assert found.models[ModelKey(server.url, "llama3")] == Gap(Why.OFFLINE, about=server.url)
    assert server.requests == []


@pytest.mark.parametrize(
    ("contact", "why"),
    [
        (Contact(ContactState.ANSWERED, product=Product.VLLM), Why.NOT_RECORDED),
        (Contact(ContactState.ANSWERED), Why.NOT_RECORDED),
        (Gap(Why.OFFLINE), Why.OFFLINE),
        (None, Why.NOT_ASKED),
    ],
)
def test_a_server_that_is_not_known_as_ollama_is_asked_for_no_shape(contact: Contact | Gap | None, why: Why) -> None:
    with RawServer(shown()) as server:
        other = Server(server.url, Engine.OPENAI_LOCAL, "x")
        one = model("llama3", other.id, Engine.OPENAI_LOCAL)
        facts = (Servers((other,)), LocalModels((one,)), Tags(Seen.of({other.id: (LOCAL,)})))
        contacts = () if contact is None else (Contacts(Seen[str, Contact].of({other.id: contact})),)
        shape = shapes(access_to(Path()), *facts, *contacts).models[one.key]

    assert isinstance(shape, Gap)
    assert shape.why is why
    assert server.requests == []


def test_ollama_behind_openais_api_is_asked_as_ever() -> None:
    with RawServer(shown()) as server:
        other = Server(server.url, Engine.OPENAI_LOCAL, "x")
        one = model("llama3", other.id, Engine.OPENAI_LOCAL)
        contacts = Contacts(Seen.of({other.id: Contact(ContactState.ANSWERED, product=Product.OLLAMA)}))
        tags = Tags(Seen.of({other.id: (LOCAL,)}))
        shape = shapes(access_to(Path()), Servers((other,)), LocalModels((one,)), tags, contacts).models[one.key]

    assert isinstance(shape, Shape)
    assert shape.layers == 32


@pytest.mark.parametrize(
    ("serve", "why"),
    [
        (sending(response(b'{"error": "model not found"}', "404 Not Found")), Why.NOT_RECORDED),
        (sending(response(b"{}", "500 Oops")), Why.NOT_ANSWERED),
        (sending(response(b"[]")), Why.UNREADABLE),
        (sending(b"garbage"), Why.NOT_ANSWERED),
        (hanging(), Why.NOT_ANSWERED),
    ],
    ids=["gone", "fails", "garbled", "garbage", "hangs"],
)
def test_a_shape_that_was_not_told_is_a_gap(serve: Serve, why: Why) -> None:
    with RawServer(serve) as server:
        found, _ = ask(server.url, (LOCAL,), "llama3", limit_s=1.0)

    assert found.models[ModelKey(server.url, "llama3")] == Gap(why, about=f"{server.url}/api/show")


def test_every_model_has_its_answer_in_the_order_of_naming() -> None:
    names = ("absent", "llama3", "other")
    with RawServer(shown()) as server:
        found, _ = ask(server.url, (LOCAL, Entry("other:latest", 5, remote=False)), *names)

    assert [key.name for key in found.models] == list(names)
    assert [type(found.models[key]) for key in found.models] == [Gap, Shape, Shape]
    assert server.asked == ["POST /api/show"] * 2


def test_models_that_hang_do_not_hold_each_other() -> None:
    names = [f"m{number}" for number in range(12)]
    with RawServer(hanging()) as server:
        found, _ = ask(
            server.url, tuple(Entry(f"{name}:latest", 5, remote=False) for name in names), *names, limit_s=1.0
        )

    assert all(isinstance(found.models[key], Gap) for key in found.models)
