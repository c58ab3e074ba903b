"""The eight situations: who stands where, with which files, and what they type."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import msgspec

from modelcheck.app.audit import audit, wanted
from modelcheck.app.catalogue import parts
from modelcheck.app.demo import demo_probes
from modelcheck.app.demo import project as demo_project
from modelcheck.app.look import look
from modelcheck.app.options import Options
from modelcheck.app.rulebook import rulebook
from modelcheck.core.factsfile import facts_text
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.graphics import Gpus
from modelcheck.core.stores import Stores
from modelcheck.probes.probe import Probe, probe
from modelcheck.reports.json import json_report
from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

TODAY = "2026-11-24"
KEYS = {"ANTHROPIC_API_KEY": made_up_key("anthropic"), "OPENAI_API_KEY": made_up_key("openai")}
Lay = Callable[[Path, Stack | None], dict[str, str]]


@dataclass(frozen=True)
class Situation:
    """One situation."""

    name: str
    title: str
    lay: Lay
    """Lays out files in a room with the folders `project` and `home`, and returns words that commands may name."""
    commands: tuple[str, ...]
    """What is typed after `modelcheck`; `cd FOLDER` goes to another folder of the room."""
    scenario: Scenario | None = None
    env: Mapping[str, str] = field(default_factory=dict[str, str])


def corrected(root: Path) -> None:
    """Lay out the corrected demo project."""
    _demo(root, "corrected")


def write(path: Path, text: str) -> None:
    """Write a text file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def edit(path: Path, old: str, new: str) -> None:
    """Exchange a piece of a file that must be in it."""
    text = path.read_text("utf-8")
    if old not in text:
        raise ValueError(f"{path.name} does not hold {old!r}")
    write(path, text.replace(old, new))


def save_facts(room: Path, stack: Stack, environ: Mapping[str, str] = KEYS) -> str:
    """Survey the project in the room on the machine of the stack's scenario, and save what was seen."""
    root = room / "project"
    given = {"ollama": stack.ollama_url, "openai": stack.openai_url, "anthropic": stack.anthropic_url}
    options = Options(path=root, endpoints=given)
    rules = rulebook(options, root)
    kinds = wanted(parts(), rules.profile)
    facts = look(options, rules, kinds, _probes(stack), environ=environ, home=room / "home")
    facts.taken_at = dict.fromkeys(facts.taken_at, f"{TODAY}T10:00:00Z")
    path = room / "facts.json"
    path.write_bytes(facts_text(facts))
    return str(path)


def _probes(stack: Stack) -> tuple[Probe[..., object], ...]:
    """Return the probes of the demo; on a machine without a card neither a driver nor a store is found."""
    probes = demo_probes(stack)
    if stack.gpus.driver or stack.machine.platform.system == "Darwin":
        return probes
    return (*(one for one in probes if {Gpus, Stores}.isdisjoint(one.promises)), no_driver, no_store)


@probe
def no_driver() -> Gpus:
    """Find no driver."""
    raise Unseen(Gap(Why.NOT_INSTALLED, about="NVIDIA driver", hint="nvidia-smi"))


@probe
def no_store() -> Stores:
    """Find no store."""
    raise Unseen(Gap(Why.NOT_THERE, about="an Ollama store", hint="--models-dir FOLDER"))


def _demo(root: Path, variant: str) -> None:
    with demo_project(variant) as source:
        for path in sorted(source.rglob("*")):
            if path.is_file():
                write(root / path.relative_to(source), path.read_text("utf-8"))


def _scenario(**changes: object) -> Scenario:
    """Return the workstation's scenario with some parts exchanged."""
    document = msgspec.to_builtins(Scenario.named("workstation"))
    return msgspec.convert(_merged(document, changes), Scenario)


def _merged(old: object, new: object) -> object:
    if isinstance(old, dict) and isinstance(new, Mapping):
        both = cast("dict[str, object]", old), cast("Mapping[str, object]", new)
        return {**both[0], **{key: _merged(both[0].get(key), value) for key, value in both[1].items()}}
    return new


