"""`require_local`: code that uses a model asks first whether it is here, by the rules of `precheck` and the guard."""

from datetime import UTC, datetime

from modelcheck.core.asked import Server
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.host import parse_endpoint
from modelcheck.core.machine import Inventory, Listing, Source
from modelcheck.core.precheck import precheck
from modelcheck.core.project import Engine
from modelcheck.core.ruling import Action, Answer, Intent, Reason, Ruling, ruling
from modelcheck.core.sentence import Told
from modelcheck.core.tables import Families

SENTENCE = "{name} cannot be used as a local model: {what}; {nearest}. {advice}"
WHAT = {
    Reason.NOT_HERE: Told("the Ollama server does not hold it, and nothing was pulled"),
    Reason.NOT_CHECKED: Told("whether it is here could not be seen, and nothing was pulled"),
    Reason.INVALID_NAME: Told("Ollama takes no such name"),
    Reason.CLOUD: Told("Ollama sends this name to its cloud"),
    Reason.STUB: Told("it holds no weights, and sends requests to another host"),
    Reason.BROKEN: Told("part of its weights is missing"),
}
ADVICE = {
    Reason.NOT_HERE: Told("Use one that is here; modelcheck pull says how to bring in another"),
    Reason.CLOUD: Told("Use a name without a cloud suffix; modelcheck inventory lists what is here"),
    Reason.STUB: Told("Use one that is here; modelcheck inventory lists them"),
    Reason.INVALID_NAME: Told("Write it as modelcheck inventory lists it"),
}
PUT_RIGHT = Told("Start the server, or say where it is: require_local(name, endpoint=URL)")
ELSEWHERE = Told("OLLAMA_HOST leads to another machine; if that is meant, say so: require_local(name, endpoint=URL)")
UNREADABLE = Told("OLLAMA_HOST is no address; put it right, or say where the server is: endpoint=URL")
NEAREST = "the nearest here: {names}"
NONE_NEAR = Told("no local model is near it")
NEAR_UNSEEN = Told("which models are near it could not be seen")


class NotLocal(Told, LookupError):
    """A model that is not certainly here; whoever asked for it has pulled nothing and sent nothing anywhere.

    The message says what happened, which local models are nearest, and what to do.
    """

    name: str
    """As it was asked for."""
    reason: Reason
    """Why it does not count as here; a text such as `not-here`, `cloud`, `stub`, `not-checked`, `invalid-name`."""
    near: tuple[str, ...]
    """Names of local models that could stand in, the nearest first."""

    def __init__(
        self,
        sentence: str,
        /,
        *,
        name: str = "",
        reason: Reason = Reason.NOT_CHECKED,
        near: tuple[str, ...] = (),
        **params: object,
    ) -> None:
        super().__init__(sentence, name=name, **params)
        self.name = name
        self.reason = reason
        self.near = near


def require_local(name: str, *, endpoint: str | None = None) -> str:
    """Return the name of a model exactly as the Ollama server spells it, if it is certainly here.

    Asks the server for its list, and nothing else: it never pulls, loads, follows a redirect, uses a proxy or sends a
    key, and gives up after seconds. No exception that anybody has written down makes a model count as here.
    It may be called in any thread. In an event loop it blocks the loop while it asks: there, call it by
    `await asyncio.to_thread(require_local, name)`.

    Args:
        name: the model, as it would be written in a request.
        endpoint: where the server is. Without it that is where OLLAMA_HOST leads, else 127.0.0.1:11434, and only on
            this machine.

    Raises:
        NotLocal: it is absent, a name of the cloud, a stub without weights, or could not be looked for.
        ValueError: `endpoint` is not `http(s)://host[:port]`.

    """
    if endpoint is not None:
        parse_endpoint(endpoint)
    listing = _listing(endpoint)
    answer = _ruling(name, listing)
    if answer.answer is Answer.ALLOW:
        return answer.name
    raise _not_local(name, answer, listing)


def _ruling(name: str, listing: Listing | Gap) -> Ruling:
    from modelcheck.app.tables import table

    families = table(Families)
    inventory = Inventory(Seen[str, Listing].of({"": listing}))
    return ruling(
        Intent(Action.INFER, (name,)),
        lambda text: precheck(text, Engine.OLLAMA, "", inventory, families),
        (),
        datetime.now(UTC),
    )


def _listing(endpoint: str | None) -> Listing | Gap:
    """Ask the server what it holds."""
    import os
    from pathlib import Path

    from modelcheck.app.tables import table
    from modelcheck.core.tables import KnownProviders
    from modelcheck.probes.access import Access
    from modelcheck.probes.native.providers import DEFAULT_ADDRESS, DEFAULT_SERVER
    from modelcheck.probes.ollama import ANSWER_S
    from modelcheck.probes.ollama.address import VARIABLE
    from modelcheck.probes.ollama.answers import entries_of
    from modelcheck.probes.ollama.line import TAGS, line_to

    access = Access(
        root=Path(),
        providers=table(KnownProviders),
        environ={VARIABLE: os.environ.get(VARIABLE, "")},
        offline=endpoint is None,
        endpoints={} if endpoint is None else {"ollama": endpoint},
        limit_s=2 * ANSWER_S,
    )
    line = line_to(access, Server(DEFAULT_SERVER, Engine.OLLAMA, DEFAULT_ADDRESS), ANSWER_S)
    if isinstance(line, Gap):
        return line
    entries, _ = line.read(TAGS, line.look((TAGS,))[TAGS], entries_of)
    return entries if isinstance(entries, Gap) else Listing(Source.SERVER, proves_absence=True, entries=entries)


def _not_local(name: str, answer: Ruling, listing: Listing | Gap) -> NotLocal:
    reason = answer.reason or Reason.NOT_CHECKED
    near = tuple(one.name for one in answer.near)
    none = NEAR_UNSEEN if isinstance(listing, Gap) else NONE_NEAR
    return NotLocal(
        SENTENCE,
        name=name,
        reason=reason,
        near=near,
        what=WHAT.get(reason, WHAT[Reason.NOT_CHECKED]),
        nearest=Told(NEAREST, names=", ".join(near)) if near else none,
        advice=ADVICE.get(reason) or _putting_right(listing),
    )


def _putting_right(listing: Listing | Gap) -> Told:
    match listing:
        case Gap(why=Why.OFFLINE):
            return ELSEWHERE
        case Gap(why=Why.UNREADABLE, about=about) if about.startswith("OLLAMA_HOST"):
            return UNREADABLE
        case _:
            return PUT_RIGHT
