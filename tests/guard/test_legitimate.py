"""What people ask every day passes equal in content, both ways."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from attack import Line, Said, get, post
from attack_forms import FILE, KIND, MODEL, PATH, form
from attacked import Target, attacked
from golike import CODER, EMBEDDER, LLAMA, LOCAL, STUB
from golike_form import form as read_form
from golike_json import first_value
from golike_replies import plain
from legitimate import BODIES, EXACT, SPELLINGS, body_of


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with attacked() as target:
        yield target


@pytest.fixture(autouse=True)
def forgotten(target: Target) -> None:
    target.upstream.forget()


def ask(port: int, raw: bytes) -> Said:
    with Line(port) as line:
        line.send(raw)
        said = line.answer(head_only=raw.startswith(b"HEAD"))
    assert said is not None
    return said


def both(target: Target, raw: bytes) -> tuple[Said, Said]:
    """Ask the guard and then the upstream itself."""
    through = ask(target.port, raw)
    return through, ask(target.upstream.port, raw)


def equal(through: Said, direct: Said) -> None:
    assert (through.status, through.body) == (direct.status, direct.body)
    assert through.all(b"content-type") == direct.all(b"content-type")


def decoded(body: bytes) -> Any:
    return plain(first_value(body))


@pytest.mark.parametrize("name", BODIES)
def test_a_sound_request_and_its_answer_arrive_as_they_were(target: Target, name: str) -> None:
    path, body = BODIES[name][0], body_of(name)

    through, direct = both(target, post(path.encode(), body, b"Content-Type: application/json"))

    equal(through, direct)
    arrived, sent = decoded(target.upstream.requests[0].body), decoded(body)
    if path == "/api/show":
        assert {arrived.get(key) for key in ("model", "name")} - {None} == {LLAMA}
        arrived, sent = ({key: one[key] for key in one if key not in {"model", "name"}} for one in (arrived, sent))
    assert arrived == sent
    assert target.upstream.requests[0].path.decode() == path


@pytest.mark.parametrize("name", EXACT)
def test_every_value_arrives_to_the_letter(target: Target, name: str) -> None:
    body = b'{"model":"%s","messages":[],"options":%s,"stream":false}' % (CODER.encode(), EXACT[name])

    said = ask(target.port, post(b"/api/chat", body))

    assert said.status == 200, said
    assert target.upstream.last_body() == decoded(body)


@pytest.mark.parametrize("asked", SPELLINGS)
@pytest.mark.parametrize("path", ["/api/chat", "/v1/messages", "/api/embeddings"])
def test_a_name_arrives_as_the_inventory_spells_it(target: Target, path: str, asked: str) -> None:
    said = ask(target.port, post(path.encode(), json.dumps({"model": asked, "messages": [], "stream": False}).encode()))

    assert said.status == 200, said
    assert target.upstream.last_body()["model"] == SPELLINGS[asked]


@pytest.mark.parametrize("path", ["/", "/api/version", "/api/ps", "/api/status", "/api/%76ersion"])
def test_looks_pass(target: Target, path: str) -> None:
    equal(*both(target, get(path.encode())))


@pytest.mark.parametrize(("path", "key", "field"), [("/api/tags", "models", "name"), ("/v1/models", "data", "id")])
def test_lists_pass_less_the_stubs(target: Target, path: str, key: str, field: str) -> None:
    through, direct = (json.loads(said.body)[key] for said in both(target, get(path.encode())))

    assert through == [one for one in direct if one[field] != STUB]
    assert [one[field] for one in through] == list(LOCAL)


@pytest.mark.parametrize("path", ["/", "/api/version", "/api/tags"])
def test_a_head_has_no_body(target: Target, path: str) -> None:
    with Line(target.port) as line:
        line.send(b"HEAD " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        said = line.answer(head_only=True)
        line.send(get(b"/api/version"))
        after = line.answer()

    assert said is not None
    assert after is None or (said.status, after.status) == (200, 200)


@pytest.mark.parametrize("name", [CODER, CODER.upper(), "nomic-embed-text", "nomic-embed-text:latest"])
def test_one_model_is_described_by_its_path(target: Target, name: str) -> None:
    for written in (name, name.replace(":", "%3A")):
        said = ask(target.port, get(b"/v1/models/" + written.encode()))

        assert said.status == 200, said
        assert json.loads(said.body)["id"] in {CODER, EMBEDDER}


@pytest.mark.parametrize(
    "body", [{"model": CODER}, {"name": CODER}, {"model": "", "name": CODER}, {"model": CODER, "stream": False}]
)
def test_a_pull_of_what_is_here_is_answered_here(target: Target, body: dict[str, Any]) -> None:
    said = ask(target.port, post(b"/api/pull", json.dumps(body).encode()))

    assert said.status == 200
    assert b"already here" in said.body
    assert json.loads(said.body.splitlines()[-1])["status"] == "success"
    assert target.upstream.requests == []


def test_a_form_arrives_with_its_file(target: Target) -> None:
    language = (b'Content-Disposition: form-data; name="language"', b"fr")
    body = form((MODEL, CODER.upper().encode()), language, FILE)

    through, direct = both(target, post(PATH, body, KIND))

    equal(through, direct)
    arrived = read_form(target.upstream.requests[0])
    assert arrived == {"model": [CODER.encode()], "language": [b"fr"], "file file": [FILE[1]]}


@pytest.mark.parametrize("size", [1, 7, 1000, 100_000])
@pytest.mark.parametrize("name", ["chat-tools", "generate-long", "v1-chat-stream"])
def test_a_chunked_request_arrives_whole(target: Target, name: str, size: int) -> None:
    path, body = BODIES[name][0], body_of(name)
    if len(body) // size > 5000:
        size = len(body) // 5000
    pieces = [body[place : place + size] for place in range(0, len(body), size)]
    chunks = b"".join(b"%X;a=b\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    raw = (
        b"POST " + path.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1:11434\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    )

    said = ask(target.port, raw + b"0\r\nX-Trailer: y\r\n\r\n")

    assert said.status == 200, said
    assert target.upstream.last_body() == decoded(body)


def test_a_body_may_wait_for_the_word_to_go_on(target: Target) -> None:
    body = body_of("chat")
    head = b"POST /api/chat HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    with Line(target.port) as line:
        line.send(head)
        line.wait_for(b"HTTP/1.1 100 Continue\r\n\r\n")
        line.send(body)
        said = line.answer()

    assert said is not None
    assert said.status == 200
    assert target.upstream.last_body() == decoded(body)


def test_a_connection_serves_one_request_after_another(target: Target) -> None:
    with Line(target.port) as line:
        for name, (path, _) in BODIES.items():
            line.send(post(path.encode(), body_of(name)))
            said = line.answer()
            assert said is not None, name
            assert said.status == 200, name


def test_a_refusal_of_a_name_keeps_the_connection(target: Target) -> None:
    with Line(target.port) as line:
        for _ in range(3):
            line.send(post(b"/api/pull", b'{"model":"absent"}'))
            refused = line.answer()
            line.send(post(b"/api/chat", body_of("chat-whole")))
            served = line.answer()
            assert refused is not None
            assert served is not None
            assert (refused.status, served.status) == (403, 200)


def test_a_request_in_small_pieces_is_one_request(target: Target) -> None:
    raw = post(b"/api/chat", body_of("chat-whole"))
    with Line(target.port) as line:
        for place in range(len(raw)):
            line.send(raw[place : place + 1])
        said = line.answer()

    assert said is not None
    assert said.status == 200


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
@pytest.mark.parametrize("connection", [b"close", b"keep-alive"])
def test_a_stream_ends_for_old_and_new_callers(target: Target, version: bytes, connection: bytes) -> None:
    raw = post(b"/api/chat", body_of("chat"), b"Connection: " + connection).replace(b"HTTP/1.1", b"HTTP/" + version, 1)

    said = ask(target.port, raw)

    assert [json.loads(line)["done"] for line in said.body.splitlines()][-1] is True
    assert version == b"1.1" or not said.all(b"transfer-encoding")


@pytest.mark.parametrize(
    "origin",
    [b"http://localhost", b"https://127.0.0.1:3000", b"app://x", b"tauri://localhost", b"vscode-webview://abc"],
)
def test_pages_of_this_machine_may_ask_and_read(target: Target, origin: bytes) -> None:
    said = ask(target.port, post(b"/api/chat", body_of("chat-whole"), b"Origin: " + origin))

    assert (said.status, said.all(b"access-control-allow-origin")) == (200, [origin])


@pytest.mark.parametrize(
    "host", [b"localhost", b"LOCALHOST:1", b"127.0.0.1:11434", b"[::1]:11434", b"127.8.8.8", b"ollama.localhost"]
)
def test_every_name_of_this_machine_is_served(target: Target, host: bytes) -> None:
    said = ask(target.port, get(b"/api/version", host=b"Host: " + host + b"\r\n"))

    assert said.status == 200, said


@pytest.mark.parametrize(
    "header",
    [
        b"Authorization: Bearer ollama",
        b"x-api-key: ollama",
        b"anthropic-version: 2023-06-01",
        b"X-Stainless-Lang: python",
        b"Accept: */*, text/event-stream",
        b"Accept-Encoding: gzip, deflate, br, zstd",
        b"Cookie: a=b; c=d",
        b"User-Agent: " + b"x" * 500,
        b"Cache-Control: no-cache",
        b"Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        b"Sec-Fetch-Site: same-origin",
        b"Referer: http://localhost:3000/a/b?c",
    ],
)
def test_headers_of_the_caller_do_no_harm_and_are_not_sent_on(target: Target, header: bytes) -> None:
    said = ask(target.port, post(b"/v1/chat/completions", body_of("v1-chat"), header))

    assert said.status == 200, said
    assert set(target.upstream.requests[0].headers) <= {
        b"accept-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"user-agent",
    }
