"""Cutting a journey down: by replays, within a budget, and never to another failure."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from offerproof.client import BudgetExhausted
from offerproof.conformance.journeys.commands import Broken, Command, Journey, Looking, WrongOnPurpose
from offerproof.conformance.journeys.machine import STEPS
from offerproof.conformance.journeys.minimise import NEEDED_ARGUMENTS, PLAIN, smallest
from offerproof.judgement.oracle import Objection
from offerproof.provisioning import CannotProvide

LONG = [Command("look", {"customer": number}) for number in range(30)]
NEEDED = [
    Command("lock", {"held": 1, "slot": 0, "basket": 7, "channel": "ODD"}),
    Command("send", {"held": 1, "slot": 0}),
]
JOURNEY = [*LONG[:10], NEEDED[0], *LONG[10:20], NEEDED[1], *LONG[20:]]


def broken(clause: str) -> Broken:
    exchange: Any = SimpleNamespace(number=1)
    return Broken([Objection(clause, "what", "this", "that")], exchange, invalid=False)


class Replays:
    """A target on which a lock before a send breaks LOCK-12; counts a request for each command."""

    def __init__(self) -> None:
        self.requests = 0
        self.forgotten = 0
        self.left = 10**9

    def __call__(self, commands: Any) -> Broken | None:
        self.left -= 1
        if self.left < 0:
            raise CannotProvide("used up")
        self.requests += len(commands)
        names = [command.name for command in commands]
        if "lock" in names and "send" in names[names.index("lock") :]:
            return broken("LOCK-12")
        return broken("HIST-1") if names == ["send"] else None

    def forget(self) -> None:
        self.forgotten += 1


def cut(replays: Replays, budget: int = 10_000) -> tuple[list[Command], Broken]:
    return smallest(JOURNEY, broken("LOCK-12"), replays, lambda: replays.requests, budget, replays.forget)


def test_what_does_not_matter_is_left_out_and_values_become_plain():
    replays = Replays()
    kept, last = cut(replays)
    assert kept == [Command("lock", {"held": 1, "slot": 0, "basket": 0}), Command("send", {"held": 1, "slot": 0})]
    assert last.objection.clause == "LOCK-12"
    assert replays.forgotten == 1


def test_it_is_never_cut_down_to_another_failure():
    kept, last = cut(Replays())
    assert len(kept) == 2
    assert last.objection.clause != "HIST-1"


def test_the_budget_bounds_the_replays():
    replays = Replays()
    kept, _ = cut(replays, budget=100)
    assert replays.requests <= 100 + 2 * len(JOURNEY)
    assert 2 < len(kept) <= len(JOURNEY)


def test_when_fresh_data_runs_out_the_shortest_so_far_stands():
    replays = Replays()
    replays.left = 3
    kept, last = cut(replays)
    assert last.objection.clause == "LOCK-12"
    assert len(kept) <= len(JOURNEY)


def test_when_the_run_may_send_no_more_the_failure_is_still_told():
    first = broken("LOCK-12")

    def replay(commands: Any) -> Broken | None:
        raise BudgetExhausted("used up")

    kept, last = smallest(JOURNEY, first, replay, lambda: 0, 100, lambda: None)
    assert kept == JOURNEY
    assert last is first


def test_what_does_not_break_again_is_told_as_it_was_seen():
    first = broken("LOCK-12")
    kept, last = smallest(JOURNEY, first, lambda commands: None, lambda: 0, 100, lambda: None)
    assert kept == JOURNEY
    assert last is first


@pytest.mark.parametrize("command", sorted({command for command, _ in STEPS.values()}))
def test_every_command_can_be_made_plain(command: str) -> None:
    """What is not needed may be left out: a journey that breaks ends as a finding, never as an error of ours."""
    name = f"do_{command}"
    whose = next(part for part in (Journey, Looking, WrongOnPurpose) if hasattr(part, name))
    wanted = inspect.signature(getattr(whose, name)).parameters.values()
    needed = {one.name for one in wanted if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD}
    assert needed - {"self"} <= NEEDED_ARGUMENTS | set(PLAIN)
