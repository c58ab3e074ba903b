"""Tracked and ignored, as git would say, without git; the tables are held against git itself where it is installed."""

import hashlib
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path

import pytest

from modelcheck.core.gap import Gap, Why
from modelcheck.probes import gittree
from modelcheck.probes.gittree import Standing, read_standing

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

RULES: list[tuple[dict[str, str], str, bool]] = [
    ({".gitignore": ".env\n"}, ".env", True),
    ({".gitignore": ".env\n"}, "deep/.env", True),
    ({".gitignore": "/.env\n"}, "deep/.env", False),
    ({".gitignore": ".env*\n!.env.example\n"}, ".env.local", True),
    ({".gitignore": ".env*\n!.env.example\n"}, ".env.example", False),
    ({".gitignore": "!.env\n.env\n"}, ".env", True),
    ({".gitignore": ".env\r\n"}, ".env", True),
    ({".gitignore": "\ufeff.env\n"}, ".env", True),
    ({".gitignore": "# .env\n\n  \n"}, ".env", False),
    ({".gitignore": ".env   \n"}, ".env", True),
    ({".gitignore": ".env/\n"}, ".env", False),
    ({".gitignore": "deep/\n!deep/.env\n"}, "deep/.env", True),
    ({".gitignore": "deep/*\n!deep/.env\n"}, "deep/.env", False),
    ({".gitignore": "deep/**\n!deep/.env\n"}, "deep/.env", False),
    ({".gitignore": "**/config/*.json\n"}, "a/config/x.json", True),
    ({".gitignore": "a/**/x.json\n"}, "a/b/c/x.json", True),
    ({".gitignore": "[.]env\n"}, ".env", True),
    ({".gitignore": "[\n.env\n"}, ".env", True),
    ({".gitignore": "\\!x\n!\n/\n"}, "!x", True),
    ({".gitignore": ".ENV\n"}, ".env", False),
    ({".gitignore": ".env\n", "deep/.gitignore": "!.env\n"}, "deep/.env", False),
    ({"deep/.gitignore": ".env\n"}, "deep/.env", True),
    ({"deep/.gitignore": "/.env\n"}, "deep/.env", True),
    ({"deep/.gitignore": ".env\n"}, ".env", False),
    ({".git/info/exclude": ".env\n"}, ".env", True),
    ({".git/info/exclude": ".env\n", ".gitignore": "!.env\n"}, ".env", False),
    ({}, ".env", False),
]


def repository(folder: Path, files: dict[str, str] | None = None) -> Path:
    """A folder that is a repository as far as its records tell."""
    git = folder / ".git"
    for name in ("info", "objects", "refs"):
        git.joinpath(name).mkdir(parents=True)
    git.joinpath("HEAD").write_text("ref: refs/heads/main\n")
    for name, text in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return folder


def track(folder: Path, *names: str) -> None:
    """Write an index that holds these names, as git does."""
    from dulwich.index import Index, IndexEntry
    from dulwich.objects import ObjectID

    index = Index(folder / ".git" / "index", read=False)
    for name in names:
        index[os.fsencode(name)] = IndexEntry(0, 0, 0, 0, 0o100644, 0, 0, 0, ObjectID(b"0" * 40))
    index.write()


def standing(root: Path, path: str = ".env") -> Standing:
    return read_standing(root, [path])[path]


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False
    )


@pytest.mark.parametrize(("files", "path", "ignored"), RULES)
def test_a_file_is_ignored_by_the_rules_of_the_repository(
    files: dict[str, str], path: str, ignored: bool, tmp_path: Path
) -> None:
    assert standing(repository(tmp_path, files), path) == Standing(tracked=False, ignored=ignored)


@needs_git
@pytest.mark.parametrize(("files", "path", "ignored"), RULES)
def test_git_says_the_same_of_every_rule(files: dict[str, str], path: str, ignored: bool, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "core.ignorecase", "false")
    for name, text in ({path: ""} | files).items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")

    assert (git(tmp_path, "check-ignore", "-q", "--no-index", path).returncode == 0) is ignored
    assert standing(tmp_path, path) == Standing(tracked=False, ignored=ignored)


