"""What the project asks for: its references, and the servers, providers and models that they come down to."""

from collections.abc import Iterable

from modelcheck.core.facts import Place
from modelcheck.core.name import InvalidName, ModelRef
from modelcheck.core.project import (
    Agents,
    CloudModel,
    CloudModels,
    CloudProvider,
    CloudProviders,
    Configuration,
    Engine,
    LocalModel,
    LocalModels,
    ModelKey,
    Reference,
    References,
    Role,
    Server,
    Servers,
    Target,
)
from modelcheck.probes.access import Access
from modelcheck.probes.probe import probe


@probe
def asked(
    access: Access, configuration: Configuration, agents: Agents
) -> tuple[References, LocalModels, Servers, CloudProviders, CloudModels]:
    """Enumerate the expected subjects of everything that is looked at later; nothing is contacted."""
    references = (*_of_agents(agents), *(Reference(target, Role.LISTED, None) for target in configuration.listed))
    return (
        References(references),
        LocalModels(_local_models(references)),
        Servers(_servers(configuration, references)),
        CloudProviders(_cloud_providers(access, configuration, references)),
        CloudModels(_cloud_models(references)),
    )


def model_key(target: Target) -> ModelKey:
    """Return the key under which facts about a model are kept: its shortest name, folded."""
    if target.engine is not Engine.OLLAMA:
        return ModelKey(target.server, target.model)
    try:
        name = ModelRef.parse(target.model).name
    except InvalidName:
        name = None
    return ModelKey(target.server, name.shortest.lower() if name else target.model)


def _of_agents(agents: Agents) -> Iterable[Reference]:
    for agent in agents.agents:
        for index, target in enumerate(agent.targets):
            yield Reference(target, Role.FALLBACK if index else Role.PRIMARY, agent.name)


def _is_local(target: Target) -> bool:
    return target.engine.is_local and not target.cloud_name


def _local_models(references: Iterable[Reference]) -> tuple[LocalModel, ...]:
    found: dict[ModelKey, tuple[Target, bool, list[Place]]] = {}
    for reference in references:
        target = reference.target
        if not _is_local(target):
            continue
        key = model_key(target)
        first, primary, places = found.get(key, (target, False, []))
        places.append(target.at)
        found[key] = (first, primary or reference.role is Role.PRIMARY, places)
    return tuple(
        LocalModel(key, target.engine, target.model, primary, tuple(dict.fromkeys(places)))
        for key, (target, primary, places) in found.items()
    )


def _servers(configuration: Configuration, references: Iterable[Reference]) -> tuple[Server, ...]:
    """Return the servers that models go to, in the order in which they are first named."""
    sections = {provider.server: provider for provider in reversed(configuration.providers)}
    found: dict[str, Server] = {}
    for target in (reference.target for reference in references):
        if target.engine.is_local and target.server not in found:
            section = sections.get(target.server)
            address = (section.address if section else "") or target.server
            found[target.server] = Server(target.server, target.engine, address, section.at if section else None)
    return tuple(found.values())


def _cloud_providers(
    access: Access, configuration: Configuration, references: Iterable[Reference]
) -> tuple[CloudProvider, ...]:
    sections = {provider.server: provider for provider in reversed(configuration.providers)}
    found: dict[str, CloudProvider] = {}
    for target in (reference.target for reference in references):
        if not target.engine.is_cloud or target.server in found:
            continue
        section = sections.get(target.server)
        known = access.providers.named(target.server) or access.providers.named(target.provider)
        found[target.server] = CloudProvider(
            id=target.server,
            engine=target.engine,
            name=section.name if section else (known.id if known else target.provider),
            address=section.address if section else "",
            key_variable=section.key_variable if section else None,
            at=section.at if section else target.at,
        )
    return tuple(found.values())


def _cloud_models(references: Iterable[Reference]) -> tuple[CloudModel, ...]:
    found: dict[ModelKey, tuple[Target, list[Place]]] = {}
    for target in (reference.target for reference in references):
        if target.engine.is_cloud:
            _, places = found.setdefault(model_key(target), (target, []))
            places.append(target.at)
    return tuple(
        CloudModel(key, target.engine, tuple(dict.fromkeys(places))) for key, (target, places) in found.items()
    )
