"""The healthy stack as facts, defined once: a whole survey with nothing unseen, where every check passes."""

from msgspec.structs import replace

from modelcheck.core.anatomy import Anatomies, Anatomy, CacheGroup
from modelcheck.core.asked import (
    Client,
    Clients,
    CloudModel,
    CloudModels,
    CloudProvider,
    CloudProviders,
    LocalModel,
    LocalModels,
    Server,
    Servers,
)
from modelcheck.core.cloud import (
    Answer,
    Answers,
    AnswerState,
    Key,
    Keys,
    KeyShape,
    Lifecycle,
    Lifecycles,
    Resolution,
    Resolutions,
    Stage,
    Told,
)
from modelcheck.core.exceptions import Exceptions, Marks
from modelcheck.core.facts import Fact, Facts, Place, Scope, Seen
from modelcheck.core.graphics import Gpu, Gpus, Holder, Link, Sample
from modelcheck.core.guards import Attempt, Guard, Guards
from modelcheck.core.intent import DataRule, Expectations, Limits
from modelcheck.core.lock import Lock, LockEntry
from modelcheck.core.machine import (
    CloudSwitches,
    Contact,
    Contacts,
    ContactState,
    Entry,
    HostContact,
    Inventory,
    Ledger,
    Listing,
    Loaded,
    Platform,
    Product,
    Running,
    Shape,
    Shapes,
    Source,
    Tags,
    Versions,
)
from modelcheck.core.prices import Price, Prices
from modelcheck.core.project import (
    Agent,
    Agents,
    Configuration,
    Engine,
    ModelKey,
    Provider,
    Reading,
    Reference,
    References,
    Role,
    Target,
)
from modelcheck.core.serving import (
    Container,
    Containers,
    Exposure,
    Exposures,
    Origin,
    Published,
    ServerSetup,
    ServerSetups,
    Setting,
)
from modelcheck.core.sources import AgentClass, AgentClasses, KeyFile, KeyFiles, KeyLiteral
from modelcheck.core.stores import Basis, Leftovers, LooseModels, ServerStore, Store, Stores
from modelcheck.core.together import sets_of
from modelcheck.core.ways import Way, Ways

CONFIG = "config/models_config.json"
OLLAMA = "http://127.0.0.1:11434"
TAKEN_AT = "2026-11-22T10:00:00Z"
TODAY = "2026-11-22"

LLAMA = "llama3:8b-instruct-q6_k"
CODESTRAL = "code-stral:latest"
SONNET = "claude-haiku-4-5"
MINI = "gpt-5.4-mini"


def local(model: str, line: int) -> Target:
    """A target on the Ollama server of this machine."""
    at = Place(CONFIG, line)
    return Target(f"ollama/{model}", "ollama", Engine.OLLAMA, OLLAMA, model, cloud_name=False, hosted=False, at=at)


def hosted(engine: Engine, model: str, line: int) -> Target:
    """A target at a provider."""
    name, at = engine.value, Place(CONFIG, line)
    return Target(f"{name}/{model}", name, engine, name, model, cloud_name=False, hosted=True, at=at)


PROVIDERS = (
    Provider(
        name="ollama",
        engine=Engine.OLLAMA,
        server=OLLAMA,
        address=OLLAMA,
        declared_local=True,
        hosted=False,
        key_variable=None,
        at=Place(CONFIG, 3),
        timeout_s=60.0,
        max_retries=1,
    ),
    Provider(
        name="anthropic",
        engine=Engine.ANTHROPIC,
        server="anthropic",
        address="",
        declared_local=False,
        hosted=True,
        key_variable="ANTHROPIC_API_KEY",
        at=Place(CONFIG, 4),
        timeout_s=60.0,
        max_retries=2,
    ),
    Provider(
        name="openai",
        engine=Engine.OPENAI,
        server="openai",
        address="",
        declared_local=False,
        hosted=True,
        key_variable="OPENAI_API_KEY",
        at=Place(CONFIG, 5),
        timeout_s=60.0,
        max_retries=2,
    ),
)
WRITER = Agent(
    name="writer",
    sensitive=False,
    targets=(local(LLAMA, 9), hosted(Engine.ANTHROPIC, SONNET, 10)),
    chain_declared=True,
    class_name="agents.writer.WriterAgent",
    at=Place(CONFIG, 8),
    num_ctx=4096,
    max_tokens=512,
)
CODER = Agent(
    name="coder",
    sensitive=False,
    targets=(local(CODESTRAL, 13), hosted(Engine.OPENAI, MINI, 14)),
    chain_declared=True,
    class_name=None,
    at=Place(CONFIG, 12),
    num_ctx=4096,
    max_tokens=512,
)
ARCHIVIST = Agent(
    name="archivist",
    sensitive=True,
    targets=(local(CODESTRAL, 17), local(LLAMA, 18)),
    chain_declared=True,
    class_name="agents.archivist.ArchivistAgent",
    at=Place(CONFIG, 16),
    num_ctx=4096,
    max_tokens=512,
)
LISTED = local(LLAMA, 20)
LLAMA_KEY = ModelKey(OLLAMA, LLAMA)
CODESTRAL_KEY = ModelKey(OLLAMA, CODESTRAL)

