"""What a provider's SDK is asked, in one form for all of them: its list of models, one model, and how it refuses."""

from collections.abc import Iterable
from typing import Protocol, cast

from modelcheck.core.cloud import Answer, AnswerState

MOST_PAGES = 10
"""Pages of a list that are fetched; what lies behind them is asked for by name."""

_STATES = {
    401: AnswerState.REJECTED,
    402: AnswerState.LIMITED,
    403: AnswerState.RESTRICTED,
    429: AnswerState.LIMITED,
}
_REDIRECTS = range(300, 400)
_WORDS = frozenset(
    {
        "api_error",
        "authentication_error",
        "billing_error",
        "contract_spend_limit_reached",
        "credit_balance_exhausted",
        "enforced_spend_limit_reached",
        "insufficient_quota",
        "invalid_api_key",
        "invalid_request_error",
        "model_not_found",
        "not_found_error",
        "organization_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "overloaded_error",
        "permission_error",
        "project_spend_limit_exceeded",
        "ramp_limit_exceeded",
        "rate_limit_error",
        "rate_limit_exceeded",
        "server_is_overloaded",
        "slow_down",
    }
)
"""Codes of the two APIs that may stand in a report; any other text from a server may be part of a key."""


class Refused(Exception):
    """The provider did not give what was asked; it carries how, in words of ours."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.detail)
        self.answer = answer


class Catalogue(Protocol):
    """The models of one provider, as one key sees them."""

    def listed(self) -> frozenset[str]:
        """Return the ids on its list. Raises Refused."""
        ...

    def holds(self, model: str) -> bool:
        """Whether a model that is asked for by its id can be used. Raises Refused, with status 404 if unknown."""
        ...


def refusal(status: int, words: Iterable[object], kind: str) -> Refused:
    """Read an HTTP error: its status, the codes in its body from special to general, and the SDK's class for it."""
    if status in _REDIRECTS:
        return Refused(Answer(AnswerState.UNAVAILABLE, status, "redirect"))
    detail = next((word for word in words if isinstance(word, str) and word in _WORDS), kind)
    return Refused(Answer(_STATES.get(status, AnswerState.UNAVAILABLE), status, detail))


def failure(error: Exception) -> Refused:
    """Read an error on the way; of it only the class that says most is kept."""
    return Refused(Answer(AnswerState.UNAVAILABLE, None, type(error.__cause__ or error).__name__))


def unexpected() -> Refused:
    """Return the refusal for a success that is not in the API's form."""
    return Refused(Answer(AnswerState.UNAVAILABLE, 200, "unexpected answer"))


def ids_of(page: object) -> list[str]:
    """Return the ids of one page as an SDK decoded it, unchecked. Raises Refused for anything that is no page."""
    items: object = getattr(page, "data", None)
    if not isinstance(items, list):
        raise unexpected()
    models = cast("list[object]", items)
    ids: list[object] = [getattr(model, "id", None) for model in models if _is_alive(model)]
    return [each for each in ids if isinstance(each, str)]


def is_usable(model: object) -> bool:
    """Whether one model as an SDK decoded it can be used. Raises Refused for anything that is no model."""
    if not isinstance(getattr(model, "id", None), str):
        raise unexpected()
    return _is_alive(model)


def _is_alive(model: object) -> bool:
    """Whether a model is not retired; OpenAI drops retired ones, and older answers do not say."""
    return getattr(model, "lifecycle", None) != "retired"
