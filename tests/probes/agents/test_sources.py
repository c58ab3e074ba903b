"""The walk: what is entered, what is passed by, and when it stops."""

import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from modelcheck.probes.agents import sources
from modelcheck.probes.agents.sources import read_sources


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def found(root: Path) -> list[str]:
    return [source.path for source in read_sources(root).sources]


def test_finds_python_files_by_path(root: Path) -> None:
    write(root, "b.py", "a/z.py", "a/b/__init__.py", "a.py", "c.pyc", "d.txt", "e.py/f.py", "a/Z.py")
    assert found(root) == ["a.py", "a/Z.py", "a/b/__init__.py", "a/z.py", "b.py", "e.py/f.py"]


@pytest.mark.parametrize("folder", [".git", ".venv", "node_modules", "__pycache__", "build", "dist", "site-packages"])
def test_passes_by_what_the_project_did_not_write(folder: str, root: Path) -> None:
    write(root, f"{folder}/a.py", f"x/{folder}/a.py", "x/b.py", f"x/{folder}.py")
    assert found(root) == sorted(["x/b.py", f"x/{folder}.py"])


def test_passes_by_virtual_environments(root: Path) -> None:
    write(root, "env/pyvenv.cfg", "env/a.py", "env/lib/b.py", "c.py", "pyvenv.cfg")
    assert found(root) == ["c.py"]


def test_names_files_by_their_dotted_name(root: Path) -> None:
    write(root, "a.py", "p/__init__.py", "p/b.py")
    assert [(source.parts, source.folder) for source in read_sources(root).sources] == [
        (("a",), ()),
        (("p",), ("p",)),
        (("p", "b"), ("p",)),
    ]


def test_follows_no_link(root: Path, tmp_path: Path) -> None:
    write(tmp_path, "outside/a.py")
    write(root, "in.py")
    try:
        (root / "link").symlink_to(tmp_path / "outside", target_is_directory=True)
        (root / "link.py").symlink_to(tmp_path / "outside/a.py")
        (root / "here.py").symlink_to(root / "in.py")
        (root / "circle").symlink_to(root, target_is_directory=True)
    except OSError:
        pytest.skip("no links can be made here")
    walk = read_sources(root)
    assert ([source.path for source in walk.sources], walk.complete) == (["in.py"], True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_waits_for_no_pipe(root: Path) -> None:
    os.mkfifo(root / "pipe.py")
    assert found(root) == []


def test_stops_at_its_bounds(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, "a/1.py", "a/2.py", "b/3.py")
    assert read_sources(root).complete
    with monkeypatch.context() as patch:
        patch.setattr(sources, "MAX_FILES", 2)
        assert (found(root), read_sources(root).complete) == (["a/1.py", "a/2.py"], False)
    with monkeypatch.context() as patch:
        patch.setattr(sources, "MAX_ENTRIES", 3)
        assert not read_sources(root).complete
    with monkeypatch.context() as patch:
        patch.setattr(sources, "MAX_DEPTH", 0)
        assert (found(root), read_sources(root).complete) == ([], False)


def test_says_when_a_folder_cannot_be_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, "a/1.py", "b.py")
    scan = os.scandir

    def refuse(path: Path) -> object:
        if path.name == "a":
            raise PermissionError
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    walk = read_sources(root)
    assert ([source.path for source in walk.sources], walk.complete) == (["b.py"], False)


def test_passes_by_what_cannot_be_looked_at_or_stands_for_another_place(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A junction of Windows is a folder to all but its tag."""
    write(root, "a.py")
    info = (root / "a.py").stat()

    class Entry:
        def __init__(self, name: str, tag: int | None) -> None:
            self.name, self.path, self._tag = name, str(root / name), tag

        def stat(self, *, follow_symlinks: bool) -> object:
            assert not follow_symlinks
            if self._tag is None:
                raise PermissionError
            return SimpleNamespace(st_mode=info.st_mode, st_reparse_tag=self._tag)

    def walk(*entries: Entry) -> tuple[list[str], bool]:
        def scandir(_: Path) -> nullcontext[Iterator[Entry]]:
            return nullcontext(iter(entries))

        monkeypatch.setattr(os, "scandir", scandir)
        walk = read_sources(root)
        return [source.path for source in walk.sources], walk.complete

    assert walk(Entry("a.py", 0)) == (["a.py"], True)
    assert walk(Entry("a.py", 0), Entry("junction.py", 0xA0000003)) == (["a.py"], True)
    assert walk(Entry("a.py", 0), Entry("closed.py", None)) == (["a.py"], False)


def test_opens_nothing_that_lies_in_a_cloud(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, "a.py")

    def is_recalled(_: os.stat_result) -> bool:
        return True

    monkeypatch.setattr(sources, "is_recalled", is_recalled)
    walk = read_sources(root)
    assert (walk.sources, walk.complete) == ((), False)
