"""Model names: which provider each goes to, and what is left of the name there."""

from pathlib import Path

import pytest
from native_project import Read, read, read_agent

from modelcheck.core.facts import Place
from modelcheck.core.project import Engine
from modelcheck.probes.native.providers import DEFAULT_SERVER
from modelcheck.probes.native.targets import LONGEST, MOST_LISTED

OLLAMA = {"base_url": "http://localhost:11434"}
LOCAL = "http://127.0.0.1:11434"
LM_STUDIO = {"base_url": "http://localhost:1234/v1"}


def listed(root: Path, models: object, **more: object) -> Read:
    return read(root, {"model_providers": {"ollama": {"models": models, **more}}, "agent_models": {}})


@pytest.mark.parametrize(
    ("text", "provider", "engine", "model"),
    [
        ("ollama/llama3:8b", "ollama", Engine.OLLAMA, "llama3:8b"),
        ("OLLAMA/llama3:8b", "ollama", Engine.OLLAMA, "llama3:8b"),
        ("ollama_chat/llama3:8b", "ollama", Engine.OLLAMA, "llama3:8b"),
        ("ollama:llama3:8b", "ollama", Engine.OLLAMA, "llama3:8b"),
        ("Ollama:llama3", "ollama", Engine.OLLAMA, "llama3"),
        ("ollama/hf.co/user/repo:Q4_K_M", "ollama", Engine.OLLAMA, "hf.co/user/repo:Q4_K_M"),
        ("ollama:hf.co/user/repo:Q4_K_M", "ollama", Engine.OLLAMA, "hf.co/user/repo:Q4_K_M"),
        ("hf.co/user/repo:Q4_K_M", "ollama", Engine.OLLAMA, "hf.co/user/repo:Q4_K_M"),
        ("user/model:tag", "ollama", Engine.OLLAMA, "user/model:tag"),
        ("registry.example:5000/team/model:tag", "ollama", Engine.OLLAMA, "registry.example:5000/team/model:tag"),
        ("mistral:7b", "ollama", Engine.OLLAMA, "mistral:7b"),
        ("  llama3  ", "ollama", Engine.OLLAMA, "llama3"),
        ("ollama/", "ollama", Engine.OLLAMA, "ollama/"),
        ("ollama:", "ollama", Engine.OLLAMA, "ollama:"),
        ("openai/gpt-5-mini", "openai", Engine.OPENAI, "gpt-5-mini"),
        ("openai:gpt-5-mini", "openai", Engine.OPENAI, "gpt-5-mini"),
        ("anthropic/claude-sonnet-4-5", "anthropic", Engine.ANTHROPIC, "claude-sonnet-4-5"),
        ("anthropic:claude-sonnet-4-5", "anthropic", Engine.ANTHROPIC, "claude-sonnet-4-5"),
        ("gemini/gemini-2.5-pro", "gemini", Engine.OTHER_CLOUD, "gemini-2.5-pro"),
        ("openrouter/anthropic/claude-x", "openrouter", Engine.OTHER_CLOUD, "anthropic/claude-x"),
        ("claude-sonnet-4-5", "anthropic", Engine.ANTHROPIC, "claude-sonnet-4-5"),
        ("gpt-5-mini", "openai", Engine.OPENAI, "gpt-5-mini"),
        ("GPT-4o", "openai", Engine.OPENAI, "GPT-4o"),
        ("gpt-3.5-turbo", "openai", Engine.OPENAI, "gpt-3.5-turbo"),
        ("chatgpt-4o-latest", "openai", Engine.OPENAI, "chatgpt-4o-latest"),
        ("o3", "openai", Engine.OPENAI, "o3"),
        ("o4-mini", "openai", Engine.OPENAI, "o4-mini"),
        ("ft:gpt-4o-mini:org::id", "openai", Engine.OPENAI, "ft:gpt-4o-mini:org::id"),
        ("gpt-oss:20b", "ollama", Engine.OLLAMA, "gpt-oss:20b"),
        ("gpt-4-distilled:7b", "ollama", Engine.OLLAMA, "gpt-4-distilled:7b"),
        ("claude-like:latest", "ollama", Engine.OLLAMA, "claude-like:latest"),
        ("o30b", "ollama", Engine.OLLAMA, "o30b"),
        ("gpt4all", "ollama", Engine.OLLAMA, "gpt4all"),
    ],
)
def test_a_name_alone_goes_where_its_prefix_or_its_kind_says(
    tmp_path: Path, text: str, provider: str, engine: Engine, model: str
) -> None:
    target = read_agent(tmp_path, text, ollama=OLLAMA).target()

    assert (target.provider, target.engine, target.model) == (provider, engine, model)
    assert target.text == text.strip()
    assert (target.server == LOCAL) == (engine is Engine.OLLAMA)
    assert target.leaves_machine == engine.is_cloud


