"""The audit log: what a line holds, what is folded, and that nothing is lost without being counted."""

import json
import os
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from errno import EIO, ENOSPC
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hostile import needs_posix
from hypothesis import given
from hypothesis import strategies as st

from modelcheck.core.nearest import Near
from modelcheck.core.sentence import Told
from modelcheck.guard import journal as module
from modelcheck.guard.event import Event, Outcome
from modelcheck.guard.journal import MOST_LINE, WINDOW, Journal, line, lost
from modelcheck.guard.logfile import StandardOutput

START = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
TEXT = st.text(st.characters(), max_size=800) | st.text('\U0001f525\ud800\r\n"\\\u2028\x00é', max_size=800)


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Failing:
    """A sink that takes nothing while it is out of order."""

    def __init__(self) -> None:
        self.error: OSError | None = None
        self.lines: list[dict[str, Any]] = []
        self.is_closed = False

    def write(self, line: bytes) -> None:
        if self.error is not None:
            raise self.error
        self.lines.append(json.loads(line))

    def close(self) -> None:
        self.is_closed = True


def put_in(sink: Failing, monkeypatch: pytest.MonkeyPatch) -> Failing:
    """Have every journal write there."""

    def instead(*_: object) -> Failing:
        return sink

    monkeypatch.setattr(module, "_sink", instead)
    return sink


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Failing:
    return put_in(Failing(), monkeypatch)


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    journal = Journal(tmp_path / "logs" / "guard.jsonl", now=clock)
    yield journal
    journal.close()


def refusal(
    name: str = "qwen3:4b",
    reason: str = "not-here",
    method: str = "POST",
    path: str = "/api/pull",
    client: str = "loopback",
) -> Event:
    return Event(Outcome.REFUSED, reason, 403, method, path, "pull", name, client)


def lines(path: Path) -> list[dict[str, Any]]:
    text = path.read_bytes()
    assert text.endswith(b"\n")
    return [json.loads(one) for one in text.splitlines()]


def test_a_refusal_is_one_line_at_once(tmp_path: Path, log: Journal) -> None:
    log.note(msgspec.structs.replace(refusal(), near=(Near("qwen3:8b", ("family",), ("size",)),)))

    assert lines(tmp_path / "logs" / "guard.jsonl") == [
        {
            "time": "2026-11-24T20:00:00.000+00:00",
            "status": 403,
            "outcome": "refused",
            "reason": "not-here",
            "method": "POST",
            "path": "/api/pull",
            "action": "pull",
            "name": "qwen3:4b",
            "client": "loopback",
            "near": ["qwen3:8b"],
        }
    ]


def test_the_time_of_a_line_is_in_utc() -> None:
    there = datetime(2026, 11, 24, 22, 30, tzinfo=timezone(timedelta(hours=2)))

    assert json.loads(line(refusal(), there))["time"] == "2026-11-24T20:30:00.000+00:00"


@given(
    st.builds(
        Event,
        outcome=st.sampled_from(Outcome),
        reason=TEXT,
        status=st.integers(100, 599),
        method=TEXT,
        path=TEXT,
        action=TEXT,
        name=TEXT,
        client=TEXT,
        near=st.lists(st.builds(Near, TEXT, st.just(()), st.just(())), max_size=5).map(tuple),
    ),
    st.integers(0, 10**15),
)
def test_whatever_an_event_holds_its_line_is_one_bounded_line_of_json(event: Event, repeated: int) -> None:
    for raw in (line(event, START), line(event, START, repeated=repeated, since=START)):
        assert len(raw) <= MOST_LINE
        assert raw.isascii()
        assert raw.endswith(b"\n")
        assert all(mark >= 0x20 for mark in raw[:-1])
        said = json.loads(raw)
        assert said["status"] == event.status
        assert all(mark.isprintable() for value in said.values() if isinstance(value, str) for mark in value)


