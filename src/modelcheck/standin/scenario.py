"""Scenarios: what a stand-in stack holds, how fast it is and what goes wrong in it, as data from a JSON file."""

from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta

from modelcheck.core.graphics import Sample
from modelcheck.core.name import InvalidName, ModelName
from modelcheck.standin.fault import Fault

MAX_FILE = 4_000_000
"""Bytes."""

Bytes = Annotated[int, Meta(ge=0, le=2**60)]
Count = Annotated[int, Meta(ge=0, le=10_000_000)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
ModelInfo = dict[str, int | float | str | None]
"""`model_info` as /api/show gives it, keys such as `qwen2.block_count`."""


class ScenarioError(ValueError):
    """A scenario that cannot be read or contradicts itself; the message says what and where."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a scenario; a key that it does not know is an error."""


class Timing(_Part, frozen=True, kw_only=True):
    """How long things take, in seconds of the scenario."""

    load: Seconds = 0.0
    """Until a model that is not in memory is ready."""
    wait: Seconds = 0.0
    """Until a model that is ready begins."""
    prompt: Seconds = 0.0
    """For each token of the prompt."""
    answer: Seconds = 0.0
    """For each token of the answer."""
    tokens: Annotated[int, Meta(ge=1, le=100_000)] = 46
    """Length of an answer, unless the request limits it."""


class LocalModel(_Part, frozen=True, kw_only=True):
    """A model that the Ollama server holds."""

    name: str
    size: Bytes
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    modified_at: str
    family: str
    parameter_size: str
    quantization_level: str
    parameters: str = ""
    """The text of /api/show, lines of a name and a value."""
    capabilities: tuple[str, ...] = ("completion",)
    info: ModelInfo = {}
    remote_host: str | None = None
    """For a stub whose requests go to another host."""
    timing: Timing | None = None

    def trait(self, key: str) -> int:
        """A number from the model's own section of `info`, 0 when it is not there."""
        value = self.info.get(f"{self.info.get('general.architecture')}.{key}")
        return value if isinstance(value, int) else 0

    @property
    def context(self) -> int | None:
        """The context that its parameters set, in tokens."""
        lines = (line.split() for line in self.parameters.splitlines())
        return next((int(words[1]) for words in lines if words[:1] == ["num_ctx"]), None)

    @property
    def kv_bytes_per_token(self) -> int:
        """Memory of one token in a half-precision cache: a key and a value for each head of each layer."""
        heads = self.trait("attention.head_count_kv") or self.trait("attention.head_count")
        head = self.trait("embedding_length") // max(1, self.trait("attention.head_count"))
        key = self.trait("attention.key_length") or head
        value = self.trait("attention.value_length") or head
        return 2 * self.trait("block_count") * heads * (key + value)


class InMemory(_Part, frozen=True, kw_only=True):
    """A model that is in memory when the stack starts."""

    model: str
    context: Count | None = None
    size_vram: Bytes | None = None
    """Bytes on the card, where it shall be less than fits."""


class OllamaServer(_Part, frozen=True, kw_only=True):
    """The Ollama server of the scenario."""

    version: str
    models: tuple[LocalModel, ...] = ()
    registry: tuple[LocalModel, ...] | None = None
    """Models that a pull would find; None where every pull is declined. Nothing is downloaded in either case."""
    loaded: tuple[InMemory, ...] = ()
    cloud_disabled: bool = True
    context: Count = 4096
    """Tokens of context where neither request nor model set any."""
    overhead: Bytes = 0
    """Memory of a loaded model beside weights and cache."""
    environment: dict[str, str] | None = None
    """The variables that it was started with; None where nothing of the machine shows them."""
    everywhere: bool = False
    """Whether it listens at every address and not on loopback alone."""
    timing: Timing = Timing()

    def __post_init__(self) -> None:
        """Refuse names that Ollama refuses or that occur twice, times that are none, and loaded models not there."""
        for model in (*self.models, *(self.registry or ())):
            datetime.fromisoformat(model.modified_at)
        names = [_name(model.name) for model in self.models]
        if len(set(names)) < len(names):
            raise ValueError("two models have the same name")
        for loaded in self.loaded:
            if _name(loaded.model) not in names:
                raise ValueError(f"the loaded model {loaded.model} is not among the models")


Flavour = Literal["llama.cpp", "llama.cpp-router", "vllm", "lm-studio", "plain"]
"""Which software a compatible server is; a plain one is none of those that are known."""


class ServedModel(_Part, frozen=True, kw_only=True):
    """A model of a compatible server."""

    id: str
    """For llama.cpp the path of its file, unless an alias was given."""
    size: Bytes = 0
    parameters: Annotated[int, Meta(ge=0, le=10**15)] = 0
    arch: str = "llama"
    quantisation: str = "Q4_K_M"
    publisher: str = "lmstudio-community"
    embeds: bool = False
    max_context: Count = 8192
    context: Count = 4096
    """Tokens of context in one slot, where it is in memory."""
    loaded: bool = True
    """Whether it is in memory when the stack starts; of one that sleeps this is false."""
    aliases: tuple[str, ...] = ()


class CompatibleServer(_Part, frozen=True, kw_only=True):
    """A local server that speaks OpenAI's API."""

    flavour: Flavour
    version: str = ""
    models: tuple[ServedModel, ...] = ()
    slots: Annotated[int, Meta(ge=1, le=1024)] = 1
    needs_key: bool = False
    timing: Timing = Timing()


class OpenAIModel(_Part, frozen=True, kw_only=True):
    """A model of the OpenAI account."""

    id: str
    created: int
    owned_by: str = "system"
    shutdown_date: str | None = None


class OpenAIAccount(_Part, frozen=True, kw_only=True):
    """What the OpenAI key reaches."""

    models: tuple[OpenAIModel, ...] = ()
    timing: Timing = Timing()


class AnthropicModel(_Part, frozen=True, kw_only=True):
    """A model of the Anthropic account."""

    id: str
    display_name: str
    created_at: str
    max_input_tokens: Count
    max_tokens: Count
    lifecycle: Literal["active", "deprecated", "retired"] = "active"
    deprecated_at: str | None = None
    retires_at: str | None = None


class AnthropicAccount(_Part, frozen=True, kw_only=True):
    """What the Anthropic key reaches."""

    models: tuple[AnthropicModel, ...] = ()
    timing: Timing = Timing()


class Card(_Part, frozen=True, kw_only=True):
    """A graphics card."""

    name: str
    bus: str
    uuid: str
    total: Bytes
    reserved: Bytes = 0
    """Bytes that the driver and the desktop take."""
    capability: str | None = None
    others: tuple[str, ...] = ()
    """Programs that hold memory of it beside Ollama; what they take is reserved."""
    lost: bool = False
    """Whether it no longer answers its driver, and tells nothing."""
    sample: Sample = Sample()
    """How it is doing, in the words of `core.graphics`."""


class Graphics(_Part, frozen=True, kw_only=True):
    """The graphics cards of the machine."""

    driver: str = ""
    cards: tuple[Card, ...] = ()


class Computer(_Part, frozen=True, kw_only=True):
    """The machine itself."""

    system: Literal["Linux", "Windows", "Darwin"] = "Linux"
    desktop: bool = False
    graphics: Literal["nvidia", "amd", "apple"] = "nvidia"
    memory: Bytes = 64 << 30
    """Bytes of main memory."""
    free: Bytes = 500 << 30
    """Bytes that are free on the disk of the models."""


class Scenario(_Part, frozen=True, kw_only=True):
    """A whole stack: the servers, the machine with its cards, and the faults."""

    name: str
    about: str = ""
    pace: Annotated[float, Meta(ge=0, le=100)] = 0.0
    """Real seconds for each second of the scenario; at 0 nothing waits. Reported durations are the scenario's."""
    ollama: OllamaServer
    openai: OpenAIAccount = OpenAIAccount()
    anthropic: AnthropicAccount = AnthropicAccount()
    compatible: CompatibleServer | None = None
    graphics: Graphics = Graphics()
    computer: Computer = Computer()
    faults: tuple[Fault, ...] = ()

    @classmethod
    def decode(cls, text: bytes | str) -> Self:
        """Read a scenario from JSON. Raises ScenarioError."""
        if len(text) > MAX_FILE:
            raise ScenarioError(f"the scenario is {len(text)} long; it may be {MAX_FILE}")
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ScenarioError(f"this is not a scenario: {error}") from None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a scenario file. Raises ScenarioError for its content, OSError for the file."""
        with path.open("rb") as file:
            return cls.decode(file.read(MAX_FILE + 1))

    @classmethod
    def named(cls, name: str) -> Self:
        """A scenario of the package, such as `workstation`. Raises ScenarioError for a name that is not there."""
        known = scenarios()
        if name not in known:
            raise ScenarioError(f"there is no scenario {name!r}; there are: {', '.join(sorted(known))}")
        return cls.decode(known[name])


def scenarios() -> Mapping[str, bytes]:
    """The scenarios of the package, by name."""
    folder = files("modelcheck.standin") / "scenarios"
    return {
        file.name.removesuffix(".json"): file.read_bytes() for file in folder.iterdir() if file.name.endswith(".json")
    }


def _name(text: str) -> ModelName:
    try:
        return ModelName.parse(text)
    except InvalidName as error:
        raise ValueError(str(error)) from None
