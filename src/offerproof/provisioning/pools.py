"""Pools: things somebody prepared on the target, a JSON line each; what was used goes into a ledger, for good."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, Final

from offerproof.errors import Misuse
from offerproof.files import read_json, read_whole
from offerproof.provisioning.ledger import Ledger
from offerproof.provisioning.values import UsedUp
from offerproof.target import Profile

CUSTOMER_KEYS: Final = {"user_id": True, "external_id": False, "email": False, "phone": False}
USER_OFFER_KEYS: Final = {"user_id": True, "user_offer_id": True, "offer_id": False, "type": False}
"""Members of an entry; True where one is required."""
STANDING_KEYS: Final = dict.fromkeys(CUSTOMER_KEYS, False)
Entry = dict[str, str]
_ANY: Final[Callable[[Mapping[str, str]], bool]] = lambda entry: True  # noqa: E731  (a default, and no more)


class Pool:
    """The entries of one pool file. Ids count in any case."""

    def __init__(self, file: Path, keys: Mapping[str, bool], key: str, ledger: Ledger) -> None:
        self.entries = _read(file, keys, key)
        self.file = file
        self.key = key
        self.ledger = ledger
        self._owners: Iterator[list[Entry]] = iter(self._by_owner().values())

    def used_up(self, what: str, needed: str) -> UsedUp:
        """The error that says that there is no more, and what is needed."""
        return UsedUp(f"the pool of {what} is used up; {needed} needed (used: {self.ledger.name})")

    def left(self, fits: Callable[[Mapping[str, str]], bool] = _ANY) -> int:
        """How many entries that fit are not used yet."""
        used = self.ledger.used()
        return sum(fits(entry) for name, entry in self.entries.items() if name not in used)

    def take(self, run_id: str, fits: Callable[[Mapping[str, str]], bool] = _ANY) -> Entry | None:
        """Take the first entry that fits; None when there is none left."""

        def choose(used: Set[str]) -> str | None:
            free = (name for name, entry in self.entries.items() if name not in used and fits(entry))
            return next(free, None)

        chosen = self.ledger.take(choose, run_id)
        return None if chosen is None else self.entries[chosen]

    def take_apart(self, run_id: str, fits: Callable[[Mapping[str, str]], bool], together: int) -> Entry | None:
        """Take an entry whose owner has ``together`` unused entries; None when nobody has.

        Owners of whom nothing was used come first, and among them who has the fewest, so that the others stay whole.
        """
        chosen = self.ledger.take(lambda used: self.apart(used, fits, together), run_id)
        return None if chosen is None else self.entries[chosen]

    def apart(self, used: Collection[str], fits: Callable[[Mapping[str, str]], bool], together: int) -> str | None:
        """The id that ``take_apart`` takes when these are used."""
        owners: dict[str, list[str]] = {}
        touched = {entry["user_id"].lower() for name, entry in self.entries.items() if name in used}
        for name, entry in self.entries.items():
            if name not in used and fits(entry):
                owners.setdefault(entry["user_id"].lower(), []).append(name)
        enough = {owner: names for owner, names in owners.items() if len(names) >= together}
        best = min(enough, key=lambda owner: (owner in touched, len(enough[owner])), default=None)
        return None if best is None else enough[best][0]

    def take_owners(self, run_id: str, count: int) -> list[list[Entry]]:
        """Take the next owners with all their entries that nobody used; fewer when the pool is used up.

        They are written down together, however many they are.
        """
        taken: list[list[Entry]] = []
        while batch := list(islice(self._owners, count - len(taken))):
            fresh = self.ledger.take_all((self._name(entry) for owned in batch for entry in owned), run_id)
            kept = ([entry for entry in owned if self._name(entry) in fresh] for owned in batch)
            taken += [owned for owned in kept if owned]
        return taken

    def _name(self, entry: Entry) -> str:
        return entry[self.key].lower()

    def _by_owner(self) -> dict[str, list[Entry]]:
        owners: dict[str, list[Entry]] = {}
        for entry in self.entries.values():
            owners.setdefault(entry["user_id"].lower(), []).append(entry)
        return owners


class Pools:
    """The pools of a profile, with the ledgers of what earlier runs used; ``folder`` is where runs are kept.

    Without a ``folder`` nothing is written down.
    """

    def __init__(self, profile: Profile, folder: Path | None) -> None:
        self._profile = profile
        self.customers: Pool | None = None
        self.user_offers: Pool | None = None
        customers, user_offers = ledgers(profile, folder)
        if profile.customers.kind == "pool" and profile.customers.file:
            self.customers = Pool(profile.customers.file, CUSTOMER_KEYS, "user_id", customers)
        self.standing: list[Entry] = []
        """Customers that exist: read as often as anybody likes, and never used up."""
        if profile.customers.standing:
            self.standing = list(_read(profile.customers.standing, STANDING_KEYS, None).values())
        if profile.offers.kind == "pool" and profile.offers.file:
            self.user_offers = Pool(profile.offers.file, USER_OFFER_KEYS, "user_offer_id", user_offers)

    def refuse_empty(self, needed: Iterable[str]) -> None:
        """Raise ``Misuse`` where a pool that a run needs (``customers``, ``offers``) holds nothing unused."""
        pools = {"customers": ("customer", self.customers), "offers": ("user offer", self.user_offers)}
        for table in needed:
            what, pool = pools[table]
            if pool is None or pool.left():
                continue
            where = f"{self._profile.source or self._profile.name}: {table}.file: "
            if not pool.entries:
                hint = f'it needs a line for each {what}, such as {{"{pool.key}": "…"}}'
                raise Misuse(f"{where}the pool {pool.file.name} holds no {what}", hint=hint)
            hint = f"name a file with fresh ones; {pool.ledger.path} says what is gone"
            told = f"each {what} of the pool {pool.file.name} ({len(pool.entries)}) was used by an earlier run"
            raise Misuse(where + told, hint=hint)

    def people(self) -> Iterator[Entry]:
        """Everybody whom the pools name, used or not."""
        yield from self.customers.entries.values() if self.customers else ()
        yield from self.standing

    def owner(self, user_id: str) -> Entry:
        """What the pool of customers says of the owner of a pooled user offer; the id alone where it does not."""
        known = self.customers.entries.get(user_id.lower()) if self.customers else None
        return known or {"user_id": user_id}


def ledgers(profile: Profile, folder: Path | None) -> tuple[Ledger, Ledger]:
    """The ledgers of a profile's customers and of its user offers."""
    names = [f"used-{what}-{profile.name}.jsonl" for what in ("customers", "user-offers")]
    customers, user_offers = (Ledger(folder / name if folder else None) for name in names)
    return customers, user_offers


