"""How a command ends: the one place that turns every outcome, error and interruption into words and an exit code."""

import os
import sys
import traceback
from collections.abc import Callable
from errno import ELOOP, ENAMETOOLONG
from io import BytesIO, TextIOWrapper
from typing import TextIO, cast

from modelcheck.app.errors import UserError
from modelcheck.cli.output import LONGEST_PATH
from modelcheck.core.language import ENGLISH
from modelcheck.core.sentence import Told
from modelcheck.core.text import printable
from modelcheck.core.transcription import READABLE
from modelcheck.reports.lang import told

USAGE = 2
"""Wrong usage, or something that the user named cannot be used."""
FAILED = 5
"""modelcheck itself failed."""
INTERRUPTED = 130


_NAMES = frozenset({ENAMETOOLONG, ELOOP})
"""What the system says of a path that nothing can ever lie at: only somebody who gave it can put it right."""


class Ending(Exception):
    """Leaves a command with an exit code, everything having been said."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _Endings:
    """Runs a command and returns its exit code."""

    debug = False
    language = ENGLISH

    def __call__(self, command: Callable[[], None]) -> int:
        try:
            command()
        except Ending as ended:
            return ended.code
        except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - whatever it is, no traceback reaches a user
            return self.of(error)
        return 0

    def of(self, error: BaseException) -> int:
        """Say what went wrong, and return the exit code for it."""
        if isinstance(error, KeyboardInterrupt):
            return self._said(Told("interrupted"), INTERRUPTED)
        if isinstance(error, UserError):
            return self._said(error, error.exit_code)
        if isinstance(error, OSError) and _is_nowhere():
            return self._said(UserError("the folder that you stand in is gone; go into one that is there"), USAGE)
        if isinstance(error, OSError) and error.errno in _NAMES:
            path = printable(error.filename or "a path", LONGEST_PATH)
            return self._said(UserError("{path} cannot be opened: {reason}", path=path, reason=error.strerror), USAGE)
        if self.debug:
            traceback.print_exception(error)
        kind = type(error).__name__
        return self._said(Told("a fault of modelcheck's own ({kind}); --debug shows where", kind=kind), FAILED)

    def _said(self, error: Told, code: int) -> int:
        stream: TextIO = sys.stderr
        if isinstance(stream, TextIOWrapper):
            cast("TextIOWrapper[BytesIO]", stream).reconfigure(errors=READABLE)
        stream.write(f"modelcheck: {printable(told(error, self.language), 1000)}\n")
        return code


def unwritten(error: OSError) -> UserError:
    """Return what is to be said where standard output does not take what is printed."""
    reason = error.strerror or type(error).__name__
    return UserError("standard output cannot be written: {reason}; make room, or write elsewhere", reason=reason)


def _is_nowhere() -> bool:
    """Whether the folder that the program was started in has been removed."""
    try:
        os.getcwd()  # noqa: PTH109 - the question alone
    except OSError:
        return True
    return False


ending = _Endings()
