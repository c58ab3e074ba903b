"""Where the cache is: the platform's own place, and only where it is the user's."""

import os
from pathlib import Path

import pytest

from modelcheck.store import cache
from modelcheck.store.cache import cache_folder, is_own, make_private

HOME = Path("/home/somebody").absolute()
GIVEN = Path("/somewhere").absolute()


@pytest.mark.parametrize(
    ("platform", "environ", "home", "folder"),
    [
        ("linux", {}, HOME, HOME / ".cache" / "modelcheck"),
        ("linux", {"XDG_CACHE_HOME": str(GIVEN)}, HOME, GIVEN / "modelcheck"),
        ("linux", {"XDG_CACHE_HOME": str(GIVEN)}, None, GIVEN / "modelcheck"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, HOME, HOME / ".cache" / "modelcheck"),
        ("linux", {"XDG_CACHE_HOME": ""}, None, None),
        ("linux", {"LOCALAPPDATA": str(GIVEN)}, None, None),
        ("darwin", {}, HOME, HOME / "Library" / "Caches" / "modelcheck"),
        ("darwin", {"XDG_CACHE_HOME": str(GIVEN)}, HOME, GIVEN / "modelcheck"),
        ("win32", {"LOCALAPPDATA": str(GIVEN)}, HOME, GIVEN / "modelcheck"),
        ("win32", {}, HOME, HOME / "AppData" / "Local" / "modelcheck"),
        ("win32", {"XDG_CACHE_HOME": str(GIVEN)}, None, None),
    ],
)
def test_each_platform_has_its_place(
    platform: str, environ: dict[str, str], home: Path | None, folder: Path | None
) -> None:
    assert cache_folder(environ, home, platform) == folder


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    make_private(tmp_path / "a" / "b")

    assert is_own(tmp_path / "a" / "b")


def test_a_file_in_its_place_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")

    assert not is_own(tmp_path / "a")
    with pytest.raises(FileExistsError):
        make_private(tmp_path / "a")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such owners")
def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody)

    assert not is_own(tmp_path)
    with pytest.raises(PermissionError):
        make_private(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such owners")
def test_the_administrator_leaves_nothing_in_the_home_of_a_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder would be the administrator's, and the user could not use it any more."""
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    monkeypatch.setattr(cache, "ROOT", tmp_path.stat().st_uid + 1)
    with pytest.raises(PermissionError, match="another user's"):
        make_private(tmp_path / "cache")

    assert not (tmp_path / "cache").exists()
