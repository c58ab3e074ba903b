"""What goes wrong with servers that speak OpenAI's API, and with several servers in one project."""

from dataclasses import dataclass

import healthy_facts as well
from msgspec.structs import replace

from modelcheck.core.asked import LocalModel, LocalModels, Server, Servers
from modelcheck.core.facts import Facts, Place, Seen
from modelcheck.core.gap import NOT_RECORDED, Gap, Why
from modelcheck.core.machine import (
    Contact,
    Contacts,
    ContactState,
    Entry,
    Inventory,
    Listing,
    Loaded,
    Product,
    Running,
    Source,
    Tags,
    Versions,
)
from modelcheck.core.project import Engine, ModelKey, Reference, References, Role, Target

SILENT = Gap(Why.NOT_ANSWERED, about="planted")
UNTOLD = Gap(Why.NOT_UNDERSTOOD, about="planted")


@dataclass(frozen=True)
class Planted:
    """One more server of the project: the model that is asked from it, and what was seen of it."""

    port: int
    model: str
    contact: Contact
    entries: tuple[Entry, ...] | Gap = SILENT
    version: str | Gap = NOT_RECORDED

    @property
    def id(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def at(self) -> Place:
        return Place(well.CONFIG, self.port)

    @property
    def listing(self) -> Listing | Gap:
        if isinstance(self.entries, Gap):
            return self.entries
        return Listing(Source.SERVER, proves_absence=True, entries=self.entries, product=self.contact.product)

    @property
    def loaded(self) -> tuple[Loaded, ...] | Gap:
        if isinstance(self.entries, Gap):
            return self.entries
        return tuple(Loaded(entry.name, NOT_RECORDED, NOT_RECORDED, 4096) for entry in self.entries)

    @property
    def target(self) -> Target:
        engine = Engine.OPENAI_LOCAL
        return Target(self.model, "local", engine, self.id, self.model, cloud_name=False, hosted=False, at=self.at)


def answered(product: Product | Gap) -> Contact:
    return Contact(ContactState.ANSWERED, product=product)


def beside_the_healthy(*planted: Planted) -> Facts:
    """The healthy stack with more servers, each asked for one model by a provider's list."""
    facts = well.HEALTHY
    contacts, versions, tags, running = (facts.get(kind) for kind in (Contacts, Versions, Tags, Running))
    servers, models, named, inventory = (facts.get(kind) for kind in (Servers, LocalModels, References, Inventory))
    assert isinstance(contacts, Contacts)
    assert isinstance(versions, Versions)
    assert isinstance(tags, Tags)
    assert isinstance(running, Running)
    assert isinstance(servers, Servers)
    assert isinstance(models, LocalModels)
    assert isinstance(named, References)
    assert isinstance(inventory, Inventory)
    changed = (
        Contacts(Seen((*contacts.servers.pairs, *((one.id, one.contact) for one in planted)))),
        Versions(Seen((*versions.servers.pairs, *((one.id, one.version) for one in planted)))),
        Tags(Seen((*tags.servers.pairs, *((one.id, one.entries) for one in planted)))),
        Running(Seen((*running.servers.pairs, *((one.id, one.loaded) for one in planted)))),
        replace(inventory, servers=Seen((*inventory.servers.pairs, *((one.id, one.listing) for one in planted)))),
        Servers((*servers.servers, *(Server(one.id, Engine.OPENAI_LOCAL, one.id, one.at) for one in planted))),
        LocalModels((*models.models, *(_model(one) for one in planted))),
        References((*named.references, *(Reference(one.target, Role.LISTED, None) for one in planted))),
    )
    return facts.merged({type(fact): fact for fact in changed})


def _model(one: Planted) -> LocalModel:
    key = ModelKey(one.id, one.model)
    return LocalModel(key, Engine.OPENAI_LOCAL, one.model, primary=False, places=(one.at,))


QWEN = Entry("Qwen/Qwen3-8B", remote=False)
GEMMA = Entry("gemma-3-4b", remote=False, family="gemma3", quantisation="Q4_K_M", aliases=("google/gemma-3-4b",))


def compatible_servers() -> Facts:
    """Every product, and all that can be wrong where one answered: of two the model is here."""
    return beside_the_healthy(
        Planted(8000, "Qwen/Qwen3-8B", answered(Product.VLLM), (QWEN,), "0.11.0"),
        Planted(1234, "google/gemma-3-4b", answered(Product.LM_STUDIO), (GEMMA,)),
        Planted(8080, "gpt-4", answered(Product.LLAMA_CPP), (Entry("phi-4.gguf", remote=False),), "b7500"),
        Planted(8081, "phi-5", answered(Product.LLAMA_ROUTER), (Entry("gemma", remote=False),), "b7500"),
        Planted(11435, well.LLAMA, answered(Product.OLLAMA), (Entry("glm:latest", remote=True),), "0.20.0"),
    )


def alike_servers() -> Facts:
    """A model of the same line is on its server, and of one server a cloud name is asked."""
    return beside_the_healthy(
        Planted(8000, "Qwen/Qwen3-14B", answered(Product.VLLM), (QWEN,), "0.11.0"),
        Planted(11435, "glm:cloud", answered(Product.OLLAMA), (), "0.32.15"),
    )


def silent_servers() -> Facts:
    """None shows what it holds: one asks for a key, one is another thing, one refuses, one hangs."""
    return beside_the_healthy(
        Planted(8000, "a", Contact(ContactState.NOT_OLLAMA, "/v1/models: HTTP 401", needs_key=True)),
        Planted(8001, "b", Contact(ContactState.NOT_OLLAMA, "/v1/models: text/html")),
        Planted(8002, "c", Contact(ContactState.REFUSED, "/v1/models")),
        Planted(8003, "d", Contact(ContactState.TIMED_OUT, "/v1/models: 5 s")),
    )


def unknown_software() -> Facts:
    """Servers that list names, and may pass requests on to anywhere."""
    return beside_the_healthy(
        Planted(4000, "gpt-4o", answered(UNTOLD), (Entry("gpt-4o", remote=UNTOLD),)),
        Planted(4001, "gpt-4o", answered(UNTOLD), ()),
    )


WRONG = (compatible_servers, alike_servers, silent_servers, unknown_software)
