"""A stack of the workstation scenario, and clients that look nowhere else."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from msgspec.structs import replace

from modelcheck.standin.fault import Fault
from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

Running = Callable[..., Stack]
Connect = Callable[..., httpx.Client]
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Reading the system's takes longer than a test."""


@pytest.fixture(scope="session")
def workstation() -> Scenario:
    return Scenario.named("workstation")


@pytest.fixture
def running(workstation: Scenario) -> Iterator[Running]:
    """Start stacks of the workstation with faults or other changes; all are closed in the end."""
    with ExitStack() as stacks:

        def run(*faults: Fault, scenario: Scenario = workstation) -> Stack:
            return stacks.enter_context(Stack(replace(scenario, faults=faults)))

        yield run


@pytest.fixture
def stack(running: Running) -> Stack:
    return running()


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Make clients of a URL; all are closed in the end."""
    with ExitStack() as clients:

        def open_one(url: str, timeout: float = 5, **headers: str) -> httpx.Client:
            client = httpx.Client(
                base_url=url, headers=headers, timeout=timeout, trust_env=False, verify=NO_CERTIFICATES
            )
            return clients.enter_context(client)

        yield open_one


@pytest.fixture
def ollama(stack: Stack, connect: Connect) -> httpx.Client:
    return connect(stack.ollama_url)


@pytest.fixture
def openai(stack: Stack, connect: Connect) -> httpx.Client:
    return connect(stack.openai_url, authorization=f"Bearer {made_up_key('openai')}")


@pytest.fixture
def anthropic(stack: Stack, connect: Connect) -> httpx.Client:
    headers = {"x-api-key": made_up_key("anthropic"), "anthropic-version": "2023-06-01"}
    return connect(stack.anthropic_url, **headers)
