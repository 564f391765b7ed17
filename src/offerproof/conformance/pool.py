"""Pools: things somebody prepared on the target, a JSON line each; what was used goes into a ledger, for good."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from offerproof.errors import Misuse
from offerproof.findings import Needs
from offerproof.target import Ledger, Profile, ledgers

CUSTOMER_KEYS: Final = {"user_id": True, "external_id": False, "email": False, "phone": False}
USER_OFFER_KEYS: Final = {"user_id": True, "user_offer_id": True, "offer_id": False, "type": False}
"""Members of an entry; True where one is required."""


class Pool:
    """The entries of one pool file."""

    def __init__(self, file: Path, keys: Mapping[str, bool], key: str, ledger: Ledger) -> None:
        self.entries = _read(file, keys, key)
        self._key = key
        self._ledger = ledger

    @property
    def ledger(self) -> str:
        """Where used entries are written down, for messages: somebody who sees a full pool wants to know."""
        return self._ledger.path.name

    def left(self, fits: Callable[[Mapping[str, str]], bool] = lambda entry: True) -> int:
        """How many entries that fit are not used yet."""
        used = self._ledger.used()
        return sum(fits(entry) for name, entry in self.entries.items() if name not in used)

    def take(
        self, run_id: str, fits: Callable[[Mapping[str, str]], bool] = lambda entry: True
    ) -> dict[str, str] | None:
        """Take the first entry that fits; None when there is none left."""

        def choose(used: frozenset[str]) -> str | None:
            free = (name for name, entry in self.entries.items() if name not in used and fits(entry))
            return next(free, None)

        chosen = self._ledger.take(choose, run_id)
        return None if chosen is None else self.entries[chosen]

    def take_apart(
        self, run_id: str, fits: Callable[[Mapping[str, str]], bool], together: int
    ) -> dict[str, str] | None:
        """Take an entry whose owner has ``together`` unused entries; None when nobody has.

        Owners of whom nothing was used come first, and among them who has the fewest, so that the others stay whole.
        """

        def choose(used: frozenset[str]) -> str | None:
            owners: dict[str, list[str]] = {}
            touched = {entry["user_id"].lower() for name, entry in self.entries.items() if name in used}
            for name, entry in self.entries.items():
                if name not in used and fits(entry):
                    owners.setdefault(entry["user_id"].lower(), []).append(name)
            enough = {owner: names for owner, names in owners.items() if len(names) >= together}
            best = min(enough, key=lambda owner: (owner in touched, len(enough[owner])), default=None)
            return None if best is None else enough[best][0]

        chosen = self._ledger.take(choose, run_id)
        return None if chosen is None else self.entries[chosen]


def open_pools(profile: Profile, folder: Path) -> tuple[Pool | None, Pool | None]:
    """The profile's pools of customers and user offers, with the ledger of what earlier runs used."""
    customers = user_offers = None
    used_customers, used_user_offers = ledgers(profile, folder)
    if profile.customers.kind == "pool" and profile.customers.file:
        customers = Pool(profile.customers.file, CUSTOMER_KEYS, "user_id", used_customers)
    if profile.offers.kind == "pool" and profile.offers.file:
        user_offers = Pool(profile.offers.file, USER_OFFER_KEYS, "user_offer_id", used_user_offers)
    return customers, user_offers


def shortfalls(needs: Needs, wanted: int, profile: Profile, folder: Path) -> list[str]:
    """What the pools lack for these needs, a line each; empty when they suffice or things are made on demand.

    ``wanted``: customers in all, those that carry user offers among them.
    """
    customers, user_offers = open_pools(profile, folder)
    lacking = []
    if customers is not None and customers.left() < wanted:
        lacking.append(f"{wanted - customers.left()} customers more (of {wanted})")
    if user_offers is not None:
        left = user_offers.left()
        total = sum(needs.user_offers.values())
        for kind, count in needs.user_offers.items():
            have = user_offers.left(lambda entry, kind=kind: kind in ("any", entry.get("type")))  # type: ignore[misc]
            if have < count:
                lacking.append(f"{count - have} user offers of type {kind} more (of {count})")
        if not lacking and left < total:
            lacking.append(f"{total - left} user offers more (of {total})")
    return lacking


def _read(file: Path, keys: Mapping[str, bool], key: str) -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = {}
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
        raise Misuse(f"cannot read the pool {file}: {reason}") from problem
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        entry = _entry(file, number, line, keys)
        name = entry[key].lower()
        if name in entries:
            raise Misuse(f"{file}, line {number}: this {key} stands there twice")
        entries[name] = entry
    return entries


def _entry(file: Path, number: int, line: str, keys: Mapping[str, bool]) -> dict[str, str]:
    try:
        entry: Any = json.loads(line)
    except json.JSONDecodeError as problem:
        raise Misuse(f"{file}, line {number}: not JSON: {problem.msg}") from None
    if not isinstance(entry, dict):
        raise Misuse(f"{file}, line {number}: not an object")
    unknown = sorted(set(entry) - set(keys))
    if unknown:
        raise Misuse(f"{file}, line {number}: unknown member {unknown[0]!r}; known are {', '.join(keys)}")
    for name, required in keys.items():
        value = entry.get(name)
        if value is None and not required:
            continue
        if not isinstance(value, str) or not value:
            raise Misuse(f"{file}, line {number}: {name} is missing or not a text")
    return {name: value for name, value in entry.items() if value is not None}
