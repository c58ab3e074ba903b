"""How a command ends: the one place that turns every outcome, error and interruption into words and an exit code."""

import os
import sys
import traceback
from collections.abc import Callable

from modelcheck.app.errors import UserError
from modelcheck.core.text import printable

FAILED = 5
"""modelcheck itself failed."""
INTERRUPTED = 130


class Ending(Exception):
    """Leaves a command with an exit code, everything having been said."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _Endings:
    """Runs a command and returns its exit code."""

    debug = False

    def __call__(self, command: Callable[[], None]) -> int:
        try:
            command()
            sys.stdout.flush()
        except Ending as ended:
            return ended.code
        except UserError as error:
            return self._said(f"modelcheck: {printable(error, 1000)}", error.exit_code)
        except KeyboardInterrupt:
            return self._said("modelcheck: interrupted", INTERRUPTED)
        except BrokenPipeError:
            # The reader has left; what is still buffered must not fail again when the interpreter closes the stream.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except Exception as error:  # noqa: BLE001 - whatever it is, no traceback reaches a user
            if self.debug:
                traceback.print_exc()
            kind = type(error).__name__
            return self._said(f"modelcheck: a fault of modelcheck's own ({kind}); --debug shows where", FAILED)
        return 0

    def _said(self, message: str, code: int) -> int:
        sys.stderr.write(message + "\n")
        return code


ending = _Endings()
