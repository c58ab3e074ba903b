"""One planted fault a check, through the whole pipeline: named by the right check, at the right place, alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ended import Command
from planting import CONFIG, Fault, agent, assert_named, ollama, provider

from modelcheck.standin.fault import Decline, Reason, ServerName, Status
from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import Scenario

GIB = 1 << 30


def oops(root: Path) -> None:
    (root / CONFIG).write_text("{\n oops")


def env_file(root: Path) -> None:
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (root / ".git" / "objects").mkdir()
    (root / ".git" / "refs").mkdir()
    (root / ".env").write_text(f"# keys\nOPENAI_API_KEY={made_up_key('openai')}\n")


def spilled(scenario: Scenario) -> Scenario:
    (loaded,) = scenario.ollama.loaded
    return ollama(loaded=(msgspec.structs.replace(loaded, size_vram=10 * GIB),))(scenario)


def faulty(fault: Any) -> Callable[[Scenario], Scenario]:
    return lambda scenario: msgspec.structs.replace(scenario, faults=(fault,))


def declined(server: ServerName, reason: Reason) -> Callable[[Scenario], Scenario]:
    return faulty(Decline(server=server, reason=reason))


def without_method(root: Path) -> None:
    path = root / "agents" / "writer.py"
    path.write_text(path.read_text().split("    def summary")[0])


def crowded(scenario: Scenario) -> Scenario:
    (card,) = scenario.graphics.cards
    full = msgspec.structs.replace(card, reserved=6 * GIB)
    return msgspec.structs.replace(scenario, graphics=msgspec.structs.replace(scenario.graphics, cards=(full,)))


FAULTS = {
    "a mistyped key": Fault("CFG-01", "unknown-keys", agent("coder", fallbakcs=[])),
    "a broken file": Fault("CFG-01", "unreadable", oops, line=2),
    "a missing model": Fault("CFG-03", "near", agent("coder", primary="ollama/qwen2.5-coder:32b"), also=("CFG-05",)),
    "a cloud name": Fault("CFG-06", "cloud-name", agent("coder", primary="ollama/gpt-oss:120b-cloud")),
    "a hosted address": Fault(
        "CFG-06", "hosted", provider("ollama", base_url="https://models.example.com"), also=("CFG-05", "INT-07")
    ),
    "a key in the configuration": Fault("CFG-07", "inlined", provider("openai", api_key=made_up_key("openai"))),
    "a key that git does not ignore": Fault("CFG-07", "not-ignored", env_file, line=2),
    "an old version": Fault("OLL-02", "weak", scenario=ollama(version="0.17.0")),
    "a server with an error": Fault(
        "OLL-01", "not_ollama", scenario=faulty(Status(server=ServerName.OLLAMA, status=500, body="{}"))
    ),
    "a partial offload": Fault("OLL-05", "spilled", scenario=spilled),
    "a card that is in use": Fault("OLL-06", "too-large", scenario=crowded, also=("OLL-05",)),
    "no key": Fault("CLD-01", "absent", env={"OPENAI_API_KEY": ""}),
    "a key of somebody else": Fault("CLD-01", "foreign", env={"OPENAI_API_KEY": made_up_key("anthropic")}),
    "a rejected key": Fault("CLD-02", "rejected", scenario=declined(ServerName.OPENAI, Reason.INVALID_KEY)),
    "a model that does not resolve": Fault("CLD-03", "not-found", agent("coder", fallbacks=["openai/gpt-6-nano"])),
    "a chain that repeats itself": Fault(
        "INT-01", "repeated", agent("coder", fallbacks=["ollama/qwen-coder-32b:latest"])
    ),
    "an unknown provider": Fault(
        "INT-01", "unknown-provider", agent("coder", fallbacks=[{"provider": "nowhere", "model": "x"}])
    ),
    "a sensitive agent with a way out": Fault(
        "INT-07", "leaves", agent("archivist", fallbacks=["openai/gpt-5.4-mini"])
    ),
    "a class that cannot be made": Fault("INT-13", "abstract-left", without_method),
}


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_named_by_its_check(name: str, command: Command, keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_named(FAULTS[name], command, monkeypatch)
