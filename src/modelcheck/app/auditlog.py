"""The audit log of a guard: where it is, and that it can be written."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from modelcheck.app.errors import UserError
from modelcheck.core.sentence import Told
from modelcheck.guard.journal import STDOUT, Journal
from modelcheck.guard.setup import Address
from modelcheck.profiles.own import shown_path
from modelcheck.store.auditlog import audit_folder
from modelcheck.store.cache import make_private


def journal(path: Path | None, home: Path | None, now: Callable[[], datetime]) -> tuple[Journal, str]:
    """Open a log, and return it with its place as it may be shown; empty where it is no file.

    Raises:
        UserError: it cannot be written, or what lies there is no file of ours.

    """
    shown = "" if path is None or path == STDOUT else shown_path(path, home)
    try:
        return Journal(path, now=now), shown
    except Told as told:
        raise UserError(told.sentence, **{**told.params, "path": shown}) from None


def usual_log(listen: Address, environ: Mapping[str, str], home: Path | None) -> Path:
    """Return the log of a guard by its port, in a folder of the user's own."""
    folder = audit_folder(environ, home)
    if folder is None:
        raise UserError("there is no home to keep the audit log in: name a file by --audit-log, or give --no-audit-log")
    try:
        make_private(folder)
    except OSError as error:
        raise UserError(
            "the folder {path} of the audit log cannot be made: {reason}; name a file by --audit-log",
            path=shown_path(folder, home),
            reason=error.strerror or str(error),
        ) from None
    return folder / f"guard-{listen.port}.jsonl"
