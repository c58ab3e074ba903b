"""The audit log: one JSON line for each refusal, bounded in every way, and nothing lost without being counted."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from modelcheck.core.text import printable
from modelcheck.guard.event import Event
from modelcheck.guard.logfile import LogFile, Sink, StandardOutput

MOST_BYTES = 8 << 20
"""Of one file."""
KEEP = 4
"""Files that were full before, kept beside the one that is written."""
MOST_LINE = 2 << 10
"""Bytes of a line, its end included."""
WINDOW = timedelta(seconds=60)
"""For which equal refusals are one line; those after the first are counted in a second line at its end."""
MOST_OPEN = 2048
"""Different refusals that are watched for equal ones."""
MOST_WAITING = 8192
"""Lines that wait until they can be written."""
MOST_AT_ONCE = 500
"""Lines written between two flushes: a flood of different refusals does not push the others out of the files."""
STDOUT = Path("-")
"""Stands for standard output."""

_TEXTS = {"outcome": 16, "reason": 64, "method": 32, "path": 400, "action": 32, "name": 620, "client": 64}
"""Most bytes of each text of an event, as JSON writes it in ASCII; Ollama's longest name has 593."""
_NEAR = 150
_MOST_NEAR = 3

Key = tuple[str, str, str, str, str]


@dataclass
class _Open:
    """A refusal whose window is open, and how often it came again."""

    event: Event
    since: datetime
    again: int = 0


class Journal:
    """The audit log; without a file it only counts. What was written has one JSON object in each line.

    A line says `time`, in UTC, and what the event says. `repeated` with `since` stands in for that many equal events
    since then; a line with `lost` says how many events have no line, because they came faster than the log takes them
    or because it could not be written for too long.
    """

    def __init__(
        self, path: Path | None, *, now: Callable[[], datetime], most_bytes: int = MOST_BYTES, keep: int = KEEP
    ) -> None:
        """Open the log.

        Raises:
            Told: it cannot be written, or what lies in its place is no file of ours.

        """
        self.lost = 0
        """Events whose line could not be written for good."""
        self._untold = 0
        self._now = now
        self._sink = _sink(path, most_bytes, keep)
        self._open: dict[Key, _Open] = {}
        self._waiting: deque[tuple[bytes, int]] = deque()
        self._left = MOST_AT_ONCE
        self._is_stuck = False

    def note(self, event: Event) -> None:
        """Take an event down: at once where that is possible, else with the next flush."""
        if self._sink is None:
            return
        now = self._now()
        key = (event.reason, event.method, event.path, event.name, event.client)
        known = self._open.get(key)
        if known is not None and _is_open(known, now):
            known.again += 1
            return
        if known is not None:
            self._end(key, now)
        elif len(self._open) >= MOST_OPEN:
            self._end(next(iter(self._open)), now)
        self._open[key] = _Open(event, now)
        self._wait(line(event, now), 1)
        if not self._is_stuck:
            self._write()

    def flush(self) -> None:
        """Write what waits, and what came again in windows that are over."""
        now = self._now()
        for key in [key for key, known in self._open.items() if not _is_open(known, now)]:
            self._end(key, now)
        self._left = MOST_AT_ONCE
        self._write()

    def miss(self, events: int) -> None:
        """Know of events that never came here: the log says how many, like those that it could not write."""
        if self._sink is not None:
            self.lost += events
            self._untold += events

    def close(self) -> None:
        """Write everything, and close the log; what cannot be written now is lost."""
        if self._sink is None:
            return
        now = self._now()
        for key in list(self._open):
            self._end(key, now)
        self._left = MOST_OPEN + MOST_WAITING
        self._write()
        self.lost += sum(events for _, events in self._waiting)
        self._waiting.clear()
        self._sink.close()
        self._sink = None

    def _end(self, key: Key, now: datetime) -> None:
        """End a window: what came again in it gets its line."""
        known = self._open.pop(key)
        if known.again:
            self._wait(line(known.event, now, repeated=known.again, since=known.since), known.again)

    def _wait(self, text: bytes, events: int) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self.lost += events
            self._untold += events
        else:
            self._waiting.append((text, events))

    def _write(self) -> None:
        """Write what waits, as far as it may go; a line that is not taken stays the first."""
        if self._sink is None:
            return
        try:
            while self._waiting and self._left > 0:
                self._sink.write(self._waiting[0][0])
                self._waiting.popleft()
                self._left -= 1
            if self._untold and not self._waiting:
                self._sink.write(lost(self._untold, self._now()))
                self._untold = 0
            self._is_stuck = False
        except OSError:
            self._is_stuck = True


def line(event: Event, now: datetime, *, repeated: int = 0, since: datetime | None = None) -> bytes:
    """Return the line of an event: JSON in ASCII, no longer than the bound whatever its texts hold."""
    said: dict[str, object] = {"time": _time(now), "status": event.status}
    said |= {key: text for key, most in _TEXTS.items() if (text := _bounded(str(getattr(event, key)), most))}
    if event.near:
        said["near"] = [_bounded(near.name, _NEAR) for near in event.near[:_MOST_NEAR]]
    if since is not None:
        said |= {"repeated": repeated, "since": _time(since)}
    return _line(said)


def lost(events: int, now: datetime) -> bytes:
    """Return the line that says how many events have none."""
    return _line({"time": _time(now), "lost": events})


def _sink(path: Path | None, most_bytes: int, keep: int) -> Sink | None:
    if path is None:
        return None
    return StandardOutput() if path == STDOUT else LogFile(path, most_bytes, keep)


def _is_open(known: _Open, now: datetime) -> bool:
    """Whether a window is open; a clock that was set back ends it."""
    return known.since <= now < known.since + WINDOW


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _line(said: dict[str, object]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode("ascii") + b"\n"


def _bounded(text: str, most: int) -> str:
    """Cut a text so that JSON needs no more than so many bytes for it; an escape takes up to twelve."""
    shown = printable(text, most)
    while len(json.dumps(shown)) - 2 > most:
        shown = shown[: max(len(shown) * 3 // 4, 1) - 1] + "…"
    return shown
