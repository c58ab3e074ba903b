"""The stand-in's local server of OpenAI's API: in the words of llama.cpp, vLLM, LM Studio, or of none of them."""

from collections.abc import Mapping
from threading import Lock
from typing import ClassVar

from modelcheck.standin import served
from modelcheck.standin.completion import completion
from modelcheck.standin.fault import Reason, ServerName
from modelcheck.standin.scenario import CompatibleServer, ServedModel
from modelcheck.standin.speech import Answer, Ask
from modelcheck.standin.wire import Clock, Handler, Refused, Reply, Request, RoutedApi, event

_WRONG_KEY = served.error(401, "Invalid API Key", "authentication_error", 401)
_PUBLIC = ("/health", "/v1/health", "/models", "/v1/models", "/")
"""What llama.cpp shows without a key."""


class Compatible(RoutedApi):
    """The server, over its part of the scenario."""

    server: ClassVar[str] = ServerName.COMPATIBLE
    refusals: ClassVar[Mapping[str, Reply]] = {
        Reason.INVALID_KEY: _WRONG_KEY,
        Reason.OVERLOADED: served.error(503, "Loading model", "unavailable_error", 503),
        Reason.BROKEN: served.error(500, "Internal Server Error", "server_error", 500),
    }

    def __init__(self, side: CompatibleServer, clock: Clock) -> None:
        self._side = side
        self._clock = clock
        self._lock = Lock()
        self._loaded = {model.id for model in side.models if model.loaded}
        own: dict[str, dict[str, Handler]] = {
            "llama.cpp": {
                "/health": lambda _: Reply.of({"status": "ok"}),
                "/models": self._list,
                "/api/tags": self._list,
                "/props": lambda _: Reply.of(served.props(side, self._in_memory)),
            },
            "llama.cpp-router": {
                "/health": lambda _: Reply.of({"status": "ok"}),
                "/models": self._list,
                "/props": lambda _: Reply.of(served.router_props(side)),
            },
            "vllm": {
                "/health": lambda _: Reply(),
                "/version": lambda _: Reply.of({"version": side.version}),
            },
            "lm-studio": {
                "/api/v0/models": lambda _: Reply.of(served.studio_v0(side, self._in_memory)),
                "/api/v1/models": lambda _: Reply.of(served.studio_v1(side, self._in_memory)),
            },
            "plain": {},
        }
        looks: dict[str, Handler] = {"/v1/models": self._list, **own[side.flavour]}
        routes = {path: {"GET": handler} for path, handler in looks.items()}
        self.routes = {**routes, "/v1/chat/completions": {"POST": self._chat}}

    def admit(self, request: Request, /) -> None:
        """Ask for a key where the scenario says so; no key is right. Raises Refused."""
        if not self._side.needs_key:
            return
        if self._side.flavour.startswith("llama.cpp") and request.path in _PUBLIC:
            return
        if self._side.flavour == "vllm" and not request.path.startswith("/v1"):
            return
        raise Refused(Reply.of({"error": "Unauthorized"}, 401) if self._side.flavour == "vllm" else _WRONG_KEY)

    def unknown_path(self, request: Request, /) -> Reply:
        """Say so in the product's words; LM Studio says it under status 200."""
        return served.unknown_path(self._side.flavour, request.method, request.path)

    def wrong_method(self, request: Request, allowed: tuple[str, ...], /) -> Reply:
        """Say so as of a path that is not there; vLLM alone tells the two apart."""
        if self._side.flavour == "vllm":
            return Reply.of({"detail": "Method Not Allowed"}, 405).with_header("allow", ", ".join(allowed))
        return self.unknown_path(request)

    def bad_request(self, message: str) -> Reply:
        """Say what could not be read."""
        return served.error(400, message, "invalid_request_error", 400)

    def broken_stream(self) -> bytes:
        """End with an event that has nothing but the error."""
        return event({"error": {"message": "Internal Server Error", "type": "server_error", "code": 500}})

    @property
    def _in_memory(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._loaded)

    def _list(self, _: Request) -> Reply:
        return Reply.of(served.listing(self._side, self._in_memory))

    def _chat(self, request: Request) -> Reply:
        ask = self.read(request.body, Ask)
        if not ask.messages:
            return self.bad_request("'messages' is required")
        model = self._served(ask.model)
        with self._lock:
            cold = model.id not in self._loaded
            self._loaded.add(model.id)
        return completion(ask, Answer.to(ask, self._side.timing, cold=cold), self._clock, "fp_standin")

    def _served(self, name: str) -> ServedModel:
        """Return the model that answers to a name: of llama.cpp the one there is. Raises Refused."""
        models = self._side.models
        if self._side.flavour == "llama.cpp" and models:
            return models[0]
        found = next((model for model in models if name in (model.id, *model.aliases)), None)
        if found is None:
            raise Refused(served.missing(self._side.flavour, name))
        return found