def shortfalls(wanted: Mapping[str, int], people: int, pools: Pools) -> list[str]:
    """What the pools lack for so many user offers by type and so many people, a line each; empty when they suffice."""
    lacking = []
    if pools.customers is not None and pools.customers.left() < people:
        lacking.append(f"{people - pools.customers.left()} customers more (of {people})")
    if pools.user_offers is not None:
        left, total = pools.user_offers.left(), sum(wanted.values())
        for kind, count in wanted.items():
            have = pools.user_offers.left(lambda entry, kind=kind: kind in ("any", entry.get("type")))  # type: ignore[misc]
            if have < count:
                lacking.append(f"{count - have} user offers of type {kind} more (of {count})")
        if not lacking and left < total:
            lacking.append(f"{total - left} user offers more (of {total})")
    return lacking


def _read(file: Path, keys: Mapping[str, bool], key: str | None) -> dict[str, Entry]:
    """The entries of a file by their ``key``, in lower case; without one by the first member that they have."""
    entries: dict[str, Entry] = {}
    lines = read_whole(file, "the pool").removeprefix(b"\xef\xbb\xbf").split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        entry = _entry(f"{file}, line {number}", line, keys)
        named = key or next((one for one in keys if one in entry), None)
        if named is None:
            raise Misuse(f"{file}, line {number}: it names nobody; it needs one of {', '.join(keys)}")
        name = entry[named].lower() if key else f"{named} {entry[named].lower()}"
        if name in entries:
            raise Misuse(f"{file}, line {number}: this {named} stands there twice")
        entries[name] = entry
    return entries


def _entry(place: str, line: bytes, keys: Mapping[str, bool]) -> Entry:
    try:
        entry = read_json(line)
    except UnicodeDecodeError:
        raise Misuse(f"{place}: it is not UTF-8") from None
    except ValueError as problem:
        raise Misuse(f"{place}: not JSON: {problem}") from None
    if not isinstance(entry, dict):
        raise Misuse(f"{place}: not an object")
    _check_members(place, entry, keys)
    for name, required in keys.items():
        value = entry.get(name)
        if (value is not None or required) and (not isinstance(value, str) or not value):
            raise Misuse(f"{place}: {name} is missing or not a text")
    return {name: value for name, value in entry.items() if value is not None}


def _check_members(place: str, entry: Mapping[str, Any], keys: Sequence[str] | Mapping[str, bool]) -> None:
    for unknown in sorted(set(entry) - set(keys)):
        near = get_close_matches(unknown, keys, n=1)
        meant = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(keys)}"
        raise Misuse(f"{place}: unknown member {unknown!r}; {meant}")
