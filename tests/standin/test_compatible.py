"""The stand-in's server of OpenAI's API, flavour by flavour, against the bodies that the makers document."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from msgspec.structs import replace

from modelcheck.standin.fault import BrokenStream, Decline, Fault, Reason, ServerName
from modelcheck.standin.scenario import CompatibleServer, Flavour, Scenario, ScenarioError, ServedModel
from modelcheck.standin.stack import Stack

Running = Callable[..., Stack]
Connect = Callable[..., httpx.Client]
RECORDED = Path(__file__).parents[1] / "recorded" / "compatible"
HI = [{"role": "user", "content": "Say something."}]
NOT_FOUND = {"message": "File Not Found", "type": "not_found_error", "param": None, "code": 404}
MODELS = (
    ServedModel(id="qwen3-8b", size=5_027_783_488, parameters=8_190_735_360, aliases=("/models/qwen3-8b.gguf",)),
    ServedModel(id="nomic-embed", embeds=True, loaded=False),
)


@pytest.fixture
def server(workstation: Scenario, running: Running, connect: Connect) -> Callable[..., httpx.Client]:
    """Start a server of a flavour, and make a client of its root."""

    def start(flavour: Flavour, *faults: Fault, models: tuple[ServedModel, ...] = MODELS, **more: Any) -> httpx.Client:
        side = CompatibleServer(flavour=flavour, version="b7500-abcdef0", models=models, **more)
        stack = running(*faults, scenario=replace(workstation, compatible=side))
        return connect(stack.compatible_url.removesuffix("/v1"))

    return start


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


def lacking(real: Any, said: Any, path: str = "") -> list[str]:
    """What a documented body has and the stand-in's has not, as paths through its objects; of a list the first item."""
    if isinstance(real, list):
        return lacking(real[0], said[0], path) if real else []
    if not isinstance(real, dict):
        return []
    found: list[str] = []
    for key in cast("dict[str, Any]", real):
        here = f"{path}/{key}"
        found += lacking(real[key], said[key], here) if key in said else [here]
    return found


@pytest.mark.parametrize(
    ("flavour", "path", "name", "untold"),
    [
        ("llama.cpp", "/v1/models", "llama_cpp_models", []),
        (
            "llama.cpp",
            "/props",
            "llama_cpp_props",
            [
                *(f"/default_generation_settings/{key}" for key in ("id", "id_task", "speculative", "is_processing")),
                "/chat_template_caps",
            ],
        ),
        ("llama.cpp-router", "/v1/models", "llama_cpp_router_models", ["/data/path", "/data/status/args"]),
        ("llama.cpp-router", "/props", "llama_cpp_router_props", []),
        (
            "vllm",
            "/v1/models",
            "vllm_models",
            [
                f"/data/permission/{key}"
                for key in (
                    *("allow_create_engine", "allow_sampling", "allow_logprobs", "allow_search_indices"),
                    *("allow_view", "allow_fine_tuning", "organization", "group", "is_blocking"),
                )
            ],
        ),
        ("vllm", "/version", "vllm_version", []),
        ("lm-studio", "/v1/models", "lm_studio_models", []),
        ("lm-studio", "/api/v0/models", "lm_studio_v0_models", []),
        ("lm-studio", "/api/v1/models", "lm_studio_v1_models", ["/models/capabilities", "/models/description"]),
        ("lm-studio", "/version", "lm_studio_unexpected", []),
    ],
)
def test_it_says_what_the_maker_documents(
    server: Callable[..., httpx.Client], flavour: Flavour, path: str, name: str, untold: list[str]
) -> None:
    reply = server(flavour).get(path)

    assert reply.status_code == 200
    assert lacking(recorded(name), reply.json()) == untold


def test_the_words_that_products_are_told_by(server: Callable[..., httpx.Client]) -> None:
    said = {
        flavour: {entry["owned_by"] for entry in server(flavour).get("/v1/models").json()["data"]}
        for flavour in ("llama.cpp", "llama.cpp-router", "vllm", "lm-studio", "plain")
    }

    assert said == {
        "llama.cpp": {"llamacpp"},
        "llama.cpp-router": {"llamacpp"},
        "vllm": {"vllm"},
        "lm-studio": {"organization_owner"},
        "plain": {"somebody"},
    }


def test_lm_studio_answers_what_it_does_not_have_under_status_200(server: Callable[..., httpx.Client]) -> None:
    reply = server("lm-studio").get("/props")

    assert (reply.status_code, reply.json()) == (200, {"error": "Unexpected endpoint or method. (GET /props)"})


@pytest.mark.parametrize(
    ("flavour", "status", "body"),
    [
        (
            "llama.cpp",
            404,
            {"error": {"message": "File Not Found", "type": "not_found_error", "param": None, "code": 404}},
        ),
        ("vllm", 404, {"detail": "Not Found"}),
        ("plain", 404, {"detail": "Not Found"}),
    ],
)
def test_others_answer_404(server: Callable[..., httpx.Client], flavour: Flavour, status: int, body: object) -> None:
    reply = server(flavour).get("/api/version")

    assert (reply.status_code, reply.json()) == (status, body)


