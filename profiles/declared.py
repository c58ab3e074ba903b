"""What settings may say, by section, with the bounds of every value: the project's, and what only the user may add."""

import re
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from modelcheck.core.glob import LONGEST
from modelcheck.core.intent import DataRule, Expectations, Limits, Reach
from modelcheck.core.text import printable
from modelcheck.profiles.kinds import takes

GIB = 1 << 30
LONGEST_RULE = 300
"""Marks of what may be sent to a provider, as it is shown."""

Text = Annotated[str, Meta(min_length=1, max_length=1000)]
Count = Annotated[int, Meta(ge=1, le=10**9)]
Tokens = Annotated[int, Meta(ge=1, le=1 << 31)]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Pattern = Annotated[
    str,
    Meta(min_length=1, max_length=LONGEST, pattern=r"^[A-Za-z0-9._:/*?@-]*(?![\s\S])"),
    takes("a pattern: what names hold, * for any text and ? for one mark; a regular expression is not run"),
]
"""Holds what names hold, `*` and `?`; a regular expression of a project's is never run."""
Together = Annotated[tuple[Text, ...], Meta(min_length=1, max_length=20)]
Texts = Annotated[tuple[Text, ...], Meta(max_length=200)]
Variable = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}(?![\s\S])"),
    takes("the name of a variable such as OPENAI_API_KEY, never a key"),
]
Until = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
        r"(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]))?(?![\s\S])"
    ),
    takes("a day such as 2026-12-31, or a moment with its zone such as 2026-12-31T18:00:00+01:00"),
]
Device = (
    Annotated[int, Meta(ge=0, le=99_999)]
    | Annotated[
        str,
        Meta(min_length=1, max_length=100, pattern=r"^(?!(?:cuda|CUDA|gpu|GPU|cpu|CPU|auto|all)$)[^,;]*(?![\s\S])"),
        takes("the UUID, name or bus id of one graphics card"),
    ]
)
"""A graphics card by index (also `cuda:0`, `GPU 0`), UUID, name (`3090` is one as well) or bus id."""

_NUMBERED = re.compile(r"(?:cuda|gpu|/dev/nvidia)[ :#]*([0-9]{1,2})", re.IGNORECASE | re.ASCII)
_HOMES = re.compile(r"\A(?:/home/[^/]+|/Users/[^/]+|/root|[A-Za-z]:[\\/]Users[\\/][^\\/]+)(?=[\\/]|\Z)", re.IGNORECASE)


