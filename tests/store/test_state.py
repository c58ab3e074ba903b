"""The state of a project's files: it changes with any of them, and is not told where that would be a guess."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from modelcheck.store import state
from modelcheck.store.state import state_of


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "above" / "project"
    (root / "config").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / ".git" / "index").write_text("index")
    (root / "config" / "models_config.json").write_text("{}")
    return root


def later(path: Path) -> None:
    info = path.stat()
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns + 1_000_000))


CHANGES: dict[str, Callable[[Path], object]] = {
    "longer": lambda root: (root / "config" / "models_config.json").write_text("{ }"),
    "touched": lambda root: later(root / "config" / "models_config.json"),
    "gone": lambda root: (root / "config" / "models_config.json").unlink(),
    "moved": lambda root: (root / "config").rename(root / "other"),
    "new": lambda root: (root / "modelcheck.yaml").write_text(""),
    "staged": lambda root: later(root / ".git" / "index"),
    "settings above": lambda root: (root.parent / "modelcheck.yaml").write_text(""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(project: Path, change: str) -> None:
    before = state_of(project)
    CHANGES[change](project)

    assert before
    assert state_of(project) != before


def test_where_nothing_changes_nothing_is_seen(project: Path) -> None:
    before = state_of(project)
    (project / ".git" / "FETCH_HEAD").write_text("of git")
    (project / "__pycache__").mkdir()
    (project / "__pycache__" / "x.pyc").write_text("of Python")
    (project.parent / "neighbour.txt").write_text("of others")

    assert state_of(project) == before


def test_too_much_is_not_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "MOST_FILES", 0)

    assert state_of(project) == ""


def test_a_folder_that_is_not_there_is_not_told(tmp_path: Path) -> None:
    assert state_of(tmp_path / "nowhere") == ""


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_circle_of_links_is_walked_once(project: Path) -> None:
    (project / "circle").symlink_to(project, target_is_directory=True)

    assert state_of(project)
