"""Several bounded looks at once, in daemon threads that a hanging one cannot keep the program from leaving."""

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from modelcheck.core.gap import Gap, Unseen, Why

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def gather(looks: Mapping[K, Callable[[], T]], *, limit_s: float, most: int = 8) -> dict[K, T | Gap]:
    """Run the looks on at most `most` threads; each key gets its value, or the gap that took its place.

    A look that raises becomes a gap; those not done after `limit_s` seconds altogether are gaps, and are left behind.
    """
    results: dict[K, T | Gap] = {}
    waiting = iter(looks.items())
    lock = threading.Lock()
    done = threading.Event()

    def work() -> None:
        while True:
            with lock:
                key, look = next(waiting, (None, None))
            if look is None:
                return
            result = attempt(look)
            with lock:
                results[key] = result  # type: ignore[index] - a look without a key does not exist
                if len(results) == len(looks):
                    done.set()

    if not looks:
        return {}
    for _ in range(min(most, len(looks))):
        threading.Thread(target=work, daemon=True).start()
    done.wait(limit_s)
    with lock:
        return {key: results.get(key, Gap(Why.TIMED_OUT, about=f"{limit_s:g} s")) for key in looks}


def attempt(look: Callable[[], T]) -> T | Gap:
    """Run a look; whatever it raises becomes a gap."""
    try:
        return look()
    except Unseen as missing:
        return missing.gap
    except MemoryError:
        return Gap(Why.TOO_MUCH)
    except Exception as error:  # noqa: BLE001 - a probe's fault must not end the survey
        return Gap(Why.CRASHED, about=type(error).__name__)


def remaining(deadline: float) -> float:
    """Return the seconds left until a `time.monotonic` deadline, never negative."""
    return max(0.0, deadline - time.monotonic())
