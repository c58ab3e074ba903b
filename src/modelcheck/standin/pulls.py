"""How Ollama answers a pull, in the lines of its stream; the models are the scenario's, and nothing is downloaded."""

from collections.abc import Callable, Iterator

import msgspec

from modelcheck.core.name import InvalidName, pull_target
from modelcheck.standin.lookup import ollama_error
from modelcheck.standin.scenario import LocalModel, OllamaServer
from modelcheck.standin.wire import NDJSON, Body, Clock, Reply

MISSING = "pull model manifest: file does not exist"
TICK_S = 0.1
"""Seconds of the scenario between two steps of a download."""
STEPS = 4


class Pulls:
    """The models that a pull finds."""

    def __init__(self, side: OllamaServer, clock: Clock) -> None:
        self._models = {pull_target(model.name): model for model in side.registry or ()}
        self._clock = clock

    def answer(self, text: str, *, stream: bool, keep: Callable[[LocalModel], None]) -> Reply:
        """Answer a pull; `keep` is given the model once all of it is there."""
        try:
            model = self._models.get(pull_target(text))
        except InvalidName:
            return ollama_error(400, "invalid model name")
        if stream:
            return Reply(content_type=NDJSON, body=self._lines(model, keep))
        if model is None:
            return ollama_error(500, MISSING)
        keep(model)
        return Reply.of({"status": "success"})

    def _lines(self, model: LocalModel | None, keep: Callable[[LocalModel], None]) -> Iterator[bytes]:
        yield _line({"status": "pulling manifest"})
        if model is None:
            yield _line({"error": MISSING})
            return
        blob = model.digest
        for step in range(STEPS + 1):
            self._clock.spend(TICK_S)
            done = {"completed": model.size * step // STEPS} if step else {}
            yield _line({"status": f"pulling {blob[:12]}", "digest": f"sha256:{blob}", "total": model.size, **done})
        yield _line({"status": "verifying sha256 digest"})
        yield _line({"status": "writing manifest"})
        keep(model)
        yield _line({"status": "success"})


def _line(content: Body) -> bytes:
    return msgspec.json.encode(content) + b"\n"
