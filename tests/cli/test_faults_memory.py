"""Planted faults of memory, context and serving through the whole pipeline: one for each code that costs points."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from ended import Command
from planting import Fault, agent, all_of, assert_named, ollama

from modelcheck.standin.scenario import Scenario

GIB = 1 << 30
SETTINGS = "modelcheck.yaml"
LLAMA, CODESTRAL, QWEN = "llama3:8b-instruct-q6_k", "code-stral", "qwen-coder-32b"


def expecting(**changes: Any) -> Callable[[Path], None]:
    """Change what the project declares of its local servers."""

    def plant(root: Path) -> None:
        table = yaml.safe_load((root / SETTINGS).read_text())
        table["expect"].update(changes)
        (root / SETTINGS).write_text(yaml.safe_dump(table, sort_keys=False))

    return plant


def started(**variables: str) -> Callable[[Scenario], Scenario]:
    """Start the server with other variables."""

    def change(scenario: Scenario) -> Scenario:
        kept = scenario.ollama.environment or {}
        return ollama(environment=kept | {f"OLLAMA_{name}": value for name, value in variables.items()})(scenario)

    return change


def carded(*totals: int, **changes: Any) -> Callable[[Scenario], Scenario]:
    """Give the machine other cards, with nothing loaded."""

    def change(scenario: Scenario) -> Scenario:
        (card,) = scenario.graphics.cards
        cards = tuple(
            msgspec.structs.replace(card, total=total, uuid=f"{card.uuid[:-1]}{index}", **changes)
            for index, total in enumerate(totals)
        )
        graphics = msgspec.structs.replace(scenario.graphics, cards=cards)
        return ollama(loaded=())(msgspec.structs.replace(scenario, graphics=graphics))

    return change


def long_llama(scenario: Scenario) -> Scenario:
    """Set one model to more context than it was made for."""
    models = tuple(
        msgspec.structs.replace(model, parameters=model.parameters.replace("4096", "16384"))
        if model.name == LLAMA
        else model
        for model in scenario.ollama.models
    )
    return ollama(models=models)(scenario)


def mac(scenario: Scenario) -> Scenario:
    """Run it on Apple silicon with too little memory."""
    computer = msgspec.structs.replace(
        scenario.computer, system="Darwin", desktop=True, graphics="apple", memory=12 * GIB
    )
    return carded()(msgspec.structs.replace(scenario, computer=computer))


TOGETHER = expecting(together=[[LLAMA, CODESTRAL]])
FAULTS = {
    "slots that fill the card": Fault(
        "OLL-06", "too-large-estimated", scenario=started(NUM_PARALLEL="32"), path="config/models_config.json"
    ),
    "a card that somebody else holds": Fault(
        "OLL-06", "holder-unsized", scenario=carded(24 * GIB, reserved=20 * GIB, others=("python",))
    ),
    "two cards that only hold it together": Fault("OLL-06", "spread", scenario=carded(12 * GIB, 12 * GIB)),
    "a context that nobody sets on a small card": Fault(
        "OLL-06",
        "weights-alone",
        all_of(*(agent(name, num_ctx=None) for name in ("writer", "coder", "archivist"))),
        scenario=lambda scenario: carded(8 * GIB)(bare(scenario)),
        also=("CFG-10",),
    ),
    "an agent that asks for too much": Fault(
        "OLL-06", "too-large-estimated", agent("coder", num_ctx=32768), path="config/models_config.json"
    ),
    "an agent that asks for too little": Fault(
        "OLL-07", "too-short", agent("coder", num_ctx=1024), path="config/models_config.json"
    ),
    "a small Mac": Fault("OLL-06", "shared", scenario=mac),
    "a set that does not fit": Fault(
        "OLL-06", "set-too-large", expecting(together=[[QWEN, CODESTRAL]]), path=SETTINGS, line=1, also=("OLL-10",)
    ),
    "a context that is too short": Fault(
        "OLL-07", "too-short", expecting(context=8192), path="config/models_config.json"
    ),
    "a prompt that is too long": Fault("OLL-07", "too-short", expecting(prompt_tokens={"max": 3600})),
    "a context beyond the model": Fault("OLL-07", "beyond-model", scenario=long_llama),
    "a mistyped cache type": Fault("OLL-08", "no-type", scenario=started(KV_CACHE_TYPE="q8"), also=("CFG-11",)),
    "a quantised cache without flash attention": Fault(
        "OLL-08", "needs-flash", scenario=started(KV_CACHE_TYPE="q8_0", FLASH_ATTENTION="0")
    ),
    "a coarse cache": Fault("OLL-08", "coarse", scenario=started(KV_CACHE_TYPE="q4_0")),
    "twenty users and one slot": Fault("OLL-09", "queues", expecting(concurrency=20), also=("OLL-10",)),
    "a few who wait": Fault("OLL-09", "waits", expecting(concurrency=3), also=("OLL-10",)),
    "a queue that is too short": Fault(
        "OLL-09", "refused", expecting(concurrency=4), started(MAX_QUEUE="1"), also=("OLL-10",)
    ),
    "clients that give up": Fault(
        "OLL-09", "times-out", expecting(concurrency=3, response_s=60.0), line=3, also=("OLL-10",)
    ),
    "a server that keeps one model": Fault(
        "OLL-09", "max-loaded", TOGETHER, started(MAX_LOADED_MODELS="1"), also=("OLL-10",)
    ),
    "a set of which the server keeps one": Fault(
        "OLL-10", "max-loaded", TOGETHER, started(MAX_LOADED_MODELS="1"), path=SETTINGS, also=("OLL-09",)
    ),
    "a server that keeps none": Fault("OLL-10", "unloads", scenario=started(KEEP_ALIVE="0")),
    "an agent that keeps none": Fault("OLL-10", "unloads", agent("coder", keep_alive="0")),
    "a server that keeps them briefly": Fault("OLL-10", "short", scenario=started(KEEP_ALIVE="30s")),
    "a set that Ollama does not keep": Fault("OLL-10", "pushes-out", TOGETHER, started(NUM_PARALLEL="2")),
}


def bare(scenario: Scenario) -> Scenario:
    """Take the context out of every model and out of the server."""
    models = tuple(msgspec.structs.replace(model, parameters="") for model in scenario.ollama.models)
    return started(CONTEXT_LENGTH="0")(ollama(models=models)(scenario))


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_named_by_its_check(name: str, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_named(FAULTS[name], command, monkeypatch)
