"""Answers: what a stand-in model says, how many tokens that is, and how long it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from modelcheck.standin.scenario import Timing
from modelcheck.standin.wire import Clock

WORDS = "This answer comes from a stand-in, not from a model; it shows how long an answer of this length would take. "
TOKENS = tuple(f"{word} " for word in WORDS.split())


class Said(msgspec.Struct, frozen=True):
    """A message of a conversation."""

    role: str = ""
    content: str | list[dict[str, Any]] | None = None

    @property
    def text(self) -> str:
        """Its words, without images and the like."""
        if isinstance(self.content, str):
            return self.content
        return " ".join(str(part.get("text", "")) for part in self.content or ())


class Ask(msgspec.Struct, frozen=True):
    """A request for an answer, in the union of the three servers' terms."""

    model: str = ""
    name: str = ""
    prompt: str = ""
    system: str | list[dict[str, Any]] | None = None
    messages: Sequence[Said] = ()
    input: Any = None
    encoding_format: str = ""
    stream: bool | None = None
    stream_options: dict[str, Any] = {}
    keep_alive: float | str | None = None
    options: dict[str, Any] = {}
    tools: Sequence[dict[str, Any]] = ()
    max_tokens: int | None = None
    max_completion_tokens: int | None = None

    def option(self, name: str) -> int | None:
        """A positive number from Ollama's options."""
        value = self.options.get(name)
        return value if isinstance(value, int) and value > 0 else None

    @property
    def limit(self) -> int | None:
        """The most tokens that the answer may have."""
        return self.option("num_predict") or self.max_completion_tokens or self.max_tokens

    @property
    def prompt_tokens(self) -> int:
        """The length of all that was said: four bytes a token, and four tokens for the frame of a message."""
        texts = [self.prompt, Said(content=self.system).text, *(said.text for said in self.messages)]
        return sum(4 + len(text.encode()) // 4 for text in texts if text)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer and its durations, in seconds of the scenario."""

    tokens: tuple[str, ...]
    cut: bool
    """Whether a limit of the request ended it."""
    prompt_tokens: int
    load: float
    prompt: float
    answer: float

    @classmethod
    def to(cls, ask: Ask, timing: Timing, *, cold: bool = False) -> "Answer":
        """Answer a request; `cold` when the model had to be loaded first."""
        length = timing.tokens if ask.limit is None else min(timing.tokens, ask.limit)
        return cls(
            tokens=tuple(TOKENS[place % len(TOKENS)] for place in range(length)),
            cut=length < timing.tokens,
            prompt_tokens=ask.prompt_tokens,
            load=timing.load if cold else timing.wait,
            prompt=ask.prompt_tokens * timing.prompt,
            answer=length * timing.answer,
        )

    def spoken(self, clock: Clock) -> Iterator[str]:
        """Token by token, each at its time. Raises Closed."""
        clock.spend(self.load + self.prompt)
        for token in self.tokens:
            clock.spend(self.answer / len(self.tokens))
            yield token
