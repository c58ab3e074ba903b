"""The processes of a guard: how many it has, and what is said of one that dies."""

import asyncio
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelcheck.app import guardworkers as module
from modelcheck.app.errors import UserError
from modelcheck.app.guardworkers import Team, WorkerLost, ended, team, workers_of
from modelcheck.app.tables import table
from modelcheck.core.tables import Families
from modelcheck.guard import workers
from modelcheck.guard.event import Event, Outcome
from modelcheck.guard.journal import Journal
from modelcheck.guard.listening import MOST, Share, can_share, usual
from modelcheck.guard.setup import Address, Knowledge, Setup
from modelcheck.guard.workers import Failure, Work, Worker, part


def now() -> datetime:
    return datetime.now(UTC)


HERE = Address("127.0.0.1", 0)
SETUP = Setup(HERE, HERE)
KNOWLEDGE = Knowledge(lambda _: (), lambda _: True, table(Families), tuple, now)


def test_unless_told_there_are_as_many_as_are_usual() -> None:
    assert workers_of(None) == usual()


def test_as_many_as_asked_for_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "can_share", lambda: True)

    assert [workers_of(count) for count in (1, 2, MOST)] == [1, 2, MOST]
    for count in (-1, 0, MOST + 1):
        with pytest.raises(UserError, match=f"^--workers takes 1 to {MOST}, not {count}$"):
            workers_of(count)


def test_where_an_address_cannot_be_shared_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "can_share", lambda: False)

    assert workers_of(1) == 1
    with pytest.raises(UserError, match=r"^several processes share one address on Linux alone; "):
        workers_of(2)


@pytest.mark.skipif(not can_share(), reason="several processes share one address on Linux alone")
def test_of_several_each_has_a_part_and_the_first_alone_writes_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Setup] = []

    def forked(found: tuple[Share, ...], work: Work, failed: Failure) -> tuple[Worker, ...]:
        del failed
        asyncio.run(work(found[1], link))
        found[1].close()
        return ()

    async def worked(setup: Setup, *_: object) -> None:
        done.append(setup)

    monkeypatch.setattr(workers, "forked", forked)
    monkeypatch.setattr(workers, "worked", worked)
    journal = Journal(tmp_path / "log.jsonl", now=now)
    with socket.socket() as link:
        found = team(SETUP, KNOWLEDGE, journal, 2, lambda _: 5)
    assert found.share is not None
    found.share.close()
    journal.note(Event(Outcome.REFUSED, "not-here", 403, "POST", "/api/pull"))

    assert done == [found.setup] == [part(SETUP, 2)]
    assert (tmp_path / "log.jsonl").read_bytes() == b""


def test_one_alone_forks_nothing_and_has_all_of_it() -> None:
    assert team(SETUP, KNOWLEDGE, Journal(None, now=now), 1, lambda _: 5) == Team(SETUP, None)


@pytest.mark.parametrize(("code", "how"), [(5, "exit code 5"), (0, "exit code 0"), (-9, "signal 9")])
def test_how_a_worker_ended_is_said(code: int, how: str) -> None:
    assert str(ended(code)).startswith(f"a worker has ended by itself ({how}); ")
    assert WorkerLost("").exit_code == 5
