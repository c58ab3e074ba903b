"""How local servers are set up: their settings with the origin of each, and from where they can be reached."""

from enum import StrEnum
from typing import ClassVar

from modelcheck.core.facts import Fact, Place, Record, Scope, Seen
from modelcheck.core.gap import NOT_RECORDED, Gap, Unseen, Why


class Origin(StrEnum):
    """Where a setting was seen, the surest first."""

    PROCESS = "process"
    """The environment of the running server."""
    LOG = "log"
    """What the server wrote when it started."""
    SERVICE = "service"
    """The unit that starts it; a server that was started before the last change runs without it."""
    COMPOSE = "compose"
    """A compose file of the project; it says what a container would get."""
    SHELL = "shell"
    """The environment of this shell, which a server started elsewhere does not share."""

    @property
    def is_running(self) -> bool:
        """Whether it tells what the running server certainly has."""
        return self in {Origin.PROCESS, Origin.LOG}


class Setting(Record, frozen=True):
    """One variable of a server, as one origin shows it."""

    name: str
    value: str
    """Printable and bounded: as written, or, in a log, as the server read it. Paths have `~` for the home folder; a
    value that may hold a secret is `set`; a host in an address is `private`, `public` or `host` unless it is this
    machine, one in a list of origins is `…`."""
    origin: Origin
    where: str = ""
    """The unit, file or service, fit for a shared report."""
    place: Place | None = None


class ServerSetup(Record, frozen=True):
    """The settings of one server from every origin, in the order of `Origin`."""

    settings: tuple[Setting, ...] = ()
    complete: bool = False
    """Whether the server's own process or log was read, so that a variable that is not there is not set."""
    models: str | Gap = NOT_RECORDED
    """The folder of models that the running server reads, as a report may show it."""
    undecided: tuple[str, ...] = ()
    """Variables that the server's log shows in a way that leaves open whether they are set."""
    unseen: tuple[Gap, ...] = ()
    """Why origins that were looked at show nothing."""

    def effective(self, name: str) -> Setting | None:
        """Return what the running server certainly has; None where its own settings do not name it.

        Raises Unseen for a variable of which its log leaves open whether it is set.
        """
        if name in self.undecided:
            raise Unseen(Gap(Why.UNDECIDED, about=name))
        return next((one for one in self.settings if one.name == name and one.origin.is_running), None)

    def all_of(self, name: str) -> tuple[Setting, ...]:
        """Return what every origin says of a variable."""
        return tuple(one for one in self.settings if one.name == name)


class ServerSetups(Fact, frozen=True):
    """How each Ollama server is set up."""

    scope: ClassVar[Scope] = Scope.MACHINE

    servers: Seen[str, ServerSetup]


class Published(Record, frozen=True):
    """A port of an Ollama container that a compose file publishes."""

    service: str
    host: str | Gap
    """The address it is published on: empty for all; loopback as written; `private` or `public` for another."""
    port: int | Gap
    place: Place


class Exposure(Record, frozen=True):
    """From where one server can be reached."""

    bound: tuple[str, ...] | Gap = NOT_RECORDED
    """`loopback`, `everywhere` or `address` for each socket that listens at its port."""
    answers_abroad: bool | Gap | None = NOT_RECORDED
    """Whether it answered at an address of this machine that others can reach; None where it listens on loopback.

    Of a server elsewhere: whether it answered at all."""
    special: str = ""
    """`wsl` or `container` where the server's makers tell people to listen everywhere."""
    public: bool | Gap = NOT_RECORDED
    """Whether the address at which others reach it is one of the public internet."""
    answers_pages: bool | None = None
    """Whether it answers what a page of any web site makes a browser ask; None where nobody asked like one."""


class Exposures(Fact, frozen=True):
    """From where each local server can be reached."""

    scope: ClassVar[Scope] = Scope.MACHINE

    servers: Seen[str, Exposure]


class Container(Record, frozen=True):
    """An Ollama service of a compose file."""

    name: str
    image: str
    published: tuple[Published, ...]
    variables: tuple[Setting, ...]
    gpu: bool | Gap
    """Whether it is given a graphics card."""
    place: Place
    serves: tuple[str, ...] = ()
    """Ids of the project's servers that it is, by the names and ports of both."""
    unseen: tuple[Gap, ...] = ()
    """Where more of its settings lies that was not opened, such as an env_file."""


class Containers(Fact, frozen=True):
    """The Ollama services of the project's compose files."""

    scope: ClassVar[Scope] = Scope.PROJECT

    services: tuple[Container, ...]
    unread: tuple[Gap, ...] = ()
    """Compose files that could not be read."""

    def serving(self, server: str) -> tuple[Container, ...]:
        """Return the services that are a server of the project."""
        return tuple(one for one in self.services if server in one.serves)
