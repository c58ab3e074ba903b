"""The stand-in's Ollama, route by route, over real HTTP."""

import math
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

Running = Callable[..., Stack]
Connect = Callable[..., httpx.Client]
LLAMA = "llama3:8b-instruct-q6_k"
HI = [{"role": "user", "content": "Say something."}]
READY = ["/api/generate", "/api/chat", "/api/embed", "/api/embeddings", "/api/show"]


def lines(reply: httpx.Response) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in reply.text.splitlines()]


def loaded(ollama: httpx.Client) -> list[str]:
    return [entry["name"] for entry in ollama.get("/api/ps").json()["models"]]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_it_says_that_it_is_running(ollama: httpx.Client, method: str) -> None:
    reply = ollama.request(method, "/")

    assert (reply.status_code, reply.headers["content-length"]) == (200, "17")
    assert reply.text == ("" if method == "HEAD" else "Ollama is running")


def test_it_tells_its_version(ollama: httpx.Client) -> None:
    assert ollama.get("/api/version").json() == {"version": "0.32.15"}
    assert ollama.head("/api/version").headers["content-length"] == "21"


def test_its_cloud_is_disabled(ollama: httpx.Client) -> None:
    assert ollama.get("/api/status").json() == {"cloud": {"disabled": True, "source": "env"}}


def test_it_lists_the_newest_model_first(ollama: httpx.Client, workstation: Scenario) -> None:
    models = ollama.get("/api/tags").json()["models"]

    assert len(models) == len(workstation.ollama.models)
    assert models[0]["name"] == models[0]["model"] == "qwen-coder-32b:latest"
    assert [entry["modified_at"] for entry in models] == sorted((m["modified_at"] for m in models), reverse=True)
    assert ollama.head("/api/tags").status_code == 200


def test_it_shows_what_is_in_memory(ollama: httpx.Client) -> None:
    (entry,) = ollama.get("/api/ps").json()["models"]

    assert (entry["name"], entry["context_length"]) == ("qwen-coder-32b:latest", 4096)
    assert entry["size"] == entry["size_vram"]
    assert datetime.fromisoformat(entry["expires_at"]).year > datetime.now(UTC).year + 200


@pytest.mark.parametrize("name", ["code-stral", "CODE-Stral:Latest", "library/code-stral", " code-stral:local "])
def test_it_shows_a_model_by_any_of_its_names(ollama: httpx.Client, name: str) -> None:
    page = ollama.post("/api/show", json={"model": name}).json()

    assert page["parameters"].splitlines()[0].split() == ["num_ctx", "4096"]
    assert page["model_info"]["llama.block_count"] == 56
    assert page["details"]["quantization_level"] == "Q4_K_M"


def test_it_reads_bodies_as_ollama_does(ollama: httpx.Client) -> None:
    reply = ollama.post("/api/show", content=b'{"NAME": "starcoder2:3b", "more": 1} and so on')

    assert "parameters" not in reply.json()
    assert reply.json()["model_info"]["general.architecture"] == "starcoder2"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "missing request body"),
        (b"{bad", "Expecting"),
        (b"[]", "object"),
        (b'{"model": 3}', "model"),
        (b"[" * 100_000, "recursion"),
        (b'{"model": ' + b"9" * 5000 + b"}", "digit"),
    ],
)
@pytest.mark.parametrize("path", READY)
def test_a_body_that_cannot_be_read_is_a_bad_request(ollama: httpx.Client, path: str, body: bytes, says: str) -> None:
    reply = ollama.post(path, content=body)

    assert reply.status_code == 400
    assert says in reply.json()["error"]


@pytest.mark.parametrize(
    ("path", "model", "status", "says"),
    [
        ("/api/generate", "nope", 404, "model 'nope' not found"),
        ("/api/chat", "Nope:Q1", 404, "model 'Nope:Q1' not found"),
        ("/api/show", "Nope", 404, "model 'Nope:latest' not found"),
        ("/api/embed", "nope", 404, 'model "nope" not found, try pulling it first'),
        ("/api/embeddings", "nope", 404, 'model "nope" not found, try pulling it first'),
        ("/api/generate", "", 404, "model '' not found"),
        ("/api/chat", "", 400, "model is required"),
        ("/api/show", None, 400, "model is required"),
        ("/api/embed", "", 404, "model '' not found"),
        ("/api/embeddings", "", 400, "model is required"),
        ("/api/show", "a:cloud", 403, "ollama cloud is disabled: remote model details are unavailable"),
        ("/api/chat", "a:7b-cloud", 403, "ollama cloud is disabled: remote model is unavailable"),
        *((path, bad, 400, "invalid model name") for path in READY for bad in ("a b", "a:cloud:cloud")),
    ],
)
def test_a_name_without_a_model_is_refused_in_its_routes_words(
    ollama: httpx.Client, path: str, model: str | None, status: int, says: str
) -> None:
    reply = ollama.post(path, json={"model": model})

    assert (reply.status_code, reply.json()) == (status, {"error": says})


