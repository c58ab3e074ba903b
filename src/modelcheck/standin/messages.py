"""Messages as Anthropic shapes them, also spoken by Ollama."""

from collections.abc import Iterator
from uuid import uuid4

from modelcheck.standin.speech import Answer, Ask
from modelcheck.standin.wire import SSE, Body, Clock, Reply, event

_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    503: "overloaded_error",
}


def failure(kind: str, message: str) -> Body:
    """An error in Anthropic's shape."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": f"req_{uuid4().hex[:24]}"}


def kind_of(status: int) -> str:
    """The kind of error that a status stands for."""
    return _KINDS.get(status, "api_error")


def message(ask: Ask, answer: Answer, clock: Clock) -> Reply:
    """The reply to a request for a message: one object, or a stream of events when it asks for that."""
    if ask.stream:
        return Reply(content_type=SSE, body=_events(ask, answer, clock))
    text = "".join(answer.spoken(clock))
    content = [{"type": "text", "text": text}]
    return Reply.of(_head(ask, answer, len(answer.tokens)) | {"content": content} | _end(answer))


def _events(ask: Ask, answer: Answer, clock: Clock) -> Iterator[bytes]:
    def said(kind: str, **data: object) -> bytes:
        return event({"type": kind, **data}, kind)

    yield said("message_start", message=_head(ask, answer, 1))
    yield said("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield said("ping")
    for token in answer.spoken(clock):
        yield said("content_block_delta", index=0, delta={"type": "text_delta", "text": token})
    yield said("content_block_stop", index=0)
    yield said("message_delta", delta=_end(answer), usage={"output_tokens": len(answer.tokens)})
    yield said("message_stop")


def _head(ask: Ask, answer: Answer, output: int) -> Body:
    return {
        "id": f"msg_{uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": ask.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": answer.prompt_tokens, "output_tokens": output},
    }


def _end(answer: Answer) -> Body:
    return {"stop_reason": "max_tokens" if answer.cut else "end_turn", "stop_sequence": None}
