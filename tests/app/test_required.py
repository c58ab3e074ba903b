import asyncio
import json
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_server import RawServer, response, sending

import modelcheck
from modelcheck import NotLocal, require_local
from modelcheck.core.ruling import Reason
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

WEIGHTS = {"size": 4_000_000_000, "digest": "a" * 64}
MODELS: tuple[Mapping[str, object], ...] = (
    {"name": "llama3:8b-instruct-q6_K", **WEIGHTS},
    {"name": "Qwen3:latest", **WEIGHTS},
    {"name": "innocent:latest", "size": 400, "digest": "b" * 64, "remote_host": "https://ollama.com:443"},
    {"name": "gpt-oss:20b-cloud", "size": 400, "digest": "c" * 64},
    {"name": "hollow:latest", "size": 0, "digest": "d" * 64},
)
TAGS = response(json.dumps({"models": MODELS}).encode())


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(sending(TAGS)) as running:
        yield running


@pytest.fixture
def here(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> RawServer:
    monkeypatch.setenv("OLLAMA_HOST", server.url)
    return server


def refused(name: str, endpoint: str | None = None) -> NotLocal:
    with pytest.raises(NotLocal) as caught:
        require_local(name, endpoint=endpoint)
    return caught.value


@pytest.mark.parametrize(
    ("asked", "spelled"),
    [
        ("llama3:8b-instruct-q6_k", "llama3:8b-instruct-q6_K"),
        ("library/LLAMA3:8b-instruct-q6_K", "llama3:8b-instruct-q6_K"),
        ("qwen3", "Qwen3:latest"),
        ("qwen3:latest:local", "Qwen3:latest"),
    ],
)
def test_a_model_that_is_here_is_named_as_the_server_spells_it(asked: str, spelled: str, here: RawServer) -> None:
    assert require_local(asked) == spelled


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("llama3:8b", Reason.NOT_HERE),
        ("qwen3:8b", Reason.NOT_HERE),
        ("gpt-oss:20b-cloud", Reason.CLOUD),
        ("qwen3:cloud", Reason.CLOUD),
        ("innocent", Reason.STUB),
        ("hollow", Reason.STUB),
        ("not a name", Reason.INVALID_NAME),
        ("", Reason.INVALID_NAME),
        ("qwen3@sha256:aa", Reason.INVALID_NAME),
    ],
)
def test_what_is_not_certainly_here_is_refused_with_its_reason(asked: str, reason: Reason, here: RawServer) -> None:
    error = refused(asked)

    assert (error.name, error.reason) == (asked, reason)


def test_the_message_says_what_happened_what_is_near_and_what_to_do(here: RawServer) -> None:
    error = refused("llama3.1:8b-instruct-q6_k")

    assert error.near == ("llama3:8b-instruct-q6_K",)
    assert str(error) == (
        "llama3.1:8b-instruct-q6_k cannot be used as a local model: the Ollama server does not hold it, and nothing "
        "was pulled; the nearest here: llama3:8b-instruct-q6_K. Use one that is here; modelcheck pull says how to "
        "bring in another"
    )


def test_it_is_caught_as_a_lookup_that_failed(here: RawServer) -> None:
    with pytest.raises(LookupError):
        require_local("absent")


def test_it_survives_the_way_between_processes(here: RawServer) -> None:
    error = refused("llama3.1")

    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made in the line itself

    assert (str(again), again.name, again.reason, again.near) == (str(error), "llama3.1", error.reason, error.near)


def test_the_list_is_all_that_is_asked_for(here: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "a-made-up-key-of-ollama")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    require_local("qwen3")
    refused("absent")

    assert here.asked == ["GET /api/tags", "GET /api/tags"]
    assert not any(b"made-up" in request or b"uthorization" in request for request in here.requests)


