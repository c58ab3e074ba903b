"""The processes of a guard: how many there are, how they are started, and what is said of one that dies."""

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelcheck.app.errors import UserError
from modelcheck.core.sentence import Told
from modelcheck.guard.journal import Journal
from modelcheck.guard.listening import MOST, Share, can_share, shares, usual
from modelcheck.guard.setup import Knowledge, Setup

if TYPE_CHECKING:
    from modelcheck.guard.workers import Failure, Worker


class WorkerLost(UserError):
    """A worker died, and the guard has ended with it; exit code 5."""

    exit_code = 5


@dataclass(frozen=True)
class Team:
    """The first process of a guard, and the workers beside it."""

    setup: Setup
    """The part that the first process has."""
    share: Share | None
    """None where it is alone, and listens by itself."""
    workers: "tuple[Worker, ...]" = ()


def workers_of(asked: int | None) -> int:
    """Return how many processes a guard has.

    Raises:
        UserError: so many it cannot have here.

    """
    if asked is None:
        return usual()
    if not 1 <= asked <= MOST:
        raise UserError("--workers takes 1 to {most}, not {asked}", most=MOST, asked=asked)
    if asked > 1 and not can_share():
        raise UserError("several processes share one address on Linux alone; give --workers 1, or leave it out")
    return asked


def team(setup: Setup, knowledge: Knowledge, journal: Journal, count: int, failed: "Failure") -> Team:
    """Start the workers of a guard of so many processes; no thread and no event loop may be there yet.

    Raises:
        CannotServe: the address cannot be listened on, or the system starts no more processes.

    """
    from modelcheck.guard.workers import forked, gone, part, worked

    if count == 1:
        return Team(setup, None)
    mine, found = part(setup, count), shares(setup.listen, count)

    async def work(share: Share, link: socket.socket) -> None:
        journal.close()  # the first process alone writes it
        await worked(mine, knowledge, share, link, gone)

    return Team(mine, found[0], forked(found, work, failed))


def ended(code: int) -> Told:
    """Return what is to be said of a worker that ended by itself: with an exit code, or by a signal as its negative."""
    how = Told("signal {number}", number=-code) if code < 0 else Told("exit code {code}", code=code)
    return Told("a worker has ended by itself ({how}); running requests may end, and then the guard ends", how=how)
