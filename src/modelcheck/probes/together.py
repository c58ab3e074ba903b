"""Which local models have to be in memory at the same time; nothing is looked at but what was read before."""

from modelcheck.core.asked import LocalModels
from modelcheck.core.intent import Expectations
from modelcheck.core.together import ModelSets, sets_of
from modelcheck.probes.probe import probe


@probe
def model_sets(models: LocalModels, expectations: Expectations) -> ModelSets:
    """Compose the sets that the checks of memory judge one at a time."""
    return sets_of(models, expectations)
