"""Lays a situation down in the simulator: customers, offers, what goes wrong; and looks what became of the offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from offerproof.client import bodies, transport_for
from offerproof.client.minter import Minter
from offerproof.conformance.clock import ControlPanel
from offerproof.contract import SERVICES, utc_now
from offerproof.guided.situations import ADDED_ITEM, FIRST_ITEMS, SituationPlan
from offerproof.provisioning import SyntheticPerson
from offerproof.target import Profile
from offerproof.target.values import Secret

_HOUSE = "percent_check_discount"
_EVENTS = 10_000


@dataclass(frozen=True)
class TillCustomer:
    """A customer, as the till can know one."""

    user_id: str
    external_id: str
    email: str
    phone: str
    """As it is typed: ``555-123-4567``."""


@dataclass(frozen=True)
class Card:
    """One situation, ready to be played. ``environment``: all that a till needs to know, by variable."""

    situation: SituationPlan
    customer: TillCustomer
    second: TillCustomer | None
    user_offers: tuple[str, ...]
    environment: Mapping[str, str]


class PreparedSimulator:
    """What is laid down in one simulator. ``urls``: where the till finds each service.

    Raises (each method):
        CannotJudge: the simulator does not answer, or refuses.
    """

    def __init__(self, profile: Profile, urls: Mapping[str, str], till_timeout_s: float, nonce: str) -> None:
        self.urls = urls
        self.till_timeout_s = till_timeout_s
        self._profile = profile
        self._panel = ControlPanel(profile, transport_for(profile))
        self._mint = Minter(0, nonce)
        self._events = 0
        self._offer_id = self._mint.uuid("offer")
        offer = bodies.offer(_HOUSE, "Ten per cent off", utc_now(), profile.ids.retailer, {"id": self._offer_id})
        self._ask("load", {"offers": [offer]})

    def _ask(self, what: str, body: Mapping[str, Any] | None = None, method: str = "POST") -> Any:
        return self._panel.ask(method, f"/_control/{what}", body)

    def lay(self, situation: SituationPlan) -> Card:
        """Lay a situation down."""
        first = self._drawn()
        second = None
        if situation.second:
            second = self._drawn()
            second = replace(second, phone=first.phone) if situation.second == "phone" else second
        people = [self._loaded(one) for one in (first, second) if one is not None]
        offers = tuple(self._mint.uuid("user-offer") for _ in range(situation.offers))
        held = [{"id": one, "user_id": first.user_id, "offer_id": self._offer_id} for one in offers]
        if situation.expires_s is not None:
            now = datetime.fromisoformat(self._ask("clock", method="GET")["now"])
            ends = now + timedelta(seconds=situation.expires_s)
            held = [one | {"redemption_end_date": f"{ends:%Y-%m-%dT%H:%M:%SZ}"} for one in held]
        self._ask("load", {"customers": people, "user_offers": held})
        self._events = self._ask(f"events?after=0&take={1}", method="GET")["last"]
        for one in situation.troubles:
            delay = one.delay if one.beyond is None else self.till_timeout_s + one.beyond
            self._ask("scenarios", {"operation": one.operation, "kind": one.kind, "delay": delay, "count": 1})
        return Card(situation, first, second, offers, self._environment(situation, first, second, offers))

    def clear(self) -> None:
        """Take away what was still to go wrong."""
        self._ask("scenarios", method="DELETE")

    def states(self, card: Card) -> dict[str, str]:
        """What became of each user offer: ``issued``, ``locked``, ``redeemed``, …"""
        found = dict.fromkeys(card.user_offers, "issued")
        events = self._ask(f"events?after={self._events}&take={_EVENTS}", method="GET")["events"]
        for event in events:
            what = str(event["what"]).removeprefix("user_offer_")
            if event["subject"] in found and what != event["what"]:
                found[event["subject"]] = "issued" if what in ("unlocked", "reinstated") else what
        return found

    def _drawn(self) -> TillCustomer:
        drawn = SyntheticPerson.drawn(self._mint)
        phone = f"{drawn.phone[:3]}-{drawn.phone[3:6]}-{drawn.phone[6:]}"
        return TillCustomer(self._mint.uuid("customer"), drawn.external_id, drawn.email.replace("@", "+till@"), phone)

    @staticmethod
    def _loaded(one: TillCustomer) -> dict[str, Any]:
        named = {"external_id": one.external_id, "email": one.email, "mobile_number": one.phone.replace("-", "")}
        return named | {"id": one.user_id, "first_name": "First", "last_name": "Last", "opted_in": True}

    def told(self) -> dict[str, str]:
        """What a till is set up with, in every situation the same: addresses, credentials, ids."""
        found: dict[str, str] = {}
        for name in SERVICES:
            service = self._profile.services[name]
            found |= {f"{name.upper()}_URL": self.urls[name]}
            found |= {f"{name.upper()}_KEY": _shown(service.key), f"{name.upper()}_SECRET": _shown(service.secret)}
        ids = self._profile.ids
        found |= {"API_KEY": _shown(self._profile.services["core"].api_key), "RETAILER_ID": ids.retailer}
        return found | {"STORE_ID": ids.store, "CLIENT_ID": ids.client, "EMPLOYEE_ID": ids.employee}

    def _environment(
        self, situation: SituationPlan, first: TillCustomer, second: TillCustomer | None, offers: tuple[str, ...]
    ) -> dict[str, str]:
        found = self.told() | {
            "SITUATION": situation.name,
            "DO": situation.do,
            "TIMEOUT_S": f"{self.till_timeout_s:g}",
            "ITEMS": " ".join(FIRST_ITEMS),
            "ADDED_ITEM": ADDED_ITEM,
        }
        for prefix, person in (("CUSTOMER", first), ("SECOND", second)):
            if person is not None:
                found |= {f"{prefix}_ID": person.user_id, f"{prefix}_EXTERNAL_ID": person.external_id}
                found |= {f"{prefix}_EMAIL": person.email, f"{prefix}_PHONE": person.phone}
        if offers:
            found |= {"USER_OFFER_ID": offers[0], "OFFER_ID": self._offer_id}
        return {f"TILL_{name}": value for name, value in found.items()}


def _shown(one: Secret | None) -> str:
    return one.reveal() if one is not None else ""
