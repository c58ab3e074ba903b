"""Lists of models: what would answer from another machine is not offered."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Entry
from modelcheck.guard.fault import Fault, Refused
from modelcheck.guard.listing import stubs, without_stubs
from modelcheck.guard.routes import route_of

TAGS, MODELS = route_of(b"GET", b"/api/tags")[0], route_of(b"GET", b"/v1/models")[0]


def is_offered(name: str) -> bool:
    return name != "bridge:latest"


def shown(value: Any, route: Any = TAGS) -> Any:
    return json.loads(without_stubs(route, json.dumps(value).encode(), is_offered))


def test_a_list_without_stubs_is_passed_as_it_came() -> None:
    for data in (b'{"models": [ {"name":"a","size":1.0} ]}', b'{"models":null}', b'{"other":1}', b'{"models":[]}'):
        assert without_stubs(TAGS, data, is_offered) is data


def test_stubs_are_taken_out_and_the_rest_stays() -> None:
    good = {"name": "a:1", "model": "a:1", "size": 5, "details": {"families": None}}
    listed = [good, {"name": "bridge:latest"}, {"model": "bridge:latest"}, {"name": "a", "model": "bridge:latest"}]
    assert shown({"x": 1, "models": listed}) == {"x": 1, "models": [good]}
    assert shown({"object": "list", "data": [{"id": "bridge:latest"}, {"id": "b"}]}, MODELS) == {
        "object": "list",
        "data": [{"id": "b"}],
    }


@pytest.mark.parametrize(
    "item",
    [
        {"name": "a", "remote_host": "https://ollama.com:443"},
        {"name": "a", "remote_model": "x"},
        {"name": 1},
        {"name": ["a"]},
        {"name": "a", "id": 7},
        {"name": ""},
        {"size": 1},
        {},
        "a",
        None,
        ["a"],
    ],
)
def test_what_is_not_known_to_be_of_this_machine_is_taken_out(item: object) -> None:
    assert shown({"models": [item, {"name": "b"}]}) == {"models": [{"name": "b"}]}


def test_an_entry_without_another_host_stays() -> None:
    assert shown({"models": [{"name": "a", "remote_host": "", "remote_model": None}, "x"]}) == {
        "models": [{"name": "a", "remote_host": "", "remote_model": None}]
    }


def test_only_the_field_of_its_route_is_a_list_of_models() -> None:
    data = b'{"data":[{"id":"bridge:latest"}]}'
    assert without_stubs(TAGS, data, is_offered) is data


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b'{"models":1}', b'{"models":{}}', b'{"models":[],"models":[]}'])
def test_what_is_no_list_of_models_is_not_shown(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        without_stubs(TAGS, data, is_offered)
    assert (caught.value.reason, caught.value.status) == (Fault.UPSTREAM, 502)


def test_a_stub_is_whatever_is_not_known_to_be_weights() -> None:
    entries = (
        Entry("a", remote=False),
        Entry("b", remote=True),
        Entry("c", remote=Gap(Why.NOT_RECORDED)),
        Entry("d"),
    )
    assert stubs(entries) == {"b", "c", "d"}
    assert stubs(()) == frozenset()


items = st.fixed_dictionaries(
    {},
    optional={
        key: st.sampled_from(["a", "bridge:latest", "", None, 1, "https://x"])
        for key in ("name", "model", "id", "remote_host", "remote_model", "size")
    },
)


@given(st.lists(items, max_size=5))
def test_nothing_that_is_offered_names_a_stub_or_another_host(listed: list[dict[str, Any]]) -> None:
    for one in shown({"models": listed})["models"]:
        assert one in listed
        assert not one.get("remote_host")
        assert not one.get("remote_model")
        named = [one[key] for key in ("name", "model", "id") if one.get(key)]
        assert named
        assert "bridge:latest" not in named
