"""What the machine of a scenario shows: how its server is set up, from where it is reached, and what it runs on."""

from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Platform
from modelcheck.core.serving import Exposure, Exposures, Origin, ServerSetup, ServerSetups, Setting
from modelcheck.standin.scenario import Scenario


class Machine:
    """The machine of a scenario, asked for the servers that a project uses."""

    def __init__(self, scenario: Scenario) -> None:
        self._server = scenario.ollama
        self._computer = scenario.computer

    @property
    def platform(self) -> Platform:
        """The kind of machine."""
        computer = self._computer
        return Platform(computer.system, computer.desktop, computer.graphics, computer.memory)

    def setups(self, servers: tuple[str, ...]) -> ServerSetups:
        """How each of these servers is set up: all of them are the one of the scenario."""
        return ServerSetups(Seen[str, ServerSetup].of(dict.fromkeys(servers, self._setup)))

    def exposures(self, servers: tuple[str, ...]) -> Exposures:
        """From where each of these servers is reached; nobody tried."""
        untried = Gap(Why.NOT_ASKED, about="another address of this machine")
        bound = Exposure(("everywhere",), untried) if self._server.everywhere else Exposure(("loopback",), None)
        return Exposures(Seen[str, Exposure].of(dict.fromkeys(servers, bound)))

    @property
    def _setup(self) -> ServerSetup | Gap:
        variables = self._server.environment
        if variables is None:
            return Gap(Why.NOT_RECORDED, about="the settings of the server")
        settings = (Setting(name, value, Origin.PROCESS) for name, value in sorted(variables.items()))
        return ServerSetup(tuple(settings), complete=True)
