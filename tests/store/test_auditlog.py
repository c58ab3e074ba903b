"""Where audit logs are kept on each system."""

from pathlib import Path

import pytest

from modelcheck.store.auditlog import audit_folder

HOME = Path("/home/me")


@pytest.mark.parametrize(
    ("platform", "folder"),
    [
        ("linux", HOME / ".local" / "state" / "modelcheck"),
        ("freebsd14", HOME / ".local" / "state" / "modelcheck"),
        ("darwin", HOME / "Library" / "Logs" / "modelcheck"),
        ("win32", HOME / "AppData" / "Local" / "modelcheck"),
    ],
)
def test_each_system_has_its_place_for_them(platform: str, folder: Path) -> None:
    assert audit_folder({}, HOME, platform) == folder


@pytest.mark.parametrize(("platform", "name"), [("linux", "XDG_STATE_HOME"), ("win32", "LOCALAPPDATA")])
def test_the_user_may_name_another_by_the_variable_of_the_system(platform: str, name: str, tmp_path: Path) -> None:
    assert audit_folder({name: str(tmp_path)}, HOME, platform) == tmp_path / "modelcheck"
    assert audit_folder({name: str(tmp_path)}, None, platform) == tmp_path / "modelcheck"


def test_a_place_that_is_relative_is_none() -> None:
    assert audit_folder({"XDG_STATE_HOME": "state"}, HOME, "linux") == HOME / ".local" / "state" / "modelcheck"


def test_whoever_has_no_home_has_no_place() -> None:
    assert audit_folder({}, None, "linux") is None
