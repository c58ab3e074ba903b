"""An answer that is read whole, within a bound, before anybody looks at it."""

from collections.abc import Callable


class Collected:
    """Takes an answer of the upstream, and hands over its status and body; None where there is none."""

    def __init__(self, most: int, done: Callable[[tuple[int, bytes] | None], None]) -> None:
        self._most = most
        self._done: Callable[[tuple[int, bytes] | None], None] | None = done
        self._status = 0
        self._body = bytearray()

    def head(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Keep the status."""
        del headers
        self._status = status

    def data(self, chunk: bytes) -> None:
        """Keep a piece, up to the bound."""
        if len(self._body) <= self._most:
            self._body += chunk

    def flush(self) -> None:
        """End what is too long."""
        if len(self._body) > self._most:
            self.broken()

    def end(self) -> None:
        """Hand over the answer."""
        self._finish((self._status, bytes(self._body)) if len(self._body) <= self._most else None)

    def broken(self) -> None:
        """Hand over that there is none."""
        self._finish(None)

    def unsent(self) -> None:
        """Hand over that there is none."""
        self._finish(None)

    def _finish(self, answer: tuple[int, bytes] | None) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(answer)
