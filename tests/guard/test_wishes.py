"""What a body asks for: the models that it names, what would leave the machine, and what is sent on."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.name import MAX_TEXT
from modelcheck.core.ruling import Action, Intent, Leave
from modelcheck.guard.body import EMPTY, read
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.routes import MODEL, ROUTES, Route, route_of
from modelcheck.guard.wishes import (
    KNOWN,
    body_of,
    intent_of,
    intent_of_path,
    names_in_query,
    path_of,
    texts,
)

CHAT, PULL, SHOW, CREATE, COPY, PUSH, DELETE, OPENAI, MESSAGES = (
    route_of(method, path)[0]
    for method, path in (
        (b"POST", b"/api/chat"),
        (b"POST", b"/api/pull"),
        (b"POST", b"/api/show"),
        (b"POST", b"/api/create"),
        (b"POST", b"/api/copy"),
        (b"POST", b"/api/push"),
        (b"DELETE", b"/api/delete"),
        (b"POST", b"/v1/chat/completions"),
        (b"POST", b"/v1/messages"),
    )
)


def wish(route: Route, value: dict[str, Any], query: str = "") -> Intent:
    return intent_of(route, read(json.dumps(value).encode()), query)


def refused(route: Route, value: dict[str, Any], query: str = "") -> str:
    with pytest.raises(Refused) as caught:
        wish(route, value, query)
    assert caught.value.reason in {Fault.BODY, Fault.MALFORMED}
    return caught.value.words


@pytest.mark.parametrize(
    ("route", "value", "intent"),
    [
        (CHAT, {"model": "a"}, Intent(Action.INFER, ("a",), "a")),
        (CHAT, {"model": "a", "name": "b"}, Intent(Action.INFER, ("a",), "a")),
        (CHAT, {}, Intent(Action.INFER)),
        (CHAT, {"model": ""}, Intent(Action.INFER)),
        (CHAT, {"model": None}, Intent(Action.INFER)),
        (PULL, {"model": "", "name": "a"}, Intent(Action.PULL, ("a",), "a")),
        (PULL, {"model": "a", "name": None}, Intent(Action.PULL, ("a",), "a")),
        (PULL, {"name": "b", "model": "a"}, Intent(Action.PULL, ("a", "b"), "a")),
        (PULL, {"model": "a", "insecure": False}, Intent(Action.PULL, ("a",), "a")),
        (SHOW, {"name": "a"}, Intent(Action.DESCRIBE, ("a",), "a")),
        (CREATE, {"model": "new", "from": "a"}, Intent(Action.CREATE, ("a",), "new")),
        (CREATE, {"model": "new", "name": "new"}, Intent(Action.CREATE, (), "new")),
        (CREATE, {"from": "a"}, Intent(Action.CREATE, ("a",), "")),
        (COPY, {"source": "a", "destination": "b"}, Intent(Action.COPY, ("a",), "b")),
        (PUSH, {"name": "a"}, Intent(Action.PUSH, ("a",), "a")),
        (PUSH, {"model": "a", "name": "b"}, Intent(Action.PUSH, ("a", "b"), "a")),
        (DELETE, {"model": "a", "name": ""}, Intent(Action.DELETE, (), "a")),
        (DELETE, {}, Intent(Action.DELETE)),
    ],
)
def test_each_route_names_models_and_targets_in_its_own_fields(
    route: Route, value: dict[str, Any], intent: Intent
) -> None:
    assert wish(route, value) == intent


@pytest.mark.parametrize("name", [1, True, 1.5, [], ["a"], {}, {"a": "b"}, "x" * (MAX_TEXT + 1)])
def test_a_name_is_a_text_of_a_length_that_names_have(name: object) -> None:
    for route, key in ((CHAT, "model"), (PULL, "name"), (CREATE, "model"), (CREATE, "from"), (DELETE, "name")):
        assert refused(route, {key: name}) == f"the field {key} is no name of a model"


def test_a_name_may_have_as_many_characters_as_any_text() -> None:
    assert wish(CHAT, {"model": "x" * MAX_TEXT}).names == ("x" * MAX_TEXT,)
    assert texts({"a": "1", "b": None, "c": ""}, ("c", "a", "b", "d")) == ("1",)


@pytest.mark.parametrize("route", [CREATE, DELETE])
def test_two_different_targets_are_refused(route: Route) -> None:
    assert refused(route, {"model": "a", "name": "b"}) == "two different names in one request"


def test_names_in_the_query_count_beside_those_in_the_body() -> None:
    assert wish(CHAT, {"model": "a"}, "model=b&x=y").names == ("a", "b")
    assert wish(CHAT, {}, "name=b") == Intent(Action.INFER, ("b",), "b")
    assert wish(DELETE, {"model": "a"}, "name=b") == Intent(Action.DELETE, ("b",), "a")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ()),
        ("a=b", ()),
        ("model=a", ("a",)),
        ("MODEL=a&Name=b&\u017fource=c&from=d&destination=e", ("a", "b", "c", "d")),
        ("model=&model", ()),
        ("model=a%2Fb+c", ("a/b c",)),
        ("%6Dodel=a", ("a",)),
        ("&".join("a=b" for _ in range(100)), ()),
    ],
)
def test_a_query_names_models_under_any_spelling_of_the_fields(query: str, names: tuple[str, ...]) -> None:
    assert names_in_query(query) == names


@pytest.mark.parametrize("query", ["model=%ff", "%ff=a", "&".join("a=b" for _ in range(101))])
def test_a_query_that_cannot_be_read_is_refused(query: str) -> None:
    with pytest.raises(Refused, match="query cannot be read") as caught:
        names_in_query(query)
    assert caught.value.reason is Fault.MALFORMED


@given(st.dictionaries(st.sampled_from(["model", "name", "source", "from"]), st.text(min_size=1), max_size=3))
def test_no_name_in_a_query_is_overlooked(fields: dict[str, str]) -> None:
    encodable = {key: value for key, value in fields.items() if value.isprintable()}
    assert names_in_query(urlencode(encodable)) == tuple(encodable.values())


def test_a_request_without_a_body_names_a_model_in_its_path() -> None:
    assert intent_of_path(MODEL, "/v1/models/a:1b", "") == Intent(Action.DESCRIBE, ("a:1b",), "/v1/models/a:1b")
    assert intent_of_path(MODEL, "/v1/models/a", "model=b").names == ("a", "b")
    assert intent_of_path(MODEL, "/v1/models/", "").names == ()
    tags = route_of(b"GET", b"/api/tags")[0]
    assert intent_of_path(tags, "/api/tags", "model=b") == Intent(Action.LOOK, ("b",), "/api/tags")


@pytest.mark.parametrize("key", ["remote_host", "remote_model"])
def test_no_stub_is_ever_made(key: str) -> None:
    assert "another host" in refused(CREATE, {"model": "new", key: "https://ollama.com"})
    assert "another host" in refused(CREATE, {"model": "new", key: 1})
    wish(CREATE, {"model": "new", key: ""})


@pytest.mark.parametrize("value", [True, None, 0, 1, "", "false", [], {}])
def test_nothing_is_fetched_or_sent_insecurely(value: object) -> None:
    for route in (PULL, PUSH, CREATE, CHAT):
        assert "without TLS" in refused(route, {"model": "a", "insecure": value})


@pytest.mark.parametrize(
    "value",
    [
        {"Model": "a"},
        {"model": "a", "Model": "b"},
        {"model": "a", "\u017fystem": "b"},
        {"model": "a", "messages": [{"Images": ["a"]}]},
        {"model": "a", "x": 1, "X": 2},
    ],
)
def test_a_field_that_go_would_take_for_another_is_refused(value: dict[str, Any]) -> None:
    refused(CHAT, value)


def test_every_field_that_is_looked_at_is_known() -> None:
    looked_at = {key for one in ROUTES for key in (*one.names, *one.targets)}
    assert looked_at | {"images", "tools", "url", "image_url", "file_data", "file_url", "insecure"} <= KNOWN
    assert {"remote_host", "remote_model", "web_search_options", "type", "stream"} <= KNOWN
    assert {"files", "adapters", "instructions", "parameters", "tool_choice", "tool_calls", "content"} <= KNOWN


@pytest.mark.parametrize("kind", ["web_search", "web_search_20250305", "WEB_fetch", " web_search_preview", "web_"])
def test_a_tool_that_searches_the_web_leaves_the_machine(kind: str) -> None:
    for route in (CHAT, OPENAI, MESSAGES):
        for tools in ([{"type": kind}], [{"type": "function"}, "x", {"type": kind, "name": "n"}]):
            assert wish(route, {"model": "a", "tools": tools}).leave is Leave.WEB_SEARCH


def test_options_for_a_web_search_leave_the_machine() -> None:
    assert wish(OPENAI, {"model": "a", "web_search_options": {}}).leave is Leave.WEB_SEARCH
    assert wish(OPENAI, {"model": "a", "web_search_options": None}).leave is Leave.NOT


@pytest.mark.parametrize(
    "tools",
    [[], None, "web_search", {}, [{"type": "function", "function": {"name": "web_search"}}], [{"type": 1}], [[]]],
)
def test_other_tools_stay(tools: object) -> None:
    assert wish(CHAT, {"model": "a", "tools": tools}).leave is Leave.NOT


@pytest.mark.parametrize("address", ["http://a/b.png", "HTTPS://a", "file:///etc/passwd", "ftp:a", "Data:x", "a:"])
@pytest.mark.parametrize(
    "shape",
    [
        '{"image_url":{"url":"%s"}}',
        '{"image_url":"%s"}',
        '{"audio_url":"%s"}',
        '{"video_url":"%s"}',
        '{"input_audio":"%s"}',
        '{"file":"%s"}',
        '{"image":"%s"}',
        '{"url":"%s"}',
        '{"file_url":"%s"}',
        '{"file_data":"%s"}',
        '{"images":["%s"]}',
        '{"images":["aGk=",{"url":"%s"}]}',
        '{"source":{"type":"url","url":"%s"}}',
    ],
)
def test_an_image_or_file_by_its_address_leaves_the_machine(shape: str, address: str) -> None:
    part: dict[str, Any] = json.loads(shape % address)
    for value in (
        {"model": "a", **part},
        {"model": "a", "messages": [{"content": "x"}, {"content": [{"type": "text"}, part]}]},
    ):
        assert wish(OPENAI, value).leave is Leave.REMOTE_FILE


@pytest.mark.parametrize(
    "value",
    [
        {"images": ["aGk=", "data:image/png;base64,aGk="]},
        {"images": "http://a"},
        {"images": [1, None, ["a"], {"b": "c"}]},
        {"image_url": {"url": "data:image/png;base64,aGk="}},
        {"image_url": {"detail": "http://a"}},
        {"file_data": "aGk="},
        {"url": None},
        {"content": "see http://a", "images": ["aGk="]},
        {"tools": [{"type": "function", "function": {"parameters": {"url": "http://a", "images": ["http://a"]}}}]},
        {"format": {"url": "http://a"}},
        {"content": [{"type": "web_search_result", "url": "http://a"}]},
        {"content": [{"type": "search_result", "url": "http://a", "source": "http://a"}]},
        {"annotations": [{"type": "url_citation", "url": "http://a"}], "images": ["aGk="]},
        {"citations": [{"url": "http://a"}], "images": ["aGk="]},
    ],
)
def test_data_and_schemas_stay(value: dict[str, Any]) -> None:
    assert wish(OPENAI, {"model": "a", **value}).leave is Leave.NOT


def test_what_a_tool_is_given_is_free_where_anthropics_clients_say_so() -> None:
    called: Any = {"content": [{"type": "tool_use", "input": {"url": "http://a", "Model": 1}, "tools": None}]}
    assert wish(MESSAGES, {"model": "a", "messages": [called]}).leave is Leave.NOT
    assert "not spelled" in refused(OPENAI, {"model": "a", "messages": [called]})
    assert wish(OPENAI, {"model": "a", "input": [{"image_url": "http://a"}]}).leave is Leave.REMOTE_FILE


@pytest.mark.parametrize(
    ("route", "value", "sent"),
    [
        (CHAT, {"model": "a"}, {"model": "N"}),
        (CHAT, {"stream": True, "model": "a", "name": "b"}, {"stream": True, "model": "N", "name": "b"}),
        (CHAT, {"prompt": "x"}, {"prompt": "x"}),
        (PULL, {"model": "", "name": "a", "stream": False}, {"name": "N", "stream": False}),
        (PULL, {"model": None, "name": "a"}, {"name": "N"}),
        (PULL, {"model": "a", "name": "A"}, {"model": "N", "name": "N"}),
        (PUSH, {"model": "a", "name": "b"}, {"model": "N", "name": "N"}),
        (CREATE, {"model": "N", "from": "a", "name": ""}, {"model": "N", "from": "a", "name": ""}),
        (COPY, {"source": "a", "destination": "N"}, {"source": "a", "destination": "N"}),
        (DELETE, {"name": "N", "model": ""}, {"name": "N", "model": ""}),
    ],
)
def test_what_is_sent_on_has_the_inventorys_own_spelling(
    route: Route, value: dict[str, Any], sent: dict[str, Any]
) -> None:
    for data in (json.dumps(value).encode(), json.dumps(value, indent=3).encode()):
        assert body_of(route, read(data), "N") == json.dumps(sent, separators=(",", ":")).encode()


def test_a_body_that_is_written_and_spelled_as_ours_goes_on_as_it_is() -> None:
    document = read(b'{"model": "a:1b", "stream": false}')
    assert body_of(CHAT, document, "a:1b") is document.canonical
    assert body_of(PULL, document, "a:1b") is document.canonical
    assert body_of(CHAT, document, "A:1b") == b'{"model":"A:1b","stream":false}'
    assert body_of(CHAT, EMPTY, "") == b"{}"


@given(
    st.dictionaries(
        st.sampled_from(["model", "name", "from", "source", "destination", "stream", "prompt"]),
        st.sampled_from(["", None, "a", "A", "b", 1, False, {"model": "x"}]),
    ),
    st.sampled_from([CHAT, PULL, SHOW, PUSH]),
)
def test_what_is_sent_on_never_names_another_model_than_the_one_ruled_on(value: dict[str, Any], route: Route) -> None:
    sent = json.loads(body_of(route, read(json.dumps(value).encode()), "N"))
    assert all(sent.get(key, "N") == "N" for key in route.names)
    others = {key: one for key, one in value.items() if key not in route.names}
    assert {key: one for key, one in sent.items() if key not in route.names} == others


def test_a_name_in_a_path_is_one_segment_again() -> None:
    assert path_of(MODEL, "My Space/a:1b?#%") == "/v1/models/My%20Space%2Fa:1b%3F%23%25"
    assert path_of(CHAT, "a") == "/api/chat"


@given(st.text(st.characters(codec="utf-8"), max_size=12))
def test_any_name_in_a_path_is_plain(name: str) -> None:
    path = path_of(MODEL, name)
    assert path.isascii()
    assert path.removeprefix("/v1/models/") == quote(name, safe=":")
    assert path.count("/") == 3
