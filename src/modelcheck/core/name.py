"""Names of Ollama models: how a text becomes host/namespace/model:tag, and whether it asks for the cloud."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import msgspec

DEFAULT_HOST = "registry.ollama.ai"
DEFAULT_NAMESPACE = "library"
DEFAULT_TAG = "latest"
DEFAULT_SCHEME = "https"

MAX_TEXT = 1000
"""Characters; the longest valid name has 593."""

MISSING = "!MISSING!"
"""Stands for the empty side of a separator; `!` is allowed in no part, so it is never valid."""

# What Go's strings.TrimSpace removes: as str.strip(), but not the separators U+001C to U+001F.
_WHITE_SPACE = "".join(mark for mark in map(chr, range(0x3001)) if mark.isspace() and not "\x1c" <= mark <= "\x1f")

_SHOWN = 60


class InvalidName(ValueError):
    """A text that Ollama would not take as a model name; the message says which part and why."""


class _Rule(msgspec.Struct, frozen=True):
    part: str
    pattern: re.Pattern[str]
    most: int
    allowed: str

    def fault(self, text: str) -> str | None:
        if text in {"", MISSING}:
            return f"the {self.part} is missing"
        valid = self.pattern.match(text)
        if valid is None:
            return f"the {self.part} begins with {_shown(text[0])}, not with a letter, a digit or _"
        if valid.end() < len(text):
            return f"the {self.part} holds {_shown(text[valid.end()])}; it may hold {self.allowed}"
        # All ASCII by now, so characters are the bytes that Ollama counts.
        if len(text) > self.most:
            return f"the {self.part} is {len(text)} bytes long; it may have {self.most}"
        return None


_RULES = (
    _Rule("host", re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*"), 350, "letters, digits and _ - . :"),
    _Rule("namespace", re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*"), 80, "letters, digits and _ -"),
    _Rule("model", re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*"), 80, "letters, digits and _ - ."),
    _Rule("tag", re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*"), 80, "letters, digits and _ - ."),
)


class NameParts(msgspec.Struct, frozen=True, kw_only=True):
    """A text cut at its separators, nothing judged: a part not written is "", an empty one is `MISSING`."""

    scheme: str = ""
    host: str = ""
    namespace: str = ""
    model: str
    tag: str = ""

    @classmethod
    def split(cls, text: str) -> Self:
        """Cut from right to left; two parts are always namespace/model. Raises InvalidName over `MAX_TEXT`."""
        rest, tag = _bounded(text), ""
        if _has_tag(rest):
            rest, _, tag = (side or MISSING for side in rest.rpartition(":"))
        pieces = [piece or MISSING for piece in rest.rsplit("/", 2)]
        address, namespace, model = ["", "", *pieces][-3:]
        scheme, found, host = address.partition("://")
        if not found:
            scheme, host = "", address
        return cls(scheme=scheme, host=host, namespace=namespace, model=model, tag=tag)

    def filled(self) -> "NameParts":
        """The same with Ollama's defaults for what was not written."""
        return NameParts(
            scheme=self.scheme or DEFAULT_SCHEME,
            host=self.host or DEFAULT_HOST,
            namespace=self.namespace or DEFAULT_NAMESPACE,
            model=self.model,
            tag=self.tag or DEFAULT_TAG,
        )

    @property
    def is_fully_qualified(self) -> bool:
        """Whether host, namespace, model and tag are all there and all valid."""
        return _first_fault(self.host, self.namespace, self.model, self.tag) is None


