"""The stand-in's Anthropic, route by route, over real HTTP."""

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import AnthropicAccount, AnthropicModel, Scenario
from modelcheck.standin.stack import Stack

Running = Callable[..., Stack]
Connect = Callable[..., httpx.Client]
HI = [{"role": "user", "content": "Say something."}]
ASK = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": HI}
VERSION = {"anthropic-version": "2023-06-01"}


def named(name: str, **lifecycle: Any) -> AnthropicModel:
    return AnthropicModel(
        id=name,
        display_name=name.title(),
        created_at="2025-01-01T00:00:00Z",
        max_input_tokens=1000,
        max_tokens=100,
        **lifecycle,
    )


@pytest.fixture
def many(running: Running, connect: Connect, workstation: Scenario) -> httpx.Client:
    """A client of an account with 25 models, one of them deprecated and one retired."""
    models = [named(f"m{place:02}") for place in range(25)]
    models[3] = named("m03", lifecycle="deprecated", deprecated_at="2026-01-01T00:00:00Z")
    models[4] = named("m04", lifecycle="retired", retires_at="2026-06-01T00:00:00Z")
    stack = running(scenario=replace(workstation, anthropic=AnthropicAccount(models=tuple(models))))
    return connect(stack.anthropic_url, **VERSION, authorization=f"Bearer {made_up_key('anthropic')}")


def test_it_lists_the_models_of_the_account(anthropic: httpx.Client) -> None:
    listing = anthropic.get("/v1/models").json()

    assert [entry["id"] for entry in listing["data"]] == ["claude-haiku-4-5", "claude-sonnet-4-5"]
    assert {entry["lifecycle"] for entry in listing["data"]} == {"active"}
    assert listing["data"][0]["retires_at"] is None
    assert anthropic.get("/v1/models/claude-haiku-4-5").json() == listing["data"][0]


def test_it_lists_them_page_by_page(many: httpx.Client) -> None:
    first = many.get("/v1/models").json()
    second = many.get("/v1/models", params={"after_id": first["last_id"]}).json()
    back = many.get("/v1/models", params={"before_id": second["first_id"], "limit": 3}).json()

    assert (len(first["data"]), first["first_id"], first["has_more"]) == (20, "m00", True)
    assert (second["first_id"], second["last_id"], second["has_more"]) == ("m21", "m24", False)
    assert (back["first_id"], back["last_id"], back["has_more"]) == ("m18", "m20", True)


def test_retired_models_are_listed_only_when_asked_for_and_do_not_answer(many: httpx.Client) -> None:
    usual = many.get("/v1/models", params={"limit": 100}).json()
    retired = many.get("/v1/models", params={"lifecycle": "retired"}).json()

    assert "m03" in {entry["id"] for entry in usual["data"]}
    assert "m04" not in {entry["id"] for entry in usual["data"]}
    assert [entry["id"] for entry in retired["data"]] == ["m04"]
    assert many.get("/v1/models/m04").json()["retires_at"] == "2026-06-01T00:00:00Z"
    assert many.post("/v1/messages", json=ASK | {"model": "m04"}).status_code == 404
    assert many.post("/v1/messages", json=ASK | {"model": "m03"}).status_code == 200


def test_an_account_without_models_has_an_empty_page(running: Running, connect: Connect, workstation: Scenario) -> None:
    stack = running(scenario=replace(workstation, anthropic=AnthropicAccount()))
    http = connect(stack.anthropic_url, **VERSION, **{"x-api-key": made_up_key("anthropic")})

    assert http.get("/v1/models").json() == {"data": [], "has_more": False, "first_id": None, "last_id": None}


@pytest.mark.parametrize("params", [{"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"after_id": "nope"}])
def test_a_page_that_cannot_be_is_a_bad_request(anthropic: httpx.Client, params: dict[str, str]) -> None:
    reply = anthropic.get("/v1/models", params=params)

    assert (reply.status_code, reply.json()["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        (VERSION, 401, "authentication_error"),
        (VERSION | {"x-api-key": "nonsense"}, 401, "authentication_error"),
        (VERSION | {"authorization": "Bearer nonsense"}, 401, "authentication_error"),
        ({"x-api-key": made_up_key("openai")}, 401, "authentication_error"),
        ({"x-api-key": made_up_key("anthropic")}, 400, "invalid_request_error"),
    ],
    ids=["no key", "wrong key", "wrong token", "another provider's key", "no version"],
)
def test_without_key_and_version_nothing_is_served(
    stack: Stack, connect: Connect, headers: dict[str, str], status: int, kind: str
) -> None:
    reply = connect(stack.anthropic_url, **headers).get("/v1/models")

    assert (reply.status_code, reply.json()["type"], reply.json()["error"]["type"]) == (status, "error", kind)
    assert reply.json()["request_id"].startswith("req_")
    assert "nonsense" not in reply.text


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("GET", "/v1/models/nope", None, 404, "model: nope"),
        ("POST", "/v1/messages", ASK | {"model": "nope"}, 404, "model: nope"),
        ("POST", "/v1/messages", ASK | {"model": ""}, 400, "model: Field required"),
        ("POST", "/v1/messages", ASK | {"max_tokens": None}, 400, "max_tokens: Field required"),
        ("POST", "/v1/messages", ASK | {"messages": []}, 400, "messages: Field required"),
        ("POST", "/v1/messages", None, 400, "missing request body"),
        ("GET", "/v1/nothing", None, 404, "Not Found"),
        ("GET", "/v1/messages", None, 405, "Method Not Allowed"),
    ],
)
def test_what_is_wrong_is_said_in_its_shape(
    anthropic: httpx.Client, method: str, path: str, body: Any, status: int, says: str
) -> None:
    reply = anthropic.request(method, path, json=body) if body else anthropic.request(method, path)

    kind = "not_found_error" if status == 404 else "invalid_request_error"
    assert (reply.status_code, reply.json()["error"]) == (status, {"type": kind, "message": says})


def test_it_answers_in_one_piece(anthropic: httpx.Client) -> None:
    reply = anthropic.post("/v1/messages", json=ASK | {"max_tokens": 5, "system": "Be short."}).json()

    assert (reply["role"], reply["stop_reason"]) == ("assistant", "max_tokens")
    assert reply["content"] == [{"type": "text", "text": "This answer comes from a "}]
    assert reply["usage"] == {"input_tokens": 13, "output_tokens": 5}


def test_it_answers_in_events(anthropic: httpx.Client) -> None:
    reply = anthropic.post("/v1/messages", json=ASK | {"stream": True})

    events = [event.split("\n") for event in reply.text.removesuffix("\n\n").split("\n\n")]
    names = [event[0].removeprefix("event: ") for event in events]
    data = [msgspec.json.decode(event[1].removeprefix("data: ")) for event in events]
    assert reply.headers["content-type"] == "text/event-stream"
    assert names == [entry["type"] for entry in data]
    assert names[:3] == ["message_start", "content_block_start", "ping"]
    assert names.count("content_block_delta") == 46
    assert names[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert data[-2]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert data[-2]["usage"] == {"output_tokens": 46}
