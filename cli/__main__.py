"""The entry point: answers `--version` and `--help` at once and leaves everything else to the application."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from modelcheck import __version__
from modelcheck.app.interruption import no_more_waiting
from modelcheck.cli.streams import Kept, streams


def main() -> NoReturn:
    """Run the command line and leave with the documented exit code; no traceback reaches a user, whatever happens."""
    with streams() as out:
        code = _ended(sys.argv[1:])
        with no_more_waiting():
            code = _delivered(code, out)
    raise SystemExit(code)


def _ended(arguments: Sequence[str]) -> int:
    """Answer, and return the exit code; what fails or is interrupted outside of any command ends like one."""
    try:
        _answer(arguments)
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - whatever it is, no traceback reaches a user
        from modelcheck.cli.endings import ending

        return ending.of(error)
    return 0


def _delivered(code: int, out: Kept | None) -> int:
    """Return the exit code once what was printed has arrived, or another where it did not."""
    sys.stdout.flush()
    if out is None or out.lost is None:
        return code
    from modelcheck.cli.endings import ending, unwritten

    return code or ending.of(unwritten(out.lost))


def _answer(arguments: Sequence[str]) -> None:
    if arguments == ["--version"]:
        sys.stdout.write(f"modelcheck {__version__}\n")
        return
    from modelcheck.cli.language import own_language, spoken, system_language

    said = spoken(arguments, os.environ, own=own_language, system=system_language)
    if said.arguments in (("--help",), ("-h",)) and said.asked is None:
        from modelcheck.cli.overview import print_overview

        print_overview(said.language)
        return
    from modelcheck.cli.application import run

    run(said)


if __name__ == "__main__":
    main()
