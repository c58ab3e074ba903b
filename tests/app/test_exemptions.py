"""What the user's own file lets pass: for a command, and for a guard that watches the file for weeks."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelcheck.app import exemptions as module
from modelcheck.app.configured import configured
from modelcheck.app.exemptions import RETRY_S, own_exemptions, watched_exemptions
from modelcheck.app.options import Options
from modelcheck.core.exceptions import Exemption

LINE = "  - {{what: pull, subject: {subject}, reason: r, approver: me, until: {until}}}\n"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def line(subject: str = "a", until: str = "2099-12-31") -> str:
    return LINE.format(subject=subject, until=until)


class Clock:
    """Time that goes on when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def on_every_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(module, "LONGEST", 366 * 100)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / ".config" / "modelcheck" / "modelcheck.yaml"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def write(place: Path) -> Callable[[str], None]:
    """Write the file as it was a while ago: each time later, so that the change shows."""
    times = iter(range(1_000_000_000, 2_000_000_000))

    def write(text: str) -> None:
        place.write_text(text, "utf-8")
        os.utime(place, (now := next(times), now))

    return write


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watched(tmp_path: Path, clock: Clock) -> Callable[[], list[str]]:
    found = watched_exemptions({}, tmp_path, clock=clock)
    return lambda: [one.subject for one in found()]


def subjects(found: tuple[Exemption, ...]) -> list[str]:
    return [one.subject for one in found]


def test_no_file_lets_nothing_pass(tmp_path: Path) -> None:
    assert own_exemptions({}, tmp_path) == ()
    assert watched_exemptions({}, tmp_path)() == ()


def test_what_stands_in_the_file_is_let_pass_with_its_line(tmp_path: Path, write: Callable[[str], None]) -> None:
    write("lang: fr\nexceptions:\n" + line())

    (one,) = own_exemptions({}, tmp_path)

    assert one.at is not None
    assert (one.subject, one.at.path, one.at.line) == ("a", "~/.config/modelcheck/modelcheck.yaml", 3)


def test_what_runs_for_more_than_a_year_is_left_out(
    tmp_path: Path, write: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST", 366)
    write("exceptions:\n" + line("a", "2027-11-25") + line("b", "2027-11-26") + line("c", "2027-11-26T00:00:00Z"))

    assert subjects(own_exemptions({}, tmp_path, now=NOW)) == ["a"]


@pytest.mark.parametrize("text", ["exceptions: [", "exceptions: 5", "exceptions:\n- {what: check}", "\x00"])
def test_a_file_that_cannot_be_used_lets_nothing_pass(
    tmp_path: Path, write: Callable[[str], None], watched: Callable[[], list[str]], text: str
) -> None:
    write(text)

    assert own_exemptions({}, tmp_path) == ()
    assert watched() == []


def test_a_file_that_is_named_and_missing_lets_nothing_pass(tmp_path: Path) -> None:
    assert own_exemptions({"MODELCHECK_CONFIG": str(tmp_path / "none.yaml")}, tmp_path) == ()
    assert own_exemptions({"MODELCHECK_CONFIG": "\x00"}, tmp_path) == ()
    assert watched_exemptions({"MODELCHECK_CONFIG": "\x00"}, tmp_path)() == ()


def test_a_guard_sees_a_change_within_a_second(
    write: Callable[[str], None], watched: Callable[[], list[str]], clock: Clock, place: Path
) -> None:
    write("exceptions:\n" + line("a"))
    assert watched() == ["a"]
    write("exceptions:\n" + line("b"))
    assert watched() == ["a"]
    clock.now += 1
    assert watched() == ["b"]
    place.unlink()
    clock.now += 1
    assert watched() == []
    write("exceptions:\n" + line("c"))
    clock.now += 1
    assert watched() == ["c"]


def test_a_file_that_has_become_unusable_lets_nothing_pass_any_more(
    write: Callable[[str], None], watched: Callable[[], list[str]], clock: Clock
) -> None:
    write("exceptions:\n" + line("a"))
    assert watched() == ["a"]
    write("exceptions:\n" + line("a") + "offlin: true\n")
    clock.now += 1
    assert watched() == []
    write("exceptions:\n" + line("a"))
    clock.now += 1
    assert watched() == ["a"]


def test_a_guard_neither_looks_more_than_once_a_second_nor_reads_what_has_not_changed(
    write: Callable[[str], None],
    watched: Callable[[], list[str]],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []
    stamp, read = module._stamp, module._read

    def look(path: Path | None) -> object:
        done.append("look")
        return stamp(path)

    def read_again(environ: dict[str, str], home: Path, now: datetime) -> object:
        done.append("read")
        return read(environ, home, now)

    monkeypatch.setattr(module, "_stamp", look)
    monkeypatch.setattr(module, "_read", read_again)
    write("exceptions:\n" + line("a"))
    for _ in range(100):
        assert watched() == ["a"]
        clock.now += 0.1

    assert done.count("read") == 1
    assert 9 <= done.count("look") <= 11


def test_a_file_that_was_just_written_is_read_until_another_change_would_show(
    place: Path, watched: Callable[[], list[str]], clock: Clock
) -> None:
    """Two edits within the same moment bear the same time, and often the same length."""
    place.write_text("exceptions:\n" + line("a"), "utf-8")
    info = place.stat()
    assert watched() == ["a"]
    place.write_text("exceptions:\n" + line("b"), "utf-8")
    os.utime(place, ns=(info.st_atime_ns, info.st_mtime_ns))
    clock.now += 1
    assert watched() == ["b"]


def test_a_young_file_has_nothing_that_shows_a_change(place: Path, write: Callable[[str], None]) -> None:
    """Where a system keeps no time of the last change of any kind, two edits may look the same."""
    place.write_text("lang: en\n", "utf-8")
    assert module._stamp(place) is None
    write("lang: en\n")
    assert module._stamp(place)
    assert module._stamp(place.with_name("none")) == ()


def test_a_failure_that_passes_is_found_to_have_passed(
    write: Callable[[str], None],
    watched: Callable[[], list[str]],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when a busy guard has no descriptor left for it."""

    def own(*_: object) -> None:
        raise OSError("too many files")

    write("exceptions:\n" + line("a"))
    with monkeypatch.context() as broken:
        broken.setattr(module, "own", own)
        assert watched() == []
    clock.now += 1
    assert watched() == []
    clock.now += RETRY_S
    assert watched() == ["a"]


def test_nothing_is_kept_open(write: Callable[[str], None], watched: Callable[[], list[str]]) -> None:
    write("exceptions:\n" + line("a"))
    before = _open_files()
    assert watched() == ["a"]

    assert _open_files() == before


def _open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def test_a_command_is_given_them_with_its_other_settings(tmp_path: Path, write: Callable[[str], None]) -> None:
    write("offline: true\nexceptions:\n" + line("a"))

    found = configured(Options(path=tmp_path / "project"), {}, environ={}, home=tmp_path)

    assert found.offline
    assert subjects(found.exemptions) == ["a"]