def test_an_answer_comes_in_lines_and_ends_with_its_durations(ollama: httpx.Client) -> None:
    reply = ollama.post("/api/generate", json={"model": LLAMA, "prompt": "Say something."})

    *said, last = lines(reply)
    assert reply.headers["content-type"] == "application/x-ndjson"
    assert [line["done"] for line in said] == [False] * 46
    assert (last["done"], last["done_reason"], last["response"]) == (True, "stop", "")
    assert (last["prompt_eval_count"], last["eval_count"]) == (7, 46)
    assert last["load_duration"] == 3_100_000_000
    assert last["eval_duration"] == round(46 * 0.0118 * 1e9)
    assert last["total_duration"] == last["load_duration"] + last["prompt_eval_duration"] + last["eval_duration"]


def test_the_worked_example_takes_ten_seconds_and_most_of_them_to_load(ollama: httpx.Client) -> None:
    ollama.post("/api/generate", json={"model": "qwen-coder-32b", "keep_alive": 0})
    prompt = "x" * 88

    last = ollama.post("/api/generate", json={"model": "qwen-coder-32b", "prompt": prompt, "stream": False}).json()

    assert last["eval_count"] == 46
    assert last["total_duration"] / 1e9 == pytest.approx(10.6, abs=0.05)
    assert last["load_duration"] > 8e9


def test_a_model_in_memory_does_not_load_again(ollama: httpx.Client) -> None:
    reply = ollama.post("/api/chat", json={"model": "qwen-coder-32b", "messages": HI, "stream": False}).json()

    assert reply["load_duration"] == 40_000_000
    assert reply["message"]["role"] == "assistant"
    assert reply["message"]["content"].startswith("This answer comes from a stand-in")


def test_a_limit_cuts_the_answer(ollama: httpx.Client) -> None:
    body = {"model": LLAMA, "messages": HI, "options": {"num_predict": 3}}

    *said, last = lines(ollama.post("/api/chat", json=body))

    assert (len(said), last["done_reason"], last["eval_count"]) == (3, "length", 3)


@pytest.mark.parametrize("path", ["/api/generate", "/api/chat"])
def test_an_empty_request_loads_and_with_no_time_to_keep_it_unloads(ollama: httpx.Client, path: str) -> None:
    assert ollama.post(path, json={"model": "starcoder2:3b"}).json()["done_reason"] == "load"
    assert "starcoder2:3b" in loaded(ollama)

    reply = ollama.post(path, json={"model": "starcoder2:3b", "keep_alive": 0}).json()
    assert (reply["done"], reply["done_reason"]) == (True, "unload")
    assert "total_duration" not in reply
    assert "starcoder2:3b" not in loaded(ollama)


@pytest.mark.parametrize(
    ("keep", "seconds"),
    [(None, 300), (90, 90), ("60", 60), ("1h30m", 5400), ("1.5s", 1.5), (-1, math.inf), ("-1m", math.inf)],
)
def test_a_model_stays_as_long_as_the_request_says(ollama: httpx.Client, keep: Any, seconds: float) -> None:
    ollama.post("/api/generate", json={"model": "starcoder2:3b", "keep_alive": keep})

    until = {entry["name"]: entry["expires_at"] for entry in ollama.get("/api/ps").json()["models"]}["starcoder2:3b"]
    left = (datetime.fromisoformat(until) - datetime.now(UTC)).total_seconds()
    assert left > 9e9 if seconds == math.inf else left == pytest.approx(seconds, abs=1.4)


def test_a_time_to_keep_that_is_none_is_a_bad_request(ollama: httpx.Client) -> None:
    reply = ollama.post("/api/generate", json={"model": "starcoder2:3b", "keep_alive": "5 minutes"})

    assert (reply.status_code, reply.json()) == (400, {"error": "time: invalid duration '5 minutes'"})


def test_a_context_of_its_own_means_loading_again(ollama: httpx.Client) -> None:
    ollama.post("/api/generate", json={"model": "qwen-coder-32b", "options": {"num_ctx": 8192}})

    (entry,) = ollama.get("/api/ps").json()["models"]
    assert entry["context_length"] == 8192


