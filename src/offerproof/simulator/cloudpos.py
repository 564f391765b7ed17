"""The CloudPOS service: Lookup, Lock, unlock, redeem, reinstate, send_transaction (Offer Management, steps 4 to 6)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from offerproof.program import Program
from offerproof.program.model import Key, Pricing, UserOfferRecord
from offerproof.simulator import bodies
from offerproof.simulator.answers import Answer, encode
from offerproof.simulator.baskets import transaction
from offerproof.simulator.values import Malformed, shown, zulu

_NOTHING: tuple[str, ...] = ()
_SENT = b'{"status":"OK","payload":null,"errors":null}'


class DiscountOut(msgspec.Struct):
    """The discount object, in the order the documents print it."""

    reference_id: str
    user_id: str
    reference_id_type: str
    pos_discount_id: None
    status: str
    display_name: str
    image_url: str | None
    discounted_line_ids: tuple[str, ...]
    discounted_line_id_quantities: list[dict[str, Any]] | tuple[str, ...]
    discount_source: str
    amount: Decimal | int
    stack_order: int
    applied_time: str | None


class AccountOut(msgspec.Struct):
    """One point account as Lookup prints it."""

    AccountName: str
    UserPointAccountID: str
    PointAccountID: str
    GroupingLabel: str
    AvailableBalance: Decimal | int
    LifeTimeValue: Decimal | int


class CustomerOut(msgspec.Struct):
    """One customer of a Lookup."""

    user_reference_id: str
    user_account_id: str
    partial_response: bool
    first_name: str | None
    last_name: str | None
    phone: str | None
    email: str | None
    points: Decimal | int
    profile_fields: dict[str, Any]
    offers: list[DiscountOut]
    accounts: list[AccountOut]


class LookupOut(msgspec.Struct):
    """Lookup's success."""

    status: str
    payload: list[CustomerOut]
    errors: None = None


class LockOut(msgspec.Struct):
    """The success of Lock, and of the calls that show the discount object after it."""

    status: str
    payload: DiscountOut
    errors: None = None


def discount(user_offer: UserOfferRecord, pricing: Pricing | None, status: str, applied_at: int | None) -> DiscountOut:
    """Show a user offer as discount object; without ``pricing``: no discount data."""
    offer = user_offer.offer
    return DiscountOut(
        user_offer.id,
        user_offer.customer.id,
        "userofferid",
        None,
        status,
        offer.texts[0].title,
        offer.media[0].uri if offer.media else None,
        _NOTHING if pricing is None else pricing.line_ids,
        _NOTHING
        if pricing is None
        else [{"line_id": line, "quantity": shown(quantity)} for line, quantity in pricing.line_quantities],
        "sessionm",
        0 if pricing is None else shown(pricing.amount),
        0,
        None if applied_at is None else zulu(applied_at),
    )


class CloudposCalls:
    """One method per call: takes the instant and the decoded request, returns the answer or raises ``Refused``."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def lookup(self, now: int, request: bodies.Lookup) -> Answer:
        """A customer's wallet; with a transaction only what is eligible, priced."""
        by, value = _who(request.request_payload)
        given = request.request_payload.transaction
        basket = None if given is None else transaction(given, "$.request_payload.transaction")
        program = self._program
        wallet = program.redemption.lookup(now, by, value, basket)
        if wallet is None:
            return Answer(200, encode(LookupOut("success", [])))
        customer = wallet.customer
        profile = customer.profile
        pricings = wallet.pricings
        if pricings is None:
            offers = [_in_wallet(one, None) for one in wallet.offers]
        else:
            offers = [_in_wallet(one, price) for one, price in zip(wallet.offers, pricings, strict=True)]
        accounts = [
            AccountOut(setting.name, "", setting.id, setting.label, 0, 0)
            if account is None
            else AccountOut(
                setting.name,
                account.id,
                setting.id,
                setting.label,
                shown(account.balance),
                shown(account.life_time_value),
            )
            for setting, account in program.accounts.of(customer)
        ]
        shown_customer = CustomerOut(
            customer.id,
            customer.id,
            False,
            profile.texts.first_name,
            profile.texts.last_name,
            profile.mobile_number,
            profile.email,
            shown(program.accounts.lookup_points(customer)),
            {},
            offers,
            accounts,
        )
        return Answer(200, encode(LookupOut("success", [shown_customer])))

    def lock(self, now: int, request: bodies.Lock) -> Answer:
        """Hold a user offer for a transaction."""
        payload = request.request_payload
        basket = transaction(payload.transaction, "$.request_payload.transaction")
        code, kind = _code(payload)
        return _held(self._program.redemption.lock(now, code, kind, basket), "LOCKED")

    def redeem(self, now: int, request: bodies.Lock) -> Answer:
        """Redeem a user offer at once."""
        payload = request.request_payload
        basket = transaction(payload.transaction, "$.request_payload.transaction")
        code, kind = _code(payload)
        return _held(self._program.redemption.redeem(now, code, kind, basket), "REDEEMED")

    def unlock(self, now: int, request: bodies.Unlock) -> Answer:
        """Put a locked user offer back into the wallet."""
        user_offer = self._program.redemption.unlock(now, request.request_payload.user_offer_id.lower())
        return Answer(200, encode(LockOut("OK", discount(user_offer, None, "INFO", None))))

    def reinstate(self, now: int, request: bodies.Unlock) -> Answer:
        """Undo a redemption."""
        user_offer = self._program.redemption.reinstate(now, request.request_payload.user_offer_id.lower())
        return Answer(200, encode(LockOut("OK", discount(user_offer, None, "INFO", None))))

    def send_transaction(self, now: int, request: bodies.Send) -> Answer:
        """Take a transaction."""
        self._program.transactions.send(now, transaction(request.request_payload, "$.request_payload"))
        return Answer(200, _SENT)


def _in_wallet(user_offer: UserOfferRecord, pricing: Pricing | None) -> DiscountOut:
    hold = user_offer.hold  # what is redeemed stands in no wallet, so whatever is held there is locked
    if hold is None:
        return discount(user_offer, pricing, "INFO", None)
    return discount(user_offer, pricing, "LOCKED", hold.at)


def _held(user_offer: UserOfferRecord, status: str) -> Answer:
    hold = user_offer.hold
    assert hold is not None, "a locked or redeemed user offer has a hold"
    return Answer(200, encode(LockOut("OK", discount(user_offer, hold.pricing, status, hold.at))))


def _code(payload: bodies.LockPayload) -> tuple[str, str]:
    kind = payload.offer_lookup_type.lower()
    if kind == "userofferid":
        return payload.offer_lookup_code.lower(), kind
    if kind == "ttlcode":
        return payload.offer_lookup_code, kind
    raise Malformed("$.request_payload.offer_lookup_type", "userofferid or ttlcode")


def _who(payload: bodies.LookupPayload) -> tuple[Key, str]:
    given = [
        (key, value)
        for key, value in (
            (Key.EXTERNAL_ID, payload.external_customer_id),
            (Key.EMAIL, payload.email),
            (Key.MOBILE_NUMBER, payload.phone),
            (Key.USER_ID, payload.user_id and payload.user_id.lower()),
        )
        if value is not None
    ]
    if len(given) != 1:
        raise Malformed("$.request_payload", "exactly one of external_customer_id, email, phone and user_id")
    key, value = given[0]
    return key, str(value)
