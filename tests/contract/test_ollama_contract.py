"""What modelcheck expects of Ollama, held against the stand-in and the real server that MODELCHECK_TEST_OLLAMA names.

The real one runs on loopback, has its cloud disabled and holds a model; nothing is loaded in it or changed.
"""

import ipaddress
import os
import re
import ssl
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import httpx
import msgspec
import pytest
from msgspec import Meta

from modelcheck.probes.ollama.guard import CLOSED, Closed
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

REAL = os.environ.get("MODELCHECK_TEST_OLLAMA", "")
GONE = "modelcheck-contract-gone"
JSON = "application/json"
ARCHITECTURE = ("block_count", "context_length", "embedding_length", "attention.head_count")

Size = Annotated[int, Meta(ge=0)]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Details(msgspec.Struct):
    format: str
    family: str
    families: list[str]
    parameter_size: str
    quantization_level: str


class Tag(msgspec.Struct):
    name: Annotated[str, Meta(pattern=":")]
    model: str
    modified_at: datetime
    size: Size
    digest: Digest
    details: Details


class Tags(msgspec.Struct):
    models: list[Tag]


class Loaded(msgspec.Struct):
    name: Annotated[str, Meta(pattern=":")]
    model: str
    size: Size
    digest: Digest
    details: Details
    expires_at: datetime
    size_vram: Size
    context_length: Size


class Running(msgspec.Struct):
    models: list[Loaded]


class Cloud(msgspec.Struct):
    disabled: bool
    source: str


class Status(msgspec.Struct):
    cloud: Cloud


class Page(msgspec.Struct):
    modelfile: str
    template: str
    details: Details
    model_info: dict[str, Any]
    capabilities: list[str]
    modified_at: datetime
    parameters: str = ""


