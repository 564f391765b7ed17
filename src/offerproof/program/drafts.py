"""What makes an offer acceptable, and which discount its settings ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from offerproof.program.calendar import UNITS, unit_of
from offerproof.program.model import DiscountRule, OfferCommon, OfferDraft

PLAIN: Final = "manual_fulfillment"
# offer type -> (on the check?, percent?)
_DISCOUNTS: Final = {
    "fixed_amount_check_discount": (True, False),
    "fixed_amount_item_discount": (False, False),
    "percent_check_discount": (True, True),
    "percent_item_discount": (False, True),
}
TYPES: Final = (PLAIN, *_DISCOUNTS)
_MAX_PERIOD: Final = 10_000
_MAX_NUMBER: Final = Decimal(10) ** 12


def is_unsupported_type(offer_type: str) -> bool:
    """True for kinds of offers that are documented but not part of this program: buy-x-get-y and set-price."""
    words = offer_type.lower()
    return ("buy" in words and "get" in words) or "set_price" in words


class _Problems:
    """Collects what is wrong, by member as on the wire."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def add(self, member: str, problem: str) -> None:
        self.found.setdefault(member, []).append(problem)


def draft_errors(
    draft: OfferDraft, amount_keys: Sequence[str], percent_keys: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    """What is wrong with a draft, by member; empty when nothing is."""
    problems = _Problems()
    if draft.offer_type not in TYPES:
        problems.add("offer_type", f"must be one of {', '.join(TYPES)}")
    _check_type_repeated(draft, problems)
    _check_texts(draft, problems)
    _check_validity(draft.common, problems)
    if draft.offer_type in TYPES:
        _discount(draft, amount_keys, percent_keys, problems)
    return problems.found


def discount_of(draft: OfferDraft, amount_keys: Sequence[str], percent_keys: Sequence[str]) -> DiscountRule | None:
    """The discount of a draft without errors; None for an offer that is fulfilled by hand."""
    return _discount(draft, amount_keys, percent_keys, _Problems())


def _check_type_repeated(draft: OfferDraft, problems: _Problems) -> None:
    repeated = (draft.offer_config or {}).get("type", draft.offer_type)
    if repeated != draft.offer_type:
        problems.add("offer_config.type", "must be the same as offer_type")


def _check_texts(draft: OfferDraft, problems: _Problems) -> None:
    if not draft.texts:
        problems.add("text_config", "must hold at least one text")
    cultures: set[str] = set()
    for index, text in enumerate(draft.texts):
        if not text.title.strip():
            problems.add(f"text_config[{index}].title", "must not be empty")
        if not text.culture.strip():
            problems.add(f"text_config[{index}].culture", "must not be empty")
        elif text.culture.lower() in cultures:
            problems.add(f"text_config[{index}].culture", "stands twice")
        cultures.add(text.culture.lower())


def _check_validity(common: OfferCommon, problems: _Problems) -> None:
    start, end = common.acquisition_start, common.acquisition_end
    if start is not None and end is not None and end <= start:
        problems.add("common_config.acquisition_end_date", "must be after acquisition_start_date")
    if common.validity_unit is not None and unit_of(common.validity_unit) is None:
        problems.add("common_config.validity_unit", f"must be one of {', '.join(UNITS)}")
    if common.validity_period is not None and not 0 < common.validity_period <= _MAX_PERIOD:
        problems.add("common_config.validity_period", f"must be from 1 to {_MAX_PERIOD}")
    if common.validity_unit is None and common.validity_period is not None:
        problems.add("common_config.validity_unit", "is missing: validity_period needs it")
    if common.validity_period is None and common.validity_unit is not None and not common.does_not_expire:
        problems.add("common_config.validity_period", "is missing: validity_unit needs it")


def _discount(
    draft: OfferDraft, amount_keys: Sequence[str], percent_keys: Sequence[str], problems: _Problems
) -> DiscountRule | None:
    if draft.offer_type == PLAIN:
        return None
    check_level, by_percent = _DISCOUNTS[draft.offer_type]
    config = draft.discount_config or {}
    size = _size(config, percent_keys if by_percent else amount_keys, problems)
    if size is not None and by_percent and size > 100:
        problems.add(f"discount_config.{percent_keys[0]}", "must not be more than 100")
    return DiscountRule(
        check_level=check_level,
        amount=None if by_percent else size,
        percent=size if by_percent else None,
        item_ids=_item_ids(config, problems),
        minimum_subtotal=_number(config, "minimum_subtotal", problems),
        maximum_amount=_number(config, "maximum_amount", problems),
    )


def _size(config: Mapping[str, object], keys: Sequence[str], problems: _Problems) -> Decimal | None:
    for key in keys:
        if config.get(key) is not None:
            return _number(config, key, problems)
    problems.add(f"discount_config.{keys[0]}", "is missing: this type of offer needs it")
    return None


def _number(config: Mapping[str, object], key: str, problems: _Problems) -> Decimal | None:
    value = config.get(key)
    if value is None:
        return None
    try:
        number = Decimal(value) if isinstance(value, int | str | Decimal) and not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        problems.add(f"discount_config.{key}", "must be an exact number")
    elif not 0 < number <= _MAX_NUMBER:
        problems.add(f"discount_config.{key}", f"must be more than 0 and not more than {_MAX_NUMBER}")
    else:
        return number
    return None


def _item_ids(config: Mapping[str, object], problems: _Problems) -> frozenset[str]:
    value = config.get("item_ids")
    if value is None:
        return frozenset()
    if not isinstance(value, list | tuple) or not value or not all(isinstance(one, str) and one for one in value):
        problems.add("discount_config.item_ids", "must be a list of item ids, at least one")
        return frozenset()
    return frozenset(value)
