"""Ollama's answers read defensively: what is missing or odd in one is a gap, what is no answer at all is garbled."""

import re
from collections.abc import Mapping
from typing import Any

from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import Entry, Loaded, Shape
from modelcheck.core.precheck import is_cloud_name
from modelcheck.core.text import printable

MOST_ENTRIES = 100_000
LARGEST = 1 << 62

_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_NUM_CTX = re.compile(r"^num_ctx\s+(\d{1,9})\s*$", re.MULTILINE)


class Garbled(ValueError):
    """The body is no answer of Ollama's; the message says what is wrong with it."""


def version_of(body: object) -> str:
    """Return the version text of GET /api/version."""
    version = _table(body).get("version")
    if not isinstance(version, str) or not version:
        raise Garbled("no version")  # noqa: EM101, TRY003
    return printable(version, 40)


def entries_of(body: object) -> tuple[Entry, ...]:
    """Return the models of GET /api/tags; an entry without a name is garbage, an odd field is a gap."""
    return tuple(_entry(item) for item in _items(body))


def loaded_of(body: object) -> tuple[Loaded, ...]:
    """Return the models of GET /api/ps."""
    return tuple(
        Loaded(
            _name(item), _count(item.get("size")), _count(item.get("size_vram")), _count(item.get("context_length"), 1)
        )
        for item in _items(body)
    )


def switch_of(body: object) -> bool:
    """Return whether GET /api/status says that the cloud is disabled."""
    disabled = _table(_table(body).get("cloud")).get("disabled")
    if not isinstance(disabled, bool):
        raise Garbled("no cloud.disabled")  # noqa: EM101, TRY003
    return disabled


def shape_of(body: object) -> Shape:
    """Return the shape in POST /api/show: the architecture's numbers and the context of the parameters."""
    table = _table(body)
    info = table.get("model_info")
    info = info if isinstance(info, dict) else {}
    architecture = info.get("general.architecture")
    prefix = architecture if isinstance(architecture, str) else ""

    def number(key: str) -> int | Gap:
        return _count(info.get(f"{prefix}.{key}"), 1)

    heads, width = number("attention.head_count"), number("embedding_length")
    head = Gap(Why.NOT_RECORDED, about="attention.key_length")
    per_head = width // heads if isinstance(heads, int) and isinstance(width, int) else head
    key, value = number("attention.key_length"), number("attention.value_length")
    return Shape(
        num_ctx=_num_ctx(table.get("parameters")),
        max_context=number("context_length"),
        layers=number("block_count"),
        kv_heads=number("attention.head_count_kv"),
        key_length=key if isinstance(key, int) else per_head,
        value_length=value if isinstance(value, int) else per_head,
        remote=bool(table.get("remote_host") or table.get("remote_model")),
    )


def _num_ctx(parameters: object) -> int | None | Gap:
    """Return the last `num_ctx` line; no parameters at all, or none of that name, is None."""
    if parameters is None:
        return None
    if not isinstance(parameters, str):
        return NOT_RECORDED
    found = _NUM_CTX.findall(parameters)
    return int(found[-1]) if found else None


def _entry(item: Mapping[str, Any]) -> Entry:
    name = _name(item)
    details = item.get("details")
    details = details if isinstance(details, dict) else {}
    digest = _DIGEST.fullmatch(item["digest"]) if isinstance(item.get("digest"), str) else None
    size = _count(item.get("size"))
    return Entry(
        name=name,
        size=size,
        digest=digest.group(1) if digest else NOT_RECORDED,
        remote=bool(item.get("remote_host") or item.get("remote_model")) or size == 0 or is_cloud_name(name),
        family=_text(details.get("family")),
        parameters=_text(details.get("parameter_size")),
        quantisation=_text(details.get("quantization_level")),
    )


def _items(body: object) -> list[dict[str, Any]]:
    models = _table(body).get("models")
    if not isinstance(models, list) or len(models) > MOST_ENTRIES:
        raise Garbled("no list of models")  # noqa: EM101, TRY003
    return [_table(item) for item in models]


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Garbled("not an object")  # noqa: EM101, TRY003
    return value


def _name(item: Mapping[str, Any]) -> str:
    name = item.get("name") or item.get("model")
    if not isinstance(name, str):
        raise Garbled("a model without a name")  # noqa: EM101, TRY003
    return printable(name, 600)


def _count(value: object, least: int = 0) -> int | Gap:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST:
        return NOT_RECORDED
    return value


def _text(value: object) -> str | Gap:
    return printable(value, 60) if isinstance(value, str) and value else NOT_RECORDED
