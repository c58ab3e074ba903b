"""A setting as it holds, with who set it."""

import msgspec

Plain = str | int | float | bool | None


class Setting(msgspec.Struct, frozen=True):
    """One value that holds; an entry of a table or list is a setting of its own."""

    name: str
    """Such as `expect.context`."""
    value: Plain
    """None where nobody set it and nothing stands in its place."""
    origin: str
    """Such as `--profile`, `MODELCHECK_PROFILE`, `modelcheck.yaml:12`, `profile default`, `default`."""
    ignored: bool = False
    """Whether the project sets what only the user may set, so that it does not hold."""
