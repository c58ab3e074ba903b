"""What the imitated Ollama says: lists, and answers whole or streamed in the three tongues."""

import json
from typing import Any

from golike_json import Number, Pairs, is_list, struct
from golike_routes import Answered, Stored

TIME = "2026-01-02T03:04:05.678Z"
WORDS = ("Où", " est", " 東京", "?")
DETAILS = {
    "parent_model": "",
    "format": "gguf",
    "family": "llama",
    "families": ["llama"],
    "parameter_size": "8.0B",
    "quantization_level": "Q6_K",
}

Reply = tuple[str, bytes | list[bytes]]
"""A content type, and the body: whole, or in pieces that are streamed."""


def reply(answered: Answered, store: dict[str, Stored], cloud: str) -> Reply:
    """Return what a handler says where all is well."""
    kind, model = answered.kind, answered.model
    if kind == "root":
        return "text/plain; charset=utf-8", b"Ollama is running"
    if kind == "pulled":
        return "application/x-ndjson", [b'{"status":"pulling manifest"}\n', b'{"status":"success"}\n']
    if kind in {"version", "tags", "status", "ps", "models"}:
        return _json(_look(kind, store, cloud))
    if kind == "audio":
        return _json({"text": "".join(WORDS)})
    stream = struct(answered.body, stream="bool").get("stream")
    return _native(kind, model, stream is not False) if kind in {"generate", "chat"} else _other(kind, model, stream)


def _other(kind: str, model: str, stream: bool | None) -> Reply:
    if stream and kind in {"completion", "text", "responses", "messages"}:
        return "text/event-stream", _events(kind, model)
    return _json(_whole(kind, model))


def _json(value: object) -> Reply:
    return "application/json; charset=utf-8", json.dumps(value, ensure_ascii=False).encode()


def _look(kind: str, store: dict[str, Stored], cloud: str) -> object:
    if kind == "version":
        return {"version": "0.33.0"}
    if kind == "status":
        return {"cloud": {"disabled": cloud == "disabled", "source": "env" if cloud == "disabled" else "none"}}
    if kind == "models":
        return {"object": "list", "data": [_openai(one.name) for one in store.values()]}
    if kind == "ps":
        held = [one for one in store.values() if not one.remote_host][:1]
        return {"models": [_loaded(one) for one in held]}
    return {"models": [_tag(one) for one in store.values()]}


def _tag(one: Stored) -> dict[str, object]:
    remote = {"remote_model": one.remote_model, "remote_host": one.remote_host} if one.remote_host else {}
    head = {"name": one.name, "model": one.name, **remote, "modified_at": TIME}
    return {**head, "size": one.size, "digest": one.digest, "details": DETAILS}


def _loaded(one: Stored) -> dict[str, object]:
    memory = {"expires_at": TIME, "size_vram": one.size, "context_length": 4096}
    return {"name": one.name, "model": one.name, "size": one.size, "digest": one.digest, "details": DETAILS, **memory}


def _openai(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 1767323045, "owned_by": "library"}


def _native(kind: str, model: str, stream: bool) -> Reply:
    def said(text: str) -> dict[str, object]:
        return {"response": text} if kind == "generate" else {"message": {"role": "assistant", "content": text}}

    head = {"model": model, "created_at": TIME}
    end = {"done": True, "done_reason": "stop", "total_duration": 5, "eval_count": len(WORDS), "eval_duration": 4}
    if not stream:
        return _json({**head, **said("".join(WORDS)), **end})
    lines = [{**head, **said(word), "done": False} for word in WORDS] + [{**head, **said(""), **end}]
    return "application/x-ndjson", [json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines]


def _events(kind: str, model: str) -> list[bytes]:
    if kind in {"completion", "text"}:
        chunks: list[Any] = [_choice(kind, model, word) for word in WORDS]
        return [*(b"data: " + _dumped(one) + b"\n\n" for one in chunks), b"data: [DONE]\n\n"]
    name = "response.output_text.delta" if kind == "responses" else "content_block_delta"
    return [
        f"event: {name}\n".encode() + b"data: " + _dumped({"type": name, "delta": {"text": word}}) + b"\n\n"
        for word in WORDS
    ]


def _choice(kind: str, model: str, text: str) -> dict[str, object]:
    said = {"text": text} if kind == "text" else {"delta": {"role": "assistant", "content": text}}
    return {"id": "c-1", "object": "chunk", "created": 1, "model": model, "choices": [{"index": 0, **said}]}


def _dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _whole(kind: str, model: str) -> object:
    text = "".join(WORDS)
    said: dict[str, object] = {
        "show": {"modelfile": "FROM x", "template": "", "details": DETAILS, "model_info": {}, "capabilities": []},
        "model": _openai(model),
        "embed": {"model": model, "embeddings": [[0.1, 0.2]], "total_duration": 5},
        "embeddings": {"embedding": [0.1, 0.2]},
        "vectors": {"object": "list", "data": [{"index": 0, "embedding": [0.1]}], "model": model},
        "messages": {"id": "m-1", "type": "message", "content": [{"type": "text", "text": text}]},
        "responses": {"id": "r-1", "object": "response", "status": "completed", "output": [], "model": model},
    }
    return said.get(kind) or _choice(kind, model, text)


def plain(value: Any) -> Any:
    """Return a decoded document as plain values; numbers keep their text, and a key that comes twice is an error."""
    if isinstance(value, Pairs):
        keys = [key for key, _ in value.items]
        assert len(keys) == len(set(keys)), f"a key comes twice: {keys}"
        return {key: plain(one) for key, one in value.items}
    if is_list(value):
        return [plain(one) for one in value]
    return ("number", str(value)) if isinstance(value, Number) else value
