"""What goes wrong with the healthy stack: each scenario is a whole survey, most of them with nothing unseen."""

from collections.abc import Mapping

import healthy_facts as well
import unhealthy_card
import unhealthy_cloud
import unhealthy_compatible
import unhealthy_excused
import unhealthy_guard
import unhealthy_memory
import unhealthy_project
import unhealthy_serving
import unhealthy_store
from msgspec.structs import replace

from modelcheck.core.anatomy import Anatomies
from modelcheck.core.asked import Clients, CloudModels, CloudProviders, LocalModels, Servers
from modelcheck.core.cloud import Answer, Answers, AnswerState, Key, Keys, KeyShape, Resolution, Resolutions
from modelcheck.core.facts import Fact, Facts, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpus
from modelcheck.core.machine import (
    CloudSwitches,
    Contact,
    Contacts,
    ContactState,
    Inventory,
    Listing,
    Platform,
    Running,
    Shapes,
    Source,
    Tags,
    Versions,
)
from modelcheck.core.project import Agent, Agents, Engine, ModelKey, Problem, References
from modelcheck.core.sources import AgentClass, AgentClasses, ClassFault, KeyFile, KeyFiles, KeyLiteral
from modelcheck.core.together import ModelSets

CONFIG, OLLAMA, SONNET, MINI = well.CONFIG, well.OLLAMA, well.SONNET, well.MINI


def but(*facts: Fact) -> Facts:
    """The healthy facts with some exchanged."""
    return well.HEALTHY.merged({type(fact): fact for fact in facts})


def agents(writer: Agent = well.WRITER, coder: Agent = well.CODER, archivist: Agent = well.ARCHIVIST) -> list[Fact]:
    """The agents, and what they name."""
    return [Agents((writer, coder, archivist)), well.references(writer, coder, archivist)]


def cards(*free: int) -> Gpus:
    """Cards with so much free memory."""
    return Gpus("580.95.05", tuple(replace(well.CARD, index=index, free=amount) for index, amount in enumerate(free)))


def missing_model() -> Facts:
    """One primary is not here; another model of its line is, and a file that no server has registered."""
    tags, inventory = well.held(well.LLAMA_ENTRY, replace(well.CODESTRAL_ENTRY, name="mistral:7b"))
    loose = (replace(well.CODESTRAL_ENTRY, name="codestral-22b", whole=None),)
    return but(tags, replace(inventory, loose=loose), well.running(well.LLAMA_LOADED))


def missing_build() -> Facts:
    """One primary is not here, and what is differs by its version alone."""
    held = well.held(replace(well.LLAMA_ENTRY, name="llama3.1:latest"), well.CODESTRAL_ENTRY)
    return but(*held, well.running(well.CODESTRAL_LOADED))


def cloud_stub() -> Facts:
    """One primary is listed as a stub."""
    stub = replace(well.CODESTRAL_ENTRY, remote=True, size=384)
    return but(*well.held(well.LLAMA_ENTRY, stub), well.running(well.LLAMA_LOADED))


def broken_store() -> Facts:
    """The weights of one primary are not wholly on disk."""
    return but(*well.held(well.LLAMA_ENTRY, replace(well.CODESTRAL_ENTRY, whole=False)))


def partial_offload() -> Facts:
    """One primary runs partly on the CPU."""
    return but(well.running(well.LLAMA_LOADED, replace(well.CODESTRAL_LOADED, size_vram=9_663_676_416)))


def not_loaded() -> Facts:
    """Nothing is in memory, so that fit is estimated."""
    return but(well.running(), cards(25_000_000_000))


def too_large() -> Facts:
    """One primary cannot fit the card."""
    large = replace(well.CODESTRAL_ANATOMY, weights=40_000_000_000)
    made = Anatomies(Seen.of({well.LLAMA_KEY: well.LLAMA_ANATOMY, well.CODESTRAL_KEY: large}))
    return but(made, well.running(well.LLAMA_LOADED))


def tight_card() -> Facts:
    """What a screen takes decides whether one model fits; the other is too large either way."""
    return but(well.running(), cards(9_300_000_000), Platform("Windows", desktop=True))


def two_cards() -> Facts:
    """A second card, too small for one of the models, and nothing is loaded."""
    return but(well.running(), cards(25_000_000_000, 8_000_000_000))


def sensitive_leak() -> Facts:
    """The sensitive agent falls back to a provider."""
    local, _ = well.ARCHIVIST.targets
    return but(*agents(archivist=replace(well.ARCHIVIST, targets=(local, well.hosted(Engine.OPENAI, MINI, 18)))))


def posing_as_local() -> Facts:
    """A section that says local has a provider's address, and one name is of Ollama's cloud."""
    section = replace(well.PROVIDERS[2], name="local", declared_local=True)
    posing = replace(well.hosted(Engine.OPENAI, MINI, 14), provider="local", text=f"local/{MINI}")
    cloud = replace(well.local("glm-4.7:cloud", 10), cloud_name=True)
    return but(
        replace(well.CONFIGURATION, providers=(*well.PROVIDERS[:2], section)),
        *agents(
            writer=replace(well.WRITER, targets=(well.WRITER.targets[0], cloud)),
            coder=replace(well.CODER, targets=(well.CODER.targets[0], posing)),
        ),
    )