def ask(client: httpx.Client, model: str, **more: Any) -> httpx.Response:
    return client.post("/v1/chat/completions", json={"model": model, "messages": HI, **more})


def test_llama_cpp_answers_any_name_with_its_one_model(server: Callable[..., httpx.Client]) -> None:
    client = server("llama.cpp", models=MODELS[:1])

    assert ask(client, "gpt-4").status_code == 200
    assert ask(server("llama.cpp", models=()), "gpt-4").status_code == 404


@pytest.mark.parametrize(("flavour", "status"), [("llama.cpp-router", 400), ("vllm", 404), ("lm-studio", 404)])
def test_others_refuse_a_name_that_they_do_not_list(
    server: Callable[..., httpx.Client], flavour: Flavour, status: int
) -> None:
    client = server(flavour)

    reply = ask(client, "gpt-4")
    assert reply.status_code == status
    assert "gpt-4" in reply.json()["error"]["message"]
    assert ask(client, "qwen3-8b").json()["choices"][0]["finish_reason"] == "stop"


def test_a_downloaded_model_is_loaded_when_it_is_asked_for(server: Callable[..., httpx.Client]) -> None:
    client = server("lm-studio")

    before = [model["state"] for model in client.get("/api/v0/models").json()["data"]]
    ask(client, "nomic-embed")
    after = [model["state"] for model in client.get("/api/v0/models").json()["data"]]

    assert (before, after) == (["loaded", "not-loaded"], ["loaded", "loaded"])
    assert len(client.get("/api/v1/models").json()["models"][1]["loaded_instances"]) == 1


def test_a_model_of_llama_cpp_may_sleep(server: Callable[..., httpx.Client]) -> None:
    client = server("llama.cpp", models=(replace(MODELS[0], loaded=False),))

    assert client.get("/props").json()["is_sleeping"] is True
    assert client.get("/props").json()["model_path"] == "/models/qwen3-8b.gguf"


@pytest.mark.parametrize(
    ("flavour", "path", "status"),
    [
        ("llama.cpp", "/v1/models", 200),
        ("llama.cpp", "/props", 401),
        ("vllm", "/v1/models", 401),
        ("vllm", "/version", 200),
        ("lm-studio", "/v1/models", 401),
        ("lm-studio", "/api/v0/models", 401),
    ],
)
def test_a_key_guards_what_it_guards_there(
    server: Callable[..., httpx.Client], flavour: Flavour, path: str, status: int
) -> None:
    assert server(flavour, needs_key=True).get(path).status_code == status


def test_a_request_that_cannot_be_read_is_refused(server: Callable[..., httpx.Client]) -> None:
    client = server("vllm")

    assert client.post("/v1/chat/completions", content=b"{bad").status_code == 400
    assert client.post("/v1/chat/completions", json={"model": "qwen3-8b"}).status_code == 400
    assert client.post("/version").status_code == 405
    assert server("llama.cpp").post("/props").status_code == 404


def test_it_streams_and_breaks_off_in_its_own_words(server: Callable[..., httpx.Client]) -> None:
    fault = BrokenStream(server=ServerName.COMPATIBLE, route="/v1/chat/completions", pieces=2)

    assert ask(server("vllm"), "qwen3-8b", stream=True).text.endswith("data: [DONE]\n\n")
    assert "server_error" in ask(server("vllm", fault), "qwen3-8b", stream=True).text


@pytest.mark.parametrize(
    ("reason", "status"), [(Reason.OVERLOADED, 503), (Reason.BROKEN, 500), (Reason.INVALID_KEY, 401)]
)
def test_it_declines(server: Callable[..., httpx.Client], reason: Reason, status: int) -> None:
    client = server("llama.cpp", Decline(server=ServerName.COMPATIBLE, reason=reason))

    assert client.get("/v1/models").status_code == status


def test_a_scenario_without_such_a_server_has_none(workstation: Scenario, running: Running) -> None:
    stack = running()

    with pytest.raises(KeyError):
        _ = stack.compatible_url
    with pytest.raises(ScenarioError, match="compatible cannot decline as broken; it can for: nothing"):
        running(Decline(server=ServerName.COMPATIBLE, reason=Reason.BROKEN))


def test_a_scenario_file_may_have_one(workstation: Scenario) -> None:
    text = json.loads((Path(__file__).parents[2] / "src/modelcheck/standin/scenarios/workstation.json").read_text())
    text["compatible"] = {"flavour": "vllm", "models": [{"id": "x"}]}

    assert Scenario.decode(json.dumps(text)).compatible == CompatibleServer(
        flavour="vllm", models=(ServedModel(id="x"),)
    )
    text["compatible"]["flavour"] = "other"
    with pytest.raises(ScenarioError):
        Scenario.decode(json.dumps(text))
