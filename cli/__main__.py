"""The entry point: answers `--version` at once and leaves everything else to the application."""

import sys

from modelcheck import __version__


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"modelcheck {__version__}\n")
        return
    from modelcheck.cli.application import run

    run(sys.argv[1:])


if __name__ == "__main__":
    main()
