"""The value of a key while it is in use: shown by nothing, kept by nothing."""

from typing import NoReturn


class Secret:
    """Holds a key between its look-up and the SDK; it has no text, no equality and no pickle that give it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the key; only for judging its shape and for the SDK that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret()"

    def __reduce__(self) -> NoReturn:
        message = "a secret is not to be copied or stored"
        raise TypeError(message)
