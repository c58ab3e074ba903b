"""What a project may declare in its settings, by section, with the bounds of every value."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from modelcheck.core.facts import Place
from modelcheck.core.glob import LONGEST
from modelcheck.core.intent import DataRule, Expectations, Limits, Reach
from modelcheck.core.text import printable

GIB = 1 << 30
LONGEST_RULE = 300
"""Marks of what may be sent to a provider, as it is shown."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Tokens = Annotated[int, msgspec.Meta(ge=1, le=1 << 31)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Pattern = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST, pattern=r"\A[A-Za-z0-9._:/*?@-]*\Z")]
"""Holds what names hold, `*` and `?`; a regular expression of a project's is never run."""
Together = Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=20)]

_HOMES = re.compile(r"\A(?:/home/[^/]+|/Users/[^/]+|/root|[A-Za-z]:[\\/]Users[\\/][^\\/]+)(?=[\\/]|\Z)", re.IGNORECASE)


class PromptTokens(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long prompts are."""

    typical: Tokens | None = None
    max: Tokens | None = None


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the project intends for its local servers."""

    reserve_gib: Annotated[float, msgspec.Meta(ge=0, le=1024)] | None = None
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    prompt_tokens: PromptTokens = PromptTokens()
    context: Tokens | None = None
    device: Annotated[int, msgspec.Meta(ge=0, le=1000)] | Annotated[str, msgspec.Meta(max_length=100)] | None = None
    """A graphics card by index, UUID or name."""
    ttft_s: Seconds | None = None
    response_s: Seconds | None = None
    together: Annotated[tuple[Together, ...], msgspec.Meta(max_length=50)] = ()
    requests_per_minute: Count | None = None
    exposure: Literal["loopback", "lan", "proxy"] = "loopback"


class CloudLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a provider grants in a minute."""

    requests: Count | None = None
    input_tokens: Annotated[int, msgspec.Meta(ge=1, le=10**12)] | None = None
    output_tokens: Annotated[int, msgspec.Meta(ge=1, le=10**12)] | None = None


class Cloud(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the project intends for hosted providers, by their names."""

    ids: Literal["pinned", "floating"] | None = None
    limits: Annotated[dict[str, CloudLimits], msgspec.Meta(max_length=50)] = {}
    data: Annotated[dict[str, Text], msgspec.Meta(max_length=50)] = {}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a project may say about itself."""

    config: Text = "config/models_config.json"
    """The native configuration, relative to the audited folder; one that lies elsewhere is not opened."""
    sensitive: tuple[Text, ...] = ()
    """Agents that must stay local, beside those that the configuration itself marks."""
    expect: Expect = Expect()
    cloud: Cloud = Cloud()
    models_dir: Text | None = None
    """The folder of models that the project believes in; only compared, never opened."""
    naming: Pattern | None = None
    """How names of local models shall be written."""
    refused: tuple[str, ...] = ()
    """Keys that only the user may set, on the command line; they are ignored, and the report says so."""
    at: Place | None = None
    """The file that they stand in, with the line of their section; None where there is none."""

    @property
    def expectations(self) -> Expectations:
        """What the project intends, as checks read it; what it does not declare stays undeclared."""
        expect, cloud = self.expect, self.cloud
        return Expectations(
            reserve_bytes=None if expect.reserve_gib is None else round(expect.reserve_gib * GIB),
            concurrency=expect.concurrency,
            prompt_typical=expect.prompt_tokens.typical,
            prompt_max=expect.prompt_tokens.max,
            context=expect.context,
            device=None if expect.device is None else printable(expect.device),
            ttft_s=expect.ttft_s,
            response_s=expect.response_s,
            together=tuple(tuple(printable(name) for name in names) for names in expect.together),
            requests_per_minute=expect.requests_per_minute,
            exposure=Reach(expect.exposure),
            ids=cloud.ids,
            limits=tuple(_limits(provider, limits) for provider, limits in cloud.limits.items()),
            data=tuple(DataRule(printable(name), printable(rule, LONGEST_RULE)) for name, rule in cloud.data.items()),
            models_dir=None if self.models_dir is None else homeless(self.models_dir),
            naming=self.naming,
            at=self.at,
        )


OWN = {"refused", "at"}
"""Fields of the settings that no file sets."""
SECTIONS: Mapping[tuple[str, ...], type[msgspec.Struct]] = {
    (): Settings,
    ("expect",): Expect,
    ("expect", "prompt_tokens"): PromptTokens,
    ("cloud",): Cloud,
    ("cloud", "limits", "*"): CloudLimits,
}
"""The sections by their trail; `*` stands for any name."""


def homeless(path: str) -> str:
    """Return a path as a shared report may show it: a folder of somebody's own is `~`."""
    return printable(_HOMES.sub("~", path))


def _limits(provider: str, limits: CloudLimits) -> Limits:
    return Limits(printable(provider), limits.requests, limits.input_tokens, limits.output_tokens)
