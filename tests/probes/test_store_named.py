"""The folders that a project names: compared with the stores that its servers read, and never opened."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from shop import Shop, access

from modelcheck.core.asked import Server, Servers
from modelcheck.core.facts import Place, Seen
from modelcheck.core.gap import Gap, Why
from modelcheck.core.intent import Expectations
from modelcheck.core.project import Engine
from modelcheck.core.serving import Container, Containers, Origin, ServerSetup, ServerSetups, Setting
from modelcheck.core.stores import NamedFolder
from modelcheck.probes import folders
from modelcheck.probes.store import named as module
from modelcheck.probes.store import stores

LOCAL, SECOND, LLAMA_CPP = "http://127.0.0.1:11434", "http://127.0.0.1:11435", "http://127.0.0.1:8080"
UNSEEN = Gap(Why.NOT_ASKED)
SETTINGS = Place("modelcheck.yaml", 4)


@pytest.fixture(autouse=True)
def no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "SERVICE_PLACES", ())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A home with a store in it, and the project beside."""
    Shop(tmp_path.resolve() / "home" / ".ollama" / "models").named("a")
    (tmp_path / "project").mkdir()
    return tmp_path.resolve()


def setup(value: str | None, *, complete: bool = True) -> ServerSetup:
    settings = () if value is None else (Setting("OLLAMA_MODELS", value, Origin.PROCESS),)
    return ServerSetup(settings, complete=complete)


def named(
    root: Path,
    folder: str | Path | None = None,
    *,
    reads: str | Path = "~/.ollama/models",
    containers: Containers | Gap = UNSEEN,
    setups: dict[str, ServerSetup | Gap] | None = None,
    given: tuple[Path, ...] = (),
    project: Path | None = None,
) -> tuple[NamedFolder, ...]:
    """What is named where the server's own process says what it reads."""
    allowed = access(root=project or root / "project", home=root / "home", models_dirs=given)
    known = {LOCAL: ServerSetup(models=str(reads), complete=True)} if setups is None else setups
    servers = Servers((Server(LOCAL, Engine.OLLAMA, LOCAL), Server(LLAMA_CPP, Engine.OPENAI_LOCAL, LLAMA_CPP)))
    wanted = Expectations(models_dir=None if folder is None else str(folder), at=SETTINGS)
    found = stores(allowed, servers, ServerSetups(Seen[str, ServerSetup].of(known)), UNSEEN, wanted, containers)
    return found.named


def same(root: Path, folder: str | Path, **more: Any) -> bool | Gap:
    (found,) = named(root, folder, **more)
    assert list(found.same) == [LOCAL]
    return found.same[LOCAL]


def test_a_project_that_names_no_folder_is_compared_with_nothing(root: Path) -> None:
    assert named(root) == ()


def test_the_folder_that_the_server_reads_is_the_same_in_any_spelling(root: Path) -> None:
    real = root / "home" / ".ollama" / "models"

    for text in (real, f" '{real}/' ", "~/.ollama/models", f"{real}/../models", "../home/.ollama/models"):
        assert same(root, text) is True


def test_another_folder_is_another(root: Path) -> None:
    (found,) = named(root, root / "modeles_llm")

    assert found == NamedFolder("…/modeles_llm", Seen.of({LOCAL: False}), SETTINGS)


def test_a_folder_that_the_project_names_is_never_looked_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    plain = os.path.realpath

    def followed(path: str | Path) -> str:
        seen.append(str(path))
        return plain(path)

    monkeypatch.setattr(os.path, "realpath", followed)

    for text in (root / "hostile" / "models", "//hostile/share", "hostile"):
        assert same(root, text) is False
    assert seen
    assert not any("hostile" in path for path in seen)


