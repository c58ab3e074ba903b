"""The dialects of OpenAI and Anthropic as the stand-in's Ollama speaks them."""

import base64
import struct
from typing import Any

import httpx
import msgspec
import pytest

LLAMA = "llama3:8b-instruct-q6_k"
EMBEDS = "nomic-embed-text:latest"
HI = [{"role": "user", "content": "Say something."}]


def events(reply: httpx.Response) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line[6:]) for line in reply.text.splitlines() if line.startswith("data: ")]


def test_it_embeds_as_openai_does_in_numbers_or_in_bytes(ollama: httpx.Client) -> None:
    asked = {"model": EMBEDS, "input": ["a", "b"]}
    numbers = ollama.post("/v1/embeddings", json=asked).json()
    packed = ollama.post("/v1/embeddings", json=asked | {"encoding_format": "base64"}).json()

    assert [entry["index"] for entry in numbers["data"]] == [0, 1]
    for plain, short in zip(numbers["data"], packed["data"], strict=True):
        raw = base64.b64decode(short["embedding"])
        assert struct.unpack(f"<{len(raw) // 4}f", raw) == pytest.approx(plain["embedding"], abs=1e-6)


@pytest.mark.parametrize("asked", ["Hi", [{"role": "user", "content": "Hi"}]])
def test_it_responds_as_openai_does(ollama: httpx.Client, asked: Any) -> None:
    said = ollama.post("/v1/responses", json={"model": LLAMA, "input": asked}).json()

    assert said["status"] == "completed"
    assert said["output"][0]["content"][0]["text"].startswith("This answer")
    assert said["usage"]["input_tokens"] > 0


def test_a_response_streams_its_text_and_ends_with_all_of_it(ollama: httpx.Client) -> None:
    said = events(ollama.post("/v1/responses", json={"model": LLAMA, "input": "Hi", "stream": True}))

    assert [one["sequence_number"] for one in said] == list(range(len(said)))
    text = "".join(one["delta"] for one in said if one["type"] == "response.output_text.delta")
    assert said[-1]["response"]["output"][0]["content"][0]["text"] == text


def test_it_answers_messages_as_anthropic_does_and_wants_no_key(ollama: httpx.Client) -> None:
    said = ollama.post("/v1/messages", json={"model": LLAMA, "max_tokens": 3, "messages": HI})
    streamed = events(ollama.post("/v1/messages", json={"model": LLAMA, "messages": HI, "stream": True}))

    assert said.json()["content"] == [{"type": "text", "text": "This answer comes "}]
    assert said.json()["stop_reason"] == "max_tokens"
    assert streamed[-1] == {"type": "message_stop"}


@pytest.mark.parametrize(
    ("path", "body", "status", "kind"),
    [
        ("/v1/embeddings", {"model": "nope", "input": "a"}, 404, "not_found_error"),
        ("/v1/embeddings", {"model": EMBEDS, "input": 3}, 400, "invalid_request_error"),
        ("/v1/responses", {"model": "nope", "input": "a"}, 404, "not_found_error"),
        ("/v1/responses", {"model": LLAMA, "input": 3}, 400, "invalid_request_error"),
        ("/v1/responses", {"model": LLAMA, "input": []}, 400, "invalid_request_error"),
        ("/v1/messages", {"model": "nope", "messages": HI}, 404, "not_found_error"),
        ("/v1/messages", {"model": LLAMA}, 400, "invalid_request_error"),
        ("/v1/messages", {"model": "a:cloud", "messages": HI}, 403, "permission_error"),
    ],
)
def test_what_goes_wrong_is_said_in_the_dialects_shape(
    ollama: httpx.Client, path: str, body: dict[str, Any], status: int, kind: str
) -> None:
    reply = ollama.post(path, json=body)

    assert (reply.status_code, reply.json()["error"]["type"]) == (status, kind)
