"""The stand-in's Anthropic: the pages of models, messages, and its words for what goes wrong."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from modelcheck.standin import messages
from modelcheck.standin.fault import Reason, ServerName
from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import AnthropicAccount, AnthropicModel
from modelcheck.standin.speech import Answer, Ask
from modelcheck.standin.wire import Body, Clock, Refused, Reply, Request, RoutedApi, event

PAGE = 20
MAX_PAGE = 1000


def _error(status: int, kind: str, message: str) -> Reply:
    return Reply.of(messages.failure(kind, message), status)


_WRONG_KEY = _error(401, "authentication_error", "invalid x-api-key")


class Anthropic(RoutedApi):
    """The server, over the account of the scenario."""

    server: ClassVar[str] = ServerName.ANTHROPIC
    refusals: ClassVar[Mapping[str, Reply]] = {
        Reason.INVALID_KEY: _WRONG_KEY,
        Reason.RESTRICTED: _error(403, "permission_error", "Your API key may not use this resource."),
        Reason.RATE_LIMITED: _error(429, "rate_limit_error", "This request would exceed your rate limit.").with_header(
            "retry-after", "1"
        ),
        Reason.OUT_OF_CREDIT: _error(402, "billing_error", "Your credit balance is too low."),
        Reason.OVERLOADED: _error(529, "overloaded_error", "Overloaded"),
        Reason.BROKEN: _error(500, "api_error", "Internal server error"),
    }

    def __init__(self, account: AnthropicAccount, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self._models = {model.id: model for model in account.models}
        self.routes = {
            "/v1/models": {"GET": self._list},
            "/v1/models/*": {"GET": self._model},
            "/v1/messages": {"POST": self._messages},
        }

    def admit(self, request: Request, /) -> None:
        """Look at the key and at the version that the client speaks. Raises Refused."""
        bearer = request.headers.get("authorization", "").partition(" ")[2]
        key = request.headers.get("x-api-key") or bearer
        if not key:
            raise Refused(_error(401, "authentication_error", "x-api-key header is required"))
        if key.strip() != made_up_key("anthropic"):
            raise Refused(_WRONG_KEY)
        if "anthropic-version" not in request.headers:
            raise Refused(self.bad_request("anthropic-version: header is required"))

    def unknown_path(self, _: Request, /) -> Reply:
        """Say so in Anthropic's shape."""
        return _error(404, "not_found_error", "Not Found")

    def wrong_method(self, _: Request, __: tuple[str, ...], /) -> Reply:
        """Say so in Anthropic's shape."""
        return _error(405, "invalid_request_error", "Method Not Allowed")

    def bad_request(self, message: str) -> Reply:
        """Say so in Anthropic's shape."""
        return _error(400, "invalid_request_error", message)

    def broken_stream(self) -> bytes:
        """End with an event of its own kind."""
        return event(messages.failure("overloaded_error", "Overloaded"), "error")

    def _list(self, request: Request) -> Reply:
        wanted = request.query.get("lifecycle") or request.query.get("lifecycle[]") or ["active", "deprecated"]
        models = [model for model in self._account.models if model.lifecycle in wanted]
        page, more = self._page(models, request)
        return Reply.of(
            {
                "data": [_entry(model) for model in page],
                "has_more": more,
                "first_id": page[0].id if page else None,
                "last_id": page[-1].id if page else None,
            }
        )

    def _page(self, models: Sequence[AnthropicModel], request: Request) -> tuple[Sequence[AnthropicModel], bool]:
        """One page, and whether there are more in its direction. Raises Refused."""
        limit = request.first("limit") or str(PAGE)
        if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= MAX_PAGE):
            raise Refused(self.bad_request(f"limit: must be between 1 and {MAX_PAGE}"))
        size, ids = int(limit), [model.id for model in models]
        after, before = request.first("after_id"), request.first("before_id")
        if any(name and name not in ids for name in (after, before)):
            raise Refused(self.bad_request("after_id, before_id: no such model"))
        if before:
            end = ids.index(before)
            return models[max(0, end - size) : end], end > size
        start = ids.index(after) + 1 if after else 0
        return models[start : start + size], start + size < len(models)

    def _model(self, request: Request) -> Reply:
        return Reply.of(_entry(self._found(request.last)))

    def _messages(self, request: Request) -> Reply:
        ask = self.read(request.body, Ask)
        for name, value in (("model", ask.model), ("max_tokens", ask.max_tokens), ("messages", ask.messages)):
            if not value:
                return self.bad_request(f"{name}: Field required")
        if self._found(ask.model).lifecycle == "retired":
            raise Refused(_missing(ask.model))
        return messages.message(ask, Answer.to(ask, self._account.timing), self._clock)

    def _found(self, name: str) -> AnthropicModel:
        if name not in self._models:
            raise Refused(_missing(name))
        return self._models[name]


def _missing(name: str) -> Reply:
    return _error(404, "not_found_error", f"model: {name}")


def _entry(model: AnthropicModel) -> Body:
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.display_name,
        "created_at": model.created_at,
        "max_input_tokens": model.max_input_tokens,
        "max_tokens": model.max_tokens,
        "lifecycle": model.lifecycle,
        "deprecated_at": model.deprecated_at,
        "retires_at": model.retires_at,
    }
