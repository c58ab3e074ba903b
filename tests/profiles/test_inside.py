"""A text of the project is read inside its folder alone, and nothing but a regular file is opened."""

import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelcheck.core import filekinds
from modelcheck.profiles import inside
from modelcheck.profiles.inside import NotReadable, steps, text_inside

POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="made with links and pipes of POSIX")
LIMIT = 2048


def refusal(root: Path, path: str) -> str:
    with pytest.raises(NotReadable) as error:
        text_inside(root, steps(path), LIMIT)
    said = str(error.value)
    assert str(root) not in said
    assert said.isprintable()
    return said


@pytest.mark.parametrize("path", ["a/b.yaml", "a\\b.yaml", "./a//b.yaml", "a/./b.yaml"])
def test_a_path_has_either_slashes(tmp_path: Path, path: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_bytes("\N{BOM}é".encode())

    assert text_inside(tmp_path, steps(path), LIMIT) == "é"


@pytest.mark.parametrize(
    "path", ["", ".", "..", "../x", "a/../../x", "a/..", "/x", "\\x", "C:x", "C:\\x", "//h/s/x", "\\\\?\\C:\\x", "a\0b"]
)
def test_a_path_that_leads_out_is_refused_before_anything_is_looked_at(path: str) -> None:
    with pytest.raises(NotReadable) as error:
        steps(path)

    assert "inside the project" in str(error.value)


@pytest.mark.parametrize("path", ["nul", "a/CON.yaml", "com1", "x.yaml:stream"])
def test_a_device_or_stream_of_windows_is_refused_there(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "WINDOWS", True)
    with pytest.raises(NotReadable):
        steps(path)
    monkeypatch.setattr(inside, "WINDOWS", False)

    assert steps(path)[-1]


def test_what_is_no_file_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"x" * (LIMIT + 1))
    (tmp_path / "latin").write_bytes("a\nb\né".encode("latin-1"))

    assert refusal(tmp_path, "gone/x") == "gone/x is not there; the path is taken from the project's folder"
    assert refusal(tmp_path, "file/x") == "file/x is not there; the path is taken from the project's folder"
    assert refusal(tmp_path, "folder") == "folder is not a file"
    assert refusal(tmp_path, "file") == "file is larger than 2 KiB"
    assert refusal(tmp_path, "latin") == "latin, line 3: this is not UTF-8 text"
    assert "cannot be read" in refusal(tmp_path, "x" * 5000)


@POSIX_ONLY
def test_no_link_is_followed_wherever_it_leads(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root, outside):
        folder.mkdir()
        (folder / "file").write_text("text")
    (root / "link").symlink_to("file")
    (root / "out").symlink_to(outside)
    (root / "circle").symlink_to("circle")

    for path in ("link", "out/file", "circle", "circle/x"):
        assert "a link" in refusal(root, path)


@POSIX_ONLY
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    said: list[str] = []
    waiting = threading.Thread(target=lambda: said.append(refusal(tmp_path, "pipe")), daemon=True)
    waiting.start()
    waiting.join(10)

    assert said == ["pipe is not a file"]


@POSIX_ONLY
def test_what_becomes_a_link_while_it_is_looked_at_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "target").write_text("secret")
    (tmp_path / "link").symlink_to("target")

    def nothing(_root: Path, _relative: object, _shown: str) -> None:
        """It was no link yet."""

    monkeypatch.setattr(inside, "_refuse_links", nothing)

    assert "cannot be read" in refusal(tmp_path, "link")


def test_a_file_that_a_cloud_drive_holds_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "far").write_text("text")

    def attribute(_info: object, name: str, _default: int) -> int:
        return int(name == "st_flags")

    monkeypatch.setattr(filekinds, "DATALESS", 1)
    monkeypatch.setattr(filekinds, "getattr", attribute, raising=False)

    assert refusal(tmp_path, "far") == "far is held by a cloud drive; make it available on this machine"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_any_path_is_refused_or_stays_inside(tmp_path: Path, path: str) -> None:
    try:
        found = steps(path)
    except NotReadable:
        return
    assert found
    assert os.path.normpath(tmp_path.joinpath(*found)).startswith(str(tmp_path))
    with pytest.raises(NotReadable):
        text_inside(tmp_path, found, LIMIT)
