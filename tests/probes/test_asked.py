"""What the project asks for comes down to distinct models, servers and hosted providers, in the order of naming."""

from pathlib import Path

import pytest
from native_project import Read, read, read_agent

from modelcheck.core.asked import Client, Clients, CloudModels, CloudProvider, CloudProviders, LocalModels, Servers
from modelcheck.core.facts import Place
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Agents, Configuration, Engine, ModelKey, References, Role, Route
from modelcheck.probes.access import FOREIGN
from modelcheck.probes.asked import asked

OLLAMA = {"base_url": "http://localhost:11434"}
LOCAL = "http://127.0.0.1:11434"
Asked = tuple[References, LocalModels, Servers, Clients, CloudProviders, CloudModels]


def ask(found: Read) -> Asked:
    assert isinstance(found.agents, Agents)
    return asked(found.access, found.configuration, found.agents)


def of_agents(root: Path, agents: object, **providers: object) -> Asked:
    return ask(read(root, {"model_providers": providers or {"ollama": OLLAMA}, "agent_models": agents}))


def test_the_probe_needs_what_the_configuration_says_and_promises_all_subjects() -> None:
    assert asked.needs == {"configuration": Configuration, "agents": Agents}
    assert asked.promises == (References, LocalModels, Servers, Clients, CloudProviders, CloudModels)


def test_nothing_named_is_nothing_asked(tmp_path: Path) -> None:
    assert all(not fact.subjects for fact in of_agents(tmp_path, {}))


def test_references_are_every_place_in_order_with_their_role(tmp_path: Path) -> None:
    content = """{"model_providers": {"ollama": {"models": [
      "listed"]}}, "agent_models": {
      "a": {"primary": "ollama/x", "fallbacks": [
        "openai/gpt-x",
        "ollama/x"]},
      "b": "ollama/x"}}"""
    references, *_ = ask(read(tmp_path, content))

    assert [(one.label, one.role, one.agent, one.target.at.line) for one in references.references] == [
        ("ollama/x", Role.PRIMARY, "a", 3),
        ("openai/gpt-x", Role.FALLBACK, "a", 4),
        ("ollama/x", Role.FALLBACK, "a", 5),
        ("ollama/x", Role.PRIMARY, "b", 6),
        ("listed", Role.LISTED, None, 2),
    ]


def test_an_agent_without_a_primary_begins_with_its_first_fallback(tmp_path: Path) -> None:
    references, *_ = of_agents(tmp_path, {"a": {"fallback": ["ollama/x", "ollama/y"]}})

    assert [one.role for one in references.references] == [Role.PRIMARY, Role.FALLBACK]


@pytest.mark.parametrize(
    "spellings",
    [
        [
            "llama3",
            "llama3:latest",
            "LLAMA3",
            "library/llama3",
            "registry.ollama.ai/library/llama3:latest",
            "llama3:local",
        ],
        ["User/Model:8B", "user/model:8b"],
        ["hf.co/U/R:Q4", "HF.co/u/r:q4"],
    ],
)
def test_spellings_of_one_model_are_one_model(tmp_path: Path, spellings: list[str]) -> None:
    _, models, *_ = of_agents(tmp_path, {f"a{n}": f"ollama/{name}" for n, name in enumerate(spellings)})
    (model,) = models.models

    assert model.text == spellings[0]
    assert model.key.server == LOCAL
    assert model.key.name == model.key.name.lower()


def test_distinct_models_stay_apart(tmp_path: Path) -> None:
    names = ["llama3", "llama3:8b", "other/llama3", "llama-3", "not a name", "Not a name", "x:local:local"]
    _, models, *_ = of_agents(tmp_path, {f"a{n}": f"ollama/{name}" for n, name in enumerate(names)})

    assert [model.text for model in models.models] == names
    assert models.models[0].key == ModelKey(LOCAL, "llama3:latest")
    assert models.models[4].key == ModelKey(LOCAL, "not a name")
    assert models.models[6].key == ModelKey(LOCAL, "x:local:local")


def test_the_same_name_on_two_servers_is_two_models(tmp_path: Path) -> None:
    sections = {"one": {"base_url": "http://127.0.0.1:11434"}, "two": {"base_url": "http://10.0.0.5:11434"}}
    _, models, servers, *_ = of_agents(tmp_path, {"a": "two/x", "b": "one/x"}, **sections)

    assert [model.key for model in models.models] == [ModelKey("two", "x:latest"), ModelKey(LOCAL, "x:latest")]
    assert [(server.id, server.address) for server in servers.servers] == [("two", FOREIGN), (LOCAL, LOCAL)]