LLAMA_ENTRY = Entry(
    name=LLAMA,
    size=6_596_011_284,
    digest="2828f34cd8d598c3a58800f1858ce413a3ad31ccac24b2a251549a4d770ffee0",
    remote=False,
    family="llama",
    parameters="8.0B",
    quantisation="Q6_K",
    whole=True,
    template="8ab4849b038cf0abc5b1c9b8ee1443dca6b93a045c2272180d985126eb40bf6f",
    licence="4fa551d4f938f68b8c1e6afa9d28befb70e3f33f75d0753248d530364aeea40f",
    format="gguf",
)
CODESTRAL_ENTRY = Entry(
    name=CODESTRAL,
    size=13_341_242_368,
    digest="dc9e816b4462be6906dbe2df93e77c9bed1327b075943038ade86f6f8d3bce3f",
    remote=False,
    family="llama",
    parameters="22.2B",
    quantisation="Q4_K_M",
    whole=True,
    template="1f5c2d1b2ab64c5a1e3c0ffbfd3e1d39ad7ad0f8f0cb1d0bb6f3ad3bb5a0f0c1",
    licence="",
    format="gguf",
)
STORE = Store(
    root="~/.ollama/models",
    entries=(LLAMA_ENTRY, CODESTRAL_ENTRY),
    flaws=(),
    doubt=None,
    dangling=Leftovers(0, 0),
    partial=Leftovers(0, 0),
    free=80_000_000_000,
)
LLAMA_LOADED = Loaded(name=LLAMA, size=7_516_192_768, size_vram=7_516_192_768, context=4096)
CODESTRAL_LOADED = Loaded(name=CODESTRAL, size=14_495_514_624, size_vram=14_495_514_624, context=4096)
LLAMA_SHAPE = Shape(
    num_ctx=4096, max_context=8192, layers=32, kv_heads=8, key_length=128, value_length=128, remote=False
)
CARD = Gpu(
    index=0,
    name="NVIDIA GeForce RTX 3090",
    bus="00000000:01:00.0",
    total=25_769_803_776,
    free=3_221_225_472,
    uuid="GPU-00000000-0000-0000-0000-000000000000",
    holders=(Holder("ollama", 22_011_707_392),),
    capability="8.6",
    sample=Sample(
        utilisation=96,
        temperature=66,
        slowdown_at=93,
        power_mw=318_000,
        limit_mw=350_000,
        default_limit_mw=350_000,
        clock_mhz=1695,
        most_clock_mhz=2100,
        throttles=("power-cap",),
        link=Link(4, 4, 16, 16),
    ),
)
SETUP = ServerSetup(
    tuple(
        Setting(name, value, Origin.PROCESS)
        for name, value in {
            "OLLAMA_CONTEXT_LENGTH": "4096",
            "OLLAMA_FLASH_ATTENTION": "1",
            "OLLAMA_HOST": "127.0.0.1:11434",
            "OLLAMA_KEEP_ALIVE": "30m",
            "OLLAMA_KV_CACHE_TYPE": "f16",
            "OLLAMA_MAX_LOADED_MODELS": "2",
            "OLLAMA_NUM_PARALLEL": "1",
        }.items()
    ),
    complete=True,
    models="~/.ollama/models",
)
SERVICE = Container(
    "ollama",
    "ollama/ollama:0.32.15",
    (Published("ollama", "127.0.0.1", 11434, Place("compose.yaml", 5)),),
    (Setting("OLLAMA_KEEP_ALIVE", "30m", Origin.COMPOSE, "service ollama", Place("compose.yaml", 7)),),
    gpu=True,
    place=Place("compose.yaml", 3),
    serves=(OLLAMA,),
)
GUARD = Guard(
    proven=True,
    attempts=tuple(Attempt(route, refused=True) for route in ("POST /api/pull", "POST /api/create", "GET /api/me")),
    direct=False,
)
LLAMA_ANATOMY = Anatomy(
    architecture="llama",
    weights=6_588_000_000,
    read_per_token=6_150_000_000,
    cache=(CacheGroup(layers=32, elements=8 * (128 + 128)),),
    layers=32,
    max_context=8192,
    num_ctx=4096,
    grouped=True,
    embeds=False,
    quantisation="Q6_K",
    source="file",
)
CODESTRAL_ANATOMY = replace(
    LLAMA_ANATOMY,
    weights=13_330_000_000,
    read_per_token=13_200_000_000,
    cache=(CacheGroup(layers=56, elements=8 * (128 + 128)),),
    layers=56,
    max_context=32768,
    quantisation="Q4_K_M",
)


