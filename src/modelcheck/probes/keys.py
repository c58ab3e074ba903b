"""The key of each provider in use: which variable holds it, where that is set, and what its value looks like."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from modelcheck.core.asked import CloudProvider, CloudProviders
from modelcheck.core.cloud import Key, Keys, KeyShape
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.envfile import read_values
from modelcheck.probes.files import Unreadable, inside
from modelcheck.probes.probe import probe
from modelcheck.probes.secret import Secret
from modelcheck.probes.shape import Shapes
from modelcheck.probes.trust import KeyRoute, key_route

ENVIRONMENT = "environment"
PROJECT_FILE = ".env"


@dataclass(frozen=True)
class Source:
    """A place where keys are kept, with the asked names that it holds."""

    origin: str
    values: Mapping[str, Secret] | Gap


@dataclass(frozen=True)
class Held:
    """A key that was found."""

    variable: str
    origin: str
    value: Secret


@probe
def keys(access: Access, providers: CloudProviders) -> Keys:
    """Look for the key of each provider; nothing is contacted, and of a value only its shape is kept."""
    routes = {provider: key_route(provider, access) for provider in providers.providers}
    sources = read_sources(access, [route for route in routes.values() if isinstance(route, KeyRoute)])
    shapes = Shapes(access.providers)
    found = {provider.id: _key(provider, route, sources, shapes) for provider, route in routes.items()}
    return Keys(Seen[str, Key].of(found))


def read_sources(access: Access, routes: Collection[KeyRoute]) -> list[Source]:
    """Read the asked variables from the environment, the user's `.env` files and the project's, in that order."""
    names = {variable for route in routes for variable in route.variables}
    sources = [Source(ENVIRONMENT, {name: Secret(access.environ[name]) for name in names if name in access.environ})]
    sources.extend(_file(path.name, read_values(path, names)) for path in access.env_files)
    try:
        found = read_values(inside(access.root, PROJECT_FILE), names)
    except Unreadable as reason:
        found = Gap(Why.UNREADABLE, about=f"{PROJECT_FILE}: {reason}")
    if not (isinstance(found, Gap) and found.why is Why.NOT_THERE):
        sources.append(_file(PROJECT_FILE, found))
    return sources


def find_key(route: KeyRoute, sources: Collection[Source]) -> Held | Gap | None:
    """Return the first value that is set and not empty; a source that could not be read leaves its absence open."""
    for source in sources:
        if not isinstance(source.values, Gap):
            for variable in route.variables:
                if variable in source.values and source.values[variable].reveal():
                    return Held(variable, source.origin, source.values[variable])
    return next((source.values for source in sources if isinstance(source.values, Gap)), None)


def shape_of(held: Held, route: KeyRoute, shapes: Shapes) -> KeyShape | None:
    """Judge a key that was found; None when it is a placeholder for a server on this machine, which needs no key."""
    shape = shapes.of(held.value.reveal(), None if route.users_own else route.provider.id)
    is_here = route.endpoint is not None and route.endpoint.is_loopback
    return None if shape is KeyShape.PLACEHOLDER and is_here else shape


def _key(provider: CloudProvider, route: KeyRoute | Gap, sources: list[Source], shapes: Shapes) -> Key | Gap:
    if isinstance(route, Gap):
        return route
    if not route.variables:
        return Gap(Why.NOT_UNDERSTOOD, about=printable(provider.name))
    held = find_key(route, sources)
    if isinstance(held, Gap):
        return held
    shape = shape_of(held, route, shapes) if held else None
    if held is None or shape is None:
        return Key(variable=route.variables[0], origin="", shape=None)
    return Key(held.variable, held.origin, shape)


def _file(name: str, found: Mapping[str, tuple[Secret, int]] | Gap) -> Source:
    values = found if isinstance(found, Gap) else {variable: value for variable, (value, _) in found.items()}
    return Source(printable(name), values)
