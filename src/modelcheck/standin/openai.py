"""The stand-in's OpenAI: the list of models, chat completions, and its words for what goes wrong."""

from collections.abc import Mapping
from typing import ClassVar

from modelcheck.standin.completion import completion
from modelcheck.standin.fault import Reason, ServerName
from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import OpenAIAccount, OpenAIModel
from modelcheck.standin.speech import Answer, Ask
from modelcheck.standin.wire import Body, Clock, Refused, Reply, Request, RoutedApi, event


def _error(status: int, message: str, kind: str = "invalid_request_error", code: str | None = None) -> Reply:
    return Reply.of({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)


_WRONG_KEY = _error(401, "Incorrect API key provided.", code="invalid_api_key")


class OpenAI(RoutedApi):
    """The server, over the account of the scenario."""

    server: ClassVar[str] = ServerName.OPENAI
    refusals: ClassVar[Mapping[str, Reply]] = {
        Reason.INVALID_KEY: _WRONG_KEY,
        Reason.RESTRICTED: _error(
            403, "You have insufficient permissions for this operation. Missing scopes: api.model.read."
        ),
        Reason.RATE_LIMITED: _error(
            429, "Rate limit reached for requests.", "requests", "rate_limit_exceeded"
        ).with_header("retry-after", "1"),
        Reason.OUT_OF_CREDIT: _error(
            429, "The credit of this account is used up.", "insufficient_quota", "credit_balance_exhausted"
        ),
        Reason.OVERLOADED: _error(503, "The server is overloaded.", "server_error", "server_is_overloaded"),
        Reason.BROKEN: _error(500, "The server had an error.", "server_error"),
    }

    def __init__(self, account: OpenAIAccount, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self._models = {model.id: model for model in account.models}
        self.routes = {
            "/v1/models": {"GET": self._list},
            "/v1/models/*": {"GET": self._model},
            "/v1/chat/completions": {"POST": self._chat},
        }

    def admit(self, request: Request, /) -> None:
        """Look at the bearer token. Raises Refused."""
        word, _, key = request.headers.get("authorization", "").partition(" ")
        if word.lower() != "bearer" or not key:
            raise Refused(_error(401, "You didn't provide an API key."))
        if key.strip() != made_up_key("openai"):
            raise Refused(_WRONG_KEY)

    def unknown_path(self, request: Request, /) -> Reply:
        """Say so with the method and the path."""
        return _error(404, f"Invalid URL ({request.method} {request.path})")

    def wrong_method(self, request: Request, _: tuple[str, ...], /) -> Reply:
        """Say so with the method and the path."""
        return _error(405, f"Not allowed to {request.method} on {request.path}.")

    def bad_request(self, message: str) -> Reply:
        """Say what could not be read."""
        return _error(400, f"The body of the request could not be read: {message}")

    def broken_stream(self) -> bytes:
        """End with an event that has nothing but the error."""
        error = {"message": "The server had an error.", "type": "server_error", "param": None, "code": None}
        return event({"error": error})

    def _list(self, _: Request) -> Reply:
        return Reply.of({"object": "list", "data": [_entry(model) for model in self._account.models]})

    def _model(self, request: Request) -> Reply:
        return Reply.of(_entry(self._found(request.last)))

    def _chat(self, request: Request) -> Reply:
        ask = self.read(request.body, Ask)
        if not ask.model:
            return _error(400, "you must provide a model parameter")
        if not ask.messages:
            return _error(400, "Invalid 'messages': empty array.", code="empty_array")
        self._found(ask.model)
        return completion(ask, Answer.to(ask, self._account.timing), self._clock, "fp_standin")

    def _found(self, name: str) -> OpenAIModel:
        if name in self._models:
            return self._models[name]
        message = f"The model '{name}' does not exist or you do not have access to it."
        raise Refused(_error(404, message, code="model_not_found"))


def _entry(model: OpenAIModel) -> Body:
    return {
        "id": model.id,
        "object": "model",
        "created": model.created,
        "owned_by": model.owned_by,
        "shutdown_date": model.shutdown_date,
    }
