"""The standard streams: always there, and no failure of one ends a command before it has its code."""

import io
import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from errno import EINVAL
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

PAUSE_S = 0.01
"""Between tries to write where whoever reads is slow and the stream does not wait by itself."""


class Kept(io.RawIOBase):
    """Passes on what is written; once that fails it keeps the failure and takes the rest as written.

    So a reader that leaves early (`| head`) or a full disk changes no decision: the command comes to its end, writes
    its files and has its own exit code.
    """

    def __init__(self, raw: io.RawIOBase) -> None:
        super().__init__()
        self._raw = raw
        self.failure: OSError | None = None

    def writable(self) -> bool:
        """Whether it takes what is written, which it always does."""
        return True

    def isatty(self) -> bool:
        """Whether a person reads."""
        return self._raw.isatty()

    def fileno(self) -> int:
        """Return the number by which the system knows the stream."""
        return self._raw.fileno()

    def write(self, data: "Buffer", /) -> int:
        """Write, or take as written; returns how many bytes."""
        size = memoryview(data).nbytes
        try:
            while self.failure is None:
                written = self._raw.write(data)
                if written is not None:
                    return written
                time.sleep(PAUSE_S)
        except OSError as error:
            self.failure = error
        except KeyboardInterrupt:
            self.failure = BrokenPipeError()  # what is still to be written has nobody who waits for it
            raise
        return size

    @property
    def lost(self) -> OSError | None:
        """Why what was written did not arrive; None where it did, or where the reader has left."""
        left = isinstance(self.failure, BrokenPipeError) or (
            os.name == "nt" and self.failure is not None and self.failure.errno == EINVAL
        )
        return None if left else self.failure


@contextmanager
def streams() -> Generator[Kept | None]:
    """Give a program its streams while it runs; yields that of the results, None where there is none.

    A program without a console (`pythonw`), or whose caller closed a stream, has null in its place.
    """
    before = sys.stdout, sys.stderr
    out, error = _kept(sys.stdout), _kept(sys.stderr)
    with open(os.devnull, "w", encoding="utf-8") as null:  # noqa: PTH123 - it is a device
        sys.stdout = _text(sys.stdout, out, "replace", null)
        sys.stderr = _text(sys.stderr, error, "backslashreplace", null)
        try:
            yield out
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            sys.stdout, sys.stderr = before


def _kept(stream: TextIO | None) -> Kept | None:
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)  # there is no buffer between with PYTHONUNBUFFERED
    return Kept(raw) if isinstance(raw, io.RawIOBase) else None


def _text(stream: TextIO | None, kept: Kept | None, errors: str, null: TextIO) -> TextIO:
    if stream is None:
        return null
    if kept is None:
        return stream
    stream.flush()
    at_once = bool(stream.line_buffering) or bool(getattr(stream, "write_through", False))
    return io.TextIOWrapper(io.BufferedWriter(kept), encoding=stream.encoding, errors=errors, line_buffering=at_once)
