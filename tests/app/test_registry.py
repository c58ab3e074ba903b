"""The size of a model, asked of the official registry: known whole or not at all."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_server import RawServer, hanging, response, sending

from modelcheck.app import registry
from modelcheck.app.registry import size_in, size_of
from modelcheck.app.tables import table
from modelcheck.core.tables import KnownProviders

MANIFEST = {"schemaVersion": 2, "config": {"size": 5}, "layers": [{"size": 100}, {"size": 20}]}


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have the registry at another address."""

    def ask(url: str | None) -> None:
        known = table(KnownProviders)
        others = tuple(msgspec.structs.replace(one, registry=url) if one.registry else one for one in known.providers)

        def moved(_: type[KnownProviders]) -> KnownProviders:
            return msgspec.structs.replace(known, providers=others)

        monkeypatch.setattr(registry, "table", moved)

    return ask


def test_the_table_names_the_registry_of_the_default_host() -> None:
    assert [one.registry for one in table(KnownProviders).providers if one.registry] == ["https://registry.ollama.ai"]


def test_one_manifest_is_asked_for(asking: Any) -> None:
    with RawServer(sending(response(json.dumps(MANIFEST).encode()))) as server:
        asking(server.url)
        assert size_of("llama3.1:8b") == 125
        assert size_of("me/own") == 125

    assert server.asked == ["GET /v2/library/llama3.1/manifests/8b", "GET /v2/me/own/manifests/latest"]


def test_no_other_registry_is_asked(asking: Any) -> None:
    with RawServer(sending(response(json.dumps(MANIFEST).encode()))) as server:
        asking(server.url)
        assert size_of("hf.co/user/repo:Q4") is None
        asking(None)
        assert size_of("llama3.1:8b") is None

    assert server.requests == []


def test_a_registry_that_does_not_answer_knows_nothing(asking: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "LIMIT_S", 0.2)
    with RawServer(hanging()) as silent, RawServer(sending(response(b"", "404 Not Found"))) as empty:
        for url in (silent.url, empty.url, "http://127.0.0.1:9"):
            asking(url)
            assert size_of("llama3.1:8b") is None


INCOMPLETE: list[Any] = [
    None,
    [],
    {},
    {"config": {"size": 5}},
    {"config": {"size": 5}, "layers": []},
    {"layers": [{"size": 5}]},
    {"config": {"size": 5}, "layers": [{}]},
    {"config": {"size": 5}, "layers": [{"size": -1}]},
    {"config": {"size": 5}, "layers": [{"size": "5"}]},
    {"config": {"size": True}, "layers": [{"size": 5}]},
    {"config": {"size": 5}, "layers": [{"size": 1 << 60}]},
    {"config": {"size": 5}, "layers": [{"size": 1}] * 2000},
]


@pytest.mark.parametrize("manifest", INCOMPLETE)
def test_what_is_not_known_whole_is_not_known(manifest: object) -> None:
    assert size_in(manifest) is None


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_whatever_it_says_is_a_size_or_none(manifest: object) -> None:
    assert size_in({"config": manifest, "layers": [manifest]}) is None
