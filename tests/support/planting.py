"""Planting faults: a change to the project, the stack or the environment, carried through the whole pipeline."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ended import Command, Ended

from modelcheck.app.demo import project, simulated_probes
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

CONFIG = "config/models_config.json"


@dataclass(frozen=True)
class Fault:
    """A change to the project, the stack or the environment, and what has to be found."""

    check: str
    code: str
    plant: Callable[[Path], None] = lambda _root: None
    scenario: Callable[[Scenario], Scenario] = lambda scenario: scenario
    env: dict[str, str] | None = None
    line: int | None = None
    path: str | None = None
    also: tuple[str, ...] = ()
    """Checks that rightly fail with it."""


def configured(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        table = json.loads((root / CONFIG).read_text())
        change(table)
        (root / CONFIG).write_text(json.dumps(table, indent=1))

    return plant


def agent(name: str, **changes: Any) -> Callable[[Path], None]:
    return configured(lambda table: table["agent_models"][name].update(changes))


def provider(name: str, **changes: Any) -> Callable[[Path], None]:
    return configured(lambda table: table["model_providers"][name].update(changes))


def file(path: str, text: str) -> Callable[[Path], None]:
    """Add or replace a file of the project."""

    def plant(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8", newline="\n")

    return plant


def all_of(*plants: Callable[[Path], None]) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        for each in plants:
            each(root)

    return plant


def ollama(**changes: Any) -> Callable[[Scenario], Scenario]:
    def change(scenario: Scenario) -> Scenario:
        return msgspec.structs.replace(scenario, ollama=msgspec.structs.replace(scenario.ollama, **changes))

    return change


def audited(fault: Fault, command: Command, monkeypatch: pytest.MonkeyPatch) -> Ended:
    """Audit the corrected demo project with the fault in it."""
    for variable, value in (fault.env or {}).items():
        monkeypatch.setenv(variable, value)
    with project("corrected") as root, Stack(fault.scenario(Scenario.named("workstation"))) as stack:
        fault.plant(root)
        monkeypatch.setattr("modelcheck.app.audit.probes_of", partial(simulated_probes, stack))
        given = {"ollama": stack.ollama_url, "openai": stack.openai_url, "anthropic": stack.anthropic_url}
        options = [word for provider, url in given.items() for word in ("--endpoint", f"{provider}={url}")]
        return command("audit", root, *options, "--json")


def assert_named(fault: Fault, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The right check finds it, with evidence, at the right place, and no other check loses points over it."""
    ended = audited(fault, command, monkeypatch)
    findings = [one for one in ended.check(fault.check)["findings"] if one["code"] == fault.code]
    assert findings, ended.check(fault.check)
    assert findings[0]["outcome"] in {"fail", "partial"}
    if fault.line is not None:
        assert findings[0]["place"]["line"] == fault.line
    if fault.path is not None:
        assert findings[0]["place"]["path"] == fault.path
    others = [
        check["id"]
        for part in ended.json["parts"]
        for check in part["checks"]
        if check["id"] != fault.check and any(one["outcome"] in {"fail", "partial"} for one in check["findings"])
    ]
    assert others == list(fault.also)
