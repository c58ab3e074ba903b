"""What is left of the last look: whole or not at all, private, and not for ever."""

import os
import stat
from pathlib import Path

import pytest

from modelcheck.store import last as store
from modelcheck.store.last import ABOUT, FACTS, REPORT, SCHEMA, About, Last, folder_of, keep, recall


def look(facts: bytes = b"{}", report: bytes = b"[]", taken_at: str = "2026-11-22T10:00:00Z") -> Last:
    return Last(About(SCHEMA, "1", taken_at, "as it was", {}), facts, report)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "modelcheck"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path / "secret-client"


def test_a_look_is_recalled_as_it_was_kept(cache: Path, project: Path) -> None:
    keep(cache, project, look(b"facts", b"report"))
    found = recall(cache, project)

    assert found is not None
    assert (found.facts, found.report) == (b"facts", b"report")
    assert (found.about.taken_at, found.about.state) == ("2026-11-22T10:00:00Z", "as it was")


def test_where_nothing_was_kept_nothing_is_recalled(cache: Path, project: Path) -> None:
    assert recall(cache, project) is None


def test_a_later_look_takes_the_place_of_an_earlier_one(cache: Path, project: Path) -> None:
    keep(cache, project, look(b"old", b"old"))
    keep(cache, project, look(b"new", b"new"))
    found = recall(cache, project)

    assert found is not None
    assert (found.facts, found.report) == (b"new", b"new")


def test_two_projects_are_two(cache: Path, project: Path, tmp_path: Path) -> None:
    keep(cache, project, look(b"one"))
    keep(cache, tmp_path / "other", look(b"other"))
    found = recall(cache, project)

    assert found is not None
    assert found.facts == b"one"


def test_the_folder_says_nothing_of_the_project(cache: Path, project: Path) -> None:
    keep(cache, project, look())
    texts = [path.read_bytes() for path in cache.rglob("*") if path.is_file()]

    assert not any("secret" in str(path.relative_to(cache)) for path in cache.rglob("*"))
    assert not any(b"secret" in text for text in texts)


@pytest.mark.parametrize("name", [FACTS, REPORT, ABOUT])
@pytest.mark.parametrize("damage", ["cut", "gone", "folder", "other"])
def test_what_does_not_hold_together_is_nothing(cache: Path, project: Path, name: str, damage: str) -> None:
    keep(cache, project, look(b"facts", b"report"))
    file = folder_of(cache, project) / name
    text = file.read_bytes()
    file.unlink()
    if damage == "cut":
        file.write_bytes(text[:-2])
    if damage == "folder":
        file.mkdir()
    if damage == "other":
        file.write_bytes(text.replace(b"facts", b"FACTS").replace(b"report", b"REPORT"))

    assert recall(cache, project) is None


def test_what_another_version_left_in_another_form_is_nothing(cache: Path, project: Path) -> None:
    keep(cache, project, look())
    file = folder_of(cache, project) / ABOUT
    file.write_bytes(file.read_bytes().replace(SCHEMA.encode(), b"modelcheck-last/9"))

    assert recall(cache, project) is None


def test_what_is_too_large_is_not_kept(cache: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_BYTES", 10)
    keep(cache, project, look(facts=b"x" * 11))

    assert recall(cache, project) is None


def test_what_grew_too_large_is_not_read(cache: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(cache, project, look(facts=b"x" * 1000))
    monkeypatch.setattr(store, "MOST_BYTES", 999)

    assert recall(cache, project) is None


def test_the_project_that_was_looked_at_longest_ago_goes_first(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_PROJECTS", 3)
    projects = [tmp_path / f"project {number}" for number in range(5)]
    for number, each in enumerate(projects):
        keep(cache, each, look())
        os.utime(folder_of(cache, each) / ABOUT, (1000 + number, 1000 + number))
    keep(cache, projects[0], look())

    assert [recall(cache, each) is not None for each in projects] == [True, False, False, True, True]
    assert len(list((cache / "last").iterdir())) == 3


def test_what_is_not_its_own_is_never_removed(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_PROJECTS", 1)
    keep(cache, tmp_path / "one", look())
    precious = folder_of(cache, tmp_path / "one") / "thesis.txt"
    precious.write_text("years of work")
    os.utime(folder_of(cache, tmp_path / "one") / ABOUT, (1, 1))
    keep(cache, tmp_path / "two", look())

    assert precious.read_text() == "years of work"


def test_a_write_that_fails_leaves_nothing_half_written(
    cache: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(cache, project, look(b"old", b"old"))

    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        keep(cache, project, look(b"new", b"new"))

    found = recall(cache, project)
    assert found is not None
    assert found.facts == b"old"
    assert len(list(folder_of(cache, project).iterdir())) == 3


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_its_owner_may_look(cache: Path, project: Path) -> None:
    before = os.umask(0)
    try:
        keep(cache, project, look())
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [cache, *cache.rglob("*")]}

    assert {mode for name, mode in modes.items() if name.endswith(".json")} == {0o600}
    assert {mode for name, mode in modes.items() if not name.endswith(".json")} == {0o700}


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_in_the_place_of_the_folder_is_not_followed(cache: Path, project: Path, tmp_path: Path) -> None:
    keep(cache, project, look())
    folder = folder_of(cache, project)
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved", target_is_directory=True)

    assert recall(cache, project) is None
    with pytest.raises(OSError, match="not the user's own"):
        keep(cache, project, look())
