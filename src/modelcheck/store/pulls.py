"""The log of pulls that were allowed: one JSON line each, beside the audit logs of guards, bounded."""

import os
import stat
from pathlib import Path

import msgspec

from modelcheck.store.cache import make_private

NAME = "pulls.jsonl"
MOST_BYTES = 1 << 20
"""Of the log; what is older is kept in one more file of that size, and then goes."""


class PullLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened to one pull; every text is printable and bounded."""

    at: str
    """ISO 8601, in UTC."""
    event: str
    """`excepted`, `asked`, `pulled`, `failed` or `cancelled`."""
    name: str
    reason: str
    approver: str
    until: str
    detail: str = ""
    """What the server said of a failure, or the digest of what was pulled."""


def log_pull(folder: Path, line: PullLine) -> None:
    """Add a line to the log.

    Raises:
        OSError: it cannot be kept.

    """
    make_private(folder)
    path = folder / NAME
    if os.path.lexists(path):
        info = path.lstat()
        if not stat.S_ISREG(info.st_mode):
            raise OSError("it is not a regular file")
        if info.st_size > MOST_BYTES:
            path.replace(path.with_name(f"{NAME}.1"))
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags, 0o600), "ab") as stream:  # noqa: PTH123 - it is a descriptor
        stream.write(msgspec.json.encode(line) + b"\n")
