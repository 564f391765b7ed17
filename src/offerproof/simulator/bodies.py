"""What requests carry, as typed structures: decoded by msgspec in one pass, refused with the place that is wrong.

A number or a boolean may come as JSON value or as text, so those members are untyped here and go through ``values``.
Unknown members are ignored; null stands for an optional member that is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import msgspec

from offerproof.program.model import CustomerTexts
from offerproof.simulator.values import Malformed

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Guid = Annotated[
    str, msgspec.Meta(pattern=r"\A[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\Z")
]
Identity = Name | int  # an id of the caller's own choosing
Optional = str | int | None
_LONGEST_NUMBER = 300


class Item(msgspec.Struct):
    """One line of a basket."""

    line_id: Identity
    item_id: Identity
    quantity: Any
    unit_price: Any = None
    subtotal: Any = None
    tax_included: Any = None
    modifies_line_id: Optional = None


class PaymentIn(msgspec.Struct):
    """One payment."""

    amount: Any
    payment_id: Optional = None
    type: str | None = None
    payment_time: str | None = None
    user_id: str | None = None
    user_id_type: str | None = None


class DiscountIn(msgspec.Struct):
    """A discount object handed back; only those that carry a user offer matter to the program."""

    reference_id: str | None = None
    amount: Any = None
    reference_id_type: str | None = None
    user_id: str | None = None
    status: str | None = None
    discounted_line_ids: list[str | int] | None = None
    stack_order: Any = None
    applied_time: str | None = None


class TransactionIn(msgspec.Struct):
    """A basket, in Lookup, Lock, redeem and send_transaction."""

    transaction_id: Identity
    items: list[Item]
    is_closed: Any = None
    is_voided: Any = None
    payments: list[PaymentIn] | None = None
    discounts: list[DiscountIn] | None = None
    channel: str | None = None
    open_time: str | None = None
    modified_time: str | None = None
    subtotal: Any = None
    tax_total: Any = None
    TaxTotal: Any = None
    guest_count: Any = None
    from_transaction_id: Optional = None
    pos_employee_id: Optional = None
    table_id: Optional = None
    custom_data: str | dict[str, Any] | None = None


class LookupPayload(msgspec.Struct):
    """Whose wallet, and for which basket."""

    external_customer_id: Identity | None = None
    email: Text | None = None
    phone: Identity | None = None
    user_id: Guid | None = None
    transaction: TransactionIn | None = None


class LockPayload(msgspec.Struct):
    """Which user offer, and for which basket."""

    offer_lookup_code: Name
    offer_lookup_type: Name
    transaction: TransactionIn


class UserOfferPayload(msgspec.Struct):
    """Which user offer."""

    user_offer_id: Guid
    employee_id: Optional = None


class Container(msgspec.Struct):
    """What every CloudPOS request has around its payload."""

    store_id: Name
    client_id: Name
    request_id: Identity
    culture: str | None = None


class Lookup(Container, kw_only=True):
    """Lookup's request."""

    request_payload: LookupPayload


class Lock(Container, kw_only=True):
    """The request of lock and redeem."""

    request_payload: LockPayload


class Unlock(Container, kw_only=True):
    """The request of unlock and reinstate."""

    request_payload: UserOfferPayload


class Send(Container, kw_only=True):
    """The request of send_transaction."""

    request_payload: TransactionIn


class Either(msgspec.Struct):
    """Enough of a body to tell Lookup's container from a flat get_user_offers."""

    retailer_id: msgspec.Raw = msgspec.Raw(b"")
    request_payload: msgspec.Raw = msgspec.Raw(b"")
    store_id: msgspec.Raw = msgspec.Raw(b"")
    client_id: msgspec.Raw = msgspec.Raw(b"")

    @property
    def container(self) -> bool:
        """Whether it is Lookup's container."""
        parts = (self.request_payload, self.store_id, self.client_id)
        return not bytes(self.retailer_id) and any(bytes(part) for part in parts)


class TextConfig(msgspec.Struct):
    """The words of an offer in one culture."""

    title: Text
    culture: Name
    description: str | None = None
    terms_and_conditions: str | None = None


class CommonConfig(msgspec.Struct):
    """Dates and validity of an offer."""

    acquisition_start_date: str | None = None
    acquisition_end_date: str | None = None
    does_not_expire: Any = None
    valid_after_end_date: Any = None
    reward_store: Any = None
    validity_unit: str | None = None
    validity_period: Any = None
    custom_data: str | None = None


class CreateOffer(msgspec.Struct):
    """The request of create_offer."""

    retailer_id: Name
    offer_type: Name
    text_config: Annotated[list[TextConfig], msgspec.Meta(min_length=1, max_length=1000)]
    publish: Any = None
    offer_id: Guid | None = None
    media_config: list[dict[str, Any]] | None = None
    common_config: CommonConfig | None = None
    discount_config: dict[str, Any] | None = None
    offer_config: dict[str, Any] | None = None
    use_restrictions: list[Any] | None = None
    purchase_restrictions: list[Any] | None = None
    catalog_restrictions: list[Any] | None = None
    location_restrictions: list[Any] | None = None


