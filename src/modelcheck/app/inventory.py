"""The inventory on its own, and the lock that is written from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from modelcheck.app.audit import audit
from modelcheck.app.errors import NothingSeen, UserError
from modelcheck.app.options import Options
from modelcheck.app.places import project_root
from modelcheck.app.precheck import Ways, look_at_inventory
from modelcheck.app.tables import table
from modelcheck.core.asked import LocalModels
from modelcheck.core.facts import Facts, Scope, Seen
from modelcheck.core.gap import Gap
from modelcheck.core.graphics import Gpus
from modelcheck.core.machine import Entry, Inventory, Listing
from modelcheck.core.precheck import Presence, precheck
from modelcheck.core.stores import LooseModels, ModelFolder, Stores
from modelcheck.core.tables import Families
from modelcheck.probes.lock import NAME, lock_text

if TYPE_CHECKING:
    from modelcheck.core.project import ModelKey


class Held(msgspec.Struct, frozen=True):
    """What is here, where it lies, and the size of the card that it would run on."""

    servers: Seen[str, Listing]
    loose: tuple[ModelFolder, ...] | Gap
    """Folders of models that no Ollama server has registered."""
    stores: Stores | Gap
    card: int | None
    """Bytes of the largest card, None when none was seen."""


def held(options: Options, ways: Ways | None = None) -> Held:
    """Look at what is here; `ways` is given the ways to the servers."""
    facts = look_at_inventory(options, ways=ways)
    here = facts.get(Inventory)
    if isinstance(here, Gap):
        raise NothingSeen("the inventory could not be read ({why} {about})", why=here.why.value, about=here.about)
    loose = facts.get(LooseModels)
    return Held(here.servers, loose if isinstance(loose, Gap) else loose.folders, facts.get(Stores), _card(facts))


@dataclass(frozen=True)
class LockText:
    """A lock that is ready to be written."""

    path: Path
    data: bytes
    models: int
    left_out: tuple[str, ...]
    """Models that the project names and that are not certainly here."""


def locked(options: Options) -> LockText:
    """Make the lock of the models that the project names and that a live server certainly holds.

    Raises:
        UserError: the project names no local model, or what it names is not known.
        NothingSeen: one of its models could not be looked for.

    """
    facts = audit(options).facts
    models, here = facts.get(LocalModels), facts.get(Inventory)
    if isinstance(models, Gap):
        raise UserError(
            "which models the project names is not known ({why} {about}), so nothing is locked",
            why=models.why.value,
            about=models.about,
        )
    if not models.models:
        raise UserError("the project names no local model, so there is nothing to lock")
    kept: list[tuple[ModelKey, Entry]] = []
    left_out: list[str] = []
    unseen: list[str] = []
    for model in models.models:
        answer = precheck(model.text, model.engine, model.key.server, here, table(Families))
        if answer.presence is Presence.HERE and answer.entry is not None:
            kept.append((model.key, answer.entry))
        else:
            (unseen if answer.presence is Presence.NOT_CHECKED else left_out).append(model.text)
    if unseen and not kept:
        # An empty lock would prove that none of them is here, and take the place of one that knows better.
        raise NothingSeen("none of the project's models could be looked for, so nothing is locked; start their server")
    if unseen:
        # So would one without them; and what the old one says of them is of another day than this one would say.
        raise NothingSeen(
            "{models} could not be looked for, and a lock without them would say that they are not here; nothing is "
            "locked, and what was there stays: start their server",
            models=", ".join(unseen),
        )
    data = lock_text(kept, facts.taken_at[Scope.MACHINE][:10])
    return LockText(project_root(options.path) / NAME, data, len(kept), tuple(left_out))


def _card(facts: Facts) -> int | None:
    gpus = facts.get(Gpus)
    totals = [] if isinstance(gpus, Gap) else [card.total for card in gpus.cards if isinstance(card.total, int)]
    return max(totals, default=None)
