"""Facts from a file that the user names, instead of a look."""

from pathlib import Path

from modelcheck.app.errors import UserError
from modelcheck.core.codec import NotJson
from modelcheck.core.facts import Facts
from modelcheck.core.factsfile import LIMIT, read_facts
from modelcheck.probes.files import Unreadable, read_regular


def saved_facts(path: Path) -> Facts:
    """Read a facts file that the user names."""
    try:
        return read_facts(read_regular(path, LIMIT))
    except FileNotFoundError:
        raise UserError("{path} is not there; `modelcheck audit --facts-out {path}` writes one", path=path) from None
    except (Unreadable, NotJson) as error:
        raise UserError("{path} is no facts file that can be read: {reason}", path=path, reason=error) from None
