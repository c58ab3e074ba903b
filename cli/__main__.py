"""The entry point: answers `--version` and `--help` at once and leaves everything else to the application."""

import sys

from modelcheck import __version__


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"modelcheck {__version__}\n")
        return
    if sys.argv[1:] in (["--help"], ["-h"]):
        from modelcheck.cli.overview import print_overview

        print_overview()
        return
    from modelcheck.cli.application import run

    run(sys.argv[1:])


if __name__ == "__main__":
    main()
