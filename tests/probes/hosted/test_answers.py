"""What a provider answers, and what it comes to: how the key is met, and which models resolve for it."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from modelcheck.core.asked import CloudModels, CloudProviders
from modelcheck.core.cloud import Answer, Answers, AnswerState, Keys, Lifecycle, Lifecycles, Resolution, Resolutions
from modelcheck.core.gap import Gap, Why
from modelcheck.core.retirements import Retirements
from modelcheck.probes.catalogue import MOST_PAGES, Refused
from modelcheck.probes.hosted import MOST_ASKS, ask, hosted
from modelcheck.standin.key import made_up_key

Recorder = Any
"""The one of conftest."""
Make = Callable[..., Any]

ACCEPTED = Answer(AnswerState.ACCEPTED, 200)
UNEXPECTED = Answer(AnswerState.UNAVAILABLE, 200, "unexpected answer")
JSON = {"content-type": "application/json"}

both = pytest.mark.parametrize("provider", ["anthropic", "openai"])


def test_the_probe_states_its_needs_and_promises() -> None:
    assert hosted.needs == {
        "providers": CloudProviders,
        "models": CloudModels,
        "keys": Keys,
        "retirements": Retirements,
    }
    assert hosted.promises == (Answers, Resolutions, Lifecycles)


@both
def test_one_list_decides_the_answer_and_the_models_on_it(
    provider: str, server: Recorder, access: Make, look: Make
) -> None:
    server.holds("one", "two")
    given = access(server)

    seen = look(given, **{provider: ["one", "two"]})

    assert seen.answer(provider) == ACCEPTED
    assert {seen.model(provider, "one"), seen.model(provider, "two")} == {Resolution.FOUND}
    assert server.paths == ["/v1/models"]
    assert server.requests[0].method == "GET"
    assert server.requests[0].headers["authorization"] == f"Bearer {made_up_key(provider)}"
    (row,) = given.book.closed().contacts
    assert (row.host, row.method, row.count) == (f"the endpoint given for {provider}", "GET", 1)


@both
def test_a_model_that_is_not_on_the_list_is_asked_for(
    provider: str, server: Recorder, access: Make, look: Make
) -> None:
    server.holds("one", more=("alias-latest", "ft:one@2"))
    names = ["one", "alias-latest", "ft:one@2", "gone"]
    given = access(server)

    seen = look(given, **{provider: names})

    found = Resolution.FOUND
    assert [seen.model(provider, name) for name in names] == [found, found, found, Resolution.NOT_FOUND]
    assert server.paths == ["/v1/models", *(f"/v1/models/{name}" for name in names[1:])]
    assert [row.count for row in given.book.closed().contacts] == [4]


@pytest.mark.parametrize("listed", [(), ("old",)])
def test_a_retired_model_does_not_resolve(listed: tuple[str, ...], server: Recorder, access: Make, look: Make) -> None:
    server.holds(*listed, more=("old",), lifecycle="retired")

    assert look(access(server), anthropic=["old"]).model("anthropic", "old") is Resolution.NOT_FOUND


HOSTILE = ["../admin", "a/b", "a?b", "a b", "a%2fb", "", "é", ".", "a" * 201, "a\r\nx: y", "-a", "a#b", "\ud800"]


@both
def test_a_name_that_no_model_has_is_never_sent(provider: str, server: Recorder, access: Make, look: Make) -> None:
    server.holds()

    seen = look(access(server), **{provider: HOSTILE})

    assert {seen.model(provider, name) for name in HOSTILE} == {Gap(Why.NOT_UNDERSTOOD, about=provider)}
    assert server.paths == ["/v1/models"]


def test_no_more_than_fifty_models_are_asked_for(server: Recorder, access: Make, look: Make) -> None:
    server.holds("listed")
    names = [f"m{number}" for number in range(MOST_ASKS + 2)]

    seen = look(access(server), openai=[*names, "listed"])

    assert len(server.requests) == 1 + MOST_ASKS
    assert seen.model("openai", names[MOST_ASKS - 1]) is Resolution.NOT_FOUND
    assert seen.model("openai", names[MOST_ASKS]) == Gap(Why.TOO_MUCH, about="openai")
    assert seen.model("openai", "listed") is Resolution.FOUND


@pytest.mark.parametrize("pages", [3, 99])
def test_pages_are_followed_up_to_ten(pages: int, server: Recorder, access: Make, look: Make) -> None:
    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        query = parse_qs(urlsplit(path).query)
        number = int(query.get("after_id", ["m0"])[0][1:]) + 1
        page = {"data": [{"id": f"m{number}"}], "has_more": number < pages, "last_id": f"m{number}"}
        return (200 if query["limit"] == ["1000"] else 400), JSON, json.dumps(page).encode()

    server.answer = answer
    last = min(pages, MOST_PAGES)

    seen = look(access(server), anthropic=["m1", f"m{last}"])

    assert len(server.requests) == last
    assert {seen.model("anthropic", "m1"), seen.model("anthropic", f"m{last}")} == {Resolution.FOUND}


@pytest.mark.parametrize(
    ("status", "kind", "code", "state", "why"),
    [
        (401, "authentication_error", "invalid_api_key", AnswerState.REJECTED, Why.KEY_REJECTED),
        (402, "billing_error", "credit_balance_exhausted", AnswerState.LIMITED, Why.NOT_ANSWERED),
        (429, "rate_limit_error", "rate_limit_exceeded", AnswerState.LIMITED, Why.NOT_ANSWERED),
        (400, "invalid_request_error", "unknown_parameter", AnswerState.UNAVAILABLE, Why.NOT_ANSWERED),
        (404, "not_found_error", "model_not_found", AnswerState.UNAVAILABLE, Why.NOT_ANSWERED),
        (408, "api_error", "server_is_overloaded", AnswerState.UNAVAILABLE, Why.NOT_ANSWERED),
        (500, "api_error", "server_is_overloaded", AnswerState.UNAVAILABLE, Why.NOT_ANSWERED),
        (529, "overloaded_error", "slow_down", AnswerState.UNAVAILABLE, Why.NOT_ANSWERED),
    ],
)
def test_a_refused_list_is_told_by_status_and_code_and_is_not_asked_for_again(
    status: int, kind: str, code: str, state: AnswerState, why: Why, server: Recorder, access: Make, look: Make
) -> None:
    server.says(status, {"error": {"type": kind, "code": code}}, retry_after="0", x_should_retry="true")

    seen = look(access(server), anthropic=["m"], openai=["m"])

    assert seen.answer("anthropic") == Answer(state, status, kind)
    assert seen.answer("openai") == Answer(state, status, kind if code == "unknown_parameter" else code)
    assert [seen.model(provider, "m") for provider in ("anthropic", "openai")] == [
        Gap(why, about="anthropic"),
        Gap(why, about="openai"),
    ]
    assert server.paths == ["/v1/models"] * 2


LIMIT_REACHED = "enforced_spend_limit_reached"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"error": {"type": "rate_limit_error", "details": {"error_code": LIMIT_REACHED}}}, LIMIT_REACHED),
        ({"error": {"type": "some free text"}}, "RateLimitError"),
        ({"error": "some free text"}, "RateLimitError"),
        ({"error": {"type": ["rate_limit_error"]}}, "RateLimitError"),
        ([], "RateLimitError"),
        (b"\xff", "RateLimitError"),
    ],
)
def test_the_detail_is_a_code_of_the_api_or_the_class_of_the_sdk(
    body: object, detail: str, server: Recorder, access: Make, look: Make
) -> None:
    server.says(429, body)

    assert look(access(server), anthropic=[]).answer("anthropic") == Answer(AnswerState.LIMITED, 429, detail)


def test_a_key_that_may_not_list_may_still_resolve_models(server: Recorder, access: Make, look: Make) -> None:
    statuses = {"models": 403, "a": 200, "b": 404, "c": 403, "d": 500, "e": 200}

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        return statuses[path.rpartition("/")[2]], JSON, b'{"id": "x"}'

    server.answer = answer

    seen = look(access(server), openai=["a", "b", "c", "d", "e"])

    assert seen.answer("openai") == Answer(AnswerState.RESTRICTED, 403, "PermissionDeniedError")
    unanswered = Gap(Why.NOT_ANSWERED, about="openai")
    expected = [Resolution.FOUND, Resolution.NOT_FOUND, unanswered, unanswered, Resolution.FOUND]
    assert [seen.model("openai", name) for name in "abcde"] == expected


@pytest.mark.parametrize(("status", "why"), [(401, Why.KEY_REJECTED), (402, Why.NOT_ANSWERED), (429, Why.NOT_ANSWERED)])
def test_asking_ends_where_it_is_hopeless(status: int, why: Why, server: Recorder, access: Make, look: Make) -> None:
    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        return (200 if path == "/v1/models" else status), JSON, b'{"data": []}'

    server.answer = answer

    seen = look(access(server), openai=["a", "b", "c"])

    assert seen.answer("openai") == ACCEPTED
    assert {seen.model("openai", name) for name in "abc"} == {Gap(why, about="openai")}
    assert server.paths == ["/v1/models", "/v1/models/a"]


def test_asking_ends_when_the_connection_does() -> None:
    class Broken:
        asked = 0

        def listed(self) -> dict[str, Lifecycle | Gap]:
            return {}

        def described(self, model: str) -> Lifecycle | Gap:
            self.asked += 1
            raise Refused(Answer(AnswerState.UNAVAILABLE, None, model))

    broken = Broken()

    assert {sight.resolution for sight in ask(broken, ["a", "b"], "x").models.values()} == {
        Gap(Why.NOT_ANSWERED, about="x")
    }
    assert broken.asked == 1


@both
@pytest.mark.parametrize(
    "body", [[], {}, "x", 1, None, {"data": 1}, {"data": None}, b"", b"{", b"\xff", b"[" * 100_000]
)
def test_a_success_that_is_no_list_is_no_acceptance(
    provider: str, body: object, server: Recorder, access: Make, look: Make
) -> None:
    server.says(200, body)

    seen = look(access(server), **{provider: ["m"]})

    assert seen.answer(provider) == UNEXPECTED
    assert seen.model(provider, "m") == Gap(Why.NOT_ANSWERED, about=provider)


@both
def test_a_page_for_people_is_no_list(provider: str, server: Recorder, access: Make, look: Make) -> None:
    server.says(200, b"<html>welcome</html>", content_type="text/html")

    assert look(access(server), **{provider: []}).answer(provider) == UNEXPECTED


@both
def test_what_is_no_model_is_passed_over(provider: str, server: Recorder, access: Make, look: Make) -> None:
    server.says(200, {"data": [1, None, {"id": 2}, {"name": "m"}, {"id": "m"}]})

    seen = look(access(server), **{provider: ["m"]})

    assert (seen.answer(provider), seen.model(provider, "m")) == (ACCEPTED, Resolution.FOUND)


@both
def test_a_success_that_is_no_model_resolves_nothing(provider: str, server: Recorder, access: Make, look: Make) -> None:
    server.says(200, {"data": []})

    assert look(access(server), **{provider: ["m"]}).model(provider, "m") == Gap(Why.NOT_ANSWERED, about=provider)
