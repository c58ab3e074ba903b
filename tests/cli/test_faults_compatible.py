"""Faults planted on servers of OpenAI's API and between several servers: each is named by its check, at its line."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ended import Command
from msgspec.structs import replace
from planting import CONFIG, Fault, assert_named, audited, configured

from modelcheck.standin.fault import Fault as Disturbance
from modelcheck.standin.fault import Page, Refuse, ServerName, Stall, Status
from modelcheck.standin.scenario import CompatibleServer, Flavour, LocalModel, Scenario, ServedModel
from modelcheck.standin.stack import Stack

WORKSTATION = Scenario.named("workstation")
QWEN = ServedModel(id="Qwen/Qwen3-8B")
PHI = ServedModel(id="/home/zaphod/models/phi-4-Q4_K_M.gguf", size=8_890_000_000)
GEMMA = ServedModel(id="gemma-3-4b", publisher="google", arch="gemma3", loaded=False)


def serving(flavour: Flavour, *models: ServedModel, faults: tuple[Disturbance, ...] = (), **more: Any) -> Scenario:
    """A scenario with a server of this flavour."""
    side = CompatibleServer(flavour=flavour, version="0.11.0", models=models, **more)
    return replace(WORKSTATION, compatible=side, faults=faults)


def ollama_with(*models: LocalModel, version: str = "0.32.15") -> Scenario:
    """A scenario whose Ollama holds these models alone."""
    return replace(WORKSTATION, ollama=replace(WORKSTATION.ollama, version=version, models=models, loaded=()))


def compatible_url(stack: Stack) -> str:
    return stack.compatible_url


def ollamas_v1(stack: Stack) -> str:
    return f"{stack.ollama_url}/v1"


@dataclass(frozen=True)
class Case:
    """A server beside the demo's own, the model that the project asks of it, and what has to be found."""

    scenario: Scenario
    model: str
    check: str
    code: str
    url: Callable[[Stack], str] = compatible_url
    also: tuple[str, ...] = ()
    names_server: bool = False
    """Whether the finding is about the server, which is named where its section begins."""


LLAMA = next(model for model in WORKSTATION.ollama.models if model.name == "llama3:8b-instruct-q6_k")
STUB = replace(LLAMA, name="glm-4.7", size=384, remote_host="https://ollama.com")
CASES = {
    "vLLM, a build that is not served": Case(serving("vllm", QWEN), "Qwen/Qwen3-14B", "CFG-03", "near"),
    "vLLM, a name in another case": Case(serving("vllm", QWEN), "qwen/qwen3-8b", "CFG-03", "near"),
    "vLLM, nothing alike": Case(serving("vllm", QWEN), "mistral-small", "CFG-03", "absent"),
    "llama.cpp, another model": Case(serving("llama.cpp", PHI), "gpt-4", "CFG-03", "substituted"),
    "llama.cpp as a router": Case(serving("llama.cpp-router", PHI), "gpt-4", "CFG-03", "absent"),
    "LM Studio, not downloaded": Case(serving("lm-studio", GEMMA), "gemma-3-12b", "CFG-03", "near"),
    "software that is not known": Case(serving("plain", QWEN), "mistral-small", "CFG-03", "absent"),
    "a model of the other Ollama": Case(ollama_with(), LLAMA.name, "CFG-03", "elsewhere", ollamas_v1),
    "a cloud name on Ollama's other API": Case(
        ollama_with(), "gpt-oss:120b-cloud", "CFG-06", "cloud-name", ollamas_v1, also=("CFG-03",)
    ),
    "a stub on Ollama's other API": Case(ollama_with(STUB), "glm-4.7", "CFG-06", "stub", ollamas_v1, also=("CFG-03",)),
    "an old Ollama on its other API": Case(
        ollama_with(LLAMA, version="0.17.0"), LLAMA.name, "OLL-02", "weak", ollamas_v1, names_server=True
    ),
    "a stopped server": Case(
        serving("vllm", QWEN, faults=(Refuse(server=ServerName.COMPATIBLE),)),
        QWEN.id,
        "OLL-01",
        "refused",
        names_server=True,
    ),
    "a page in the way": Case(
        serving("vllm", QWEN, faults=(Page(server=ServerName.COMPATIBLE),)),
        QWEN.id,
        "OLL-01",
        "not-compatible",
        names_server=True,
    ),
    "a server that is still loading": Case(
        serving("llama.cpp", PHI, faults=(Status(server=ServerName.COMPATIBLE, route="/health", status=503),)),
        "phi-4-Q4_K_M",
        "OLL-01",
        "not-compatible",
        names_server=True,
    ),
    "a server that hangs": Case(
        serving("vllm", QWEN, faults=(Stall(server=ServerName.COMPATIBLE),)),
        QWEN.id,
        "OLL-01",
        "timed_out",
        names_server=True,
    ),
}


