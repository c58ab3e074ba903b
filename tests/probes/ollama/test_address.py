"""Where a server is asked: the user's word, then Ollama's variable; the project alone reaches nothing but loopback."""

from pathlib import Path
from typing import Any

import pytest
from native_project import access_to, read_agent

from modelcheck.core.asked import Server
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Agents, Engine
from modelcheck.probes.access import FOREIGN, Access
from modelcheck.probes.asked import asked
from modelcheck.probes.ollama.address import address_of, host_label

DEFAULT = Server("default", Engine.OLLAMA, "default")
LAN = Server("lan", Engine.OLLAMA, FOREIGN)
PRIVATE = "http://192.168.7.7:11434"


def access(**allowed: Any) -> Access:
    return access_to(Path(), named={"lan": PRIVATE}, **allowed)


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (None, "http://127.0.0.1:11434"),
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        (":8080", "http://127.0.0.1:8080"),
        ("[::]:8080", "http://[::1]:8080"),
        ("localhost", "http://localhost:11434"),
        ('"192.168.7.7"', "http://192.168.7.7:11434"),
        ("http://box", "http://box:80"),
        ("https://box/ollama/", "https://box:443/ollama"),
        ("https://box/ollama/v1", "https://box:443/ollama"),
    ],
)
def test_the_default_server_is_where_ollamas_own_clients_look(value: str | None, address: str) -> None:
    assert address_of(access(environ={} if value is None else {"OLLAMA_HOST": value}), DEFAULT) == address


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:9", "http://127.8.8.8:9", "http://[::1]:9", "http://localhost:9", "http://x.localhost:9"],
)
def test_a_loopback_address_of_the_project_is_asked(address: str) -> None:
    server = Server(address, Engine.OLLAMA, address)

    assert address_of(access(), server) == address
    assert address_of(access(offline=True), server) == address


@pytest.mark.parametrize(
    "address",
    [
        PRIVATE,
        "http://0.0.0.0:11434",
        "http://localhost.example:11434",
        "http://2130706433:11434",
        "http://0x7f000001:11434",
        "http://127.1:11434",
        "http://[fe80::1]:11434",
        "https://api.openai.com",
        "http://ollama:11434",
    ],
)
def test_any_other_address_of_the_project_needs_the_users_word(address: str) -> None:
    given = access_to(Path(), named={"lan": address})

    gap = Gap(Why.NOT_TRUSTED, about=FOREIGN, hint="--trust-host HOST")
    assert address_of(given, LAN) == gap
    assert address_of(access_to(Path()), Server(address, Engine.OLLAMA, FOREIGN)) == gap


@pytest.mark.parametrize("url", ["http://0.0.0.0:11434", "http://2130706433:11434", "http://127.1:11434"])
def test_odd_spellings_of_this_machine_reach_nothing_but_it(tmp_path: Path, url: str) -> None:
    found = read_agent(tmp_path, "ollama/x", ollama={"base_url": url})
    assert isinstance(found.agents, Agents)
    (server,) = asked(found.access, found.configuration, found.agents)[2].servers

    address = address_of(found.access, server)
    assert isinstance(address, Gap) or address == "http://127.0.0.1:11434"


def test_a_trusted_host_is_asked_whatever_its_case() -> None:
    assert address_of(access(trusted_hosts=frozenset({"192.168.7.7"})), LAN) == PRIVATE
    upper = access_to(Path(), named={"lan": "http://box:1"}, trusted_hosts=frozenset({"BOX"}))
    assert address_of(upper, LAN) == "http://box:1"


def test_trust_is_of_the_host_alone() -> None:
    for other in ("192.168.7.70", "192.168.7", "168.7.7", "example", ""):
        assert isinstance(address_of(access(trusted_hosts=frozenset({other})), LAN), Gap)


@pytest.mark.parametrize(
    "allowed", [{"offline": True, "trusted_hosts": frozenset({"192.168.7.7"})}, {"network": False}]
)
def test_offline_outweighs_trust(allowed: dict[str, Any]) -> None:
    assert address_of(access(**allowed), LAN) == Gap(Why.OFFLINE, about=FOREIGN)


@pytest.mark.parametrize("server", [DEFAULT, LAN, Server("http://127.0.0.1:1", Engine.OLLAMA, "x")])
def test_a_profile_without_network_contacts_nothing_at_all(server: Server) -> None:
    for more in ({}, {"endpoints": {"ollama": "http://127.0.0.1:1"}}):
        assert address_of(access(network=False, **more), server) == Gap(Why.OFFLINE, about=server.label)


