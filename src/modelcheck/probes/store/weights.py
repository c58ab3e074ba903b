"""Where the weights of a model lie: a file of the store that its server reads, and never any other."""

import stat
from pathlib import Path

from modelcheck.core.asked import Server
from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.name import InvalidName, ModelName, ModelRef
from modelcheck.probes.access import Access
from modelcheck.probes.folders import Folder
from modelcheck.probes.store.blobs import blob
from modelcheck.probes.store.manifests import DEPTH, MOST_BYTES, Layer, parse


def weights_path(access: Access, server: Server, name: str) -> Path | Gap:
    """Return the file that holds a model's weights, in the store that this server reads.

    That store is known once the probe `stores` has run: whoever asks needs its fact. The file is there, regular, no
    link out of the store, and of the size that the manifest states.
    """
    root = access.stores.get(server.id)
    if root is None:
        return Gap(Why.NOT_ASKED, about=f"the store of {server.label}", hint="--models-dir FOLDER")
    folder = Folder(root, "the store")
    try:
        known = ModelRef.parse(name).name
        return Gap(Why.NOT_HERE, about="the model") if known is None else _file(folder, _layer(folder, known))
    except InvalidName:
        return Gap(Why.UNREADABLE, about="the model's name")
    except FileNotFoundError:
        return Gap(Why.NOT_THERE, about="the file of its weights")
    except OSError:
        return Gap(Why.UNREADABLE, about="the file of its weights")
    except Unseen as missing:
        return missing.gap


def _layer(folder: Folder, name: ModelName) -> Layer:
    manifest = parse(folder.read(_manifest(folder, name), MOST_BYTES))
    if manifest is None:
        raise Unseen(Gap(Why.UNREADABLE, about="its manifest"))
    layers = manifest.of_kind("model")
    if not layers:
        raise Unseen(Gap(Why.NOT_THERE, about="one file of weights"))
    return layers[0]


def _file(folder: Folder, layer: Layer) -> Path:
    path = blob(folder, layer.digest)
    info = None if path is None else folder.refuse_recalled(path)
    if path is None or info is None or not stat.S_ISREG(info.st_mode) or info.st_size != layer.size:
        raise Unseen(Gap(Why.UNREADABLE, about="the file of its weights"))
    return path


def _manifest(folder: Folder, name: ModelName) -> Path:
    """Find a manifest by name: as it is spelt, else whatever its case, as Ollama does."""
    at = folder.path / "manifests"
    for depth, step in enumerate((name.host, name.namespace, name.model, name.tag), 1):
        here = folder.children(at, folders=depth < DEPTH)
        found = next((child for child in here if child.name == step), None)
        found = found or next((child for child in here if child.name.lower() == step.lower()), None)
        if found is None:
            raise Unseen(Gap(Why.NOT_HERE, about=name.shortest))
        at = found
    return at
