"""What the project asks for: its references, and the servers, providers and models that they come down to."""

from collections.abc import Iterable

from modelcheck.core.asked import (
    CloudModel,
    CloudModels,
    CloudProvider,
    CloudProviders,
    LocalModel,
    LocalModels,
    Server,
    Servers,
)
from modelcheck.core.facts import Place
from modelcheck.core.name import InvalidName, ModelRef
from modelcheck.core.project import Agents, Configuration, Engine, ModelKey, Reference, References, Role, Target
from modelcheck.probes.access import Access
from modelcheck.probes.native.providers import DEFAULT_ADDRESS, DEFAULT_SERVER
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


def _local_models(references: Iterable[Reference]) -> tuple[LocalModel, ...]:
    """Return the distinct local models; names of Ollama's cloud are not among them."""
    found: dict[ModelKey, list[Reference]] = {}
    for reference in references:
        target = reference.target
        if target.engine.is_local and not target.cloud_name:
            found.setdefault(model_key(target), []).append(reference)
    return tuple(
        LocalModel(
            key=key,
            engine=named[0].target.engine,
            text=named[0].target.model,
            primary=any(one.role is Role.PRIMARY for one in named),
            places=_places(named),
        )
        for key, named in found.items()
    )


def _servers(configuration: Configuration, references: Iterable[Reference]) -> tuple[Server, ...]:
    """Return the servers that models go to, in the order in which they are first named."""
    sections = {provider.server: provider for provider in reversed(configuration.providers)}
    found: dict[str, Server] = {}
    for target in (reference.target for reference in references):
        if target.engine.is_local and target.server not in found:
            section = sections.get(target.server)
            unnamed = DEFAULT_ADDRESS if target.server == DEFAULT_SERVER else target.server
            address = (section.address if section else "") or unnamed
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
    found: dict[ModelKey, list[Reference]] = {}
    for reference in references:
        if reference.target.engine.is_cloud:
            found.setdefault(model_key(reference.target), []).append(reference)
    return tuple(CloudModel(key, named[0].target.engine, _places(named)) for key, named in found.items())


def _places(references: Iterable[Reference]) -> tuple[Place, ...]:
    return tuple(dict.fromkeys(one.target.at for one in references))
