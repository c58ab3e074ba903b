"""The probe: what of the native configuration is read, missing or unreadable, whatever the file holds."""

import json
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from native_project import Read, access_to, read, written

from modelcheck.core.facts import Facts, Place, Scope
from modelcheck.core.factsfile import facts_text, read_facts
from modelcheck.core.gap import Gap, Why
from modelcheck.core.project import Agents, Configuration, Problem, Reading
from modelcheck.probes.access import Access
from modelcheck.probes.native import MOST_PROBLEMS, configuration
from modelcheck.probes.native.agents import AGENTS, KNOWN_KEYS, MOST_AGENTS, MOST_TARGETS
from modelcheck.probes.native.providers import KNOWN_KEYS as PROVIDER_KEYS
from modelcheck.probes.native.providers import PROVIDERS

NAME = "config/models_config.json"


def test_the_probe_needs_only_access_and_promises_both() -> None:
    assert configuration.needs == {}
    assert configuration.access == "access"
    assert configuration.promises == (Configuration, Agents)


def test_a_whole_configuration_is_read(tmp_path: Path) -> None:
    content = {
        "version": 1,
        "description": "ours",
        PROVIDERS: {"ollama": {"base_url": "http://localhost:11434", "models": ["llama3"]}},
        AGENTS: {"writer": {"primary": "ollama/llama3"}, "coder": "ollama/qwen"},
    }
    found = read(tmp_path, content)

    assert (found.configuration.path, found.configuration.reading) == (NAME, Reading.READ)
    assert found.configuration.missing_sections == ()
    assert found.configuration.problems == ()
    assert found.configuration.agent_count == 2
    assert list(found.named) == ["writer", "coder"]


def test_a_missing_file_has_no_agents_for_certain(tmp_path: Path) -> None:
    read_configuration, agents = configuration(access_to(tmp_path, refused=("endpoints",)))

    assert read_configuration.reading is Reading.MISSING
    assert read_configuration.problems == (Problem("not-trusted", "endpoints", Place("modelcheck.yaml")),)
    assert agents == Agents(())


def test_an_unreadable_file_leaves_the_agents_unseen(tmp_path: Path) -> None:
    found = read(tmp_path, b"{", refused=("endpoints",))

    assert found.configuration.reading is Reading.UNREADABLE
    assert [code for code, _ in found.problems] == ["unreadable", "not-trusted"]
    assert found.agents == Gap(Why.UNREADABLE, about=NAME)


@pytest.mark.parametrize("config", ["../elsewhere.json", "/etc/passwd", "\\\\server\\share\\x.json"])
def test_a_configuration_outside_the_project_is_never_read(tmp_path: Path, config: str) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "elsewhere.json").write_text(json.dumps({AGENTS: {"theirs": "ollama/x"}}))
    found, agents = configuration(access_to(root, config=config))

    assert found.reading is Reading.UNREADABLE
    assert agents == Gap(Why.UNREADABLE, about=found.path)


def test_another_place_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "m.json").write_text(json.dumps({AGENTS: {"a": "ollama/x"}}))
    found, agents = configuration(access_to(tmp_path, config="settings/m.json"))

    assert found.path == "settings/m.json"
    assert isinstance(agents, Agents)
    assert agents.agents[0].at == Place("settings/m.json", 1)


@pytest.mark.parametrize(
    ("content", "missing"),
    [({}, (PROVIDERS, AGENTS)), ({PROVIDERS: {}}, (AGENTS,)), ({AGENTS: {}}, (PROVIDERS,))],
)
def test_missing_sections_are_named(tmp_path: Path, content: object, missing: tuple[str, ...]) -> None:
    found = read(tmp_path, content)

    assert found.configuration.missing_sections == missing
    assert found.problems == [("missing-section", name) for name in missing]
    assert found.agents == Agents(())


def test_a_key_that_nothing_reads_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, '{\n"agent_model": {},\n"model_providers": {},\n"agent_models": {}}')

    assert found.configuration.problems == (Problem("unknown-key", "agent_model", Place(NAME, 2)),)


def test_what_the_project_may_not_say_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, {PROVIDERS: {}, AGENTS: {}}, refused=("endpoints", "trust_hosts"))

    assert found.problems == [("not-trusted", "endpoints"), ("not-trusted", "trust_hosts")]


def test_problems_are_bounded_and_a_bound_that_was_passed_is_not_forgotten(tmp_path: Path) -> None:
    content: dict[str, object] = {
        PROVIDERS: {"ollama": {f"k{number}": 1 for number in range(MOST_PROBLEMS)}},
        AGENTS: {},
    }
    assert len(read(tmp_path, content).problems) == MOST_PROBLEMS

    content[AGENTS] = {f"a{number}": 1 for number in range(MOST_AGENTS + 1)}
    found = read(tmp_path, content)
    assert len(found.problems) == MOST_PROBLEMS
    assert found.agents == Gap(Why.TOO_MUCH, about=NAME)


def test_the_largest_configuration_is_read_in_good_time(tmp_path: Path) -> None:
    providers = {f"p{number}": {"base_url": f"http://10.0.{number}.1:11434"} for number in range(200)}
    chain = {"model": "a/b", "fallbacks": ["a/b"] * MOST_TARGETS}
    content = {PROVIDERS: providers, AGENTS: {f"a{number}": chain for number in range(MOST_AGENTS)}}
    written(tmp_path, content)

    began = time.process_time()
    configuration(access_to(tmp_path))

    assert time.process_time() - began < Access.limit_s


def facts_of(found: Read) -> Facts:
    return Facts(
        {Configuration: found.configuration, Agents: found.agents},
        {Scope.PROJECT: "2026-11-22T00:00:00Z"},
        subject="project",
    )


ODD = ["ollama/llama3", "openai:gpt-x", "claude-x", "x:cloud", "http://localhost:1", "http://10.0.0.5", "a" * 2000, "/"]
TEXTS = st.one_of(st.text(max_size=12), st.sampled_from(ODD))
KEYS = st.one_of(TEXTS, st.sampled_from(sorted({PROVIDERS, AGENTS, *KNOWN_KEYS, *PROVIDER_KEYS})))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=30,
)
SECTIONS = st.dictionaries(KEYS, st.dictionaries(KEYS, JSON, max_size=5) | JSON, max_size=4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(JSON, st.fixed_dictionaries({PROVIDERS: SECTIONS, AGENTS: SECTIONS})))
def test_whatever_json_is_written_it_is_read_and_the_facts_can_be_saved(content: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = read(Path(folder), content, sensitive=frozenset({"a", "\ud800"}))

    saved = facts_text(facts_of(found))
    again = read_facts(saved)
    assert again.get(Configuration) == found.configuration
    assert again.get(Agents) == found.agents


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_bytes_are_written_nothing_is_raised(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = read(Path(folder), data)

    assert found.configuration.reading in {Reading.READ, Reading.UNREADABLE}
    assert facts_text(facts_of(found))
