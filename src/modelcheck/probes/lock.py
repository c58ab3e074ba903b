"""The committed `models.lock`: read as evidence of what was here, and written from a live inventory."""

from collections.abc import Iterable

import msgspec

from modelcheck.core.codec import NotJson, convert, decode_json, encode
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.machine import Entry
from modelcheck.core.project import Lock, LockEntry, ModelKey
from modelcheck.probes.access import Access
from modelcheck.probes.files import Unreadable, read_bytes
from modelcheck.probes.probe import probe

NAME = "models.lock"
SCHEMA = "modelcheck-lock/1"
LIMIT = 4 << 20


class LockFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file's own shape, apart from the fact so that either may change alone."""

    schema: str
    taken_at: str
    models: tuple["LockLine", ...]


class LockLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model in the file."""

    server: str
    name: str
    digest: str | None = None
    size: int | None = None


@probe
def lock(access: Access) -> Lock:
    """Read the lock beside the project's configuration root."""
    try:
        data = read_bytes(access.root, NAME, LIMIT)
        file = convert(decode_json(data, limit=LIMIT), LockFile)
    except FileNotFoundError:
        raise Unseen(Gap(Why.NOT_THERE, about=NAME, hint="modelcheck inventory --lock")) from None
    except (Unreadable, NotJson) as error:
        raise Unseen(Gap(Why.UNREADABLE, about=f"{NAME}: {error}")) from None
    if file.schema != SCHEMA:
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=f"{NAME}: schema {file.schema!r}"))
    return Lock(NAME, file.taken_at, tuple(_entry(line) for line in file.models))


def lock_text(models: Iterable[tuple[ModelKey, Entry]], taken_at: str) -> bytes:
    """Return the text of a lock for models that are here, one line each in a stable order."""
    lines = [
        LockLine(
            key.server,
            key.name,
            entry.digest if isinstance(entry.digest, str) else None,
            entry.size if isinstance(entry.size, int) else None,
        )
        for key, entry in models
    ]
    lines.sort(key=lambda line: (line.server, line.name))
    return encode(LockFile(SCHEMA, taken_at, tuple(lines)))


def _entry(line: LockLine) -> LockEntry:
    missing = Gap(Why.NOT_RECORDED, about=NAME)
    return LockEntry(
        ModelKey(line.server, line.name),
        line.digest if line.digest is not None else missing,
        line.size if line.size is not None else missing,
        remote=False,
    )