class FetchOffer(msgspec.Struct):
    """The request of fetch_offer."""

    retailer_id: Name
    offer_id: Guid
    culture: str | None = None


class IssueOffer(msgspec.Struct):
    """The request of issue_offer."""

    retailer_id: Name
    user_id: Guid
    offer_id: Guid
    quantity: Any = None
    issue_exact_version: Any = None


class RevokeOffer(msgspec.Struct):
    """The request of revoke_offer."""

    retailer_id: Name
    user_offer_id: Guid
    reason: str | None = None


class GetUserOffers(msgspec.Struct):
    """The request of get_user_offers."""

    retailer_id: Name
    user_id: Guid
    skip: Any = None
    take: Any = None
    culture: str | None = None
    include_pending_extended_data: Any = None


class UserOfferHistory(msgspec.Struct):
    """The request of user_offer_history."""

    retailer_id: Name
    user_ids: Annotated[list[Guid], msgspec.Meta(max_length=1000)]
    rollback_option: Any = None
    skip: Any = None
    take: Any = None


class IdentifierIn(msgspec.Struct):
    """An external identifier with its kind."""

    external_id: Name
    external_id_type: Name


class PhoneIn(msgspec.Struct):
    """A phone number as a record, as live recordings have it."""

    phone_number: Name
    phone_type: str | None = None
    preference_flags: list[str] | None = None


@dataclass(slots=True, kw_only=True)
class UserIn(CustomerTexts):
    """The attributes of a customer to be created."""

    external_id: Name | None = None
    external_id_type: Name | None = None
    email: Name | None = None
    mobile_number: Name | None = None
    phone_numbers: list[Name | PhoneIn] | None = None
    identifiers: list[IdentifierIn] | None = None
    opted_in: Any = None
    activated: Any = None
    suspended: Any = None
    test_account: Any = None
    dob: Annotated[str, msgspec.Meta(max_length=10)] | None = None
    user_profile: dict[str, Any] | None = None


class CreateCustomer(msgspec.Struct):
    """The request of create_customer."""

    user: UserIn


class NotJson(Exception):
    """The body is not well-formed JSON in UTF-8."""


class Decoder:
    """Decodes bodies into one structure; two kinds of refusal: not JSON at all, and JSON of another shape."""

    def __init__(self, kind: type[Any]) -> None:
        self._kind = kind
        self._decode = msgspec.json.Decoder(kind, float_hook=Decimal).decode

    def __call__(self, body: bytes) -> Any:
        """Return the structure, or raise ``NotJson`` or ``Malformed``."""
        try:
            if not body.isascii():
                body.decode("utf-8")
            return self._decode(body)
        except msgspec.ValidationError as wrong:
            _insist_on_json(body)
            return self._with_whole_numbers(body, wrong)
        except msgspec.DecodeError:
            raise NotJson("the body is not well-formed JSON") from None
        except UnicodeDecodeError:
            raise NotJson("the body is not valid UTF-8") from None
        except RecursionError:
            raise NotJson("the body is nested too deeply") from None
        except (InvalidOperation, ValueError, OverflowError):
            raise Malformed("$", "numbers of sensible size") from None

    def _with_whole_numbers(self, body: bytes, wrong: msgspec.ValidationError) -> Any:
        """Decode again with 9.0 as 9, which JSON Schema calls an integer and msgspec does not."""
        try:
            return msgspec.convert(_whole(_LOOSE.decode(body)), self._kind)
        except (msgspec.DecodeError, InvalidOperation, ValueError, OverflowError, RecursionError):
            raise _malformed(str(wrong)) from None


_ANY = msgspec.json.Decoder(msgspec.Raw)
_LOOSE = msgspec.json.Decoder(float_hook=Decimal)


def _whole(value: Any) -> Any:
    """Return a JSON value with each number that has no fraction as an integer."""
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, Decimal) and value.adjusted() < _LONGEST_NUMBER and value == value.to_integral_value():
        return int(value)
    return value


def _insist_on_json(body: bytes) -> None:
    """A wrong shape is only called that when the whole body is JSON: malformed JSON is the earlier refusal."""
    try:
        _ANY.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise NotJson("the body is not well-formed JSON") from None


def _malformed(message: str) -> Malformed:
    """Turn ``Expected `str`, got `int` - at `$.a.b``` into place and expectation; no value is in such a message."""
    what, _, where = message.partition(" - at ")
    return Malformed(where.strip("`") or "$", what[:1].lower() + what[1:])
