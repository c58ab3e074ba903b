"""How long a large survey takes, as a multiple of its slowest probe: `python benchmarks/survey.py`.

A project with 500 agents and 50 local models on two Ollama servers, and two hosted providers that take two seconds for
every answer, all played by stand-ins on loopback. The SDKs are imported before: that is paid once.
"""

import json
import tempfile
import time
from dataclasses import replace
from functools import wraps
from pathlib import Path

import msgspec

from modelcheck.app.audit import judged, wanted
from modelcheck.app.catalogue import parts
from modelcheck.app.demo import simulated_probes
from modelcheck.app.look import look
from modelcheck.app.options import Options
from modelcheck.app.rulebook import rulebook
from modelcheck.core.facts import Facts
from modelcheck.probes.probe import Probe
from modelcheck.profiles.shipped import profile
from modelcheck.standin.fault import Delay, ServerName
from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

AGENTS, MODELS = 500, 50
SLOW_S = 2.0


def scenario() -> Scenario:
    """Fifty models on a server, and providers that are slow to answer."""
    plain = Scenario.named("workstation")
    first = plain.ollama.models[0]
    models = tuple(
        msgspec.structs.replace(first, name=_model(index), digest=f"{index:064x}") for index in range(MODELS)
    )
    slow = tuple(Delay(server=server, seconds=SLOW_S) for server in (ServerName.OPENAI, ServerName.ANTHROPIC))
    server = msgspec.structs.replace(plain.ollama, models=models, loaded=())
    return msgspec.structs.replace(plain, ollama=server, faults=slow)


def write_project(root: Path, one: str, other: str) -> None:
    """Write a configuration of 500 agents over two servers and two providers."""
    hosted = ("anthropic/claude-haiku-4-5", "openai/gpt-5.4-mini")
    agents = {
        f"agent-{index}": {
            "primary": f"{'one' if index % 2 else 'other'}/{_model(index % MODELS)}",
            "fallbacks": [hosted[index % 2]],
        }
        for index in range(AGENTS)
    }
    providers = {"one": {"type": "ollama", "base_url": one}, "other": {"type": "ollama", "base_url": other}}
    (root / "config").mkdir(parents=True)
    text = json.dumps({"model_providers": {**providers, "anthropic": {}, "openai": {}}, "agent_models": agents})
    (root / "config" / "models_config.json").write_text(text, encoding="utf-8")


def timed(one: Probe[..., object], took: dict[str, float]) -> Probe[..., object]:
    """Return the probe, noting how long it looks."""
    plain = one.look

    @wraps(plain)
    def looking(**needs: object) -> object:
        start = time.perf_counter()
        try:
            return plain(**needs)
        finally:
            took[one.name] = time.perf_counter() - start

    return replace(one, look=looking)


def surveyed(root: Path, stack: Stack, took: dict[str, float]) -> tuple[Facts, float]:
    """Survey a project against a stand-in; the facts, and how many seconds it took."""
    chosen = profile("default")
    keys = {"ANTHROPIC_API_KEY": made_up_key("anthropic"), "OPENAI_API_KEY": made_up_key("openai")}
    options = Options(path=root, endpoints={"openai": stack.openai_url, "anthropic": stack.anthropic_url})
    probes = [timed(each, took) for each in simulated_probes(stack)]
    start = time.perf_counter()
    facts = look(options, rulebook(options, root), wanted(parts(), chosen), probes, environ=keys, home=root.parent)
    return facts, time.perf_counter() - start


def main() -> None:
    """Survey once to warm up and once to measure, and print one line."""
    took: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, Stack(scenario()) as one, Stack(scenario()) as other:
        root = Path(folder) / "home" / "project"
        write_project(root, one.ollama_url, other.ollama_url)
        surveyed(root, one, took)
        facts, seconds = surveyed(root, one, took)
    start = time.perf_counter()
    judged(parts(), profile("default"), facts)
    judging = time.perf_counter() - start
    slowest = max(took, key=lambda name: took[name])
    print(
        f"survey of {AGENTS} agents, {MODELS} models, 2 servers, 2 clouds of {SLOW_S:g} s: {seconds:.2f} s = "
        f"{seconds / took[slowest]:.2f} x its slowest probe ({slowest}, {took[slowest]:.2f} s), "
        f"judged in {judging:.2f} s"
    )


def _model(index: int) -> str:
    return f"model-{index}:7b-q4_K_M"


if __name__ == "__main__":
    main()
