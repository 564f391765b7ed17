"""The Core service: customers, their points and their tiers (Core Loyalty Data, steps 1 and 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import msgspec

from offerproof.program import Program, Settings
from offerproof.program.customers import digits_of
from offerproof.program.model import (
    NO_TEXTS,
    CustomerAttributes,
    CustomerRecord,
    CustomerTexts,
    Identifier,
    Key,
    TierLevel,
    TierProgress,
)
from offerproof.simulator import bodies
from offerproof.simulator.answers import Answer, encode
from offerproof.simulator.values import Malformed, flag, joined, sane, shown, spaced

_FLAGS = ("user[user_profile]", "expand_incentives", "show_identifiers")
_SEARCHED = (("email", Key.EMAIL), ("external_id", Key.EXTERNAL_ID), ("mobile_number", Key.MOBILE_NUMBER))


class CoreQuery(msgspec.Struct):
    """A request without a body: who stands in the path, and the query string's members."""

    subject: str
    query: Mapping[str, str]


class CoreCalls:
    """One method per call: takes the instant and the decoded request, returns the answer or raises ``Refused``."""

    def __init__(self, program: Program, settings: Settings) -> None:
        self._program = program
        self._settings = settings
        self._phones: dict[tuple[str, str], bodies.PhoneIn] = {}

    def search_customers(self, now: int, request: CoreQuery) -> Answer:
        """The one customer with an e-mail address, external id or mobile number."""
        _check_flags(request.query)
        given = [(key, request.query[name]) for name, key in _SEARCHED if name in request.query]
        if len(given) != 1:
            raise Malformed("query", "exactly one of email, external_id and mobile_number")
        key, value = given[0]
        if not value.strip():
            raise Malformed("query", f"a value for {key.value}")
        return self._show(self._program.customers.find(key, value), request.query)

    def get_customer(self, now: int, request: CoreQuery) -> Answer:
        """A customer by id."""
        _check_flags(request.query)
        return self._show(self._program.customers.find(Key.USER_ID, request.subject.lower()), request.query)

    def get_customer_by_external_id(self, now: int, request: CoreQuery) -> Answer:
        """A customer by external id."""
        _check_flags(request.query)
        return self._show(self._program.customers.find(Key.EXTERNAL_ID, request.subject), request.query)

    def create_customer(self, now: int, request: bodies.CreateCustomer) -> Answer:
        """Create a customer."""
        customer = self._program.customers.create(now, profile(request.user))
        self.remember_phones(customer.id, request.user)
        return self._show(customer, {})

    def remember_phones(self, user_id: str, user: bodies.UserIn) -> None:
        """Keep what the rules do not need of phone numbers given as records."""
        for one in user.phone_numbers or ():
            if not isinstance(one, str):
                self._phones[user_id, digits_of(one.phone_number)] = one

    def _phone(self, user_id: str, digits: str) -> dict[str, Any]:
        given = self._phones.get((user_id, digits))
        return {
            "phone_number": digits,
            "phone_type": given.phone_type if given else None,
            "preference_flags": (given.preference_flags if given else None) or [],
            "verified_ownership": False,
        }

    def _show(self, customer: CustomerRecord, query: Mapping[str, str]) -> Answer:
        user = self.user(customer)
        if _asked(query, "expand_incentives"):
            user["tier_details"] = self.tier_details(customer)
        if _asked(query, "show_identifiers"):
            user["identifiers"] = [
                {"external_id": one.external_id, "external_id_type": one.external_id_type}
                for one in customer.profile.identifiers
            ]
        if _asked(query, "user[user_profile]"):
            user["user_profile"] = dict(customer.profile.user_profile or {})
        return Answer(200, encode({"status": "ok", "user": user}))

    def user(self, customer: CustomerRecord) -> dict[str, Any]:
        """Return the ``user`` object without what flags ask for."""
        own = customer.profile
        texts = own.texts
        locale = texts.locale
        standing = self._program.tiers.standing(customer)
        return {
            "id": customer.id,
            "external_id": own.external_id,
            "opted_in": bool(own.opted_in),
            "activated": own.activated,
            "proxy_ids": (),
            "available_points": shown(standing.available_points),
            "test_points": 0,
            "unclaimed_achievement_count": 0,
            "email": own.email,
            "gender": texts.gender,
            "dob": texts.dob,
            "created_at": spaced(customer.created_at),
            "updated_at": spaced(customer.updated_at),
            "address": texts.address,
            "address2": texts.address2,
            "city": texts.city,
            "zip": texts.zip,
            "dma": texts.dma,
            "state": texts.state,
            "country": texts.country,
            "suspended": own.suspended,
            "last_name": texts.last_name,
            "first_name": texts.first_name,
            "registered_at": spaced(customer.created_at),
            "profile_photo_url": texts.profile_photo_url or "/images/account-neutral.png",
            "account_status": "good",
            "current_zip": texts.current_zip,
            "current_dma": texts.current_dma,
            "current_state": texts.current_state,
            "current_country": texts.current_country,
            "tier": standing.tier,
            "tier_system": standing.tier_system,
            "tier_points": shown(standing.tier_points),
            "next_tier_points": None if standing.next_tier_points is None else shown(standing.next_tier_points),
            "tier_ends_value": None if standing.tier_ends_value is None else shown(standing.tier_ends_value),
            "tier_entered_at": spaced(standing.tier_entered_at),
            "tier_resets_at": None if standing.tier_resets_at is None else spaced(standing.tier_resets_at),
            "locale": None if locale is None else locale.lower(),
            "test_account": own.test_account,
            "phone_numbers": [self._phone(customer.id, one) for one in own.phone_numbers],
            "tier_starts_value": shown(standing.tier_starts_value),
            "next_tier_percentage": shown(standing.next_tier_percentage),
            "referrer_code": texts.referrer_code,
            "verification_method": texts.verification_method,
        }

    def tier_details(self, customer: CustomerRecord) -> dict[str, Any]:
        """Return ``tier_details``: each tier system, and all point accounts."""
        program = self._program
        details: list[dict[str, Any]] = [
            {
                "account_name": setting.name,
                "user_point_account_id": account.id if account else "",
                "point_account_id": setting.id,
                "grouping_label": setting.label,
                "available_balance": shown(account.balance) if account else 0,
                "life_time_value": shown(account.life_time_value) if account else 0,
            }
            for setting, account in program.accounts.of(customer)
        ]
        balances = {
            "retailer_id": self._settings.retailer_id,
            "user_id": customer.id,
            "summary": {
                "total_points": sum(one["available_balance"] for one in details),
                "life_time_points": sum(one["life_time_value"] for one in details),
            },
            "details": details,
        }
        levels = [self._tier_level(customer, one) for one in program.tiers.progress(customer)]
        return {"tier_levels": levels, "point_account_balances": balances}

    def _tier_level(self, customer: CustomerRecord, progress: TierProgress) -> dict[str, Any]:
        member = progress.membership
        system_id = member.system.id
        shown_level: dict[str, Any] = {
            "id": member.id,
            "tier_system_id": system_id,
            "tier_level_id": progress.level.id,
            "user_id": customer.id,
            "join_date": joined(member.joined_at),
            "tier_overview": self._overview(system_id, progress.level),
        }
        target = progress.next_level
        if target is not None:
            shown_level["next_tier_overview"] = self._overview(system_id, target)
            shown_level["tier_progress"] = [
                {"rule_tree_id": target.rule_tree_id, "rules": self._rules(progress, target)}
            ]
        return shown_level

    def _overview(self, system_id: str, level: TierLevel) -> dict[str, Any]:
        return {
            "id": level.id,
            "tier_system_id": system_id,
            "retailer_id": self._settings.retailer_id,
            "name": level.name,
            "rank": level.rank,
            "status": self._settings.tiers.discriminators.level_status,
        }

    def _rules(self, progress: TierProgress, target: TierLevel) -> list[dict[str, Any]]:
        """The flattened rule tree: the group node, and under it the leaf that compares the balance."""
        settings = self._settings
        numbers = settings.tiers.discriminators
        accounts = [settings.accounts[index] for index in progress.membership.system.accounts]
        constraint: dict[str, Any] = {
            "discriminator": numbers.accounts_constraint,
            "point_accounts": {account.id: account.name for account in accounts},
            "id": target.constraint_id,
            "rule_id": target.rule_id,
            "is_new": False,
            "rank": 0,
        }
        leaf: dict[str, Any] = {
            "query_result": shown(progress.points),
            "rule_id": target.rule_id,
            "parent_id": target.group_rule_id,
            "tree_id": target.rule_tree_id,
            "rule_passed": progress.passed,
            "rule": {
                "discriminator": numbers.balance_rule,
                "target_balance": shown(target.threshold),
                "comparison": numbers.at_least,
                "id": target.rule_id,
                "retailer_id": settings.retailer_id,
                "parent_id": target.group_rule_id,
                "rank": 0,
                "is_new": False,
                "constraints": [constraint],
            },
            "discriminator": numbers.leaf,
            "rule_tree_name": "",
        }
        group: dict[str, Any] = {
            "rule_id": target.group_rule_id,
            "tree_id": target.rule_tree_id,
            "rule_passed": progress.passed,
            "rule": {
                "discriminator": numbers.group,
                "id": target.group_rule_id,
                "retailer_id": settings.retailer_id,
                "rank": 0,
                "is_new": False,
                "constraints": [],
            },
            "discriminator": numbers.group,
            "rule_tree_name": "",
        }
        return [leaf, group]


