"""The healthy stack as facts, defined once, and what goes wrong with it: each a whole survey with nothing unseen.

Tests load this file by its path: they are no package.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from modelcheck.core.cloud import Answer, Answers, AnswerState, Key, Keys, KeyShape, Resolution, Resolutions
from modelcheck.core.facts import Fact, Facts, Place, Scope, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import (
    CloudSwitches,
    Contact,
    Contacts,
    ContactState,
    Entry,
    Gpu,
    Gpus,
    HostContact,
    Inventory,
    Ledger,
    Listing,
    Loaded,
    LooseModels,
    Platform,
    Running,
    Shape,
    Shapes,
    Source,
    Store,
    Tags,
    Versions,
)
from modelcheck.core.project import (
    Agent,
    AgentClass,
    AgentClasses,
    Agents,
    ClassFault,
    CloudModel,
    CloudModels,
    CloudProvider,
    CloudProviders,
    Configuration,
    Engine,
    Expectations,
    KeyFile,
    KeyFiles,
    KeyLiteral,
    LocalModel,
    LocalModels,
    Lock,
    LockEntry,
    ModelKey,
    Problem,
    Provider,
    Reading,
    Reference,
    References,
    Role,
    Server,
    Servers,
    Target,
)

CONFIG = "config/models_config.json"
OLLAMA = "http://127.0.0.1:11434"
TAKEN_AT = "2026-11-22T10:00:00Z"
TODAY = "2026-11-22"

LLAMA = "llama3:8b-instruct-q6_k"
CODESTRAL = "code-stral:latest"
SONNET = "claude-sonnet-4-5"
MINI = "gpt-5-mini"


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
    ),
)
WRITER = Agent(
    name="writer",
    sensitive=False,
    targets=(local(LLAMA, 9), hosted(Engine.ANTHROPIC, SONNET, 10)),
    chain_declared=True,
    class_name="agents.writer.WriterAgent",
    at=Place(CONFIG, 8),
)
CODER = Agent(
    name="coder",
    sensitive=False,
    targets=(local(CODESTRAL, 13), hosted(Engine.OPENAI, MINI, 14)),
    chain_declared=True,
    class_name=None,
    at=Place(CONFIG, 12),
)
ARCHIVIST = Agent(
    name="archivist",
    sensitive=True,
    targets=(local(CODESTRAL, 17), local(LLAMA, 18)),
    chain_declared=True,
    class_name="agents.archivist.ArchivistAgent",
    at=Place(CONFIG, 16),
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
)
LLAMA_LOADED = Loaded(name=LLAMA, size=7_516_192_768, size_vram=7_516_192_768, context=4096)
CODESTRAL_LOADED = Loaded(name=CODESTRAL, size=14_495_514_624, size_vram=14_495_514_624, context=4096)
CARD = Gpu(
    index=0,
    name="NVIDIA GeForce RTX 3090",
    bus="00000000:01:00.0",
    total=25_769_803_776,
    free=3_221_225_472,
    uuid="GPU-00000000-0000-0000-0000-000000000000",
)


def references(*agents: Agent) -> References:
    """What agents name, and the one model that a provider lists."""
    named = [
        Reference(target, Role.FALLBACK if index else Role.PRIMARY, agent.name)
        for agent in agents
        for index, target in enumerate(agent.targets)
    ]
    return References((*named, Reference(LISTED, Role.LISTED, None)))


def entries(*held: Entry) -> dict[type[Fact], Fact]:
    """The facts that say what the server holds."""
    return {
        Tags: Tags(Seen.of({OLLAMA: held})),
        Inventory: Inventory(Seen.of({OLLAMA: Listing(Source.SERVER, proves_absence=True, entries=held)}), loose=()),
    }


def running(*loaded: Loaded) -> Running:
    """What the server holds in memory."""
    return Running(Seen.of({OLLAMA: loaded}))


PROJECT: dict[type[Fact], Fact] = {
    Configuration: Configuration(
        path=CONFIG,
        reading=Reading.READ,
        missing_sections=(),
        providers=PROVIDERS,
        agent_count=3,
        listed=(LISTED,),
        problems=(),
    ),
    Agents: Agents((WRITER, CODER, ARCHIVIST)),
    References: references(WRITER, CODER, ARCHIVIST),
    LocalModels: LocalModels(
        (
            LocalModel(LLAMA_KEY, Engine.OLLAMA, LLAMA, primary=True, places=(Place(CONFIG, 9), Place(CONFIG, 18))),
            LocalModel(CODESTRAL_KEY, Engine.OLLAMA, CODESTRAL, primary=True, places=(Place(CONFIG, 13),)),
        )
    ),
    Servers: Servers((Server(OLLAMA, Engine.OLLAMA, OLLAMA, Place(CONFIG, 3)),)),
    CloudProviders: CloudProviders(
        (
            CloudProvider("anthropic", Engine.ANTHROPIC, "anthropic", "", "ANTHROPIC_API_KEY", Place(CONFIG, 4)),
            CloudProvider("openai", Engine.OPENAI, "openai", "", "OPENAI_API_KEY", Place(CONFIG, 5)),
        )
    ),
    CloudModels: CloudModels(
        (
            CloudModel(ModelKey("anthropic", SONNET), Engine.ANTHROPIC, (Place(CONFIG, 10),)),
            CloudModel(ModelKey("openai", MINI), Engine.OPENAI, (Place(CONFIG, 14),)),
        )
    ),
    KeyFiles: KeyFiles(
        (
            KeyFile(CONFIG, is_env=False, literals=(), tracked=True, ignored=False),
            KeyFile(".env", is_env=True, literals=(KeyLiteral(1, "anthropic"),), tracked=False, ignored=True),
        )
    ),
    AgentClasses: AgentClasses(
        (
            AgentClass("agents.writer.WriterAgent", (), None, Place("agents/writer.py", 4)),
            AgentClass("agents.archivist.ArchivistAgent", (), None, Place("agents/archivist.py", 5)),
        )
    ),
    Lock: Lock(
        "models.lock",
        "2026-11-20",
        (
            LockEntry(LLAMA_KEY, LLAMA_ENTRY.digest, LLAMA_ENTRY.size, remote=False),
            LockEntry(CODESTRAL_KEY, CODESTRAL_ENTRY.digest, CODESTRAL_ENTRY.size, remote=False),
        ),
    ),
    Expectations: Expectations(reserve_bytes=None),
}
MACHINE: dict[type[Fact], Fact] = {
    Contacts: Contacts(Seen.of({OLLAMA: Contact(ContactState.ANSWERED)})),
    Versions: Versions(Seen.of({OLLAMA: "0.32.15"})),
    CloudSwitches: CloudSwitches(Seen.of({OLLAMA: True})),
    Store: Store("~/.ollama/models", (LLAMA_ENTRY, CODESTRAL_ENTRY)),
    LooseModels: LooseModels("~/models", ()),
    Running: running(LLAMA_LOADED, CODESTRAL_LOADED),
    Shapes: Shapes(
        Seen.of(
            {
                LLAMA_KEY: Shape(4096, 8192, layers=32, kv_heads=8, key_length=128, value_length=128, remote=False),
                CODESTRAL_KEY: Shape(
                    4096, 32768, layers=56, kv_heads=8, key_length=128, value_length=128, remote=False
                ),
            }
        )
    ),
    Gpus: Gpus("580.95.05", (CARD,)),
    Platform: Platform("Linux", desktop=False),
    Ledger: Ledger(contacts=(HostContact("127.0.0.1:11434", "GET", 4), HostContact("api.openai.com", "GET", 1))),
    **entries(LLAMA_ENTRY, CODESTRAL_ENTRY),
}
CLOUD: dict[type[Fact], Fact] = {
    Keys: Keys(
        Seen.of(
            {
                "anthropic": Key("ANTHROPIC_API_KEY", "environment", KeyShape.PLAUSIBLE),
                "openai": Key("OPENAI_API_KEY", ".env", KeyShape.PLAUSIBLE),
            }
        )
    ),
    Answers: Answers(
        Seen.of({"anthropic": Answer(AnswerState.ACCEPTED, 200), "openai": Answer(AnswerState.ACCEPTED, 200)})
    ),
    Resolutions: Resolutions(
        Seen.of({ModelKey("anthropic", SONNET): Resolution.FOUND, ModelKey("openai", MINI): Resolution.FOUND})
    ),
}
HEALTHY = Facts(
    {**PROJECT, **MACHINE, **CLOUD},
    {Scope.PROJECT: TAKEN_AT, Scope.MACHINE: TAKEN_AT, Scope.PROVIDERS: TAKEN_AT},
    subject="healthy-project",
)


def missing_model() -> Facts:
    """One primary is not here; another model of its line is, and a file that no server has registered."""
    held = entries(LLAMA_ENTRY, replace(CODESTRAL_ENTRY, name="mistral:7b"))
    here = held[Inventory]
    assert isinstance(here, Inventory)
    loose = (replace(CODESTRAL_ENTRY, name="codestral-22b", whole=None),)
    return HEALTHY.merged({**held, Inventory: replace(here, loose=loose), Running: running(LLAMA_LOADED)})


def missing_build() -> Facts:
    """One primary is not here, and what is differs by its version alone."""
    held = entries(replace(LLAMA_ENTRY, name="llama3.1:latest"), CODESTRAL_ENTRY)
    return HEALTHY.merged({**held, Running: running(CODESTRAL_LOADED)})


def cloud_stub() -> Facts:
    """One primary is listed as a stub."""
    stub = replace(CODESTRAL_ENTRY, remote=True, size=384)
    return HEALTHY.merged({**entries(LLAMA_ENTRY, stub), Running: running(LLAMA_LOADED)})


def broken_store() -> Facts:
    """The weights of one primary are not wholly on disk."""
    return HEALTHY.merged(entries(LLAMA_ENTRY, replace(CODESTRAL_ENTRY, whole=False)))


def partial_offload() -> Facts:
    """One primary runs partly on the CPU."""
    spilled = replace(CODESTRAL_LOADED, size_vram=9_663_676_416)
    return HEALTHY.replaced(Running, running(LLAMA_LOADED, spilled))


def not_loaded() -> Facts:
    """Nothing is in memory, so that fit is estimated."""
    empty = Gpus("580.95.05", (replace(CARD, free=25_000_000_000),))
    return HEALTHY.merged({Running: running(), Gpus: empty})


def too_large() -> Facts:
    """One primary cannot fit the card."""
    large = replace(CODESTRAL_ENTRY, size=40_000_000_000)
    return HEALTHY.merged({**entries(LLAMA_ENTRY, large), Running: running(LLAMA_LOADED)})


def two_cards() -> Facts:
    """A second card, too small for one of the models, and nothing is loaded."""
    small = replace(CARD, index=1, free=8_000_000_000, total=8_589_934_592)
    return HEALTHY.merged({Running: running(), Gpus: Gpus("580.95.05", (replace(CARD, free=25_000_000_000), small))})


def sensitive_leak() -> Facts:
    """The sensitive agent falls back to a provider."""
    leaking = replace(ARCHIVIST, targets=(ARCHIVIST.targets[0], hosted(Engine.OPENAI, MINI, 18)))
    return HEALTHY.merged(
        {
            Agents: Agents((WRITER, CODER, leaking)),
            References: references(WRITER, CODER, leaking),
        }
    )


def posing_as_local() -> Facts:
    """A section that says local has a provider's address, and one name is of Ollama's cloud."""
    read = PROJECT[Configuration]
    assert isinstance(read, Configuration)
    section = replace(PROVIDERS[2], name="local", declared_local=True)
    posing = replace(hosted(Engine.OPENAI, MINI, 14), provider="local", text=f"local/{MINI}")
    cloud = replace(local("glm-4.7:cloud", 10), cloud_name=True)
    writer, coder = (
        replace(WRITER, targets=(local(LLAMA, 9), cloud)),
        replace(CODER, targets=(CODER.targets[0], posing)),
    )
    return HEALTHY.merged(
        {
            Configuration: replace(read, providers=(*PROVIDERS[:2], section)),
            Agents: Agents((writer, coder, ARCHIVIST)),
            References: references(writer, coder, ARCHIVIST),
        }
    )


def short_chain() -> Facts:
    """One agent has no fallback, and one names no model."""
    short, empty = replace(WRITER, targets=WRITER.targets[:1]), replace(CODER, targets=())
    return HEALTHY.merged(
        {
            Agents: Agents((short, empty, ARCHIVIST)),
            References: references(short, empty, ARCHIVIST),
        }
    )


def rejected_key() -> Facts:
    """One provider rejects its key, and a model of the other does not resolve."""
    return HEALTHY.merged(
        {
            Keys: Keys(
                Seen.of(
                    {
                        "anthropic": Key("ANTHROPIC_API_KEY", "environment", KeyShape.FOREIGN),
                        "openai": Key("OPENAI_API_KEY", ".env", KeyShape.MALFORMED),
                    }
                )
            ),
            Answers: Answers(
                Seen.of(
                    {
                        "anthropic": Answer(AnswerState.REJECTED, 401, "authentication_error"),
                        "openai": Answer(AnswerState.RESTRICTED, 403, "missing_scope"),
                    }
                )
            ),
            Resolutions: Resolutions(
                Seen.of(
                    {
                        ModelKey("anthropic", SONNET): Resolution.NOT_FOUND,
                        ModelKey("openai", MINI): Resolution.NOT_FOUND,
                    }
                )
            ),
        }
    )


def old_version() -> Facts:
    """The server has a known weakness, and one that only Windows has."""
    return HEALTHY.merged(
        {
            Versions: Versions(Seen.of({OLLAMA: "0.20.0"})),
            Platform: Platform("Windows", desktop=True),
        }
    )


def written_key() -> Facts:
    """A key is written out in the configuration, and git tracks the one in `.env`."""
    return HEALTHY.replaced(
        KeyFiles,
        KeyFiles(
            (
                KeyFile(CONFIG, is_env=False, literals=(KeyLiteral(4, "anthropic"),), tracked=True, ignored=False),
                KeyFile(".env", is_env=True, literals=(KeyLiteral(1, "generic"),), tracked=True, ignored=False),
                KeyFile(".env.local", is_env=True, literals=(KeyLiteral(1, "openai"),), tracked=False, ignored=False),
                KeyFile(".env.test", is_env=True, literals=(KeyLiteral(1, "openai"),), tracked=None, ignored=None),
            )
        ),
    )


def faulty_class() -> Facts:
    """One class has a fault, and one could not be examined to its end."""
    place = Place("agents/writer.py", 4)
    return HEALTHY.replaced(
        AgentClasses,
        AgentClasses(
            (
                AgentClass("WriterAgent", (ClassFault("never-set", "logger", place),), None, place),
                AgentClass("ArchivistAgent", (), Gap(Why.NOT_UNDERSTOOD, about="setattr"), place),
            )
        ),
    )


def dirty_configuration() -> Facts:
    """A key of the configuration is read by nothing."""
    read = PROJECT[Configuration]
    assert isinstance(read, Configuration)
    problems = (Problem("unknown-key", "writer.fallbak", Place(CONFIG, 10)),)
    return HEALTHY.replaced(Configuration, replace(read, problems=problems, missing_sections=("model_providers",)))


def server_down() -> Facts:
    """The server refuses; its store still shows one of the models, and no card is seen."""
    silent = Gap(Why.NOT_ANSWERED, about=OLLAMA)
    listing = Listing(Source.STORE, proves_absence=False, entries=(LLAMA_ENTRY,))
    return HEALTHY.merged(
        {
            Contacts: Contacts(Seen.of({OLLAMA: Contact(ContactState.REFUSED)})),
            Versions: Versions(Seen.of({OLLAMA: silent})),
            CloudSwitches: CloudSwitches(Seen.of({OLLAMA: silent})),
            Tags: Tags(Seen.of({OLLAMA: silent})),
            Running: Running(Seen.of({OLLAMA: silent})),
            Shapes: Shapes(Seen.of({LLAMA_KEY: silent, CODESTRAL_KEY: silent})),
            Inventory: Inventory(Seen.of({OLLAMA: listing}), loose=(replace(CODESTRAL_ENTRY, name="codestral-22b"),)),
            Gpus: Gpus("580.95.05", ()),
        }
    )


def nothing_named() -> Facts:
    """The project names no model at all, and has enough else to be judged."""
    read = PROJECT[Configuration]
    assert isinstance(read, Configuration)
    return HEALTHY.merged(
        {
            Configuration: replace(read, agent_count=0, listed=(), providers=()),
            Agents: Agents(()),
            References: References(()),
            LocalModels: LocalModels(()),
            Servers: Servers(()),
            CloudProviders: CloudProviders(()),
            CloudModels: CloudModels(()),
        }
    )


SCENARIOS: Mapping[str, Facts] = {
    "healthy": HEALTHY,
    **{
        scenario.__name__: scenario()
        for scenario in (
            missing_model,
            missing_build,
            cloud_stub,
            broken_store,
            partial_offload,
            not_loaded,
            too_large,
            two_cards,
            sensitive_leak,
            posing_as_local,
            short_chain,
            rejected_key,
            old_version,
            written_key,
            faulty_class,
            dirty_configuration,
            server_down,
            nothing_named,
        )
    },
}
