"""Who is asked at all: only whom the user or the table names, with that provider's own key."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from modelcheck.core.asked import CloudModels, CloudProvider, CloudProviders
from modelcheck.core.cloud import Answer, AnswerState, Key, Keys, KeyShape
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Engine
from modelcheck.core.retirements import Retirements
from modelcheck.probes.access import FOREIGN
from modelcheck.probes.hosted import hosted
from modelcheck.standin.key import made_up_key

Recorder = Any
"""The one of conftest."""
Make = Callable[..., Any]

ACCEPTED = Answer(AnswerState.ACCEPTED, 200)
OPENAI = made_up_key("openai")
EXPORT = "export {}_API_KEY=…"
LOCAL = "http://127.0.0.1:1"


def cloud(ident: str, address: str = "", variable: str | None = None) -> CloudProvider:
    engines = {"anthropic": Engine.ANTHROPIC, "openai": Engine.OPENAI}
    return CloudProvider(ident, engines.get(ident, Engine.OTHER_CLOUD), ident, address, variable)


@pytest.fixture
def no_wire(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have left: the start of the key, and the address."""
    left: list[str] = []

    def answer(_: object, request: httpx2.Request) -> httpx2.Response:
        left.append(f"{request.headers['authorization'][7:14]} {request.url}")
        return httpx2.Response(200, json={"data": []}, request=request)

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", answer)
    return left


def test_without_the_users_word_the_official_hosts_are_asked(no_wire: list[str], access: Make, look: Make) -> None:
    given = access()

    look(given, anthropic=[], openai=[])

    assert sorted(no_wire) == [
        "sk-ant- https://api.anthropic.com/v1/models?limit=1000",
        "sk-proj https://api.openai.com/v1/models",
    ]
    assert [row.host for row in given.book.closed().contacts] == ["api.anthropic.com", "api.openai.com"]


def key(value: str) -> dict[str, Any]:
    return {"environ": {"ANTHROPIC_API_KEY": value, "OPENAI_API_KEY": value}}


def at(address: str, **more: bool) -> dict[str, Any]:
    return {"endpoints": {"anthropic": address, "groq": address}, **more}


@pytest.mark.parametrize(
    ("provider", "more", "gap"),
    [
        (cloud("anthropic", FOREIGN), {}, Gap(Why.NOT_TRUSTED, "anthropic", "--endpoint anthropic=URL")),
        (cloud("anthropic", LOCAL), {}, Gap(Why.NOT_TRUSTED, "anthropic", "--endpoint anthropic=URL")),
        (cloud("openai", variable="HOME"), {}, Gap(Why.NOT_TRUSTED, "HOME", "--key-env openai=NAME")),
        (cloud("bedrock"), {}, Gap(Why.NOT_UNDERSTOOD, "bedrock")),
        (cloud("groq"), at(LOCAL), Gap(Why.NOT_UNDERSTOOD, "groq")),
        (cloud("acme"), {}, Gap(Why.NOT_UNDERSTOOD, "acme")),
        (cloud("anthropic"), key(""), Gap(Why.NO_KEY, "anthropic", EXPORT.format("ANTHROPIC"))),
        (cloud("anthropic"), key(OPENAI), Gap(Why.NO_KEY, "anthropic", EXPORT.format("ANTHROPIC"))),
        (cloud("openai"), key(OPENAI + "\n"), Gap(Why.NO_KEY, "openai", EXPORT.format("OPENAI"))),
        (cloud("openai"), key(OPENAI + "é"), Gap(Why.NO_KEY, "openai", EXPORT.format("OPENAI"))),
        (cloud("openai"), key("k" * 5000), Gap(Why.NO_KEY, "openai", EXPORT.format("OPENAI"))),
        (cloud("openai"), key("EMPTY"), Gap(Why.NO_KEY, "openai", EXPORT.format("OPENAI"))),
        (cloud("anthropic"), {"offline": True}, Gap(Why.OFFLINE, "api.anthropic.com")),
        (cloud("anthropic"), {"network": False}, Gap(Why.OFFLINE, "api.anthropic.com")),
        (
            cloud("anthropic"),
            at("https://gate.example", offline=True),
            Gap(Why.OFFLINE, "the endpoint given for anthropic"),
        ),
        (cloud("anthropic"), at(LOCAL, network=False), Gap(Why.OFFLINE, "the endpoint given for anthropic")),
    ],
)
def test_who_may_not_be_asked_is_not_asked(
    provider: CloudProvider, more: dict[str, Any], gap: Gap, no_wire: list[str], access: Make, look: Make
) -> None:
    given = access(**more)

    seen = look(given, provider, **{provider.id: ["m"]})

    assert (seen.answer(provider.id), seen.model(provider.id, "m")) == (gap, gap)
    assert no_wire == []
    assert given.book.closed().contacts == ()


