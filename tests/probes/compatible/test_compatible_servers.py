"""Servers of OpenAI's API over real HTTP: the stand-in in each of its flavours, and servers that fail."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from native_project import access_to
from raw_server import RawServer, hanging, response, sending

from modelcheck.core.asked import Server, Servers
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Contact, ContactState, Product
from modelcheck.core.project import Engine
from modelcheck.probes.access import Access
from modelcheck.probes.ollama import ollama
from modelcheck.standin.fault import Fault, Redirect, Refuse, ServerName, Status
from modelcheck.standin.scenario import CompatibleServer, Flavour, Scenario, ServedModel
from modelcheck.standin.stack import Stack

QWEN = ServedModel(id="/home/bob/models/Qwen3-8B-Q4_K_M.gguf", size=5_027_783_488, parameters=8_190_735_360)


def stack_of(flavour: Flavour, *faults: Fault, **more: Any) -> Stack:
    side = CompatibleServer(flavour=flavour, version="0.11.0", models=(QWEN,), **more)
    return Stack(replace(Scenario.named("workstation"), compatible=side, faults=faults))


def server_at(url: str) -> Server:
    root = url.removesuffix("/v1")
    return Server(root, Engine.OPENAI_LOCAL, root)


def look(url: str, access: Access | None = None) -> tuple[Any, ...]:
    """What was seen of one server: contact, version, entries, what is in memory, the switch of the cloud."""
    contacts, versions, tags, running, switches = ollama(access or access_to(Path()), Servers((server_at(url),)))
    facts = (contacts.servers, versions.servers, tags.servers, running.servers, switches.disabled)
    return tuple(fact[server_at(url).id] for fact in facts)


@pytest.mark.parametrize(
    ("flavour", "product", "context"),
    [
        ("llama.cpp", Product.LLAMA_CPP, 4096),
        ("llama.cpp-router", Product.LLAMA_ROUTER, None),
        ("vllm", Product.VLLM, 8192),
        ("lm-studio", Product.LM_STUDIO, 4096),
    ],
)
def test_each_product_is_told_by_what_it_answers(flavour: Flavour, product: Product, context: int | None) -> None:
    with stack_of(flavour) as stack:
        contact, version, entries, loaded, switch = look(stack.compatible_url)

    assert contact == Contact(ContactState.ANSWERED, product=product)
    assert version == "0.11.0" or product is Product.LM_STUDIO
    assert [(entry.name, entry.remote) for entry in entries] == [("Qwen3-8B-Q4_K_M.gguf", False)]
    (one,) = loaded
    assert (one.name, one.context if context else None) == ("Qwen3-8B-Q4_K_M.gguf", context)
    assert isinstance(one.size_vram, Gap)
    assert isinstance(switch, Gap)
    assert {(request.server, request.method) for request in stack.requests} == {("compatible", "GET")}
    assert not any(request.keyed or "authorization" in request.headers for request in stack.requests)


def test_a_plain_server_is_not_told_apart() -> None:
    with stack_of("plain") as stack:
        contact, _, entries, loaded, _ = look(stack.compatible_url)

    assert contact.state is ContactState.ANSWERED
    assert isinstance(contact.product, Gap)
    assert [entry.remote for entry in entries] == [contact.product]
    assert loaded == contact.product


def test_ollama_behind_openais_api_is_seen_as_itself() -> None:
    with Stack(Scenario.named("workstation")) as stack:
        contact, version, entries, loaded, switch = look(f"{stack.ollama_url}/v1")

    assert contact == Contact(ContactState.ANSWERED, product=Product.OLLAMA)
    assert (version, len(entries), [one.name for one in loaded], switch) == (
        "0.32.15",
        10,
        ["qwen-coder-32b:latest"],
        True,
    )


@pytest.mark.parametrize("flavour", ["vllm", "lm-studio", "plain"])
def test_a_key_that_is_asked_for_is_said(flavour: Flavour) -> None:
    with stack_of(flavour, needs_key=True) as stack:
        contact, version, entries, loaded, _ = look(stack.compatible_url)

    assert (contact.state, contact.detail) == (ContactState.NOT_OLLAMA, "/v1/models: HTTP 401")
    assert contact.needs_key
    assert {gap.why for gap in (contact.product, version, entries, loaded)} == {Why.NO_KEY}
    assert not any("authorization" in request.headers for request in stack.requests)


@pytest.mark.parametrize("flavour", ["llama.cpp", "llama.cpp-router"])
def test_llama_cpp_shows_its_list_without_a_key(flavour: Flavour) -> None:
    with stack_of(flavour, needs_key=True) as stack:
        contact, version, entries, _, _ = look(stack.compatible_url)

    assert contact.state is ContactState.ANSWERED
    assert isinstance(version, Gap)
    assert len(entries) == 1


@pytest.mark.parametrize(
    ("fault", "state", "detail"),
    [
        (Refuse(server=ServerName.COMPATIBLE), ContactState.REFUSED, "/v1/models"),
        (
            Status(server=ServerName.COMPATIBLE, route="/v1/models", status=500),
            ContactState.NOT_OLLAMA,
            "/v1/models: HTTP 500",
        ),
        (
            Status(server=ServerName.COMPATIBLE, route="/health", status=503),
            ContactState.NOT_OLLAMA,
            "/health: HTTP 503",
        ),
        (Redirect(server=ServerName.COMPATIBLE), ContactState.NOT_OLLAMA, "/v1/models: HTTP 302"),
    ],
)
def test_a_server_that_fails_is_a_contact_and_proves_nothing(fault: Fault, state: ContactState, detail: str) -> None:
    with stack_of("vllm", fault) as stack:
        seen, *rest = look(stack.compatible_url)

    assert (seen.state, seen.detail) == (state, detail)
    assert {gap.why for gap in rest[:3]} == {Why.NOT_ANSWERED}
    assert {request.server for request in stack.requests} <= {"compatible"}


def test_a_server_whose_side_routes_hang_is_told_by_its_list() -> None:
    vllm = sending(response(json.dumps({"data": [{"id": "x", "owned_by": "vllm"}]}).encode()))
    gone = sending(response(b"{}", "404 Not Found"))
    paths = ("/health", "/props", "/api/v0/models", "/api/v1/models", "/api/tags", "/api/ps", "/api/status")
    routes = {**dict.fromkeys(paths, gone), "/v1/models": vllm, "/version": hanging(), "/api/version": gone}
    with RawServer(routes) as server:
        contact, version, entries, _, _ = look(server.url, access_to(Path(), limit_s=1.0))

    assert contact == Contact(ContactState.ANSWERED, product=Product.VLLM)
    assert isinstance(version, Gap)
    assert [entry.name for entry in entries] == ["x"]
    assert all(one.startswith("GET /") for one in server.asked)


def test_the_ledger_counts_every_question() -> None:
    with stack_of("vllm") as stack:
        access = access_to(Path())
        look(stack.compatible_url, access)
        (row,) = access.book.closed().contacts

    assert (row.method, row.count) == ("GET", len(stack.requests))
