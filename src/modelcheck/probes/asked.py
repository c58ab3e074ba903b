"""What the project asks for: its references, and the servers, providers and models that they come down to."""

import json
from collections.abc import Iterable

from modelcheck.core.asked import (
    Client,
    Clients,
    CloudModel,
    CloudModels,
    CloudProvider,
    CloudProviders,
    LocalModel,
    LocalModels,
    Server,
    Servers,
    model_key,
)
from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import (
    Agents,
    Configuration,
    Engine,
    ModelKey,
    Provider,
    Reference,
    References,
    Role,
    Route,
    Target,
)
from modelcheck.probes.access import Access
from modelcheck.probes.mapping import placed
from modelcheck.probes.native.providers import DEFAULT_ADDRESS, DEFAULT_SERVER, PROVIDERS
from modelcheck.probes.probe import probe


@probe
def asked(
    access: Access, configuration: Configuration, agents: Agents
) -> tuple[References, LocalModels, Servers, Clients, CloudProviders, CloudModels]:
    """Enumerate the expected subjects of everything that is looked at later; nothing is contacted."""
    references = (*_of_agents(agents), *(Reference(target, Role.LISTED, None) for target in configuration.listed))
    return (
        References(references),
        LocalModels(_local_models(references, agents)),
        Servers(tuple(placed(access, server) for server in _servers(configuration, references))),
        Clients(_clients(configuration, references)),
        CloudProviders(_cloud_providers(access, configuration, references)),
        CloudModels(_cloud_models(references)),
    )


def _of_agents(agents: Agents) -> Iterable[Reference]:
    for agent in agents.agents:
        for index, target in enumerate(agent.targets):
            yield Reference(target, Role.FALLBACK if index else Role.PRIMARY, agent.name)


def _local_models(references: Iterable[Reference], agents: Agents) -> tuple[LocalModel, ...]:
    """Return the distinct local models; names of Ollama's cloud are not among them."""
    contexts = {agent.name: agent.num_ctx for agent in agents.agents}
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
            asked=_largest(contexts.get(one.agent or "") for one in named if _heeds_requests(one.target)),
        )
        for key, named in found.items()
    )


def _heeds_requests(target: Target) -> bool:
    """Whether a request to it can ask for a context: over Ollama's own API alone."""
    return target.engine is Engine.OLLAMA and target.route is Route.NATIVE


def _largest(contexts: Iterable[int | Gap | None]) -> int | Gap | None:
    asked = [context for context in contexts if context is not None]
    gap = next((context for context in asked if isinstance(context, Gap)), None)
    return gap or max((context for context in asked if not isinstance(context, Gap)), default=None)


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


def _clients(configuration: Configuration, references: Iterable[Reference]) -> tuple[Client, ...]:
    """Return the sections that models go to, in the order of naming, and the providers that have no section."""
    sections = {provider.name: provider for provider in configuration.providers}
    found: dict[str, Client] = {}
    for target in (reference.target for reference in references):
        if target.provider and target.provider not in found:
            section = sections.get(target.provider)
            found[target.provider] = _client(section) if section else _client_unseen(target)
    return tuple(found.values())


def _client(section: Provider) -> Client:
    return Client(
        name=section.name,
        engine=section.engine,
        route=section.route,
        timeout_s=section.timeout_s,
        max_retries=section.max_retries,
        at=section.at,
    )


def _client_unseen(target: Target) -> Client:
    """Return the client of a provider without a section: what it declares stands in code, if anywhere."""
    hint = f'"{PROVIDERS}": {{{json.dumps(target.provider)}: {{"timeout_s": 60, "max_retries": 2}}}}'
    gap = Gap(Why.NOT_DECLARED, about=f"a section for {target.provider}", hint=hint)
    return Client(target.provider, target.engine, Route.NATIVE, gap, gap, target.at)


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
