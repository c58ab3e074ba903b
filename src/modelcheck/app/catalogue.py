"""The catalogue: the only list of all parts of the score and of all probes, with what plugins add."""

from functools import cache
from importlib import import_module

from modelcheck.app.plugins import plugin_part
from modelcheck.core.part import Part
from modelcheck.core.profile import Profile
from modelcheck.probes.probe import Probe

PARTS = ("configuration", "ollama", "cloud", "integration", "performance")
"""Modules of `modelcheck.checks`, in the order of the report."""

PROBES = (
    "native:configuration",
    "asked:asked",
    "mapping:mapping",
    "together:model_sets",
    "literals:key_files",
    "agents:agent_classes",
    "marks:marks",
    "lock:lock",
    "keys:keys",
    "compose:compose",
    "serving:setups",
    "serving:exposures",
    "ollama:ollama",
    "ollama:shapes",
    "ollama.guard:guards",
    "store:stores",
    "anatomy:anatomies",
    "loose:loose_models",
    "nvidia:gpus",
    "system:platform",
    "inventory:inventory",
    "hosted:hosted",
    "ways:ways",
    "diagnosis:first_contact",
    "prices:prices",
)
"""`module:name` under `modelcheck.probes`; imported only when a survey is made."""


@cache
def parts() -> tuple[Part, ...]:
    """Return the product's own parts."""
    return tuple(import_module(f"modelcheck.checks.{name}").PART for name in PARTS)


def parts_of(profile: Profile, *, plugins: bool) -> tuple[Part, ...]:
    """Return the product's parts, and behind them the checks of installed plugins.

    Without `plugins` none is imported unless the profile lists one.
    """
    if not plugins and not any("/" in check for check in profile.checks):
        return parts()
    extra = plugin_part(profile, listed_alone=not plugins)
    return (*parts(), extra) if extra is not None else parts()


def probes_of() -> tuple[Probe[..., object], ...]:
    """Return every probe."""
    pairs = (name.split(":") for name in PROBES)
    return tuple(getattr(import_module(f"modelcheck.probes.{module}"), name) for module, name in pairs)
