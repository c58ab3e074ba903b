"""Where folders lie here that a project, a compose file or a server names; from the project alone nothing is opened."""

from pathlib import Path
from typing import Any

import pytest
from native_project import access_to
from shop import Shop
from shop import access as shop_access

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.intent import Expectations
from modelcheck.core.project import Engine
from modelcheck.core.serving import Container, Containers, Origin, ServerSetup, ServerSetups, Setting
from modelcheck.core.stores import Basis, ServerStore
from modelcheck.probes import folders
from modelcheck.probes.compose import compose
from modelcheck.probes.store import named as named_module
from modelcheck.probes.store import owners, stores

UNSEEN = Gap(Why.NOT_ASKED)


def service(*lines: str, name: str = "ollama", image: str = "ollama/ollama") -> str:
    return "\n".join([f"  {name}:", f"    image: {image}", *(f"    {line}" for line in lines), ""])


LOCAL = "http://127.0.0.1:11434"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(folders, "SERVICE_PLACES", ())
    (tmp_path / "home").mkdir()
    return tmp_path.resolve() / "home"


def store_read(
    home: Path, setup: ServerSetup | Gap, *, models_dir: str | None = None, contained: bool = False, **allowed: Any
) -> tuple[ServerStore | Gap, tuple[bool | Gap, ...]]:
    """Return the store that the server reads, and whether the folder that the project names is the same."""
    root = home.parent / "project"
    root.mkdir(exist_ok=True)
    access = shop_access(root=root, home=home, **allowed)
    servers = Servers((Server(LOCAL, Engine.OLLAMA, LOCAL),))
    box = Container("o", "ollama/ollama", (), (), gpu=False, place=Place("compose.yaml"), serves=(LOCAL,))
    found = stores(
        access,
        servers,
        ServerSetups(Seen[str, ServerSetup].of({LOCAL: setup})),
        UNSEEN,
        Expectations(models_dir=models_dir),
        Containers((box,) if contained else ()),
    )
    return found.servers[LOCAL], tuple(one.same[LOCAL] for one in found.named)


def process(value: str) -> ServerSetup:
    return ServerSetup((Setting("OLLAMA_MODELS", value, Origin.PROCESS),), complete=True)


def test_a_folder_that_a_server_names_is_read_where_the_user_says_that_it_lies(home: Path) -> None:
    Shop(home.parent / "data" / "models").named("a")
    paths = {"/srv/container": str(home.parent / "data"), "/srv": "/nowhere"}

    own, same = store_read(home, process("/srv/container/models"), paths=paths, models_dir="/srv/container/models")
    assert isinstance(own, ServerStore)
    assert own.store.root == "…/models"
    assert same == (True,)
    own, same = store_read(home, process("/srv/container/models"), models_dir="/srv/container/models")
    assert isinstance(own, Gap)


@pytest.mark.parametrize(("text", "same"), [(r"D:\modeles_llm", True), (r"d:/MODELES_llm", True), (r"D:\x", False)])
def test_both_sides_of_wsl_write_one_folder(home: Path, monkeypatch: pytest.MonkeyPatch, text: str, same: bool) -> None:
    drives = home.parent / "mnt"
    (drives / "c").mkdir(parents=True)
    monkeypatch.setattr(named_module, "DRIVES", str(drives))
    Shop(drives / "d" / "modeles_llm").named("a")
    reads = ServerSetup(models=str(drives / "d" / "modeles_llm"), complete=True)

    assert store_read(home, reads, models_dir=text)[1] == (same,)


def test_the_store_of_a_container_is_read_where_the_user_says(home: Path) -> None:
    Shop(home.parent / "data" / "models").named("a")
    paths = {"/root/.ollama": str(home.parent / "data")}

    own, _ = store_read(home, UNSEEN, contained=True, paths=paths)
    assert isinstance(own, ServerStore)
    assert own.basis is Basis.USER
    assert isinstance(store_read(home, UNSEEN, paths=paths)[0], Gap)


def test_the_store_of_a_container_is_read_in_the_project_or_where_the_user_gave_it(home: Path) -> None:
    project_, data = home.parent / "project", home.parent / "data"
    Shop(project_ / "ollama" / "models").named("a")
    Shop(data / "models").named("a")

    inside = store_read(home, UNSEEN, contained=True, mounts={LOCAL: {"/root/.ollama": "./ollama"}})[0]
    assert isinstance(inside, ServerStore)
    assert inside.basis is Basis.SERVICE
    outside = {LOCAL: {"/root/.ollama": str(data)}}
    assert isinstance(store_read(home, UNSEEN, contained=True, mounts=outside)[0], Gap)
    given = store_read(home, UNSEEN, contained=True, mounts=outside, models_dirs=(data / "models",))[0]
    assert isinstance(given, ServerStore)


def test_a_mount_of_the_project_opens_nothing_outside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Shop(home.parent / "secret" / "models").named("a")
    opened: list[Path] = []

    def read_store(_disk: owners.Disk, folder: folders.Folder) -> Gap:
        opened.append(folder.path)
        return UNSEEN

    monkeypatch.setattr(owners.Disk, "read", read_store)
    (home.parent / "project").mkdir()
    (home.parent / "project" / "link").symlink_to(home.parent / "secret")

    for source in ("./link", "../secret", str(home.parent / "secret"), "//host/share", "~/../secret"):
        store_read(home, UNSEEN, contained=True, mounts={LOCAL: {"/root/.ollama": source}})
    assert not any("secret" in path.parts for path in opened)


@pytest.mark.parametrize(
    ("volumes", "mounts"),
    [
        ("['./data:/root/.ollama']", {"/root/.ollama": "docker/./data"}),
        (r"['D:\models:/root/.ollama:ro']", {"/root/.ollama": r"D:\models"}),
        ("['~/.ollama:/root/.ollama']", {"/root/.ollama": "~/.ollama"}),
        ("[{type: bind, source: /data, target: /root/.ollama}]", {"/root/.ollama": "/data"}),
        ("['ollama:/root/.ollama', '/root/.ollama', '${X}:/y', 5, {target: /x}]", {}),
        ("nonsense", {}),
    ],
)
def test_the_folders_of_a_container_are_kept_in_memory_alone(
    tmp_path: Path, volumes: str, mounts: dict[str, str]
) -> None:
    (tmp_path / "docker").mkdir()
    text = "services:\n" + service("ports: ['11434:11434']", f"volumes: {volumes}")
    (tmp_path / "docker" / "compose.yaml").write_text(text)
    access = access_to(tmp_path)
    found = compose(access, Servers((Server(LOCAL, Engine.OLLAMA, LOCAL),)))

    assert access.mounts == {LOCAL: mounts}
    assert "models" not in repr(found)
