"""Addresses of provider sections: what is wrong with each, and which API it speaks; the text itself is never shown."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native_project import read

from modelcheck.checks.configuration.endpoints import FROM_VARIABLE, right_endpoints
from modelcheck.core.project import Engine, Provider, Route
from modelcheck.probes.native.address import read_address


def section(root: Path, name: str, **body: object) -> Provider:
    return read(root, {"model_providers": {name: body}, "agent_models": {}}).provider(name)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("ollama", "http://localhost:11434"),
        ("ollama", "http://localhost:11434/"),
        ("ollama", "http://localhost:11434/v1"),
        ("ollama", "http://127.0.0.1:11434/v1/"),
        ("ollama", "HTTP://LOCALHOST:11434"),
        ("ollama", "http://[::1]:11434"),
        ("ollama", "http://192.168.1.5:11434"),
        ("ollama", "http://ollama:11434"),
        ("ollama", "http://host.docker.internal:11434"),
        ("ollama", "http://gpu.tail1234.ts.net:11434"),
        ("ollama", "https://llm.example.com/ollama"),
        ("ollama", "https://localhost:8443"),
        ("ollama", "https://192.168.1.5:11434"),
        ("openai", "https://api.openai.com/v1"),
        ("openai", "https://gateway.example.com"),
        ("openai", "http://localhost:1234/v1"),
        ("openai", "http://localhost:11434/v1"),
        ("openai", "http://localhost:3000/api"),
        ("lmstudio", "http://localhost:1234/v1"),
        ("vllm", "http://10.0.0.5:8000/v1"),
        ("anthropic", "https://api.anthropic.com"),
        ("anthropic", "https://api.anthropic.com/v1"),
        ("anthropic", "http://localhost:4000"),
        ("openrouter", "https://openrouter.ai/api/v1"),
        ("mine", "https://gateway.example.com/api"),
        ("mine", "http://localhost:8000"),
        ("mine", "http://gateway:4000/api/chat"),
    ],
)
def test_an_address_in_order_has_no_fault(tmp_path: Path, name: str, url: str) -> None:
    assert section(tmp_path, name, base_url=url).faults == ()


@pytest.mark.parametrize(
    ("name", "url", "faults"),
    [
        ("ollama", "http://0.0.0.0:11434", ["everywhere"]),
        ("ollama", "http://[::]:11434", ["everywhere"]),
        ("ollama", "http://0:11434", ["everywhere"]),
        ("vllm", "http://0.0.0.0:8000/v1", ["everywhere"]),
        ("ollama", ":8080", ["everywhere"]),
        ("ollama", "localhost:11434", ["no-scheme"]),
        ("ollama", "localhost", ["no-scheme"]),
        ("ollama", "0.0.0.0", ["no-scheme", "everywhere"]),
        ("ollama", "2130706433", ["no-scheme"]),
        ("openai", "api.openai.com/v1", ["no-scheme"]),
        ("ollama", "http://localhost:11434/api", ["wrong-path"]),
        ("ollama", "http://localhost:11434/api/", ["wrong-path"]),
        ("ollama", "http://localhost:11434/api/chat", ["wrong-path"]),
        ("ollama", "http://localhost:11434/API/generate", ["wrong-path"]),
        ("ollama", "http://localhost:11434/v1/api/tags", ["wrong-path"]),
        ("ollama", "http://localhost:11434/v1/chat/completions", ["wrong-path"]),
        ("lmstudio", "http://localhost:1234/v1/models", ["wrong-path"]),
        ("lmstudio", "http://localhost:1234/v1/api", ["wrong-path"]),
        ("openai", "https://api.openai.com/v1/chat/completions", ["wrong-path"]),
        ("anthropic", "https://api.anthropic.com/v1/messages", ["wrong-path"]),
        ("lmstudio", "http://localhost:1234", ["no-v1"]),
        ("vllm", "http://10.0.0.5:8000/", ["no-v1"]),
        ("openai", "http://localhost:11434", ["no-v1"]),
        ("openai", "http://localhost:8000", ["no-v1"]),
        ("ollama", "http://localhost:99999", ["bad-port"]),
        ("ollama", "http://localhost:65536", ["bad-port"]),
        ("ollama", "http://localhost:0", ["bad-port"]),
        ("ollama", "http://localhost:abc", ["bad-port"]),
        ("ollama", "http://localhost:", []),
        ("ollama", "127.0.0.1:abc", ["bad-port"]),
        ("ollama", "http://[::1]:99999", ["bad-port"]),
        ("ollama", "http://user:secret@localhost:11434", ["credentials"]),
        ("openai", "https://key@api.openai.com/v1", ["credentials"]),
        ("openai", "https://${USER}:${PASSWORD}@gateway.example.com/v1", ["credentials"]),
        ("ollama", "https://localhost:11434", ["no-tls"]),
        ("ollama", "https://127.0.0.1:11434/v1", ["no-tls"]),
        ("ollama", "https://0.0.0.0:11434", ["everywhere"]),
        ("ollama", "http://llm.example.com:11434", ["plain-http"]),
        ("openai", "http://gateway.example.com/v1", ["plain-http"]),
        ("openai", "http://8.8.8.8/v1", ["plain-http"]),
        ("openai", "http://134744072/v1", ["plain-http"]),
        ("openai", "http://llm.example.com/v1/chat/completions", ["wrong-path", "plain-http"]),
        ("ollama", "http://localhost:11434?key=secret", ["junk"]),
        ("ollama", "http://localhost:11434#", ["junk"]),
        ("ollama", "http://localhost:11434;", ["junk"]),
        ("ollama", "http://localhost:11434'", ["junk"]),
        ("ollama", "http://local host:11434", ["junk"]),
        ("ollama", "http://localhost:11434//v1", ["junk"]),
        ("ollama", "<your url>", ["junk"]),
        ("ollama", "ftp://localhost", ["scheme"]),
        ("ollama", "htp://localhost:11434", ["scheme"]),
        ("ollama", "ws://localhost:11434", ["scheme"]),
        ("ollama", "http://", ["unreadable"]),
        ("ollama", "http:/localhost:11434", ["no-scheme"]),
        ("ollama", "http://-:11434", ["unreadable"]),
        ("ollama", "::1", ["unreadable"]),
        ("ollama", "x" * 3000, ["unreadable"]),
        ("ollama", "http://" + "1" * 3000 + ":" + "1" * 3000, ["bad-port"]),
        ("ollama", "${OLLAMA_HOST}", ["from-variable"]),
        ("ollama", "http://${HOST}:11434", ["from-variable"]),
        ("ollama", "$OLLAMA_HOST", ["from-variable"]),
        ("ollama", "{{ ollama_url }}", ["from-variable"]),
        ("ollama", "%OLLAMA_HOST%", ["from-variable"]),
        ("ollama", "os.environ/OLLAMA_HOST", ["from-variable"]),
        ("ollama", "http://localhost:11434/%c3%a9", []),
    ],
)
def test_a_fault_is_told_by_its_code(tmp_path: Path, name: str, url: str, faults: list[str]) -> None:
    assert list(section(tmp_path, name, base_url=url).faults) == faults


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"host": "localhost"}, []),
        ({"host": "localhost:11434"}, []),
        ({"host": "localhost", "port": 11434}, []),
        ({"host": "localhost", "port": "many"}, ["bad-port"]),
        ({"host": "localhost", "port": 70000}, ["bad-port"]),
        ({"host": "localhost", "port": [1]}, ["bad-port"]),
        ({"host": "0.0.0.0"}, ["everywhere"]),
        ({"host": "llm.example.com"}, ["plain-http"]),
        ({"url": "http://localhost:11434/api/chat"}, []),
        ({"endpoint": "http://localhost:11434/v1/chat/completions"}, []),
        ({"endpoint": "http://localhost:11434/v1/api/tags"}, ["wrong-path"]),
        ({"api_base": "http://localhost:11434/api/chat"}, ["wrong-path"]),
        ({"base_url": 5}, ["unreadable"]),
        ({"base_url": ["http://localhost:11434"]}, ["unreadable"]),
        ({"base_url": "", "url": {}}, ["unreadable"]),
        ({"base_url": "", "url": None}, []),
        ({}, []),
    ],
)
def test_the_key_says_what_is_expected_under_it(tmp_path: Path, body: dict[str, object], faults: list[str]) -> None:
    assert list(section(tmp_path, "ollama", **body).faults) == faults


@pytest.mark.parametrize(
    ("name", "body", "route"),
    [
        ("ollama", {"base_url": "http://localhost:11434"}, Route.NATIVE),
        ("ollama", {"base_url": "http://localhost:11434/v1"}, Route.OPENAI),
        ("ollama", {"base_url": "http://localhost:11434/V1/"}, Route.OPENAI),
        ("ollama", {"base_url": "http://localhost:11434/v10"}, Route.NATIVE),
        ("ollama", {"url": "http://localhost:11434/v1/chat/completions"}, Route.OPENAI),
        ("ollama", {"url": "http://localhost:11434/api/chat"}, Route.NATIVE),
        ("ollama", {"base_url": "https://llm.example.com/v1"}, Route.OPENAI),
        ("ollama", {}, Route.NATIVE),
        ("ollama", {"base_url": "${HOST}"}, Route.NATIVE),
        ("openai", {"base_url": "http://localhost:11434"}, Route.OPENAI),
        ("lmstudio", {"base_url": "http://localhost:1234"}, Route.OPENAI),
        ("lmstudio", {}, Route.OPENAI),
        ("openai", {"base_url": "https://api.openai.com/v1"}, Route.NATIVE),
        ("openai", {}, Route.NATIVE),
        ("mine", {"base_url": "http://gateway:4000/v1"}, Route.OPENAI),
        ("mine", {"base_url": "http://gateway:4000"}, Route.NATIVE),
    ],
)
def test_the_path_and_the_name_tell_the_api(tmp_path: Path, name: str, body: dict[str, object], route: Route) -> None:
    assert section(tmp_path, name, **body).route is route


def test_a_name_alone_is_asked_at_ollamas_own_port(tmp_path: Path) -> None:
    assert section(tmp_path, "ollama", host="localhost").address == "http://127.0.0.1:11434"
    assert section(tmp_path, "openai", host="localhost").address == "http://127.0.0.1:80"
    assert section(tmp_path, "ollama", base_url="localhost/v1").address == "http://127.0.0.1:80"


@pytest.mark.parametrize("url", ["http://user:hunter2@10.7.7.7:11434", "http://10.7.7.7:hunter2", "10.7.7.7?k=hunter2"])
def test_of_a_faulty_address_nothing_is_kept(tmp_path: Path, url: str) -> None:
    found = read(tmp_path, {"model_providers": {"ollama": {"base_url": url}}, "agent_models": {}})

    assert found.provider("ollama").engine is Engine.UNKNOWN
    for private in ("hunter2", "10.7"):
        assert private not in str(found.configuration)


MARKS = st.text("htps:/@.0189[]ax$?{}% \t\\\"'é", max_size=40)
PARTS = st.sampled_from(
    ["http://", "https://", "localhost", "0.0.0.0", ":11434", "/v1", "/api", "@", "[::1]", ":", "//"]
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["ollama", "openai", "lmstudio", "anthropic", "mine"]),
    st.sampled_from(["base_url", "host", "url"]),
    st.one_of(MARKS, st.text(max_size=30), st.lists(PARTS, max_size=5).map("".join)),
    st.none() | st.integers() | st.text(max_size=5),
)
def test_whatever_address_is_written_its_faults_are_announced(name: str, key: str, url: str, port: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = section(Path(folder), name, **{key: url, "port": port})

    assert set(found.faults) <= {*right_endpoints.says, FROM_VARIABLE}
    assert (found.engine is not Engine.UNKNOWN or name == "mine") or found.faults


def test_what_is_no_address_leads_no_client_anywhere() -> None:
    address = read_address({"base_url": "http://local host"}, Engine.OLLAMA)

    assert address is not None
    assert (address.client, address.steps) == (None, [])
