"""Which model folders are opened, how they are shown, and what in them is never followed."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.core.tables import KnownProviders
from modelcheck.probes import folders
from modelcheck.probes.access import Access
from modelcheck.probes.files import Unreadable
from modelcheck.probes.folders import Folder, find_loose, find_store, gguf_files, is_local, is_recalled, shown

PROVIDERS = KnownProviders(as_of="2026-01-01", providers=())


def store_at(path: Path) -> Path:
    (path / "manifests").mkdir(parents=True)
    return path


def loose_at(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / "model.gguf").touch()
    return path


def access(*given: Path, home: Path | None = None, environ: dict[str, str] | None = None, endpoint: str = "") -> Access:
    return Access(
        root=Path.cwd(),
        providers=PROVIDERS,
        models_dirs=given,
        home=home,
        environ=environ or {},
        endpoints={"ollama": endpoint} if endpoint else {},
    )


def recalled(_: os.stat_result) -> bool:
    return True


def link(at: Path, target: Path | str) -> None:
    at.parent.mkdir(parents=True, exist_ok=True)
    try:
        at.symlink_to(target, target_is_directory=Path(target).is_dir())
    except OSError:
        pytest.skip("no symlinks may be made here")


@pytest.fixture(autouse=True)
def no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """No store of the machine that runs the tests is seen."""
    monkeypatch.setattr(folders, "SERVICE_PLACES", ())


def gap_of(asked: Access) -> Gap:
    with pytest.raises(Unseen) as raised:
        find_store(asked)
    return raised.value.gap


def test_the_store_in_the_home_folder_is_found(tmp_path: Path) -> None:
    path = store_at(tmp_path / ".ollama" / "models")
    assert find_store(access(home=tmp_path)) == Folder(path.resolve(), "~/.ollama/models")


def test_what_ollama_models_names_comes_before_the_home_folder(tmp_path: Path) -> None:
    store_at(tmp_path / ".ollama" / "models")
    named = store_at(tmp_path / "elsewhere")
    found = find_store(access(home=tmp_path, environ={"OLLAMA_MODELS": f' "{named}" '}))
    assert found.path == named.resolve()


def test_a_standard_place_without_a_store_is_passed_over(tmp_path: Path) -> None:
    path = store_at(tmp_path / ".ollama" / "models")
    found = find_store(access(home=tmp_path, environ={"OLLAMA_MODELS": str(tmp_path / "not there")}))
    assert found.path == path.resolve()


@pytest.mark.skipif(sys.platform != "linux", reason="a service of Linux")
def test_a_service_is_found_where_there_is_an_environment_and_not_in_a_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = store_at(tmp_path / "service")
    monkeypatch.setattr(folders, "SERVICE_PLACES", (str(path),))
    assert find_store(access(environ={"PATH": ""})) == Folder(path, str(path))
    assert gap_of(access()).why is Why.NOT_THERE


def test_a_given_folder_is_told_by_what_it_holds(tmp_path: Path) -> None:
    store, loose = store_at(tmp_path / "store"), loose_at(tmp_path / "loose")
    asked = access(loose, store)
    assert find_store(asked).path == store.resolve()
    assert find_loose(asked).path == loose.resolve()


def test_a_given_folder_may_hold_both(tmp_path: Path) -> None:
    both = loose_at(store_at(tmp_path / "both"))
    assert find_store(access(both)) == find_loose(access(both))


def test_a_given_store_takes_the_place_of_the_standard_one(tmp_path: Path) -> None:
    store_at(tmp_path / ".ollama" / "models")
    given = store_at(tmp_path / "given")
    assert find_store(access(given, home=tmp_path)).path == given.resolve()


def test_an_empty_given_folder_is_not_silently_replaced_by_the_standard_one(tmp_path: Path) -> None:
    store_at(tmp_path / ".ollama" / "models")
    (tmp_path / "empty").mkdir()
    assert gap_of(access(tmp_path / "empty", home=tmp_path)).why is Why.NOT_THERE


def test_given_loose_files_leave_the_standard_store_in_its_place(tmp_path: Path) -> None:
    path = store_at(tmp_path / ".ollama" / "models")
    loose = loose_at(tmp_path / "loose")
    assert find_store(access(loose, home=tmp_path)).path == path.resolve()


def test_the_standard_store_is_not_taken_for_that_of_a_server_that_the_user_names(tmp_path: Path) -> None:
    store_at(tmp_path / ".ollama" / "models")
    loose = loose_at(tmp_path / "loose")
    assert gap_of(access(loose, home=tmp_path, endpoint="http://192.0.2.1:11434")).why is Why.NOT_THERE


def test_without_a_folder_the_gap_names_the_option() -> None:
    assert gap_of(access()) == Gap(Why.NOT_THERE, about="an Ollama store", hint="--models-dir FOLDER")


@pytest.mark.parametrize("given", [r"\\server\share", "//server/share", r"\\?\C:\models", r"\\.\C:\models", "models"])
def test_servers_devices_and_relative_paths_are_not_opened(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(os, "scandir", opened)
    monkeypatch.setattr(os, "lstat", opened)
    assert not is_local(Path(given))
    gap = gap_of(access(Path(given)))
    assert gap.why is Why.NOT_TRUSTED
    assert "server" not in gap.about


@pytest.mark.parametrize("named", [r"\\server\share", "//server/share", "models"])
def test_a_variable_names_no_server_either(named: str) -> None:
    assert gap_of(access(environ={"OLLAMA_MODELS": named})).why is Why.NOT_THERE


def test_a_store_that_only_its_owner_may_open_is_there_and_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "scandir", refused)
    assert gap_of(access(home=tmp_path)) == Gap(Why.UNREADABLE, about="~/.ollama/models")


@pytest.mark.parametrize(
    ("path", "home", "expected"),
    [
        ("/home/jo/.ollama/models", "/home/jo", "~/.ollama/models"),
        ("/home/jo/x/../models", "/home/jo", "~/models"),
        ("/home/jo/../ann/models", "/home/jo", "…/models"),
        ("/data/acme-secret/models", "/home/jo", "…/models"),
        ("/data/models", "/", "…/models"),
        ("/data/models", None, "…/models"),
        ("/data/mo\x1bdels", None, "…/mo�dels"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="paths without a drive")
def test_a_folder_is_shown_without_what_a_report_must_not_tell(path: str, home: str | None, expected: str) -> None:
    assert shown(Path(path), None if home is None else Path(home)) == expected


def test_a_place_of_the_service_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(Path("/usr/share/ollama/.ollama/models"))
    monkeypatch.setattr(folders, "SERVICE_PLACES", (place,))
    assert shown(Path(place), None) == place


def test_gguf_files_are_listed_by_name_without_folders_and_others(tmp_path: Path) -> None:
    for name in ("b.GGUF", "a.gguf", "c.gguf.part", "d.txt"):
        (tmp_path / name).touch()
    loose_at(tmp_path / "e.gguf")
    assert [path.name for path in gguf_files(Folder(tmp_path, ""))] == ["a.gguf", "b.GGUF"]


def test_a_link_that_leaves_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = loose_at(tmp_path / "outside") / "model.gguf"
    inside = loose_at(tmp_path / "inside")
    link(inside / "absolute.gguf", outside)
    link(inside / "relative.gguf", Path("..") / "outside" / "model.gguf")
    link(inside / "here.gguf", "model.gguf")
    link(inside / "way", outside.parent)
    link(inside / "detour.gguf", Path("way") / "model.gguf")
    link(inside / "circle.gguf", "circle.gguf")
    link(inside / "nowhere.gguf", "nothing.gguf")
    folder = Folder(inside.resolve(), "")
    assert [path.name for path in gguf_files(folder)] == ["here.gguf", "model.gguf"]
    for name in ("absolute.gguf", "relative.gguf", "detour.gguf"):
        with pytest.raises(Unreadable):
            folder.look(folder.path / name)
    with pytest.raises(Unreadable):
        folder.look(folder.path / "way" / "model.gguf")
    assert folder.look(folder.path / "here.gguf").st_size == 0


def test_a_link_to_a_server_is_judged_by_its_text_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link(tmp_path / "model.gguf", "//server/share/model.gguf")

    def followed(_: object) -> str:
        raise AssertionError

    folder = Folder(tmp_path.resolve(), "")
    monkeypatch.setattr(os.path, "realpath", followed)
    assert gguf_files(folder) == []


def test_a_folder_that_is_itself_a_link_is_opened(tmp_path: Path) -> None:
    path = store_at(tmp_path / "large disk" / "models")
    link(tmp_path / "home" / ".ollama" / "models", path)
    found = find_store(access(home=tmp_path / "home"))
    assert found == Folder(path.resolve(), "~/.ollama/models")


def test_a_store_whose_manifests_lie_elsewhere_is_none(tmp_path: Path) -> None:
    outside = store_at(tmp_path / "outside")
    link(tmp_path / "inside" / "manifests", outside / "manifests")
    assert gap_of(access(tmp_path / "inside")).why is Why.NOT_THERE


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs")
def test_what_is_no_regular_file_is_not_listed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    assert gguf_files(Folder(tmp_path, "")) == []


def test_a_folder_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "")
    assert folder.children(tmp_path / "gone", folders=True) == []


def test_a_folder_of_very_many_names_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST_CHILDREN", 3)
    for number in range(5):
        (tmp_path / f"{number}.gguf").touch()
    assert len(gguf_files(Folder(tmp_path, ""))) == 3


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"st_file_attributes": 0x400000}, True),
        ({"st_file_attributes": 0x1000}, True),
        ({"st_file_attributes": 0x20}, False),
        ({"st_flags": 0x40000000}, True),
        ({"st_flags": 0}, False),
        ({}, False),
    ],
)
def test_a_file_that_a_cloud_drive_holds_is_recognised(info: dict[str, int], expected: bool) -> None:
    assert is_recalled(cast("os.stat_result", SimpleNamespace(**info))) is expected


def test_a_file_that_a_cloud_drive_holds_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_bytes(b"data")
    assert Folder(tmp_path, "").read(tmp_path / "x", 10) == b"data"
    monkeypatch.setattr(folders, "is_recalled", recalled)
    with pytest.raises(Unreadable, match="cloud drive"):
        Folder(tmp_path, "").read(tmp_path / "x", 10)
