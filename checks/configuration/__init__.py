"""Configuration, 20 points: what the project names is understood, is here, is what it seems, and leaks no key."""

from modelcheck.checks.configuration.document import configuration_understood
from modelcheck.checks.configuration.keys import written_keys
from modelcheck.checks.configuration.presence import cloud_alias, missing_models
from modelcheck.core.part import Part, Planned

PART = Part(
    id="CFG",
    title="Configuration",
    budget=200,
    checks=(configuration_understood, missing_models, cloud_alias, written_keys),
    planned=(
        Planned("CFG-02", "Every model reference of the repository is enumerated", 15),
        Planned("CFG-04", "Nothing downloads a model by itself", 25),
        Planned("CFG-05", "Tags are explicit and pinned by digest", 15),
        Planned("CFG-08", "Endpoints are well-formed and of the right API", 10),
        Planned("CFG-09", "Time-outs and retries are declared for each client", 15),
        Planned("CFG-10", "The context is set where it works", 15),
        Planned("CFG-11", "Each setting has one effective value", 10),
    ),
)