def test_offline_still_asks_loopback(server: Recorder, access: Make, look: Make) -> None:
    server.holds()

    assert look(access(server, offline=True), openai=[]).answer("openai") == ACCEPTED


def test_a_key_that_does_not_look_like_one_is_for_the_provider_to_judge(
    server: Recorder, access: Make, look: Make
) -> None:
    server.says(401, {"error": {"code": "invalid_api_key"}})

    seen = look(access(server, **key("hello")), openai=[])

    assert seen.answer("openai") == Answer(AnswerState.REJECTED, 401, "invalid_api_key")


def test_a_key_file_that_cannot_be_read_is_said(no_wire: list[str], access: Make, look: Make, tmp_path: Path) -> None:
    tmp_path.joinpath(".env").write_bytes(b"\xff")
    gap = Gap(Why.UNREADABLE, about=".env: it is not UTF-8")
    given = access(environ={})

    assert look(given, openai=[]).answer("openai") == gap

    before = Keys(Seen[str, Key].of({"openai": Key("OPENAI_API_KEY", ".env", KeyShape.PLAUSIBLE)}))
    nothing = Retirements("2026-11-01", ())
    answers, _, _ = hosted(given, CloudProviders((cloud("openai"),)), CloudModels(()), before, nothing)
    assert answers.providers["openai"] == gap
    assert no_wire == []


def test_a_model_of_a_provider_that_is_not_expected_is_not_understood(
    server: Recorder, access: Make, look: Make
) -> None:
    server.holds()

    seen = look(access(server), cloud("openai"), openai=[], ghost=["m"])

    assert seen.model("ghost", "m") == Gap(Why.NOT_UNDERSTOOD, about="ghost")


def test_no_provider_is_no_contact(access: Make, look: Make) -> None:
    seen = look(access())

    assert (len(seen.answers.providers), len(seen.resolutions.models)) == (0, 0)


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_an_sdk_that_is_not_installed_is_said(
    provider: str, server: Recorder, access: Make, look: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, provider, None)
    monkeypatch.delitem(sys.modules, f"modelcheck.probes.sdk_{provider}", raising=False)

    seen = look(access(server), **{provider: []})

    assert seen.answer(provider) == Gap(Why.NOT_INSTALLED, about=provider, hint=f"pip install {provider}")
    assert server.requests == []


def test_one_provider_that_hangs_does_not_hold_the_other(
    server: Recorder, other: Recorder, access: Make, look: Make
) -> None:
    server.holds("m")
    enough = other.stalls()
    endpoints = {"anthropic": other.url, "openai": f"{server.url}/v1"}

    seen = look(access(endpoints=endpoints, limit_s=2.0), anthropic=["m"], openai=["m"])
    enough.set()

    assert seen.answer("openai") == ACCEPTED
    answer = seen.answer("anthropic")
    assert isinstance(answer, Gap)
    assert answer.why is Why.TIMED_OUT
    assert seen.model("anthropic", "m") == answer
