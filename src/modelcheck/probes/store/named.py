"""The folders of models that the project names, compared with the stores that its servers read; none is opened."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PureWindowsPath

from modelcheck.core.asked import Server
from modelcheck.core.facts import Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.intent import Expectations
from modelcheck.core.paths import local_form, mapped_path, same_path
from modelcheck.core.project import Engine
from modelcheck.core.serving import Container, Containers, ServerSetups
from modelcheck.core.stores import NamedFolder, ServerStore
from modelcheck.core.text import printable
from modelcheck.probes.access import Access
from modelcheck.probes.folders import Folder, is_local, shown
from modelcheck.probes.places import VARIABLE, expanded, stripped
from modelcheck.probes.store.owners import setup_of, variable_of

DRIVES = "/mnt"
"""Where WSL shows the drives of Windows."""

Owned = Mapping[str, tuple[Folder, ServerStore] | Gap]
"""By server id the store that each server reads."""


def named_folders(
    access: Access,
    servers: Iterable[Server],
    owned: Owned,
    *,
    setups: ServerSetups | Gap,
    expectations: Expectations | Gap,
    containers: Containers | Gap,
) -> tuple[NamedFolder, ...]:
    """Return every folder that the project names, with what it was compared with."""
    ollamas = [server for server in servers if server.engine is Engine.OLLAMA]
    found: list[NamedFolder] = []
    if isinstance(expectations, Expectations) and expectations.models_dir is not None:
        text = stripped(expectations.models_dir)
        if not _is_loose(access, text, owned):
            same = {server.id: _is_same(access, text, owned[server.id]) for server in ollamas}
            found.append(NamedFolder(_shown(access, text), Seen[str, bool].of(same), expectations.at))
    if isinstance(containers, Containers):
        found += _of_containers(ollamas, containers, setups)
    return tuple(found)


def _of_containers(
    servers: Iterable[Server], containers: Containers, setups: ServerSetups | Gap
) -> Iterable[NamedFolder]:
    """Compare texts: the path is one inside of the container, and so is what the server in it has."""
    each = list(servers)
    for container in containers.services:
        text, at = _variable(container)
        concerned = [server for server in each if server.id in container.serves]
        if text is None or not concerned:
            continue
        same: dict[str, bool | Gap] = {}
        for server in concerned:
            has = variable_of(setup_of(setups, server))
            same[server.id] = has if isinstance(has, Gap) else _plain(has or "") == _plain(text)
        yield NamedFolder(printable(text), Seen[str, bool].of(same), at)


def _variable(container: Container) -> tuple[str | None, Place]:
    for setting in container.variables:
        if setting.name == VARIABLE:
            return setting.value, setting.place or container.place
    return None, container.place


def _is_same(access: Access, text: str, own: tuple[Folder, ServerStore] | Gap) -> bool | Gap:
    if isinstance(own, Gap):
        return own
    folder, known = own
    if not known.basis.is_certain:
        return Gap(Why.UNDECIDED, about="the store that is read")
    named = _path(access, text)
    if isinstance(named, Gap):
        return named
    return any(_is_equal(str(one), str(folder.path)) for one in (named, *_resolved(access, named)))


def _path(access: Access, text: str) -> Path | Gap:
    """Return the folder as a path of this machine: where the user says that it lies, else as this side writes it."""
    drives = _drives()
    text = mapped_path(text, access.paths, drives=drives) or text
    if "$" in text or "%" in text:
        return Gap(Why.NOT_UNDERSTOOD, about=printable(text))
    if PureWindowsPath(text).drive.endswith(":") and os.name != "nt" and not drives:
        return Gap(Why.NOT_UNDERSTOOD, about="a path of Windows")
    path = expanded(local_form(text, windows=os.name == "nt", drives=drives), access.home)
    return Path(os.path.normpath(path if path.is_absolute() else access.root / path))


def _resolved(access: Access, path: Path) -> Iterable[Path]:
    """Follow links where the path lies among the user's own folders; a link of the project's might lead anywhere."""
    known = (access.home, *access.models_dirs)
    ours = any(folder is not None and path.is_relative_to(folder) for folder in known)
    if is_local(path) and ours and not path.is_relative_to(access.root):
        yield Path(os.path.realpath(path))


def _is_loose(access: Access, text: str, owned: Owned) -> bool:
    """Whether the user gave the very folder, and it is no store: then it holds models that nobody has registered."""
    path = _path(access, text)
    stores = {own[0].path for own in owned.values() if not isinstance(own, Gap)}
    return (
        isinstance(path, Path)
        and any(_is_equal(str(path), str(given)) for given in access.models_dirs)
        and not any(Path(os.path.realpath(path)) == store for store in stores)
        and not (path / "manifests").is_dir()
    )


def _shown(access: Access, text: str) -> str:
    return shown(expanded(text, access.home), access.home)


def _drives() -> str:
    """Return where the drives of Windows are shown; empty on a machine that has none."""
    return DRIVES if os.name == "nt" or Path(DRIVES, "c").is_dir() else ""


def _is_equal(one: str, other: str) -> bool:
    return _plain(one) == _plain(other) or same_path(one, other, drives=_drives())


def _plain(text: str) -> str:
    return os.path.normcase(os.path.normpath(text)) if text else ""
