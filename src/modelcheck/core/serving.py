"""How local servers are set up: their settings with the origin of each, and from where they can be reached."""

from enum import StrEnum
from typing import ClassVar

from modelcheck.core.facts import Fact, Place, Record, Scope, Seen
from modelcheck.core.gap import NOT_RECORDED, Gap


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


class Setting(Record, frozen=True):
    """One variable of a server, as one origin shows it."""

    name: str
    value: str
    """Printable and bounded; paths with `~` for the home folder."""
    origin: Origin
    where: str = ""
    """The unit, file or service, fit for a shared report."""
    place: Place | None = None


class ServerSetup(Record, frozen=True):
    """The settings of one server from every origin, in the order of `Origin`."""

    settings: tuple[Setting, ...] = ()
    complete: bool = False
    """Whether the server's own process or log was read, so that a variable that is not there is not set."""

    def effective(self, name: str) -> Setting | None:
        """Return what the running server certainly has; None where its own settings do not name it."""
        sure = (Origin.PROCESS, Origin.LOG)
        return next((one for one in self.settings if one.name == name and one.origin in sure), None)

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
    host: str
    """The address it is published on; empty for all."""
    port: int
    place: Place


class Exposure(Record, frozen=True):
    """From where one server can be reached."""

    bound: tuple[str, ...] | Gap = NOT_RECORDED
    """`loopback`, `everywhere` or `address` for each socket that listens at its port."""
    answers_abroad: bool | Gap | None = NOT_RECORDED
    """Whether it answered at an address of this machine that others can reach; None where it listens on loopback."""
    special: str = ""
    """`wsl` or `container` where the server's makers tell people to listen everywhere."""


class Exposures(Fact, frozen=True):
    """From where each Ollama server can be reached."""

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


class Containers(Fact, frozen=True):
    """The Ollama services of the project's compose files."""

    scope: ClassVar[Scope] = Scope.PROJECT

    services: tuple[Container, ...]
    unread: tuple[Gap, ...] = ()
    """Compose files that could not be read."""
