"""Customers: creating them, and finding exactly one by each identifier."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from offerproof.program.model import CustomerAttributes, CustomerRecord, Identifier, Key
from offerproof.program.refusal import Reason, Refused
from offerproof.program.state import State
from offerproof.program.tiers import Tiers

_FEWEST_DIGITS = 5
_MOST_DIGITS = 15  # E.164


def digits_of(phone: str) -> str:
    """The digits of a phone number; everything else is decoration."""
    return phone if phone.isdecimal() and phone.isascii() else "".join(one for one in phone if "0" <= one <= "9")


class Customers:
    """Who the customers are."""

    def __init__(self, state: State, tiers: Tiers) -> None:
        self._state = state
        self._tiers = tiers
        self._by_email: dict[str, CustomerRecord] = {}
        self._by_mobile_number: dict[str, CustomerRecord | list[CustomerRecord]] = {}

    def create(self, now: int, profile: CustomerAttributes, user_id: str | None = None) -> CustomerRecord:
        """Create a customer and take the profile over. Refused: INVALID (``errors`` by member), IDENTIFIER_TAKEN."""
        self.require_valid_profile(profile)
        self._normalise(profile)
        customer_id = self._state.new_id() if user_id is None else user_id.lower()
        self._require_identifiers_free(profile, customer_id)
        customer = CustomerRecord(customer_id, profile, now, now)
        self._remember(customer)
        self._tiers.join(now, customer)
        self._state.tell(now, "customer_created", customer.id, customer.id)
        return customer

    def load(self, now: int, customers: Iterable[tuple[str | None, CustomerAttributes]]) -> int:
        """Create many (user id or None, profile); returns how many. Stops at the first that is refused."""
        count = 0
        for user_id, profile in customers:
            self.create(now, profile, user_id)
            count += 1
        return count

    def find(self, by: Key, value: str) -> CustomerRecord:
        """Find exactly one customer. Refused: UNKNOWN_CUSTOMER, AMBIGUOUS_CUSTOMER (a shared mobile number)."""
        if by == Key.EXTERNAL_ID:
            found = self._state.by_external_id.get(value)
        elif by == Key.USER_ID:
            return self._state.customer(value)
        elif by == Key.EMAIL:
            found = self._by_email.get(value.strip().lower())
        else:
            found = self._find_by_mobile_number(digits_of(value))
        if found is None:
            raise Refused(Reason.UNKNOWN_CUSTOMER, "there is no such customer")
        return found

    def _find_by_mobile_number(self, digits: str) -> CustomerRecord | None:
        found = self._by_mobile_number.get(digits)
        if not isinstance(found, list):
            return found
        if self._state.settings.customers.shared_mobile_number_refused:
            raise Refused(Reason.AMBIGUOUS_CUSTOMER, "several customers share this mobile number")
        return found[-1]

    def require_valid_profile(self, profile: CustomerAttributes) -> None:
        """Refused: INVALID, ``errors`` by member as on the wire."""
        errors: dict[str, list[str]] = {}
        if not (profile.external_id or profile.identifiers or profile.email or _phones(profile)):
            errors["user"] = ["needs one of external_id, email, mobile_number, phone_numbers"]
        for member in self._state.settings.customers.required:
            if not getattr(profile, member, None) and not getattr(profile.texts, member, None):
                errors[f"user.{member}"] = ["is missing"]
        if profile.email is not None and not _looks_like_email(profile.email.strip()):
            errors["user.email"] = ["is not an e-mail address"]
        for member, phones in (("mobile_number", [profile.mobile_number]), ("phone_numbers", profile.phone_numbers)):
            if any(phone is not None and not _looks_like_phone(phone) for phone in phones):
                errors[f"user.{member}"] = [f"must have {_FEWEST_DIGITS} to {_MOST_DIGITS} digits"]
        dob = profile.texts.dob
        if dob is not None and not _is_date(dob):
            errors["user.dob"] = ["must be a date, YYYY-MM-DD"]
        if errors:
            raise Refused(Reason.INVALID, "; ".join(f"{key} {words[0]}" for key, words in errors.items()), errors)

    def _normalise(self, profile: CustomerAttributes) -> None:
        if profile.email is not None:
            profile.email = profile.email.strip()
        if profile.external_id:
            own = Identifier(profile.external_id, profile.external_id_type or "")
            others = tuple(one for one in profile.identifiers if one.external_id != profile.external_id)
            profile.identifiers = (own, *others)
        elif profile.identifiers:
            profile.external_id = profile.identifiers[0].external_id
            profile.external_id_type = profile.identifiers[0].external_id_type
        phones = tuple(dict.fromkeys(digits_of(phone) for phone in _phones(profile)))
        profile.phone_numbers = phones
        profile.mobile_number = phones[0] if phones else None
        if profile.opted_in is None:
            profile.opted_in = self._state.settings.customers.opted_in_by_default

    def _require_identifiers_free(self, profile: CustomerAttributes, customer_id: str) -> None:
        if customer_id in self._state.customers:
            taken = "user_id"
        elif any(one.external_id in self._state.by_external_id for one in profile.identifiers):
            taken = "external_id"
        elif profile.email is not None and profile.email.lower() in self._by_email:
            taken = "email"
        else:
            return
        errors = {f"user.{taken}": ["is taken"]}
        raise Refused(Reason.IDENTIFIER_TAKEN, f"another customer has this {taken}", errors)

    def _remember(self, customer: CustomerRecord) -> None:
        profile = customer.profile
        self._state.customers[customer.id] = customer
        for identifier in profile.identifiers:
            self._state.by_external_id[identifier.external_id] = customer
        if profile.email is not None:
            self._by_email[profile.email.lower()] = customer
        for phone in profile.phone_numbers:
            there = self._by_mobile_number.get(phone)
            if there is None:
                self._by_mobile_number[phone] = customer
            elif isinstance(there, list):
                there.append(customer)
            else:
                self._by_mobile_number[phone] = [there, customer]


def _phones(profile: CustomerAttributes) -> tuple[str, ...]:
    return ((profile.mobile_number,) if profile.mobile_number else ()) + profile.phone_numbers


def _looks_like_phone(phone: str) -> bool:
    return _FEWEST_DIGITS <= len(digits_of(phone)) <= _MOST_DIGITS


def _looks_like_email(email: str) -> bool:
    name, at, domain = email.rpartition("@")
    return bool(name and at and domain) and not any(one.isspace() for one in email)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
