"""Interruption: Ctrl-C ends a look and keeps what was seen until then; a second one leaves at once."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from typing import NoReturn

CODE = 130
"""The exit code of a program that was interrupted."""


@contextmanager
def interruption() -> Generator[Event]:
    """Heed Ctrl-C while a look lasts: the first sets the event, any further one ends the program.

    Outside the main thread, which alone is told of signals, the event is never set; nor where whoever started the
    program has it ignore Ctrl-C.
    """
    asked = Event()
    before = signal.getsignal(signal.SIGINT)
    if current_thread() is not main_thread() or before in {signal.SIG_IGN, None}:
        yield asked
        return

    def ask(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, leave)

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        # What was interrupted once is not taken up again: the rest is short, and a second Ctrl-C means it.
        if not asked.is_set():
            signal.signal(signal.SIGINT, before)


@contextmanager
def no_more_waiting() -> Generator[None]:
    """Have Ctrl-C end the program at once while the last words are written: nothing is left to be undone."""
    before = signal.getsignal(signal.SIGINT)
    if current_thread() is not main_thread() or before in {signal.SIG_IGN, None}:
        yield
        return
    signal.signal(signal.SIGINT, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def leave(*_: object) -> NoReturn:
    """End the program at once; nothing is flushed and nothing is waited for."""
    os._exit(CODE)