@pytest.mark.parametrize("mark", ["\U0001f525", "é", '"', "\\", "\x00"], ids=ascii)
def test_a_line_is_bounded_also_where_each_mark_needs_most_room(mark: str) -> None:
    text = mark * 900
    event = Event(Outcome.REFUSED, text, 403, text, text, text, text, text, (Near(text, (), ()),) * 5)

    raw = line(event, START, repeated=10**9, since=START)
    assert len(raw) <= MOST_LINE
    assert json.loads(raw)["path"].startswith("\N{REPLACEMENT CHARACTER}" if mark == "\x00" else mark)


def test_a_name_as_long_as_ollama_takes_it_is_kept_whole() -> None:
    name = "h" * 350 + "/" + "n" * 80 + "/" + "m" * 80 + ":" + "t" * 80

    assert json.loads(line(refusal(name), START))["name"] == name


def test_equal_refusals_are_counted_in_one_further_line(sink: Failing, clock: Clock) -> None:
    journal = Journal(None, now=clock)
    for _ in range(1000):
        journal.note(refusal())
    journal.flush()
    assert len(sink.lines) == 1

    clock.move(WINDOW.total_seconds())
    journal.flush()

    assert len(sink.lines) == 2
    assert (sink.lines[1]["repeated"], sink.lines[1]["since"]) == (999, "2026-11-24T20:00:00.000+00:00")
    assert journal.lost == 0


def test_a_refusal_that_comes_once_has_no_second_line(sink: Failing, clock: Clock) -> None:
    journal = Journal(None, now=clock)
    journal.note(refusal())
    clock.move(WINDOW.total_seconds() + 1)
    journal.flush()
    journal.close()

    assert len(sink.lines) == 1
    assert sink.is_closed


def test_after_its_window_a_refusal_has_a_line_of_its_own_again(sink: Failing, clock: Clock) -> None:
    journal = Journal(None, now=clock)
    journal.note(refusal())
    journal.note(refusal())
    clock.move(WINDOW.total_seconds() + 1)
    journal.note(refusal())

    assert [one.get("repeated") for one in sink.lines] == [None, 1, None]


def test_a_clock_that_is_set_back_holds_no_window_open(sink: Failing, clock: Clock) -> None:
    journal = Journal(None, now=clock)
    journal.note(refusal())
    clock.move(-3600)
    journal.note(refusal())

    assert len(sink.lines) == 2


@pytest.mark.parametrize(
    "other",
    [{"reason": "cloud"}, {"method": "HEAD"}, {"path": "/api/show"}, {"name": "x"}, {"client": "10.0.0.2"}],
    ids=str,
)
def test_different_refusals_are_never_folded(sink: Failing, clock: Clock, other: dict[str, str]) -> None:
    journal = Journal(None, now=clock)
    journal.note(refusal())
    journal.note(refusal(**other))

    assert len(sink.lines) == 2


