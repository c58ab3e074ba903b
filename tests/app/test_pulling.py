"""The one request that downloads: what it sends, what it reads, and every way in which it fails."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from raw_server import RawServer, endless, hanging, response, sending

from modelcheck.app import pulling
from modelcheck.app.pulling import MOST_LINE, PullFailed, Step, lines, pulled, step_of
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

ROOT = Path(__file__).parents[2]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n"
SUCCESS = b'{"status":"success"}\n'


def pull(*urls: str) -> list[Step]:
    steps: list[Step] = []
    pulled(urls, "llama3.1:8b", steps.append)
    return steps


def failed(*urls: str) -> PullFailed:
    with pytest.raises(PullFailed) as error:
        pull(*urls)
    return error.value


def answering(*sent: bytes) -> RawServer:
    return RawServer(sending(HEAD, *sent))


def test_what_is_sent_is_the_name_and_that_it_shall_stream() -> None:
    with answering(SUCCESS) as server:
        pull(server.url)

    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/pull HTTP/1.1\r\n")
    assert json.loads(body) == {"model": "llama3.1:8b", "stream": True}
    assert b"insecure" not in request
    assert b"authorization" not in head.lower()


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(SUCCESS) as server, answering(SUCCESS) as proxy:
        for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        pull(server.url)

    assert (len(server.requests), len(proxy.requests)) == (1, 0)


def test_every_step_is_told() -> None:
    scenario = Scenario.named("workstation")
    model = replace(scenario.ollama.models[0], name="llama3.1:8b", size=1000)
    with Stack(replace(scenario, ollama=replace(scenario.ollama, registry=(model,)), pace=0)) as stack:
        steps = pull(stack.ollama_url)

    blob = f"pulling {model.digest[:12]}"
    assert [step.status for step in steps] == [
        "pulling manifest",
        *[blob] * 5,
        "verifying sha256 digest",
        "writing manifest",
        "success",
    ]
    assert [(step.done, step.total) for step in steps if step.total] == [(done, 1000) for done in range(0, 1001, 250)]


def test_a_model_that_there_is_not_fails_in_the_servers_words() -> None:
    scenario = Scenario.named("workstation")
    with Stack(replace(scenario, ollama=replace(scenario.ollama, registry=()))) as stack:
        error = failed(stack.ollama_url)

    assert (error.reason, error.refused) == ("pull model manifest: file does not exist", False)


def test_a_server_that_would_not_is_told_apart() -> None:
    with Stack(Scenario.named("workstation")) as stack:
        error = failed(stack.ollama_url)

    assert error.refused
    assert str(error.reason).startswith("this is a stand-in")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ((), "ended before it was done"),
        ((b'{"status":"pulling manifest"}\n',), "ended before it was done"),
        ((SUCCESS, b'{"error":"no space left on device"}\n'), "no space left on device"),
        ((b'{"error":{"a":1}}\n',), "'a': 1"),
        ((b"<html>\n",), "does not answer as Ollama does"),
        ((b"[1]\n",), "does not answer as Ollama does"),
        ((b'{"status":5}\n',), "does not answer as Ollama does"),
        ((b'{"status":"a","status":"success"}\n',), "does not answer as Ollama does"),
        ((b"\xff\n",), "does not answer as Ollama does"),
        ((b'{"status":"' + b"x" * MOST_LINE + b'"}\n',), "does not answer as Ollama does"),
        ((b"[" * 5000 + b"\n",), "does not answer as Ollama does"),
    ],
)
def test_what_is_no_success_fails(sent: Iterable[bytes], said: str) -> None:
    with answering(*sent) as server:
        assert said in str(failed(server.url).reason)


@pytest.mark.parametrize(
    ("answer", "said", "refused"),
    [
        (response(b'{"error":"not here"}', "403 Forbidden"), "not here", True),
        (response(b'{"error":"token"}', "401 Unauthorized"), "token", True),
        (response(b"", "500 No"), "HTTP 500", False),
        (response(b"x" * (MOST_LINE * 2), "500 No"), "HTTP 500", False),
        (response(b'{"error":5}', "404 Not Found"), "HTTP 404", False),
        (response(b"[]", "404 Not Found"), "HTTP 404", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + SUCCESS, "broke off", False),
        (b"no http at all\r\n\r\n", "broke off", False),
        (b"", "broke off", False),
    ],
)
def test_an_answer_that_is_none_fails(answer: bytes, said: str, refused: bool) -> None:
    with RawServer(sending(answer)) as server:
        error = failed(server.url)

    assert said in str(error.reason)
    assert error.refused is refused


def test_a_redirect_is_not_followed() -> None:
    with answering(SUCCESS) as other:
        away = response(b"", "307 Temporary Redirect", (f"Location: {other.url}/api/pull",))
        with RawServer(sending(away)) as server:
            assert str(failed(server.url).reason) == "HTTP 307"

    assert other.requests == []


def test_a_server_that_falls_silent_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "SILENCE_S", 0.1)
    with RawServer(hanging(HEAD + b'{"status":"pulling manifest"}\n')) as server:
        assert "said nothing for" in str(failed(server.url).reason)


def test_a_line_without_an_end_is_left() -> None:
    with RawServer(endless(HEAD, b"x" * 4096)) as server:
        assert "does not answer as Ollama does" in str(failed(server.url).reason)


def test_steps_without_an_end_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "LONGEST_S", -1)
    with RawServer(endless(HEAD, b'{"status":"pulling manifest"}\n')) as server:
        assert "did not come to an end" in str(failed(server.url).reason)


def test_the_next_address_is_asked_only_where_the_first_takes_no_connection() -> None:
    with answering(SUCCESS) as server, RawServer(sending(response(b"", "500 No"))) as broken:
        assert pull("http://127.0.0.1:9", server.url)[-1].status == "success"
        assert str(failed(broken.url, server.url).reason) == "HTTP 500"
    assert len(server.requests) == 1
    assert "takes no connection" in str(failed("http://127.0.0.1:9").reason)
    assert "takes no connection" in str(failed().reason)


def test_whoever_leaves_cancels() -> None:
    def leave(_: Step) -> None:
        raise KeyboardInterrupt

    with RawServer(endless(HEAD, b'{"status":"pulling manifest"}\n')) as server, pytest.raises(KeyboardInterrupt):
        pulled([server.url], "a", leave)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_lines_do_not_depend_on_how_they_arrive(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)

    assert list(lines(pieces)) == [line.strip() for line in whole.split(b"\n") if line.strip()]


@given(st.binary(max_size=80) | st.dictionaries(st.text(max_size=9), st.integers() | st.text()).map(json.dumps))
def test_whatever_a_line_holds_is_a_step_or_a_failure(line: Any) -> None:
    try:
        step = step_of(line if isinstance(line, bytes) else line.encode("utf-8", "replace"))
    except PullFailed as error:
        assert str(error.reason).isprintable()
    else:
        assert step.status.isprintable()
        assert step.done >= 0
        assert step.total >= 0


def test_nothing_else_in_the_source_can_send_it() -> None:
    """The guard and the stand-in answer it, and the probe of a guard asks for a name that cannot be."""
    senders = [
        path.relative_to(ROOT).as_posix()
        for folder in ("cli", "checks", "profiles", "reports", "src/modelcheck/app", "src/modelcheck/store")
        for path in (ROOT / folder).rglob("*.py")
        if "api/pull" in path.read_text("utf-8")
    ]
    assert senders == ["src/modelcheck/app/pulling.py"]
