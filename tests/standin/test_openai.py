"""The stand-in's OpenAI, route by route, over real HTTP."""

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import OpenAIAccount, OpenAIModel, Scenario
from modelcheck.standin.stack import Stack

Running = Callable[..., Stack]
Connect = Callable[..., httpx.Client]
HI = [{"role": "user", "content": "Say something."}]


def test_it_lists_the_models_of_the_account(openai: httpx.Client) -> None:
    listing = openai.get("/models").json()

    assert listing["object"] == "list"
    assert [entry["id"] for entry in listing["data"]] == ["gpt-5", "gpt-5.4-mini"]
    assert openai.get("/models/gpt-5").json() == listing["data"][0]
    assert listing["data"][0]["shutdown_date"] is None


def test_it_tells_when_a_model_shuts_down(running: Running, connect: Connect, workstation: Scenario) -> None:
    account = OpenAIAccount(models=(OpenAIModel(id="old", created=1, shutdown_date="2027-01-31"),))
    stack = running(scenario=replace(workstation, openai=account))
    http = connect(stack.openai_url, authorization=f"bearer {made_up_key('openai')}")

    assert http.get("/models/old").json()["shutdown_date"] == "2027-01-31"


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, None), ({"authorization": "Basic abc"}, None), ({"authorization": "Bearer nonsense"}, "invalid_api_key")],
)
@pytest.mark.parametrize("path", ["/models", "/chat/completions", "/nothing"])
def test_without_the_key_nothing_is_served(
    stack: Stack, connect: Connect, headers: dict[str, str], code: str | None, path: str
) -> None:
    reply = connect(stack.openai_url, **headers).get(path)

    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == code
    assert "nonsense" not in reply.text


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "says"),
    [
        ("GET", "/models/nope", None, 404, "model_not_found", "'nope' does not exist"),
        ("POST", "/chat/completions", {"model": "nope", "messages": HI}, 404, "model_not_found", "'nope'"),
        ("POST", "/chat/completions", {"messages": HI}, 400, None, "model"),
        ("POST", "/chat/completions", {"model": "gpt-5", "messages": []}, 400, "empty_array", "messages"),
        ("POST", "/chat/completions", None, 400, None, "missing request body"),
        ("GET", "/nothing", None, 404, None, "Invalid URL (GET /v1/nothing)"),
        ("DELETE", "/models", None, 405, None, "Not allowed to DELETE on /v1/models."),
    ],
)
def test_what_is_wrong_is_said_in_its_shape(
    openai: httpx.Client, method: str, path: str, body: Any, status: int, code: str | None, says: str
) -> None:
    reply = openai.request(method, path, json=body) if body else openai.request(method, path)

    error = reply.json()["error"]
    assert (reply.status_code, error["type"], error["code"]) == (status, "invalid_request_error", code)
    assert says in error["message"]


def test_it_chats_in_one_piece(openai: httpx.Client) -> None:
    body = {"model": "gpt-5", "messages": HI, "max_completion_tokens": 5}

    reply = openai.post("/chat/completions", json=body).json()

    (choice,) = reply["choices"]
    assert (reply["object"], reply["model"], choice["finish_reason"]) == ("chat.completion", "gpt-5", "length")
    assert choice["message"] == {"role": "assistant", "content": "This answer comes from a "}
    assert reply["usage"] == {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


@pytest.mark.parametrize("usage", [True, False])
def test_it_chats_in_chunks_and_ends_with_done(openai: httpx.Client, usage: bool) -> None:
    body = {"model": "gpt-5", "messages": HI, "stream": True, "stream_options": {"include_usage": usage}}

    reply = openai.post("/chat/completions", json=body)

    *events, end, rest = reply.text.split("\n\n")
    chunks = [msgspec.json.decode(event.removeprefix("data: ")) for event in events]
    assert (reply.headers["content-type"], end, rest) == ("text/event-stream", "data: [DONE]", "")
    assert len(chunks) == 47 + usage
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": "This "}
    assert chunks[46]["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    assert ("usage" in chunks[-1]) is usage
    assert len({chunk["id"] for chunk in chunks}) == 1


def test_the_parts_of_a_message_are_counted_by_their_text(openai: httpx.Client) -> None:
    parts = [{"type": "text", "text": "x" * 40}, {"type": "image_url", "image_url": {"url": "y" * 400}}]

    reply = openai.post(
        "/chat/completions", json={"model": "gpt-5", "messages": [{"role": "user", "content": parts}]}
    ).json()

    assert reply["usage"]["prompt_tokens"] == 14