def test_what_came_again_has_its_line_also_when_too_many_are_watched(
    sink: Failing, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_OPEN", 2)
    journal = Journal(None, now=clock)
    for name in ("a", "a", "a", "b", "c"):
        journal.note(refusal(name))

    assert [(one["name"], one.get("repeated")) for one in sink.lines] == [
        ("a", None),
        ("b", None),
        ("a", 2),
        ("c", None),
    ]


def test_at_the_end_what_came_again_is_written(sink: Failing, clock: Clock) -> None:
    journal = Journal(None, now=clock)
    for _ in range(3):
        journal.note(refusal())
    journal.close()

    assert [one.get("repeated") for one in sink.lines] == [None, 2]


def test_a_flood_is_written_little_by_little(sink: Failing, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 3)
    journal = Journal(None, now=clock)
    for at in range(8):
        journal.note(refusal(str(at)))
    assert len(sink.lines) == 3

    journal.flush()
    assert len(sink.lines) == 6

    journal.close()
    assert [one["name"] for one in sink.lines] == list("01234567")
    assert journal.lost == 0


def test_a_flood_beyond_the_queue_is_counted(sink: Failing, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    journal = Journal(None, now=clock)
    for at in range(10):
        journal.note(refusal(str(at)))
    assert journal.lost == 5

    for _ in range(3):
        journal.flush()

    assert [one.get("name") for one in sink.lines] == ["0", "1", "2", "3", "4", None]
    assert sink.lines[-1] == {"time": "2026-11-24T20:00:00.000+00:00", "lost": 5}


@pytest.mark.parametrize("code", [ENOSPC, EIO])
def test_while_the_disk_is_full_lines_wait_and_none_is_lost(sink: Failing, clock: Clock, code: int) -> None:
    journal = Journal(None, now=clock)
    sink.error = OSError(code, "")
    for name in ("a", "b", "b"):
        journal.note(refusal(name))
    journal.flush()
    assert sink.lines == []

    sink.error = None
    journal.flush()
    journal.close()

    assert [(one["name"], one.get("repeated")) for one in sink.lines] == [("a", None), ("b", None), ("b", 1)]
    assert journal.lost == 0


def test_a_log_that_is_out_of_order_is_tried_at_each_flush_and_not_at_each_refusal(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[bytes] = []

    class Broken(Failing):
        def write(self, line: bytes) -> None:
            tries.append(line)
            raise OSError(EIO, "")

    put_in(Broken(), monkeypatch)
    journal = Journal(None, now=clock)
    for at in range(100):
        journal.note(refusal(str(at)))
    assert len(tries) == 1

    journal.flush()
    assert len(tries) == 2

    journal.close()
    assert journal.lost == 100


def test_what_is_lost_at_the_end_is_counted_with_what_was_folded_in_it(sink: Failing, clock: Clock) -> None:
    journal = Journal(None, now=clock)
    sink.error = OSError(ENOSPC, "")
    for name in ("a", "a", "a", "b"):
        journal.note(refusal(name))
    journal.close()

    assert journal.lost == 4


def test_every_event_is_in_a_line_or_counted_as_lost(
    sink: Failing, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 5)
    monkeypatch.setattr(module, "MOST_WAITING", 7)
    monkeypatch.setattr(module, "MOST_OPEN", 4)
    journal = Journal(None, now=clock)
    for at in range(500):
        sink.error = OSError(ENOSPC, "") if at % 90 > 45 else None
        journal.note(refusal(str(at * at % 11)))
        clock.move(7)
        if at % 3 == 0:
            journal.flush()
    sink.error = None
    journal.close()

    told = sum(one.get("repeated", 0 if "lost" in one else 1) for one in sink.lines)
    assert told + journal.lost == 500
    assert journal.lost == sum(one.get("lost", 0) for one in sink.lines) > 0


def test_events_that_never_came_are_told_like_those_that_could_not_be_written(sink: Failing, clock: Clock) -> None:
    journal = Journal(None, now=clock)
    journal.miss(3)
    journal.miss(4)
    journal.flush()

    assert [one["lost"] for one in sink.lines] == [7]
    assert journal.lost == 7


def test_without_a_log_nothing_that_never_came_is_missed(clock: Clock) -> None:
    journal = Journal(None, now=clock)
    journal.miss(3)

    assert journal.lost == 0


def test_without_a_file_nothing_is_written_and_nothing_is_lost(clock: Clock, tmp_path: Path) -> None:
    journal = Journal(None, now=clock)
    journal.note(refusal())
    journal.flush()
    journal.close()
    journal.close()

    assert journal.lost == 0
    assert list(tmp_path.iterdir()) == []


@needs_posix
def test_the_log_and_its_folder_are_its_owners_alone(tmp_path: Path, log: Journal) -> None:
    log.note(refusal())

    assert stat.S_IMODE((tmp_path / "logs").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "logs" / "guard.jsonl").stat().st_mode) == 0o600


def test_a_full_file_makes_room_and_only_so_many_are_kept(tmp_path: Path, clock: Clock) -> None:
    size = len(line(refusal("000"), START))
    journal = Journal(tmp_path / "g.jsonl", now=clock, most_bytes=3 * size, keep=2)
    for at in range(12):
        journal.note(refusal(f"{at:03}"))
    journal.close()

    found = {path.name: [one["name"] for one in lines(path)] for path in tmp_path.iterdir()}
    assert found == {
        "g.jsonl": ["009", "010", "011"],
        "g.jsonl.1": ["006", "007", "008"],
        "g.jsonl.2": ["003", "004", "005"],
    }


def test_a_log_goes_on_where_it_ended(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "g.jsonl"
    for name in ("a", "b"):
        journal = Journal(path, now=clock)
        journal.note(refusal(name))
        journal.close()

    assert [one["name"] for one in lines(path)] == ["a", "b"]


def test_a_line_that_a_crash_has_cut_does_not_spoil_the_next(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "g.jsonl"
    path.write_bytes(b'{"time":"2026')
    path.chmod(0o600)
    journal = Journal(path, now=clock)
    journal.note(refusal("b"))
    journal.close()

    cut, whole = path.read_bytes().splitlines()
    assert cut == b'{"time":"2026'
    assert json.loads(whole)["name"] == "b"


@needs_posix
@pytest.mark.parametrize("gone", ["file", "folder"])
def test_a_log_that_was_removed_is_made_again(tmp_path: Path, log: Journal, gone: str) -> None:
    path = tmp_path / "logs" / "guard.jsonl"
    log.note(refusal("a"))
    path.unlink()
    if gone == "folder":
        path.parent.rmdir()
    log.note(refusal("b"))

    assert [one["name"] for one in lines(path)] == ["b"]


@needs_posix
def test_a_log_that_another_program_has_moved_goes_on_in_a_new_file(tmp_path: Path, log: Journal) -> None:
    path = tmp_path / "logs" / "guard.jsonl"
    log.note(refusal("a"))
    path.rename(path.with_suffix(".old"))
    log.note(refusal("b"))

    assert [one["name"] for one in lines(path)] == ["b"]
    assert [one["name"] for one in lines(path.with_suffix(".old"))] == ["a"]


@needs_posix
def test_a_folder_that_became_a_file_keeps_the_lines_waiting(tmp_path: Path, log: Journal) -> None:
    folder = tmp_path / "logs"
    (folder / "guard.jsonl").unlink()
    folder.rmdir()
    folder.write_bytes(b"")
    log.note(refusal("a"))
    log.flush()

    folder.unlink()
    log.flush()

    assert [one["name"] for one in lines(folder / "guard.jsonl")] == ["a"]


def test_a_file_that_cannot_make_room_keeps_the_lines_waiting(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "g.jsonl.1" / "in the way").mkdir(parents=True)
    journal = Journal(tmp_path / "g.jsonl", now=clock, most_bytes=10, keep=1)
    journal.note(refusal("a"))
    journal.note(refusal("b"))
    assert [one["name"] for one in lines(tmp_path / "g.jsonl")] == ["a"]

    (tmp_path / "g.jsonl.1" / "in the way").rmdir()
    (tmp_path / "g.jsonl.1").rmdir()
    journal.flush()

    assert [one["name"] for one in lines(tmp_path / "g.jsonl")] == ["b"]
    assert [one["name"] for one in lines(tmp_path / "g.jsonl.1")] == ["a"]


def test_a_line_that_fits_in_part_is_taken_back(tmp_path: Path, log: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.write

    def half(file: int, data: bytes) -> int:
        return whole(file, data[: len(data) // 2])

    log.note(refusal("a"))
    monkeypatch.setattr(os, "write", half)
    log.note(refusal("b"))
    assert [one["name"] for one in lines(tmp_path / "logs" / "guard.jsonl")] == ["a"]

    monkeypatch.setattr(os, "write", whole)
    log.flush()

    assert [one["name"] for one in lines(tmp_path / "logs" / "guard.jsonl")] == ["a", "b"]


def kinds(folder: Path) -> dict[str, Path]:
    target = folder / "target"
    target.write_bytes(b"")
    (folder / "link").symlink_to(target)
    (folder / "dangling").symlink_to(folder / "nothing")
    os.mkfifo(folder / "fifo")
    (folder / "folder").mkdir()
    (folder / "open").write_bytes(b"")
    (folder / "open").chmod(0o622)
    return {name: folder / name for name in ("link", "dangling", "fifo", "folder", "open")} | {
        "device": Path(os.devnull),
        "nothing": Path("nul\0"),
        "below a file": target / "log",
    }


@needs_posix
@pytest.mark.parametrize("kind", ["link", "dangling", "fifo", "folder", "open", "device", "nothing", "below a file"])
def test_what_is_no_file_of_ours_is_no_log(tmp_path: Path, clock: Clock, kind: str) -> None:
    path = kinds(tmp_path)[kind]

    with pytest.raises(Told, match=r"the audit log .* cannot be opened: .*; name another file, or give --no-audit-log"):
        Journal(path, now=clock)

    assert not (tmp_path / "nothing").exists()
    assert (tmp_path / "target").read_bytes() == b""


@needs_posix
def test_a_link_that_took_the_place_of_the_log_gets_no_line(tmp_path: Path, log: Journal) -> None:
    path, target = tmp_path / "logs" / "guard.jsonl", tmp_path / "target"
    target.write_bytes(b"")
    path.unlink()
    path.symlink_to(target)
    log.note(refusal("a"))
    assert target.read_bytes() == b""

    path.unlink()
    log.flush()
    assert [one["name"] for one in lines(path)] == ["a"]


@needs_posix
def test_a_file_that_becomes_something_else_while_it_is_opened_is_no_log(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setattr(Path, "is_file", Path.exists)

    with pytest.raises(Told, match="it is not a regular file"):
        Journal(tmp_path / "fifo", now=clock)


def test_lines_for_standard_output_go_there(capfd: pytest.CaptureFixture[str], clock: Clock) -> None:
    journal = Journal(Path("-"), now=clock)
    journal.note(refusal("a"))
    journal.close()

    assert json.loads(capfd.readouterr().out)["name"] == "a"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells of sockets alone whether they take something")
def test_a_reader_of_standard_output_that_does_not_read_holds_nothing_up(clock: Clock) -> None:
    reading, writing = os.pipe()
    journal = Journal(None, now=clock)
    journal._sink = StandardOutput(writing)
    for at in range(1000):
        journal.note(refusal(f"{at:0500}"))
    read = b""
    while read.count(b"\n") < 1000:
        journal.flush()
        read += os.read(reading, 1 << 16)

    assert [int(json.loads(one)["name"]) for one in read.splitlines()] == list(range(1000))
    os.close(reading)
    journal.note(refusal("nobody reads"))
    journal.close()
    os.close(writing)
    assert journal.lost == 1


@needs_posix
def test_a_line_that_standard_output_took_in_part_goes_on_first(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[bytes] = []
    sizes = iter([3, 2, 1, 2, 2])

    def write(_: int, data: bytes) -> int:
        taken.append(data[: next(sizes)])
        return len(taken[-1])

    reading, writing = os.pipe()
    sink = StandardOutput(writing)
    monkeypatch.setattr(os, "write", write)
    sink.write(b"abcde\n")
    with pytest.raises(BlockingIOError):
        sink.write(b"xyz\n")
    sink.write(b"xyz\n")
    sink.close()

    assert b"".join(taken) == b"abcde\nxyz\n"
    os.close(reading)
    os.close(writing)


@needs_posix
def test_the_end_of_a_line_that_nobody_takes_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_byte(*_: object) -> int:
        return 1

    reading, writing = os.pipe()
    sink = StandardOutput(writing)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", one_byte)
        sink.write(b"ab\n")
    os.close(reading)

    sink.close()

    os.close(writing)


def test_the_line_of_what_was_lost_is_json_as_well() -> None:
    assert json.loads(lost(3, START)) == {"time": "2026-11-24T20:00:00.000+00:00", "lost": 3}
