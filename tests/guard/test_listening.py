"""Listening at one address with several processes: who takes part, and who must not."""

import os
import socket
import sys
from typing import Any

import pytest

from modelcheck.guard.listening import CannotServe, can_share, shares, usual
from modelcheck.guard.setup import Address

needs_sharing = pytest.mark.skipif(not can_share(), reason="Linux alone spreads callers over processes")


@needs_sharing
def test_all_listen_at_one_free_port_and_are_known_by_one_name() -> None:
    found = shares(Address("127.0.0.1", 0), 3)

    assert len({one.listeners[0].getsockname() for one in found}) == 1
    assert len({one.instance for one in found}) == 1
    for one in found:
        one.close()


@needs_sharing
def test_each_has_some_of_the_callers() -> None:
    found = shares(Address("127.0.0.1", 0), 2)
    place = found[0].listeners[0].getsockname()
    callers = [socket.create_connection(place) for _ in range(64)]
    taken: list[int] = []
    for one in found:
        listener = one.listeners[0]
        listener.setblocking(False)
        taken.append(0)
        while True:
            try:
                listener.accept()[0].close()
            except BlockingIOError:
                break
            taken[-1] += 1
    for caller in callers:
        caller.close()
    for one in found:
        one.close()

    assert sum(taken) == 64
    assert min(taken) > 0


@needs_sharing
def test_a_second_guard_at_the_address_of_a_shared_one_takes_no_part_in_it() -> None:
    first = shares(Address("127.0.0.1", 0), 2)
    port = first[0].listeners[0].getsockname()[1]

    with pytest.raises(CannotServe, match=rf"^127\.0\.0\.1:{port} cannot be listened on: Address already in use; "):
        shares(Address("127.0.0.1", port), 2)

    for one in first:
        one.close()


@needs_sharing
def test_where_one_socket_cannot_be_made_the_others_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []
    real = socket.create_server

    def third_fails(*args: Any, **more: Any) -> socket.socket:
        if len(made) == 2:
            raise OSError("no more")
        made.append(real(*args, **more))
        return made[-1]

    monkeypatch.setattr(socket, "create_server", third_fails)

    with pytest.raises(CannotServe, match=r"cannot be listened on: OSError; choose another with --listen$"):
        shares(Address("127.0.0.1", 0), 2)
    assert [one.fileno() for one in made] == [-1, -1]


@needs_sharing
def test_a_name_of_two_addresses_is_listened_on_at_both_with_one_port(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in ("127.0.0.1", "127.0.0.2")]

    def found_both(*_: Any, **__: Any) -> list[Any]:
        return both

    monkeypatch.setattr(socket, "getaddrinfo", found_both)

    found = shares(Address("localhost", 0), 2)

    names = {listener.getsockname() for one in found for listener in one.listeners}
    assert {host for host, _ in names} == {"127.0.0.1", "127.0.0.2"}
    assert len({port for _, port in names}) == 1
    for one in found:
        one.close()


@pytest.mark.parametrize(("cores", "processes"), [(1, 1), (2, 2), (4, 4), (64, 4)])
def test_there_is_a_process_for_each_core_up_to_four(
    monkeypatch: pytest.MonkeyPatch, cores: int, processes: int
) -> None:
    def affinity(_: int) -> set[int]:
        return set(range(cores))

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "sched_getaffinity", affinity, raising=False)

    assert usual() == processes


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_elsewhere_there_is_one(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)

    assert (usual(), can_share()) == (1, False)