def _own_settings(room: Path, stack: Stack | None, more: str = "") -> None:
    """Write the user's own settings file, which says where the servers are."""
    if stack is None:
        raise ValueError("this situation needs a stack")
    urls = {"ollama": stack.ollama_url, "openai": stack.openai_url, "anthropic": stack.anthropic_url}
    lines = "".join(f"  {provider}: {url}\n" for provider, url in urls.items())
    write(room / "home" / ".config" / "modelcheck" / "modelcheck.yaml", f"endpoints:\n{lines}{more}")


def _windows(room: Path, stack: Stack | None) -> dict[str, str]:
    corrected(room / "project")
    edit(room / "project" / "modelcheck.yaml", "expect:\n", "models_dir: D:\\modeles_llm\nexpect:\n")
    return {"FACTS": save_facts(room, _running(stack))}


def _ci(room: Path, stack: Stack | None) -> dict[str, str]:
    corrected(room / "project")
    return {"FACTS": save_facts(room, _running(stack), {})}


def _fork(room: Path, _stack: Stack | None) -> dict[str, str]:
    """A pull request that edits whatever judges it, so that a model that is not here passes."""
    base, change = room / "base", room / "project"
    for root in (base, change):
        corrected(root)
        edit(root / "modelcheck.yaml", "expect:\n", "profile: static\nexpect:\n")
    stored = json_report(audit(Options(path=change, profile="static", today=TODAY)).report)
    edit(change / "config" / "models_config.json", "ollama/qwen-coder-32b", "ollama/mixtral:8x7b")
    lock = change / "models.lock"
    edit(lock, '"name": "qwen-coder-32b:latest"', '"name": "mixtral:8x7b"')
    edit(change / "modelcheck.yaml", "profile: static\n", "profile: easy.yaml\n")
    edit(change / "modelcheck.yaml", "concurrency: 1", "concurrency: 4")
    write(change / "easy.yaml", "extends: static\nbars: {score: 10, coverage: 10}\nvetoes: {drop: [CFG-03]}\n")
    with (change / "modelcheck.yaml").open("a", encoding="utf-8", newline="\n") as settings:
        settings.write(
            "exceptions:\n"
            "  - {what: check, subject: CFG-03, reason: it is on its way, approver: me, until: 2027-01-31}\n"
        )
    write(room / "report.json", stored.decode().replace('"earned": 4.0', '"earned": 3.0', 1))
    return {"BASE": str(base), "REPORT": str(room / "report.json")}


def _two_cards(room: Path, stack: Stack | None) -> dict[str, str]:
    running, project = _running(stack), room / "project"
    corrected(project)
    config = project / "config" / "models_config.json"
    edit(
        config,
        '"anthropic": {"api',
        f'"vllm": {{"base_url": "{running.compatible_url}", "timeout_s": 60}},\n    "anthropic": {{"api',
    )
    edit(config, '"openai/gpt-5.4-mini"', '"vllm/Qwen/Qwen3-8B"')
    edit(project / "modelcheck.yaml", "device: 0", "device: GPU-0b1c2d3e-14a2-d670-e8ef-95c1c67cf908")
    return {"FACTS": save_facts(room, running)}


def _forbids(room: Path, stack: Stack | None) -> dict[str, str]:
    corrected(room / "project")
    edit(room / "project" / "modelcheck.yaml", "expect:\n", "profile: local-only\nexpect:\n")
    _own_settings(room, stack)
    return {"FACTS": save_facts(room, _running(stack))}


def _public(room: Path, stack: Stack | None) -> dict[str, str]:
    """An app that everybody clones: it downloads only where its user says so, and its model is nobody's here."""
    project = room / "project"
    config = {
        "model_providers": {"ollama": {"base_url": "http://localhost:11434"}},
        "agent_models": {"chat": {"primary": "ollama/llama3.2:3b"}},
    }
    write(project / "config" / "models_config.json", json.dumps(config, indent=2) + "\n")
    write(
        project / "app.py",
        'import os\n\nimport ollama\n\nif os.environ.get("APP_DOWNLOADS") == "1":\n    ollama.pull("llama3.2:3b")\n',
    )
    write(project / ".env.example", "APP_DOWNLOADS=0\n")
    return {"FACTS": save_facts(room, _running(stack))}


def _mac(room: Path, stack: Stack | None) -> dict[str, str]:
    corrected(room / "project")
    edit(room / "project" / "modelcheck.yaml", "  device: 0\n", "")
    return {"FACTS": save_facts(room, _running(stack))}


