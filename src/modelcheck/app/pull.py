"""A guarded pull: what is here is not pulled, what is not is refused, and one exception lets one model pass."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from modelcheck.app.errors import UserError
from modelcheck.app.exemptions import own_exemptions
from modelcheck.app.options import Options
from modelcheck.app.places import home as own_home
from modelcheck.app.precheck import Asked, Ways, answer, look_at_inventory, ruled, servers_of
from modelcheck.app.pulling import PullFailed, Step, pulled
from modelcheck.core.asked import Server
from modelcheck.core.exceptions import Exemption, What, is_over
from modelcheck.core.gap import Gap
from modelcheck.core.host import parse_endpoint
from modelcheck.core.name import pull_target
from modelcheck.core.precheck import Presence
from modelcheck.core.project import Engine
from modelcheck.core.ruling import PULLABLE, Answer, pulled_name
from modelcheck.core.sentence import Told
from modelcheck.core.text import printable
from modelcheck.store.auditlog import audit_folder
from modelcheck.store.pulls import PullLine, log_pull

LASTS = timedelta(hours=1)
"""For how long an exception holds that is made for one pull."""
LONGEST = 300
"""Characters of a reason and of an approver."""
COMMAND_LINE = "--endpoint"
"""The origin of an address that the user gave for this very run."""


@dataclass(frozen=True)
class Sought:
    """What is known of a pull before anything is asked of the server."""

    asked: Asked
    label: str
    """The server that would pull, as it may be shown."""
    urls: tuple[str, ...]
    """Where that server is; none where it must not be asked to pull."""
    notes: tuple[Told, ...]
    over: Exemption | None
    """An exception for it that has ended."""

    @property
    def is_here(self) -> bool:
        """Whether there is nothing to pull."""
        return self.asked.ruling.answer is Answer.HERE

    @property
    def exemption(self) -> Exemption | None:
        """The exception that lets it pass."""
        return self.asked.ruling.exemption

    @property
    def can_be_excepted(self) -> bool:
        """Whether an exception would let it pass."""
        found = self.asked.precheck
        return bool(self.urls) and found.presence is not Presence.NOT_CHECKED and found.obstacle in PULLABLE

    @property
    def name(self) -> str:
        """The model as it would be pulled."""
        return pulled_name(self.asked.precheck.name)


def sought(name: str, options: Options) -> Sought:
    """Look whether a model is here, and rule on a pull of it.

    Raises:
        UserError: something that the user gave cannot be used.

    """
    ways = Ways()
    facts = look_at_inventory(options, ways=ways)
    servers = servers_of(facts)
    found = answer(name, facts, servers)
    target = next((one for one in servers if one.engine is Engine.OLLAMA), None)
    if target is None:
        nobody = Told("none of the project's servers is an Ollama, and no other kind pulls")
        return Sought(ruled(name, found, ()), "", (), (*ways.notes, nobody), None)
    if not found.allowed:
        found = answer(name, facts, (target,))
    urls, why = _urls(target, ways, options)
    return Sought(
        asked=ruled(name, found, options.exemptions if urls else ()),
        label=_label(ways, target),
        urls=urls,
        notes=(*ways.notes, *([why] if why else [])),
        over=_over(name, options),
    )


def _urls(server: Server, ways: Ways, options: Options) -> tuple[tuple[str, ...], Told | None]:
    """Return where a server may be asked to pull, or why it may not."""
    from modelcheck.probes.http import candidates

    address = ways.addresses.get(server.id)
    if address is None or isinstance(address, Gap):
        return (), Told("{server} may not be asked, so it is not asked to pull", server=server.label)
    given = _given_here(address, options)
    if ways.unread is not None and not given:
        return (), Told("nothing is pulled to a server that stands in for one that is not known")
    if not (given or parse_endpoint(address).is_loopback):
        return (), Told(
            "{server} is not on this machine; name it by --endpoint ollama=URL to have it pull",
            server=_label(ways, server),
        )
    return candidates(address), None


def _label(ways: Ways, server: Server) -> str:
    """Return how a server is shown: one of this machine by its address, whoever gave it."""
    address = ways.addresses.get(server.id)
    if isinstance(address, str) and parse_endpoint(address).is_loopback:
        return str(parse_endpoint(address).root).partition("://")[2]
    return ways.labels.get(server.id, server.label)


def _given_here(address: str, options: Options) -> bool:
    """Whether the command line itself gives an address."""
    root = parse_endpoint(address).root
    given = [url for key, url in options.endpoints.items() if options.origins.get(f"endpoints.{key}") == COMMAND_LINE]
    return any(parse_endpoint(url).root == root for url in given)


def _over(name: str, options: Options) -> Exemption | None:
    now = datetime.now(UTC)
    for one in options.exemptions:
        if one.what is What.PULL and is_over(one.until, now) and _is_for(one, name):
            return one
    return None


def _is_for(exemption: Exemption, name: str) -> bool:
    try:
        return pull_target(exemption.subject) == pull_target(name)
    except ValueError:
        return False


def exception_for(name: str, because: str, approver: str, now: datetime | None = None) -> Exemption:
    """Return the exception that lets one model be pulled within the hour."""
    until = ((now or datetime.now(UTC)) + LASTS).replace(microsecond=0)
    return Exemption(
        What.PULL,
        pulled_name(name),
        printable(because.strip(), LONGEST),
        printable(approver.strip(), LONGEST),
        until.isoformat(),
    )


def allowed(exemption: Exemption, before: Sought) -> Sought:
    """Write an exception to the user's own file, and rule again by what stands there.

    Raises:
        UserError: it could not be written, or not be logged; nothing is pulled then.

    """
    from modelcheck.app.excepting import add_exception

    _log(exemption, "excepted", before.name)
    add_exception(exemption)
    again = ruled(before.asked.precheck.name, before.asked.precheck, own_exemptions())
    return replace(before, asked=again)


def pull(found: Sought, watch: Callable[[Step], None]) -> None:
    """Have the server pull a model that an exception lets pass, and log what came of it.

    Raises:
        PullFailed: it did not.
        UserError: it could not be logged; nothing is pulled then.

    """
    exemption = found.exemption
    if exemption is None or not found.urls or is_over(exemption.until, datetime.now(UTC)):
        raise UserError("no exception lets {name} be pulled any more", name=found.name)
    _log(exemption, "asked", found.name)
    try:
        pulled(found.urls, found.name, watch)
    except PullFailed as failed:
        _told_after(exemption, "failed", found.name, str(failed.reason))
        raise
    except BaseException:
        _told_after(exemption, "cancelled", found.name)
        raise
    _told_after(exemption, "pulled", found.name)


def _told_after(exemption: Exemption, event: str, name: str, detail: str = "") -> None:
    """Log how it ended; what has happened has happened, whether it can be kept or not."""
    with suppress(UserError):
        _log(exemption, event, name, detail)


def _log(exemption: Exemption, event: str, name: str, detail: str = "") -> None:
    folder = audit_folder(os.environ, own_home())
    if folder is None:
        raise UserError("there is no home to keep the log of pulls in")
    line = PullLine(
        datetime.now(UTC).isoformat(timespec="seconds"),
        event,
        printable(name, 600),
        exemption.reason,
        exemption.approver,
        exemption.until,
        printable(detail),
    )
    try:
        log_pull(folder, line)
    except OSError as error:
        reason = printable(error.strerror or str(error))
        raise UserError("the log of pulls cannot be kept, so nothing is pulled: {reason}", reason=reason) from None