def test_no_redirect_is_followed(server: RawServer) -> None:
    moved = response(b"", "307 Temporary Redirect", (f"Location: {server.url}/api/tags",))
    with RawServer(sending(moved)) as other:
        assert refused("qwen3", other.url).reason is Reason.NOT_CHECKED

    assert server.requests == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"models": [{}]}', b'{"models": 3}', b'{"models": [], "models": []}', b"\xff", b"null"],
)
def test_an_answer_that_is_none_proves_nothing(body: bytes) -> None:
    with RawServer(sending(response(body))) as server:
        assert refused("qwen3", server.url).reason is Reason.NOT_CHECKED


def test_a_server_that_is_not_there_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(sending(TAGS)) as gone:
        monkeypatch.setenv("OLLAMA_HOST", gone.url)

    error = refused("qwen3")

    assert error.reason is Reason.NOT_CHECKED
    assert str(error).endswith("Start the server, or say where it is: require_local(name, endpoint=URL)")
    assert "could not be seen, and nothing was pulled; which models are near it could not be seen." in str(error)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("192.0.2.1:11434", "OLLAMA_HOST leads to another machine"),
        ("https://ollama.com", "OLLAMA_HOST leads to another machine"),
        ("http://name:secret@127.0.0.1", "OLLAMA_HOST is no address"),
    ],
)
def test_another_machine_is_asked_only_where_code_says_so(
    value: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", value)

    error = refused("qwen3")

    assert error.reason is Reason.NOT_CHECKED
    assert advice in str(error)
    assert "secret" not in str(error)


def test_an_endpoint_stands_above_the_variable(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "192.0.2.1")

    assert require_local("qwen3", endpoint=f"{server.url}/v1") == "Qwen3:latest"


@pytest.mark.parametrize(
    "endpoint", ["", "127.0.0.1", "ftp://127.0.0.1", "http://a:b@127.0.0.1", "http://[", "x" * 9999]
)
def test_an_endpoint_that_is_none_is_a_mistake_of_the_code(endpoint: str) -> None:
    with pytest.raises(ValueError, match=r"address|host"):
        require_local("qwen3", endpoint=endpoint)


def test_a_name_that_is_no_text_is_a_mistake_of_the_code(here: RawServer) -> None:
    with pytest.raises(TypeError):
        require_local(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - what is tested


@given(st.text(max_size=200))
def test_any_text_is_answered_or_refused(text: str) -> None:
    with Stack(Scenario.named("workstation")) as stack, pytest.raises(NotLocal) as caught:
        require_local(f"{text}\N{SNOWMAN}", endpoint=stack.ollama_url)

    assert caught.value.reason in {Reason.INVALID_NAME, Reason.CLOUD}
    assert str(caught.value).isprintable()


def test_no_exception_of_a_project_or_of_the_user_helps(
    here: RawServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = '{"what": "pull", "subject": "absent", "reason": "r", "approver": "a", "until": "2099-01-01"}'
    for name in ("modelcheck.yaml", "own.yaml"):
        tmp_path.joinpath(name).write_text(f"exceptions: [{line}]\n", encoding="utf-8")
    monkeypatch.setenv("MODELCHECK_CONFIG", str(tmp_path / "own.yaml"))

    assert refused("absent").reason is Reason.NOT_HERE


def test_threads_may_ask_at_once(here: RawServer) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(require_local("qwen3"))) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == ["Qwen3:latest"] * 8


def test_an_event_loop_may_ask(here: RawServer) -> None:
    async def ask() -> list[str]:
        return [require_local("qwen3"), *await asyncio.gather(*[asyncio.to_thread(require_local, "qwen3")] * 3)]

    assert asyncio.run(ask()) == ["Qwen3:latest"] * 4


def test_the_public_names_are_there_and_no_others() -> None:
    assert modelcheck.require_local is require_local
    assert {"NotLocal", "require_local", "__version__"} == set(modelcheck.__all__)
    with pytest.raises(AttributeError, match="require_lokal"):
        getattr(modelcheck, "require_lokal")  # noqa: B009 - a type checker would find it


def test_importing_modelcheck_imports_nothing_else() -> None:
    program = "import sys; before = set(sys.modules); import modelcheck; print(sorted(set(sys.modules) - before))"

    shown = subprocess.check_output([sys.executable, "-c", program], text=True)

    assert shown.strip() == "['modelcheck']"
