"""Ollama's answers read defensively: what is missing or odd in one is a gap, what is no answer at all is garbled."""

import re
from collections.abc import Mapping

import msgspec

from modelcheck.core.anatomy import Anatomy
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Entry, Loaded, Shape
from modelcheck.core.precheck import is_cloud_name
from modelcheck.core.text import printable
from modelcheck.probes.gguf import Keys, anatomy_of
from modelcheck.probes.values import as_list, as_table, count_of, word_of

MOST_ENTRIES = 100_000
LONGEST_NAME = 600
"""Characters; the longest name that Ollama takes has 593."""

_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_NUM_CTX = re.compile(r"^num_ctx[ \t]+([^\n]*)", re.MULTILINE)
_TOKENS = re.compile(r"[1-9][0-9]{0,8}")


class Garbled(ValueError):
    """The body is no answer of Ollama's; the message says what is wrong with it."""


def version_of(body: object) -> str:
    """Return the version text of GET /api/version."""
    version = _table(body).get("version")
    if not isinstance(version, str) or not version:
        raise Garbled("no version")
    return printable(version, 40)


def entries_of(body: object) -> tuple[Entry, ...]:
    """Return the models of GET /api/tags; an entry without a name is garbage, an odd field is a gap."""
    return tuple(_entry(item) for item in _items(body))


def loaded_of(body: object) -> tuple[Loaded, ...]:
    """Return the models of GET /api/ps."""
    return tuple(
        Loaded(
            name=_name(item),
            size=count_of(item.get("size")),
            size_vram=count_of(item.get("size_vram")),
            context=count_of(item.get("context_length"), 1),
        )
        for item in _items(body)
    )


def switch_of(body: object) -> bool:
    """Return whether GET /api/status says that the cloud is disabled."""
    disabled = _table(_table(body).get("cloud")).get("disabled")
    if not isinstance(disabled, bool):
        raise Garbled("no cloud.disabled")
    return disabled


def shape_of(body: object) -> Shape:
    """Return the shape in POST /api/show: the architecture's numbers and the context of the parameters."""
    table = _table(body)
    info = as_table(table.get("model_info")) or {}
    architecture = info.get("general.architecture")
    prefix = architecture if isinstance(architecture, str) else ""

    def number(key: str) -> int | Gap:
        return count_of(info.get(f"{prefix}.{key}"), 1)

    heads, width = number("attention.head_count"), number("embedding_length")
    per_head: int | Gap = Gap(Why.NOT_RECORDED, about="attention.key_length")
    if isinstance(heads, int) and isinstance(width, int):
        per_head = width // heads
    key, value = number("attention.key_length"), number("attention.value_length")
    return Shape(
        num_ctx=_num_ctx(table.get("parameters")),
        max_context=number("context_length"),
        layers=number("block_count"),
        kv_heads=number("attention.head_count_kv"),
        key_length=key if isinstance(key, int) else per_head,
        value_length=value if isinstance(value, int) else per_head,
        remote=_is_remote(table),
        anatomy=_anatomy(info, table.get("capabilities")),
    )


def _anatomy(info: Mapping[str, object], capabilities: object) -> Anatomy:
    """Read the keys as those of a file; what the model can do is known better by the server than by its keys."""
    anatomy = anatomy_of(Keys(info), NOT_RECORDED)
    able = as_list(capabilities) or []
    if "completion" in able:
        return msgspec.structs.replace(anatomy, embeds=False)
    return msgspec.structs.replace(anatomy, embeds=True) if "embedding" in able else anatomy


def _num_ctx(parameters: object) -> int | Gap | None:
    """Return the last `num_ctx` line; no parameters at all, or none of that name, is None."""
    if parameters is None:
        return None
    if not isinstance(parameters, str):
        return NOT_RECORDED
    found = _NUM_CTX.findall(parameters)
    if not found:
        return None
    last = str(found[-1]).strip()
    return int(last) if _TOKENS.fullmatch(last) else NOT_RECORDED


def _entry(item: Mapping[str, object]) -> Entry:
    name, size, digest = _name(item), count_of(item.get("size")), item.get("digest")
    details = as_table(item.get("details")) or {}
    digits = _DIGEST.fullmatch(digest) if isinstance(digest, str) else None
    return Entry(
        name=name,
        size=size,
        digest=digits.group(1) if digits else NOT_RECORDED,
        remote=_is_remote(item) or size == 0 or is_cloud_name(name),
        family=word_of(details.get("family")),
        parameters=word_of(details.get("parameter_size")),
        quantisation=word_of(details.get("quantization_level")),
    )


def _is_remote(table: Mapping[str, object]) -> bool:
    return bool(table.get("remote_host") or table.get("remote_model"))


def _items(body: object) -> list[dict[str, object]]:
    """Return the models; servers of 2024 write an empty list as null."""
    table = _table(body)
    models = [] if table.get("models", "") is None else as_list(table.get("models"))
    if models is None or len(models) > MOST_ENTRIES:
        raise Garbled("no list of models")
    return [_table(item) for item in models]


def _table(value: object) -> dict[str, object]:
    table = as_table(value)
    if table is None:
        raise Garbled("not an object")
    return table


def _name(item: Mapping[str, object]) -> str:
    name = item.get("name") or item.get("model")
    if not isinstance(name, str):
        raise Garbled("a model without a name")
    return printable(name, LONGEST_NAME)
