"""What goes wrong with how servers are set up and from where they are reached, each with the rest of it healthy."""

import healthy_facts as well
from msgspec.structs import replace

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Fact, Facts, Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.graphics import Gpus
from modelcheck.core.intent import Expectations, Reach
from modelcheck.core.project import Agents, Engine, Route
from modelcheck.core.serving import (
    Containers,
    Exposure,
    Exposures,
    Origin,
    Published,
    ServerSetup,
    ServerSetups,
    Setting,
)

FILE = "compose.yaml"
ABROAD = Exposure(("everywhere",), answers_abroad=True, public=False, answers_pages=False)


def but(*facts: Fact) -> Facts:
    return well.HEALTHY.merged({type(fact): fact for fact in facts})


def exposures(exposure: Exposure) -> Exposures:
    return Exposures(Seen.of({well.OLLAMA: exposure}))


def setups(*more: Setting, **changes: object) -> ServerSetups:
    """The healthy setup with further settings, and with other fields."""
    setup = replace(well.SETUP, settings=(*well.SETUP.settings, *more), **changes)
    return ServerSetups(Seen.of({well.OLLAMA: setup}))


def expecting(**changes: object) -> Expectations:
    found = well.HEALTHY.get(Expectations)
    assert isinstance(found, Expectations)
    return replace(found, **changes)


def container(published: Published | None = None, *variables: Setting, **changes: object) -> Containers:
    """One service that is the project's server."""
    service = replace(well.SERVICE, published=() if published is None else (published,), variables=variables)
    return Containers((replace(service, **changes),))


def in_compose(name: str, value: str, line: int = 7) -> Setting:
    return Setting(name, value, Origin.COMPOSE, "service ollama", Place(FILE, line))


def published_everywhere() -> Facts:
    """A compose file publishes the server on all interfaces."""
    return but(container(Published("ollama", "", 11434, Place(FILE, 5))))


def published_in_the_network() -> Facts:
    """It is published there on purpose, and the machine's own address is private."""
    return but(container(Published("ollama", "", 11434, Place(FILE, 5))), expecting(exposure=Reach.LAN))


def answers_abroad() -> Facts:
    """The server answers at the machine's own address."""
    return but(exposures(ABROAD))


def answers_in_the_network() -> Facts:
    """It answers there, and the project wants it to."""
    return but(exposures(ABROAD), expecting(exposure=Reach.LAN))


def listens_beyond() -> Facts:
    """It listens everywhere, and nobody could ask it from outside."""
    return but(exposures(replace(ABROAD, answers_abroad=False)))


def listens_in_a_container() -> Facts:
    """It listens everywhere in a container, as it has to."""
    return but(exposures(replace(ABROAD, special="container")))


def open_to_pages() -> Facts:
    """Any web page may use it, by its settings; nobody asked like one."""
    pages = Setting("OLLAMA_ORIGINS", "*", Origin.PROCESS)
    return but(setups(pages), exposures(Exposure(("loopback",), None, public=False)))


def on_another_machine() -> Facts:
    """The server is not on this machine, and only its address tells anything."""
    elsewhere = Exposure(Gap(Why.NOT_RECORDED), answers_abroad=True, public=True)
    return but(exposures(elsewhere), Servers((Server(well.OLLAMA, Engine.OLLAMA, "not official"),)))


def changed_and_not_restarted() -> Facts:
    """A unit and a compose file say otherwise than the running server; this shell does as well."""
    return but(
        setups(
            Setting("OLLAMA_KEEP_ALIVE", "5 minutes", Origin.SERVICE, "ollama.service"),
            Setting("OLLAMA_MAX_QUEUE", "64", Origin.SERVICE, "ollama.service"),
            Setting("OLLAMA_NUM_PARALLEL", "4", Origin.SHELL, "this shell"),
        ),
        container(None, in_compose("OLLAMA_CONTEXT_LENGTH", "32768")),
    )


def two_folders() -> Facts:
    """The project names another folder of models than the server reads."""
    return but(expecting(models_dir="/data/models"))


def other_port() -> Facts:
    """The server is set up for another port than the configuration asks."""
    settings = tuple(
        replace(one, value="127.0.0.1:11500") if one.name == "OLLAMA_HOST" else one for one in well.SETUP.settings
    )
    return but(ServerSetups(Seen.of({well.OLLAMA: replace(well.SETUP, settings=settings)})))


def context_over_v1() -> Facts:
    """An agent asks for a context over /v1, and the server serves another."""
    sections = (replace(well.PROVIDERS[0], route=Route.OPENAI), *well.PROVIDERS[1:])
    return but(
        replace(well.CONFIGURATION, providers=sections),
        Agents((replace(well.WRITER, num_ctx=16384), well.CODER, well.ARCHIVIST)),
    )


def huge_overhead() -> Facts:
    """More memory is to stay free than the card has."""
    return but(setups(Setting("OLLAMA_GPU_OVERHEAD", "30000000000", Origin.PROCESS)), Gpus("580", (well.CARD,)))


def unit_alone() -> Facts:
    """The process belongs to somebody else: its unit alone is read."""
    closed = Gap(Why.UNREADABLE, about="the environment of Ollama's process")
    unit = tuple(replace(one, origin=Origin.SERVICE, where="ollama.service") for one in well.SETUP.settings)
    return but(
        ServerSetups(Seen.of({well.OLLAMA: ServerSetup(unit, complete=False, unseen=(closed,))})),
    )


def env_file() -> Facts:
    """A service has an env_file, which is not opened."""
    return but(container(unseen=(Gap(Why.NOT_ASKED, about="the env_file at compose.yaml:9"),)))


def broken_compose() -> Facts:
    """A compose file could not be read."""
    return but(Containers((), (Gap(Why.UNREADABLE, about="compose.yaml: line 3 is not YAML"),)))


def left_open() -> Facts:
    """The server's log leaves open what its unit sets."""
    flash = Setting("OLLAMA_FLASH_ATTENTION", "0", Origin.SERVICE, "ollama.service")
    others = tuple(one for one in well.SETUP.settings if one.name != flash.name)
    setup = replace(well.SETUP, settings=(*others, flash), undecided=(flash.name,))
    return but(ServerSetups(Seen.of({well.OLLAMA: setup})))


def nothing_set() -> Facts:
    """The server runs with nothing set."""
    return but(ServerSetups(Seen.of({well.OLLAMA: ServerSetup(complete=True)})), Containers(()))


WRONG = (
    published_everywhere,
    published_in_the_network,
    answers_abroad,
    answers_in_the_network,
    listens_beyond,
    listens_in_a_container,
    open_to_pages,
    on_another_machine,
    changed_and_not_restarted,
    two_folders,
    other_port,
    context_over_v1,
    huge_overhead,
    unit_alone,
    env_file,
    left_open,
    broken_compose,
    nothing_set,
)
