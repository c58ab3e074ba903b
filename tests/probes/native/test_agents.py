"""Agents: each chain as it is written, nothing of it dropped in silence, and sensitive in doubt."""

from pathlib import Path

import pytest
from native_project import Read, read, read_agent

from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Agents, Engine
from modelcheck.probes.native.agents import MOST_AGENTS, MOST_TARGETS

OLLAMA = {"base_url": "http://localhost:11434"}
LM_STUDIO = {"base_url": "http://localhost:1234/v1"}


def chain(root: Path, agent: object, **more: object) -> list[tuple[str, str]]:
    found = read_agent(root, agent, ollama=OLLAMA, **more)
    return [(target.provider, target.model) for target in found.named["a"].targets]


@pytest.mark.parametrize(
    "agent",
    [
        "ollama/x",
        {"primary": "ollama/x"},
        {"model": "ollama/x"},
        {"model_name": "ollama/x"},
        {"name": "ollama/x"},
        {"model": "x", "provider": "ollama"},
        {"model": "x", "model_provider": "ollama"},
        {"model": "x", "provider": "OLLAMA"},
        {"primary": {"provider": "ollama", "model": "x"}},
        {"primary": {"name": "x"}, "provider": "ollama"},
        {"primary": {"id": "x", "provider": "ollama"}, "provider": "openai"},
        {"model": "x", "name": "The Writer"},
        {"primary": None, "model": "x"},
        {"primary": "", "model": "x"},
    ],
)
def test_a_primary_is_written_in_many_ways(tmp_path: Path, agent: object) -> None:
    found = read_agent(tmp_path, agent, ollama=OLLAMA)

    assert [(target.provider, target.model) for target in found.named["a"].targets] == [("ollama", "x")]
    assert not found.named["a"].chain_declared
    assert found.problems == []


@pytest.mark.parametrize(
    ("agent", "rest"),
    [
        ({"fallback": "ollama/y"}, ["y"]),
        ({"fallbacks": "ollama/y"}, ["y"]),
        ({"fallback": ["ollama/y", "openai/z"]}, ["y", "z"]),
        ({"fallbacks": ["y", {"provider": "openai", "model": "z"}, {"name": "v"}]}, ["y", "z", "v"]),
        ({"fallbacks": {"provider": "ollama", "model": "y"}}, ["y"]),
        ({"fallback": "y", "fallbacks": ["z"]}, ["y", "z"]),
    ],
)
def test_fallbacks_are_written_in_many_ways_and_none_is_lost(
    tmp_path: Path, agent: dict[str, object], rest: list[str]
) -> None:
    found = read_agent(tmp_path, {"primary": "x", **agent}, ollama=OLLAMA)

    assert [target.model for target in found.named["a"].targets] == ["x", *rest]
    assert found.named["a"].chain_declared
    assert found.problems == []


@pytest.mark.parametrize("nothing", [None, "", [], {}, False])
def test_an_empty_fallback_is_none(tmp_path: Path, nothing: object) -> None:
    found = read_agent(tmp_path, {"model": "x", "fallback": nothing}, ollama=OLLAMA)

    assert len(found.named["a"].targets) == 1
    assert not found.named["a"].chain_declared
    assert found.problems == []


def test_a_fallback_does_not_inherit_the_provider_of_the_primary(tmp_path: Path) -> None:
    agent = {"provider": "openai", "model": "gpt-x", "fallback": ["mistral:7b", "claude-x", "anthropic/claude-y"]}

    assert chain(tmp_path, agent) == [
        ("openai", "gpt-x"),
        ("ollama", "mistral:7b"),
        ("anthropic", "claude-x"),
        ("anthropic", "claude-y"),
    ]


def test_a_fallback_that_nothing_else_places_goes_to_the_agents_provider(tmp_path: Path) -> None:
    agent = {"provider": "ollama", "model": "x", "fallback": ["mistral:7b", {"model": "y", "provider": "lmstudio"}]}

    assert chain(tmp_path, agent, lmstudio=LM_STUDIO) == [
        ("ollama", "x"),
        ("ollama", "mistral:7b"),
        ("lmstudio", "y"),
    ]