@pytest.mark.parametrize(
    ("text", "provider", "engine", "model"),
    [
        ("llama3:8b", "ollama", Engine.OLLAMA, "llama3:8b"),
        ("ollama/llama3:8b", "ollama", Engine.OLLAMA, "llama3:8b"),
        ("ollama:llama3:8b", "ollama", Engine.OLLAMA, "llama3:8b"),
        ("local/llama3:8b", "ollama", Engine.OLLAMA, "llama3:8b"),
        ("google/gemma2:9b", "ollama", Engine.OLLAMA, "google/gemma2:9b"),
        ("openai/gpt-oss:20b", "ollama", Engine.OLLAMA, "openai/gpt-oss:20b"),
        ("openai:gpt-oss", "ollama", Engine.OLLAMA, "openai:gpt-oss"),
        ("hf.co/u/r:Q4", "ollama", Engine.OLLAMA, "hf.co/u/r:Q4"),
        ("openai/gpt-oss-20b", "lmstudio", Engine.OPENAI_LOCAL, "openai/gpt-oss-20b"),
        ("lmstudio/gemma", "lmstudio", Engine.OPENAI_LOCAL, "gemma"),
        ("anthropic/claude-x", "openrouter", Engine.OTHER_CLOUD, "anthropic/claude-x"),
        ("deepseek/deepseek-chat", "openrouter", Engine.OTHER_CLOUD, "deepseek/deepseek-chat"),
        ("openrouter/deepseek/deepseek-chat", "openrouter", Engine.OTHER_CLOUD, "deepseek/deepseek-chat"),
        ("claude-x", "openai", Engine.OPENAI, "claude-x"),
        ("llama3", "nobody", Engine.UNKNOWN, "llama3"),
    ],
)
def test_beside_a_provider_only_a_prefix_of_the_same_is_taken_off(
    tmp_path: Path, text: str, provider: str, engine: Engine, model: str
) -> None:
    agent = {"model": text, "provider": provider}
    target = read_agent(tmp_path, agent, ollama=OLLAMA, lmstudio=LM_STUDIO).target()

    assert (target.provider, target.engine, target.model) == (provider, engine, model)


@pytest.mark.parametrize("name", ["box", "Box", "BOX"])
def test_a_section_is_called_as_it_is_written(tmp_path: Path, name: str) -> None:
    target = read_agent(tmp_path, f"{name}/user/llama3", Box=OLLAMA, other=LM_STUDIO).target()

    assert (target.provider, target.server, target.model) == ("Box", LOCAL, "user/llama3")


def test_the_prefix_of_ollama_means_its_only_section(tmp_path: Path) -> None:
    target = read_agent(tmp_path, "ollama/llama3", mine={"base_url": "http://10.0.0.5:11434"}).target()

    assert (target.provider, target.server, target.engine) == ("mine", "mine", Engine.OLLAMA)


def test_the_prefix_of_ollama_means_the_default_server_where_sections_differ(tmp_path: Path) -> None:
    found = read_agent(
        tmp_path, "ollama/llama3", one={"base_url": "http://a:11434"}, two={"base_url": "http://b:11434"}
    )

    assert (found.target().provider, found.target().server) == ("ollama", DEFAULT_SERVER)


def test_without_any_section_a_bare_name_leads_nowhere(tmp_path: Path) -> None:
    found = read(tmp_path, {"agent_models": {"a": "llama3:8b", "b": "ollama/llama3:8b"}})

    assert (found.target("a").provider, found.target("a").engine) == ("", Engine.UNKNOWN)
    assert (found.target("b").server, found.target("b").engine) == (DEFAULT_SERVER, Engine.OLLAMA)


def test_between_two_local_sections_a_bare_name_leads_nowhere(tmp_path: Path) -> None:
    target = read_agent(tmp_path, "llama3:8b", ollama=OLLAMA, lmstudio=LM_STUDIO).target()

    assert (target.provider, target.engine, target.server) == ("", Engine.UNKNOWN, "")


