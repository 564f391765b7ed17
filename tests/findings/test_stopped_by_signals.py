"""A signal ends a run between two steps; only a second one cuts a step in two."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from offerproof.interruption import WholeStep, stopped_by


def send(number=signal.SIGTERM):
    os.kill(os.getpid(), number)


def test_a_signal_outside_a_step_comes_at_once_and_says_its_name():
    with stopped_by(signal.SIGTERM), pytest.raises(KeyboardInterrupt, match="SIGTERM"):
        send()


def test_a_signal_inside_steps_comes_at_the_end_of_the_outermost():
    step, done = WholeStep(), []

    def two_steps():
        with step:
            with step, WholeStep():
                send()
                done.append("inner")
            done.append("outer")

    with stopped_by(signal.SIGTERM):
        with pytest.raises(KeyboardInterrupt, match="SIGTERM"):
            two_steps()
        assert done == ["inner", "outer"]
        with step:
            done.append("nothing is left over")


def test_a_second_signal_does_not_wait():
    step, done = WholeStep(), []

    def one_step():
        with step:
            send()
            done.append("first")
            send(signal.SIGINT)
            done.append("second")

    with stopped_by(signal.SIGTERM, signal.SIGINT):
        with pytest.raises(KeyboardInterrupt, match="Ctrl-C"):
            one_step()
        with step:
            done.append("and the step can be taken again")
    assert done == ["first", "and the step can be taken again"]


def test_what_another_thread_does_holds_no_signal_back():
    step, inside, leave = WholeStep(), threading.Event(), threading.Event()

    def work():
        with step:
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=work)
    with stopped_by(signal.SIGTERM):
        thread.start()
        assert inside.wait(30)
        with pytest.raises(KeyboardInterrupt):
            send()
    leave.set()
    thread.join(30)


def test_handlers_are_what_they_were_before():
    before = signal.getsignal(signal.SIGTERM)
    with stopped_by(signal.SIGTERM):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
