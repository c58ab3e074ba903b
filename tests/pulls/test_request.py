"""What a request would pull: Ollama's paths decoded as its router does, names read as it decodes bodies."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.pulls.request import MOST_BODY, ROUTES, Wish, route, wish


@pytest.mark.parametrize(
    "target",
    [
        "/api/pull",
        "/api/pull/",
        "//api/pull",
        "/api//pull",
        "/api/./pull",
        "/api/x/../pull",
        "/api/%70ull",
        "/api%2Fpull",
        "/%61pi/pull",
        "/api/pull%2F",
        "/api/pull?stream=false",
        "/api/pull#x",
        "http://elsewhere:11434/api/pull",
        "/ollama/api/pull",
        "api/pull",
    ],
)
def test_every_spelling_that_reaches_the_route_is_seen(target: str) -> None:
    assert route("POST", target) == "/api/pull"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/api/pull"),
        ("post", "/api/pull"),
        ("POST", "/API/PULL"),
        ("POST", "/api/pulls"),
        ("POST", "/xapi/pull"),
        ("POST", "/api/pull/x"),
        ("POST", "/api/%2570ull"),
        ("POST", "/api/chat?next=/api/pull"),
        ("POST", "http://api/pull"),
        ("POST", ""),
        ("POST", "*"),
    ],
)
def test_what_ollama_does_not_take_for_a_pull_is_none(method: str, target: str) -> None:
    assert route(method, target) is None


def spelled(word: str, encoded: set[int]) -> str:
    return "".join(f"%{ord(mark):02X}" if n in encoded else mark for n, mark in enumerate(word))


SLASHES = st.sampled_from(["/", "//", "/./", "/x/../", "/%2E/"])
PLACES = st.sets(st.integers(0, 3))


@given(SLASHES, PLACES, SLASHES, PLACES, st.sampled_from(["", "/", "?a=b"]))
def test_any_mixture_of_spellings_is_seen(
    first: str, in_api: set[int], second: str, in_pull: set[int], end: str
) -> None:
    assert route("POST", first + spelled("api", in_api) + second + spelled("pull", in_pull) + end) == "/api/pull"


@given(st.text(max_size=60), st.text(max_size=10))
def test_any_target_is_read(target: str, method: str) -> None:
    assert route(method, target) in {None, *ROUTES}


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/api/pull", b'{"model": "llama3"}', Wish("pull", "llama3")),
        ("/api/pull", '{"name": "llama3", "model": ""}', Wish("pull", "llama3")),
        ("/api/pull", b'{"MODEL": "a", "model": "b"}', Wish("pull", "b")),
        ("/api/pull", b"", Wish("pull", "")),
        ("/api/pull", None, Wish("pull", "")),
        ("/api/pull", b'{"model": "a"} junk', Wish("pull", "")),
        ("/api/pull", b"\xff", Wish("pull", "")),
        ("/api/pull", b"[" * 100_000, Wish("pull", "")),
        ("/api/pull", b'["model"]', Wish("pull", "")),
        ("/api/pull", b'{"model": 3}', Wish("pull", "")),
        ("/api/pull", b'{"stream": true}', None),
        ("/api/push", b'{"model": "me/mine"}', Wish("push", "me/mine")),
        ("/api/push", b'{"token": "of a phone", "title": "Hello"}', None),
        ("/api/create", b'{"model": "mine", "from": "llama3"}', Wish("create", "llama3")),
        ("/api/create", b'{"model": "mine", "modelfile": "# x\\nFROM llama3\\n"}', Wish("create", "llama3")),
        ("/api/create", b'{"model": "mine", "files": {"a.gguf": "sha256:0"}}', None),
        ("/api/create", b'{"title": "an article"}', None),
    ],
)
def test_the_body_says_what_is_wanted(path: str, body: bytes | str | None, expected: Wish | None) -> None:
    assert wish(path, body) == expected


def test_a_body_that_is_too_long_counts_as_unseen() -> None:
    body = json.dumps({"title": "x" * MOST_BODY})

    assert wish("/api/create", body) == Wish("create", "")


@given(st.sampled_from(sorted(ROUTES)), st.binary(max_size=200) | st.text(max_size=200))
def test_any_body_is_read(path: str, body: bytes | str) -> None:
    found = wish(path, body)

    assert found is None or path.endswith(found.verb)


@given(st.sampled_from(sorted(ROUTES)), st.text(min_size=1, max_size=50), st.dictionaries(st.text(), st.integers()))
def test_a_name_is_found_among_anything_else(path: str, model: str, others: dict[str, int]) -> None:
    key = ROUTES[path][0]
    rest = {name: value for name, value in others.items() if name.lower() not in ROUTES[path]}
    found = wish(path, json.dumps({**rest, key.upper(): model}))

    assert found is not None
    assert found.model in model
