"""What goes wrong with memory, context and serving: the settings of the server, the cards, and what is declared."""

import healthy_facts as well
from msgspec.structs import replace

from modelcheck.core.anatomy import Anatomies, Anatomy, CacheGroup
from modelcheck.core.asked import LocalModels, Server, Servers
from modelcheck.core.facts import Fact, Facts, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpu, Gpus, Holder
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Platform, Versions
from modelcheck.core.project import Agent, Agents, Engine, ModelKey
from modelcheck.core.serving import Origin, ServerSetup, ServerSetups, Setting
from modelcheck.core.together import sets_of

OLLAMA = well.OLLAMA
UNIT = Place("deploy/ollama.service", 7)


def but(*facts: Fact) -> Facts:
    """The healthy facts with some exchanged."""
    return well.HEALTHY.merged({type(fact): fact for fact in facts})


def setup(*, complete: bool = True, origin: Origin = Origin.PROCESS, **variables: str) -> ServerSetups:
    """The healthy settings with some variables of Ollama exchanged."""
    kept = {one.name: one.value for one in well.SETUP.settings}
    values = kept | {f"OLLAMA_{name}": value for name, value in variables.items()}
    settings = tuple(Setting(name, value, origin, place=UNIT) for name, value in values.items())
    return ServerSetups(Seen[str, ServerSetup].of({OLLAMA: ServerSetup(settings, complete)}))


def expecting(expectations: Expectations) -> list[Fact]:
    """What is declared, and the sets that come of it."""
    return [expectations, sets_of(well.MODELS, expectations)]


def made(llama: Anatomy = well.LLAMA_ANATOMY, codestral: Anatomy = well.CODESTRAL_ANATOMY) -> Anatomies:
    """What the two models are made of."""
    return Anatomies(Seen[ModelKey, Anatomy].of({well.LLAMA_KEY: llama, well.CODESTRAL_KEY: codestral}))


def cards(*cards: Gpu) -> Gpus:
    """These cards."""
    return Gpus("580.95.05", cards)


def card(free: int, index: int = 0, *holders: Holder, wddm: bool | None = None) -> Gpu:
    """A card with so much free memory, and who holds the rest."""
    return replace(well.CARD, index=index, free=free, holders=holders, wddm=wddm)


EMPTY = cards(card(25_000_000_000))
"""The card with nothing on it."""


def full_card() -> Facts:
    """Somebody else holds most of the card."""
    others = (Holder("python", 15_000_000_000), Holder("blender", 3_000_000_000), Holder("ollama", 500_000_000))
    return but(well.running(), cards(card(5_000_000_000, 0, *others)))


def full_windows_card() -> Facts:
    """The card is full, and Windows does not tell of whom."""
    return but(well.running(), cards(card(5_000_000_000, wddm=True)), Platform("Windows", desktop=True))


def spread_over_two() -> Facts:
    """Each card is too small for one of the models, and together they have room for both."""
    small = (card(12_000_000_000, 0), card(12_500_000_000, 1))
    return but(well.running(), cards(*small))


def mac(*facts: Fact) -> Facts:
    """Apple silicon with 24 GiB, where no driver of NVIDIA tells anything."""
    machine = Platform("Darwin", desktop=True, graphics="apple", memory=24 << 30)
    no_driver = Gap(Why.NOT_THERE, about="the NVIDIA driver")
    return but(machine, *facts).merged({Gpus: no_driver})


def small_mac() -> Facts:
    """A Mac with memory for one of the models."""
    return mac(well.running())


def busy_mac() -> Facts:
    """A Mac that holds more than it is thought to have room for."""
    return mac()


def many_slots() -> Facts:
    """Eight slots make the cache of each model eight times as large; one of the models takes but one."""
    single = replace(well.LLAMA_ANATOMY, architecture="qwen3next", state=50_000_000)
    windowed = (CacheGroup(layers=28, elements=2048, window=512), CacheGroup(layers=28, elements=2048))
    both = made(single, replace(well.CODESTRAL_ANATOMY, cache=windowed))
    return but(setup(NUM_PARALLEL="8"), well.running(), both, EMPTY)


def short_context() -> Facts:
    """The server serves less context than is declared, and one of the models was made for less."""
    declared = replace(well.EXPECTATIONS, context=16_384, prompt_max=12_000)
    return but(*expecting(declared), well.running(), EMPTY, setup(CONTEXT_LENGTH="8192"), made(*unset()))


def default_context() -> Facts:
    """Nobody sets a context, so that the cards decide."""
    return but(well.running(), EMPTY, setup(CONTEXT_LENGTH="0"), made(*unset()))


def unset() -> tuple[Anatomy, Anatomy]:
    """The two models without a context of their own."""
    return replace(well.LLAMA_ANATOMY, num_ctx=None), replace(well.CODESTRAL_ANATOMY, num_ctx=None)


def beyond_model() -> Facts:
    """A model is set to more context than it was made for."""
    return but(well.running(), EMPTY, made(replace(well.LLAMA_ANATOMY, num_ctx=65_536)))


