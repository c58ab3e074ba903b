"""Scenarios: reading them, what they refuse, and that the workstation holds together."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.standin.fault import ServerName, Stall
from modelcheck.standin.key import made_up_key
from modelcheck.standin.memory import Memory
from modelcheck.standin.scenario import MAX_FILE, LocalModel, Scenario, ScenarioError, scenarios

NAMES = [
    "mistral:8x7b-instruct-v0.1-q3_k_m",
    "nous-hermes-2-mistral-7b-dpo:latest",
    "llama3:8b-instruct-q6_k",
    "qwen2.5-coder:1.5b",
    "starcoder2:3b",
    "qwen-coder-32b:latest",
    "code-stral:latest",
    "deepseek-coder:33b",
    "lux_model:latest",
    "nomic-embed-text:latest",
]
DATA = Path(__file__).parents[2] / "src" / "modelcheck" / "data"


def model(scenario: Scenario, name: str) -> LocalModel:
    return next(model for model in scenario.ollama.models if model.name == name)


def smallest(**ollama: Any) -> bytes:
    return msgspec.json.encode({"name": "x", "ollama": {"version": "1", **ollama}})


def entry(name: str) -> dict[str, Any]:
    details = {
        "family": "f",
        "parameter_size": "1B",
        "quantization_level": "Q4_0",
        "modified_at": "2026-01-01T00:00:00Z",
    }
    return {"name": name, "size": 1, "digest": "0" * 64, **details}


def test_every_scenario_of_the_package_reads_and_bears_its_name() -> None:
    assert "workstation" in scenarios()
    assert all(Scenario.named(name).name == name for name in scenarios())


def test_a_scenario_file_reads_as_the_packaged_one(tmp_path: Path, workstation: Scenario) -> None:
    path = tmp_path / "copy.json"
    path.write_bytes(scenarios()["workstation"])

    assert Scenario.read(path) == workstation


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ScenarioError, match="workstation"):
        Scenario.named("../workstation")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{", "truncated"),
        (b"[]", "object"),
        (b'{"name": "x"}', "ollama"),
        (smallest(colour="red"), "colour"),
        (smallest(models=[entry("a b")]), "a b"),
        (smallest(models=[entry("a"), entry("A:latest")]), "same name"),
        (smallest(loaded=[{"model": "gone"}]), "gone"),
        (smallest(models=[entry("a") | {"modified_at": "yesterday"}]), "yesterday"),
        (smallest(models=[entry("a") | {"digest": "0"}]), "digest"),
        (smallest(models=[entry("a") | {"size": -1}]), "size"),
        (b'{"name":"x","ollama":{"version":"1"},"faults":[{"is":"nothing","server":"ollama"}]}', "nothing"),
        (b" " * (MAX_FILE + 1), "long"),
    ],
)
def test_what_is_not_a_scenario_is_refused_with_the_place(text: bytes, says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        Scenario.decode(text)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_other_error_leaves_the_decoder(text: bytes | str) -> None:
    with pytest.raises(ScenarioError):
        Scenario.decode(text)


def test_faults_are_read_by_their_kind() -> None:
    text = b'{"name":"x","ollama":{"version":"1"},"faults":[{"is":"stall","server":"ollama","route":"/api/tags"}]}'

    assert Scenario.decode(text).faults == (Stall(server=ServerName.OLLAMA, route="/api/tags"),)


def test_the_workstation_holds_the_worked_example(workstation: Scenario) -> None:
    assert sorted(model.name for model in workstation.ollama.models) == sorted(NAMES)
    assert len({model.digest for model in workstation.ollama.models}) == len(NAMES)


@pytest.mark.parametrize(
    ("name", "kib"),
    [
        ("qwen-coder-32b:latest", 256),
        ("llama3:8b-instruct-q6_k", 128),
        ("code-stral:latest", 224),
        ("deepseek-coder:33b", 248),
        ("mistral:8x7b-instruct-v0.1-q3_k_m", 128),
    ],
)
def test_the_cache_of_a_token_follows_the_architecture(workstation: Scenario, name: str, kib: int) -> None:
    assert model(workstation, name).kv_bytes_per_token == kib * 1024


@pytest.mark.parametrize("name", ["qwen-coder-32b:latest", "llama3:8b-instruct-q6_k", "code-stral:latest"])
def test_three_models_set_their_context(workstation: Scenario, name: str) -> None:
    assert model(workstation, name).context == 4096


def test_the_loaded_model_lies_wholly_on_the_card_and_the_rest_is_free(workstation: Scenario) -> None:
    memory = Memory(workstation)

    (resident,) = memory.residents
    assert resident.model.name == "qwen-coder-32b:latest"
    assert resident.size == resident.size_vram
    assert resident.size == resident.model.size + 4096 * 256 * 1024 + workstation.ollama.overhead
    (card,) = memory.gpus.cards
    assert card.total == 25_769_803_776
    assert card.free == 25_769_803_776 - resident.size - workstation.graphics.cards[0].reserved
    assert workstation.graphics.cards[0].reserved == pytest.approx(0.6 * 2**30, abs=1)


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_a_made_up_key_has_the_shape_of_a_real_one_and_stays_the_same(provider: str) -> None:
    table = yaml.safe_load((DATA / "providers.yaml").read_text(encoding="utf-8"))
    patterns = {entry["id"]: entry.get("key_pattern", "") for entry in table["providers"]}

    assert re.fullmatch(patterns[provider], made_up_key(provider))
    assert made_up_key(provider) == made_up_key(provider)


def test_other_providers_have_no_key() -> None:
    with pytest.raises(ValueError, match="nobody"):
        made_up_key("nobody")
