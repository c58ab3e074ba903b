"""Addresses under other names: compared part by part, the closest key deciding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.host import InvalidEndpoint, parse_endpoint
from modelcheck.core.mapping import (
    AddressKey,
    address_key,
    here,
    is_this_machine,
    mapped_address,
)

OLLAMA = parse_endpoint("http://ollama:11434")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ollama:11434", AddressKey("ollama", 11434)),
        ("OLLAMA:11434", AddressKey("ollama", 11434)),
        ("gpu.lan", AddressKey("gpu.lan")),
        ("gpu.lan/v1", AddressKey("gpu.lan")),
        ("[fe80::1]", AddressKey("fe80::1")),
        ("[fe80::1]:8000", AddressKey("fe80::1", 8000)),
        ("http://ollama:11434/v1", AddressKey("ollama", 11434, "http")),
        ("https://gate.example", AddressKey("gate.example", 443, "https")),
        ("localhost:80", AddressKey("127.0.0.1", 80)),
    ],
)
def test_a_key_is_a_host_with_or_without_its_port_or_a_whole_address(text: str, key: AddressKey) -> None:
    assert address_key(text) == key


@pytest.mark.parametrize("text", ["", "ollama:abc", "ftp://x", "http://u:p@x", "a b:1", "http://x:0"])
def test_what_is_no_address_is_no_key(text: str) -> None:
    with pytest.raises(InvalidEndpoint):
        address_key(text)


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (["ollama:11434"], "ollama:11434"),
        (["http://ollama:11434"], "http://ollama:11434"),
        (["http://ollama:11434/v1"], "http://ollama:11434/v1"),
        (["ollama:11434", "http://ollama:11434"], "http://ollama:11434"),
        (["http://ollama:11434", "ollama:11434"], "http://ollama:11434"),
        (["ollama:11435", "https://ollama:11434", "ollama.lan:11434", "my-ollama:11434", "llama:11434"], None),
        (["ollama"], None),
        (["ollama:x", "http://"], None),
        ([], None),
    ],
)
def test_the_closest_key_that_means_the_very_server_decides(keys: list[str], found: str | None) -> None:
    assert mapped_address({key: key for key in keys}, OLLAMA) == found


def test_a_host_alone_stands_for_all_its_ports() -> None:
    keys = {"gpu.lan": "all", "gpu.lan:8000": "one"}

    assert mapped_address(keys, parse_endpoint("http://gpu.lan:8000")) == "one"
    assert mapped_address(keys, parse_endpoint("https://gpu.lan:9")) == "all"


def test_the_names_of_the_machine_itself_are_known() -> None:
    for name in ("host.docker.internal", "HOST.docker.internal", "host.containers.internal", "host.docker.internal."):
        assert is_this_machine(parse_endpoint(f"http://{name}:1"))
    for name in ("docker.internal", "xhost.docker.internal", "host.docker.internal.example", "172.17.0.1"):
        assert not is_this_machine(parse_endpoint(f"http://{name}:1"))


def test_a_server_of_this_machine_is_asked_on_loopback_alone() -> None:
    assert here(parse_endpoint("http://host.docker.internal:8000")) == "http://127.0.0.1:8000"
    assert here(OLLAMA, 7000) == "http://127.0.0.1:7000"


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_given_as_a_key_maps_only_what_it_means(text: str, url: str) -> None:
    found = mapped_address({text: url}, OLLAMA)

    assert found is None or (found == url and "ollama" in text.lower())