def undeclared() -> Facts:
    """The project declares nothing of what it intends."""
    return but(*expecting(Expectations()))


def coarse_cache() -> Facts:
    """The cache is quantised to four bits, and flash attention is left to the version."""
    setups = setup(KV_CACHE_TYPE="Q4_0", FLASH_ATTENTION="")
    return but(setups, made(codestral=replace(well.CODESTRAL_ANATOMY, grouped=False)), well.running(), EMPTY)


def old_coarse_cache() -> Facts:
    """The same on a version that uses flash attention for some models alone."""
    return but(setup(KV_CACHE_TYPE="q8_0", FLASH_ATTENTION=""), Versions(Seen[str, str].of({OLLAMA: "0.24.0"})))


def unusable_cache() -> Facts:
    """A quantised cache needs what is turned off."""
    return but(setup(KV_CACHE_TYPE="q8_0", FLASH_ATTENTION="false"))


def mistyped_cache() -> Facts:
    """There is no such type of cache."""
    return but(setup(KV_CACHE_TYPE="q8"))


def crowd() -> Facts:
    """Twenty requests come at a time to one slot."""
    return but(*expecting(replace(well.EXPECTATIONS, concurrency=20)))


def some_wait() -> Facts:
    """Three requests come at a time to one slot, and clients wait for a minute."""
    return but(*expecting(replace(well.EXPECTATIONS, concurrency=3, response_s=10.0)))


def some_give_up() -> Facts:
    """Three requests come at a time to one slot, and the last waits longer than its client does."""
    return but(*expecting(replace(well.EXPECTATIONS, concurrency=3)))


def some_refused() -> Facts:
    """Four requests come at a time to two slots, and one may wait."""
    setups = setup(NUM_PARALLEL="2", MAX_QUEUE="1")
    return but(*expecting(replace(well.EXPECTATIONS, concurrency=4)), setups)


def one_loaded() -> Facts:
    """The server keeps one model, and two are used together."""
    free = cards(card(17_500_000_000))
    return but(setup(MAX_LOADED_MODELS="1"), well.running(well.LLAMA_LOADED), free)


def agents(writer: Agent = well.WRITER, coder: Agent = well.CODER) -> Agents:
    """The agents, some of them exchanged."""
    return Agents((writer, coder, well.ARCHIVIST))


def not_kept() -> Facts:
    """An agent has its model unloaded at once, and the server does so after a minute."""
    return but(agents(replace(well.WRITER, keep_alive="0")), setup(KEEP_ALIVE="1m"))


def kept_briefly() -> Facts:
    """Nothing is declared to run together; one agent keeps its model for a minute, another for ever."""
    declared = replace(well.EXPECTATIONS, together=())
    writer, coder = replace(well.WRITER, keep_alive="60s"), replace(well.CODER, keep_alive="-1")
    return but(*expecting(declared), agents(writer, coder))


def half_set() -> Facts:
    """What is used together was never tried in turn, and what is concurrent was not declared."""
    declared = replace(well.EXPECTATIONS, together=(), concurrency=2)
    return but(*expecting(declared), well.running(), EMPTY)


def strange_set() -> Facts:
    """A set names a model that the project does not have."""
    return but(*expecting(replace(well.EXPECTATIONS, together=((well.LLAMA, "mistral:7b"),))))


def unseen_settings() -> Facts:
    """How the server is set up was not seen, but for what its unit would give it; nothing is loaded."""
    return but(setup(complete=False, origin=Origin.SERVICE), well.running(), EMPTY)


def unseen_anatomy() -> Facts:
    """What the models are made of was not seen."""
    unread = Gap(Why.UNREADABLE, about="blob")
    missing: dict[ModelKey, Anatomy | Gap] = {well.LLAMA_KEY: unread, well.CODESTRAL_KEY: unread}
    return but(Anatomies(Seen[ModelKey, Anatomy].of(missing)), EMPTY, well.running())


def other_engine() -> Facts:
    """The models are served by another engine than Ollama."""
    models = LocalModels(tuple(replace(model, engine=Engine.OPENAI_LOCAL) for model in well.MODELS.models))
    servers = Servers((Server(OLLAMA, Engine.OPENAI_LOCAL, OLLAMA, Place(well.CONFIG, 3)),))
    return but(models, servers, sets_of(models, well.EXPECTATIONS))


WRONG = (
    full_card,
    full_windows_card,
    spread_over_two,
    small_mac,
    busy_mac,
    many_slots,
    short_context,
    default_context,
    beyond_model,
    undeclared,
    coarse_cache,
    old_coarse_cache,
    unusable_cache,
    mistyped_cache,
    crowd,
    some_wait,
    some_give_up,
    some_refused,
    one_loaded,
    not_kept,
    kept_briefly,
    half_set,
    strange_set,
    unseen_settings,
    unseen_anatomy,
    other_engine,
)
