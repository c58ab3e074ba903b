"""The routes: a request goes where a path on the list leads to the letter, and nowhere else."""

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.handshake import PATH
from modelcheck.core.ruling import NEEDS_HERE, Action
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.routes import MODEL, PROOF, ROUTES, Body, Dialect, Route, route_of

OPEN = {
    ("GET", "/"),
    ("GET", "/api/version"),
    ("GET", "/api/status"),
    ("GET", "/api/tags"),
    ("GET", "/api/ps"),
    ("GET", "/v1/models"),
    ("POST", "/api/generate"),
    ("POST", "/api/chat"),
    ("POST", "/api/embed"),
    ("POST", "/api/embeddings"),
    ("POST", "/api/show"),
    ("POST", "/api/pull"),
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/completions"),
    ("POST", "/v1/embeddings"),
    ("POST", "/v1/responses"),
    ("POST", "/v1/messages"),
    ("POST", "/v1/audio/transcriptions"),
}
"""What passes without an exception, as Ollama's documentation names it."""


def found(method: str, target: str) -> Route:
    return route_of(method.encode(), target.encode())[0]


def refused(method: bytes, target: bytes) -> Fault:
    with pytest.raises(Refused) as caught:
        route_of(method, target)
    assert isinstance(caught.value.reason, Fault)
    return caught.value.reason


def test_what_needs_no_exception_is_exactly_this() -> None:
    free = NEEDS_HERE | {Action.LOOK}
    assert {(one.method, one.path) for one in ROUTES if one.action in free} == OPEN


@pytest.mark.parametrize("route", [*ROUTES, PROOF], ids=lambda one: f"{one.method} {one.path}")
def test_every_route_is_found_by_its_path_alone(route: Route) -> None:
    assert route_of(route.method.encode(), route.path.encode()) == (route, route.path, "")
    escaped = "".join(f"%{ord(mark):02X}" if mark.isalnum() else mark for mark in route.path)
    assert route_of(route.method.encode(), f"{escaped}?a=b?c".encode()) == (route, route.path, "a=b?c")


@pytest.mark.parametrize("route", [*ROUTES, PROOF], ids=lambda one: f"{one.method} {one.path}")
def test_a_path_that_a_router_would_bend_is_no_route(route: Route) -> None:
    path = route.path
    for bent in (
        path + "/x",
        "/" + path,
        path + "//",
        path + "/./x",
        path + "/../x",
        "/." + path,
        path + ";",
        path + "%20",
    ):
        if (route.method, bent) != ("GET", "/v1/models/x"):
            assert refused(route.method.encode(), bent.encode()) is Fault.ROUTE
    if path.upper() != path:
        assert refused(route.method.encode(), path.upper().encode()) is Fault.ROUTE
    assert refused(b"PUT", path.encode()) is Fault.ROUTE
    assert refused(route.method.lower().encode(), path.encode()) is Fault.ROUTE


def test_head_is_looked_up_as_get() -> None:
    assert found("HEAD", "/api/tags") is found("GET", "/api/tags")
    assert refused(b"HEAD", b"/api/chat") is Fault.ROUTE
    assert refused(b"GET", b"/api/chat") is Fault.ROUTE


def test_the_handshake_is_a_route() -> None:
    assert route_of(b"GET", f"{PATH}?n=abc".encode()) == (PROOF, PATH, "n=abc")


@pytest.mark.parametrize("name", ["llama3", "llama3:8b", "a%2eb", "%6Clama3", "x y".replace(" ", "%20")])
def test_the_name_of_a_model_is_one_segment(name: str) -> None:
    assert route_of(b"GET", f"/v1/models/{name}".encode()) == (MODEL, f"/v1/models/{unquote(name)}", "")
    assert route_of(b"HEAD", f"/v1/models/{name}?x".encode()) == (MODEL, f"/v1/models/{unquote(name)}", "x")


@pytest.mark.parametrize("rest", ["a/b", "a%2Fb", "a/", "/a", "%2F", "../chat"])
def test_the_name_of_a_model_is_not_two_segments(rest: str) -> None:
    assert refused(b"GET", f"/v1/models/{rest}".encode()) is Fault.ROUTE


def test_other_methods_on_a_model_are_no_route() -> None:
    assert refused(b"DELETE", b"/v1/models/llama3") is Fault.ROUTE
    assert refused(b"POST", b"/v1/models/llama3") is Fault.ROUTE


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("POST", "/api/blobs/sha256:abc", Action.UPLOAD),
        ("HEAD", "/api/blobs/sha256:abc", Action.UPLOAD),
        ("GET", "/api/blobs/a/b", Action.UPLOAD),
        ("DELETE", "/api/user/keys/abc", Action.ACCOUNT),
        ("GET", "/api/experimental/model-recommendations", Action.WEB),
    ],
)
def test_what_no_exception_opens_is_known_as_such(method: str, path: str, action: Action) -> None:
    route, decoded, _ = route_of(method.encode(), path.encode())
    assert (route.action, route.passes, decoded) == (action, False, path)
    assert refused(b"PATCH", path.encode()) is Fault.ROUTE