def test_a_model_is_primary_when_anybody_begins_with_it(tmp_path: Path) -> None:
    agents = {"a": {"model": "ollama/x", "fallback": "ollama/y"}, "b": "ollama/Y", "c": {"model": "ollama/x"}}
    _, models, *_ = of_agents(tmp_path, {**agents, "d": {"model": "ollama/x", "fallback": "ollama/z"}})

    assert [(model.text, model.primary) for model in models.models] == [("x", True), ("y", True), ("z", False)]


def test_a_listed_model_is_nobodys_primary(tmp_path: Path) -> None:
    content = {"model_providers": {"ollama": {**OLLAMA, "models": ["x"]}}, "agent_models": {}}
    _, models, servers, *_ = ask(read(tmp_path, content))

    assert [(model.text, model.primary) for model in models.models] == [("x", False)]
    assert [server.id for server in servers.servers] == [LOCAL]


@pytest.mark.parametrize(
    ("contexts", "largest"),
    [((), None), ((None,), None), ((2048,), 2048), ((2048, None, 8192), 8192), ((2048, "much"), Gap)],
)
def test_the_largest_context_that_agents_ask_for_is_kept(
    tmp_path: Path, contexts: tuple[object, ...], largest: object
) -> None:
    agents = {f"a{n}": {"model": "ollama/x", "num_ctx": context} for n, context in enumerate(contexts)}
    _, models, *_ = of_agents(tmp_path, {"plain": "ollama/x", **agents})

    (one,) = models.models
    assert isinstance(one.asked, Gap) if largest is Gap else one.asked == largest


def test_a_context_that_is_asked_for_over_the_other_api_does_not_count(tmp_path: Path) -> None:
    section = {"base_url": "http://localhost:11434/v1"}
    _, models, *_ = of_agents(tmp_path, {"a": {"model": "ollama/x", "num_ctx": 8192}}, ollama=section)

    assert [one.asked for one in models.models] == [None]


def test_each_place_of_a_model_counts_once(tmp_path: Path) -> None:
    content = """{"model_providers": {"ollama": {"base_url": "http://localhost:11434"}}, "agent_models": {
      "a": {"primary": "ollama/x", "fallbacks": ["ollama/x", "ollama/x:latest"]},
      "b": "ollama/x",
      "c": {"primary": "openai/g", "fallbacks": ["openai/g"]},
      "d": "openai/g"}}"""
    _, models, _, _, _, clouds = ask(read(tmp_path, content))

    assert models.models[0].places == tuple(Place("config/models_config.json", line) for line in (2, 3))
    assert clouds.models[0].places == tuple(Place("config/models_config.json", line) for line in (4, 5))


def test_a_name_of_ollamas_cloud_is_no_local_model_and_its_server_is_asked(tmp_path: Path) -> None:
    _, models, servers, _, providers, clouds = of_agents(tmp_path, {"a": "ollama/gpt-oss:120b-cloud"})

    assert models.models == ()
    assert [server.id for server in servers.servers] == [LOCAL]
    assert (providers.providers, clouds.models) == ((), ())


def test_other_local_engines_keep_names_as_written(tmp_path: Path) -> None:
    sections = {"lmstudio": {"base_url": "http://localhost:1234/v1"}}
    _, models, servers, *_ = of_agents(tmp_path, {"a": "lmstudio/Org/Model", "b": "lmstudio/org/model"}, **sections)

    assert [model.key.name for model in models.models] == ["Org/Model", "org/model"]
    assert [(server.engine, server.id) for server in servers.servers] == [
        (Engine.OPENAI_LOCAL, "http://127.0.0.1:1234")
    ]


def test_servers_come_in_the_order_of_naming_and_only_when_used(tmp_path: Path) -> None:
    sections = {"unused": {"base_url": "http://127.0.0.1:1"}, "b": {"base_url": "http://127.0.0.1:2"}, "ollama": {}}
    found = read(
        tmp_path, {"model_providers": sections, "agent_models": {"x": "ollama/m", "y": "b/m", "z": "ollama/n"}}
    )
    _, _, servers, *_ = ask(found)

    assert [(server.id, server.address) for server in servers.servers] == [
        ("default", "the default Ollama server"),
        ("http://127.0.0.1:2", "http://127.0.0.1:2"),
    ]


def test_a_server_has_its_place_where_a_section_names_it(tmp_path: Path) -> None:
    _, _, servers, *_ = read_and_ask(tmp_path, "ollama/x", ollama=OLLAMA)
    assert servers.servers[0].at == Place("config/models_config.json", 1)

    _, _, servers, *_ = read_and_ask(tmp_path, "ollama/x")
    assert servers.servers[0].at is None


def read_and_ask(root: Path, agent: object, **providers: object) -> Asked:
    return ask(read_agent(root, agent, **providers))


