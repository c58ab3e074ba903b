"""The log of pulls: private, bounded, and nothing but a regular file."""

import os
import stat
from pathlib import Path

import msgspec
import pytest

from modelcheck.store import pulls
from modelcheck.store.pulls import NAME, PullLine, log_pull

LINE = PullLine("2026-11-24T12:00:00+00:00", "asked", "llama3.1:8b", "to try it", "me", "2026-11-24T13:00:00+00:00")
POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="permissions and links of POSIX")


def test_each_line_is_added(tmp_path: Path) -> None:
    log_pull(tmp_path / "state", LINE)
    log_pull(tmp_path / "state", msgspec.structs.replace(LINE, event="failed", detail="no\nspace"))

    first, second = (tmp_path / "state" / NAME).read_bytes().splitlines()
    assert msgspec.json.decode(first, type=PullLine) == LINE
    assert msgspec.json.decode(second)["detail"] == "no\nspace"


@POSIX_ONLY
def test_it_is_the_users_alone(tmp_path: Path) -> None:
    log_pull(tmp_path / "state", LINE)

    assert stat.S_IMODE((tmp_path / "state" / NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_it_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulls, "MOST_BYTES", 1000)
    for _ in range(100):
        log_pull(tmp_path / "state", LINE)

    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == [NAME, f"{NAME}.1"]
    assert all(path.stat().st_size < 1400 for path in (tmp_path / "state").iterdir())


@POSIX_ONLY
def test_what_is_no_file_is_not_written_to(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    other = tmp_path / "other"
    (folder / NAME).symlink_to(other)
    with pytest.raises(OSError, match="not a regular file"):
        log_pull(folder, LINE)
    (folder / NAME).unlink()
    os.mkfifo(folder / NAME)
    with pytest.raises(OSError, match="not a regular file"):
        log_pull(folder, LINE)

    assert not other.exists()