def _random(room: Path, _stack: Stack | None) -> dict[str, str]:
    write(room / "project" / "notes.txt", "nothing about models\n")
    write(
        room / "elsewhere" / "litellm_config.yaml",
        "model_list:\n- model_name: a\n  litellm_params: {model: ollama/llama3}\n",
    )
    return {}


def _running(stack: Stack | None) -> Stack:
    if stack is None:
        raise ValueError("this situation needs a stack")
    return stack


_SECOND = {
    "name": "NVIDIA GeForce RTX 3090",
    "bus": "00000000:41:00.0",
    "uuid": "GPU-0b1c2d3e-14a2-d670-e8ef-95c1c67cf908",
    "total": 25769803776,
    "reserved": 402653184,
    "capability": "8.6",
    "sample": msgspec.to_builtins(Scenario.named("workstation").graphics.cards[0].sample),
}

BARE = _scenario(graphics={"driver": "", "cards": []}, faults=[{"is": "refuse", "server": "ollama"}])
"""A machine without a card, on which no Ollama answers."""

SITUATIONS = (
    Situation(
        "windows",
        "A workstation with Windows and an RTX 3090, in a console of code page 850 that is 80 columns wide",
        _windows,
        (
            f"audit --from {{FACTS}} --today {TODAY}",
            f"explain --from {{FACTS}} --today {TODAY}",
            f"score --from {{FACTS}} --today {TODAY} --lang fr",
            "config show --origin",
        ),
        _scenario(computer={"system": "Windows", "desktop": True}),
        {"PYTHONIOENCODING": "cp850", "COLUMNS": "80"},
    ),
    Situation(
        "ci",
        "A CI runner with no GPU, no Ollama and no keys",
        _ci,
        (
            f"gate --profile static --today {TODAY}",
            f"gate --from {{FACTS}} --today {TODAY}",
            "inventory --profile static",
        ),
        BARE,
        {"CI": "1"},
    ),
    Situation(
        "fork",
        "A pull request from a fork that edits the lock, the profile, the settings, the exceptions and a stored report",
        _fork,
        (f"gate --today {TODAY}", f"gate --baseline {{BASE}} --today {TODAY}", f"gate {{REPORT}} --today {TODAY}"),
        env={"CI": "1", "GITHUB_BASE_REF": "main"},
    ),
    Situation(
        "two_cards",
        "Two cards, with vLLM beside Ollama",
        _two_cards,
        (f"audit --from {{FACTS}} --today {TODAY}", f"explain --from {{FACTS}} --today {TODAY}"),
        _scenario(
            graphics={"cards": [*msgspec.to_builtins(Scenario.named("workstation").graphics.cards), _SECOND]},
            compatible={"flavour": "vllm", "version": "0.11.0", "models": [{"id": "Qwen/Qwen3-8B", "context": 8192}]},
        ),
    ),
    Situation(
        "forbids",
        "A site that forbids downloads and cloud",
        _forbids,
        (
            f"gate --profile local-only --from {{FACTS}} --today {TODAY}",
            "precheck mixtral:8x7b",
            "audit --explain-profile",
        ),
        _scenario(),
        KEYS,
    ),
    Situation(
        "public_app",
        "A public app whose downloads are opt-in, cloned by somebody without Ollama",
        _public,
        (
            f"score --from {{FACTS}} --today {TODAY}",
            f"explain --from {{FACTS}} --today {TODAY}",
            "precheck llama3.2:3b --profile static",
        ),
        BARE,
    ),
    Situation(
        "mac",
        "A Mac with Apple silicon",
        _mac,
        (f"audit --profile apple --from {{FACTS}} --today {TODAY}",),
        _scenario(
            computer={"system": "Darwin", "desktop": True, "graphics": "apple"},
            graphics={"driver": "", "cards": []},
            ollama={"loaded": [{"model": "qwen-coder-32b:latest", "context": 4096, "size_vram": 1 << 40}]},
        ),
    ),
    Situation(
        "random_folder",
        "A folder that has nothing to do with models, a home, and a project configured elsewhere",
        _random,
        ("", "audit", "gate", "cd home", "", "cd elsewhere", "", "init --dry-run"),
    ),
)