def test_two_sections_of_one_server_are_one_server_placed_at_the_first(tmp_path: Path) -> None:
    content = """{"model_providers": {
      "first": {"base_url": "http://localhost:11434"},
      "second": {"base_url": "http://127.0.0.1:11434"}}, "agent_models": {"a": "second/x", "b": "first/y"}}"""
    _, _, servers, *_ = ask(read(tmp_path, content))

    assert [(server.id, server.at) for server in servers.servers] == [(LOCAL, Place("config/models_config.json", 2))]


def test_the_clients_are_the_sections_in_use_with_what_they_declare(tmp_path: Path) -> None:
    sections = {
        "unused": {"base_url": "http://127.0.0.1:1"},
        "anthropic": {"max_retries": 3},
        "ollama": {"base_url": "http://localhost:11434/v1", "timeout": 90},
    }
    agents = {"a": {"model": "ollama/x", "fallback": ["anthropic/claude-x", "ollama/y"]}}
    *_, clients, _, _ = of_agents(tmp_path, agents, **sections)
    at = Place("config/models_config.json", 1)

    assert clients.clients == (
        Client("ollama", Engine.OLLAMA, Route.OPENAI, 90.0, None, at),
        Client("anthropic", Engine.ANTHROPIC, Route.NATIVE, None, 3, at),
    )
    assert [(one.label, one.place) for one in clients.clients] == [("ollama", at), ("anthropic", at)]


def test_a_provider_without_a_section_has_a_client_that_was_not_seen(tmp_path: Path) -> None:
    *_, clients, _, _ = of_agents(tmp_path, {"a": "ollama/x", "b": 'no"body/x', "c": {"model": "y", "provider": 'n"o'}})
    known, odd = clients.clients
    gap = Gap(
        Why.NOT_DECLARED,
        about='a section for n"o',
        hint='"model_providers": {"n\\"o": {"timeout_s": 60, "max_retries": 2}}',
    )

    assert (known.name, known.timeout_s) == ("ollama", None)
    assert (odd.name, odd.timeout_s, odd.max_retries, odd.route) == ('n"o', gap, gap, Route.NATIVE)


def test_what_goes_nowhere_that_is_understood_has_no_client(tmp_path: Path) -> None:
    *_, clients, _, _ = of_agents(tmp_path, {"a": 5})

    assert clients.clients == ()


def test_hosted_providers_are_those_in_use_as_their_sections_say(tmp_path: Path) -> None:
    sections = {
        "mine": {"base_url": "https://api.openai.com/v1", "api_key_env": "MY_KEY"},
        "anthropic": {"base_url": "https://gateway.example.com"},
        "groq": {},
    }
    agents = {"a": "mine/gpt-x", "b": {"model": "claude-x", "provider": "anthropic"}, "c": "gemini/pro", "d": "mine/o3"}
    _, models, servers, _, providers, clouds = of_agents(tmp_path, agents, **sections)

    assert (models.models, servers.servers) == ((), ())
    first, second, third = providers.providers
    at = Place("config/models_config.json", 1)
    assert first == CloudProvider("openai", Engine.OPENAI, "mine", "api.openai.com", "MY_KEY", at)
    assert second == CloudProvider("anthropic", Engine.ANTHROPIC, "anthropic", FOREIGN, None, at)
    assert third == CloudProvider("google", Engine.OTHER_CLOUD, "google", "", None, at)
    assert [(model.key.server, model.key.name) for model in clouds.models] == [
        ("openai", "gpt-x"),
        ("anthropic", "claude-x"),
        ("google", "pro"),
        ("openai", "o3"),
    ]


def test_a_hosted_model_is_distinct_by_provider_and_spelling(tmp_path: Path) -> None:
    agents = {
        "a": "openai/gpt-x",
        "b": "openai/GPT-X",
        "c": "groq/gpt-x",
        "d": {"model": "gpt-x", "provider": "openai"},
    }
    *_, clouds = of_agents(tmp_path, agents)

    assert [(model.key.server, model.key.name) for model in clouds.models] == [
        ("openai", "gpt-x"),
        ("openai", "GPT-X"),
        ("groq", "gpt-x"),
    ]


def test_what_is_not_understood_is_a_reference_and_nothing_else(tmp_path: Path) -> None:
    references, *rest = of_agents(tmp_path, {"a": {"model": {"llm": "x"}}, "b": "nobody/x", "c": 5})

    assert [target.target.engine for target in references.references] == [
        Engine.UNKNOWN,
        Engine.OLLAMA,
        Engine.UNKNOWN,
    ]
    assert rest[0].subjects[0].label == "nobody/x"
