"""How Ollama finds the model that a request names, and what each route says when there is none."""

from dataclasses import dataclass

from modelcheck.core.name import InvalidName, ModelName, ModelRef
from modelcheck.standin.scenario import LocalModel, OllamaServer
from modelcheck.standin.wire import Refused, Reply


def ollama_error(status: int, message: str) -> Reply:
    """An error in Ollama's shape."""
    return Reply.of({"error": message}, status)


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a route says."""

    unnamed: Reply
    """To a request that names no model."""
    missing: str = "model '{typed}' not found"
    cloud: str = "remote model is unavailable"
    describes: bool = False
    """Whether the route describes models rather than runs them, which it does for stubs too."""


GENERATE = Words(unnamed=ollama_error(404, "model '' not found"))
CHAT = Words(unnamed=ollama_error(400, "model is required"))
EMBED = Words(unnamed=GENERATE.unnamed, missing='model "{typed}" not found, try pulling it first')
EMBEDDINGS = Words(unnamed=CHAT.unnamed, missing=EMBED.missing)
SHOW = Words(
    unnamed=CHAT.unnamed,
    missing="model '{full}' not found",
    cloud="remote model details are unavailable",
    describes=True,
)


class Lookup:
    """The models of a server, found by Ollama's rules for names."""

    def __init__(self, side: OllamaServer) -> None:
        self._models = {ModelName.parse(model.name): model for model in side.models}
        self._cloud_disabled = side.cloud_disabled

    def find(self, text: str, words: Words) -> LocalModel:
        """The model that a text names. Raises Refused, with what the route says."""
        if not text.strip():
            raise Refused(words.unnamed)
        try:
            ref = ModelRef.parse(text)
        except InvalidName:
            raise Refused(ollama_error(400, "invalid model name")) from None
        if ref.is_cloud:
            raise Refused(self._cloud(words))
        if ref.name is None:
            raise Refused(ollama_error(400, "invalid model name"))
        model = self._models.get(ref.name)
        if model is None:
            raise Refused(ollama_error(404, words.missing.format(typed=text, full=ref.name.shortest)))
        if model.remote_host and not words.describes:
            raise Refused(self._cloud(words))
        return model

    def _cloud(self, words: Words) -> Reply:
        if self._cloud_disabled:
            return ollama_error(403, f"ollama cloud is disabled: {words.cloud}")
        return Reply.of({"error": "unauthorized", "signin_url": "https://ollama.com/connect"}, 401)
