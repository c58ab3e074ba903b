"""Digests on request: every blob of the stores that the servers read, and of those that the user gives, hashed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from modelcheck.app.errors import NothingSeen
from modelcheck.app.options import Options
from modelcheck.app.precheck import look_at_inventory
from modelcheck.core.gap import Gap
from modelcheck.core.stores import Stores, VerifiedStore
from modelcheck.probes.folders import Folder
from modelcheck.probes.store.digests import verify

if TYPE_CHECKING:
    from pathlib import Path

Watch = Callable[[int, int], None]
"""Told how many bytes of how many are done."""


class Verification(msgspec.Struct, frozen=True):
    """What came of it, store by store."""

    stores: tuple[VerifiedStore, ...]

    @property
    def exit_code(self) -> int:
        """Return 0 where every blob is what its name says, 1 where one is not, 3 where one could not be read."""
        if any(store.mismatches for store in self.stores):
            return 1
        return 3 if any(store.doubts for store in self.stores) else 0


def verified(options: Options, watch: Watch) -> Verification:
    """Find the stores and hash their blobs.

    Raises:
        NothingSeen: no store was found.

    """
    paths: dict[str, Path] = {}
    stores = look_at_inventory(options, stores=paths).get(Stores)
    if isinstance(stores, Gap) or not paths:
        raise NothingSeen("no store of Ollama's was found; --models-dir FOLDER names one")
    shown = {path: _shown(stores, key) for key, path in paths.items()}
    return Verification(verify([Folder(path, text) for path, text in shown.items()], watch))


def _shown(stores: Stores, key: str) -> str:
    own = stores.servers[key]
    return key if isinstance(own, Gap) else own.store.root
