"""The stack: all servers of a scenario, running from when it is made until it is closed."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from modelcheck.core.graphics import Gpus
from modelcheck.standin.anthropic import Anthropic
from modelcheck.standin.compatible import Compatible
from modelcheck.standin.fault import Decline, FaultPlan, Refuse, Scene, ServerName
from modelcheck.standin.machine import Machine
from modelcheck.standin.memory import Memory
from modelcheck.standin.ollama import Ollama
from modelcheck.standin.openai import OpenAI
from modelcheck.standin.record import Received, Record, Recorder
from modelcheck.standin.scenario import Scenario, ScenarioError
from modelcheck.standin.server import Answering, Listener, Switchboard
from modelcheck.standin.wire import Api, Clock, Reply, Request


class Stack:
    """A running stack; a context manager that closes it.

    Its servers listen on loopback, on ports of the system's choice. Clients of OpenAI and Anthropic need
    `made_up_key(provider)`. Raises ScenarioError when a server is to decline for a reason that it does not know.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._clock = Clock(scenario.pace)
        self._record = Record()
        self._memory = Memory(scenario)
        self.machine = Machine(scenario)
        """What the machine shows beside its graphics cards."""
        self._plan = FaultPlan(scenario.faults)
        apis: tuple[Api, ...] = (
            Ollama(scenario.ollama, self._memory, self._clock),
            OpenAI(scenario.openai, self._clock),
            Anthropic(scenario.anthropic, self._clock),
            *((Compatible(scenario.compatible, self._clock),) if scenario.compatible else ()),
            Recorder(),
        )
        _check_reasons(scenario, apis)
        silent = {fault.server for fault in scenario.faults if isinstance(fault, Refuse)}
        self._listeners = {api.server: Listener(None if api.server in silent else self._answering(api)) for api in apis}
        self._switchboard = Switchboard(tuple(self._listeners.values()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every wait and every connection, and free the ports; swift also when clients hang on."""
        self._clock.close()
        self._switchboard.close()

    @property
    def ollama_url(self) -> str:
        """Where Ollama is, without a path."""
        return self._listeners[ServerName.OLLAMA].url

    @property
    def openai_url(self) -> str:
        """Where OpenAI is, with `/v1` as its SDK wants it."""
        return self._listeners[ServerName.OPENAI].url + "/v1"

    @property
    def anthropic_url(self) -> str:
        """Where Anthropic is, without `/v1` as its SDK wants it."""
        return self._listeners[ServerName.ANTHROPIC].url

    @property
    def compatible_url(self) -> str:
        """Where the compatible server is, with `/v1`. Raises KeyError for a scenario without one."""
        return self._listeners[ServerName.COMPATIBLE].url + "/v1"

    @property
    def recorder_url(self) -> str:
        """Where redirects lead."""
        return self._listeners[ServerName.RECORDER].url

    @property
    def requests(self) -> tuple[Received, ...]:
        """What all servers received up to now, in order."""
        return self._record.received

    @property
    def gpus(self) -> Gpus:
        """The graphics cards with the memory that is free now."""
        return self._memory.gpus

    def _answering(self, api: Api) -> Answering:
        def answer(request: Request) -> Reply:
            self._record.add(api.server, request)
            fault = self._plan.next(api.server, request)
            if fault is None:
                return api.answer(request)
            return fault.spoil(Scene(api, request, lambda: api.answer(request), self._clock, self.recorder_url))

        return answer


def _check_reasons(scenario: Scenario, apis: Iterable[Api]) -> None:
    refusals = {api.server: api.refusals for api in apis}
    for fault in scenario.faults:
        known_to = refusals.get(fault.server, {})
        if isinstance(fault, Decline) and fault.reason not in known_to:
            known = ", ".join(known_to) or "nothing"
            raise ScenarioError(f"{fault.server} cannot decline as {fault.reason}; it can for: {known}")