@pytest.mark.parametrize(
    ("endpoints", "address"),
    [
        ({"ollama": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({"lan": "http://127.0.0.1:2", "ollama": "http://127.0.0.1:1"}, "http://127.0.0.1:2"),
        ({"ollama": "https://gate.example/ollama/api/"}, "https://gate.example:443/ollama"),
        ({"ollama": "https://gate.example/apis"}, "https://gate.example:443/apis"),
    ],
)
def test_an_endpoint_that_the_user_gives_comes_first(endpoints: dict[str, str], address: str) -> None:
    assert address_of(access(endpoints=endpoints, environ={"OLLAMA_HOST": "elsewhere"}), LAN) == address


def test_an_endpoint_for_another_provider_says_nothing() -> None:
    assert isinstance(address_of(access(endpoints={"openai": "http://127.0.0.1:1"}), LAN), Gap)


def test_offline_holds_for_an_endpoint_too() -> None:
    gap = Gap(Why.OFFLINE, about=FOREIGN)

    assert address_of(access(offline=True, endpoints={"ollama": "http://10.0.0.5:1"}), LAN) == gap
    assert address_of(access(offline=True, endpoints={"ollama": "http://127.0.0.1:1"}), LAN) == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("allowed", "source"),
    [
        ({"endpoints": {"ollama": "http://u:topsecret@box"}}, "--endpoint: "),
        ({"environ": {"OLLAMA_HOST": "http://u:topsecret@box"}}, "OLLAMA_HOST: "),
    ],
)
def test_what_is_no_address_is_told_by_its_source_and_not_shown(allowed: dict[str, Any], source: str) -> None:
    gap = address_of(access(**allowed), DEFAULT)

    assert isinstance(gap, Gap)
    assert gap.why is Why.UNREADABLE
    assert gap.about.startswith(source)
    assert "topsecret" not in gap.about


@pytest.mark.parametrize("engine", [engine for engine in Engine if not engine.is_local])
def test_another_engine_is_not_asked(engine: Engine) -> None:
    server = Server("default", engine, "default")

    assert address_of(access(), server) == Gap(Why.NOT_UNDERSTOOD, about=engine.value)


VLLM = Server("http://127.0.0.1:8000", Engine.OPENAI_LOCAL, "http://127.0.0.1:8000")
LAB = Server("lab", Engine.OPENAI_LOCAL, FOREIGN)
UNNAMED = Server("openai-local", Engine.OPENAI_LOCAL, "openai-local")


@pytest.mark.parametrize(
    ("server", "allowed", "address"),
    [
        (VLLM, {}, "http://127.0.0.1:8000"),
        (VLLM, {"offline": True}, "http://127.0.0.1:8000"),
        (VLLM, {"endpoints": {"ollama": "http://127.0.0.1:1"}}, "http://127.0.0.1:8000"),
        (VLLM, {"environ": {"OLLAMA_HOST": "http://127.0.0.1:1"}}, "http://127.0.0.1:8000"),
        (VLLM, {"endpoints": {VLLM.id: "https://gate.example/vllm/v1"}}, "https://gate.example:443/vllm"),
        (LAB, {"endpoints": {"lab": "http://10.0.0.5:1234/api/v0/"}}, "http://10.0.0.5:1234"),
        (LAB, {"trusted_hosts": frozenset({"10.0.0.5"})}, "http://10.0.0.5:1234"),
        (UNNAMED, {"endpoints": {"openai-local": "http://127.0.0.1:1234/v1"}}, "http://127.0.0.1:1234"),
    ],
)
def test_a_server_of_openais_api_is_asked_by_the_same_rules(
    server: Server, allowed: dict[str, Any], address: str
) -> None:
    assert address_of(access_to(Path(), named={"lab": "http://10.0.0.5:1234"}, **allowed), server) == address


def test_a_server_of_openais_api_needs_the_users_word_and_an_address() -> None:
    given = access_to(Path(), named={"lab": "http://10.0.0.5:1234"})
    hint = "--endpoint openai-local=URL"

    assert address_of(given, LAB) == Gap(Why.NOT_TRUSTED, about=FOREIGN, hint="--trust-host HOST")
    assert address_of(given, UNNAMED) == Gap(Why.NOT_DECLARED, about="the address of openai-local", hint=hint)
    assert address_of(access_to(Path(), network=False), VLLM) == Gap(Why.OFFLINE, about=VLLM.label)
    assert host_label(given, VLLM, VLLM.id) == "127.0.0.1:8000"
    assert host_label(access_to(Path(), endpoints={"lab": PRIVATE}), LAB, PRIVATE) == "the endpoint given for lab"


def test_the_ledger_shows_no_private_address() -> None:
    trusted, given = access(trusted_hosts=frozenset({"192.168.7.7"})), access(endpoints={"ollama": PRIVATE})

    assert host_label(trusted, LAN, PRIVATE) == "the server of lan"
    assert host_label(given, LAN, PRIVATE) == "the endpoint given for ollama"
    assert host_label(access(), DEFAULT, "http://[::1]:9") == "[::1]:9"
    assert host_label(access(), DEFAULT, "http://localhost:9") == "localhost:9"
