"""How an upstream of the tests answers one chat: the plan travels as JSON in the text of the chat's message."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256

import msgspec

MODEL = "small:latest"


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to one chat; both sides know its bytes from this alone."""

    lines: int = 5
    size: int = 16
    """Characters of a line's text."""
    pause: float = 0
    """Seconds between two lines."""
    seed: int = 0
    clock: bool = False
    """Whether each line carries the time at which it was written, in nanoseconds, instead of its text."""
    silent: bool = False
    """Whether nothing is ever answered."""
    cut: bool = False
    """Whether the connection ends after the lines without the end of the answer."""

    def line(self, index: int) -> bytes:
        """Return one line of the stream."""
        text = sha256(f"{self.seed}/{index}".encode()).hexdigest()
        return line(text * (self.size // len(text)) + text[: self.size % len(text)])

    def stream(self) -> Iterator[bytes]:
        """Yield the lines of the stream; one that is cut has no last one."""
        yield from map(self.line, range(self.lines))
        if not self.cut:
            yield line("", done=True)

    @property
    def whole(self) -> bytes:
        """All that a caller receives of a stream."""
        return b"".join(self.stream())


def line(text: str, *, done: bool = False) -> bytes:
    """Return a line of a stream as Ollama writes it."""
    end = ',"done_reason":"stop","total_duration":1000000,"eval_count":5' if done else ""
    return (
        f'{{"model":"{MODEL}","created_at":"2026-08-21T10:00:00Z","message":{{"role":"assistant","content":"{text}"}},'
        f'"done":{str(done).lower()}{end}}}\n'
    ).encode()


def chat(plan: Plan | None = None, *, stream: bool = True, model: str = MODEL) -> bytes:
    """Return the body of a chat that is answered by a plan; about 300 bytes."""
    system = "You answer in one short sentence, in plain words, and you never make up what you do not know for certain."
    asked = msgspec.json.encode(plan or Plan()).decode()
    messages = [{"role": "system", "content": system}, {"role": "user", "content": asked}]
    return json.dumps({"model": model, "messages": messages, "stream": stream}).encode()


def post(path: str, body: bytes, port: int, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of a POST with a body, as a client of Python writes them."""
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\nUser-Agent: tests\r\n"
        f"Content-Type: application/json\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def get(path: str, port: int) -> bytes:
    """Return the bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\nUser-Agent: tests\r\n\r\n".encode()
