"""What the SDKs would take from their environment changes nothing, and a key comes out nowhere."""

import json
import logging
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import msgspec
import openai
import pytest

from modelcheck.core.cloud import Answer, AnswerState
from modelcheck.core.host import parse_endpoint
from modelcheck.probes.access import Book
from modelcheck.probes.catalogue import Refused
from modelcheck.probes.door import Door, quiet_import
from modelcheck.probes.sdk_anthropic import AnthropicCatalogue
from modelcheck.probes.sdk_openai import OpenAICatalogue
from modelcheck.probes.secret import Secret
from modelcheck.standin.key import made_up_key

Recorder = Any
"""The one of conftest."""
Make = Callable[..., Any]

ACCEPTED = Answer(AnswerState.ACCEPTED, 200)
KEYS = [made_up_key("anthropic"), made_up_key("openai")]

EVIL = "evil-from-the-environment"
VALUES = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_IDENTITY_TOKEN",
    "ANTHROPIC_FEDERATION_RULE_ID",
    "ANTHROPIC_ORGANIZATION_ID",
    "ANTHROPIC_WORKSPACE_ID",
    "ANTHROPIC_SERVICE_ACCOUNT_ID",
    "ANTHROPIC_SCOPE",
    "ANTHROPIC_WEBHOOK_SIGNING_KEY",
    "OPENAI_API_KEY",
    "OPENAI_ADMIN_KEY",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
    "OPENAI_WEBHOOK_SECRET",
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_AD_TOKEN",
)
ADDRESSES = (
    "ANTHROPIC_BASE_URL",
    "OPENAI_BASE_URL",
    "AZURE_OPENAI_ENDPOINT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
)
HEADERS = ("X-Evil", "Authorization", "x-api-key", "anthropic-version", "User-Agent", "Accept", "Host", "Cookie")
OTHERS = {
    "ANTHROPIC_CUSTOM_HEADERS": "\n".join(f"{name}: {EVIL}" for name in HEADERS),
    "OPENAI_CUSTOM_HEADERS": "\n".join(f"{name}: {EVIL}" for name in HEADERS),
    "ANTHROPIC_LOG": "debug",
    "OPENAI_LOG": "debug",
    "ANTHROPIC_PROFILE": "default",
    "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": "content",
    "OPENAI_API_TYPE": "azure",
    "NO_PROXY": "",
    "no_proxy": "",
}


