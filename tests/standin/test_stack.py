"""The stack as a whole: its ports, its record, its pace and its end."""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from msgspec.structs import replace

from modelcheck.standin.fault import Endless, Fault, ServerName, Spot, Stall
from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.server import MAX_CONNECTIONS
from modelcheck.standin.stack import Stack

Running = Callable[..., Stack]
Connect = Callable[..., httpx.Client]
OLLAMA = ServerName.OLLAMA
SWIFT_S = 0.3


def port(url: str) -> int:
    return httpx.URL(url).port or 0


def dial(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port(url)), timeout=5)


def hanging(stack: Stack, clients: ExitStack) -> None:
    """Leave connections at every stage: silent, in the middle of a request, waiting for the reply."""
    stages = (b"", b"GET /api/ta", b"POST /api/show HTTP/1.1\r\nContent-Length: 9\r\n\r\n{", b"GET / HTTP/1.1\r\n\r\n")
    for stage in stages * 5:
        clients.enter_context(dial(stack.ollama_url)).sendall(stage)


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)
    return condition()


def threads() -> int:
    return sum(thread.name == "standin" for thread in threading.enumerate())


def test_its_servers_listen_on_loopback_on_ports_of_their_own(stack: Stack) -> None:
    urls = [stack.ollama_url, stack.openai_url, stack.anthropic_url, stack.recorder_url]

    assert {httpx.URL(url).host for url in urls} == {"127.0.0.1"}
    assert len({port(url) for url in urls}) == 4
    assert stack.openai_url.endswith("/v1")


@pytest.mark.parametrize("fault", [Stall(server=OLLAMA), Stall(server=OLLAMA, at=Spot.BODY), Endless(server=OLLAMA)])
def test_it_closes_swiftly_while_clients_hang_on(workstation: Scenario, fault: Fault) -> None:
    with ExitStack() as clients:
        stack = Stack(replace(workstation, faults=(fault,)))
        hanging(stack, clients)
        assert soon(lambda: len(stack.requests) == 5)

        began = time.monotonic()
        stack.close()

        assert time.monotonic() - began < SWIFT_S
    assert soon(lambda: threads() == 0)


def test_after_its_end_the_ports_are_free_and_closing_again_is_nothing(workstation: Scenario) -> None:
    with Stack(workstation) as stack:
        dial(stack.ollama_url).close()
    stack.close()

    with pytest.raises(ConnectionRefusedError):
        dial(stack.ollama_url)


def test_a_client_that_leaves_in_the_middle_leaves_no_trace(
    stack: Stack, running: Running, connect: Connect, capfd: pytest.CaptureFixture[str]
) -> None:
    endless = running(Endless(server=OLLAMA))
    with connect(endless.ollama_url).stream("GET", "/") as reply:
        next(reply.iter_bytes())
    with dial(stack.ollama_url) as early:
        early.sendall(b"POST /api/show HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
    endless.close()
    stack.close()

    assert capfd.readouterr() == ("", "")
    assert stack.requests == ()


def test_it_serves_many_clients_at_once(stack: Stack, connect: Connect) -> None:
    client = connect(stack.ollama_url)
    body = {"model": "lux_model", "prompt": "Hi", "options": {"num_predict": 2}}

    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(client.post, "/api/generate", json=body) for _ in range(100)]
        replies = [future.result() for future in asked]

    assert {reply.status_code for reply in replies} == {200}
    assert len(stack.requests) == 100


def test_beyond_its_connections_it_hangs_up(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelcheck.standin.server.MAX_CONNECTIONS", 1)

    with dial(stack.ollama_url) as first:
        first.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert first.recv(12) == b"HTTP/1.1 200"
        with dial(stack.ollama_url) as second:
            assert second.recv(1) == b""
    assert MAX_CONNECTIONS > 500


def test_the_record_says_who_asked_what_of_whom_and_no_more(stack: Stack, connect: Connect) -> None:
    key, other = made_up_key("anthropic"), made_up_key("openai")
    connect(stack.ollama_url).post("/api/show?x=1", json={"name": "nope"})
    connect(stack.openai_url, authorization=f"Bearer {other}").get("/models/gpt-5")
    connect(stack.openai_url, authorization=f"Bearer {key}").get("/models")
    connect(stack.anthropic_url, **{"x-api-key": key}).post("/v1/messages", json={"model": 3})
    connect(stack.anthropic_url, **{"x-api-key": "nonsense"}).get("/v1/models")

    seen = [(entry.server, entry.method, entry.path, entry.model, entry.key_of) for entry in stack.requests]
    assert seen == [
        ("ollama", "POST", "/api/show", "nope", None),
        ("openai", "GET", "/v1/models/gpt-5", "gpt-5", "openai"),
        ("openai", "GET", "/v1/models", None, "anthropic"),
        ("anthropic", "POST", "/v1/messages", None, "anthropic"),
        ("anthropic", "GET", "/v1/models", None, None),
    ]
    assert [entry.keyed for entry in stack.requests] == [False, True, True, True, False]
    assert "authorization" in stack.requests[1].headers
    assert not any(secret in repr(stack.requests) for secret in (key, other, "nonsense"))


def test_the_recorder_answers_everything(stack: Stack, connect: Connect) -> None:
    reply = connect(stack.recorder_url).request("BREW", "/any/where", content=b"{")

    assert reply.json() == {}
    assert [(seen.server, seen.method, seen.path) for seen in stack.requests] == [("recorder", "BREW", "/any/where")]


def test_the_pace_makes_time_real(running: Running, connect: Connect, workstation: Scenario) -> None:
    stack = running(scenario=replace(workstation, pace=0.01))
    client = connect(stack.ollama_url)
    body = {"model": "llama3:8b-instruct-q6_k", "prompt": "Hi"}

    began = time.monotonic()
    with client.stream("POST", "/api/generate", json=body) as reply:
        arrivals = [time.monotonic() - began for _ in reply.iter_lines()]

    assert arrivals[0] >= 0.03
    assert arrivals[-1] - arrivals[0] >= 45 * 0.0118 * 0.01


def test_the_cards_show_what_models_take(stack: Stack, connect: Connect) -> None:
    before = stack.gpus.cards[0]
    connect(stack.ollama_url).post("/api/generate", json={"model": "qwen-coder-32b", "keep_alive": 0})
    after = stack.gpus.cards[0]

    assert (stack.gpus.driver, before.name) == ("580.95.05", "NVIDIA GeForce RTX 3090")
    assert before.free == 3_797_813_818
    assert after.free == 25_769_803_776 - 644_245_094