def short_chain() -> Facts:
    """One agent has no fallback, and one names no model."""
    short = replace(well.WRITER, targets=well.WRITER.targets[:1])
    return but(*agents(writer=short, coder=replace(well.CODER, targets=())))


def rejected_key() -> Facts:
    """One provider rejects its key, the other restricts it, and neither model resolves."""
    keys = {
        "anthropic": Key("ANTHROPIC_API_KEY", "environment", KeyShape.FOREIGN),
        "openai": Key("OPENAI_API_KEY", ".env", KeyShape.MALFORMED),
    }
    answers = {
        "anthropic": Answer(AnswerState.REJECTED, 401, "authentication_error"),
        "openai": Answer(AnswerState.RESTRICTED, 403, "missing_scope"),
    }
    models = (ModelKey("anthropic", SONNET), ModelKey("openai", MINI))
    resolutions = dict.fromkeys(models, Resolution.NOT_FOUND)
    return but(Keys(Seen.of(keys)), Answers(Seen.of(answers)), Resolutions(Seen.of(resolutions)))


def old_version() -> Facts:
    """The server has a known weakness, and one that only Windows has."""
    return but(Versions(Seen.of({OLLAMA: "0.20.0"})), Platform("Windows", desktop=True))


def written_key() -> Facts:
    """A key is written out in the configuration, and git tracks the one in `.env`."""
    one = (KeyLiteral(4, "openai"),)
    return but(
        KeyFiles(
            (
                KeyFile(CONFIG, is_env=False, literals=one, tracked=True, ignored=False),
                KeyFile(".env", is_env=True, literals=(KeyLiteral(1, "generic"),), tracked=True, ignored=False),
                KeyFile(".env.local", is_env=True, literals=one, tracked=False, ignored=False),
                KeyFile(".env.test", is_env=True, literals=one, tracked=None, ignored=None),
            )
        )
    )


def faulty_class() -> Facts:
    """One class has a fault, and one could not be examined to its end."""
    at = Place("agents/writer.py", 4)
    faulty = AgentClass("WriterAgent", (ClassFault("never-set", "logger", at),), None, at)
    doubtful = AgentClass("ArchivistAgent", (), Gap(Why.NOT_UNDERSTOOD, about="setattr"), at)
    return but(AgentClasses((faulty, doubtful)))


def dirty_configuration() -> Facts:
    """A key of the configuration is read by nothing."""
    problems = (Problem("unknown-key", "writer.fallbak", Place(CONFIG, 10)),)
    return but(replace(well.CONFIGURATION, problems=problems, missing_sections=("model_providers",)))


def server_down() -> Facts:
    """The server refuses; its store still shows one of the models, and no card is seen."""
    silent = Gap(Why.NOT_ANSWERED, about=OLLAMA)
    listing = Listing(Source.STORE, proves_absence=False, entries=(well.LLAMA_ENTRY,))
    loose = (replace(well.CODESTRAL_ENTRY, name="codestral-22b"),)
    return but(
        Contacts(Seen.of({OLLAMA: Contact(ContactState.REFUSED)})),
        Versions(Seen[str, str].of({OLLAMA: silent})),
        CloudSwitches(Seen[str, bool].of({OLLAMA: silent})),
        Tags(Seen(((OLLAMA, silent),))),
        Running(Seen(((OLLAMA, silent),))),
        Shapes(Seen(((well.LLAMA_KEY, silent), (well.CODESTRAL_KEY, silent)))),
        Inventory(Seen.of({OLLAMA: listing}), loose=loose),
        cards(),
    )


def nothing_named() -> Facts:
    """The project names no model at all, and has enough else to be judged."""
    return but(
        replace(well.CONFIGURATION, agent_count=0, listed=(), providers=()),
        Agents(()),
        References(()),
        LocalModels(()),
        ModelSets(()),
        Servers(()),
        Clients(()),
        CloudProviders(()),
        CloudModels(()),
    )


WRONG = (
    missing_model,
    missing_build,
    cloud_stub,
    broken_store,
    partial_offload,
    not_loaded,
    too_large,
    tight_card,
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
    *unhealthy_card.WRONG,
    *unhealthy_cloud.WRONG,
    *unhealthy_compatible.WRONG,
    *unhealthy_excused.WRONG,
    *unhealthy_guard.WRONG,
    *unhealthy_memory.WRONG,
    *unhealthy_project.WRONG,
    *unhealthy_serving.WRONG,
    *unhealthy_store.WRONG,
)
SCENARIOS: Mapping[str, Facts] = {"healthy": well.HEALTHY} | {scenario.__name__: scenario() for scenario in WRONG}
