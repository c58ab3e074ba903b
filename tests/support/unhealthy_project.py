"""What goes wrong with what the project says: its lock, its addresses, its clients, its contexts."""

import healthy_facts as well
from msgspec.structs import replace

from modelcheck.core.anatomy import Anatomies
from modelcheck.core.asked import Clients, LocalModel, LocalModels
from modelcheck.core.facts import Fact, Facts, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.intent import Expectations
from modelcheck.core.lock import Lock, LockEntry
from modelcheck.core.project import Agents, Engine, ModelKey, Problem, Provider, Reading, Route
from modelcheck.core.serving import ServerSetup, ServerSetups

OLLAMA, ANTHROPIC, OPENAI = well.PROVIDERS
AGENTS = (well.WRITER, well.CODER, well.ARCHIVIST)
(LOCK,) = (fact for fact in well.PROJECT if isinstance(fact, Lock))
OTHER = "b" * 64


def but(*facts: Fact) -> Facts:
    """The healthy facts with some exchanged."""
    return well.HEALTHY.merged({type(fact): fact for fact in facts})


def no_lock() -> Facts:
    """Nothing pins the models, one of which names no tag but latest."""
    return but(Lock("models.lock", "", (), there=False))


def old_lock() -> Facts:
    """The lock knows one model, from before there were templates in it, and not as the settings would write it."""
    line = LockEntry(well.CODESTRAL_KEY, well.CODESTRAL_ENTRY.digest, 5, remote=False)
    return but(replace(LOCK, entries=(line,)), Expectations(naming="*-q?_*"))


def moved_tags() -> Facts:
    """Both models are others than the lock pins: of one the template is known to differ, of the other the licence."""
    llama = replace(well.locked(well.LLAMA_KEY, well.LLAMA_ENTRY), digest=OTHER, template=OTHER)
    codestral = replace(well.locked(well.CODESTRAL_KEY, well.CODESTRAL_ENTRY), digest=OTHER, licence=OTHER)
    return but(replace(LOCK, entries=(llama, codestral)))


def moved_tag() -> Facts:
    """One model is another than the lock pins, its template and licence are the same."""
    llama = replace(well.locked(well.LLAMA_KEY, well.LLAMA_ENTRY), digest=OTHER)
    return but(replace(LOCK, entries=(llama, *LOCK.entries[1:])))


def named_oddly() -> Facts:
    """One model is asked from another engine, and one has no name that Ollama accepts."""
    text = "not a name"
    models = (
        LocalModel(ModelKey(well.OLLAMA, text), Engine.OLLAMA, text, primary=False, places=()),
        LocalModel(ModelKey("vllm", "Org/Model"), Engine.OPENAI_LOCAL, "Org/Model", primary=False, places=()),
    )
    return but(LocalModels(models))


def sections(*providers: Provider) -> tuple[Fact, ...]:
    """The sections, and the clients that they are."""
    return replace(well.CONFIGURATION, providers=providers), Clients(tuple(map(well.client, providers)))


def wrong_addresses() -> Facts:
    """One address is for listening and of another API, one comes from a variable, one is in order."""
    return but(
        *sections(
            replace(OLLAMA, faults=("everywhere", "wrong-path")),
            replace(ANTHROPIC, address="not official", faults=("from-variable",)),
            replace(OPENAI, address="api.openai.com"),
        )
    )


def unread_sections() -> Facts:
    """The configuration cannot be read, so nobody knows what addresses it holds."""
    at = OLLAMA.at
    unread = replace(
        well.CONFIGURATION, reading=Reading.UNREADABLE, providers=(), problems=(Problem("unreadable", "not JSON", at),)
    )
    return but(unread)


def odd_sections() -> Facts:
    """The sections of providers are none."""
    problems = (Problem("wrong-type", "model_providers must be an object", OLLAMA.at),)
    return but(replace(well.CONFIGURATION, providers=(), problems=problems))


def patient_clients() -> Facts:
    """One client waits for ever, one far too long, one declares no retries."""
    return but(
        *sections(
            replace(OLLAMA, timeout_s=None),
            replace(ANTHROPIC, timeout_s=6000.0),
            replace(OPENAI, max_retries=None),
        )
    )


def silent_clients() -> Facts:
    """Two clients declare nothing, and one gives up before a model is loaded."""
    return but(
        *sections(
            replace(OLLAMA, timeout_s=3.0),
            replace(ANTHROPIC, timeout_s=None, max_retries=None),
            replace(OPENAI, timeout_s=0.0, max_retries=None),
        )
    )


def unseen_client() -> Facts:
    """One provider has no section."""
    gap = Gap(Why.NOT_DECLARED, about="a section for ollama")
    return but(
        Clients((replace(well.client(OLLAMA), timeout_s=gap, max_retries=gap), *map(well.client, (ANTHROPIC, OPENAI))))
    )


def contexts(llama: int | None, codestral: int | None, *, embeds: bool = False) -> Anatomies:
    """What the models themselves set."""
    return Anatomies(
        Seen.of(
            {
                well.LLAMA_KEY: replace(well.LLAMA_ANATOMY, num_ctx=llama),
                well.CODESTRAL_KEY: replace(well.CODESTRAL_ANATOMY, num_ctx=codestral, embeds=embeds),
            }
        )
    )


def setup(*without: str) -> ServerSetups:
    """The server's settings but for some."""
    settings = tuple(one for one in well.SETUP.settings if one.name not in without)
    return ServerSetups(Seen.of({well.OLLAMA: ServerSetup(settings, complete=True)}))


def asked(num_ctx: int | None) -> tuple[Fact, ...]:
    """The agents, each of which asks for so many tokens."""
    agents = tuple(replace(agent, num_ctx=num_ctx) for agent in AGENTS)
    return Agents(agents), well.references(*agents)


def ignored_context() -> Facts:
    """The agents ask over /v1 for more than one model sets and the server gives the other."""
    over_v1 = sections(replace(OLLAMA, route=Route.OPENAI), ANTHROPIC, OPENAI)
    return but(*over_v1, *asked(8192), contexts(4096, None))


def ignored_by_all() -> Facts:
    """The agents ask over /v1, one model sets as much, and for the other nobody sets anything."""
    over_v1 = sections(replace(OLLAMA, route=Route.OPENAI), ANTHROPIC, OPENAI)
    return but(*over_v1, *asked(8192), contexts(8192, None), setup("OLLAMA_CONTEXT_LENGTH"))


def context_by_cards() -> Facts:
    """No agent asks for a context, and neither models nor server set one."""
    return but(*asked(None), contexts(None, None), setup("OLLAMA_CONTEXT_LENGTH"))


def context_at_server() -> Facts:
    """No agent asks for a context: the server sets one for one model, the other makes embeddings."""
    return but(*asked(None), contexts(None, None, embeds=True))


def context_in_model() -> Facts:
    """No agent asks for a context, one model sets one, and nobody could read the server's settings."""
    unseen = ServerSetups(Seen[str, ServerSetup].of({well.OLLAMA: Gap(Why.UNREADABLE, about="/proc")}))
    return but(*asked(None), contexts(4096, None), unseen)


WRONG = (
    no_lock,
    old_lock,
    moved_tags,
    moved_tag,
    named_oddly,
    wrong_addresses,
    unread_sections,
    odd_sections,
    patient_clients,
    silent_clients,
    unseen_client,
    ignored_context,
    ignored_by_all,
    context_by_cards,
    context_at_server,
    context_in_model,
)
