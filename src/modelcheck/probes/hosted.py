"""The hosted providers: whether each accepts its key, and which of the project's models resolve and for how long.

Only free GET requests about models are made. No proxy is used, not even one that the environment names: where that
may be why nothing answered, it is said.
"""

import re
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from modelcheck.core.asked import CloudModel, CloudModels, CloudProvider, CloudProviders
from modelcheck.core.cloud import (
    Answer,
    Answers,
    AnswerState,
    Keys,
    KeyShape,
    Lifecycle,
    Lifecycles,
    Resolution,
    Resolutions,
    Stage,
)
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.host import Endpoint
from modelcheck.core.project import Engine, ModelKey
from modelcheck.core.retirements import Retirements
from modelcheck.core.text import printable
from modelcheck.probes.access import Access, Book
from modelcheck.probes.catalogue import Catalogue, Refused
from modelcheck.probes.keys import find_key, read_sources, shape_of
from modelcheck.probes.lifecycle import tabled
from modelcheck.probes.parallel import gather
from modelcheck.probes.probe import probe
from modelcheck.probes.proxy import proxy_variable
from modelcheck.probes.secret import Secret
from modelcheck.probes.shape import Shapes
from modelcheck.probes.trust import KeyRoute, key_route

if TYPE_CHECKING:
    from modelcheck.probes.door import Door

MOST_ASKS = 50
"""Models of one provider that are asked for by name, those on its list not counted."""

_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,199}")
_NOT_FOUND = 404
_SENDABLE = frozenset({KeyShape.PLAUSIBLE, KeyShape.MALFORMED})
_VISIBLE = re.compile(r"[!-~]{1,4096}")


@dataclass(frozen=True)
class Sight:
    """What one model showed."""

    resolution: Resolution | Gap
    lifecycle: Lifecycle | Gap


@dataclass(frozen=True)
class Inquiry:
    """What one provider showed."""

    answer: Answer
    models: dict[str, Sight]


@probe
def hosted(
    access: Access, providers: CloudProviders, models: CloudModels, keys: Keys, retirements: Retirements
) -> tuple[Answers, Resolutions, Lifecycles]:
    """Ask all providers at once for their list of models, and for the models that are not on it.

    What a provider does not say of a model's end, the table may.
    """
    wanted: dict[str, list[str]] = {provider.id: [] for provider in providers.providers}
    for model in models.models:
        wanted.setdefault(model.key.server, []).append(model.key.name)

    def look(provider: CloudProvider) -> Callable[[], Inquiry]:
        return lambda: _inquire(access, provider, keys, wanted[provider.id])

    looks = {provider.id: look(provider) for provider in providers.providers}
    seen = gather(looks, limit_s=0.9 * access.limit_s)
    answers = {name: found if isinstance(found, Gap) else found.answer for name, found in seen.items()}
    sights = {model: _of(model, seen) for model in models.models}
    addresses = {provider.id: provider.address for provider in providers.providers}
    lifecycles = {
        model.key: tabled(model, sight.lifecycle, addresses.get(model.key.server, ""), retirements)
        for model, sight in sights.items()
    }
    return (
        Answers(Seen[str, Answer].of(answers)),
        Resolutions(Seen[ModelKey, Resolution].of({model.key: sight.resolution for model, sight in sights.items()})),
        Lifecycles(Seen[ModelKey, Lifecycle].of(lifecycles)),
    )


def _of(model: CloudModel, seen: dict[str, Inquiry | Gap]) -> Sight:
    found = seen.get(model.key.server, Gap(Why.NOT_UNDERSTOOD, about=printable(model.key.server)))
    return _unseen(found) if isinstance(found, Gap) else found.models[model.key.name]


def _inquire(access: Access, provider: CloudProvider, keys: Keys, wanted: Collection[str]) -> Inquiry:
    """Ask one provider. Raises Unseen when it is not to be asked."""
    about = printable(provider.name)
    route = key_route(provider, access)
    if isinstance(route, Gap):
        raise Unseen(route)
    if route.endpoint is None or route.provider.engine not in _SDKS:
        raise Unseen(Gap(Why.NOT_UNDERSTOOD, about=about))
    key = keys.providers[provider.id]
    if isinstance(key, Gap):
        raise Unseen(key)
    secret = _usable_key(access, route, about)
    if not access.network or (access.offline and not route.endpoint.is_loopback):
        raise Unseen(Gap(Why.OFFLINE, about=route.host))
    with _opened(route.provider.engine, secret, route.endpoint, route.host, access.book) as catalogue:
        return ask(catalogue, wanted, about, _unused_proxy(access, route.endpoint))


