"""How providers refuse, and what fails on the way to them, in words of ours: the text of a server may hold a key."""

import socket
import ssl
from collections.abc import Iterable, Iterator

import httpx2

from modelcheck.core.cloud import Answer, AnswerState
from modelcheck.probes.catalogue import Refused

_STATES = {
    401: AnswerState.REJECTED,
    402: AnswerState.LIMITED,
    403: AnswerState.RESTRICTED,
    429: AnswerState.LIMITED,
}
_REDIRECTS = range(300, 400)
_SPENT = frozenset(
    {
        "billing_error",
        "contract_spend_limit_reached",
        "credit_balance_exhausted",
        "enforced_spend_limit_reached",
        "insufficient_quota",
        "organization_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "project_spend_limit_exceeded",
    }
)
"""Codes that say, whatever the status, that the key is valid and the money is not there."""
_BARRED = frozenset({"account_deactivated", "forbidden", "invalid_api_key", "unsupported_country_region_territory"})
"""Codes that say, whatever the status, that nothing is to be had with this key from this place."""
_WORDS = (
    frozenset(
        {
            "api_error",
            "authentication_error",
            "invalid_request_error",
            "model_not_found",
            "not_found_error",
            "overloaded_error",
            "permission_error",
            "ramp_limit_exceeded",
            "rate_limit_error",
            "rate_limit_exceeded",
            "server_is_overloaded",
            "slow_down",
        }
    )
    | _SPENT
    | _BARRED
)
"""Codes of the two APIs that may stand in a report; any other text from a server may be part of a key."""
_PHRASES = {
    (401, "Missing scopes:"): (AnswerState.RESTRICTED, "missing_scope"),
    (403, "Missing scopes:"): (AnswerState.RESTRICTED, "missing_scope"),
    (400, "credit balance is too low"): (AnswerState.LIMITED, "credit_balance_exhausted"),
    (400, "API usage limits"): (AnswerState.LIMITED, "spend_limit_reached"),
}
"""What only the message tells, since the codes of these refusals are those of a mistyped request."""
_MOST_TEXT = 2000
"""Characters of a message that are searched."""
_MOST_CAUSES = 10

_FAILURES: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "invalid certificate"),
    (ssl.SSLError, "no TLS"),
    (socket.gaierror, "name not found"),
    (ConnectionRefusedError, "connection refused"),
    (httpx2.TimeoutException, "timed out"),
    (TimeoutError, "timed out"),
    (httpx2.ConnectError, "no connection"),
    (httpx2.NetworkError, "connection broken off"),
    (httpx2.RemoteProtocolError, "no HTTP"),
)
"""The kinds of failure, the one that says most first."""


def refusal(status: int, words: Iterable[object], message: object, kind: str) -> Refused:
    """Read an HTTP error: its status, the codes in its body from special to general, its text, the SDK's class."""
    if status in _REDIRECTS:
        return Refused(Answer(AnswerState.UNAVAILABLE, status, "redirect"))
    known = [word for word in words if isinstance(word, str) and word in _WORDS]
    phrase = _phrase(status, message)
    if phrase is not None and not _SPENT.union(_BARRED).intersection(known):
        return Refused(Answer(phrase[0], status, phrase[1]))
    return Refused(Answer(_state(status, known), status, known[0] if known else kind))


def failure(error: BaseException) -> Refused:
    """Read an error on the way: of all its causes the one that says most is told."""
    causes = list(_causes(error))
    for kind, words in _FAILURES:
        if any(isinstance(cause, kind) for cause in causes):
            return Refused(Answer(AnswerState.UNAVAILABLE, None, words))
    return Refused(Answer(AnswerState.UNAVAILABLE, None, type(causes[min(1, len(causes) - 1)]).__name__))


def unexpected() -> Refused:
    """Return the refusal for a success that is not in the API's form."""
    return Refused(Answer(AnswerState.UNAVAILABLE, 200, "unexpected answer"))


def _state(status: int, known: list[str]) -> AnswerState:
    if _SPENT.intersection(known):
        return AnswerState.LIMITED
    if _BARRED.intersection(known):
        return AnswerState.REJECTED
    return _STATES.get(status, AnswerState.UNAVAILABLE)


def _phrase(status: int, message: object) -> tuple[AnswerState, str] | None:
    text = message[:_MOST_TEXT] if isinstance(message, str) else ""
    return next((told for (on, phrase), told in _PHRASES.items() if on == status and phrase in text), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__