@pytest.mark.parametrize("item", [5, True, {}, {"llm": "gpt-x"}, {"model": ["x"]}, ["x"], "  ", None, {"model": ""}])
def test_an_entry_that_is_not_understood_stays_in_the_chain(tmp_path: Path, item: object) -> None:
    """Dropped, it would let a sensitive agent pass whose chain nobody knows."""
    found = read_agent(tmp_path, {"model": "x", "fallbacks": ["y", item]}, ollama=OLLAMA)
    target = found.target("a", 2)

    assert (target.text, target.engine, target.provider, target.server) == ("?", Engine.UNKNOWN, "", "")
    assert not target.leaves_machine
    assert found.problems == [("wrong-type", "a.fallbacks names no model that is understood")]


def test_what_is_not_understood_is_not_shown(tmp_path: Path) -> None:
    found = read_agent(tmp_path, {"primary": {"llm": "x", "api_key": "topsecret"}}, ollama=OLLAMA)

    assert found.target().text == "?"
    assert "topsecret" not in str(found.configuration) + str(found.agents)


@pytest.mark.parametrize("body", [5, None, True, [], ["ollama/x"]])
def test_an_agent_that_is_no_name_and_no_object_is_not_understood(tmp_path: Path, body: object) -> None:
    found = read_agent(tmp_path, body, ollama=OLLAMA)

    assert [target.text for target in found.named["a"].targets] == ["?"]
    assert found.problems == [("wrong-type", "a must be a name or an object")]


@pytest.mark.parametrize("body", ["", {}, {"description": "none yet"}, {"model": ""}, {"primary": None}])
def test_an_agent_without_a_model_is_told(tmp_path: Path, body: object) -> None:
    found = read_agent(tmp_path, body, ollama=OLLAMA)

    assert found.named["a"].targets == ()
    assert found.problems == [("no-model", "a")]


def test_fallbacks_without_a_primary_are_a_chain(tmp_path: Path) -> None:
    assert chain(tmp_path, {"fallback": "x"}) == [("ollama", "x")]


def test_two_primaries_are_told_and_the_first_counts(tmp_path: Path) -> None:
    found = read_agent(tmp_path, {"model": "y", "primary": "x"}, ollama=OLLAMA)

    assert found.target().model == "x"
    assert found.problems == [("second-name", "a has both primary and model")]


@pytest.mark.parametrize(
    ("marks", "sensitive"),
    [
        ({"sensitive": True}, True),
        ({"local_only": True}, True),
        ({"privacy": "local"}, True),
        ({"privacy": " Local-Only "}, True),
        ({"sensitive": False, "local_only": True}, True),
        ({"sensitive": "yes"}, True),
        ({"sensitive": "false"}, True),
        ({"sensitive": []}, True),
        ({"privacy": True}, True),
        ({"privacy": {"local": True}}, True),
        ({}, False),
        ({"sensitive": False}, False),
        ({"sensitive": 0}, False),
        ({"sensitive": None, "local_only": None, "privacy": None}, False),
        ({"privacy": "public"}, False),
        ({"privacy": "cloud"}, False),
        ({"privacy": ""}, False),
    ],
)
def test_an_agent_is_sensitive_when_it_says_so_and_in_doubt(
    tmp_path: Path, marks: dict[str, object], sensitive: bool
) -> None:
    found = read_agent(tmp_path, {"model": "x", **marks}, ollama=OLLAMA)

    assert found.named["a"].sensitive is sensitive


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"sensitive": "yes"}, "a.sensitive must be true or false"),
        ({"local_only": 1}, "a.local_only must be true or false"),
        ({"privacy": True}, "a.privacy must be a text"),
        ({"provider": 5}, "a.provider must be a text"),
        ({"class": ["agents.A"]}, "a.class must be a text"),
    ],
)
def test_a_wrong_type_is_told(tmp_path: Path, body: dict[str, object], detail: str) -> None:
    assert read_agent(tmp_path, {"model": "x", **body}, ollama=OLLAMA).problems == [("wrong-type", detail)]


def with_settings(root: Path, *sensitive: str) -> Read:
    table = {"a": "x", "B": {"model": "x", "sensitive": True}, "C": {"model": "x", "sensitive": False}}
    content = {"model_providers": {"ollama": OLLAMA}, "agent_models": table}
    return read(root, content, sensitive=frozenset(sensitive))


