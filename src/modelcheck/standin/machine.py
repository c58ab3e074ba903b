"""What the machine of a scenario shows: how its server is set up and reached, what it stores and runs on."""

from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.machine import Entry, Platform
from modelcheck.core.serving import Exposure, Exposures, Origin, ServerSetup, ServerSetups, Setting
from modelcheck.core.stores import Basis, Leftovers, ServerStore, Store, Stores
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
        bound = Exposure(("loopback",), None, public=False)
        if self._server.everywhere:
            bound = Exposure(("everywhere",), untried, public=False)
        return Exposures(Seen[str, Exposure].of(dict.fromkeys(servers, bound)))

    def stores(self, servers: tuple[str, ...]) -> Stores:
        """The store that each of these servers reads: a healthy one with the scenario's models."""
        nothing = Leftovers(0, 0)
        models = tuple(
            Entry(
                model.name,
                model.size,
                model.digest,
                remote=model.remote_host is not None,
                family=model.family,
                parameters=model.parameter_size,
                quantisation=model.quantization_level,
                whole=True,
            )
            for model in self._server.models
        )
        store = Store("~/.ollama/models", models, (), None, dangling=nothing, partial=nothing, free=self._computer.free)
        return Stores(Seen[str, ServerStore].of(dict.fromkeys(servers, ServerStore(store, Basis.LIST))))

    @property
    def _setup(self) -> ServerSetup | Gap:
        variables = self._server.environment
        if variables is None:
            return Gap(Why.NOT_RECORDED, about="the settings of the server")
        settings = (Setting(name, value, Origin.PROCESS) for name, value in sorted(variables.items()))
        return ServerSetup(tuple(settings), complete=True)
