"""Lines bound how many requests are under way at once, first come, first served; a race holds all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from functools import partial

from offerproof.client.lines import AHEAD, LINE, Lines

BOUND_S = 10.0


def started(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=copy_context().run, args=(work,), daemon=True)
    thread.start()
    return thread


def test_never_more_are_held_than_there_are():
    lines, guard, held, most = Lines(3), threading.Lock(), [0], [0]
    all_three = threading.Barrier(3)  # breaks unless three can be held at once
    for thread in [started(lambda: hold(lines, all_three)) for _ in range(3)]:
        thread.join(BOUND_S)
    assert not all_three.broken
    for thread in [started(lambda: count(lines, guard, held, most)) for _ in range(40)]:
        thread.join(BOUND_S)
    assert 1 <= most[0] <= 3
    assert held[0] == 0


def hold(lines: Lines, barrier: threading.Barrier) -> None:
    """Hold a line until all three lines are held."""
    with lines.take("a"):
        barrier.wait(BOUND_S)


def count(lines: Lines, guard: threading.Lock, held: list[int], most: list[int]) -> None:
    with lines.take("a"):
        with guard:
            held[0] += 1
            most[0] = max(most[0], held[0])
        with guard:
            held[0] -= 1


def test_a_request_goes_over_the_line_that_went_to_its_host_last():
    lines = Lines(3)
    seen = []
    for host in ("a", "b", "a", "b", "a"):
        with lines.take(host):
            seen.append((host, LINE.get()))
    assert len(set(seen)) == 2


def test_a_race_waits_for_all_lines_and_nobody_else_gets_one_meanwhile():
    lines = Lines(2)
    order = []
    inside, go = threading.Event(), threading.Event()

    def early():
        with lines.take("a"):
            inside.set()
            go.wait(BOUND_S)
            order.append("early")

    def late():
        with lines.take("a"):
            order.append("late")

    first = started(early)
    assert inside.wait(BOUND_S)
    racing = threading.Event()

    def race():
        with lines.reserve() as count:
            racing.set()

            def terminal():
                with lines.take("a"):
                    order.append("terminal")

            terminals = [started(terminal) for _ in range(count)]
            for thread in terminals:
                thread.join(BOUND_S)
            order.append("race over")

    second = started(race)
    while not lines._waiting:
        assert second.is_alive()
    assert not racing.is_set()
    third = started(late)
    go.set()
    for thread in (first, second, third):
        thread.join(BOUND_S)
    assert order[0] == "early"
    assert order[1:3] == ["terminal", "terminal"]
    assert order[3:] == ["race over", "late"]


def test_who_comes_first_is_served_first():
    lines = Lines(1)
    order: list[int] = []
    waiting: list[threading.Thread] = []
    with lines.take("a"):
        for number in range(5):
            began = len(lines._waiting)
            waiting.append(started(partial(served, lines, order, number)))
            while len(lines._waiting) == began:
                assert waiting[-1].is_alive()
    for thread in waiting:
        thread.join(BOUND_S)
    assert order == [0, 1, 2, 3, 4]


def test_who_has_the_most_before_it_goes_first_and_a_race_before_all():
    lines = Lines(1)
    order: list[int] = []
    waiting: list[threading.Thread] = []

    def race() -> None:
        with lines.reserve():
            order.append(-1)

    def asks(number: int) -> None:
        AHEAD.set(number)
        served(lines, order, number)

    with lines.take("a"):
        for work in (partial(asks, 1), partial(asks, 3), race, partial(asks, 2)):
            began = len(lines._waiting)
            waiting.append(started(work))
            while len(lines._waiting) == began:
                assert waiting[-1].is_alive()
    for thread in waiting:
        thread.join(BOUND_S)
    assert order == [-1, 3, 2, 1]


def served(lines: Lines, order: list[int], number: int) -> None:
    with lines.take("a"):
        order.append(number)