@needs_git
@pytest.mark.parametrize("version", [2, 3, 4])
def test_an_index_that_git_wrote_is_read(version: int, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for name in (".env", "config/models.json", "a/path/" + "x" * 100, "z"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    git(tmp_path, "add", ".env", "config", "a")
    git(tmp_path, "update-index", "--index-version", str(version))

    seen = read_standing(tmp_path, [".env", "config/models.json", "z"])

    assert [each.tracked for each in seen.values()] == [True, True, False]


@needs_git
def test_an_index_whose_names_the_library_gets_wrong_is_a_gap(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for name in ("a" * 200, "a" * 60 + "b", "c"):
        tmp_path.joinpath(name).touch()
    git(tmp_path, "add", ".")
    git(tmp_path, "update-index", "--index-version", "4")

    assert standing(tmp_path, "c").tracked == Gap(Why.NOT_UNDERSTOOD, about=".git/index")


@needs_git
@pytest.mark.parametrize(
    "arguments", [("update-index", "--split-index"), ("sparse-checkout", "set", "--sparse-index", "a")]
)
def test_an_index_that_leaves_entries_out_proves_no_absence(arguments: tuple[str, ...], tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for name in ("a/x", "b/x", "b/y"):
        tmp_path.joinpath(name).parent.mkdir(exist_ok=True)
        tmp_path.joinpath(name).touch()
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x")
    assert git(tmp_path, *arguments).returncode == 0

    assert standing(tmp_path, "b/z").tracked == Gap(Why.NOT_UNDERSTOOD, about=".git/index")


@needs_git
def test_an_index_with_other_hashes_is_a_gap(tmp_path: Path) -> None:
    if git(tmp_path, "init", "-q", "--object-format=sha256").returncode:
        pytest.skip("this git knows no SHA-256")
    tmp_path.joinpath(".env").touch()
    git(tmp_path, "add", ".env")

    index = tmp_path / ".git" / "index"
    for data in (index.read_bytes(), index.read_bytes()[:-32] + bytes(32)):
        index.write_bytes(data)
        tracked = standing(tmp_path).tracked
        assert isinstance(tracked, Gap)
        assert tracked.why is Why.UNREADABLE


def test_an_index_without_a_checksum_is_read(tmp_path: Path) -> None:
    track(repository(tmp_path), ".env")
    index = tmp_path / ".git" / "index"
    index.write_bytes(index.read_bytes()[:-20] + bytes(20))

    assert standing(tmp_path).tracked is True


def test_an_index_that_was_altered_is_a_gap(tmp_path: Path) -> None:
    track(repository(tmp_path), ".env")
    index = tmp_path / ".git" / "index"
    index.write_bytes(index.read_bytes().replace(b".env", b".emv"))

    tracked = standing(tmp_path).tracked

    assert tracked == Gap(Why.UNREADABLE, about=".git/index: its checksum is not that of its content")


def test_tracked_is_what_the_index_holds(tmp_path: Path) -> None:
    track(repository(tmp_path, {".gitignore": ".env\n"}), ".env", "config/models_config.json")

    seen = read_standing(tmp_path, [".env", "config/models_config.json", ".env.local"])

    assert seen == {
        ".env": Standing(tracked=True, ignored=True),
        "config/models_config.json": Standing(tracked=True, ignored=False),
        ".env.local": Standing(tracked=False, ignored=False),
    }


def test_letter_case_is_no_way_to_hide(tmp_path: Path) -> None:
    track(repository(tmp_path), "Config/models.json")

    assert standing(tmp_path, "config/models.json").tracked is True


def test_the_repository_may_lie_above_the_project(tmp_path: Path) -> None:
    track(repository(tmp_path, {".gitignore": "/app/.env\n"}), "app/.env")
    tmp_path.joinpath("app").mkdir()

    assert standing(tmp_path / "app") == Standing(tracked=True, ignored=True)


def test_the_nearest_repository_counts(tmp_path: Path) -> None:
    track(repository(tmp_path), "app/.env")
    repository(tmp_path / "app")

    assert standing(tmp_path / "app") == Standing(tracked=False, ignored=False)


def test_a_repository_that_is_too_far_above_is_not_looked_for(tmp_path: Path) -> None:
    repository(tmp_path)
    near = tmp_path.joinpath(*["d"] * gittree.MOST_LEVELS)
    near.joinpath("d").mkdir(parents=True)

    assert standing(near) == Standing(tracked=False, ignored=False)
    assert standing(near / "d") == Standing(None, None)


def test_a_folder_without_head_is_no_repository(tmp_path: Path) -> None:
    tmp_path.joinpath(".git").mkdir()

    assert standing(tmp_path) == Standing(None, None)


def test_a_git_folder_that_may_not_be_looked_at_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "lstat", refuse)

    assert standing(tmp_path).tracked == Gap(Why.UNREADABLE, about=".git: PermissionError")


def test_a_git_file_leads_elsewhere_and_is_not_followed(tmp_path: Path) -> None:
    repository(tmp_path)
    tmp_path.joinpath("tree").mkdir()
    tmp_path.joinpath("tree", ".git").write_text("gitdir: ../.git\n")

    gap = Gap(Why.NOT_TRUSTED, about=".git")
    assert standing(tmp_path / "tree") == Standing(gap, gap)


def test_a_git_link_leads_elsewhere_and_is_not_followed(tmp_path: Path) -> None:
    repository(tmp_path / "other")
    tmp_path.joinpath("tree").mkdir()
    try:
        tmp_path.joinpath("tree", ".git").symlink_to(tmp_path / "other" / ".git", target_is_directory=True)
    except OSError:
        pytest.skip("links need a privilege here")

    assert standing(tmp_path / "tree").tracked == Gap(Why.NOT_TRUSTED, about=".git")


def whole(content: bytes) -> bytes:
    """An index with the checksum that belongs to it."""
    return content + hashlib.sha1(content, usedforsecurity=False).digest()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"DIRC",
        hashlib.shake_256(b"1").digest(100_000),
        whole(hashlib.shake_256(b"2").digest(1000)),
        whole(b"DIRC" + struct.pack(">LL", 2, 5)),
        whole(b"DIRC" + struct.pack(">LL", 2, 2**32 - 1) + b"\x00" * 10_000),
        whole(b"DIRC" + struct.pack(">LL", 9, 1) + b"\x00" * 100),
        whole(b"DIRC" + struct.pack(">LL", 4, 1) + b"\x00" * 62 + b"\xff" * 100),
        whole(b"DIRC" + struct.pack(">LL", 2, 1) + b"\xff" * 100),
    ],
)
def test_a_hostile_index_is_a_gap(data: bytes, tmp_path: Path) -> None:
    repository(tmp_path).joinpath(".git", "index").write_bytes(data)

    seen = standing(tmp_path)

    assert isinstance(seen.tracked, Gap)
    assert seen.tracked.why is Why.UNREADABLE
    assert seen.ignored is False


def test_an_index_over_the_limit_is_a_gap(tmp_path: Path) -> None:
    with repository(tmp_path).joinpath(".git", "index").open("wb") as index:
        index.truncate(100_000_000)

    tracked = standing(tmp_path).tracked

    assert isinstance(tracked, Gap)
    assert "larger" in tracked.about


def test_an_index_that_takes_too_long_is_a_gap(tmp_path: Path) -> None:
    content = b"DIRC" + struct.pack(">LL", 4, 1) + b"\x00" * 62 + b"\x00" + b"x" * 2_000_000
    repository(tmp_path).joinpath(".git", "index").write_bytes(whole(content))

    assert read_standing(tmp_path, [".env"], limit_s=0.0)[".env"].tracked == Gap(Why.TIMED_OUT, about=".git/index")


@pytest.mark.parametrize(
    "rules",
    [
        "*a" * 30 + "\n",
        "?*" * 39 + "z\n",
        "*a" * 100 + "\n",
        "**/" * 30 + "z\n",
        "*e*n*v*\n" * 1999,
        ".env\n" * 2001,
        "a" * 70_000,
    ],
)
def test_hostile_rules_are_a_gap_within_time(rules: str, tmp_path: Path) -> None:
    repository(tmp_path, {".gitignore": rules})
    began = time.process_time()

    seen = standing(tmp_path, ".env." + "a" * 100)

    assert isinstance(seen.ignored, Gap)
    assert seen.tracked is False
    assert time.process_time() - began < 10


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
@pytest.mark.parametrize("name", [".gitignore", ".git/index", ".git/info/exclude"])
def test_a_fifo_is_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(repository(tmp_path) / name)

    assert any(isinstance(each, Gap) for each in (standing(tmp_path).tracked, standing(tmp_path).ignored))


def test_no_program_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    track(repository(tmp_path, {".gitignore": ".env\n"}), ".env")
    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)

    assert standing(tmp_path) == Standing(tracked=True, ignored=True)
