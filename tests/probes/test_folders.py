"""Which model folders are opened, how they are shown, and what in them is never followed."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from shop import access

from modelcheck.core.filekinds import is_recalled
from modelcheck.core.gap import Gap, Why
from modelcheck.probes import folders
from modelcheck.probes.files import Unreadable
from modelcheck.probes.folders import Folder, folders_at, is_closed, is_local, refused, shown, shown_below

OUTWARD = Gap(Why.NOT_TRUSTED, about="a link out of the folder", hint="--models-dir FOLDER")


def link(at: Path, target: Path | str) -> None:
    at.parent.mkdir(parents=True, exist_ok=True)
    try:
        at.symlink_to(target, target_is_directory=Path(target).is_dir())
    except OSError:
        pytest.skip("no symlinks may be made here")


def recalled(_: os.stat_result) -> bool:
    return True


@pytest.mark.parametrize("given", [r"\\server\share", "//server/share", r"\\?\C:\models", r"\\.\C:\models", "models"])
def test_servers_devices_and_relative_paths_are_not_opened(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object) -> None:
        raise AssertionError

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", opened)
        patched.setattr(os, "lstat", opened)
        patched.setattr(os.path, "realpath", opened)
        gap = refused(access(models_dirs=(Path(given),)))
        found = folders_at([Path(given)], None)

    assert (found, is_local(Path(given))) == ([], False)
    assert gap is not None
    assert (gap.why, gap.hint) == (Why.NOT_TRUSTED, "--models-dir FOLDER")
    assert "server" not in gap.about


def test_folders_that_may_be_opened_are_refused_by_nothing(tmp_path: Path) -> None:
    assert refused(access(models_dirs=(tmp_path,))) is None


def test_a_folder_that_is_given_twice_is_one(tmp_path: Path) -> None:
    link(tmp_path / "again", tmp_path)

    assert [one.path for one in folders_at([tmp_path, tmp_path / "again"], None)] == [tmp_path.resolve()]


def test_a_folder_that_is_itself_a_link_is_opened_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "large disk").mkdir()
    link(tmp_path / "home" / "models", tmp_path / "large disk")

    assert folders_at([tmp_path / "home" / "models"], tmp_path / "home") == [
        Folder((tmp_path / "large disk").resolve(), "~/models")
    ]


def test_a_folder_that_only_its_owner_may_open_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise PermissionError

    folder = Folder(tmp_path, "~/models")
    assert not is_closed(folder)
    assert not is_closed(Folder(tmp_path / "gone", ""))
    monkeypatch.setattr(os, "scandir", refuse)
    assert is_closed(folder)
    assert folder.listed(tmp_path).left_out == Gap(Why.UNREADABLE, about="~/models")


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


def test_a_part_of_a_folder_is_shown_below_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "…/models")

    assert shown_below(folder, tmp_path) == "…/models"
    assert shown_below(folder, tmp_path / "a" / "b\x1b") == "…/models/a/b�"


def test_what_lies_in_a_folder_is_listed_by_name(tmp_path: Path) -> None:
    for name in ("b.gguf", "a.gguf"):
        (tmp_path / name).touch()
    (tmp_path / "d").mkdir()
    (tmp_path / "c").mkdir()
    found = Folder(tmp_path, "").listed(tmp_path)

    assert [path.name for path in found.files] == ["a.gguf", "b.gguf"]
    assert [path.name for path in found.folders] == ["c", "d"]
    assert found.left_out is None


def test_a_link_that_leaves_the_folder_is_not_followed_and_is_said(tmp_path: Path) -> None:
    outside = tmp_path / "outside" / "model.gguf"
    inside = tmp_path / "inside"
    for path in (outside, inside / "model.gguf"):
        path.parent.mkdir()
        path.touch()
    link(inside / "absolute.gguf", outside)
    link(inside / "relative.gguf", Path("..") / "outside" / "model.gguf")
    link(inside / "here.gguf", "model.gguf")
    link(inside / "way", outside.parent)
    link(inside / "detour.gguf", Path("way") / "model.gguf")
    link(inside / "circle.gguf", "circle.gguf")
    link(inside / "nowhere.gguf", "nothing.gguf")
    folder = Folder(inside.resolve(), "")
    found = folder.listed(folder.path)

    assert [path.name for path in found.files] == ["here.gguf", "model.gguf"]
    assert (found.folders, found.left_out) == ((), OUTWARD)
    for name in ("absolute.gguf", "relative.gguf", "detour.gguf", "way/model.gguf"):
        with pytest.raises(Unreadable):
            folder.look(folder.path / name)
    assert folder.look(folder.path / "here.gguf").st_size == 0


def test_a_path_beside_the_folder_is_not_looked_at(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "models", "")
    for path in (tmp_path, tmp_path / "models-too", folder.path / ".." / "x"):
        with pytest.raises(Unreadable, match="leads out"):
            folder.look(path)


def test_links_that_stay_inside_leave_nothing_out(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").touch()
    link(tmp_path / "here.gguf", "model.gguf")
    link(tmp_path / "nowhere.gguf", "nothing.gguf")

    assert Folder(tmp_path.resolve(), "").listed(tmp_path.resolve()).left_out is None


def test_a_link_to_a_server_is_judged_by_its_text_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link(tmp_path / "model.gguf", "//server/share/model.gguf")

    def followed(_: object) -> str:
        raise AssertionError

    folder = Folder(tmp_path.resolve(), "")
    monkeypatch.setattr(os.path, "realpath", followed)

    assert folder.listed(folder.path).files == ()


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs")
def test_what_is_no_regular_file_is_not_listed_and_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    folder = Folder(tmp_path, "")

    assert folder.listed(tmp_path).files == ()
    with pytest.raises(Unreadable):
        folder.head(tmp_path / "pipe.gguf", 4)


def test_a_folder_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path, "~/models")

    assert folder.children(tmp_path / "gone", folders=True) == []
    assert folder.listed(tmp_path / "gone").left_out == Gap(Why.NOT_THERE, about="~/models")


def test_a_folder_of_very_many_names_is_cut_off_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST_CHILDREN", 3)
    for number in range(5):
        (tmp_path / f"{number}.gguf").touch()
    found = Folder(tmp_path, "").listed(tmp_path)

    assert len(found.files) == 3
    assert found.left_out == Gap(Why.TOO_MUCH, about="3 names in a folder")


def test_a_name_that_cannot_be_looked_at_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: os.stat_result) -> bool:
        raise PermissionError

    (tmp_path / "a.gguf").touch()
    monkeypatch.setattr(folders, "is_link", refuse)

    assert Folder(tmp_path, "").listed(tmp_path).files == ()


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
    folder = Folder(tmp_path, "")
    assert (folder.read(tmp_path / "x", 10), folder.head(tmp_path / "x", 2)) == (b"data", b"da")
    monkeypatch.setattr(folders, "is_recalled", recalled)

    with pytest.raises(Unreadable, match="cloud drive"):
        folder.read(tmp_path / "x", 10)
    with pytest.raises(Unreadable, match="cloud drive"):
        folder.head(tmp_path / "x", 2)


@pytest.mark.parametrize(("size", "count"), [(0, 4), (3, 4), (4, 4), (300_000, 300_000), (300_000, 400_000)])
def test_the_first_bytes_of_a_file_are_all_there_are_at_most(tmp_path: Path, size: int, count: int) -> None:
    (tmp_path / "x").write_bytes(b"x" * size)

    assert len(Folder(tmp_path, "").head(tmp_path / "x", count)) == min(size, count)