class OpenAIEntry(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    object: str
    created: int
    owned_by: str


def on_loopback(url: str) -> str:
    host = httpx.URL(url).host
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        pytest.fail(f"MODELCHECK_TEST_OLLAMA names {host}; contract tests talk to loopback alone")
    return url


@pytest.fixture(scope="module", params=["stand-in", *(["real"] if REAL else [])])
def server(request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with Stack(Scenario.named("workstation")) as stack:
        url = on_loopback(REAL) if request.param == "real" else stack.ollama_url
        with httpx.Client(base_url=url, timeout=10, trust_env=False, verify=context) as client:
            yield client


@pytest.fixture(scope="module")
def known(server: httpx.Client) -> Tag:
    """A model that the server holds."""
    models = msgspec.json.decode(server.get("/api/tags").content, type=Tags).models
    assert models, "the real server must hold a model"
    return models[0]


@pytest.mark.parametrize("closed", CLOSED, ids=lambda closed: closed.route)
def test_the_self_test_of_a_guard_does_nothing_where_it_gets_through(server: httpx.Client, closed: Closed) -> None:
    before = server.get("/api/tags").content
    body = None if closed.body is None else msgspec.json.encode(closed.body)
    reply = server.request(closed.method, closed.path, content=body)

    # A push says what is wrong in its stream.
    assert reply.is_client_error or "unqualified name" in reply.text
    assert "x-modelcheck-reason" not in reply.headers
    assert server.get("/api/tags").content == before


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_root_says_that_ollama_is_running(server: httpx.Client, method: str) -> None:
    reply = server.request(method, "/")

    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert reply.text == ("Ollama is running" if method == "GET" else "")


def test_the_version_is_a_text(server: httpx.Client) -> None:
    reply = server.get("/api/version")

    assert reply.headers["content-type"].startswith(JSON)
    assert list(reply.json()) == ["version"]
    assert re.match(r"\d+\.\d+\.\d+", reply.json()["version"])


@pytest.mark.parametrize("path", ["/api/version", "/api/tags"])
def test_a_head_has_the_length_of_the_body_and_no_body(server: httpx.Client, path: str) -> None:
    head, whole = server.head(path), server.get(path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))


def test_tags_describe_every_model_and_the_newest_comes_first(server: httpx.Client) -> None:
    models = msgspec.json.decode(server.get("/api/tags").content, type=Tags).models

    assert models
    assert all(entry.name == entry.model for entry in models)
    seconds = [int(entry.modified_at.timestamp()) for entry in models]
    assert seconds == sorted(seconds, reverse=True)


def test_ps_describes_what_is_in_memory(server: httpx.Client) -> None:
    models = msgspec.json.decode(server.get("/api/ps").content, type=Running).models

    assert all(entry.size_vram <= entry.size for entry in models)


def test_the_status_tells_whether_the_cloud_is_disabled(server: httpx.Client) -> None:
    status = msgspec.json.decode(server.get("/api/status").content, type=Status)

    assert status.cloud.disabled, "the real server must run with OLLAMA_NO_CLOUD=1"
    assert status.cloud.source in {"env", "config", "both"}


def test_show_describes_the_architecture(server: httpx.Client, known: Tag) -> None:
    page = msgspec.json.decode(server.post("/api/show", json={"model": known.name}).content, type=Page)

    architecture = page.model_info["general.architecture"]
    assert {f"{architecture}.{key}" for key in ARCHITECTURE} <= set(page.model_info)
    assert page.details.family == known.details.family
    assert page.modified_at == known.modified_at


def test_parameters_are_lines_of_a_name_and_a_value(server: httpx.Client) -> None:
    models = msgspec.json.decode(server.get("/api/tags").content, type=Tags).models
    pages = [server.post("/api/show", json={"model": entry.name}).json() for entry in models]

    lines = [line for page in pages for line in page.get("parameters", "").split("\n") if line]
    assert lines, "the real server must hold a model with parameters"
    assert all(re.fullmatch(r"[a-z_]+ +\S.*", line) and line.index(" ") < 31 <= len(line) for line in lines)


@pytest.mark.parametrize("field", ["model", "name", "MODEL"])
def test_show_finds_a_model_whatever_the_case(server: httpx.Client, known: Tag, field: str) -> None:
    reply = server.post("/api/show", json={field: known.name.upper()})

    assert reply.status_code == 200


@pytest.mark.parametrize(
    ("path", "model", "status", "says"),
    [
        ("/api/show", GONE, 404, f"model '{GONE}:latest' not found"),
        ("/api/show", f"{GONE}:Q4", 404, f"model '{GONE}:Q4' not found"),
        ("/api/show", "a b", 400, "invalid model name"),
        ("/api/show", "", 400, "model is required"),
        ("/api/show", f"{GONE}:cloud", 403, "ollama cloud is disabled: remote model details are unavailable"),
        ("/api/generate", GONE, 404, f"model '{GONE}' not found"),
        ("/api/generate", "a b", 400, "invalid model name"),
        ("/api/generate", "", 404, "model '' not found"),
        ("/api/generate", f"{GONE}:7b-cloud", 403, "ollama cloud is disabled: remote model is unavailable"),
        ("/api/chat", GONE, 404, f"model '{GONE}' not found"),
        ("/api/chat", "a b", 400, "invalid model name"),
        ("/api/chat", "", 400, "model is required"),
        ("/api/chat", f"{GONE}:CLOUD", 403, "ollama cloud is disabled: remote model is unavailable"),
        ("/api/embed", GONE, 404, f'model "{GONE}" not found, try pulling it first'),
        ("/api/embed", "", 404, "model '' not found"),
        ("/api/embeddings", GONE, 404, f'model "{GONE}" not found, try pulling it first'),
        ("/api/embeddings", "", 400, "model is required"),
    ],
)
def test_a_model_that_is_not_there_is_an_error_and_never_a_download(
    server: httpx.Client, path: str, model: str, status: int, says: str
) -> None:
    reply = server.post(path, json={"model": model, "prompt": "x", "messages": [{"role": "user", "content": "x"}]})

    assert (reply.status_code, reply.json()) == (status, {"error": says})
    assert reply.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("body", [b"", b"{bad", b"[]", b'{"model": 3}'])
@pytest.mark.parametrize("path", ["/api/show", "/api/generate", "/api/chat", "/api/embed", "/api/embeddings"])
def test_a_body_that_cannot_be_read_is_a_bad_request(server: httpx.Client, path: str, body: bytes) -> None:
    reply = server.post(path, content=body)

    assert (reply.status_code, list(reply.json())) == (400, ["error"])
    assert body or reply.json() == {"error": "missing request body"}


def test_what_follows_the_first_json_value_does_not_matter(server: httpx.Client, known: Tag) -> None:
    body = msgspec.json.encode({"model": known.name}) + b" and so on"

    assert server.post("/api/show", content=body).status_code == 200


@pytest.mark.parametrize(
    ("path", "has", "lacks"),
    [("/api/generate", {"response"}, {"message"}), ("/api/chat", {"message"}, {"response"})],
)
def test_unloading_needs_neither_a_loaded_model_nor_time(
    server: httpx.Client, known: Tag, path: str, has: set[str], lacks: set[str]
) -> None:
    reply = server.post(path, json={"model": known.name, "keep_alive": 0})

    assert (reply.status_code, reply.json()["model"], reply.json()["done_reason"]) == (200, known.name, "unload")
    assert set(reply.json()) == {"model", "created_at", "done", "done_reason"} | has
    assert not lacks & set(reply.json())


@pytest.mark.parametrize(
    ("method", "path", "status", "says", "allow"),
    [
        ("GET", "/api/nothing", 404, "404 page not found", None),
        ("GET", "/API/TAGS", 404, "404 page not found", None),
        ("GET", "/v1/nothing", 404, "404 page not found", None),
        ("POST", "/api/tags", 405, "405 method not allowed", "HEAD, GET"),
        ("GET", "/api/show", 405, "405 method not allowed", "POST"),
        ("GET", "/api/pull", 405, "405 method not allowed", "POST"),
        ("GET", "/api/delete", 405, "405 method not allowed", "DELETE"),
        ("HEAD", "/api/ps", 405, "", "GET"),
        ("BREW", "/", 405, "405 method not allowed", "HEAD, GET"),
    ],
)
def test_unknown_paths_and_methods_are_said_in_plain_text(
    server: httpx.Client, method: str, path: str, status: int, says: str, allow: str | None
) -> None:
    reply = server.request(method, path)

    assert (reply.status_code, reply.text, reply.headers.get("allow")) == (status, says, allow)
    assert reply.headers["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("method", "path", "status", "clean"),
    [
        ("GET", "//api/tags", 307, "/api/tags"),
        ("GET", "/api/tags/", 301, "/api/tags"),
        ("POST", "/api/show/", 307, "/api/show"),
    ],
)
def test_an_unclean_path_is_redirected(server: httpx.Client, method: str, path: str, status: int, clean: str) -> None:
    url = server.base_url.copy_with(raw_path=path.encode())

    reply = server.request(method, url)

    assert (reply.status_code, reply.headers["location"]) == (status, clean)


def test_percent_encoding_is_undone_before_routing(server: httpx.Client) -> None:
    assert server.get("/api/%74ags?x=1").status_code == 200


def test_models_are_listed_as_openai_does(server: httpx.Client, known: Tag) -> None:
    listing = server.get("/v1/models").json()

    assert set(listing) == {"object", "data"}
    entries = msgspec.convert(listing["data"], list[OpenAIEntry])
    assert known.name in {entry.id for entry in entries}
    one = msgspec.convert(server.get(f"/v1/models/{known.name}").json(), OpenAIEntry)
    assert (one.id, one.object, one.created) == (known.name, "model", int(known.modified_at.timestamp()))


@pytest.mark.parametrize(
    ("name", "status", "kind", "says"),
    [
        (GONE, 404, "not_found_error", f"model '{GONE}:latest' not found"),
        ("a%20b", 400, "invalid_request_error", "invalid model name"),
    ],
)
def test_errors_are_said_as_openai_does_on_its_routes(
    server: httpx.Client, name: str, status: int, kind: str, says: str
) -> None:
    reply = server.get(f"/v1/models/{name}")

    assert (reply.status_code, reply.json()) == (
        status,
        {"error": {"message": says, "type": kind, "param": None, "code": None}},
    )


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://page.invalid", 403),
        ("https://page.invalid", 403),
        ("http://page.invalid:8080", 403),
        ("null", 403),
        ("http://localhost:3000", 200),
        ("https://127.0.0.1", 200),
        ("vscode-webview://abc", 200),
    ],
)
def test_pages_of_other_sites_are_refused_by_their_origin(server: httpx.Client, origin: str, status: int) -> None:
    assert server.get("/api/version", headers={"origin": origin}).status_code == status
