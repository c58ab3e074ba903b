"""Where output goes: results to stdout, messages to stderr, on any console without failing."""

import os
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TextIO, cast

from rich.console import Console

from modelcheck.app.errors import UserError


def console() -> Console:
    """Return the console for results: no markup is read from text, unencodable characters are replaced."""
    stream: TextIO = sys.stdout
    if isinstance(stream, TextIOWrapper):
        cast("TextIOWrapper[BytesIO]", stream).reconfigure(errors="replace")
    return Console(file=sys.stdout, markup=False, highlight=False, emoji=False)


def write_bytes(data: bytes) -> None:
    """Write a whole document to stdout."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def save(path: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        UserError: it cannot be written.

    """
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as stream:
            try:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            except BaseException:
                stream.close()
                Path(stream.name).unlink(missing_ok=True)
                raise
        Path(stream.name).replace(path)
    except OSError as error:
        raise UserError(
            "{path} cannot be written: {reason}", path=path, reason=error.strerror or type(error).__name__
        ) from None