def profile(user: bodies.UserIn) -> CustomerAttributes:
    """Return the attributes of a customer to be created, checked for their types."""
    phones = tuple(one if isinstance(one, str) else one.phone_number for one in user.phone_numbers or ())
    texts = {name: value for name in _TEXTS if (value := getattr(user, name)) is not None}
    result = CustomerAttributes(
        external_id=user.external_id,
        external_id_type=user.external_id_type,
        email=user.email,
        mobile_number=user.mobile_number,
        identifiers=tuple(Identifier(one.external_id, one.external_id_type) for one in user.identifiers or ()),
        phone_numbers=phones,
        texts=CustomerTexts(**texts) if texts else NO_TEXTS,
        opted_in=None if user.opted_in is None else flag(user.opted_in, "$.user.opted_in"),
        user_profile=sane(user.user_profile, "$.user.user_profile"),
    )
    for name in ("activated", "suspended", "test_account"):
        value = getattr(user, name)
        if value is not None:
            setattr(result, name, flag(value, f"$.user.{name}"))
    return result


_TEXTS = tuple(one.name for one in fields(CustomerTexts))


def _check_flags(query: Mapping[str, str]) -> None:
    """Refuse a flag that is neither true nor false, before anything is looked for."""
    for name in _FLAGS:
        _asked(query, name)


def _asked(query: Mapping[str, str], name: str) -> bool:
    value = query.get(name)
    return value is not None and value != "" and flag(value, f"query {name}")
