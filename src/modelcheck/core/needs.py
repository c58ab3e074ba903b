"""What the models of a set need on the card, put together from the facts that show it."""

from itertools import chain

import msgspec
from msgspec.structs import replace

from modelcheck.core.anatomy import Anatomies, Anatomy
from modelcheck.core.asked import LocalModel
from modelcheck.core.gap import Gap, Unseen, Why, seen
from modelcheck.core.graphics import Gpus
from modelcheck.core.machine import Contacts, Entry, Inventory, Loaded, Product, Running
from modelcheck.core.memory import Demand, demand, served_context
from modelcheck.core.ollama_settings import default_context
from modelcheck.core.placement import runs_here
from modelcheck.core.precheck import Obstacle, find_text, held, obstacle_of
from modelcheck.core.project import Engine
from modelcheck.core.served import listed_name
from modelcheck.core.serving import ServerSetup, ServerSetups
from modelcheck.core.together import ModelSet


class Evidence(msgspec.Struct, frozen=True):
    """The facts that tell what a model needs and with which context it is served."""

    running: Running
    anatomies: Anatomies | Gap
    setups: ServerSetups | Gap
    gpus: Gpus | Gap

    def context(self, model: LocalModel) -> int | Gap:
        """Return the tokens of context that one request to a model is served with."""
        anatomy, setup = self.anatomy(model), self.setup(model.key.server)
        return served_context(anatomy, setup, loaded_of(model, self.running), self._default)

    def demand(self, model: LocalModel) -> Demand:
        """Return what a model of this machine needs; leaves with a gap where its server runs elsewhere."""
        if model.engine is not Engine.OLLAMA:
            raise Unseen(Gap(Why.NOT_RECORDED, about=f"the memory of {model.label} ({model.engine.value})"))
        if not runs_here(model.key.server):
            raise Unseen(Gap(Why.NOT_ASKED, about="the machine where the server runs"))
        anatomy, loaded = self.anatomy(model), loaded_of(model, self.running)
        asked = seen(model.asked)
        if asked is not None:
            anatomy = anatomy if isinstance(anatomy, Gap) else replace(anatomy, num_ctx=asked)
            # A request that asks for more than is loaded has the model loaded anew.
            loaded = None if loaded is not None and seen(loaded.context) < asked else loaded
        return demand(anatomy, self.setup(model.key.server), loaded, self._default)

    def demands(self, models: ModelSet, inventory: Inventory) -> list[Demand]:
        """Return what each model of a set needs; leaves with a gap where one is not here."""
        for model in models.known():
            entry_of(model, inventory)
        return [self.demand(model) for model in models.members]

    def given_back(self, models: ModelSet) -> list[Loaded]:
        """Return what the servers of a set hold in memory, which they would unload for it."""
        return list(chain.from_iterable(seen(self.running.servers[server]) for server in models.servers))

    def anatomy(self, model: LocalModel) -> Anatomy | Gap:
        """Return what a model is made of."""
        return self.anatomies if isinstance(self.anatomies, Gap) else self.anatomies.models[model.key]

    def setup(self, server: str) -> ServerSetup | Gap:
        """Return how a server is set up."""
        return self.setups if isinstance(self.setups, Gap) else self.setups.servers[server]

    @property
    def _default(self) -> int | None:
        """The context that a server takes by its cards, where all of them show their size."""
        totals = [] if isinstance(self.gpus, Gap) else [card.total for card in self.gpus.cards]
        sizes = [total for total in totals if not isinstance(total, Gap)]
        return default_context(sum(sizes)) if sizes and len(sizes) == len(totals) else None


def loaded_of(model: LocalModel, running: Running) -> Loaded | None:
    """Return a model as it is in memory, None where it is not; leaves with a gap where nothing tells."""
    loaded = seen(running.servers[model.key.server])
    if model.engine is Engine.OLLAMA:
        return find_text(model.text, loaded)
    name = listed_name(model.text)
    return next((one for one in loaded if one.name == name), None)


def entry_of(model: LocalModel, inventory: Inventory | Gap) -> Entry:
    """Return the model's entry; leaves with a gap where it is not here, since nothing of it can be measured."""
    listing = seen(seen(inventory).servers[model.key.server])
    entry = seen(held(model.text, model.engine, listing))
    if entry is None and not listing.proves_absence:
        raise Unseen(Gap(Why.NOT_LISTED, about=listing.source.value))
    if entry is None or seen(obstacle_of(entry)) is not Obstacle.NONE:
        raise Unseen(Gap(Why.NOT_HERE, about=model.label))
    return entry


def other_product(engine: Engine, server: str, contacts: Contacts | Gap) -> Product | None:
    """Return what a server is instead of Ollama, None for Ollama; leaves with a gap where that is not proven."""
    if engine is Engine.OLLAMA:
        return None
    product = seen(seen(seen(contacts).servers[server]).product)
    return None if product is Product.OLLAMA else product
