"""Chat completions as OpenAI shapes them, also spoken by Ollama."""

import time
from collections.abc import Iterator
from uuid import uuid4

from modelcheck.standin.speech import Answer, Ask
from modelcheck.standin.wire import SSE, Body, Clock, Reply, event


def completion(ask: Ask, answer: Answer, clock: Clock, fingerprint: str) -> Reply:
    """The reply to a chat request: one object, or a stream of chunks when it asks for that."""
    head: Body = {
        "id": f"chatcmpl-{uuid4().hex[:12]}",
        "object": "chat.completion.chunk" if ask.stream else "chat.completion",
        "created": int(time.time()),
        "model": ask.model,
        "system_fingerprint": fingerprint,
    }
    if ask.stream:
        return Reply(content_type=SSE, body=_chunks(ask, answer, clock, head))
    text = "".join(answer.spoken(clock))
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": _end(answer)}
    return Reply.of(head | {"choices": [choice], "usage": _usage(answer)})


def _chunks(ask: Ask, answer: Answer, clock: Clock, head: Body) -> Iterator[bytes]:
    role: Body = {"role": "assistant"}
    for token in answer.spoken(clock):
        yield _chunk(head, role | {"content": token}, None)
        role = {}
    yield _chunk(head, {}, _end(answer))
    if ask.stream_options.get("include_usage"):
        yield event({**head, "choices": (), "usage": _usage(answer)})
    yield event("[DONE]")


def _chunk(head: Body, delta: Body, end: str | None) -> bytes:
    return event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]})


def _end(answer: Answer) -> str:
    return "length" if answer.cut else "stop"


def _usage(answer: Answer) -> Body:
    prompt, said = answer.prompt_tokens, len(answer.tokens)
    return {"prompt_tokens": prompt, "completion_tokens": said, "total_tokens": prompt + said}
