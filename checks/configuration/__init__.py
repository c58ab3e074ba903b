"""Configuration, 20 points: what the project names is understood, is here, is what it seems, and leaks no key."""

from modelcheck.checks.configuration.clients import declared_limits
from modelcheck.checks.configuration.context import working_context
from modelcheck.checks.configuration.document import configuration_understood
from modelcheck.checks.configuration.endpoints import right_endpoints
from modelcheck.checks.configuration.keys import written_keys
from modelcheck.checks.configuration.presence import cloud_alias, missing_models
from modelcheck.checks.configuration.settings import one_value
from modelcheck.checks.configuration.tags import pinned_tags
from modelcheck.core.part import Part, Planned

PART = Part(
    id="CFG",
    title="Configuration",
    budget=200,
    checks=(
        configuration_understood,
        missing_models,
        pinned_tags,
        cloud_alias,
        written_keys,
        right_endpoints,
        declared_limits,
        working_context,
        one_value,
    ),
    planned=(
        Planned("CFG-02", "Every model reference of the repository is enumerated", 15),
        Planned("CFG-04", "Nothing downloads a model by itself", 25),
    ),
)
