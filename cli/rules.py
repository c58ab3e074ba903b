"""`modelcheck rules`: all checks with their points, judged and planned."""

from modelcheck.app.rules import rules as all_rules
from modelcheck.cli.options import JsonOption
from modelcheck.cli.output import console, write_bytes
from modelcheck.core.codec import encode
from modelcheck.reports.rules import print_rules


def rules(*, language: str, json: JsonOption = False) -> None:
    """All checks with their points, judged and planned."""
    if json:
        write_bytes(encode(all_rules()))
    else:
        print_rules(all_rules(), console(), language)