def locked(key: ModelKey, entry: Entry) -> LockEntry:
    """A line of a lock that was written from this entry."""
    return LockEntry(key, entry.digest, entry.size, entry.remote, entry.template, entry.licence)


def client(section: Provider) -> Client:
    """What sends requests to a section."""
    return Client(section.name, section.engine, section.route, section.timeout_s, section.max_retries, section.at)


def references(*agents: Agent) -> References:
    """What agents name, and the one model that a provider lists."""
    named = [
        Reference(target, Role.FALLBACK if index else Role.PRIMARY, agent.name)
        for agent in agents
        for index, target in enumerate(agent.targets)
    ]
    return References((*named, Reference(LISTED, Role.LISTED, None)))


def held(*entries: Entry) -> tuple[Tags, Inventory]:
    """What the server holds, as it says and as the inventory has it."""
    listing = Listing(Source.SERVER, proves_absence=True, entries=entries)
    return Tags(Seen.of({OLLAMA: entries})), Inventory(Seen.of({OLLAMA: listing}), loose=())


def running(*loaded: Loaded) -> Running:
    """What the server holds in memory."""
    return Running(Seen.of({OLLAMA: loaded}))


CONFIGURATION = Configuration(CONFIG, Reading.READ, (), PROVIDERS, 3, (LISTED,), ())
MODELS = LocalModels(
    (
        LocalModel(LLAMA_KEY, Engine.OLLAMA, LLAMA, primary=True, places=(Place(CONFIG, 9), Place(CONFIG, 18))),
        LocalModel(CODESTRAL_KEY, Engine.OLLAMA, CODESTRAL, primary=True, places=(Place(CONFIG, 13),)),
    )
)
EXPECTATIONS = Expectations(
    concurrency=1,
    prompt_typical=800,
    prompt_max=3000,
    context=4096,
    device="0",
    ttft_s=2.0,
    response_s=30.0,
    together=((LLAMA, CODESTRAL),),
    requests_per_minute=20,
    ids="floating",
    limits=(Limits("anthropic", 50, 30_000, 8_000), Limits("openai", 500, 200_000, 200_000)),
    data=(DataRule("anthropic", "no personal data"), DataRule("openai", "no personal data")),
    naming="*:*",
    at=Place("modelcheck.yaml"),
)
PROJECT: tuple[Fact, ...] = (
    CONFIGURATION,
    Agents((WRITER, CODER, ARCHIVIST)),
    references(WRITER, CODER, ARCHIVIST),
    MODELS,
    Servers((Server(OLLAMA, Engine.OLLAMA, OLLAMA, Place(CONFIG, 3)),)),
    Clients(tuple(client(section) for section in PROVIDERS)),
    CloudProviders(
        (
            CloudProvider("anthropic", Engine.ANTHROPIC, "anthropic", "", "ANTHROPIC_API_KEY", Place(CONFIG, 4)),
            CloudProvider("openai", Engine.OPENAI, "openai", "", "OPENAI_API_KEY", Place(CONFIG, 5)),
        )
    ),
    CloudModels(
        (
            CloudModel(ModelKey("anthropic", SONNET), Engine.ANTHROPIC, (Place(CONFIG, 10),)),
            CloudModel(ModelKey("openai", MINI), Engine.OPENAI, (Place(CONFIG, 14),)),
        )
    ),
    KeyFiles(
        (
            KeyFile(CONFIG, is_env=False, literals=(), tracked=True, ignored=False),
            KeyFile(".env", is_env=True, literals=(KeyLiteral(1, "anthropic"),), tracked=False, ignored=True),
        )
    ),
    AgentClasses(
        (
            AgentClass("agents.writer.WriterAgent", (), None, Place("agents/writer.py", 4)),
            AgentClass("agents.archivist.ArchivistAgent", (), None, Place("agents/archivist.py", 5)),
        )
    ),
    Lock(
        "models.lock",
        "2026-11-20",
        (
            locked(LLAMA_KEY, LLAMA_ENTRY),
            locked(CODESTRAL_KEY, CODESTRAL_ENTRY),
        ),
    ),
    EXPECTATIONS,
    sets_of(MODELS, EXPECTATIONS),
    Containers((SERVICE,)),
    Exceptions(),
    Marks(),
)
MACHINE: tuple[Fact, ...] = (
    Contacts(Seen.of({OLLAMA: Contact(ContactState.ANSWERED, product=Product.OLLAMA)})),
    Versions(Seen.of({OLLAMA: "0.32.15"})),
    CloudSwitches(Seen.of({OLLAMA: True})),
    Stores(Seen.of({OLLAMA: ServerStore(STORE, Basis.LIST)})),
    LooseModels(()),
    running(LLAMA_LOADED, CODESTRAL_LOADED),
    Shapes(Seen.of({LLAMA_KEY: LLAMA_SHAPE, CODESTRAL_KEY: replace(LLAMA_SHAPE, max_context=32768, layers=56)})),
    Gpus("580.95.05", (CARD,)),
    Platform("Linux", desktop=False, graphics="nvidia", memory=64 << 30),
    ServerSetups(Seen.of({OLLAMA: SETUP})),
    Exposures(Seen.of({OLLAMA: Exposure(("loopback",), None, public=False, answers_pages=False)})),
    Guards(Seen.of({OLLAMA: GUARD})),
    Anatomies(Seen.of({LLAMA_KEY: LLAMA_ANATOMY, CODESTRAL_KEY: CODESTRAL_ANATOMY})),
    Ledger(contacts=(HostContact("127.0.0.1:11434", "GET", 4), HostContact("api.openai.com", "GET", 1))),
    *held(LLAMA_ENTRY, CODESTRAL_ENTRY),
)
CLOUD: tuple[Fact, ...] = (
    Keys(
        Seen.of(
            {
                "anthropic": Key("ANTHROPIC_API_KEY", "environment", KeyShape.PLAUSIBLE),
                "openai": Key("OPENAI_API_KEY", ".env", KeyShape.PLAUSIBLE),
            }
        )
    ),
    Answers(Seen.of({"anthropic": Answer(AnswerState.ACCEPTED, 200), "openai": Answer(AnswerState.ACCEPTED, 200)})),
    Resolutions(Seen.of({ModelKey("anthropic", SONNET): Resolution.FOUND, ModelKey("openai", MINI): Resolution.FOUND})),
    Lifecycles(
        Seen.of(
            {
                ModelKey("anthropic", SONNET): Lifecycle(Stage.ACTIVE, None, Told.API),
                ModelKey("openai", MINI): Lifecycle(Stage.ACTIVE, None, Told.API),
            }
        )
    ),
    Ways(Seen.of({"anthropic": Way(official=True, given=False), "openai": Way(official=True, given=False)})),
    Prices(
        Seen.of(
            {
                ModelKey("anthropic", SONNET): Price("3", "15", "0.3", "genai-prices 0.2.3", "2026-11-09"),
                ModelKey("openai", MINI): Price("0.25", "2", "0.025", "genai-prices 0.2.3", "2026-11-09"),
            }
        )
    ),
)
HEALTHY = Facts(
    {type(fact): fact for fact in (*PROJECT, *MACHINE, *CLOUD)},
    {Scope.PROJECT: TAKEN_AT, Scope.MACHINE: TAKEN_AT, Scope.PROVIDERS: TAKEN_AT},
    subject="healthy-project",
)