@pytest.mark.parametrize(
    ("model", "cloud"),
    [
        ("gpt-oss:120b-cloud", True),
        ("gpt-oss:120b:cloud", True),
        ("qwen3-coder:cloud", True),
        ("qwen3-coder:CLOUD", True),
        ("my-cloud", False),
        ("nimbus-cloud:7b", False),
        ("llama3:local", False),
    ],
)
def test_names_of_ollamas_cloud_are_told_from_local_ones(tmp_path: Path, model: str, cloud: bool) -> None:
    target = read_agent(tmp_path, f"ollama/{model}", ollama=OLLAMA).target()

    assert target.engine is Engine.OLLAMA
    assert (target.cloud_name, target.leaves_machine) == (cloud, cloud)


def test_only_ollama_reads_a_name_so(tmp_path: Path) -> None:
    assert not read_agent(tmp_path, "lmstudio/x:cloud", lmstudio=LM_STUDIO).target().cloud_name


def test_a_public_host_under_ollamas_name_leaves_the_machine(tmp_path: Path) -> None:
    target = read_agent(tmp_path, "ollama/llama3", ollama={"base_url": "https://llm.example.com"}).target()

    assert (target.engine, target.hosted, target.leaves_machine) == (Engine.OLLAMA, True, True)


def test_a_compose_name_stays_near(tmp_path: Path) -> None:
    target = read_agent(tmp_path, "ollama/llama3", ollama={"base_url": "http://ollama:11434"}).target()

    assert (target.engine, target.hosted, target.leaves_machine) == (Engine.OLLAMA, False, False)


def test_hostile_names_are_made_printable_and_bounded(tmp_path: Path) -> None:
    target = read_agent(tmp_path, "ollama/\x1b[31m" + "x" * 5000, ollama=OLLAMA).target()

    for text in (target.text, target.model, target.provider):
        assert text.isprintable()
        assert len(text) <= LONGEST


@pytest.mark.parametrize(
    ("models", "names"),
    [
        (["a", "ollama/b", " c "], ["a", "b", "c"]),
        (
            [{"name": "a"}, {"id": "b"}, {"model": "c", "name": "Shown"}, {"id": "d", "name": "Shown"}],
            ["a", "b", "c", "d"],
        ),
        ("a", ["a"]),
        ({"a": {}, "b:7b": {"name": "Shown"}, "c": None, "d": 3}, ["a", "b:7b", "c", "d"]),
        ({"chat": "a:8b", "code": {"model": "b:7b"}}, ["a:8b", "b:7b"]),
        ({"a": "a small one", "b:7b": "quick", "user/c": "quick"}, ["a", "b:7b", "user/c"]),
        ({"a": "", " b ": {}, "c": " d "}, ["a", "b", "d"]),
        ([], []),
        ({}, []),
        (None, []),
    ],
)
def test_a_section_lists_models_in_many_ways(tmp_path: Path, models: object, names: list[str]) -> None:
    found = listed(tmp_path, models)

    assert [target.model for target in found.configuration.listed] == names
    assert {target.provider for target in found.configuration.listed} <= {"ollama"}
    assert found.problems == []


def test_the_default_model_of_a_section_is_listed(tmp_path: Path) -> None:
    found = listed(tmp_path, ["a"], default_model="b")

    assert [target.model for target in found.configuration.listed] == ["a", "b"]


@pytest.mark.parametrize("models", [3, True, "", [3], [None], [{}], [{"nam": "a"}], [["a"]], [{"name": 3}], {"": {}}])
def test_what_names_no_model_is_told(tmp_path: Path, models: object) -> None:
    found = listed(tmp_path, models)

    assert found.configuration.listed == ()
    assert found.problems == [("wrong-type", "ollama.models must hold names")]


def test_listed_models_and_problems_have_their_lines(tmp_path: Path) -> None:
    text = """{"model_providers": {"ollama": {"models": [
      "a",
      {"nam": "b"},
      {
        "name": "c"
      }
    ],
    "default_model": "d"}}, "agent_models": {}}"""
    found = read(tmp_path, text)

    assert [target.at.line for target in found.configuration.listed] == [2, 4, 8]
    assert found.configuration.problems[0].place == Place("config/models_config.json", 3)


def test_more_models_than_anybody_lists_are_told(tmp_path: Path) -> None:
    assert listed(tmp_path, ["a"] * MOST_LISTED).problems == []
    found = listed(tmp_path, ["a"] * (MOST_LISTED + 1))

    assert len(found.configuration.listed) == MOST_LISTED
    assert found.problems == [("too-many", f"model_providers list more than {MOST_LISTED}")]