def test_a_model_that_does_not_fit_drives_the_others_out_and_spills(ollama: httpx.Client, stack: Stack) -> None:
    ollama.post("/api/generate", json={"model": "mistral:8x7b-instruct-v0.1-q3_k_m"})

    (entry,) = ollama.get("/api/ps").json()["models"]
    assert entry["name"] == "mistral:8x7b-instruct-v0.1-q3_k_m"
    assert entry["context_length"] == 32_768
    assert 0 < entry["size_vram"] < entry["size"]
    assert stack.gpus.cards[0].free == 0


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/api/chat", {"messages": HI}, '"nomic-embed-text" does not support chat'),
        ("/api/generate", {"prompt": "x"}, '"nomic-embed-text" does not support generate'),
    ],
)
def test_an_embedding_model_does_not_talk(ollama: httpx.Client, path: str, body: dict[str, Any], says: str) -> None:
    reply = ollama.post(path, json={"model": "nomic-embed-text"} | body)

    assert (reply.status_code, reply.json()) == (400, {"error": says})


def test_a_model_without_tools_says_so_by_its_full_name(ollama: httpx.Client) -> None:
    reply = ollama.post("/api/chat", json={"model": LLAMA, "messages": HI, "tools": [{"type": "function"}]})

    assert reply.json() == {"error": f"registry.ollama.ai/library/{LLAMA} does not support tools"}


def test_embeddings_have_length_one_and_the_size_of_the_model(ollama: httpx.Client) -> None:
    reply = ollama.post("/api/embed", json={"model": "nomic-embed-text", "input": ["a", "b", "a"]}).json()

    first, second, third = reply["embeddings"]
    assert first == third != second
    assert len(first) == 768
    assert math.hypot(*first) == pytest.approx(1)
    assert reply["load_duration"] == 600_000_000


def test_embedding_takes_one_text_or_none(ollama: httpx.Client) -> None:
    one = ollama.post("/api/embed", json={"model": "nomic-embed-text", "input": "a"}).json()
    none = ollama.post("/api/embed", json={"model": "nomic-embed-text", "input": []}).json()
    old = ollama.post("/api/embeddings", json={"model": "nomic-embed-text", "prompt": "a"}).json()

    assert old == {"embedding": one["embeddings"][0]}
    assert none == {"model": "nomic-embed-text", "embeddings": []}
    assert ollama.post("/api/embeddings", json={"model": "nomic-embed-text"}).json() == {"embedding": []}


@pytest.mark.parametrize("texts", [3, [1], {"a": 1}])
def test_embedding_takes_nothing_but_texts(ollama: httpx.Client, texts: Any) -> None:
    reply = ollama.post("/api/embed", json={"model": "nomic-embed-text", "input": texts})

    assert (reply.status_code, reply.json()) == (400, {"error": "invalid input type"})


def test_it_lists_and_describes_models_as_openai_does(ollama: httpx.Client) -> None:
    listing = ollama.get("/v1/models").json()

    assert listing["object"] == "list"
    assert listing["data"][0] == {
        "id": "qwen-coder-32b:latest",
        "object": "model",
        "created": 1760778764,
        "owned_by": "library",
    }
    assert ollama.get("/v1/models/Qwen-Coder-32B").json() == listing["data"][0] | {"id": "Qwen-Coder-32B"}


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("nope", 404, {"message": "model 'nope:latest' not found", "type": "not_found_error"}),
        ("a%20b", 400, {"message": "invalid model name", "type": "invalid_request_error"}),
    ],
)
def test_a_missing_model_is_an_error_in_openai_shape(
    ollama: httpx.Client, name: str, status: int, error: dict[str, str]
) -> None:
    reply = ollama.get(f"/v1/models/{name}")

    assert (reply.status_code, reply.json()) == (status, {"error": error | {"param": None, "code": None}})


def test_it_chats_as_openai_does(ollama: httpx.Client) -> None:
    reply = ollama.post("/v1/chat/completions", json={"model": "lux_model", "messages": HI}).json()

    assert reply["system_fingerprint"] == "fp_ollama"
    assert reply["usage"] == {"prompt_tokens": 7, "completion_tokens": 46, "total_tokens": 53}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"model": "nope", "messages": HI}, 404, "model 'nope' not found"),
        ({"model": "lux_model"}, 400, "[] is too short - 'messages'"),
        ({"messages": HI}, 400, "model is required"),
        ({"model": "nomic-embed-text", "messages": HI}, 400, '"nomic-embed-text" does not support chat'),
    ],
)
def test_chatting_as_openai_fails_in_openai_shape(
    ollama: httpx.Client, body: dict[str, Any], status: int, says: str
) -> None:
    reply = ollama.post("/v1/chat/completions", json=body)

    assert (reply.status_code, reply.json()["error"]["message"]) == (status, says)


