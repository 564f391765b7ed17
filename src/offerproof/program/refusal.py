"""Why an operation of the program was refused: a closed list of reasons, in order of precedence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum


class Reason(StrEnum):
    """Every reason the program can give, in the order in which an operation looks: where two apply, the first wins.

    It goes from the request itself, over what it names, to the state of what it names: first "this makes no sense",
    then "there is no such thing", then "not any more", then "not now", then "not for this basket". Of several discounts
    in a transaction the first bad one counts. Amounts that are out of range (INVALID) are noticed last.
    """

    # the request itself
    INVALID = "invalid"  # a member is missing, out of range or contradicts another; ``errors`` names the members
    UNSUPPORTED = "unsupported"  # documented, but this program does not offer it (buy-x-get-y, set-price)
    # the state of a transaction
    TRANSACTION_FOLDED = "transaction_folded"  # closed, and folded away since: too many newer ones, or too old
    TRANSACTION_STALE = "transaction_stale"  # only with transactions.stale = "refuse"
    TRANSACTION_VOIDED = "transaction_voided"
    TRANSACTION_CLOSED = "transaction_closed"
    # what it names
    UNKNOWN_CUSTOMER = "unknown_customer"
    AMBIGUOUS_CUSTOMER = "ambiguous_customer"  # several customers share the identifier
    UNKNOWN_OFFER = "unknown_offer"
    UNKNOWN_USER_OFFER = "unknown_user_offer"
    IDENTIFIER_TAKEN = "identifier_taken"  # something else has this id, external id, e-mail address or code
    # the state of an offer
    OFFER_NOT_PUBLISHED = "offer_not_published"
    ACQUISITION_NOT_STARTED = "acquisition_not_started"
    ACQUISITION_ENDED = "acquisition_ended"
    # the state of a user offer
    REVOKED = "revoked"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    USER_OFFER_FOLDED = "user_offer_folded"  # redeemed, expired or revoked, and folded away since
    NOT_LOCKED = "not_locked"
    LOCKED_BY_ANOTHER = "locked_by_another"  # another transaction holds the lock
    LOCKED = "locked"  # only with user_offers.revoke_locked = "refuse"
    NOT_REDEEMED = "not_redeemed"
    NOT_YET_VALID = "not_yet_valid"  # the redemption window has not opened
    # the discount on this basket
    WRONG_OWNER = "wrong_owner"  # a discount names another customer than the owner of its user offer
    DUPLICATE_DISCOUNT = "duplicate_discount"  # one user offer stands in two discounts of a transaction
    NOT_APPLICABLE = "not_applicable"  # nothing in the basket can be discounted
    UNKNOWN_PAYER = "unknown_payer"  # only with transactions.unknown_payer = "refuse"


class Refused(Exception):
    """The program says no, and nothing was changed.

    ``reason`` is for machines, ``detail`` is one sentence for people, ``errors`` maps members of the request
    (dotted, as on the wire: ``common_config.validity_unit``) to what is wrong with them, when that is known.
    """

    def __init__(self, reason: Reason, detail: str, errors: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.errors: Mapping[str, Sequence[str]] = errors or {}
