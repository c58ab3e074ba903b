"""The stand-in, given the models of a recorded server, against what that server said word for word.

tests/recorded/ollama holds bodies of a real Ollama (v0.33.0-rc2 built from source, OLLAMA_NO_CLOUD=1) with three models
of a few hundred bytes; the path of the blobs is cut from the model files.
"""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from modelcheck.standin.scenario import LocalModel, OllamaServer, Scenario
from modelcheck.standin.stack import Stack

RECORDED = Path(__file__).parents[1] / "recorded" / "ollama"
PAGES = {"tiny:latest": "show", "tiny-plain:q8_0": "show_plain", "tiny-embed:latest": "show_embedding"}
UNTOLD = {"license", "modelfile", "system", "template", "tensors"}
"""What the stand-in leaves out of /api/show, or tells in its own words."""
GO = "invalid character"
"""Go's words for JSON that it cannot read."""


def recorded(name: str) -> Any:
    return msgspec.json.decode((RECORDED / f"{name}.json").read_bytes())


def recorded_model(entry: dict[str, Any]) -> LocalModel:
    page, details = recorded(PAGES[entry["name"]]), entry["details"]
    return LocalModel(
        name=entry["name"],
        size=entry["size"],
        digest=entry["digest"],
        modified_at=entry["modified_at"],
        family=details["family"],
        parameter_size=details["parameter_size"],
        quantization_level=details["quantization_level"],
        parameters=page.get("parameters", ""),
        capabilities=tuple(page["capabilities"]),
        info=page["model_info"],
    )


def by_id(entry: dict[str, Any]) -> str:
    return str(entry["id"])


@pytest.fixture(scope="module")
def server() -> Iterator[httpx.Client]:
    models = tuple(recorded_model(entry) for entry in recorded("tags")["models"])
    side = OllamaServer(version=recorded("version")["version"], models=models)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with (
        Stack(Scenario(name="recorded", ollama=side)) as stack,
        httpx.Client(base_url=stack.ollama_url, timeout=5, trust_env=False, verify=context) as client,
    ):
        yield client


@pytest.mark.parametrize("name", ["version", "ps", "status"])
def test_it_says_the_same(server: httpx.Client, name: str) -> None:
    assert server.get(f"/api/{name}").json() == recorded(name)


def test_it_lists_the_same_as_openai_does_in_any_order_within_a_second(server: httpx.Client) -> None:
    said, real = server.get("/v1/models").json(), recorded("models_as_openai")

    assert sorted(said.pop("data"), key=by_id) == sorted(real.pop("data"), key=by_id)
    assert said == real


def test_it_lists_the_same_but_for_a_capability_that_only_show_tells_right(server: httpx.Client) -> None:
    said, real = server.get("/api/tags").json()["models"], recorded("tags")["models"]

    capabilities = {
        entry["name"]: (entry.pop("capabilities"), other.pop("capabilities"))
        for entry, other in zip(said, real, strict=True)
    }
    assert said == real
    assert capabilities.pop("tiny-embed:latest") == (["embedding"], ["completion"])
    assert all(ours == theirs for ours, theirs in capabilities.values())


@pytest.mark.parametrize(("model", "name"), PAGES.items())
def test_it_shows_the_same(server: httpx.Client, model: str, name: str) -> None:
    said, real = server.post("/api/show", json={"model": model}).json(), recorded(name)

    assert set(real) - set(said) <= UNTOLD
    assert {key: said[key] for key in said if key not in UNTOLD} == {
        key: real[key] for key in real if key not in UNTOLD
    }


def test_it_unloads_with_the_same_words(server: httpx.Client) -> None:
    said = server.post("/api/generate", json={"model": "tiny", "keep_alive": 0}).json()

    assert said | {"created_at": ""} == recorded("unload") | {"created_at": ""}


@pytest.mark.parametrize("case", recorded("errors"), ids=lambda case: f"{case['method']} {case['path']} {case['body']}")
def test_it_fails_with_the_same_words(server: httpx.Client, case: dict[str, Any]) -> None:
    reply = server.request(case["method"], case["path"], content=case["body"])

    assert (reply.status_code, reply.headers.get("allow")) == (case["status"], case["allow"])
    assert reply.headers["content-type"].split(";")[0] == case["content_type"].split(";")[0]
    if GO not in case["reply"]:
        assert reply.text.strip() == case["reply"].strip()
