"""A settings file of YAML as plain values with the line of each key and item."""

from modelcheck.profiles.lines import InvalidProfile, read_lines
from modelcheck.profiles.written import InvalidSettings, Written


def read_yaml(name: str, text: str) -> Written:
    """Read the text of a file that is shown as `name`; a file of nothing sets nothing.

    Raises:
        InvalidSettings: it is no YAML, or holds a key twice, an alias, or tables too deep in each other.

    """
    try:
        read = read_lines(name, text)
    except InvalidProfile as error:
        raise InvalidSettings(error.sentence, **error.params) from None
    return Written(name, {} if read.content is None else read.content, read.lines)