@pytest.fixture
def hostile(other: Recorder, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Set everything by which an environment could lead the SDKs to the other server, or add to what they send."""

    def make() -> None:
        folder = Path.home() / ".config" / "anthropic"
        folder.joinpath("configs").mkdir(parents=True)
        token = {"access_token": EVIL, "expires_at": 2**40}
        folder.joinpath("token.json").write_text(json.dumps(token))
        login = {"type": "user_oauth", "credentials_path": str(folder / "token.json")}
        profile = {"base_url": other.url, "authentication": login}
        folder.joinpath("configs", "default.json").write_text(json.dumps(profile))
        folder.joinpath("active_config").write_text("default")
        Path.home().joinpath(".netrc").write_text("machine 127.0.0.1 login evil password evil\n")
        values = dict.fromkeys(VALUES, EVIL) | OTHERS | {"ANTHROPIC_CONFIG_DIR": str(folder)}
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        for name in ADDRESSES:
            monkeypatch.setenv(name, other.url)

    return make


def test_the_environment_changes_nothing(
    server: Recorder,
    other: Recorder,
    access: Make,
    look: Make,
    hostile: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.holds("m")
    look(access(server), anthropic=["m"], openai=["m"])
    plain = {request.headers["authorization"]: request for request in server.requests}
    server.requests.clear()

    hostile()
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.setenv(name, str(tmp_path / "no such file"))
    seen = look(access(server), anthropic=["m"], openai=["m"])

    assert (seen.answer("anthropic"), seen.answer("openai")) == (ACCEPTED, ACCEPTED)
    assert {request.headers["authorization"]: request for request in server.requests} == plain
    assert other.requests == []


def test_only_the_needed_headers_are_sent(server: Recorder, access: Make, look: Make) -> None:
    server.holds("m")

    look(access(server), anthropic=["m"], openai=["m"])

    needed = {"accept", "accept-encoding", "authorization", "host", "user-agent"}
    assert [set(request.headers) - {"anthropic-version"} for request in server.requests] == [needed] * 2
    assert {request.headers["user-agent"] for request in server.requests} == {"modelcheck"}


def test_that_environment_would_change_what_is_left_to_it(server: Recorder, other: Recorder, hostile: Make) -> None:
    other.holds("m")
    hostile()

    with anthropic.Anthropic() as claude:
        claude.models.list()
    with openai.OpenAI() as gpt:
        gpt.models.list()
    with httpx2.Client() as client:
        client.get(server.url)

    assert server.requests == []
    by_anthropic, by_openai, by_proxy = other.requests
    assert by_anthropic.headers["x-evil"] == by_openai.headers["x-evil"] == EVIL
    assert by_openai.headers["openai-organization"] == EVIL
    assert by_proxy.path.startswith(server.url)


def test_that_profile_alone_would_lead_elsewhere(
    other: Recorder, hostile: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile()
    for name in os.environ:
        if name.startswith("ANTHROPIC_") and name != "ANTHROPIC_CONFIG_DIR":
            monkeypatch.delenv(name)

    with anthropic.Anthropic() as client:
        assert str(client.base_url).startswith(other.url)


def test_logging_that_the_environment_turns_on_is_undone() -> None:
    root, sdk = logging.getLogger(), logging.getLogger("openai")
    handlers = list(root.handlers)

    with quiet_import():
        root.addHandler(logging.NullHandler())
        sdk.setLevel(logging.DEBUG)

    assert root.handlers == handlers
    assert not sdk.isEnabledFor(logging.ERROR)


def test_no_program_is_started(server: Recorder, access: Make, look: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        started.append(arguments)
        raise OSError

    def forget(_: object) -> None: ...

    server.holds("m")
    monkeypatch.setattr("openai._base_client.platform_headers", described)
    monkeypatch.setattr("platform._uname_cache", None)
    monkeypatch.setattr("platform._platform_cache", {})
    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
    monkeypatch.setattr(subprocess.Popen, "__del__", forget)

    look(access(server), anthropic=[], openai=[])

    assert len(server.requests) == 2
    assert started == []


def described(_: str, *, platform: Any) -> dict[str, str]:
    """Describe the machine as the SDK does, and unlike it each time anew."""
    from openai._base_client import get_platform

    return {"X-Stainless-OS": str(platform or get_platform())}


def leaks(text: str) -> bool:
    """Whether a dozen characters of a key stand in a text, its prefix aside."""
    return any(key[start : start + 12] in text for key in KEYS for start in range(13, len(key) - 12))


def test_a_leak_would_be_seen() -> None:
    assert leaks(f"x{KEYS[0][20:40]}y")
    assert leaks(KEYS[1])
    assert not leaks("sk-ant-api03- sk-proj-")


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 429, 500])
def test_a_key_that_a_server_repeats_is_shown_nowhere(
    status: int,
    server: Recorder,
    access: Make,
    look: Make,
    hostile: Make,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    hostile()
    caplog.set_level(logging.DEBUG)
    both = " ".join(KEYS)
    error = {"type": both, "code": both, "message": both, "param": both, "details": {"error_code": both}}
    server.says(status, {"error": error, "data": both}, request_id=both, x_request_id=both, location=f"/{KEYS[0]}")
    given = access(server)

    seen = look(given, anthropic=["m"], openai=["m"])

    assert len(server.requests) >= 2
    facts = msgspec.json.encode([seen.answers, seen.resolutions, given.book.closed()]).decode()
    assert not leaks("".join((facts, repr(seen), repr(given), caplog.text, *capfd.readouterr())))


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize(("sdk", "key"), [(AnthropicCatalogue, KEYS[0]), (OpenAICatalogue, KEYS[1])])
def test_a_refusal_carries_nothing_of_the_sdk_along(
    status: int, sdk: type[AnthropicCatalogue] | type[OpenAICatalogue], key: str, server: Recorder
) -> None:
    server.says(status, {"error": {"message": key}})
    with Door(parse_endpoint(server.url), "x", Book()) as way, pytest.raises(Refused) as refused:
        sdk(Secret(key), way).listed()

    error = refused.value
    assert (error.__cause__, error.__context__) == (None, None)
    assert not leaks(f"{error!r}{error}")
