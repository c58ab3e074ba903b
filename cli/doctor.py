"""`modelcheck doctor`: what modelcheck itself sees and lacks here; it ends with 0 once that is said."""

from modelcheck.app.doctor import doctor as run_doctor
from modelcheck.app.options import Options
from modelcheck.cli.options import JsonOption, looks
from modelcheck.cli.output import console, write_bytes
from modelcheck.core.codec import encode
from modelcheck.reports.doctor import print_health
from modelcheck.reports.lang import told


@looks
def doctor(options: Options, *, language: str, json: JsonOption = False) -> None:
    """What modelcheck itself sees and lacks on this machine, and what to do about it."""
    if json:
        write_bytes(encode(run_doctor(options)))
    else:
        print_health(run_doctor(options, lambda error: told(error, language)), console(), language)
