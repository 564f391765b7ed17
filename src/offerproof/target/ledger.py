"""What was used of a profile's pools, by any run of any kind: written down for good, beside the runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from offerproof.errors import Misuse
from offerproof.target.values import Profile

try:
    import fcntl
except ImportError:  # Windows has no flock; two runs at once on one pool are then not kept apart
    fcntl = None  # type: ignore[assignment]


class Ledger:
    """Which entries were used, by any run. Another run at the same moment is kept out by a lock on the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def used(self) -> frozenset[str]:
        """Ids that are used up."""
        if not self.path.exists():
            return frozenset()
        return self._ids(self.path.read_text("utf-8"))

    def take(self, choose: Callable[[frozenset[str]], str | None], run_id: str) -> str | None:
        """Let ``choose`` pick an id among what is not used and write it down, while nobody else can."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.path) as file:
            chosen = choose(self._ids(file.read()))
            if chosen is not None:
                file.write(json.dumps({"id": chosen, "run": run_id}) + "\n")
            return chosen

    def take_all(self, wanted: Iterable[str], run_id: str) -> frozenset[str]:
        """Write down those of many ids that are not used yet, and return them."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.path) as file:
            fresh = dict.fromkeys(wanted)
            for name in self._ids(file.read()) & fresh.keys():
                del fresh[name]
            file.writelines(json.dumps({"id": name, "run": run_id}) + "\n" for name in fresh)
            return frozenset(fresh)

    def _ids(self, text: str) -> frozenset[str]:
        try:
            return frozenset(json.loads(line)["id"] for line in text.split("\n") if line)
        except (ValueError, TypeError, KeyError):
            hint = "a run was cut short while it wrote? remove the broken line"
            raise Misuse(f"the ledger {self.path} is damaged: a line is no record of an id", hint=hint) from None


def ledgers(profile: Profile, folder: Path) -> tuple[Ledger, Ledger]:
    """The ledgers of a profile's customers and of its user offers; ``folder`` is where runs are kept."""
    customers, user_offers = (folder / f"used-{what}-{profile.name}.jsonl" for what in ("customers", "user-offers"))
    return Ledger(customers), Ledger(user_offers)


def refuse_empty_pools(profile: Profile, folder: Path, needed: Iterable[str]) -> None:
    """Raise ``Misuse`` where a pool that a run needs (``customers``, ``offers``) holds nothing, or nothing unused."""
    customers, user_offers = ledgers(profile, folder)
    pools = {
        "customers": ("customer", "user_id", profile.customers.kind, profile.customers.file, customers),
        "offers": ("user offer", "user_offer_id", profile.offers.kind, profile.offers.file, user_offers),
    }
    for table in needed:
        what, key, kind, file, ledger = pools[table]
        if kind != "pool" or file is None:
            continue
        names = {str(entry.get(key)).lower() for entry in _entries(file)}
        where = f"{profile.source or profile.name}: {table}.file"
        if not names:
            hint = f'it needs a line for each {what}, such as {{"{key}": "…"}}'
            raise Misuse(f"{where}: the pool {file.name} holds no {what}", hint=hint)
        if names <= ledger.used():
            hint = f"name a file with fresh ones; {ledger.path} says what is gone"
            told = f"each {what} of the pool {file.name} ({len(names)}) was used by an earlier run"
            raise Misuse(f"{where}: {told}", hint=hint)


def _entries(file: Path) -> list[dict[str, Any]]:
    """The lines of a pool as far as they are sound: whoever takes from it says what is wrong with the others."""
    found = []
    for line in file.read_text("utf-8-sig", "replace").split("\n"):
        if line.strip():
            try:
                entry = json.loads(line)
            except ValueError:
                entry = None
            found.append(entry if isinstance(entry, dict) else {})
    return found


@contextmanager
def _locked(path: Path) -> Any:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    file: IO[str]
    with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        yield file
