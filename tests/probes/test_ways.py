"""The ways to hosted providers: official, given, or led elsewhere; of variables only the names come out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelcheck.app.tables import table
from modelcheck.core.asked import CloudProvider, CloudProviders, Server, Servers
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.project import Engine
from modelcheck.core.tables import KnownProviders
from modelcheck.core.ways import Variable, Way, Ways
from modelcheck.probes.access import FOREIGN, Access
from modelcheck.probes.ways import ways

ENGINES = {"anthropic": Engine.ANTHROPIC, "openai": Engine.OPENAI}
OLLAMA = Servers((Server("http://127.0.0.1:11434", Engine.OLLAMA, "http://127.0.0.1:11434"),))
Look = Callable[..., Ways]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    def run(name: str = "openai", address: str = "", servers: Servers = OLLAMA, **more: Any) -> Ways:
        clouds = CloudProviders((CloudProvider(name, ENGINES.get(name, Engine.OTHER_CLOUD), name, address, None),))
        return ways(Access(tmp_path, table(KnownProviders), **more), clouds, servers)

    return run


@pytest.mark.parametrize(
    ("address", "more", "way"),
    [
        ("", {}, Way(official=True, given=False)),
        ("api.openai.com", {}, Way(official=True, given=False)),
        (FOREIGN, {}, Way(official=False, given=False)),
        (FOREIGN, {"endpoints": {"openai": "https://gate.example"}}, Way(official=False, given=True)),
        ("", {"endpoints": {"openai": "https://gate.example"}}, Way(official=True, given=True)),
    ],
)
def test_an_address_is_official_given_or_neither(address: str, more: dict[str, Any], way: Way, look: Look) -> None:
    assert look(address=address, **more).providers["openai"] == way


@pytest.mark.parametrize("name", ["bedrock", "groq", "nobody"])
def test_a_provider_whose_variables_are_not_known_is_not_understood(name: str, look: Look) -> None:
    assert look(name).providers[name] == Gap(Why.NOT_UNDERSTOOD, about=name)


@pytest.mark.parametrize(
    ("value", "more", "leads"),
    [
        ("https://evil.example/v1", {}, True),
        ("not an address", {}, True),
        ("https://api.openai.com/v1", {}, False),
        ("https://api.openai.com", {}, False),
        ("", {}, False),
        ("https://gate.example/v1", {"endpoints": {"openai": "https://gate.example"}}, False),
        ("https://api.openai.com/v1", {"endpoints": {"openai": "https://gate.example"}}, True),
        ("https://gate.example/v1", {"named": {"openai": "https://gate.example:443"}}, False),
        ("https://other.example/v1", {"named": {"openai": "https://gate.example:443"}}, True),
    ],
)
def test_a_variable_that_leads_elsewhere_is_named(value: str, more: dict[str, Any], leads: bool, look: Look) -> None:
    way = look(environ={"OPENAI_BASE_URL": value}, **more).providers["openai"]

    assert isinstance(way, Way)
    assert way.redirected_by == (Variable("OPENAI_BASE_URL", "environment") if leads else None)


def test_an_address_of_another_provider_is_none_of_its_own(look: Look) -> None:
    way = look("anthropic", environ={"OPENAI_BASE_URL": "https://evil.example"}).providers["anthropic"]

    assert way == Way(official=True, given=False)


def test_the_file_of_the_project_is_read_behind_the_environment(look: Look, tmp_path: Path) -> None:
    mine = tmp_path / "mine.env"
    mine.write_text("OPENAI_BASE_URL=\nSSL_CERT_FILE=/x\n")
    (tmp_path / ".env").write_text("OPENAI_BASE_URL=https://evil.example\nNODE_TLS_REJECT_UNAUTHORIZED=0\n")

    seen = look(env_files=(mine,), environ={"PYTHONHTTPSVERIFY": "1"})

    assert seen.providers["openai"] == Way(True, False, Variable("OPENAI_BASE_URL", ".env"))
    assert seen.unverified_by == Variable("NODE_TLS_REJECT_UNAUTHORIZED", ".env")
    assert seen.certificates_by == Variable("SSL_CERT_FILE", "mine.env")
    assert not any(word in msgspec.json.encode(seen).decode() for word in ("evil", "/x"))


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"PYTHONHTTPSVERIFY": "0"}, "PYTHONHTTPSVERIFY"),
        ({"NODE_TLS_REJECT_UNAUTHORIZED": " 0 "}, "NODE_TLS_REJECT_UNAUTHORIZED"),
        ({"PYTHONHTTPSVERIFY": "1"}, None),
        ({"NODE_TLS_REJECT_UNAUTHORIZED": ""}, None),
        ({}, None),
    ],
)
def test_a_switch_that_is_off_is_named(environ: dict[str, str], found: str | None, look: Look) -> None:
    by = look(environ=environ).unverified_by

    assert (by.name if by else None) == found


@pytest.mark.parametrize("kind", ["garbage", "folder", "link"])
def test_a_file_that_cannot_be_read_leaves_all_open(kind: str, look: Look, tmp_path: Path) -> None:
    if kind == "garbage":
        (tmp_path / ".env").write_bytes(b"\xff")
    elif kind == "folder":
        (tmp_path / ".env").mkdir()
    else:
        (tmp_path / ".env").symlink_to(tmp_path.parent / "secret")

    with pytest.raises(Unseen) as missing:
        look()

    assert missing.value.gap.why is Why.UNREADABLE


PROXY = {"HTTP_PROXY": "http://user:secret@p:1"}


@pytest.mark.parametrize(
    ("environ", "servers", "found"),
    [
        (PROXY, OLLAMA, "HTTP_PROXY"),
        ({"ALL_PROXY": "p"}, OLLAMA, "ALL_PROXY"),
        ({"HTTPS_PROXY": "p"}, OLLAMA, None),
        (PROXY | {"NO_PROXY": "localhost,127.0.0.1"}, OLLAMA, None),
        (PROXY | {"NO_PROXY": "127.0.0.1"}, OLLAMA, None),
        (PROXY | {"NO_PROXY": "localhost"}, OLLAMA, None),
        (PROXY | {"NO_PROXY": "example.com"}, OLLAMA, "HTTP_PROXY"),
        (PROXY, Servers(()), None),
        (PROXY, Servers((Server("x", Engine.OLLAMA, FOREIGN),)), None),
        ({}, OLLAMA, None),
    ],
)
def test_a_proxy_that_catches_what_is_meant_for_this_machine_is_named(
    environ: dict[str, str], servers: Servers, found: str | None, look: Look
) -> None:
    seen = look(environ=environ, servers=servers)

    assert (seen.loopback_by.name if seen.loopback_by else None) == found
    assert "secret" not in msgspec.json.encode(seen).decode()
