"""How Ollama describes its models and its answers: the JSON of /api/tags, /api/ps, /api/show, /api/chat and so on."""

import hashlib
import struct
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from modelcheck.core.name import ModelName
from modelcheck.standin.memory import FOREVER, Resident
from modelcheck.standin.scenario import LocalModel
from modelcheck.standin.speech import Answer, Ask
from modelcheck.standin.wire import Body

_CENTURIES = timedelta(days=292 * 365)
"""What Ollama shows for ever."""


def stamp(moment: datetime | None = None) -> str:
    """A moment, or now, as Ollama writes it."""
    return (moment or datetime.now(UTC)).isoformat().replace("+00:00", "Z")


def modified(model: LocalModel) -> int:
    """When a model was last changed, in whole seconds since 1970, by which Ollama sorts its lists."""
    return int(datetime.fromisoformat(model.modified_at).timestamp())


def details(model: LocalModel) -> Body:
    """What every description of a model has in common."""
    return {
        "parent_model": "",
        "format": "gguf",
        "family": model.family,
        "families": [model.family],
        "parameter_size": model.parameter_size,
        "quantization_level": model.quantization_level,
    }


def listed(model: LocalModel) -> Body:
    """The entry in /api/tags."""
    name = ModelName.parse(model.name).shortest
    remote = {"remote_model": name, "remote_host": model.remote_host} if model.remote_host else {}
    lengths = {key: model.trait(key) for key in ("context_length", "embedding_length") if model.trait(key)}
    return {
        "name": name,
        "model": name,
        **remote,
        "modified_at": model.modified_at,
        "size": model.size,
        "digest": model.digest,
        "details": details(model) | lengths,
        "capabilities": model.capabilities,
    }


def running(resident: Resident) -> Body:
    """The entry in /api/ps."""
    name = ModelName.parse(resident.model.name).shortest
    forever = resident.until == FOREVER
    until = datetime.now(UTC) + _CENTURIES if forever else datetime.fromtimestamp(resident.until, UTC)
    return {
        "name": name,
        "model": name,
        "size": resident.size,
        "digest": resident.model.digest,
        "details": details(resident.model),
        "expires_at": stamp(until),
        "size_vram": resident.size_vram,
        "context_length": resident.context,
    }


def shown(model: LocalModel) -> Body:
    """The answer of /api/show."""
    name = ModelName.parse(model.name).shortest
    lines = [f"PARAMETER {line}" for line in model.parameters.splitlines()]
    remote = {"remote_model": name, "remote_host": model.remote_host} if model.remote_host else {}
    return {
        "modelfile": "\n".join([f"FROM {name}", "TEMPLATE {{ .Prompt }}", *lines, ""]),
        **({"parameters": model.parameters} if model.parameters else {}),
        "template": "{{ .Prompt }}",
        "details": details(model),
        **remote,
        "model_info": model.info,
        "capabilities": model.capabilities,
        "modified_at": model.modified_at,
    }


def as_openai(model: LocalModel, name: str) -> Body:
    """The entry in /v1/models."""
    namespace = ModelName.parse(model.name).namespace
    return {"id": name, "object": "model", "created": modified(model), "owned_by": namespace}


def line(ask: Ask, route: str, text: str) -> Body:
    """A line of an answer, before it says whether it is the last."""
    said: Body = {"message": {"role": "assistant", "content": text}} if route == "chat" else {"response": text}
    return {"model": ask.model, "created_at": stamp()} | said


def summary(answer: Answer) -> Body:
    """What the last line of an answer adds; durations in nanoseconds."""
    return {
        "done": True,
        "done_reason": "length" if answer.cut else "stop",
        "total_duration": _nanoseconds(answer.load + answer.prompt + answer.answer),
        "load_duration": _nanoseconds(answer.load),
        "prompt_eval_count": answer.prompt_tokens,
        "prompt_eval_duration": _nanoseconds(answer.prompt),
        "eval_count": len(answer.tokens),
        "eval_duration": _nanoseconds(answer.answer),
    }


def embedded(ask: Ask, model: LocalModel, texts: Sequence[str], answer: Answer) -> Body:
    """The answer of /api/embed."""
    load = _nanoseconds(answer.load)
    count = sum(1 + len(text) // 4 for text in texts)
    times: Body = {"total_duration": load, "load_duration": load, "prompt_eval_count": count} if texts else {}
    return {"model": ask.model, "embeddings": [vector(model, text) for text in texts]} | times


def embedded_as_openai(ask: Ask, embedded: Body) -> Body:
    """The answer of /v1/embeddings, from that of /api/embed: numbers, or as four bytes each where asked for."""
    count = embedded.get("prompt_eval_count", 0)
    compact = ask.encoding_format.lower() == "base64"
    data = [
        {"object": "embedding", "embedding": _base64(one) if compact else one, "index": index}
        for index, one in enumerate(embedded["embeddings"])
    ]
    usage = {"prompt_tokens": count, "total_tokens": count}
    return {"object": "list", "data": data, "model": ask.model, "usage": usage}


def vector(model: LocalModel, text: str) -> list[float]:
    """The embedding of a text: length 1, and always the same for the same text."""
    length = min(65_536, max(1, model.trait("embedding_length")))
    numbers = [byte - 127.5 for byte in hashlib.shake_256(text.encode()).digest(length)]
    norm = sum(number * number for number in numbers) ** 0.5
    return [number / norm for number in numbers]


def _base64(numbers: Sequence[float]) -> str:
    return b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1_000_000_000)