# No msgspec struct: its own `!=` would not follow our `==`.
@dataclass(frozen=True, slots=True, eq=False)
class ModelName:
    """A valid, complete name; case is kept as typed and ignored by `==` and `hash`, as Ollama does."""

    host: str
    namespace: str
    model: str
    tag: str

    def __post_init__(self) -> None:
        """Refuse parts that Ollama refuses, also when decoded or built by hand."""
        fault = _first_fault(self.host, self.namespace, self.model, self.tag)
        if fault is not None:
            raise InvalidName(fault)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name as Ollama's registry grammar does: not trimmed, defaults filled in, scheme dropped.

        Raises InvalidName for every text that Ollama refuses, TypeError for what is not a text.
        """
        parts = NameParts.split(text).filled()
        try:
            return cls(parts.host, parts.namespace, parts.model, parts.tag)
        except InvalidName as fault:
            raise InvalidName(f"{_shown(text)} is not a model name: {fault}") from None

    def __str__(self) -> str:
        """The canonical form, `host/namespace/model:tag`."""
        return f"{self.host}/{self.namespace}/{self.model}:{self.tag}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ModelName):
            return NotImplemented
        return self._folded == other._folded

    def __hash__(self) -> int:
        return hash(self._folded)

    @property
    def _folded(self) -> str:
        return str(self).lower()

    @property
    def shortest(self) -> str:
        """As Ollama shows it: without the default host, and then without the default namespace."""
        if self.host.lower() != DEFAULT_HOST:
            return str(self)
        if self.namespace.lower() != DEFAULT_NAMESPACE:
            return f"{self.namespace}/{self.model}:{self.tag}"
        return f"{self.model}:{self.tag}"

    @property
    def manifest_path(self) -> tuple[str, str, str, str]:
        """The steps from the store's `manifests` folder to the manifest; none of them begins with a dot."""
        return self.host, self.namespace, self.model, self.tag


class Source(StrEnum):
    """Where a reference says that the model shall run."""

    UNSPECIFIED = "unspecified"
    CLOUD = "cloud"
    LOCAL = "local"


class ModelRef(msgspec.Struct, frozen=True):
    """What a request's model field means: a text less its source suffix, and the name in it.

    `name` is None where `base` is not a model name; the server refuses such a request, and
    `ModelName.parse(base)` says why.
    """

    base: str
    source: Source
    name: ModelName | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a model field as the server does before it looks for a name: trimmed, then the suffix taken off.

        Raises InvalidName for an empty or overlong text and for two source suffixes, TypeError for what is not a text.
        """
        trimmed = _bounded(text).strip(_WHITE_SPACE)
        if not trimmed:
            raise InvalidName("the model name is empty")
        base, source = _cut_source(trimmed)
        if source is not Source.UNSPECIFIED and _cut_source(base)[1] is not Source.UNSPECIFIED:
            raise InvalidName(f"{_shown(trimmed)} has two source suffixes; write one of :cloud and :local")
        try:
            return cls(base, source, ModelName.parse(base))
        except InvalidName:
            return cls(base, source, None)

    @property
    def is_cloud(self) -> bool:
        """Whether the server would send the request to its cloud, whatever is stored locally."""
        return self.source is Source.CLOUD


def pull_target(text: str) -> ModelName:
    """The name that a pull (or delete) of this text asks for; a cloud suffix becomes part of the tag.

    Raises InvalidName where the server would refuse, TypeError for what is not a text.
    """
    ref = ModelRef.parse(text)
    if not ref.is_cloud:
        return ModelName.parse(ref.base)
    return ModelName.parse(f"{ref.base}-cloud" if _has_tag(ref.base) else f"{ref.base}:cloud")


def _bounded(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError(f"a model name is a text, not {type(text).__name__}")
    if len(text) > MAX_TEXT:
        raise InvalidName(f"{_shown(text)} is {len(text)} characters long; a model name has at most {MAX_TEXT}")
    return text


def _has_tag(text: str) -> bool:
    """A colon left of the last slash is a port, or wrong."""
    return text.rfind(":") > text.rfind("/")


def _cut_source(text: str) -> tuple[str, Source]:
    before, colon, after = text.rpartition(":")
    suffix = after.strip(_WHITE_SPACE)
    word = suffix.lower() if colon else ""
    if word in {Source.CLOUD, Source.LOCAL}:
        return before, Source(word)
    if word.endswith("-cloud") and "/" not in word:
        return f"{before}:{suffix[: -len('-cloud')]}", Source.CLOUD
    return text, Source.UNSPECIFIED


def _first_fault(*parts: str) -> str | None:
    faults = (rule.fault(text) for rule, text in zip(_RULES, parts, strict=True))
    return next((fault for fault in faults if fault is not None), None)


def _shown(text: str) -> str:
    """The text in quotes, cut, and escaped so that neither controls nor look-alikes pass unseen."""
    escaped = ascii(text[: _SHOWN + 1])[1:-1]
    return f"'{escaped}'" if len(escaped) <= _SHOWN else f"'{escaped[: _SHOWN - 3]}...'"
