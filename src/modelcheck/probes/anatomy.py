"""The anatomy of the models that the project names: from the files of their own weights, else as their server tells."""

from functools import partial

import msgspec

from modelcheck.core.anatomy import Anatomies, Anatomy
from modelcheck.core.asked import LocalModel, LocalModels, Server, Servers
from modelcheck.core.facts import Seen
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.machine import Entry, Shape, Shapes, Tags
from modelcheck.core.precheck import find_text
from modelcheck.core.project import Engine, ModelKey
from modelcheck.core.stores import Stores
from modelcheck.probes.access import Access
from modelcheck.probes.gguf import read_anatomy
from modelcheck.probes.parallel import gather
from modelcheck.probes.probe import probe
from modelcheck.probes.store import weights_path

MOST_MODELS = 200
"""Models whose anatomy is read."""

replace = msgspec.structs.replace


@probe
def anatomies(  # noqa: PLR0917 - the survey passes needs by name
    access: Access,
    servers: Servers,
    models: LocalModels,
    tags: Tags | Gap,
    shapes: Shapes | Gap,
    stores: Stores | Gap,  # noqa: ARG001 - where weights lie is known once the stores were looked at
) -> Anatomies:
    """Read the header of each model's weights where its store can be read; nothing is loaded."""
    homes = {server.id: server for server in servers.servers}
    looks = {
        model.key: partial(_look, access, homes[model.key.server], model, tags, shapes)
        for model in models.models[:MOST_MODELS]
    }
    found = gather(looks, limit_s=access.inner_limit_s)
    too_much = Gap(Why.TOO_MUCH, about=f"{MOST_MODELS} models")
    keys = [model.key for model in models.models]
    return Anatomies(Seen[ModelKey, Anatomy].of({key: found.get(key, too_much) for key in keys}))


def _look(access: Access, server: Server, model: LocalModel, tags: Tags | Gap, shapes: Shapes | Gap) -> Anatomy | Gap:
    if server.engine is not Engine.OLLAMA:
        return Gap(Why.NOT_UNDERSTOOD, about=server.engine.value)
    listed = tags if isinstance(tags, Gap) else tags.servers[server.id]
    entry = listed if isinstance(listed, Gap) else _local(model, listed)
    shape = shapes if isinstance(shapes, Gap) else shapes.models[model.key]
    told = _told(shape, entry)
    path = weights_path(access, server, model.text if isinstance(entry, Gap) else entry.name)
    read = path if isinstance(path, Gap) else read_anatomy(path)
    num_ctx = shape if isinstance(shape, Gap) else shape.num_ctx
    if isinstance(read, Gap) or _differs(read, told):
        return told if isinstance(told, Gap) else replace(told, num_ctx=num_ctx, source="server")
    return replace(read, num_ctx=num_ctx, source="file")


def _local(model: LocalModel, listed: tuple[Entry, ...]) -> Entry:
    """Return the model as its server lists it. Raises Unseen where that holds no weights of it."""
    entry = find_text(model.text, listed)
    if entry is None or entry.remote is not False:
        raise Unseen(Gap(Why.NOT_HERE, about=model.label))
    return entry


def _told(shape: Shape | Gap, entry: Entry | Gap) -> Anatomy | Gap:
    """Return what the server tells; the weights are all that it lists for the model, its projector among them."""
    anatomy = shape if isinstance(shape, Gap) else shape.anatomy
    if isinstance(anatomy, Gap):
        return anatomy
    listed = entry if isinstance(entry, Gap) else entry.size
    return replace(anatomy, weights=listed)


def _differs(read: Anatomy, told: Anatomy | Gap) -> bool:
    """Whether the file is certainly not of the model that the server tells of: another store may be its own."""
    if isinstance(told, Gap):
        return False
    both = ((read.architecture, told.architecture), (read.layers, told.layers))
    return any(not isinstance(one, Gap) and not isinstance(other, Gap) and one != other for one, other in both)
