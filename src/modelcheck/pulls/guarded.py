"""One test that is watched, from its set-up to its end."""

from modelcheck.pulls.clients import clients
from modelcheck.pulls.patches import Patches
from modelcheck.pulls.registries import registries
from modelcheck.pulls.watch import Watch
from modelcheck.pulls.wire import wire


class Guarded:
    """The watch over a test and what is replaced for it."""

    def __init__(self, folder: str) -> None:
        self.watch = Watch(registries(), folder)
        self._patches = Patches({**wire(self.watch), **clients(self.watch)})

    def begin(self) -> None:
        """Watch from here on."""
        self._patches.begin()

    def end(self) -> None:
        """Put back everything that was replaced."""
        self._patches.undo()
