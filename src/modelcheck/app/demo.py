"""The demo: the whole job on the embedded stand-in; real keys, servers, stores, cards and settings are never read."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from modelcheck.app.audit import Audit, judged, wanted
from modelcheck.app.catalogue import parts, probes_of
from modelcheck.app.look import look
from modelcheck.app.options import Options
from modelcheck.app.rulebook import rulebook
from modelcheck.core.asked import Servers
from modelcheck.core.diagnosis import FirstContact, Installed, Side
from modelcheck.core.facts import Facts
from modelcheck.core.graphics import Gpus
from modelcheck.core.machine import Platform
from modelcheck.core.profile import Profile
from modelcheck.core.project import Engine
from modelcheck.core.serving import Exposures, ServerSetups
from modelcheck.core.stores import Stores
from modelcheck.probes.access import Book
from modelcheck.probes.probe import Probe, probe
from modelcheck.profiles.shipped import profile
from modelcheck.standin.key import made_up_key
from modelcheck.standin.scenario import Scenario
from modelcheck.standin.stack import Stack

SCENARIO = "workstation"


def demo(variant: str) -> Audit:
    """Audit one variant of the demo project against the stand-in."""
    chosen = profile("default")
    with project(variant) as root, Stack(Scenario.named(SCENARIO)) as stack:
        return judged(parts(), chosen, demo_facts(root, stack, chosen))


def demo_facts(root: Path, stack: Stack, chosen: Profile) -> Facts:
    """Survey a project against a running stand-in, with nothing of this machine in reach."""
    home = root.parent
    options = Options(
        path=root,
        endpoints={"ollama": stack.ollama_url, "openai": stack.openai_url, "anthropic": stack.anthropic_url},
        models_dirs=(home / "models",),
    )
    return look(
        options,
        rulebook(options, root),
        wanted(parts(), chosen),
        demo_probes(stack),
        environ={"ANTHROPIC_API_KEY": made_up_key("anthropic"), "OPENAI_API_KEY": made_up_key("openai")},
        home=home,
        book=Book(simulated=True),
    )


def demo_probes(stack: Stack) -> tuple[Probe[..., object], ...]:
    """Return the probes of the demo: of this machine not even the disk is read."""

    @probe
    def stores(servers: Servers) -> Stores:
        return stack.machine.stores(_ollamas(servers))

    return (*(one for one in simulated_probes(stack) if Stores not in one.promises), stores)


def simulated_probes(stack: Stack) -> tuple[Probe[..., object], ...]:
    """Return all probes, those that look at the machine itself replaced by what the scenario says of it."""

    @probe
    def gpus() -> Gpus:
        return stack.gpus

    @probe
    def platform() -> Platform:
        return stack.machine.platform

    @probe
    def setups(servers: Servers) -> ServerSetups:
        return stack.machine.setups(_ollamas(servers))

    @probe
    def exposures(servers: Servers) -> Exposures:
        return stack.machine.exposures(tuple(server.id for server in servers.servers))

    @probe
    def first_contact() -> FirstContact:
        return FirstContact(Side.LINUX, Installed(program=True))

    simulated = (gpus, platform, setups, exposures, first_contact)
    replaced = {promise for one in simulated for promise in one.promises}
    return (*(one for one in probes_of() if replaced.isdisjoint(one.promises)), *simulated)


def _ollamas(servers: Servers) -> tuple[str, ...]:
    return tuple(server.id for server in servers.servers if server.engine is Engine.OLLAMA)


@contextmanager
def project(variant: str) -> Generator[Path]:
    """Lay out a variant of the demo project in a temporary home."""
    with TemporaryDirectory(prefix="modelcheck-demo-") as home:
        root = Path(home) / "demo-project"
        # The empty repository keeps the search for settings from leaving the project.
        (root / ".git").mkdir(parents=True)
        (Path(home) / "models").mkdir()
        for path, text in _projects()[variant].items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        yield root


@cache
def _projects() -> Mapping[str, Mapping[str, str]]:
    text = files("modelcheck.data").joinpath("demo.yaml").read_text("utf-8")
    projects: Mapping[str, Mapping[str, str]] = yaml.safe_load(text)
    return projects
