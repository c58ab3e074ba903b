"""The stand-in's Ollama: its routes, its words for what goes wrong, and nothing that could download."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from modelcheck.core.name import ModelName
from modelcheck.core.variables import ORIGINS, opens_to_pages
from modelcheck.standin import description
from modelcheck.standin.completion import completion
from modelcheck.standin.fault import Reason, ServerName
from modelcheck.standin.lookup import CHAT, EMBED, EMBEDDINGS, GENERATE, SHOW, Lookup, ollama_error
from modelcheck.standin.memory import FOREVER, Memory
from modelcheck.standin.messages import failure, kind_of, message
from modelcheck.standin.pulls import Pulls
from modelcheck.standin.responses import response
from modelcheck.standin.scenario import LocalModel, OllamaServer
from modelcheck.standin.speech import Answer, Ask, Said
from modelcheck.standin.wire import NDJSON, TEXT, Body, Clock, Handler, Refused, Reply, Request, RoutedApi

KEEP = 300.0
"""Seconds that a model stays in memory when the request does not say."""

_CHANGES = ("/api/pull", "/api/push", "/api/create", "/api/copy", "/api/delete", "/api/blobs/*")
_CENTURIES = 9e9
_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_OWN_ORIGIN = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::.*)?|(?:app|file|tauri|vscode-webview|vscode-file)://.*"
)
_DURATION = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?(?:ns|us|ms|s|m|h))+")


class Ollama(RoutedApi):
    """The server, over its part of the scenario and what it holds in memory."""

    server: ClassVar[str] = ServerName.OLLAMA
    refusals: ClassVar[Mapping[str, Reply]] = {
        Reason.OVERLOADED: ollama_error(503, "server busy, please try again.  maximum pending requests exceeded"),
        Reason.BROKEN: ollama_error(500, "llama runner process has terminated: exit status 2"),
    }

    def __init__(self, side: OllamaServer, memory: Memory, clock: Clock) -> None:
        self._side = side
        self._memory = memory
        self._clock = clock
        self._lookup = Lookup(side)
        self._pulls = Pulls(side, clock)
        looks: dict[str, Mapping[str, Handler]] = {
            "/": {"HEAD": self._home, "GET": self._home},
            "/api/version": {"HEAD": self._version, "GET": self._version},
            "/api/tags": {"HEAD": self._tags, "GET": self._tags},
            "/api/ps": {"GET": self._ps},
            "/api/status": {"GET": self._status},
            "/api/show": {"POST": self._show},
            "/v1/models": {"GET": self._models_as_openai},
            "/v1/models/*": {"GET": self._model_as_openai},
        }
        asks: dict[str, Mapping[str, Handler]] = {
            "/api/generate": {"POST": self._generate},
            "/api/chat": {"POST": self._chat},
            "/api/embed": {"POST": self._embed},
            "/api/embeddings": {"POST": self._embeddings},
            "/v1/chat/completions": {"POST": self._chat_as_openai},
            "/v1/embeddings": {"POST": self._embed_as_openai},
            "/v1/responses": {"POST": self._respond_as_openai},
            "/v1/messages": {"POST": self._message_as_anthropic},
        }
        changes: dict[str, Mapping[str, Handler]] = {
            path: {"DELETE" if path == "/api/delete" else "POST": self._never} for path in _CHANGES
        }
        if side.registry is not None:
            changes["/api/pull"] = {"POST": self._pull}
        self.routes = looks | asks | changes

    def admit(self, request: Request, /) -> None:
        """Refuse pages of other sites, and send unclean paths to their clean form, as Ollama does. Raises Refused."""
        if not self._is_welcome(request.headers.get("origin", "")):
            raise Refused(Reply(status=403, content_type=TEXT))
        path = request.path
        clean = posixpath.normpath("/" + path.lstrip("/"))
        if path.removesuffix("/") != clean.removesuffix("/"):
            raise Refused(Reply(status=307, headers=(("Location", quote(clean)),)))
        if path != clean and clean in self.routes:
            raise Refused(Reply(status=301 if request.method == "GET" else 307, headers=(("Location", quote(clean)),)))

    def unknown_path(self, _: Request, /) -> Reply:
        """Say so in plain text, as Ollama does."""
        return Reply(status=404, content_type=TEXT, body=b"404 page not found")

    def wrong_method(self, _: Request, allowed: tuple[str, ...], /) -> Reply:
        """Say so in plain text, and which methods there are."""
        return Reply(
            status=405, content_type=TEXT, body=b"405 method not allowed", headers=(("Allow", ", ".join(allowed)),)
        )

    def bad_request(self, message: str) -> Reply:
        """Say so in one sentence."""
        return ollama_error(400, message)

    def broken_stream(self) -> bytes:
        """End with a line that has nothing but the error."""
        return b'{"error":"an error was encountered while running the model: unexpected EOF"}\n'

    def _is_welcome(self, origin: str) -> bool:
        """Whether a request with this origin is answered: one of no page, of this machine's, or of any if all are."""
        if not origin or _OWN_ORIGIN.fullmatch(origin):
            return True
        listed = (self._side.environment or {}).get(ORIGINS, "")
        return opens_to_pages(listed) or origin in listed.split(",")

    def _home(self, _: Request) -> Reply:
        return Reply(content_type=TEXT + "; charset=utf-8", body=b"Ollama is running")

    def _version(self, _: Request) -> Reply:
        return Reply.of({"version": self._side.version})

    def _status(self, _: Request) -> Reply:
        disabled = self._side.cloud_disabled
        return Reply.of({"cloud": {"disabled": disabled, "source": "env" if disabled else "none"}})

    def _tags(self, _: Request) -> Reply:
        return Reply.of({"models": [description.listed(model) for model in self._newest_first]})

    def _ps(self, _: Request) -> Reply:
        return Reply.of({"models": [description.running(resident) for resident in self._memory.residents]})

    def _never(self, request: Request) -> Reply:
        return ollama_error(403, f"this is a stand-in: it never downloads or changes models ({request.path})")

    def _pull(self, request: Request) -> Reply:
        ask = self.read(request.body, Ask)
        return self._pulls.answer(ask.model or ask.name, stream=ask.stream is not False, keep=self._hold)

    def _hold(self, model: LocalModel) -> None:
        """Have a model from now on, in the place of one of the same name."""
        others = (one for one in self._side.models if ModelName.parse(one.name) != ModelName.parse(model.name))
        self._side = replace(self._side, models=(*others, model))
        self._lookup = Lookup(self._side)

    def _show(self, request: Request) -> Reply:
        ask = self.read(request.body, Ask)
        return Reply.of(description.shown(self._lookup.find(ask.model or ask.name, SHOW)))

    def _generate(self, request: Request) -> Reply:
        ask = self.read(request.body, Ask)
        return self._answer(ask, self._lookup.find(ask.model, GENERATE), "generate", idle=not ask.prompt)

    def _chat(self, request: Request) -> Reply:
        ask = self.read(request.body, Ask)
        return self._answer(ask, self._lookup.find(ask.model, CHAT), "chat", idle=not ask.messages)

    def _answer(self, ask: Ask, model: LocalModel, route: str, *, idle: bool) -> Reply:
        """An answer in lines or in one piece; an idle request only loads or unloads."""
        keep = _keep(ask)
        if idle and keep == 0:
            self._memory.unload(model)
            return Reply.of(description.line(ask, route, "") | {"done": True, "done_reason": "unload"})
        answer = self._begin(ask, model, route, keep)
        if idle:
            self._clock.spend(answer.load)
            return Reply.of(description.line(ask, route, "") | {"done": True, "done_reason": "load"})
        if ask.stream is not False:
            return Reply(content_type=NDJSON, body=self._lines(ask, answer, route))
        text = "".join(answer.spoken(self._clock))
        return Reply.of(description.line(ask, route, text) | description.summary(answer))

    def _lines(self, ask: Ask, answer: Answer, route: str) -> Iterator[bytes]:
        for token in answer.spoken(self._clock):
            yield msgspec.json.encode(description.line(ask, route, token) | {"done": False}) + b"\n"
        yield msgspec.json.encode(description.line(ask, route, "") | description.summary(answer)) + b"\n"

    def _embed(self, request: Request) -> Reply:
        ask = self.read(request.body, Ask)
        model = self._lookup.find(ask.model, EMBED)
        try:
            texts = msgspec.convert([ask.input] if isinstance(ask.input, str) else ask.input or [], list[str])
        except msgspec.ValidationError:
            return ollama_error(400, "invalid input type")
        answer = self._begin(ask, model, "", _keep(ask))
        self._clock.spend(answer.load)
        return Reply.of(description.embedded(ask, model, texts, answer))

    def _embeddings(self, request: Request) -> Reply:
        ask = self.read(request.body, Ask)
        model = self._lookup.find(ask.model, EMBEDDINGS)
        self._clock.spend(self._begin(ask, model, "", _keep(ask)).load)
        return Reply.of({"embedding": description.vector(model, ask.prompt) if ask.prompt else []})

    def _models_as_openai(self, _: Request) -> Reply:
        data = [description.as_openai(model, ModelName.parse(model.name).shortest) for model in self._newest_first]
        return Reply.of({"object": "list", "data": data or None})

    def _model_as_openai(self, request: Request) -> Reply:
        try:
            return Reply.of(description.as_openai(self._lookup.find(request.last, SHOW), request.last))
        except Refused as refused:
            return _in_openai_shape(refused.reply)

    def _chat_as_openai(self, request: Request) -> Reply:
        try:
            ask, answer = self._asked(request)
        except Refused as refused:
            return _in_openai_shape(refused.reply)
        return completion(ask, answer, self._clock, "fp_ollama")

    def _respond_as_openai(self, request: Request) -> Reply:
        try:
            ask = self.read(request.body, Ask)
            said = (Said("user", ask.input),) if isinstance(ask.input, str) else msgspec.convert(ask.input, list[Said])
            answer = self._answer_to(replace(ask, messages=said))
        except msgspec.ValidationError as error:
            return _in_openai_shape(self.bad_request(str(error)))
        except Refused as refused:
            return _in_openai_shape(refused.reply)
        return response(ask, answer, self._clock)

    def _message_as_anthropic(self, request: Request) -> Reply:
        try:
            ask, answer = self._asked(request)
        except Refused as refused:
            return _in_anthropic_shape(refused.reply)
        return message(ask, answer, self._clock)

    def _embed_as_openai(self, request: Request) -> Reply:
        try:
            ask = self.read(request.body, Ask)
            reply = self._embed(request)
        except Refused as refused:
            return _in_openai_shape(refused.reply)
        if reply.status != HTTPStatus.OK:
            return _in_openai_shape(reply)
        return Reply.of(description.embedded_as_openai(ask, _content(reply)))

    def _asked(self, request: Request) -> tuple[Ask, Answer]:
        ask = self.read(request.body, Ask)
        return ask, self._answer_to(ask)

    def _answer_to(self, ask: Ask) -> Answer:
        """Have the answer to a chat in another dialect ready. Raises Refused."""
        model = self._lookup.find(ask.model, CHAT)
        if not ask.messages:
            raise Refused(ollama_error(400, "[] is too short - 'messages'"))
        return self._begin(ask, model, "chat", KEEP)

    def _begin(self, ask: Ask, model: LocalModel, route: str, keep: float) -> Answer:
        """Have the model in memory and its answer ready. Raises Refused where it lacks a capability."""
        if route and "completion" not in model.capabilities:
            raise Refused(ollama_error(400, f'"{ask.model}" does not support {route}'))
        if ask.tools and "tools" not in model.capabilities:
            raise Refused(ollama_error(400, f"{ModelName.parse(model.name)} does not support tools"))
        cold = self._memory.load(model, ask.option("num_ctx"), keep)
        return Answer.to(ask, model.timing or self._side.timing, cold=cold)

    @property
    def _newest_first(self) -> list[LocalModel]:
        return sorted(self._side.models, key=description.modified, reverse=True)


def _keep(ask: Ask) -> float:
    """How long the model shall stay, in seconds; a negative time is for ever. Raises Refused."""
    text = str(KEEP if ask.keep_alive is None else ask.keep_alive)
    try:
        seconds = float(text)
    except ValueError:
        if not _DURATION.fullmatch(text):
            raise Refused(ollama_error(400, f"time: invalid duration {text[:60]!r}")) from None
        parts = re.findall(r"([0-9.]+)([a-z]+)", text)
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts) * (-1 if text[0] == "-" else 1)
    return seconds if 0 <= seconds < _CENTURIES else FOREVER


def _in_openai_shape(reply: Reply) -> Reply:
    kind = {400: "invalid_request_error", 404: "not_found_error"}.get(reply.status)
    if kind is None:
        return reply
    error = {"message": _content(reply)["error"], "type": kind, "param": None, "code": None}
    return Reply.of({"error": error}, reply.status)


def _in_anthropic_shape(reply: Reply) -> Reply:
    return Reply.of(failure(kind_of(reply.status), _content(reply)["error"]), reply.status)


def _content(reply: Reply) -> Body:
    """Return what a reply in one piece says."""
    return msgspec.json.decode(b"".join(reply.pieces), type=Body)
