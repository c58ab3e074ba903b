"""The committed `models.lock`: read as evidence of what was here, and written from a live inventory."""

from collections.abc import Iterable
from typing import Annotated

import msgspec

from modelcheck.core.codec import NotJson, convert, decode_json, encode
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.lock import Lock, LockEntry
from modelcheck.core.machine import Entry
from modelcheck.core.project import ModelKey
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.files import Unreadable, read_bytes
from modelcheck.probes.probe import probe

NAME = "models.lock"
SCHEMA = "modelcheck-lock/1"
LIMIT = 4 << 20
LONGEST = 600
"""Characters of a name or an address; the longest name that Ollama takes has 593."""


Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
DigestOrNone = Annotated[str, msgspec.Meta(pattern=r"\A(?:[0-9a-f]{64})?\Z")]
"""Empty for what a model has not; not written where it was not seen."""


class LockLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One model in the file."""

    server: str
    name: str
    digest: Digest | None = None
    size: Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)] | None = None
    template: DigestOrNone | None = None
    licence: DigestOrNone | None = None


class LockFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file's own shape, apart from the fact so that either may change alone."""

    schema: str
    taken_at: Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
    models: tuple[LockLine, ...]


class _Head(msgspec.Struct, frozen=True):
    schema: str


@probe
def lock(access: Access) -> Lock:
    """Read the lock in the project's root; that there is none is known for certain."""
    try:
        content = decode_json(read_bytes(access.root, NAME, LIMIT), limit=LIMIT)
        schema = convert(content, _Head).schema
        if schema != SCHEMA:
            raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=f"{NAME}: schema {printable(schema, 40)}"))
        file = convert(content, LockFile)
    except FileNotFoundError:
        return Lock(NAME, "", (), there=False)
    except (Unreadable, NotJson) as error:
        raise Unseen(Gap(Why.UNREADABLE, about=printable(f"{NAME}: {error}"))) from None
    entries = tuple(_entry(line) for line in file.models)
    if len({entry.key for entry in entries}) != len(entries):
        raise Unseen(Gap(Why.UNREADABLE, about=f"{NAME}: it holds a model twice"))
    return Lock(NAME, file.taken_at, entries)


def lock_text(models: Iterable[tuple[ModelKey, Entry]], taken_at: str) -> bytes:
    """Return the text of a lock for models that are here, one line each in a stable order.

    `taken_at` is the day on which they were seen, as `2026-11-22`.
    """
    lines = [
        LockLine(
            key.server,
            key.name,
            entry.digest if isinstance(entry.digest, str) else None,
            entry.size if isinstance(entry.size, int) else None,
            entry.template if isinstance(entry.template, str) else None,
            entry.licence if isinstance(entry.licence, str) else None,
        )
        for key, entry in models
    ]
    lines.sort(key=lambda line: (line.server, line.name))
    return encode(LockFile(SCHEMA, taken_at, tuple(lines)))


def _entry(line: LockLine) -> LockEntry:
    missing = Gap(Why.NOT_RECORDED, about=NAME)
    return LockEntry(
        ModelKey(printable(line.server, LONGEST), printable(line.name, LONGEST)),
        missing if line.digest is None else line.digest,
        missing if line.size is None else line.size,
        remote=False,
        template=missing if line.template is None else line.template,
        licence=missing if line.licence is None else line.licence,
    )
