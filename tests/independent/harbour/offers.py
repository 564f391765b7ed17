"""Offers, the user offers made of them, and what each is worth on a basket."""

from __future__ import annotations

import calendar
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from .plain import Json, Refusal, now, read_flag, read_list, read_number, read_object, read_text, read_time, read_whole

FIXED = ("fixed_amount_check_discount", "fixed_amount_item_discount")
PERCENT = ("percent_check_discount", "percent_item_discount")
TYPES = (*FIXED, *PERCENT, "manual_fulfillment")
UNITS = ("seconds", "minutes", "hours", "days", "weeks", "months", "years")
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Text:
    """An offer's words in one culture."""

    id: str
    culture: str
    title: str
    description: str
    terms: str


@dataclass(frozen=True)
class Offer:
    """What was created; it never changes."""

    id: str
    type: str
    published: bool
    texts: tuple[Text, ...]
    opens: datetime
    closes: datetime
    validity: tuple[int, str] | None
    outlives: bool
    reward_store: bool
    custom_data: str | None
    worth: Decimal

    def text(self, culture: str, *, exact: bool = False) -> Text:
        """The best text: the same culture, then (unless it must be ``exact``) the same language, then the last one."""
        wanted = culture.lower()
        language = wanted.split("-")[0]
        same = [one for one in self.texts if one.culture.lower() == wanted]
        near = [one for one in self.texts if one.culture.lower().split("-")[0] == language and not exact]
        return (same or near or list(reversed(self.texts)))[0]

    def ends(self, acquired: datetime) -> datetime | None:
        """Until the end of the day on which the validity is over, but not beyond the offer itself."""
        last = None
        if self.validity:
            last = later(acquired, *self.validity)
            if self.validity[1] not in ("seconds", "minutes", "hours") and last < FOREVER:
                last = last.replace(hour=23, minute=59, second=59, microsecond=999999)
        if not self.outlives:
            last = min(last or self.closes, self.closes)
        return last


def later(start: datetime, period: int, unit: str) -> datetime:
    """``start`` plus a period, by the calendar; capped where the calendar ends."""
    try:
        if unit in ("months", "years"):
            months = start.year * 12 + start.month - 1 + period * (12 if unit == "years" else 1)
            year, month = divmod(months, 12)
            day = min(start.day, calendar.monthrange(year, month + 1)[1])
            return start.replace(year=year, month=month + 1, day=day)
        return start + timedelta(**{unit: period})
    except (ValueError, OverflowError):
        return FOREVER


def read_offer(asked: Json) -> Offer:
    """The offer that a create asks for, or a refusal."""
    kind = read_text(asked.get("offer_type"), "offer_type")
    if kind not in TYPES:
        raise Refusal("validation", "this offer_type is not sold here", 400)
    if read_object(asked.get("offer_config") or {}, "offer_config").get("type", kind) != kind:
        raise Refusal("validation", "offer_config.type is another one", 400)
    common = read_object(asked.get("common_config"), "common_config")
    opens = read_time(common.get("acquisition_start_date"), "acquisition_start_date")
    closes = read_time(common.get("acquisition_end_date"), "acquisition_end_date")
    if closes < opens:
        raise Refusal("validation", "acquisition ends before it starts", 400)
    texts = tuple(_read_text(one) for one in read_list(asked.get("text_config"), "text_config"))
    if not texts:
        raise Refusal("missing_data", "text_config is needed", 400)
    return Offer(
        str(uuid.uuid4()),
        kind,
        read_flag(asked.get("publish"), "publish", False),
        texts,
        opens,
        closes,
        _read_validity(common),
        read_flag(common.get("valid_after_end_date"), "valid_after_end_date", False),
        read_flag(common.get("reward_store"), "reward_store", False),
        _read_custom_data(common.get("custom_data")),
        _read_worth(kind, read_object(asked.get("discount_config") or {}, "discount_config")),
    )


def _read_text(asked: Json) -> Text:
    words = [asked.get(name) or "" for name in ("description", "terms_and_conditions")]
    if not all(isinstance(one, str) for one in words):
        raise Refusal("validation", "texts are texts", 400)
    culture = asked.get("culture", "en")
    return Text(str(uuid.uuid4()), read_text(culture, "culture"), read_text(asked.get("title"), "title"), *words)


def _read_validity(common: Json) -> tuple[int, str] | None:
    if read_flag(common.get("does_not_expire"), "does_not_expire", False):
        return None
    period = read_whole(common.get("validity_period"), "validity_period", 0)
    unit = common.get("validity_unit")
    if not 0 < period < 100_000 or unit not in UNITS:
        raise Refusal("validation", "validity_period and validity_unit name no period", 400)
    return period, unit


def _read_custom_data(value: Any) -> str | None:
    if value is None:
        return None
    try:
        json.loads(value)
    except (TypeError, ValueError, RecursionError):
        raise Refusal("validation", "custom_data is no JSON text", 400) from None
    assert isinstance(value, str)
    return value


def _read_worth(kind: str, config: Json) -> Decimal:
    if kind in FIXED:
        worth = read_number(config.get("off_cash"), "discount_config.off_cash")
    elif kind in PERCENT:
        worth = read_number(config.get("off_percent"), "discount_config.off_percent")
    else:
        return Decimal(0)
    if not worth or (kind in PERCENT and worth > 100):
        raise Refusal("validation", "discount_config gives nothing, or more than everything", 400)
    return worth


@dataclass
class UserOffer:
    """One offer in one customer's hands."""

    id: str
    owner: str
    offer: Offer
    acquired: datetime
    state: str = "issued"
    """issued, redeemed or revoked; expired follows from the time, held from the fields below."""
    holder: str | None = None
    held_until: datetime = FOREVER
    leaving: bool = False
    """A closed transaction was accepted that redeems it; the effect is still on its way."""
    redeemed_by: str | None = None
    first_price: Any = None

    @property
    def ends(self) -> datetime | None:
        return self.offer.ends(self.acquired)

    def status(self) -> str:
        """issued, redeemed, revoked or expired."""
        ends = self.ends
        if self.state == "issued" and not self.leaving and ends is not None and ends <= now():
            return "expired"
        return self.state

    def held(self) -> bool:
        return self.leaving or (self.holder is not None and now() < self.held_until)


@dataclass(frozen=True)
class Line:
    """One line of a basket."""

    id: str
    quantity: Decimal
    subtotal: Decimal


@dataclass(frozen=True)
class Discount:
    """What an offer takes off, and from which lines."""

    amount: Decimal = Decimal(0)
    lines: tuple[Line, ...] = field(default=())


def price(offer: Offer, basket: tuple[Line, ...]) -> Discount | None:
    """The discount on this basket; None when there is nothing to discount."""
    priced = tuple(line for line in basket if line.subtotal > 0)
    if not priced:
        return None
    if offer.type.endswith("_item_discount"):
        priced = (min(priced, key=lambda line: line.subtotal),)  # the cheapest line
    total = sum((line.subtotal for line in priced), Decimal(0))
    if offer.type in PERCENT:
        amount = (total * offer.worth / 100).quantize(Decimal("0.01"), ROUND_DOWN)
    elif offer.type == "fixed_amount_check_discount":
        amount = offer.worth  # a coupon keeps its face value, also on a small basket
    else:
        amount = min(offer.worth, total)
    return Discount(amount, priced)