class Planter:
    """Adds a section for a server and lists a model under it; remembers the file that it wrote."""

    def __init__(self, url: str, *models: str) -> None:
        self._section = {"base_url": url, "timeout_s": 60, "max_retries": 1, "models": list(models)}
        self.lines: list[str] = []

    def __call__(self, root: Path) -> None:
        configured(lambda table: table["model_providers"].update(lab=self._section))(root)
        self.lines = (root / CONFIG).read_text().splitlines()

    def line_of(self, text: str) -> int:
        return next(number for number, line in enumerate(self.lines, 1) if json.dumps(text) in line)


@pytest.fixture(autouse=True)
def swift(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelcheck.probes.ollama.ANSWER_S", 1.0)


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_named_and_nothing_else_is(
    name: str, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    with Stack(case.scenario) as beside:
        plant = Planter(case.url(beside), case.model)
        fault = Fault(case.check, case.code, plant, also=case.also)
        assert_named(fault, command, monkeypatch)
        ended = audited(fault, command, monkeypatch)

    (finding,) = [one for one in ended.check(case.check)["findings"] if one["code"] == case.code]
    assert finding["place"]["path"] == CONFIG
    assert finding["place"]["line"] == plant.line_of("lab" if case.names_server else case.model)
    assert "zaphod" not in ended.out


@pytest.mark.parametrize(
    ("scenario", "model"),
    [
        (serving("vllm", QWEN), "Qwen/Qwen3-8B"),
        (serving("llama.cpp", PHI), "phi-4-Q4_K_M"),
        (serving("llama.cpp", PHI, needs_key=True), "phi-4-Q4_K_M.gguf"),
        (serving("llama.cpp-router", PHI), "phi-4-Q4_K_M.gguf"),
        (serving("lm-studio", GEMMA), "gemma-3-4b"),
        (serving("lm-studio", GEMMA), "google/gemma-3-4b"),
        (serving("lm-studio", GEMMA), "gemma-3-4b@q4_k_m"),
    ],
)
def test_what_is_served_is_here_and_nothing_is_wrong_with_it(
    scenario: Scenario, model: str, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stack(scenario) as beside:
        ended = audited(Fault("", "", Planter(beside.compatible_url, model)), command, monkeypatch)
        asked = {(one.server, one.method) for one in beside.requests}

    assert asked == {("compatible", "GET")}
    assert [one["code"] for one in ended.check("CFG-03")["findings"] if one["subject"] == model] == ["here"]
    assert {one["outcome"] for one in ended.check("CFG-06")["findings"] if one["subject"] == model} == {"pass"}
    assert [one["code"] for one in ended.check("OLL-01")["findings"]] == ["answers", "answers-as"]
    assert [one["code"] for one in ended.check("OLL-02")["findings"]] == ["sound", "other-engine"]
    failing = [
        check["id"]
        for part in ended.json["parts"]
        for check in part["checks"]
        if any(one["outcome"] in {"fail", "partial"} for one in check["findings"])
    ]
    assert failing == []


def test_a_key_that_is_asked_for_leaves_all_behind_it_open(
    command: Command, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stack(serving("vllm", QWEN, needs_key=True)) as beside:
        ended = audited(Fault("", "", Planter(beside.compatible_url, QWEN.id)), command, monkeypatch)
        headers = {name for one in beside.requests for name in one.headers}

    reasons = {
        check: [one["gap"]["why"] for one in ended.check(check)["findings"] if one["outcome"] == "unknown"]
        for check in ("CFG-03", "CFG-06", "OLL-01", "OLL-02")
    }
    assert set(map(tuple, reasons.values())) == {("no_key",)}
    assert not headers & {"authorization", "x-api-key"}


def test_software_that_is_not_known_is_never_believed_to_be_local(
    command: Command, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stack(serving("plain", QWEN)) as beside:
        ended = audited(Fault("", "", Planter(beside.compatible_url, QWEN.id)), command, monkeypatch)

    for check in ("CFG-03", "CFG-06", "OLL-02"):
        (finding,) = [one for one in ended.check(check)["findings"] if one["outcome"] == "unknown"]
        assert finding["gap"]["why"] == "not_understood"
    assert [one["code"] for one in ended.check("OLL-01")["findings"]] == ["answers", "answers-unknown"]
