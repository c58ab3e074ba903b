"""One model on one server and one card, as facts: what the tables of memory, context and serving start from."""

from collections.abc import Mapping

from msgspec.structs import replace

from modelcheck.core.anatomy import Anatomies, Anatomy, CacheGroup
from modelcheck.core.asked import LocalModel, LocalModels, Server, Servers
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpu, Gpus, Holder
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import (
    Contact,
    Contacts,
    ContactState,
    Entry,
    Inventory,
    Listing,
    Loaded,
    Platform,
    Product,
    Running,
    Source,
    Versions,
)
from modelcheck.core.project import Agent, Agents, Configuration, Engine, ModelKey, Provider, Reading, Route, Target
from modelcheck.core.serving import Origin, ServerSetup, ServerSetups, Setting
from modelcheck.core.together import sets_of

GIB = 1 << 30
GAP = Gap(Why.UNREADABLE, about="planted")
ONE = "http://127.0.0.1:11434"
HERE = Place("config/models_config.json", 3)
UNIT = Place("deploy/ollama.service", 7)
LINUX, WINDOWS = Platform("Linux", desktop=False), Platform("Windows", desktop=True)
MAC = Platform("Darwin", desktop=True, graphics="apple", memory=32 * GIB)
# 6 GiB of weights; 4,096 tokens x 32 layers x 8 heads x (128 + 128) x 2 bytes: half a GiB of cache.
MADE = Anatomy(
    architecture="llama",
    weights=6 * GIB,
    cache=(CacheGroup(layers=32, elements=2048),),
    max_context=32_768,
    num_ctx=4096,
    grouped=True,
    embeds=False,
)


def models(*texts: str, primary: bool = True, engine: Engine = Engine.OLLAMA, server: str = ONE) -> LocalModels:
    """Models of these names."""
    return LocalModels(tuple(model(text, primary=primary, engine=engine, server=server) for text in texts))


def model(text: str, *, primary: bool = True, engine: Engine = Engine.OLLAMA, server: str = ONE) -> LocalModel:
    return LocalModel(ModelKey(server, f"{text}:latest"), engine, text, primary=primary, places=(HERE,))


def named(found: LocalModels, expectations: Expectations = Expectations()) -> tuple[Fact, ...]:  # noqa: B008 - frozen
    """The models, what is declared of them, and the sets that come of it."""
    return found, expectations, sets_of(found, expectations)


def servers(*engines: Engine) -> Servers:
    return Servers(
        tuple(Server(ONE if not index else f"{ONE}{index}", one, ONE, HERE) for index, one in enumerate(engines))
    )


def contacts(product: Product | Gap) -> Contacts:
    return Contacts(Seen.of({ONE: Contact(ContactState.ANSWERED, product=product)}))


def loaded(
    name: str = "qwen:latest", size: int | Gap = 8 * GIB, on_card: int | Gap = 8 * GIB, context: int | Gap = 4096
) -> Loaded:
    return Loaded(name, size, on_card, context)


def running(*found: Loaded) -> Running:
    return Running(Seen.of({ONE: found}))


def holding(*entries: Entry, source: Source = Source.SERVER) -> Inventory:
    return Inventory(Seen.of({ONE: Listing(source, source is not Source.STORE, entries)}))


def entry(name: str = "qwen:latest", *, remote: bool | Gap = False, whole: bool | Gap | None = None) -> Entry:
    return Entry(name, remote=remote, whole=whole)


def made(**found: Anatomy | Gap) -> Anatomies:
    return Anatomies(
        Seen[ModelKey, Anatomy].of({ModelKey(ONE, f"{name}:latest"): anatomy for name, anatomy in found.items()})
    )


def setups(**variables: str) -> ServerSetups:
    """The settings of the server, all of them seen."""
    return _set_up(variables, complete=True)


def partly(**variables: str) -> ServerSetups:
    """Some settings of the server, which may have others."""
    return _set_up(variables, complete=False)


def _set_up(variables: Mapping[str, str], *, complete: bool) -> ServerSetups:
    settings = (Setting(f"OLLAMA_{name}", value, Origin.PROCESS, place=UNIT) for name, value in variables.items())
    return ServerSetups(Seen.of({ONE: ServerSetup(tuple(settings), complete)}))


def unset_up() -> ServerSetups:
    return ServerSetups(Seen[str, ServerSetup].of({ONE: GAP}))


def cards(*free: int | Gap, holders: tuple[Holder, ...] | Gap = (), wddm: bool | None = None) -> Gpus:
    found = (
        Gpu(index, "RTX 3090", "01:00.0", 24 * GIB, amount, holders=holders, wddm=wddm)
        for index, amount in enumerate(free)
    )
    return Gpus("580", tuple(found))


def agent(
    name: str = "writer",
    *texts: str,
    max_tokens: int | Gap | None = None,
    keep_alive: str | None = None,
    num_ctx: int | Gap | None = None,
    route: Route = Route.NATIVE,
) -> Agent:
    """An agent that asks for these models, `qwen` where none is given."""
    targets = (
        Target(text, "ollama", Engine.OLLAMA, ONE, text, cloud_name=False, hosted=False, at=HERE, route=route)
        for text in texts or ("qwen",)
    )
    at = Place("config/models_config.json", 9)
    return Agent(
        name,
        sensitive=False,
        targets=tuple(targets),
        chain_declared=False,
        class_name=None,
        at=at,
        num_ctx=num_ctx,
        max_tokens=max_tokens,
        keep_alive=keep_alive,
    )


def configured(timeout_s: float | Gap | None = 60.0) -> Configuration:
    at = Place("config/models_config.json", 2)
    provider = Provider("ollama", Engine.OLLAMA, ONE, ONE, True, False, None, at, timeout_s=timeout_s)
    elsewhere = replace(provider, name="lab", server="lab", timeout_s=1.0)
    return Configuration("config/models_config.json", Reading.READ, (), (elsewhere, provider), 1, (), ())


def stack(*changes: Fact, without: tuple[type[Fact], ...] = ()) -> tuple[Fact, ...]:
    """The healthy facts with some exchanged and some not seen: 6.5 GiB and what it computes with, of 20 GiB free."""
    facts: tuple[Fact, ...] = (
        *named(models("qwen")),
        servers(Engine.OLLAMA),
        Agents((agent(),)),
        configured(),
        holding(entry()),
        running(),
        made(qwen=MADE),
        setups(),
        cards(20 * GIB),
        LINUX,
        Versions(Seen.of({ONE: "0.32.15"})),
    )
    found: dict[type[Fact], Fact] = {type(fact): fact for fact in (*facts, *changes)}
    return tuple(fact for kind, fact in found.items() if kind not in without)
