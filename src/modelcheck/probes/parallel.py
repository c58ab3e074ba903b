"""Several bounded looks at once, in daemon threads that a hanging one cannot keep the program from leaving."""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from modelcheck.core.gap import Gap, Unseen, Why

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def gather(looks: Mapping[K, Callable[[], T | Gap]], *, limit_s: float, most: int = 8) -> dict[K, T | Gap]:
    """Run the looks on at most `most` threads; each key gets its value, or the gap that took its place.

    A look that raises becomes a gap. After `limit_s` seconds altogether the looks that have not ended are gaps and are
    left behind, and those that have not begun never begin.
    """
    results: dict[K, T | Gap] = {}
    waiting = deque(looks.items())
    lock = threading.Lock()
    done = threading.Event()

    def work() -> None:
        while True:
            with lock:
                if not waiting:
                    return
                key, look = waiting.popleft()
            result = attempt(look)
            with lock:
                results[key] = result
                if len(results) == len(looks):
                    done.set()

    for _ in range(min(most, len(looks))):
        threading.Thread(target=work, daemon=True).start()
    if looks:
        done.wait(limit_s)
    with lock:
        waiting.clear()
        return {key: results.get(key, Gap(Why.TIMED_OUT, about=f"{limit_s:g} s")) for key in looks}


def attempt(look: Callable[[], T | Gap]) -> T | Gap:
    """Run a look; whatever it raises becomes a gap."""
    try:
        return look()
    except Unseen as missing:
        return missing.gap
    except MemoryError:
        return Gap(Why.TOO_MUCH, about="memory")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a probe's fault must not end the survey, nor must a library's exit
        return Gap(Why.CRASHED, about=type(error).__name__)


def remaining(deadline: float) -> float:
    """Return the seconds left until a `time.monotonic` deadline, never negative."""
    return max(0.0, deadline - time.monotonic())
