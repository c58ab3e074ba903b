"""Models that no Ollama server has registered: in the folders that the user gives, LM Studio's, Hugging Face's."""

import os
import time

from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.stores import Holder, LooseModels, ModelFolder
from modelcheck.probes.access import Access
from modelcheck.probes.folders import Folder, folders_at, refused
from modelcheck.probes.huggingface import read_hub
from modelcheck.probes.places import hub_places, studio_places
from modelcheck.probes.probe import probe
from modelcheck.probes.unregistered import entries_of, unfinished
from modelcheck.probes.walk import walk


@probe
def loose_models(access: Access) -> LooseModels:
    """Describe the models of every folder there is; half of the time goes to their headers."""
    until = time.monotonic() + access.limit_s / 2
    given = [(folder, Holder.USER) for folder in folders_at(access.models_dirs, access.home)]
    studio = [(folder, Holder.LM_STUDIO) for folder in folders_at(studio_places(access), access.home)]
    found: list[ModelFolder] = []
    hubs: set[str] = set()
    for folder, holder in (*given, *studio):
        if _is_there(folder):
            found += _read(folder, holder, until, hubs)
    for folder in folders_at(hub_places(access), access.home):
        if str(folder.path) not in hubs and _is_there(folder):
            found.append(read_hub(folder, until))
    if not found:
        raise Unseen(refused(access) or Gap(Why.NOT_THERE, about="a folder of models", hint="--models-dir FOLDER"))
    return LooseModels(tuple(found))


def _read(folder: Folder, holder: Holder, until: float, hubs: set[str]) -> list[ModelFolder]:
    """Read a folder, and each cache of Hugging Face's that lies in it, noting where those are."""
    found = walk(folder, folder.path, until)
    entries = entries_of(folder, found, until)
    own = ModelFolder(folder.shown, holder, entries, unfinished(folder, found.partial), found.doubt)
    hubs |= {os.path.realpath(start) for start in found.hubs}
    inner = [read_hub(folder, until, start) for start in found.hubs]
    is_all_of_it = inner and not entries and not found.partial and found.doubt is None
    return inner if is_all_of_it else [own, *inner]


def _is_there(folder: Folder) -> bool:
    try:
        return folder.path.is_dir()
    except OSError:
        return False