class PromptTokens(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long prompts are."""

    typical: Tokens | None = None
    max: Tokens | None = None


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the project intends for its local servers."""

    reserve_gib: Annotated[float, Meta(ge=0, le=1024)] | None = None
    concurrency: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    prompt_tokens: PromptTokens = PromptTokens()
    context: Tokens | None = None
    device: Device | None = None
    """A graphics card by index, UUID or name."""
    ttft_s: Seconds | None = None
    response_s: Seconds | None = None
    together: Annotated[tuple[Together, ...], Meta(max_length=50)] = ()
    requests_per_minute: Count | None = None
    exposure: Literal["loopback", "lan", "proxy"] = "loopback"


class CloudLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a provider grants in a minute."""

    requests: Count | None = None
    input_tokens: Annotated[int, Meta(ge=1, le=10**12)] | None = None
    output_tokens: Annotated[int, Meta(ge=1, le=10**12)] | None = None


class Cloud(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the project intends for hosted providers, by their names."""

    ids: Literal["pinned", "floating"] | None = None
    limits: Annotated[dict[str, CloudLimits], Meta(max_length=50)] = {}
    data: Annotated[dict[str, Text], Meta(max_length=50)] = {}


class Exempt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of `exceptions:`."""

    what: Literal["check", "pull", "reference"]
    subject: Text
    """The id of a check, or the name of a model."""
    reason: Text
    approver: Text
    until: date
    """The last day on which it holds."""
    only: Text | None = None
    """For a check: the one subject that it concerns."""


class Allow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of `exceptions:` in the user's own file."""

    what: Literal["pull", "request"]
    subject: Text
    """The name of a model to pull, or what a request does and to what: `delete qwen3:8b`."""
    reason: Text
    approver: Text
    until: Until
    """The last day on which it holds, or the moment at which it ends."""


class Excuse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of `ignore:`."""

    check: Text | Annotated[tuple[Text, ...], Meta(min_length=1, max_length=50)]
    path: Text
    """A path of the project, or a glob over paths."""
    reason: Text


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a project may say about itself."""

    config: Text = "config/models_config.json"
    """The native configuration, relative to the audited folder; one that lies elsewhere is not opened."""
    sensitive: Texts = ()
    """Agents that must stay local, beside those that the configuration itself marks."""
    expect: Expect = Expect()
    cloud: Cloud = Cloud()
    models_dir: Text | None = None
    """The folder of models that the project believes in; only compared, never opened."""
    naming: Pattern | None = None
    """How names of local models shall be written."""
    profile: Text | None = None
    """A shipped profile by name, or a file by its path from the folder of these settings."""
    exceptions: Annotated[tuple[Exempt, ...], Meta(max_length=500)] = ()
    ignore: Annotated[tuple[Excuse, ...], Meta(max_length=500)] = ()


class Own(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the user may say: on the command line, in the environment, and in a settings file outside every project."""

    profile: Text | None = None
    offline: bool | None = None
    lang: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    endpoints: Annotated[dict[Text, Text], Meta(max_length=100)] = {}
    """Where a provider is; its key may go there. Also: where an address of the project is on this machine."""
    paths: Annotated[dict[Text, Text], Meta(max_length=100)] = {}
    """Where a path that the project names lies on this machine."""
    models_dirs: Texts = ()
    env_files: Texts = ()
    key_variables: Annotated[dict[Text, Variable], Meta(max_length=100)] = {}
    """The variable that holds a provider's key."""
    trust_hosts: Texts = ()
    """Hosts that may be contacted; they never get a key."""
    fail_under: Percent | None = None
    min_coverage: Percent | None = None
    max_drop: Percent | None = None
    baseline: Text | None = None
    machine_facts: Text | None = None
    expect: Expect = Expect()
    cloud: Cloud = Cloud()


class OwnFile(Own, frozen=True, forbid_unknown_fields=True):
    """What the user's own settings file may say beyond that."""

    exceptions: Annotated[tuple[Allow, ...], Meta(max_length=500)] = ()
    """Pulls and requests that this machine's user lets pass."""


USERS_ALONE = tuple(name for name in Own.__struct_fields__ if name not in Declared.__struct_fields__)
"""What only the user may say."""


def expectations(expect: Expect, cloud: Cloud, models_dir: str | None, naming: str | None) -> Expectations:
    """Return what the project intends, as checks read it; what it does not declare stays undeclared."""
    return Expectations(
        reserve_bytes=None if expect.reserve_gib is None else round(expect.reserve_gib * GIB),
        concurrency=expect.concurrency,
        prompt_typical=expect.prompt_tokens.typical,
        prompt_max=expect.prompt_tokens.max,
        context=expect.context,
        device=None if expect.device is None else card(expect.device),
        ttft_s=expect.ttft_s,
        response_s=expect.response_s,
        together=tuple(tuple(printable(name) for name in names) for names in expect.together),
        requests_per_minute=expect.requests_per_minute,
        exposure=Reach(expect.exposure),
        ids=cloud.ids,
        limits=tuple(_limits(provider, limits) for provider, limits in cloud.limits.items()),
        data=tuple(DataRule(printable(name), printable(rule, LONGEST_RULE)) for name, rule in cloud.data.items()),
        models_dir=None if models_dir is None else homeless(models_dir),
        naming=naming,
    )


def homeless(path: str) -> str:
    """Return a path as a shared report may show it: a folder of somebody's own is `~`."""
    return printable(_HOMES.sub("~", path))


def card(device: int | str) -> str:
    """Return a card as it is compared: `cuda:0`, `GPU 0` and `/dev/nvidia0` are the index that they end in."""
    numbered = _NUMBERED.fullmatch(str(device).strip())
    return numbered[1] if numbered else printable(device)


def _limits(provider: str, limits: CloudLimits) -> Limits:
    return Limits(printable(provider), limits.requests, limits.input_tokens, limits.output_tokens)