def test_a_cloud_model_is_refused_in_ollamas_own_shape_also_there(ollama: httpx.Client) -> None:
    reply = ollama.post("/v1/chat/completions", json={"model": "x:cloud", "messages": HI})

    assert (reply.status_code, list(reply.json())) == (403, ["error"])
    assert reply.json()["error"].startswith("ollama cloud is disabled")


@pytest.mark.parametrize("path", ["pull", "push", "create", "copy", "delete", "blobs/sha256:00"])
def test_nothing_downloads_or_changes_models_and_who_tries_is_on_record(
    ollama: httpx.Client, stack: Stack, path: str
) -> None:
    method = "DELETE" if path == "delete" else "POST"

    reply = ollama.request(method, f"/api/{path}", json={"name": "llama3.1"})

    assert (reply.status_code, list(reply.json())) == (403, ["error"])
    assert "stand-in" in reply.json()["error"]
    assert [(seen.method, seen.path, seen.model) for seen in stack.requests] == [(method, f"/api/{path}", "llama3.1")]


@pytest.mark.parametrize(
    ("method", "path", "status", "says", "allow"),
    [
        ("GET", "/api/nothing", 404, "404 page not found", None),
        ("GET", "/API/tags", 404, "404 page not found", None),
        ("GET", "/v1/models/a%2Fb", 404, "404 page not found", None),
        ("GET", "/api/show", 405, "405 method not allowed", "POST"),
        ("POST", "/api/tags", 405, "405 method not allowed", "HEAD, GET"),
        ("OPTIONS", "/api/ps", 405, "405 method not allowed", "GET"),
        ("BREW", "/", 405, "405 method not allowed", "HEAD, GET"),
    ],
)
def test_what_it_does_not_have_it_says_in_plain_text(
    ollama: httpx.Client, method: str, path: str, status: int, says: str, allow: str | None
) -> None:
    reply = ollama.request(method, path)

    assert (reply.status_code, reply.text, reply.headers.get("allow")) == (status, says, allow)
    assert reply.headers["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("method", "path", "status", "clean"),
    [
        ("GET", "//api/tags", 307, "/api/tags"),
        ("GET", "/api/x/../tags", 307, "/api/tags"),
        ("GET", "/api/tags/", 301, "/api/tags"),
        ("POST", "/api/show/", 307, "/api/show"),
        ("GET", "//api/%0d%0aset-cookie:a", 307, "/api/%0D%0Aset-cookie%3Aa"),
    ],
)
def test_an_unclean_path_leads_to_its_clean_form(stack: Stack, method: str, path: str, status: int, clean: str) -> None:
    with closing(HTTPConnection(stack.ollama_url.removeprefix("http://"), timeout=5)) as connection:
        connection.request(method, path)
        reply = connection.getresponse()

    assert (reply.status, reply.headers["location"]) == (status, clean)


def test_percent_encoding_is_undone_before_routing(ollama: httpx.Client) -> None:
    assert ollama.get("/api/%74ags?x=1").status_code == 200


def test_a_stub_is_described_but_does_not_run(running: Running, connect: Connect, workstation: Scenario) -> None:
    stub = replace(workstation.ollama.models[0], name="quiet", remote_host="https://ollama.com:443")
    side = replace(workstation.ollama, models=(*workstation.ollama.models, stub))
    stack = running(scenario=replace(workstation, ollama=side))
    http = connect(stack.ollama_url)
    shown = http.post("/api/show", json={"model": "quiet"}).json()
    chat = http.post("/api/chat", json={"model": "quiet", "messages": HI})
    listed = {entry["name"]: entry.get("remote_host") for entry in http.get("/api/tags").json()["models"]}

    assert shown["remote_host"] == listed["quiet:latest"] == "https://ollama.com:443"
    assert listed["starcoder2:3b"] is None
    assert (chat.status_code, chat.json()["error"][:13]) == (403, "ollama cloud ")


def test_with_its_cloud_enabled_nobody_is_signed_in(running: Running, connect: Connect, workstation: Scenario) -> None:
    side = replace(workstation.ollama, cloud_disabled=False)
    stack = running(scenario=replace(workstation, ollama=side))
    http = connect(stack.ollama_url)
    assert http.get("/api/status").json() == {"cloud": {"disabled": False, "source": "none"}}
    reply = http.post("/api/chat", json={"model": "x:cloud", "messages": HI})

    assert (reply.status_code, reply.json()["error"]) == (401, "unauthorized")


def test_an_empty_server_lists_nothing_as_null(running: Running, connect: Connect, workstation: Scenario) -> None:
    side = replace(workstation.ollama, models=(), loaded=())
    stack = running(scenario=replace(workstation, ollama=side))
    http = connect(stack.ollama_url)
    assert http.get("/api/tags").json() == {"models": []}
    assert http.get("/v1/models").json() == {"object": "list", "data": None}
