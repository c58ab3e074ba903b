"""One effective value for each setting, case by case: what contradicts what, where, and what costs nothing."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import pytest
from expected import HALF, UNSEEN, Expected, Row, exempts, fails, halves, passes
from msgspec.structs import replace

from modelcheck.checks.configuration.contradictions import same_folder
from modelcheck.checks.configuration.settings import one_value
from modelcheck.core.asked import Server, Servers
from modelcheck.core.check import Check, Finding, Outcome, Verdict
from modelcheck.core.facts import Fact, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpu, Gpus
from modelcheck.core.intent import Expectations
from modelcheck.core.machine import Contact, Contacts, ContactState, Product
from modelcheck.core.project import Agent, Agents, Configuration, Engine, Provider, Reading, Route, Target
from modelcheck.core.serving import Container, Containers, Origin, ServerSetup, ServerSetups, Setting
from modelcheck.testing import judge

ID = "http://127.0.0.1:11434"
HERE = Place("config.json", 3)
FILE = Place("compose.yaml", 7)
GAP = Gap(Why.UNREADABLE, about="planted")
SERVER = Server(ID, Engine.OLLAMA, ID, HERE)
OTHER = replace(SERVER, engine=Engine.OPENAI_LOCAL)
ANY = Server("default", Engine.OLLAMA, "the default Ollama server")
PROCESS, LOG, SERVICE, COMPOSE, SHELL = Origin
GIB = 1 << 30


def of(name: str, value: str, origin: Origin = PROCESS, place: Place | None = None) -> Setting:
    return Setting(f"OLLAMA_{name}", value, origin, {SERVICE: "ollama.service"}.get(origin, ""), place)


def answers(product: Product) -> Contacts:
    return Contacts(Seen.of({ID: Contact(ContactState.ANSWERED, product=product)}))


def running(*settings: Setting, **changes: Any) -> ServerSetup:
    return ServerSetup(settings, complete=True, **changes)


def written(*settings: Setting, unseen: tuple[Gap, ...] = (GAP,)) -> ServerSetup:
    """Nothing of the running server was seen."""
    return ServerSetup(settings, unseen=unseen)


def services(
    *variables: Setting,
    unseen: tuple[Gap, ...] = (),
    unread: tuple[Gap, ...] = (),
    serves: tuple[str, ...] = (ID,),
) -> Containers:
    one = Container("ollama", "", (), variables, gpu=False, place=FILE, serves=serves, unseen=unseen)
    return Containers((one,), unread)


def agent(num_ctx: int | Gap | None, provider: str = "v1") -> Agents:
    target = Target("x", provider, Engine.OLLAMA, ID, "x", cloud_name=False, hosted=False, at=HERE)
    return Agents((Agent("a", False, (target,), True, None, Place("config.json", 9), num_ctx=num_ctx),))


def section(name: str, route: Route) -> Provider:
    return Provider(
        name, Engine.OLLAMA, ID, ID, declared_local=True, hosted=False, key_variable=None, at=HERE, route=route
    )


SECTIONS = Configuration(
    "config.json", Reading.READ, (), (section("v1", Route.OPENAI), section("own", Route.NATIVE)), 1, (), ()
)


def facts(
    setup: ServerSetup | Gap,
    containers: Containers | None = None,
    agents: Agents | None = None,
    *,
    server: Server = SERVER,
    models_dir: str | None = None,
    gpus: Gpus | None = None,
) -> tuple[Fact, ...]:
    found: tuple[Fact, ...] = (
        Servers((server,)),
        ServerSetups(Seen[str, ServerSetup].of({server.id: setup})),
        containers if containers is not None else Containers(()),
        SECTIONS,
        agents if agents is not None else Agents(()),
        Expectations(models_dir=models_dir, at=Place("modelcheck.yaml", 1)),
    )
    return found if gpus is None else (*found, gpus)


def cards(*totals: int | Gap) -> Gpus:
    return Gpus("580", tuple(Gpu(index, "RTX 3090", "01", total, GAP) for index, total in enumerate(totals)))


def shared(low: str, high: str, *codes: str) -> Expected:
    return Outcome.PARTIAL, Fraction(low), Fraction(high), list(codes)


def at_most(high: Fraction, *codes: str) -> Expected:
    return (Outcome.PARTIAL if high else Outcome.FAIL), Fraction(0), high, list(codes)


QUEUE, SLOTS = of("MAX_QUEUE", "512"), of("NUM_PARALLEL", "2")
CTX = of("CONTEXT_LENGTH", "4096")
KEPT = of("GPU_OVERHEAD", str(10 * GIB))
TABLE: list[Row] = [
    ("one origin", facts(running(QUEUE, SLOTS)), passes("agree")),
    (
        "the same in another spelling",
        facts(running(of("KEEP_ALIVE", "30m"), of("KEEP_ALIVE", "1800", SERVICE))),
        passes("agree"),
    ),
    ("a flag in another spelling", facts(running(of("NOPRUNE", "1"), of("NOPRUNE", "true", SERVICE))), passes("agree")),
    (
        "as the log has it",
        facts(running(of("KEEP_ALIVE", "30m0s", LOG), of("KEEP_ALIVE", "30m", SERVICE))),
        passes("agree"),
    ),
    ("a default, written out in a unit", facts(running(SLOTS, of("MAX_QUEUE", "512", SERVICE))), passes("agree")),
    ("a log of an earlier start", facts(running(QUEUE, of("MAX_QUEUE", "64", LOG))), passes("agree")),
    ("changed, not restarted", facts(running(SLOTS, QUEUE, of("MAX_QUEUE", "64", SERVICE))), halves("differs")),
    ("added, not restarted", facts(running(SLOTS, of("MAX_QUEUE", "64", SERVICE))), halves("not-in-force")),
    ("compose", facts(running(CTX), services(of("CONTEXT_LENGTH", "32768", COMPOSE, FILE))), fails("differs")),
    (
        "compose, seen twice",
        facts(
            running(CTX, of("CONTEXT_LENGTH", "1", COMPOSE, FILE)), services(of("CONTEXT_LENGTH", "1", COMPOSE, FILE))
        ),
        fails("differs"),
    ),
    (
        "the address inside a container",
        facts(running(SLOTS, of("HOST", "127.0.0.1")), services(of("HOST", "0.0.0.0", COMPOSE))),
        passes("agree"),
    ),
    (
        "compose of another server",
        facts(running(CTX), services(of("CONTEXT_LENGTH", "1", COMPOSE), serves=())),
        passes("agree"),
    ),
    (
        "two origins, and the server unseen",
        facts(written(of("MAX_QUEUE", "64", SERVICE)), services(of("MAX_QUEUE", "32", COMPOSE, FILE))),
        at_most(Fraction(0), "differs", "unseen"),
    ),
    ("a unit, and the server unseen", facts(written(of("MAX_QUEUE", "64", SERVICE))), UNSEEN),
    ("nothing said of why", facts(written(of("MAX_QUEUE", "64", SERVICE), unseen=())), UNSEEN),
    (
        "half of a unit wrong, and the server unseen",
        facts(written(of("MAX_QUEUE", "x", SERVICE), of("NUM_PARALLEL", "2", SERVICE))),
        at_most(HALF, "misread", "unseen"),
    ),
    (
        "a variable that the log leaves open",
        facts(running(SLOTS, of("FLASH_ATTENTION", "0", SERVICE), undecided=("OLLAMA_FLASH_ATTENTION",))),
        shared("1/2", "1", "unseen"),
    ),
    ("an env_file", facts(running(SLOTS), services(unseen=(GAP,))), UNSEEN),
    ("a compose file unread", facts(running(SLOTS), services(unread=(GAP,))), UNSEEN),
    ("no number", facts(running(SLOTS, of("MAX_QUEUE", "many"))), halves("misread")),
    ("no duration", facts(running(SLOTS, of("KEEP_ALIVE", "5 minutes"))), halves("misread")),
    ("no flag", facts(running(SLOTS, of("FLASH_ATTENTION", "off"))), halves("misread")),
    ("no port", facts(running(SLOTS, of("HOST", "127.0.0.1:llama"))), shared("1/2", "1/2", "misread")),
    ("no address", facts(running(SLOTS, of("HOST", "not an address", SERVICE))), halves("no-address", "not-in-force")),
    ("no cache type", facts(running(SLOTS, of("KV_CACHE_TYPE", "q8"))), halves("refused")),
    ("another port", facts(running(of("HOST", "127.0.0.1:11500"))), halves("port")),
    (
        "another port in the unit",
        facts(written(of("HOST", "127.0.0.1:11500", SERVICE))),
        at_most(HALF, "port", "unseen"),
    ),
    ("the port that is asked", facts(running(of("HOST", "0.0.0.0"))), passes("agree")),
    (
        "a server elsewhere",
        facts(running(of("HOST", "0.0.0.0:1")), server=replace(SERVER, address="http://192.0.2.7:11434")),
        passes("agree"),
    ),
    ("the folder of the project", facts(running(models="…/models"), models_dir="/data/models"), passes("agree")),
    ("another folder", facts(running(models="~/.ollama/models"), models_dir="/data/models"), fails("folder")),
    ("the folder by its variable", facts(running(of("MODELS", "/m")), models_dir="/data/models"), halves("folder")),
    ("the folder unseen", facts(running(models=GAP), models_dir="/data/models"), UNSEEN),
    ("the context that is served", facts(running(CTX), agents=agent(4096)), passes("agree")),
    ("another context over /v1", facts(running(CTX), agents=agent(8192)), halves("context")),
    ("another context by the native way", facts(running(CTX), agents=agent(8192, "own")), passes("agree")),
    ("no context asked", facts(running(CTX), agents=agent(None)), passes("agree")),
    ("a context that is no count", facts(running(CTX), agents=agent(GAP)), shared("1/2", "1", "unseen")),
    ("a context by memory", facts(running(SLOTS), agents=agent(8192)), passes("agree")),
    (
        "a context of the unit",
        facts(written(of("CONTEXT_LENGTH", "4096", SERVICE)), agents=agent(8192)),
        at_most(HALF, "context", "unseen"),
    ),
    ("memory kept free", facts(running(KEPT), gpus=cards(24 * GIB)), passes("agree")),
    ("more than there is", facts(running(KEPT), gpus=cards(8 * GIB)), halves("overhead")),
    ("more than two have", facts(running(KEPT), gpus=cards(8 * GIB, 8 * GIB)), halves("overhead")),
    ("kept free of who knows what", facts(running(KEPT), gpus=cards(GAP)), shared("1/2", "1", "unseen")),
    ("kept free of unseen cards", facts(running(KEPT)), shared("1/2", "1", "unseen")),
    ("nothing kept free", facts(running(of("GPU_OVERHEAD", "0"))), passes("agree")),
    ("this shell differs", facts(running(SLOTS, of("NUM_PARALLEL", "8", SHELL))), passes("agree", "shell")),
    ("this shell agrees", facts(running(SLOTS, of("NUM_PARALLEL", "2", SHELL))), passes("agree")),
    ("this shell alone", facts(running(of("NUM_PARALLEL", "8", SHELL))), exempts("nothing-set")),
    (
        "this shell, for the default server",
        facts(written(of("NUM_PARALLEL", "x", SHELL)), server=ANY),
        at_most(Fraction(0), "misread", "unseen"),
    ),
    (
        "this shell, and a unit",
        facts(written(of("NUM_PARALLEL", "2", SERVICE), of("MAX_QUEUE", "x", SHELL)), server=ANY),
        UNSEEN,
    ),
    ("nothing set", facts(running()), exempts("nothing-set")),
    ("nothing seen", facts(written()), UNSEEN),
    ("not looked at", facts(GAP), UNSEEN),
    (
        "no compose files looked at",
        tuple(one for one in facts(running(SLOTS)) if not isinstance(one, Containers)),
        UNSEEN,
    ),
    ("another engine", (*facts(running(SLOTS), server=OTHER), answers(Product.VLLM)), exempts("other-engine")),
    ("an Ollama behind another API", (*facts(running(SLOTS), server=OTHER), answers(Product.OLLAMA)), passes("agree")),
    ("an engine that nothing proves", facts(running(SLOTS), server=OTHER), UNSEEN),
    ("no server", (Servers(()), *facts(running(SLOTS))[1:]), exempts("nothing")),
]


@pytest.mark.parametrize(("given", "expected"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_verdict(given: tuple[Fact, ...], expected: Expected) -> None:
    verdict = judge(one_value, *given)

    assert (verdict.outcome, verdict.low, verdict.high, [one.code for one in verdict.findings]) == expected


def test_all_that_is_announced_is_said_and_the_reverse(
    said_both_ways: Callable[[Check[...], Iterable[Verdict]], None],
) -> None:
    said_both_ways(one_value, [judge(one_value, *given) for _, given, _ in TABLE])


def finding(*given: Fact) -> Finding:
    return judge(one_value, *given).findings[0]


def test_a_contradiction_is_shown_with_both_origins_and_the_line() -> None:
    found = finding(*facts(running(CTX), services(of("CONTEXT_LENGTH", "32768", COMPOSE, FILE))))

    assert found.place == FILE
    assert found.params == {
        "name": "OLLAMA_CONTEXT_LENGTH",
        "value": "32768",
        "where": "compose.yaml:7",
        "other": "4096",
        "elsewhere": "process",
    }


@pytest.mark.parametrize(
    ("setting", "reads"),
    [
        (of("KEEP_ALIVE", "5 minutes"), "300 s"),
        (of("FLASH_ATTENTION", "off"), "true"),
        (of("NUM_PARALLEL", "four"), "1"),
        (of("HOST", "127.0.0.1:llama"), "127.0.0.1:11434"),
    ],
)
def test_what_ollama_makes_of_a_value_is_said(setting: Setting, reads: str) -> None:
    assert finding(*facts(running(setting))).params["reads"] == reads


def test_a_card_is_not_told_by_its_uuid() -> None:
    here = Setting("CUDA_VISIBLE_DEVICES", "GPU-11111111-aaaa", PROCESS)
    there = Setting("CUDA_VISIBLE_DEVICES", "0", SERVICE)

    assert finding(*facts(running(here, there))).params["other"] == "a UUID"


@pytest.mark.parametrize(
    ("written", "shown", "same"),
    [
        ("~/.ollama/models", "~/.ollama/models", True),
        ("/home/anna/models/", "~/models", True),
        ("/Users/anna/models", "~/models", True),
        ("C:\\Users\\Anna\\.ollama\\models", "~/.ollama/models", True),
        ("D:\\Modeles_LLM", "…/modeles_llm", True),
        ("/data/models", "…/models", True),
        ("/data/Models", "…/models", False),
        ("/data/models", "~/models", False),
        ("/usr/share/ollama/.ollama/models", "/usr/share/ollama/.ollama/models", True),
    ],
)
def test_a_folder_is_compared_as_far_as_it_may_be_shown(written: str, shown: str, same: bool) -> None:
    assert same_folder(written, shown) is same
