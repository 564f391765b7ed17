"""What the control API can do to the world of one ``App``: reset, time, loading in bulk, acts of the back office.

Each command is a verb and a JSON document; a journal keeps both, so a replay goes through the same door.
"""

from __future__ import annotations

import contextlib
import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from offerproof.errors import Misuse
from offerproof.program.model import Key, UserOfferDraft, UserOfferState
from offerproof.program.refusal import Refused
from offerproof.simulator import bodies
from offerproof.simulator.core import profile
from offerproof.simulator.offers import draft
from offerproof.simulator.values import Malformed, flag, instant, number, zulu

if TYPE_CHECKING:
    from collections.abc import Callable

    from offerproof.program import Program
    from offerproof.simulator.answers import Answer
    from offerproof.simulator.clock import SimulatedClock
    from offerproof.simulator.core import CoreCalls
    from offerproof.simulator.ids import IdSource
    from offerproof.simulator.planting import Planting
    from offerproof.simulator.scenarios import StagedScenarios


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    """An empty world; ``clock`` may go back here, and only here."""

    clock: str | None = None
    frozen: Any = None
    seed: int | None = None


class ClockCommand(msgspec.Struct, forbid_unknown_fields=True):
    """``set`` to an instant, or ``advance`` by seconds; ``frozen`` stops time or lets it run."""

    set: str | None = None
    advance: Any = None
    frozen: Any = None


@dataclass(slots=True, kw_only=True)
class LoadedCustomer(bodies.UserIn):
    """A customer to load; without ``id`` one is drawn."""

    id: bodies.Guid | None = None


class LoadedOffer(bodies.CreateOffer, kw_only=True):
    """An offer to load, as for create_offer; without ``id`` one is drawn."""

    id: bodies.Guid | None = None
    retailer_id: str = ""


class LoadedUserOffer(msgspec.Struct):
    """A user offer to load; without ``id`` one is drawn, without dates the offer's validity counts from now."""

    user_id: bodies.Guid
    offer_id: bodies.Guid
    id: bodies.Guid | None = None
    state: str = "issued"
    acquire_date: str | None = None
    redemption_start_date: str | None = None
    redemption_end_date: str | None = None


class Load(msgspec.Struct, forbid_unknown_fields=True):
    """What to load; in this order."""

    offers: list[LoadedOffer] = []
    customers: list[LoadedCustomer] = []
    user_offers: list[LoadedUserOffer] = []


class OneCustomer(msgspec.Struct, forbid_unknown_fields=True):
    """Whom it is about."""

    user_id: bodies.Guid


class AnyCustomer(msgspec.Struct, forbid_unknown_fields=True):
    """Whom it is about; nobody named: everybody."""

    user_id: bodies.Guid | None = None


class TtlCode(msgspec.Struct, forbid_unknown_fields=True):
    """A short-lived code for a user offer."""

    user_offer_id: bodies.Guid
    code: bodies.Name | None = None


