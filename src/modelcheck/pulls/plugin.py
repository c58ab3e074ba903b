"""The plugin of pytest: the fixture `no_pull`, its marker and its setting. A test that would pull a model fails.

It stops a pull before anything is sent, whether or not a server is there: requests to the routes of Ollama that pull,
create or push (through `ollama`, httpx, requests, urllib, aiohttp and others), downloads of huggingface_hub and of
what is built on it (transformers, llama-cpp) of files that are not in the cache, and every contact with a registry.
The failure is no `Exception`, and is told once more after the test if something swallowed it all the same. Threads
and tasks of the process are watched as well, until the test is over.

It cannot see other processes (`ollama` on the command line, workers of multiprocessing), code in C, Rust or Go that
opens its own sockets (pycurl, gRPC), what ran before the set-up of the test, and what a server does by itself. Of
clients other than those of the standard library, httpx, requests and aiohttp it sees requests to Ollama by HTTP/1 on
sockets of Python: not by HTTP/2, not a second request in one piece with the first, not through uvloop or, on Windows,
the streams of asyncio.

This module is imported in every run of pytest where modelcheck is installed, so it imports nothing else at first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from modelcheck.pulls.guarded import Guarded

SETTING = "modelcheck_no_pull"
FIXTURE = "no_pull"
ALLOWED = "may_pull"
_GUARDED: pytest.StashKey[Guarded] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the setting."""
    parser.addini(
        SETTING, "Fail every test that would pull a model, unless it is marked may_pull.", "bool", default=False
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    config.addinivalue_line("markers", f"{FIXTURE}: fail this test if it would pull a model.")
    config.addinivalue_line("markers", f"{ALLOWED}(reason): let this test pull, whatever {SETTING} says.")


@pytest.fixture
def no_pull(request: pytest.FixtureRequest) -> None:
    """Fail this test if it would pull a model; from before the set-up of its other fixtures until after theirs ends."""
    _begin(request.node)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Watch from before the first fixture is set up."""
    if _is_asked_for(item):
        _begin(item)
    yield from _told(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test that has caught its own failure."""
    yield from _told(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Put everything back once the last fixture has ended."""
    try:
        yield from _told(item)
    finally:
        guarded = item.stash.get(_GUARDED, None)
        if guarded is not None:
            del item.stash[_GUARDED]
            guarded.end()


def _is_asked_for(item: pytest.Item) -> bool:
    return (
        FIXTURE in getattr(item, "fixturenames", ())
        or item.get_closest_marker(FIXTURE) is not None
        or bool(item.config.getini(SETTING))
    )


def _begin(item: pytest.Item) -> None:
    if _GUARDED in item.stash or item.get_closest_marker(ALLOWED) is not None:
        return
    from modelcheck.pulls.guarded import Guarded

    item.stash[_GUARDED] = guarded = Guarded(str(item.config.rootpath))
    guarded.begin()


def _told(item: pytest.Item) -> Generator[None, None, None]:
    """Run one phase of a test, and fail it for what was stopped there and not told."""
    try:
        yield
    except BaseException as error:
        _tell(item, error)
        raise
    _tell(item, None)


def _tell(item: pytest.Item, error: BaseException | None) -> None:
    guarded = item.stash.get(_GUARDED, None)
    if guarded is not None:
        guarded.watch.tell(error)
