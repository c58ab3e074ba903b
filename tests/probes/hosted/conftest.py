"""Two servers on loopback that write down what reaches them, and the probe pointed at the first."""

import json
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
import yaml

import modelcheck
from modelcheck.core.asked import CloudModel, CloudModels, CloudProvider, CloudProviders
from modelcheck.core.cloud import Answer, Answers, Lifecycle, Lifecycles, Resolution, Resolutions
from modelcheck.core.gap import Gap
from modelcheck.core.project import Engine, ModelKey
from modelcheck.core.retirements import Calendar, Retirement, Retirements
from modelcheck.core.tables import KnownProviders
from modelcheck.probes.access import Access
from modelcheck.probes.hosted import hosted
from modelcheck.probes.keys import keys
from modelcheck.standin.key import made_up_key

TABLE = Path(modelcheck.__file__).parent / "data" / "providers.yaml"
JSON = {"content-type": "application/json"}
MODEL = {
    "type": "model",
    "object": "model",
    "display_name": "X",
    "created": 1,
    "created_at": "2026-01-01T00:00:00Z",
    "lifecycle": "active",
    "owned_by": "x",
    "shutdown_date": None,
}
"""What either API says of a model, without its id."""
CALENDARS = Retirements(
    "2026-11-01",
    (
        Calendar(
            Engine.ANTHROPIC,
            "https://anthropic.example",
            "2026-11-01",
            ("tabled-active",),
            (Retirement(("tabled-over",), "2026-11-01", "newer"), Retirement(("tabled-ending",), "2026-11-02")),
        ),
        Calendar(Engine.OPENAI, "https://openai.example", "2026-10-01", ("base",), ()),
    ),
)
NOT_FOUND = b'{"error": {"type": "not_found_error", "code": "model_not_found", "message": "no"}}'


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Recorder:
    """A server that writes down what reaches it and answers as it is told."""

    url: str = ""
    requests: list[Request] = field(default_factory=list[Request])
    answer: Callable[[str], tuple[int, dict[str, str], bytes]] = lambda _: (404, JSON, NOT_FOUND)

    @property
    def paths(self) -> list[str]:
        return [urlsplit(request.path).path for request in self.requests]

    def says(self, status: int, body: object, **headers: str) -> None:
        """Answer everything alike."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = lambda _: (status, head, data)

    def holds(self, *listed: str, more: tuple[str, ...] = (), **changes: object) -> None:
        """Answer as a provider that lists some models and knows a few more."""
        model = MODEL | changes

        def answer(path: str) -> tuple[int, dict[str, str], bytes]:
            name = urlsplit(path).path.rpartition("/models")[2].lstrip("/")
            if not name:
                return 200, JSON, json.dumps({"data": [model | {"id": each} for each in listed]}).encode()
            if name in (*listed, *more):
                return 200, JSON, json.dumps(model | {"id": name}).encode()
            return 404, JSON, NOT_FOUND

        self.answer = answer

    def stalls(self) -> threading.Event:
        """Answer nothing before the event is set."""
        enough = threading.Event()

        def answer(_: str) -> tuple[int, dict[str, str], bytes]:
            enough.wait(30)
            return 200, {}, b""

        self.answer = answer
        return enough


@dataclass(frozen=True)
class Sight:
    """What the probe left behind."""

    answers: Answers
    resolutions: Resolutions
    lifecycles: Lifecycles

    def answer(self, provider: str) -> Answer | Gap:
        return self.answers.providers[provider]

    def model(self, provider: str, name: str) -> Resolution | Gap:
        return self.resolutions.models[ModelKey(provider, name)]

    def lifecycle(self, provider: str, name: str) -> Lifecycle | Gap:
        return self.lifecycles.models[ModelKey(provider, name)]


@contextmanager
def served() -> Generator[Recorder]:
    recorder = Recorder()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: two wait for each other's receipt

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True

        def answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            recorder.requests.append(Request(self.command, self.path, headers))
            status, head, body = recorder.answer(self.path)
            self.send_response_only(status)
            for name, value in (head | {"content-length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    for method in ("GET", "POST", "CONNECT"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    recorder.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def servers() -> Iterator[tuple[Recorder, Recorder]]:
    with ExitStack() as stack:
        yield stack.enter_context(served()), stack.enter_context(served())


@pytest.fixture
def server(servers: tuple[Recorder, Recorder]) -> Recorder:
    """The server that the user gives as endpoint of both providers."""
    return servers[0]


@pytest.fixture
def other(servers: tuple[Recorder, Recorder]) -> Recorder:
    """A server that nothing is to reach, unless a test says so."""
    return servers[1]


@pytest.fixture
def closed() -> Recorder:
    """A server that is gone."""
    with served() as gone:
        return gone


@pytest.fixture
def access(tmp_path: Path) -> Callable[..., Access]:
    """Make an access with a key for both providers; all else as given."""
    table = msgspec.convert(yaml.safe_load(TABLE.read_bytes()), KnownProviders, strict=False)
    environ = {"ANTHROPIC_API_KEY": made_up_key("anthropic"), "OPENAI_API_KEY": made_up_key("openai")}

    def make(server: Recorder | None = None, **more: Any) -> Access:
        endpoints = {"anthropic": server.url, "openai": f"{server.url}/v1"} if server else {}
        given: dict[str, Any] = {"environ": environ, "endpoints": endpoints} | more
        return Access(tmp_path, table, **given)

    return make


@pytest.fixture
def look() -> Callable[..., Sight]:
    """Look for the wanted models of each provider."""
    engines = {"anthropic": Engine.ANTHROPIC, "openai": Engine.OPENAI}

    def run(given: Access, *providers: CloudProvider, **wanted: list[str]) -> Sight:
        named = (CloudProvider(name, engines[name], name, "", None) for name in wanted)
        clouds = CloudProviders(providers or tuple(named))
        keyed = (ModelKey(name, model) for name, models in wanted.items() for model in models)
        models = CloudModels(tuple(CloudModel(key, engines.get(key.server, Engine.OTHER_CLOUD), ()) for key in keyed))
        return Sight(*hosted(given, clouds, models, keys(given, clouds), CALENDARS))

    return run
