"""Responses as OpenAI shapes them, spoken by Ollama."""

import time
from collections.abc import Iterator
from itertools import count
from uuid import uuid4

from modelcheck.standin.speech import Answer, Ask
from modelcheck.standin.wire import SSE, Body, Clock, Reply, event


def response(ask: Ask, answer: Answer, clock: Clock) -> Reply:
    """The reply to a request for a response: one object, or a stream of events when it asks for that."""
    head, item = _head(ask), f"msg_{uuid4().hex[:24]}"
    if ask.stream:
        return Reply(content_type=SSE, body=_events(answer, clock, head, item))
    return Reply.of(_completed(head, answer, _item(item, "".join(answer.spoken(clock)))))


def _events(answer: Answer, clock: Clock, head: Body, item: str) -> Iterator[bytes]:
    numbers = count()

    def said(kind: str, **data: object) -> bytes:
        return event({"type": kind, "sequence_number": next(numbers), **data}, kind)

    place: Body = {"item_id": item, "output_index": 0, "content_index": 0}
    empty: Body = _item(item, "") | {"status": "in_progress", "content": []}
    yield said("response.created", response=head)
    yield said("response.in_progress", response=head)
    yield said("response.output_item.added", output_index=0, item=empty)
    yield said("response.content_part.added", **place, part=_part(""))
    text = ""
    for token in answer.spoken(clock):
        text += token
        yield said("response.output_text.delta", **place, delta=token, logprobs=())
    done = _item(item, text)
    yield said("response.output_text.done", **place, text=text, logprobs=())
    yield said("response.content_part.done", **place, part=_part(text))
    yield said("response.output_item.done", output_index=0, item=done)
    yield said("response.completed", response=_completed(head, answer, done))


def _head(ask: Ask) -> Body:
    return {
        "id": f"resp_{uuid4().hex[:24]}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "model": ask.model,
        "output": [],
        "error": None,
        "incomplete_details": None,
        "tools": [],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
    }


def _completed(head: Body, answer: Answer, item: Body) -> Body:
    prompt, said = answer.prompt_tokens, len(answer.tokens)
    usage = {
        "input_tokens": prompt,
        "output_tokens": said,
        "total_tokens": prompt + said,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    return head | {"status": "completed", "output": [item], "usage": usage}


def _item(name: str, text: str) -> Body:
    return {"id": name, "type": "message", "status": "completed", "role": "assistant", "content": [_part(text)]}


def _part(text: str) -> Body:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