def test_settings_may_only_tighten(tmp_path: Path) -> None:
    assert [agent.sensitive for agent in with_settings(tmp_path).named.values()] == [False, True, False]
    assert [agent.sensitive for agent in with_settings(tmp_path, "A").named.values()] == [True, True, False]
    assert [agent.sensitive for agent in with_settings(tmp_path, "a", "b", "c").named.values()] == [True, True, True]


def test_a_sensitive_agent_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A name that is mistyped would protect nobody."""
    found = with_settings(tmp_path, "archivsit", "a", "\x1b[31m")

    assert found.problems == [("unknown-agent", "\N{REPLACEMENT CHARACTER}[31m"), ("unknown-agent", "archivsit")]
    assert {problem.place.path for problem in found.configuration.problems} == {"modelcheck.yaml"}


def test_the_class_and_the_place_of_an_agent_are_kept(tmp_path: Path) -> None:
    text = """{"model_providers": {}, "agent_models": {
      "a": {
        "fallbacks": [
          "ollama/y",
          {"model": "z"}],
        "model": "ollama/x",
        "class": "agents.writer.Writer"
      },
      "b": "ollama/x",
      "c": {"model": "x", "tempreature": 1}
    }}"""
    found = read(tmp_path, text)

    assert found.named["a"].class_name == "agents.writer.Writer"
    assert found.named["b"].class_name is None
    assert [agent.at.line for agent in found.named.values()] == [2, 9, 10]
    assert [target.at.line for target in found.named["a"].targets] == [6, 4, 5]
    assert found.target("b").at.line == 9
    assert found.problems == [("unknown-key", "c.tempreature")]
    assert found.configuration.problems[0].place.line == 10


@pytest.mark.parametrize("key", ["class", "class_name", "agent_class"])
def test_a_class_has_many_names(tmp_path: Path, key: str) -> None:
    assert read_agent(tmp_path, {"model": "x", key: " agents.A "}).named["a"].class_name == "agents.A"


def test_hostile_names_are_made_printable_and_bounded(tmp_path: Path) -> None:
    name = "\x1b[31m" + "x" * 500
    found = read(tmp_path, {"model_providers": {}, "agent_models": {name: {"model": "x", "class": name, name: 1}}})
    (agent,) = found.named.values()

    for text in (agent.name, agent.class_name or "", *(detail for _, detail in found.problems)):
        assert text.isprintable()
        assert len(text) <= 120


@pytest.mark.parametrize("section", [[{"name": "a"}], "a", 3, None, True])
def test_a_section_that_is_no_object_leaves_the_agents_unseen(tmp_path: Path, section: object) -> None:
    found = read(tmp_path, {"model_providers": {}, "agent_models": section}, sensitive=frozenset({"a"}))

    assert found.agents == Gap(Why.NOT_UNDERSTOOD, about="agent_models")
    assert found.configuration.agent_count == 0
    assert found.problems == [("wrong-type", "agent_models must be an object")]


def test_more_agents_than_anybody_has_leave_them_unseen(tmp_path: Path) -> None:
    def project(count: int) -> Read:
        agents = {f"a{number}": "ollama/x" for number in range(count)}
        return read(tmp_path, {"model_providers": {}, "agent_models": agents})

    assert isinstance(project(MOST_AGENTS).agents, Agents)
    found = project(MOST_AGENTS + 1)
    assert found.agents == Gap(Why.TOO_MUCH, about="config/models_config.json")
    assert found.configuration.agent_count == MOST_AGENTS
    assert found.problems == [("too-many", f"agent_models has more than {MOST_AGENTS}")]


def test_a_longer_chain_than_anybody_has_leaves_the_agents_unseen(tmp_path: Path) -> None:
    whole = read_agent(tmp_path, {"model": "x", "fallbacks": ["ollama/x"] * MOST_TARGETS})
    assert len(whole.named["a"].targets) == MOST_TARGETS + 1

    found = read_agent(tmp_path, {"model": "x", "fallbacks": ["ollama/x"] * MOST_TARGETS, "fallback": "openai/y"})
    assert found.agents == Gap(Why.TOO_MUCH, about="config/models_config.json")
    assert found.problems == [("too-many", f"a has more than {MOST_TARGETS} fallbacks")]
