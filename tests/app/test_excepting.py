"""Writing to the user's own file: whole or not at all, private, through a link, and never into somebody else's."""

import os
import stat
import sys
from pathlib import Path

import pytest

from modelcheck.app import excepting as module
from modelcheck.app.errors import UserError
from modelcheck.app.excepting import add_exception
from modelcheck.app.exemptions import own_exemptions
from modelcheck.core.exceptions import Exemption, What

POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="permissions and links of POSIX")
ONE = Exemption(What.PULL, "llama3.1:8b", "to try it", "me", "2026-12-24T22:00:00+00:00")
SHOWN = "~/.config/modelcheck/modelcheck.yaml"


@pytest.fixture(autouse=True)
def on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "win32":
        monkeypatch.setattr("sys.platform", "linux")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / ".config" / "modelcheck" / "modelcheck.yaml"


def written(place: Path, text: bytes) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text)
    return place


def told(home: Path, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(UserError) as error:
        add_exception(ONE, environ or {}, home)
    assert str(home) not in str(error.value)
    return str(error.value)


@POSIX_ONLY
def test_a_new_file_and_its_folder_are_the_users_alone(tmp_path: Path, place: Path) -> None:
    assert add_exception(ONE, {}, tmp_path) == SHOWN

    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert list(place.parent.iterdir()) == [place]


@POSIX_ONLY
def test_a_file_keeps_its_permissions_its_comments_and_its_first_mark(tmp_path: Path, place: Path) -> None:
    before = b"\xef\xbb\xbf# mine\r\nlang: fr # here\r\n"
    written(place, before).chmod(0o640)

    add_exception(ONE, {}, tmp_path)

    assert place.read_bytes().startswith(before)
    assert stat.S_IMODE(place.stat().st_mode) == 0o640
    assert [one.subject for one in own_exemptions({}, tmp_path)] == ["llama3.1:8b"]


@POSIX_ONLY
def test_a_link_stays_a_link(tmp_path: Path, place: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real = written(tmp_path / "dotfiles" / "own.yaml", b"lang: fr\n")
    place.parent.mkdir(parents=True)
    place.symlink_to(real)

    add_exception(ONE, {}, tmp_path)

    assert place.is_symlink()
    assert b"llama3.1:8b" in real.read_bytes()


@pytest.mark.parametrize("text", [b"lang: [", b"\xff\xfe", b"null\n"])
def test_a_file_that_cannot_be_used_is_left_as_it_is(tmp_path: Path, place: Path, text: bytes) -> None:
    written(place, text)

    assert SHOWN in told(tmp_path)
    assert place.read_bytes() == text
    assert list(place.parent.iterdir()) == [place]


def test_what_is_no_file_is_left_as_it_is(tmp_path: Path, place: Path) -> None:
    place.mkdir(parents=True)

    assert told(tmp_path) == f"{SHOWN} is not a file"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / ".config").write_text("no folder")

    assert told(tmp_path).startswith(f"{SHOWN} cannot be written: ")


@POSIX_ONLY
def test_a_file_of_another_user_is_left_as_it_is(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(place, b"lang: fr\n")
    user = place.stat().st_uid + 1
    monkeypatch.setattr("os.geteuid", lambda: user)

    assert told(tmp_path) == f"{SHOWN} is another user's, and is left as it is"
    assert place.read_bytes() == b"lang: fr\n"


def test_what_somebody_writes_meanwhile_is_not_lost(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(place, b"lang: fr\n")
    fsync = os.fsync

    def meanwhile(descriptor: int) -> None:
        fsync(descriptor)
        place.write_bytes(b"lang: en\n")

    monkeypatch.setattr("os.fsync", meanwhile)

    assert told(tmp_path) == f"{SHOWN} was changed meanwhile, and is left as it is; try again"
    assert place.read_bytes() == b"lang: en\n"
    assert list(place.parent.iterdir()) == [place]


def test_a_full_disk_leaves_the_file_as_it_is(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(place, b"lang: fr\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    assert told(tmp_path) == f"{SHOWN} cannot be written: No space left on device"
    assert place.read_bytes() == b"lang: fr\n"
    assert list(place.parent.iterdir()) == [place]


def test_without_a_home_there_is_no_place_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "own_home", lambda: None)

    with pytest.raises(UserError, match="no home for settings of your own"):
        add_exception(ONE, {})
