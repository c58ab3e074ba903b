"""`python -m modelcheck` is the command line."""

from modelcheck.cli.__main__ import main

if __name__ == "__main__":
    main()
