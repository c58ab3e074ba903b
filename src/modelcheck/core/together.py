"""Sets of local models that have to be in memory at the same time; a model alone is a set as well."""

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar

from modelcheck.core.asked import LocalModel, LocalModels, model_key
from modelcheck.core.facts import Fact, Place, Scope, Subject
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.intent import Expectations
from modelcheck.core.name import InvalidName, ModelRef
from modelcheck.core.project import Engine, Target


class Bond(StrEnum):
    """Why models are a set."""

    ALONE = "alone"
    DECLARED = "declared"
    """The project says that they are used together."""
    CONCURRENT = "concurrent"
    """Several requests come at a time, and these are the primaries of agents that share a server."""


class ModelSet(Subject, frozen=True):
    """Local models that have to be in memory at the same time."""

    members: tuple[LocalModel, ...]
    bond: Bond
    strangers: tuple[str, ...] = ()
    """Names of the set that are no local model of the project's."""
    at: Place | None = None

    @property
    def label(self) -> str:
        """The names of all of them."""
        return " + ".join((*(model.text for model in self.members), *self.strangers))

    @property
    def place(self) -> Place | None:
        """Where the project names the model, or declares the set."""
        return self.at

    def known(self) -> tuple[LocalModel, ...]:
        """Return the members; leaves with a gap where a name of the set is none of the project's models."""
        if self.strangers or not self.members:
            raise Unseen(Gap(Why.NOT_ASKED, about=", ".join(self.strangers)))
        return self.members

    @property
    def servers(self) -> tuple[str, ...]:
        """The ids of the servers that hold them, each once."""
        return tuple(dict.fromkeys(model.key.server for model in self.members))


class ModelSets(Fact, frozen=True):
    """Each local model alone, and the sets that are used together."""

    scope: ClassVar[Scope] = Scope.PROJECT
    holds: ClassVar[type[Subject] | None] = ModelSet

    sets: tuple[ModelSet, ...]

    def within_another(self, inner: ModelSet) -> bool:
        """Whether all models of a set belong to a larger one as well."""
        mine = {model.key for model in inner.members}
        return any(mine < {model.key for model in other.members} for other in self.sets)

    def most_at(self, server: str) -> int:
        """Return how many models of one server are declared to run together at most, 0 where no two are."""
        declared = (one.members for one in self.sets if one.bond is Bond.DECLARED)
        sizes = (sum(model.key.server == server for model in members) for members in declared)
        return max((size for size in sizes if size > 1), default=0)


def sets_of(models: LocalModels, expectations: Expectations) -> ModelSets:
    """Compose the sets of a project from its models and from what it declares."""
    alone = tuple(ModelSet((model,), Bond.ALONE, at=model.place) for model in models.models)
    named = (_declared(names, models, expectations.at) for names in expectations.together)
    declared = tuple(one for one in named if len(one.members) + len(one.strangers) > 1)
    concurrent = _concurrent(models) if (expectations.concurrency or 1) > 1 else ()
    known = [{model.key for model in one.members} for one in declared]
    new = tuple(one for one in concurrent if not any({model.key for model in one.members} <= keys for keys in known))
    return ModelSets((*alone, *declared, *new))


def is_named(model: LocalModel, text: str) -> bool:
    """Whether a name as written, without its provider, means this model."""
    if model.engine is not Engine.OLLAMA:
        return text == model.text
    try:
        name = ModelRef.parse(text).name
    except InvalidName:
        return False
    return name is not None and name.shortest.lower() == model.key.name


def is_asked(model: LocalModel, targets: Iterable[Target]) -> bool:
    """Whether one of these targets leads to this model."""
    return any(model_key(target) == model.key for target in targets)


def _declared(names: tuple[str, ...], models: LocalModels, at: Place | None) -> ModelSet:
    bare = dict.fromkeys(name.removeprefix("ollama/") for name in names)
    members = tuple(model for model in models.models if any(is_named(model, name) for name in bare))
    strangers = tuple(name for name in bare if not any(is_named(model, name) for model in members))
    return ModelSet(members, Bond.DECLARED, strangers, at)


def _concurrent(models: LocalModels) -> tuple[ModelSet, ...]:
    primaries: dict[str, list[LocalModel]] = {}
    for model in models.models:
        if model.primary and model.engine is Engine.OLLAMA:
            primaries.setdefault(model.key.server, []).append(model)
    shared = [tuple(found) for found in primaries.values() if len(found) > 1]
    return tuple(ModelSet(members, Bond.CONCURRENT, at=members[0].place) for members in shared)
