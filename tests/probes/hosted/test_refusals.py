"""How providers refuse and what fails on the way, from bodies as the two APIs send them: told in words of ours."""

import socket
import ssl
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx2
import msgspec
import pytest

from modelcheck.core.cloud import Answer, AnswerState
from modelcheck.core.gap import Gap, Why
from modelcheck.probes.refusal import failure, refusal
from modelcheck.standin.fault import Decline, Reason, ServerName
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

Recorder = Any
"""The one of conftest."""
Make = Callable[..., Any]

REJECTED, RESTRICTED = AnswerState.REJECTED, AnswerState.RESTRICTED
LIMITED, UNAVAILABLE = AnswerState.LIMITED, AnswerState.UNAVAILABLE

SCOPES = (
    "You have insufficient permissions for this operation. Missing scopes: api.model.read. Check that you have the "
    "correct role in your organization (Reader, Writer, Owner) and project (Member, Owner), and if you're using a "
    "restricted API key, that it has the necessary scopes."
)
INVALID = "invalid_request_error"


def openai(message: str, kind: str = INVALID, code: str | None = None) -> dict[str, object]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def anthropic(kind: str, message: str, error_code: str | None = None) -> dict[str, object]:
    details = {"details": {"error_code": error_code}} if error_code else {}
    return {"type": "error", "error": {"type": kind, "message": message} | details, "request_id": "req_1"}


@pytest.mark.parametrize(
    ("status", "body", "state", "detail"),
    [
        (401, openai("Incorrect API key provided: sk-…abcd.", code="invalid_api_key"), REJECTED, "invalid_api_key"),
        (401, openai("You must be a member of an organization to use the API"), REJECTED, INVALID),
        (401, openai("Your IP is not allowed", code="ip_not_authorized"), REJECTED, INVALID),
        (401, openai("Deactivated", code="account_deactivated"), REJECTED, "account_deactivated"),
        (401, openai(SCOPES), RESTRICTED, "missing_scope"),
        (403, openai(SCOPES), RESTRICTED, "missing_scope"),
        (401, openai(SCOPES, code="invalid_api_key"), REJECTED, "invalid_api_key"),
        (
            403,
            openai(
                "Country, region, or territory not supported",
                "request_forbidden",
                "unsupported_country_region_territory",
            ),
            REJECTED,
            "unsupported_country_region_territory",
        ),
        (403, openai("Project has no access"), RESTRICTED, INVALID),
        (429, openai("Quota", "insufficient_quota", "credit_balance_exhausted"), LIMITED, "credit_balance_exhausted"),
        (429, openai("Quota", "insufficient_quota", "insufficient_quota"), LIMITED, "insufficient_quota"),
        (
            429,
            openai("Limit", "insufficient_quota", "organization_spend_limit_exceeded"),
            LIMITED,
            "organization_spend_limit_exceeded",
        ),
        (
            429,
            openai("Limit", "insufficient_quota", "project_spend_limit_exceeded"),
            LIMITED,
            "project_spend_limit_exceeded",
        ),
        (400, openai("Limit", code="organization_usage_limit_exceeded"), LIMITED, "organization_usage_limit_exceeded"),
        (429, openai("Rate limit", "requests", "rate_limit_exceeded"), LIMITED, "rate_limit_exceeded"),
        (429, openai("Slow down", "requests", "slow_down"), LIMITED, "slow_down"),
        (503, openai("Overloaded", "server_error", "server_is_overloaded"), UNAVAILABLE, "server_is_overloaded"),
        (500, openai("The server had an error", "server_error"), UNAVAILABLE, "InternalServerError"),
    ],
)
def test_openais_refusals_are_told_apart(
    status: int, body: object, state: AnswerState, detail: str, server: Recorder, access: Make, look: Make
) -> None:
    server.says(status, body)

    assert look(access(server), openai=[]).answer("openai") == Answer(state, status, detail)


@pytest.mark.parametrize(
    ("status", "body", "state", "detail"),
    [
        (401, anthropic("authentication_error", "invalid x-api-key"), REJECTED, "authentication_error"),
        (403, anthropic("permission_error", "Your API key may not"), RESTRICTED, "permission_error"),
        (403, anthropic("forbidden", "Request not allowed"), REJECTED, "forbidden"),
        (402, anthropic("billing_error", "Payment is required"), LIMITED, "billing_error"),
        (
            400,
            anthropic(INVALID, "Your credit balance is too low to access the API."),
            LIMITED,
            "credit_balance_exhausted",
        ),
        (
            400,
            anthropic(INVALID, "You have reached your specified API usage limits."),
            LIMITED,
            "spend_limit_reached",
        ),
        (
            429,
            anthropic("rate_limit_error", "Limit", "enforced_spend_limit_reached"),
            LIMITED,
            "enforced_spend_limit_reached",
        ),
        (
            429,
            anthropic("rate_limit_error", "Limit", "contract_spend_limit_reached"),
            LIMITED,
            "contract_spend_limit_reached",
        ),
        (429, anthropic("rate_limit_error", "Ramp", "ramp_limit_exceeded"), LIMITED, "ramp_limit_exceeded"),
        (429, anthropic("rate_limit_error", "Too many"), LIMITED, "rate_limit_error"),
        (529, anthropic("overloaded_error", "Overloaded"), UNAVAILABLE, "overloaded_error"),
        (400, anthropic(INVALID, "limit: too large"), UNAVAILABLE, INVALID),
        (404, anthropic("not_found_error", "Not Found"), UNAVAILABLE, "not_found_error"),
    ],
)
def test_anthropics_refusals_are_told_apart(
    status: int, body: object, state: AnswerState, detail: str, server: Recorder, access: Make, look: Make
) -> None:
    server.says(status, body)

    assert look(access(server), anthropic=[]).answer("anthropic") == Answer(state, status, detail)


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (Reason.INVALID_KEY, REJECTED),
        (Reason.RESTRICTED, RESTRICTED),
        (Reason.RATE_LIMITED, LIMITED),
        (Reason.OUT_OF_CREDIT, LIMITED),
        (Reason.OVERLOADED, UNAVAILABLE),
        (Reason.BROKEN, UNAVAILABLE),
    ],
)
def test_what_the_stand_in_declines_is_told(
    provider: str, reason: Reason, state: AnswerState, access: Make, look: Make
) -> None:
    fault = Decline(server=ServerName(provider), reason=reason)
    with Stack(msgspec.structs.replace(Scenario.named("workstation"), faults=(fault,))) as stack:
        endpoints = {"anthropic": stack.anthropic_url, "openai": stack.openai_url}

        answer = look(access(endpoints=endpoints), **{provider: []}).answer(provider)

    assert answer.state is state


