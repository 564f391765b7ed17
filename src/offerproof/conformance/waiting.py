"""What a check leaves on the target to look at it later, when a period has ended: planted now, looked at then.

A check that waits is written once. Where the target's clock can be set, it is set; where the period is short enough,
the run waits for it, all such checks together; in a certificate of two sittings the check is put off: what it planted
is kept in a file, and its function is called again, from its beginning, in a later sitting.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from offerproof.conformance.clock import Clock
from offerproof.conformance.outcome import Inconclusive
from offerproof.contract import utc_now, utc_text
from offerproof.findings import Event, Waiting
from offerproof.provisioning import Customer, UserOffer

if TYPE_CHECKING:
    from offerproof.conformance.supplies import Supplies

T = TypeVar("T")

_LOOK_S: Final = 0.5
"""Seconds after which who waits looks whether the run was stopped."""
_TOGETHER: Final = timedelta(seconds=5)


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done on the target, and when: by its own clock (its Date header) and by ours."""

    did: str
    target_time: str
    our_time: str
    ids: dict[str, str] = {}


class Planted(msgspec.Struct, kw_only=True):
    """What one check left on the target, and what it is waiting for. Holds ids, and no personal data."""

    check: str
    clauses: dict[str, str] = {}
    """The clauses that will rule on it, each with a hash over its sentence and its check."""
    deeds: list[Deed] = []
    due: str = ""
    """By the target's clock: when it is to be looked at."""
    awaited: str = ""
    """What must be seen then."""
    passed: int = 0
    """How many instants the check has passed."""
    kept: dict[str, Any] = {}


class PutOff(Exception):
    """The check goes on when an instant has come, in a later sitting."""


@dataclass
class WaitPolicy:
    """How the checks of one run wait. ``sittings``: what does not end within ``wait_s`` is put off."""

    clock: Clock
    wait_s: float
    sittings: bool
    tell: Callable[[Event], None]
    stopped: Callable[[], bool] = lambda: False
    sleep: Callable[[float], None] = time.sleep
    told: datetime | None = None
    """Until when somebody was told that the run waits."""

    def until(self, instant: datetime, awaited: str) -> None:
        """Return when the target's time has come to an instant.

        Raises:
            PutOff: it comes in a later sitting. Inconclusive: nobody waits so long.
        """
        if self.clock.settable:
            if instant > self.clock.now():
                self.clock.set(instant)
            return
        missing = (instant - self.clock.target_now()).total_seconds()
        if missing <= 0:
            return
        if missing > self.wait_s + 1:
            if self.sittings:
                raise PutOff(awaited)
            raise Inconclusive(f"{awaited}: that is {missing:.0f} s away, and timing.wait_s is {self.wait_s:g}")
        if self.told is None or instant - self.told > _TOGETHER:  # others wait for the same, and planted with it
            self.told = instant
            self.tell(Waiting(f"until {awaited}", missing))
        while (missing := (instant - self.clock.target_now()).total_seconds()) > 0:
            if self.stopped():
                raise Inconclusive("the run was stopped")
            self.sleep(min(missing, _LOOK_S))


class Wait:
    """The fixture ``wait`` of one check."""

    def __init__(self, policy: WaitPolicy, supplies: Supplies, planted: Planted, *, within_the_run: bool) -> None:
        self._policy = policy
        self._supplies = supplies
        self._reached = 0
        self.planted = planted
        self.within_the_run = within_the_run
        """Whether the end is seen in this very run, so that the moment before it can be looked at as well."""

    def now(self) -> datetime:
        """The target's present instant."""
        return self._policy.clock.target_now()

    def customer(self, take: Callable[[], Customer], name: str = "customer") -> Customer:
        """A customer: taken at first, the same one again later."""
        kept = self.planted.kept.get(name)
        if kept is None:
            taken = take()
            self._keep(name, f"took a {name}", self._supplies.lasting(taken))
            return taken
        return self._supplies.again(kept)

    def user_offer(self, take: Callable[[], UserOffer], name: str = "user offer") -> UserOffer:
        """A user offer: taken at first, the same one again later."""
        kept = self.planted.kept.get(name)
        if kept is None:
            taken = take()
            told = {"user_offer_id": taken.user_offer_id, "offer_id": taken.offer_id, "kind": taken.kind}
            self._keep(name, f"took a {name}", told | self._supplies.lasting(taken.customer))
            return taken
        return UserOffer(kept["user_offer_id"], kept["offer_id"], kept["kind"], self._supplies.again(kept))

    def once(self, did: str, act: Callable[[], T], kind: type[T]) -> T:
        """What ``act()`` gives, done once: a later sitting finds it again. ``did`` says in words what was done."""
        if did not in self.planted.kept:
            self._keep(did, did, msgspec.to_builtins(act()))
        return msgspec.convert(self.planted.kept[did], kind)

    def until(self, instant: datetime, awaited: str) -> bool:
        """Return when the target's time has come to an instant, ``awaited`` for what it then shows.

        Returns False where an earlier sitting has passed it: what was to be looked at then was looked at.
        """
        self._reached += 1
        if self._reached <= self.planted.passed:
            return False
        self.planted.due, self.planted.awaited = utc_text(instant), awaited
        self._policy.until(instant, awaited)
        self.planted.passed = self._reached
        return True

    def _keep(self, name: str, did: str, told: Any) -> None:
        self.planted.kept[name] = told
        when = self._policy.clock
        self.planted.deeds.append(
            Deed(did=did, target_time=utc_text(when.target_now()), our_time=utc_text(utc_now()), ids=_ids(told))
        )


def _ids(told: Any) -> dict[str, str]:
    """The ids among the members of what was kept, to be found on the target by people."""
    if not isinstance(told, dict):
        return {}
    found = {name: str(value) for name, value in told.items() if name.endswith("_id") and value}
    for inner in told.values():
        found = {**_ids(inner), **found} if isinstance(inner, dict) else found
    return found
