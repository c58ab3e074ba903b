"""The plugin in real runs of pytest: what would pull fails, what would not passes, and nothing stays behind."""

import pytest
from pytest_run import Run, run
from raw_server import RawServer, response, sending

CLIENTS = """
import asyncio, http.client, json, socket, threading, urllib.request
import httpx, httpx2, ollama, pytest, urllib3

GONE = "http://127.0.0.1:9"
pytestmark = pytest.mark.no_pull


def test_ollama(): ollama.Client(GONE).pull("llama3.2")
def test_ollama_stream(): list(ollama.Client(GONE).pull("llama3.2", stream=True))
def test_ollama_async(): asyncio.run(ollama.AsyncClient(GONE).pull("llama3.2"))
def test_ollama_create(): ollama.Client(GONE).create("mine", from_="llama3.2")
def test_ollama_push(): ollama.Client(GONE).push("llama3.2")
def test_httpx(): httpx.post(f"{GONE}/api/pull", json={"model": "llama3.2"})
def test_httpx2(): httpx2.post(f"{GONE}//api/x/../%70ull/", json={"model": "llama3.2"})
def test_urllib(): urllib.request.urlopen(f"{GONE}/api/pull?x", b'{"NAME": "llama3.2", "model": ""}')
def test_urllib3(): urllib3.PoolManager(retries=False).request("POST", f"{GONE}/api/pull", json={"model": "llama3.2"})


def test_http_client():
    http.client.HTTPConnection("127.0.0.1", 9).request("POST", "/proxied/api/pull", b'{"model": "llama3.2"}')


def test_httpx_async():
    async def pull():
        async with httpx.AsyncClient() as client:
            await client.post(f"{GONE}/api/pull", json={"model": "llama3.2"})

    asyncio.run(pull())


def test_in_a_group_of_tasks():
    async def pull():
        async with asyncio.TaskGroup() as group:
            group.create_task(ollama.AsyncClient(GONE).pull("llama3.2"))

    asyncio.run(pull())


def test_swallowed():
    try:
        ollama.Client(GONE).pull("llama3.2")
    except BaseException:
        pass


def test_another_failure_after_it_was_swallowed():
    try:
        ollama.Client(GONE).pull("llama3.2")
    except BaseException:
        pass
    assert 1 == 2


def test_skipped_after_it_was_swallowed():
    try:
        ollama.Client(GONE).pull("llama3.2")
    except BaseException:
        pytest.skip("no model here")


def test_exception_does_not_catch_it():
    try:
        ollama.Client(GONE).pull("llama3.2")
    except Exception:
        pass
    raise AssertionError("got here")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_thread():
    thread = threading.Thread(target=lambda: ollama.Client(GONE).pull("llama3.2"))
    thread.start()
    thread.join()


def test_sockets():
    one, other = socket.socketpair()
    with one, other:
        one.send(b"PO")
        one.sendall(bytearray(b"ST /api/pu"))
        one.sendall(b'll HTTP/1.1\\r\\nHost: somewhere:11434\\r\\n\\r\\n{"model": "llama3.2"}')


def test_buffers_at_once():
    one, other = socket.socketpair()
    with one, other:
        one.sendmsg(iter([b"POST /api/pull ", b"HTTP/1.1\\r\\n\\r\\n", b'{"model": "llama3.2"}']))


def test_streams_of_asyncio(server_url):
    async def pull():
        host, _, port = server_url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b'POST /api/pull HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n{"model": "llama3.2"}')
        await writer.drain()
        await reader.read()
        writer.close()

    asyncio.run(pull())


@pytest.fixture
def server_url(): return __import__("os").environ["SERVER"]
"""
STOPPED = [line.split("(")[0].removeprefix("def ") for line in CLIENTS.splitlines() if line.startswith("def test_")]


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, RawServer]:
    with RawServer(sending(response(b"{}"))) as server:
        done = run(tmp_path_factory.mktemp("clients"), CLIENTS, SERVER=server.url)
    return done, server


def test_every_way_is_tried(clients: tuple[Run, RawServer]) -> None:
    assert set(clients[0].outcomes) == set(STOPPED)


@pytest.mark.parametrize("name", STOPPED)
def test_a_test_that_would_pull_fails(name: str, clients: tuple[Run, RawServer]) -> None:
    told = clients[0].outcomes[name]

    assert told.startswith("failure: ")
    assert told.count("nothing was sent") == 1
    assert "llama3.2" in told
    assert "modelcheck.require_local('llama3.2')" in told
    assert "error: " not in told


def test_the_message_says_who_asks(clients: tuple[Run, RawServer]) -> None:
    line = next(n for n, text in enumerate(CLIENTS.splitlines(), 1) if text.startswith("def test_ollama()"))

    assert f"test_it.py:{line} asks 127.0.0.1 to pull llama3.2" in clients[0].outcomes["test_ollama"]
    assert f"test_it.py:{line + 2} asks" in clients[0].outcomes["test_ollama_async"]


def test_nothing_reaches_a_server(clients: tuple[Run, RawServer]) -> None:
    assert not any(b"pull" in request for request in clients[1].requests)
