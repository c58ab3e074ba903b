"""Facts as a file: saved after one survey, judged again anywhere, additive between versions."""

from typing import cast

import msgspec

from modelcheck.core.codec import NotJson, convert, decode_json, encode
from modelcheck.core.facts import Fact, Facts, Scope
from modelcheck.core.gap import Gap, Why

SCHEMA = "modelcheck-facts/1"
LIMIT = 256 << 20
"""Bytes of a facts file; the inventory of 50,000 models takes about 20 MB."""


class _Scope(msgspec.Struct, frozen=True):
    taken_at: str
    facts: dict[str, object]


class _File(msgspec.Struct, frozen=True):
    schema: str
    subject: str
    scopes: dict[Scope, _Scope]


def facts_text(facts: Facts) -> bytes:
    """Return the text of a facts file; tables are never in it."""
    scopes: dict[Scope, _Scope] = {}
    for scope, time in facts.taken_at.items():
        known = {kind.__name__: facts.get(kind) for kind in facts if kind.scope is scope}
        scopes[scope] = _Scope(time, {**facts.unknown.get(scope, {}), **known})
    return encode(_File(SCHEMA, facts.subject, scopes))


def read_facts(data: bytes) -> Facts:
    """Read a facts file; a fact that no longer fits is a gap, one that is not known is kept.

    Raises:
        NotJson: it is no facts file of this version, or a fact stands in a scope that is not its own.

    """
    file = convert(decode_json(data, limit=LIMIT), _File)
    if file.schema != SCHEMA:
        raise NotJson(f"schema {file.schema[:40]!r} is not {SCHEMA}")
    values: dict[type[Fact], Fact | Gap] = {}
    unknown: dict[Scope, dict[str, object]] = {}
    for scope, saved in file.scopes.items():
        if scope is Scope.TABLES:
            raise NotJson("tables come with the program, not from a file")
        for name, value in saved.facts.items():
            kind = Fact.registry.get(name)
            if kind is None:
                unknown.setdefault(scope, {})[name] = value
            elif kind.scope is scope:
                values[kind] = _fact(kind, value)
            else:
                raise NotJson(f"{name} is a fact of scope {kind.scope.value}, not {scope.value}")
    taken_at = {scope: saved.taken_at for scope, saved in file.scopes.items()}
    return Facts(values, taken_at, unknown, subject=file.subject)


def _fact(kind: type[Fact], value: object) -> Fact | Gap:
    try:
        return convert(value, Gap) if _is_gap(value) else convert(value, kind)
    except NotJson:
        return Gap(Why.UNREADABLE, about=kind.__name__)


def _is_gap(value: object) -> bool:
    return isinstance(value, dict) and cast("dict[str, object]", value).get("is") == "gap"