def _unused_proxy(access: Access, endpoint: Endpoint) -> str:
    """Return the variable that names the proxy which other clients would use for an address; empty for none."""
    return "" if endpoint.is_loopback else proxy_variable(access.environ, endpoint.scheme, endpoint.host) or ""


def _usable_key(access: Access, route: KeyRoute, about: str) -> Secret:
    """Return the key, if it is one that may be sent: another provider's key is not, nor one that no header can hold."""
    held = find_key(route, read_sources(access, [route]))
    if isinstance(held, Gap):
        raise Unseen(held)
    shape = shape_of(held, route, Shapes(access.providers)) if held else None
    if held is None or shape not in _SENDABLE or not _VISIBLE.fullmatch(held.value.reveal()):
        variable = held.variable if held else route.variables[0]
        raise Unseen(Gap(Why.NO_KEY, about=about, hint=f"export {variable}=…"))
    return held.value


@contextmanager
def _opened(engine: Engine, secret: Secret, endpoint: Endpoint, host: str, book: Book) -> Generator[Catalogue]:
    """Import the provider's SDK, which takes seconds, and give it the key. Raises Unseen when it is not installed."""
    try:
        from modelcheck.probes.door import Door, quiet_import

        with quiet_import():
            catalogue = _SDKS[engine]()
    except ImportError:
        name = engine.value
        raise Unseen(Gap(Why.NOT_INSTALLED, about=name, hint=f"pip install {name}")) from None
    with Door(endpoint, host, book) as door:
        yield catalogue(secret, door)


def _anthropic() -> "Callable[[Secret, Door], Catalogue]":
    from modelcheck.probes.sdk_anthropic import AnthropicCatalogue

    return AnthropicCatalogue


def _openai() -> "Callable[[Secret, Door], Catalogue]":
    from modelcheck.probes.sdk_openai import OpenAICatalogue

    return OpenAICatalogue


_SDKS = {Engine.ANTHROPIC: _anthropic, Engine.OPENAI: _openai}


def ask(catalogue: Catalogue, wanted: Collection[str], about: str, proxy: str = "") -> Inquiry:
    """Ask for the list, which decides how the key is met, then for each wanted model that is not on it."""
    listed: Mapping[str, Lifecycle | Gap] = {}
    try:
        listed = catalogue.listed()
    except Refused as refused:
        answer = refused.answer
    else:
        answer = Answer(AnswerState.ACCEPTED, 200)
    if answer.status is None and proxy:
        answer = msgspec.structs.replace(answer, proxy=proxy)
    behind = _behind(answer, about)
    found: dict[str, Sight] = {}
    asked = 0
    for model in wanted:
        if model in listed:
            found[model] = _sight(listed[model])
        elif behind is not None:
            found[model] = _unseen(behind)
        elif not _SAFE_ID.fullmatch(model):
            found[model] = _unseen(Gap(Why.NOT_UNDERSTOOD, about=about))
        elif asked == MOST_ASKS:
            found[model] = _unseen(Gap(Why.TOO_MUCH, about=about))
        else:
            asked += 1
            found[model], behind = _resolved(catalogue, model, about)
    return Inquiry(answer, found)


def _resolved(catalogue: Catalogue, model: str, about: str) -> tuple[Sight, Gap | None]:
    """Ask for one model; also return the gap for all that follow, when this answer leaves no hope for them."""
    try:
        return _sight(catalogue.described(model)), None
    except Refused as refused:
        answer = refused.answer
    if answer.status == _NOT_FOUND:
        return Sight(Resolution.NOT_FOUND, Gap(Why.NOT_LISTED, about=about)), None
    gap = _behind(answer, about) or Gap(Why.NOT_ANSWERED, about=about)
    hopeless = answer.status is None or answer.state in {AnswerState.REJECTED, AnswerState.LIMITED}
    return _unseen(gap), gap if hopeless else None


def _sight(lifecycle: Lifecycle | Gap) -> Sight:
    """Return what a model showed that is described: a retired one fails in use."""
    is_over = isinstance(lifecycle, Lifecycle) and lifecycle.state is Stage.RETIRED
    return Sight(Resolution.NOT_FOUND if is_over else Resolution.FOUND, lifecycle)


def _unseen(gap: Gap) -> Sight:
    return Sight(gap, gap)


def _behind(answer: Answer, about: str) -> Gap | None:
    """Return the gap for everything behind an answer; None where single models may still be asked for."""
    if answer.state in {AnswerState.ACCEPTED, AnswerState.RESTRICTED}:
        return None
    return Gap(Why.KEY_REJECTED if answer.state is AnswerState.REJECTED else Why.NOT_ANSWERED, about=about)
