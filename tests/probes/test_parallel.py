"""Looks at once: each ends in a value or a gap, and none holds the others."""

import threading
import time
from collections.abc import Callable
from typing import NoReturn

import pytest

from modelcheck.core.gap import Gap, Unseen, Why
from modelcheck.probes.parallel import attempt, gather, remaining

LONG_S = 30.0


def failing(error: BaseException) -> Callable[[], NoReturn]:
    def look() -> NoReturn:
        raise error

    return look


def test_nothing_to_look_at_is_nothing() -> None:
    assert gather({}, limit_s=LONG_S) == {}


def test_each_look_leaves_its_value_in_the_given_order() -> None:
    first_may_end = threading.Event()

    def slow() -> str:
        assert first_may_end.wait(LONG_S)
        return "slow"

    def quick() -> str:
        first_may_end.set()
        return "quick"

    seen = gather({"a": slow, "b": quick}, limit_s=LONG_S)

    assert list(seen.items()) == [("a", "slow"), ("b", "quick")]


def test_a_value_that_is_no_value_is_one() -> None:
    assert gather({None: lambda: None}, limit_s=LONG_S) == {None: None}


@pytest.mark.parametrize("most", [1, 3, 8])
def test_at_most_so_many_look_at_once(most: int) -> None:
    lock = threading.Lock()
    now: list[int] = []
    peak: list[int] = []
    full = threading.Event()

    def look() -> bool:
        with lock:
            now.append(1)
            peak.append(len(now))
            if len(now) == most:
                full.set()
        assert full.wait(LONG_S)
        with lock:
            now.pop()
        return True

    seen = gather(dict.fromkeys(range(2 * most), look), limit_s=LONG_S, most=most)

    assert all(value is True for value in seen.values())
    assert max(peak) == most


def test_a_hanging_look_is_given_up_and_the_others_stay() -> None:
    over = threading.Event()

    def hang() -> bool:
        return over.wait(LONG_S)

    seen = gather({"hangs": hang, "ends": lambda: True, "fails": failing(OSError())}, limit_s=0.2)
    over.set()

    assert seen == {
        "hangs": Gap(Why.TIMED_OUT, about="0.2 s"),
        "ends": True,
        "fails": Gap(Why.CRASHED, about="OSError"),
    }


def test_what_has_not_begun_in_time_never_begins() -> None:
    over, left = threading.Event(), threading.Event()
    begun: list[str] = []

    def hang() -> bool:
        over.wait(LONG_S)
        left.set()
        return True

    seen = gather({"first": hang, "second": lambda: begun.append("second")}, limit_s=0.2, most=1)
    threads = [thread for thread in threading.enumerate() if thread.daemon and "work" in thread.name]
    over.set()
    assert left.wait(LONG_S)
    for thread in threads:
        thread.join(LONG_S)

    assert threads
    assert begun == []
    assert seen["second"] == Gap(Why.TIMED_OUT, about="0.2 s")


def test_threads_hold_nobody_who_wants_to_leave() -> None:
    kinds = gather({"a": lambda: threading.current_thread().daemon}, limit_s=LONG_S)

    assert kinds == {"a": True}


@pytest.mark.parametrize(
    ("error", "gap"),
    [
        (ValueError("with a secret in it"), Gap(Why.CRASHED, about="ValueError")),
        (RecursionError(), Gap(Why.CRASHED, about="RecursionError")),
        (SystemExit(3), Gap(Why.CRASHED, about="SystemExit")),
        (GeneratorExit(), Gap(Why.CRASHED, about="GeneratorExit")),
        (MemoryError(), Gap(Why.TOO_MUCH, about="memory")),
        (Unseen(Gap(Why.NOT_THERE, about="a", hint="b")), Gap(Why.NOT_THERE, about="a", hint="b")),
    ],
    ids=["fault", "depth", "exit", "generator", "memory", "unseen"],
)
def test_whatever_a_look_raises_becomes_a_gap(error: BaseException, gap: Gap) -> None:
    assert attempt(failing(error)) == gap
    assert gather({"a": failing(error)}, limit_s=LONG_S) == {"a": gap}


def test_a_person_who_interrupts_is_heard() -> None:
    with pytest.raises(KeyboardInterrupt):
        attempt(failing(KeyboardInterrupt()))


def test_the_time_that_is_left_is_never_negative() -> None:
    assert remaining(time.monotonic() - 5) == 0
    assert 0 < remaining(time.monotonic() + 100) <= 100