def test_a_link_of_the_users_own_is_followed_and_one_of_the_project_is_not(root: Path) -> None:
    real = root / "home" / ".ollama" / "models"
    try:
        (root / "home" / "models").symlink_to(real, target_is_directory=True)
        (root / "project" / "models").symlink_to(real, target_is_directory=True)
    except OSError:
        pytest.skip("no symlinks may be made here")

    assert same(root, "~/models") is True
    assert same(root, "models") is False
    (root / "home" / "project").mkdir()
    (root / "home" / "project" / "models").symlink_to(real, target_is_directory=True)
    assert same(root, "models", project=root / "home" / "project") is False


def test_a_path_with_a_variable_in_it_is_not_understood(root: Path) -> None:
    for text in ("${HOME}/models", "%USERPROFILE%\\models"):
        found = same(root, text)
        assert isinstance(found, Gap)
        assert found.why is Why.NOT_UNDERSTOOD


@pytest.mark.skipif(sys.platform == "win32", reason="paths of another system")
def test_a_path_of_windows_is_compared_where_its_drives_are_mounted(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert same(root, r"D:\modeles_llm") == Gap(Why.NOT_UNDERSTOOD, about="a path of Windows")
    monkeypatch.setattr(module, "DRIVES", str(root))
    (root / "c").mkdir()
    Shop(root / "d" / "modeles_llm").named("a")

    assert same(root, r"D:\modeles_llm", reads=root / "d" / "modeles_llm") is True
    assert same(root, r"D:\modeles_llm") is False


def test_what_a_guess_is_compared_with_stays_open(root: Path) -> None:
    found = same(root, root / "modeles_llm", setups={LOCAL: UNSEEN})

    assert found == Gap(Why.UNDECIDED, about="the store that is read")


def test_what_is_not_known_to_be_read_is_compared_with_nothing(root: Path) -> None:
    found = same(root, root / "modeles_llm", reads=root / "gone")

    assert found == Gap(Why.NOT_THERE, about="an Ollama store", hint="--models-dir FOLDER")


def test_a_folder_of_loose_files_that_the_user_gives_is_no_store_that_is_missed(root: Path) -> None:
    loose = root / "modeles_llm"
    loose.mkdir()
    (loose / "a.gguf").touch()

    assert named(root, loose, given=(loose,)) == ()
    assert len(named(root, loose)) == 1
    Shop(loose)
    assert same(root, loose, given=(loose,)) is False


def service(value: str | None, *serves: str, place: Place | None = None) -> Containers:
    name = "OLLAMA_HOST" if value is None else "OLLAMA_MODELS"
    settings = (Setting(name, value or "0.0.0.0", Origin.COMPOSE, place=place),)
    at = Place("compose.yaml", 7)
    return Containers((Container("ollama", "ollama/ollama", (), settings, gpu=False, place=at, serves=serves),))


@pytest.mark.parametrize(
    ("has", "complete", "expected"),
    [
        ("/models", True, True),
        ("/models/", True, True),
        ("/data/models", True, False),
        (None, True, False),
        (None, False, Gap(Why.NOT_RECORDED)),
    ],
)
def test_a_compose_file_is_compared_with_what_the_running_server_has(
    root: Path, has: str | None, complete: bool, expected: bool | Gap
) -> None:
    at = Place("compose.yaml", 9)
    (found,) = named(
        root, containers=service("/models", LOCAL, place=at), setups={LOCAL: setup(has, complete=complete)}
    )

    assert (found.text, found.at, found.same[LOCAL]) == ("/models", at, expected)


def test_a_container_without_a_line_of_its_own_is_named_where_it_begins(root: Path) -> None:
    (found,) = named(root, containers=service("/models", LOCAL))

    assert found.at == Place("compose.yaml", 7)


def test_a_server_of_which_nothing_tells_leaves_the_compose_file_open(root: Path) -> None:
    (found,) = named(root, containers=service("/models", LOCAL), setups={LOCAL: UNSEEN})

    assert found.same[LOCAL] == UNSEEN


@pytest.mark.parametrize("containers", [service(None, LOCAL), service("/models"), service("/models", SECOND)])
def test_a_container_that_names_none_or_is_no_server_of_the_project_is_passed_over(
    root: Path, containers: Containers
) -> None:
    assert named(root, containers=containers) == ()