class Plants(msgspec.Struct, forbid_unknown_fields=True):
    """Names of defects to plant."""

    plant: list[str]


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No members."""


_DECODERS = {
    verb: bodies.Decoder(kind)
    for verb, kind in {
        "reset": Reset,
        "clock": ClockCommand,
        "load": Load,
        "enrol": OneCustomer,
        "unenrol": OneCustomer,
        "cash_out": AnyCustomer,
        "ttl_code": TtlCode,
        "plant": Plants,
        "heal": Nothing,
    }.items()
}


@dataclass(slots=True)
class JournalHooks:
    """A journal's part in each request. ``keep`` is told what was done; ``blocked`` is asked before, while the journal
    cannot be written, and may answer in place of the call."""

    keep: Callable[[int, str, bytes], None] | None = None
    blocked: Callable[[], Answer | None] | None = None


class Simulated(Protocol):
    """What the commands need of an ``App``."""

    clock: SimulatedClock
    core: CoreCalls
    ids: IdSource
    journal: JournalHooks
    planting: Planting
    program: Program
    scenarios: StagedScenarios

    def build(self) -> None:
        """Make a fresh, empty world."""

    def reseed(self, seed: int) -> None:
        """Draw ids from another seed from the next ``build`` on."""


class World:
    """The commands over one ``App``."""

    def __init__(self, app: Simulated) -> None:
        self._app = app

    def perform(self, verb: str, body: bytes) -> dict[str, Any]:
        """Carry out a command now, and have the journal keep it. Raises as ``apply`` does."""
        app = self._app
        now = app.clock.now()
        try:
            return self.apply(now, verb, body)
        finally:  # a load that is refused half way has changed something all the same
            if app.journal.keep is not None:
                app.journal.keep(now, f"control.{verb}", body)

    def replay(self, now: int, verb: str, body: bytes) -> None:
        """Do again what a journal has kept; what was refused then is refused now."""
        if verb in ("clock", "reset"):
            self._app.clock.set(now)
        with contextlib.suppress(bodies.NotJson, Malformed, Refused, Misuse):
            self.apply(now, verb, body)

    def apply(self, now: int, verb: str, body: bytes) -> dict[str, Any]:
        """Carry out a command at an instant; raises ``NotJson``, ``Malformed`` or ``Refused``."""
        command = _DECODERS[verb](body or b"{}")
        result: dict[str, Any] = getattr(self, f"_{verb}")(now, command)
        return result

    def shown_clock(self, now: int) -> dict[str, Any]:
        """Return the clock as the control API shows it."""
        return {"now": zulu(now), "frozen": self._app.clock.frozen}

    def _reset(self, now: int, command: Reset) -> dict[str, Any]:
        app = self._app
        start = None if command.clock is None else instant(command.clock, "$.clock")
        frozen = None if command.frozen is None else flag(command.frozen, "$.frozen")
        if command.seed is not None:
            app.reseed(command.seed)
        app.build()
        app.scenarios.clear()
        self._freeze(frozen, now)
        if start is not None:
            app.clock.set(start)
        return self.shown_clock(app.clock.now())

    def _clock(self, now: int, command: ClockCommand) -> dict[str, Any]:
        app = self._app
        frozen = None if command.frozen is None else flag(command.frozen, "$.frozen")
        target = now
        if command.set is not None:
            target = instant(command.set, "$.set")
            if target < now:
                raise Malformed("$.set", f"an instant from {zulu(now)} on, as time never goes back (reset can)")
        if command.advance is not None:
            seconds = number(command.advance, "$.advance")
            if seconds < 0 or seconds > _CENTURIES:
                raise Malformed("$.advance", "seconds from 0 up to 200 years")
            target += int(seconds * 1_000_000)
        self._freeze(frozen, now)
        if target != now:
            app.clock.set(target)
        app.program.advance(target)
        return self.shown_clock(target)

    def _freeze(self, frozen: bool | None, now: int) -> None:
        if frozen is True and not self._app.clock.frozen:
            self._app.clock.freeze(now)
        elif frozen is False:
            self._app.clock.unfreeze()

    def _load(self, now: int, command: Load) -> dict[str, Any]:
        app = self._app
        program = app.program
        program.advance(now)
        offers = [program.offers.create(now, draft(one, _lower(one.id))).offer.id for one in command.offers]
        people = [(_lower(one.id) or app.ids.new(), profile(one)) for one in command.customers]
        for (user_id, _), one in zip(people, command.customers, strict=True):
            app.core.remember_phones(user_id, one)
        program.customers.load(now, people)
        drafts = [self._user_offer(one) for one in command.user_offers]
        program.wallets.load(now, drafts)
        if len(people) + len(drafts) > _MANY:
            gc.freeze()  # they stay: looking them through for garbage would stop the world for nothing
        return {
            "offers": offers,
            "customers": [user_id for user_id, _ in people],
            "user_offers": [one.user_offer_id for one in drafts],
        }

    def _user_offer(self, one: LoadedUserOffer) -> UserOfferDraft:
        try:
            state = UserOfferState(one.state.lower())
        except ValueError:
            states = ", ".join(state.value for state in UserOfferState)
            raise Malformed("$.user_offers[].state", f"one of {states}") from None
        return UserOfferDraft(
            _lower(one.id) or self._app.ids.new(),
            one.user_id.lower(),
            one.offer_id.lower(),
            _instant(one.acquire_date, "acquire_date"),
            _instant(one.redemption_start_date, "redemption_start_date"),
            _instant(one.redemption_end_date, "redemption_end_date"),
            state,
        )

    def _enrol(self, now: int, command: OneCustomer) -> dict[str, Any]:
        self._app.program.advance(now)
        return {"user_id": self._app.program.tiers.enrol(now, command.user_id.lower()).id}

    def _unenrol(self, now: int, command: OneCustomer) -> dict[str, Any]:
        self._app.program.advance(now)
        return {"user_id": self._app.program.tiers.unenrol(now, command.user_id.lower()).id}

    def _cash_out(self, now: int, command: AnyCustomer) -> dict[str, Any]:
        self._app.program.advance(now)
        if command.user_id is not None:
            self._app.program.customers.find(Key.USER_ID, command.user_id.lower())
        cards = self._app.program.points.cash_out(now, _lower(command.user_id))
        return {"gift_cards": [{"id": one.id, "points": one.points, "amount": one.amount} for one in cards]}

    def _ttl_code(self, now: int, command: TtlCode) -> dict[str, Any]:
        self._app.program.advance(now)
        return {"code": self._app.program.redemption.make_ttl_code(now, command.user_offer_id.lower(), command.code)}

    def _plant(self, now: int, command: Plants) -> dict[str, Any]:
        self._app.planting.plant(command.plant)
        return {"planted": sorted(self._app.planting.planted)}

    def _heal(self, now: int, command: Nothing) -> dict[str, Any]:
        self._app.planting.clear()
        return {"planted": []}


_MANY = 1_000
_CENTURIES = 200 * 366 * 86_400


def _lower(value: str | None) -> str | None:
    return None if value is None else value.lower()


def _instant(value: str | None, member: str) -> int | None:
    return None if value is None else instant(value, f"$.user_offers[].{member}")
