"""The whole command against servers that answer in every wrong way: a truthful report, in bounded time."""

import json
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ended import Command, Ended
from msgspec.structs import replace

from modelcheck.app.demo import project
from modelcheck.standin.scenario import CompatibleServer, Scenario, ServedModel
from modelcheck.standin.stack import Stack

GIB = 1 << 30
TAGS = {
    "models": [
        {
            "name": "qwen-coder-32b:latest",
            "model": "qwen-coder-32b:latest",
            "size": 19_000_000_000,
            "digest": "ab" * 32,
            "details": {"family": "qwen2", "parameter_size": "32.8B", "quantization_level": "Q4_K_M"},
        }
    ]
}
ANSWERS: dict[str, Any] = {
    "/api/version": {"version": "0.32.15"},
    "/api/tags": TAGS,
    "/api/ps": {"models": []},
    "/api/status": {"cloud": {"disabled": True, "source": "env"}},
    "/api/show": {"parameters": "num_ctx 4096", "model_info": {}},
}


@contextmanager
def server(answer: Callable[[BaseHTTPRequestHandler], None]) -> Generator[tuple[str, list[str]]]:
    """Serve on loopback; the list holds method and path of all that was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path}")
            answer(self)

        do_POST = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815 - names of the library

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - a name of the library

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None: ...

    running = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}", asked
    finally:
        running.shutdown()
        running.server_close()


def send(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str = "application/json", **headers: str
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def healthy(**changes: Any) -> Callable[[BaseHTTPRequestHandler], None]:
    answers = {**ANSWERS, **{f"/api/{name}": body for name, body in changes.items()}}

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path in answers:
            send(handler, 200, json.dumps(answers[handler.path]).encode())
        else:
            send(handler, 404, b"404 page not found", "text/plain")

    return answer


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    piece = b'{"models":[' + b" " * (1 << 20)
    for _ in range(200):
        handler.wfile.write(piece)


BROKEN: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {
    "garbage": lambda handler: send(handler, 200, b"\x00\xff\x13garbage"),
    "html": lambda handler: send(handler, 200, b"<html>hello</html>", "text/html"),
    "error": lambda handler: send(handler, 500, b'{"error":"boom"}'),
    "redirect": lambda handler: send(handler, 302, b"", Location="http://127.0.0.1:9/stolen"),
    "duplicate keys": lambda handler: send(
        handler, 200, b'{"version":"0.1.0","version":"0.32.15","models":[],"models":[]}'
    ),
    "wrong types": lambda handler: send(handler, 200, b'{"version":7,"models":{"name":"x"}}'),
    "a list": lambda handler: send(handler, 200, b"[]"),
    "endless": endless,
    "closing": lambda handler: handler.connection.shutdown(socket.SHUT_RDWR),
}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def look(command: Command, root: Path, url: str, *more: str) -> Ended:
    return command("audit", root, "--endpoint", f"ollama={url}", "--offline", "--json", *more)


def test_a_healthy_server_is_believed(command: Command, broken: Path) -> None:
    with server(healthy()) as (url, asked):
        ended = look(command, broken, url)

    assert ended.json["configuration"]["missing_models"] == ["llama3.1:8b-instruct-q6_k", "mixtral-8x7b"]
    assert ended.check("OLL-02")["outcome"] == "pass"
    assert set(asked) == {"GET /api/version", "GET /api/tags", "GET /api/ps", "GET /api/status", "POST /api/show"}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_server_is_said_to_be_broken_and_proves_nothing_missing(
    command: Command, broken: Path, kind: str
) -> None:
    with server(BROKEN[kind]) as (url, asked):
        ended = look(command, broken, url)

    assert ended.code == 0
    assert ended.check("OLL-01")["outcome"] == "fail"
    assert ended.check("CFG-03")["outcome"] == "unknown"
    assert ended.json["configuration"]["missing_models"] is None
    assert all(one.startswith("GET /api/") for one in asked)


def test_a_broken_server_never_raises_the_score(command: Command, broken: Path) -> None:
    with server(healthy()) as (url, _):
        best = look(command, broken, url).json["score"]
    for answer in BROKEN.values():
        with server(answer) as (url, _):
            score = look(command, broken, url).json["score"]
        assert score["low"] <= best["low"]


@pytest.mark.parametrize("after", [0, 30, 100], ids=["before headers", "inside headers", "inside the body"])
def test_a_hanging_server_is_given_up_in_bounded_time(
    command: Command, broken: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr("modelcheck.probes.ollama.ANSWER_S", 0.4)
    reply = (
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"version":"0.32' + b" " * 99
    )
    over = threading.Event()

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connection.sendall(reply[:after])
                held.append(connection)

        held: list[socket.socket] = []
        threading.Thread(target=serve, daemon=True).start()
        ended = look(command, broken, f"http://127.0.0.1:{listening.getsockname()[1]}")
        over.set()
        for connection in held:
            connection.close()

    assert ended.check("OLL-01")["outcome"] == "fail"
    assert ended.check("OLL-01")["findings"][0]["code"] == "timed_out"
    assert ended.check("CFG-03")["outcome"] == "unknown"


def test_an_empty_server_proves_that_models_are_missing(command: Command, broken: Path) -> None:
    with server(healthy(tags={"models": []})) as (url, _):
        ended = look(command, broken, url)

    assert len(ended.json["configuration"]["missing_models"]) == 3
    assert ended.json["gate"]["verdict"] == "blocked"


def test_a_cloud_stub_of_the_missing_name_does_not_count_as_here(command: Command, broken: Path) -> None:
    stub = {"name": "mixtral-8x7b:latest", "size": 384, "remote_host": "https://ollama.com", "remote_model": "x"}
    with server(healthy(tags={"models": [*TAGS["models"], stub]})) as (url, asked):
        ended = look(command, broken, url)

    assert "mixtral-8x7b" in ended.json["configuration"]["missing_models"]
    assert any(finding["code"] == "stub" for finding in ended.check("CFG-06")["findings"])
    assert asked.count("POST /api/show") == 1


def test_partial_offload_costs_points_and_is_named(command: Command, broken: Path) -> None:
    loaded = {"name": "qwen-coder-32b:latest", "size": 20 * GIB, "size_vram": 15 * GIB, "context_length": 4096}
    with server(healthy(ps={"models": [loaded]})) as (url, _):
        ended = look(command, broken, url)

    finding = next(one for one in ended.check("OLL-05")["findings"] if one["outcome"] == "fail")
    assert finding["code"] == "spilled"
    assert finding["params"] == {"model": "qwen-coder-32b", "percent": 25, "off": 5 * GIB}


def test_an_old_version_is_named_with_its_weakness(command: Command, broken: Path) -> None:
    with server(healthy(version={"version": "0.1.33"})) as (url, _):
        ended = look(command, broken, url)

    assert ended.check("OLL-02")["outcome"] == "fail"


def test_fifty_thousand_models_are_read(command: Command, broken: Path) -> None:
    many = [{"name": f"model{number}:latest", "size": 1, "digest": f"{number:064x}"} for number in range(50_000)]
    with server(healthy(tags={"models": [*many, *TAGS["models"]]})) as (url, _):
        ended = look(command, broken, url)

    assert ended.json["configuration"]["inventory_count"] == 50_001
    assert ended.json["configuration"]["available_models_count"] == 1


def test_hostile_names_cannot_write_on_the_terminal(command: Command, broken: Path) -> None:
    evil = [{"name": "llama3:8b-instruct\x1b[2J[bold]\u202eX", "size": 5, "digest": "cd" * 32}]
    with server(healthy(tags={"models": evil})) as (url, _):
        shown = command("inventory", broken, "--endpoint", f"ollama={url}").out
        shown += command("audit", broken, "--endpoint", f"ollama={url}", "--offline", "-v").out

    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[bold]" in shown


WORKSTATION = Scenario.named("workstation")


def ollama_holding(*names: str) -> Scenario:
    models = tuple(model for model in WORKSTATION.ollama.models if model.name in names)
    return replace(WORKSTATION, ollama=replace(WORKSTATION.ollama, models=models, loaded=()))


@pytest.fixture
def several() -> Generator[tuple[Path, dict[str, Stack]]]:
    """A project with two Ollama servers and vLLM, each asked for a model of its own and for one of its neighbour."""
    vllm = CompatibleServer(flavour="vllm", version="0.11.0", models=(ServedModel(id="Qwen/Qwen3-8B"),))
    scenarios = {
        "ollama_a": ollama_holding("llama3:8b-instruct-q6_k", "code-stral:latest"),
        "ollama_b": ollama_holding("starcoder2:3b"),
        "vllm": replace(WORKSTATION, compatible=vllm),
    }
    names = {
        "ollama_a": ["llama3:8b-instruct-q6_k", "starcoder2:3b"],
        "ollama_b": ["starcoder2:3b", "code-stral"],
        "vllm": ["Qwen/Qwen3-8B", "llama3:8b-instruct-q6_k"],
    }
    with project("corrected") as root, ExitStack() as running:
        stacks = {name: running.enter_context(Stack(scenario)) for name, scenario in scenarios.items()}
        urls = {name: stack.ollama_url for name, stack in stacks.items()} | {"vllm": stacks["vllm"].compatible_url}
        sections = {
            name: {"base_url": url, "type": "vllm" if name == "vllm" else "ollama", "models": names[name]}
            for name, url in urls.items()
        }
        agents = {"a": {"primary": {"provider": "ollama_a", "model": names["ollama_a"][0]}}}
        table = {"model_providers": sections, "agent_models": agents}
        (root / "config" / "models_config.json").write_text(json.dumps(table, indent=1))
        yield root, stacks


def test_each_model_is_looked_for_on_its_own_server_and_its_neighbour_is_named(
    command: Command, several: tuple[Path, dict[str, Stack]]
) -> None:
    root, stacks = several
    ended = command("audit", root, "--offline", "--json")

    a, b = stacks["ollama_a"].ollama_url, stacks["ollama_b"].ollama_url
    found = {(one["subject"], one["code"], one["params"].get("other")) for one in ended.check("CFG-03")["findings"]}
    assert found == {
        ("llama3:8b-instruct-q6_k", "here", None),
        ("starcoder2:3b", "elsewhere", b),
        ("starcoder2:3b", "here", None),
        ("code-stral", "elsewhere", a),
        ("Qwen/Qwen3-8B", "here", None),
        ("llama3:8b-instruct-q6_k", "elsewhere", a),
    }
    assert ended.json["configuration"]["missing_models"] == ["starcoder2:3b", "code-stral", "llama3:8b-instruct-q6_k"]
    assert ended.json["configuration"]["inventory_count"] == 4
    assert [one["code"] for one in ended.check("OLL-01")["findings"]] == ["answers", "answers", "answers-as"]
    assert ended.json["gate"]["verdict"] == "blocked"


def test_a_silent_server_leaves_its_own_models_open_and_no_others(
    command: Command, several: tuple[Path, dict[str, Stack]]
) -> None:
    root, stacks = several
    stacks["ollama_b"].close()
    ended = command("audit", root, "--offline", "--json")

    found = {(one["subject"], one["code"]) for one in ended.check("CFG-03")["findings"]}
    assert {("Qwen/Qwen3-8B", "here"), ("code-stral", "unseen"), ("starcoder2:3b", "unseen")} <= found
    assert ended.check("OLL-01")["outcome"] == "partial"


def test_the_inventory_shows_every_server_of_the_project(
    command: Command, several: tuple[Path, dict[str, Stack]]
) -> None:
    root, stacks = several
    shown = command("inventory", root, "--offline")
    listed = json.loads(command("inventory", root, "--offline", "--json").out)

    servers = dict(listed["servers"]["pairs"])
    assert len(servers) == 3
    vllm = stacks["vllm"].compatible_url.removesuffix("/v1")
    assert servers[vllm]["product"] == "vLLM"
    assert [entry["name"] for entry in servers[vllm]["entries"]] == ["Qwen/Qwen3-8B"]
    assert "Qwen/Qwen3-8B" in shown.out


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("Qwen/Qwen3-8B", 0, "already here as Qwen/Qwen3-8B"),
        ("starcoder2:3b", 0, "already here as starcoder2:3b"),
        ("qwen/qwen3-8b", 4, "is not here"),
        ("mistral-small", 4, "is not here"),
    ],
)
def test_a_pull_is_checked_against_every_server_of_the_project(
    command: Command, several: tuple[Path, dict[str, Stack]], name: str, code: int, says: str
) -> None:
    root, _ = several
    ended = command("precheck", name, "--path", root, "--offline")

    assert ended.code == code
    assert says in ended.out


def test_a_server_that_answers_any_name_allows_no_pull(command: Command, corrected: Path) -> None:
    side = CompatibleServer(flavour="llama.cpp", version="b7500", models=(ServedModel(id="phi-4.gguf"),))
    with Stack(replace(WORKSTATION, compatible=side)) as stack:
        table = {"model_providers": {"lab": {"base_url": stack.compatible_url, "models": ["gpt-4"]}}}
        (corrected / "config" / "models_config.json").write_text(json.dumps(table))
        ended = command("precheck", "gpt-4", "--path", corrected, "--offline")

    assert ended.code == 4
    assert "answers any name with the one model that it holds" in ended.out
