"""Signals that end a run, and steps that they do not cut in two.

A signal's exception comes between any two instructions of the main thread. A record that is written but not counted, or
counted but not written, would make a run of its own look changed afterwards: such a step is made whole first.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Final


@contextmanager
def stopped_by(*signals: signal.Signals) -> Iterator[None]:
    """Let these signals raise KeyboardInterrupt with their name; inside a :class:`WholeStep`, when it is done.

    Nothing in another thread than the main one, where Python lets nobody handle signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _HELD.stop) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Treat SIGTERM (a build server cancels) and SIGHUP (the terminal is gone) like Ctrl-C: the run gets its end, the
    simulator its stop. Who was started with ``nohup`` goes on, and so does who was started without Ctrl-C."""
    heard = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        heard.append(signal.SIGINT)
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        heard.append(signal.SIGHUP)
    with stopped_by(*heard):
        yield


class WholeStep:
    """A lock whose holder no signal interrupts (see :func:`stopped_by`); a second signal does. It may be taken again
    by who holds it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        _HELD.begin()
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
        _HELD.end()


class _HeldBack:
    """What signals wait for. Only the main thread counts: no signal is heard in another."""

    def __init__(self) -> None:
        self._steps = 0
        self._came: KeyboardInterrupt | None = None

    def begin(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._steps += 1

    def end(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        self._steps -= 1
        if self._steps == 0 and self._came is not None:
            came, self._came = self._came, None
            raise came

    def stop(self, number: int, frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        came = KeyboardInterrupt("Ctrl-C" if number == signal.SIGINT else name)
        if not self._steps or self._came is not None:
            self._came = None
            raise came
        self._came = came


_HELD: Final = _HeldBack()