def test_a_message_of_any_kind_is_no_proof() -> None:
    for message in (None, 1, ["Missing scopes:"], "x" * 3000 + "Missing scopes:"):
        assert refusal(401, [], message, "Kind").answer == Answer(REJECTED, 401, "Kind")


def chained(*errors: BaseException) -> BaseException:
    """The last error, each caused by the one before it."""
    for cause, error in pairwise(errors):
        error.__cause__ = cause
    return errors[-1]


@pytest.mark.parametrize(
    ("causes", "detail"),
    [
        ([ssl.SSLCertVerificationError("self-signed"), httpx2.ConnectError("x")], "invalid certificate"),
        ([ssl.SSLError("WRONG_VERSION_NUMBER"), httpx2.ConnectError("x")], "no TLS"),
        ([socket.gaierror(-2, "x"), httpx2.ConnectError("x")], "name not found"),
        ([ConnectionRefusedError(), httpx2.ConnectError("x")], "connection refused"),
        ([httpx2.ConnectTimeout("x")], "timed out"),
        ([TimeoutError()], "timed out"),
        ([OSError(), httpx2.ConnectError("x")], "no connection"),
        ([httpx2.ReadError("x")], "connection broken off"),
        ([httpx2.RemoteProtocolError("x")], "no HTTP"),
        ([KeyError("x"), ValueError("x")], "KeyError"),
        ([KeyError("x")], "KeyError"),
    ],
)
def test_what_fails_on_the_way_is_told_by_the_cause_that_says_most(causes: list[BaseException], detail: str) -> None:
    assert failure(chained(*causes)).answer == Answer(UNAVAILABLE, None, detail)


def test_causes_that_go_round_in_a_circle_are_left() -> None:
    first, second = KeyError(), ValueError()
    first.__cause__, second.__cause__ = second, first

    assert failure(first).answer.detail == "ValueError"


def test_a_server_without_tls_is_told_from_one_that_is_not_there(
    server: Recorder, closed: Recorder, access: Make, look: Make
) -> None:
    secure = {"openai": server.url.replace("http:", "https:")}

    assert look(access(endpoints=secure), openai=[]).answer("openai") == Answer(UNAVAILABLE, None, "no TLS")
    assert look(access(closed), openai=[]).answer("openai") == Answer(UNAVAILABLE, None, "connection refused")


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, "HTTPS_PROXY"),
        ({"all_proxy": "http://p:1"}, "all_proxy"),
        ({"HTTP_PROXY": "http://p:1"}, ""),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example.invalid"}, ""),
        ({}, ""),
    ],
)
def test_where_nothing_answers_a_proxy_that_was_not_used_is_named(
    environ: dict[str, str], proxy: str, access: Make, look: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> httpx2.Response:
        raise httpx2.ConnectError("x")

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", refuse)
    given = access(endpoints={"openai": "https://api.example.invalid"})
    given.environ.update(environ)

    seen = look(given, openai=["m"])

    assert seen.answer("openai") == Answer(UNAVAILABLE, None, "no connection", proxy=proxy)
    assert seen.model("openai", "m") == Gap(Why.NOT_ANSWERED, about="openai")


PROXIES = {"HTTP_PROXY": "http://p:1", "HTTPS_PROXY": "http://p:1"}


def test_a_proxy_is_no_matter_where_the_provider_answers(
    access: Make, look: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(500, json={}, request=request)

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", fail)
    given = access(endpoints={"openai": "https://api.example.invalid"})
    given.environ.update(PROXIES)

    assert look(given, openai=[]).answer("openai") == Answer(UNAVAILABLE, 500, "InternalServerError")


def test_a_proxy_is_no_matter_for_a_server_on_this_machine(closed: Recorder, access: Make, look: Make) -> None:
    given = access(closed)
    given.environ.update(PROXIES)

    assert look(given, openai=[]).answer("openai") == Answer(UNAVAILABLE, None, "connection refused")