@pytest.mark.parametrize("path", ["/api/experimental/web_search", "/api/experimental/web_fetch"])
def test_the_web_is_reached_by_these_routes_alone(path: str) -> None:
    assert found("POST", path).action is Action.WEB
    assert [one.path for one in ROUTES if one.action is Action.WEB].count(path) == 1


def test_everything_else_may_be_opened() -> None:
    assert {one.path for one in ROUTES if not one.passes} == {"/api/experimental/model-recommendations"}


@pytest.mark.parametrize(
    "target",
    [
        b"",
        b"*",
        b"api/chat",
        b"?/api/chat",
        b"http://localhost/api/chat",
        b"localhost:80",
        b"/api/chat#x",
        b"/api/chat%",
        b"/api/chat%2",
        b"/api/chat%zz",
        b"/api/chat%2z",
        b"/api/%%chat",
        b"/api/chat%ff",
        b"/api/chat%c3",
        b"/api/chat%00",
        b"/api/chat%0a",
        b"/api/chat%7f",
        b"/v1/models/a%0d%0ab",
        b"/v1/models/%E2%80%AE",
    ],
)
def test_a_target_that_is_no_plain_path_is_malformed(target: bytes) -> None:
    assert refused(b"GET", target) is Fault.MALFORMED


def test_a_path_is_decoded_once() -> None:
    assert refused(b"POST", b"/api%252Fchat") is Fault.ROUTE
    assert route_of(b"POST", b"/api%2Fchat")[1] == "/api/chat"


def test_a_query_is_left_as_it_is() -> None:
    assert route_of(b"POST", b"/api/chat?%zz#%ff?")[2] == "%zz#%ff?"


@given(
    st.sampled_from(["GET", "POST", "DELETE", "HEAD", "PUT"]),
    st.lists(
        st.sampled_from(
            [*sorted({one.path for one in ROUTES}), "/", ".", "..", "%2F", "%2e", "%", "%25", "a", ";", "//"]
        )
        | st.characters(codec="ascii", min_codepoint=0x21, max_codepoint=0x7E),
        max_size=4,
    ).map("".join),
)
def test_no_route_is_ever_found_for_another_path_than_the_listed_one(method: str, target: str) -> None:
    try:
        route, path, query = route_of(method.encode(), target.encode())
    except Refused:
        return
    raw = target.partition("?")[0]
    assert path == unquote(raw, errors="strict")
    assert query == target[len(raw) + 1 :]
    assert route.method == ("GET" if method == "HEAD" else method)
    if route in ROUTES or route is PROOF:
        assert path == route.path
    elif route is MODEL:
        assert path.startswith("/v1/models/")
        assert path.count("/") == 3
    else:
        assert not route.passes
        assert path.startswith(route.path)


@given(st.text(max_size=20))
def test_any_printable_name_is_found_again_in_its_path(name: str) -> None:
    target = f"/v1/models/{quote(name, safe='')}".encode()
    if name.isprintable() and "/" not in name:
        assert route_of(b"GET", target) == (MODEL, f"/v1/models/{name}", "")
    else:
        assert refused(b"GET", target) in {Fault.MALFORMED, Fault.ROUTE}


def test_each_route_speaks_the_dialect_of_its_clients() -> None:
    spoken = {one.path: one.dialect for one in (*ROUTES, MODEL)}
    assert spoken.pop("/v1/messages") is Dialect.ANTHROPIC
    for path, dialect in spoken.items():
        assert dialect is (Dialect.OPENAI if path.startswith("/v1/") else Dialect.OLLAMA)


def test_each_route_takes_the_body_that_it_needs() -> None:
    for one in ROUTES:
        if one.path == "/v1/audio/transcriptions":
            assert one.body is Body.FORM
        elif one.action is Action.LOOK:
            assert one.body is Body.NONE
        else:
            assert one.body is Body.JSON
    assert MODEL.body is PROOF.body is Body.NONE


def test_the_fields_that_name_models_are_those_that_ollama_reads() -> None:
    both = ("model", "name")
    named = {one.path: (one.names, one.targets) for one in ROUTES if one.body is Body.JSON}
    assert named["/api/show"] == named["/api/pull"] == (both, ())
    assert named["/api/create"] == (("from",), both)
    assert named["/api/copy"] == (("source",), ("destination",))
    assert named["/api/push"] == (both, both)
    assert named["/api/delete"] == ((), both)
    for one in ROUTES:
        if one.action is Action.INFER:
            assert (one.names, one.targets) == (("model",), ())
        if one.action in {Action.LOOK, Action.ACCOUNT, Action.WEB}:
            assert (one.names, one.targets) == ((), ())
    assert (MODEL.names, MODEL.action) == ((), Action.DESCRIBE)


def test_lists_of_models_are_known_by_their_field() -> None:
    assert {one.path: one.lists for one in ROUTES if one.lists} == {"/api/tags": "models", "/v1/models": "data"}
