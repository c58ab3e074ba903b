"""The one policy for requests to a local server: allow, answer from the inventory, or refuse with a reason."""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from modelcheck.core.exceptions import Exemption, What, is_over
from modelcheck.core.machine import Entry
from modelcheck.core.name import InvalidName, ModelName, pull_target
from modelcheck.core.nearest import Near
from modelcheck.core.precheck import Obstacle, Precheck, Presence

Check = Callable[[str], Precheck]
"""Matches a name, as it was written, against what the server holds."""


class Action(StrEnum):
    """What a request asks a server to do."""

    LOOK = "look"
    """See what it is and what it holds; no model is named."""
    INFER = "infer"
    DESCRIBE = "describe"
    PULL = "pull"
    CREATE = "create"
    COPY = "copy"
    PUSH = "push"
    DELETE = "delete"
    UPLOAD = "upload"
    """Store a blob, or ask whether one is there."""
    ACCOUNT = "account"
    WEB = "web"
    """Search the web, fetch a page, or read what is recommended there."""


NEEDS_HERE = frozenset({Action.INFER, Action.DESCRIBE, Action.PULL})
"""What may be done with a model that is here; every other action needs an exception of its own."""


class Leave(StrEnum):
    """Why a request would leave the machine, though the model that it names is here."""

    NOT = ""
    WEB_SEARCH = "web-search"
    """It lets the server search the web by itself."""
    REMOTE_FILE = "remote-file"
    """It names an image or a file by an address."""


class Intent(msgspec.Struct, frozen=True):
    """What a request asks for, whoever asks: a command, a client of the guard, or code."""

    action: Action
    names: tuple[str, ...] = ()
    """Every model that it names as one that is there, as written; empty texts are none."""
    target: str = ""
    """What it would make, change or remove: a model's name, a digest, a route."""
    leave: Leave = Leave.NOT


class Answer(StrEnum):
    """What becomes of a request."""

    ALLOW = "allow"
    HERE = "here"
    """It is answered from the inventory: what it asks to pull is here already."""
    REFUSE = "refuse"


class Reason(StrEnum):
    """Why a request is refused; the id that a refusal carries."""

    NOT_HERE = "not-here"
    NOT_CHECKED = "not-checked"
    """Whether it is here could not be seen."""
    INVALID_NAME = "invalid-name"
    CLOUD = "cloud"
    STUB = "stub"
    BROKEN = "broken"
    SUBSTITUTED = "substituted"
    NO_NAME = "no-name"
    TWO_NAMES = "two-names"
    CLOSED = "closed"
    """The action is closed to everybody, unless an exception opens it."""
    WEB_SEARCH = "web-search"
    REMOTE_FILE = "remote-file"


class Ruling(msgspec.Struct, frozen=True):
    """The answer to one intent."""

    answer: Answer
    intent: Intent
    reason: Reason | None = None
    """Given with every refusal, and only there."""
    name: str = ""
    """The one model that it is about: as the inventory spells it where it is here, in full under an exception."""
    entry: Entry | None = None
    near: tuple[Near, ...] = ()
    exemption: Exemption | None = None
    """The exception that let it pass."""


_OBSTACLES = {
    Obstacle.INVALID: Reason.INVALID_NAME,
    Obstacle.CLOUD: Reason.CLOUD,
    Obstacle.STUB: Reason.STUB,
    Obstacle.BROKEN: Reason.BROKEN,
    Obstacle.SUBSTITUTED: Reason.SUBSTITUTED,
    Obstacle.NONE: Reason.NOT_HERE,
}

PULLABLE = frozenset({Obstacle.NONE, Obstacle.BROKEN})
"""What an exception for a pull may stand against: that a model is not here, or not whole."""


def ruling(intent: Intent, check: Check, exemptions: Iterable[Exemption], now: datetime) -> Ruling:
    """Rule on an intent: only what is certainly here, only for what harms nothing, and single exceptions.

    Args:
        intent: what is asked for.
        check: the pre-check against the server that is asked.
        exemptions: what the operator of this machine lets pass; never what the audited project says.
        now: the moment of the request, with its zone.

    """
    if intent.leave is not Leave.NOT:
        return Ruling(Answer.REFUSE, intent, Reason(intent.leave))
    if intent.action is Action.LOOK:
        return Ruling(Answer.ALLOW, intent)
    live = [one for one in exemptions if not is_over(one.until, now)]
    if intent.action not in NEEDS_HERE:
        return _opened(intent, check, live)
    if not intent.names:
        return Ruling(Answer.REFUSE, intent, Reason.NO_NAME)
    if not same_model(intent.names):
        return Ruling(Answer.REFUSE, intent, Reason.TWO_NAMES, name=intent.names[0])
    return _of_model(intent, intent.names[0], check, live)


def same_model(names: tuple[str, ...]) -> bool:
    """Whether all these texts mean one model, by Ollama's rules for names."""
    first = names[0]
    return all(one == first or _named(one) == (_named(first) or first) for one in names[1:])


def pulled_name(text: str) -> str:
    """Return the name that a pull of a text would ask for, written out as far as needed.

    Raises:
        InvalidName: Ollama would not take it.

    """
    return pull_target(text).shortest


def _of_model(intent: Intent, name: str, check: Check, live: list[Exemption]) -> Ruling:
    found = check(name)
    if found.allowed and found.entry is not None:
        answer = Answer.HERE if intent.action is Action.PULL else Answer.ALLOW
        return Ruling(answer, intent, name=found.entry.name, entry=found.entry)
    exemption = _exemption(intent, name, live) if _is_openable(intent, found) else None
    if exemption is not None:
        asked = pulled_name(name) if intent.action is Action.PULL else name
        return Ruling(Answer.ALLOW, intent, name=asked, exemption=exemption)
    return Ruling(Answer.REFUSE, intent, _reason(found), name=name, near=found.near)


def _is_openable(intent: Intent, found: Precheck) -> bool:
    """Whether an exception may stand against what was found: a pull brings weights here, and only where none are."""
    if intent.action is not Action.PULL:
        return True
    return found.presence is not Presence.NOT_CHECKED and found.obstacle in PULLABLE


def _opened(intent: Intent, check: Check, live: list[Exemption]) -> Ruling:
    """Rule on an action that is closed: an exception for its target opens it, and what it builds on must be here."""
    exemption = _exemption(intent, intent.target, live)
    if exemption is None or not intent.target:
        return Ruling(Answer.REFUSE, intent, Reason.CLOSED, name=intent.target)
    for name in intent.names:
        found = check(name)
        if not found.allowed:
            return Ruling(Answer.REFUSE, intent, _reason(found), name=name, near=found.near)
    return Ruling(Answer.ALLOW, intent, name=intent.target, exemption=exemption)


def _exemption(intent: Intent, name: str, live: list[Exemption]) -> Exemption | None:
    """Return the exception that opens one action for one name; a pull has a kind of its own."""
    for one in live:
        if intent.action is Action.PULL and one.what is What.PULL:
            subject = one.subject
        elif one.what is What.REQUEST and one.subject.startswith(f"{intent.action} "):
            subject = one.subject.removeprefix(f"{intent.action} ")
        else:
            continue
        if subject == name or (_named(subject) is not None and _named(subject) == _named(name)):
            return one
    return None


def _reason(found: Precheck) -> Reason:
    return Reason.NOT_CHECKED if found.presence is Presence.NOT_CHECKED else _OBSTACLES[found.obstacle]


def _named(text: str) -> ModelName | None:
    try:
        return pull_target(text)
    except InvalidName:
        return None
