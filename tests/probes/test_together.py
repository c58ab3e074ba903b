"""The probe that composes the sets of models."""

from modelcheck.core.asked import LocalModel, LocalModels
from modelcheck.core.intent import Expectations
from modelcheck.core.project import Engine, ModelKey
from modelcheck.core.together import Bond
from modelcheck.probes.together import model_sets


def test_each_model_stands_alone_and_with_those_it_is_used_with() -> None:
    names = ("qwen:latest", "phi:latest")
    models = tuple(LocalModel(ModelKey("one", name), Engine.OLLAMA, name, primary=True, places=()) for name in names)

    found = model_sets(LocalModels(models), Expectations(together=(names,)))

    assert [one.bond for one in found.sets] == [Bond.ALONE, Bond.ALONE, Bond.DECLARED]
    assert found.sets[2].members == models
