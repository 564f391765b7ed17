"""Which clauses a recording can decide, measured: ``python -m benchmarks.clauses_of_recordings`` writes
``contracts/recorded.json``.

Recordings of a right simulator are audited, then the same with one answer after the other made otherwise. A clause
counts when a real audit found it kept in a right recording and broken in one of the others. The ledger of requirements
reads the file for its condition "a recording"; it decides no verdict, so it is no part of the content hash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.recorded_walk import RecordedSimulator, har
from offerproof.audit import AuditOptions, audit
from offerproof.client import bodies
from offerproof.contract import load_contract
from offerproof.contract.requirements import RECORDED
from offerproof.findings import Verdict
from offerproof.simulator import profile
from offerproof.simulator.answers import Service
from offerproof.target import load_profile

Entry = dict[str, Any]
_ADDRESSES: Final = dict.fromkeys(Service, "http://127.0.0.1:8080")
_STATES: Final = ("Issued", "Redeemed", "Revoked", "Expired", "LOCKED")
_USER_OFFER: Final = re.compile(r'"user_offer_id":"([^"]+)"')
_OF_A_STATE: Final = ("status_description", "offers.*.status as", "available_balance")
"""What depends on what happened before, so that it is tried everywhere."""
_ADDED: Final[dict[str, Any]] = {"user_profile": {}, "tier_details": {}, "identifiers": []}


# Recordings of a right target


def workflow(simulator: RecordedSimulator) -> None:
    """Every documented call, what may be said after it, and calls that name nobody or nothing."""
    user = _people(simulator)
    offer_id = simulator.offer()
    simulator.offers("fetch_offer", offer_id=offer_id, culture="en-us")
    simulator.offers("fetch_offer", culture="en-us")
    one, two = (simulator.issue(user, offer_id) for _ in range(2))
    other, _, _ = simulator.customer()
    simulator.issue(other, simulator.offer())
    _look(simulator, other)
    simulator.offers("acquisition/issue", user_id=user, offer_id=offer_id, quantity=0)
    simulator.offers("acquisition/revoke", reason="test")
    simulator.history()
    _look(simulator, user)
    _locks(simulator, user, one, two)
    _sales(simulator, user, two)
    simulator.offers("acquisition/revoke", user_offer_id=one, reason="test")
    _look(simulator, user)
    simulator.lock(one, simulator.basket(user))
    simulator.till("redeem", _named(one, simulator.basket(user)))


def _people(simulator: RecordedSimulator) -> str:
    core = f"/priv/v1/apps/{simulator.app.auth.keys.api_key}"
    user, external_id, email = simulator.customer()
    phone = {"external_id": "by-phone", "mobile_number": "15125550143", "opted_in": True}
    simulator.call(Service.CORE, "POST", f"{core}/users", {"user": phone})
    simulator.search(email, "user[user_profile]", "expand_incentives", "show_identifiers")
    queries = (f"external_id={external_id}", "mobile_number=15125550143", "email=nobody%40example.com", "")
    for query in queries:
        simulator.call(Service.CORE, "GET", f"{core}/users/search?{query}")
    for path in (f"users/{user}", f"external/users/{external_id}", "external/users/nobody"):
        simulator.call(Service.CORE, "GET", f"{core}/{path}")
    for named in ({"external_customer_id": external_id}, {"external_customer_id": "nobody"}, {}):
        simulator.till("Lookup", named)
    return user


def _look(simulator: RecordedSimulator, user: str) -> None:
    simulator.till("Lookup", {"user_id": user})
    simulator.till("Lookup", {"user_id": user, "transaction": simulator.basket(user)})
    simulator.offers("get_user_offers", user_id=user, skip=0, take=3)
    simulator.history(user, take=3)


def _named(held: str, basket: dict[str, Any]) -> dict[str, Any]:
    return {"offer_lookup_code": held, "offer_lookup_type": "userofferid", "transaction": basket}


def _locks(simulator: RecordedSimulator, user: str, one: str, two: str) -> None:
    """Locks that name nothing, one that is given back, one by two, and a redemption at once, taken back."""
    simulator.till("unlock", {"employee_id": "1000"})
    simulator.till("reinstate", {"employee_id": "1000"})
    first = simulator.basket(user)
    payload = _named(one, first)
    for change in ({"offer_lookup_code": None}, {"offer_lookup_type": "name"}, {"transaction": None}):
        simulator.till("Lock", {name: kept for name, kept in (payload | change).items() if kept is not None})
    simulator.till("redeem", {"offer_lookup_type": "userofferid", "transaction": first})
    request_id = simulator.fresh("request")
    simulator.lock(one, first, request_id)
    simulator.lock(one, first, request_id)
    simulator.lock(one, first)
    _look(simulator, user)
    simulator.lock(one, simulator.basket(user))
    simulator.till("send_transaction", simulator.basket(user) | _discounted(one))
    simulator.till("unlock", {"user_offer_id": one, "employee_id": "1000"})
    _look(simulator, user)
    simulator.till("redeem", _named(two, simulator.basket(user)))
    _look(simulator, user)
    simulator.till("redeem", _named(two, simulator.basket(user)))
    simulator.till("reinstate", {"user_offer_id": two, "employee_id": "1000"})
    _look(simulator, user)


def _discounted(held: str) -> dict[str, Any]:
    discount = {"reference_id": held, "reference_id_type": "userofferid", "amount": 1, "status": "LOCKED"}
    return {"is_closed": "true", "discounts": [discount]}


def _sales(simulator: RecordedSimulator, user: str, held: str) -> None:
    """A plain sale, sent again newer, then returned; and a sale with a discount."""
    email = "walk0000000001@example.com"
    plain = simulator.basket(user) | {"is_closed": "true"}
    simulator.till("send_transaction", plain)
    simulator.search(email, "expand_incentives")
    simulator.search(email, "expand_incentives")
    for minutes, change in ((1, {}), (2, {"items": [], "subtotal": 0, "payments": []})):
        later = bodies.moment(simulator.at + timedelta(minutes=minutes))
        simulator.till("send_transaction", plain | change | {"modified_time": later})
        simulator.search(email, "expand_incentives")
    basket = simulator.basket(user)
    discount = simulator.lock(held, basket)
    simulator.till("send_transaction", basket | {"is_closed": "true", "discounts": [discount]})
    _look(simulator, user)
    simulator.lock(held, simulator.basket(user))
    simulator.till("unlock", {"user_offer_id": held, "employee_id": "1000"})
    simulator.history(user, take=3)


def weeks(simulator: RecordedSimulator) -> None:
    """An offer that lasts a week, and a purchase whose points count half a year later."""
    user, _, email = simulator.customer()
    lasts = {"common_config": {"validity_unit": "weeks", "validity_period": 1}}
    retailer = simulator.app.settings.retailer_id
    body = bodies.offer("fixed_amount_check_discount", "Five off", simulator.at, retailer, lasts)
    made = simulator.call(Service.OFFERS, "POST", "/api/2.0/offers/management/create", body)
    held = simulator.issue(user, made["payload"]["offer_id"])
    _look(simulator, user)
    simulator.till("send_transaction", simulator.basket(user, "5000.00") | {"is_closed": "true"})
    simulator.at += timedelta(days=183)
    simulator.app.clock.set(round(simulator.at.timestamp() * 1_000_000))
    simulator.lock(held, simulator.basket(user))
    _look(simulator, user)
    simulator.search(email, "expand_incentives")


def tolerant(entries: list[Entry]) -> list[Entry]:
    """The same recording, of a target to which giving back a lock that is not there is no mistake."""
    unlocks = [one for one in entries if _path(one).endswith("/unlock")]
    given = next(one for one in unlocks if one["response"]["status"] == 200)
    return [answered(one, parsed(given)) if one is unlocks[-1] else one for one in entries]


def recorded(play: Any) -> list[Entry]:
    """The entries of a walk, each with the date of its answer."""
    simulator = RecordedSimulator()
    play(simulator)
    for entry in simulator.entries:
        at = datetime.fromisoformat(entry["startedDateTime"])
        entry["response"]["headers"].append({"name": "Date", "value": at.strftime("%a, %d %b %Y %H:%M:%S GMT")})
    return simulator.entries


# Answers made otherwise


def parsed(entry: Entry) -> Any:
    """The answer of an entry."""
    return json.loads(entry["response"]["content"]["text"])


def answered(entry: Entry, body: Any, status: int = 200) -> Entry:
    """A copy of an entry with another answer."""
    content = entry["response"]["content"] | {"text": json.dumps(body)}
    return entry | {"response": entry["response"] | {"status": status, "content": content}}


def otherwise(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """All copies of a parsed answer in which one thing is otherwise, each with a name for what."""
    if value == {}:
        yield f"{place} filled", {"title": ["is too short"]}
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield f"{place}.{name} gone", {other: kept for other, kept in value.items() if other != name}
            yield from ((what, value | {name: one}) for what, one in otherwise(inner, f"{place}.{name}"))
        for name, added in _ADDED.items():
            if name not in value and "id" in value:
                yield f"{place}.{name} there", value | {name: added}
    elif isinstance(value, list):
        yield (f"{place} longer", value * 4) if value else (f"{place} no longer empty", [{}])
        for number, inner in enumerate(value):
            for what, one in otherwise(inner, f"{place}.{number}"):
                yield what, [*value[:number], one, *value[number + 1 :]]
    else:
        words = (
            _STATES if _anywhere(place).endswith(("status_description", "offers.*.status", ".payload.status")) else ()
        )
        yield from ((f"{place} as {one}", one) for one in (*_other_values(value), *words))


def _anywhere(what: str) -> str:
    """A place whatever its number in a list."""
    return re.sub(r"[.][0-9]+[.]", ".*.", what)


def _other_values(value: Any) -> Iterator[Any]:
    if value is None:
        yield from ("2031-03-02T09:00:00Z", "2011-03-02T09:00:00Z", {})
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value - 1000)
    elif value.replace(".", "").isdigit():
        yield from (f"{value}1", f"-{value}")
    elif value.startswith("20"):
        yield from (value.replace("2026", "2031"), value.replace("2026", "2011"), value.replace("Z", "+00:00"))
    else:
        yield f"{value}x"


def _listed_otherwise(entries: list[Entry], number: int) -> Iterator[tuple[str, Any]]:
    """Listings that say of themselves that they are whole, without what they held; and an offer of somebody else."""
    answer = parsed(entries[number])
    payload = answer.get("payload")
    if isinstance(payload, dict) and "total_records" in payload:
        for name in ("results", "user_offers"):
            if payload.get(name):
                yield f"{name} empty", answer | {"payload": payload | {name: [], "total_records": 0}}
        for foreign in (
            sorted(_issued(entries[:number]) - _issued([entries[number]]))[:1] if payload.get("results") else ()
        ):
            results = [payload["results"][0] | {"user_offer_id": foreign}, *payload["results"][1:]]
            yield "another's offer", answer | {"payload": payload | {"results": results}}
    if isinstance(payload, list):
        for customer in payload:
            yield "wallet empty", answer | {"payload": [customer | {"offers": []}]}


def wrong_ones(play: str, entries: list[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    """Recordings in which something is wrong, each with its name; of most only the calls up to the wrong answer."""
    seen: set[tuple[str, str]] = set()
    begin = 0
    if play == "tolerant":  # until then it is the other one
        begin = max(number for number, one in enumerate(entries) if _path(one).endswith("/unlock"))
    else:
        yield f"{play}: each read again, otherwise", _wrong_reads(entries)
    for number, entry in enumerate(entries[begin:], begin):
        for what, body, status in _wrong_answers(entries, number, seen):
            yield f"{play} {number}: {what}", [*entries[:number], answered(entry, body, status)]


def _wrong_reads(entries: list[Entry]) -> list[Entry]:
    """Each read is followed by copies of itself whose answers are otherwise: reads change nothing."""
    seen: set[tuple[str, str]] = set()
    wrong: list[Entry] = []
    for entry in entries:
        wrong.append(entry)
        for what, body in otherwise(parsed(entry)) if _reads(entry) else ():
            if (_kind(entry), _anywhere(what)) not in seen:
                seen.add((_kind(entry), _anywhere(what)))
                wrong.append(answered(entry, body, entry["response"]["status"]))
    return wrong


def _wrong_answers(entries: list[Entry], number: int, seen: set[tuple[str, str]]) -> Iterator[tuple[str, Any, int]]:
    """How the answer of one call may be otherwise: its name, the body and the status."""
    entry = entries[number]
    answer, status = parsed(entry), entry["response"]["status"]
    yield "refused", {"status": "error", "payload": None, "errors": [{"code": "x", "message": "no"}]}, 409
    if number == 0:
        yield "broken", {"status": "error", "payload": None, "errors": []}, 500
    if status >= 300:
        yield "empty", {"status": "OK", "payload": None, "user": None}, 200
    for place, body in enumerate(_of_others(entries, number)):
        yield f"as another one, {place}", body, 200
    for what, body in _listed_otherwise(entries, number):
        yield what, body, status
    for what, body in otherwise(answer):
        told = status < 300 or what.endswith(" gone")
        new = told and (_kind(entry), _anywhere(what)) not in seen and not _reads(entry)
        if new or any(name in _anywhere(what) for name in _OF_A_STATE):
            seen.add((_kind(entry), _anywhere(what)))
            yield what, body, status


def _of_others(entries: list[Entry], number: int) -> Iterator[Any]:
    """What other calls of the same kind were answered, the nearest ones."""
    places = [place for place, one in enumerate(entries) if _path(one) == _path(entries[number]) and place != number]
    good = [place for place in places if entries[place]["response"]["status"] < 300]
    alike = [place for place in good if place < number and _kind(entries[place]) == _kind(entries[number])]
    yield from (parsed(entries[place]) for place in dict.fromkeys([*good[:1], *alike[-1:], *good[-1:]]))


def _issued(entries: list[Entry]) -> set[str]:
    """The user offers that answers speak of."""
    return {name for one in entries for name in _USER_OFFER.findall(one["response"]["content"]["text"])}


def _path(entry: Entry) -> str:
    path = entry["request"]["url"].partition("?")[0]
    return "user" if "/users/" in path else path


def _kind(entry: Entry) -> str:
    flags = entry["request"]["url"].count("true")
    priced = '"items"' in entry["request"].get("postData", {}).get("text", "")
    return f"{_path(entry)} {entry['response']['status'] < 300} {flags} {priced}"


def _reads(entry: Entry) -> bool:
    path = entry["request"]["url"].partition("?")[0]
    listed = path.endswith(("Lookup", "fetch_offer", "get_user_offers", "user_offer_history"))
    return bool(entry["request"]["method"] == "GET" or listed)


def spread(entries: list[Entry]) -> list[Entry]:
    """The same entries, their starts a millisecond further apart wherever they would overlap."""
    told, at = [], datetime.min.replace(tzinfo=UTC)
    for one in entries:
        at = max(at + timedelta(milliseconds=20), datetime.fromisoformat(one["startedDateTime"]))
        told.append(one | {"startedDateTime": at.isoformat(timespec="microseconds")})
    return told


# What audits find


class Bench:
    """Audits recordings, and collects which clauses they were found to keep."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: set[str] = set()
        app = RecordedSimulator().app
        path = folder / "simulator.toml"
        profile.write(path, app.settings, app.auth.keys, _ADDRESSES, token=None, control=None)
        self.profile = load_profile(path)

    def right(self, entries: list[Entry]) -> None:
        """Audit a recording in which nothing is broken."""
        wrong = self.wrong(entries)
        assert not wrong, f"a right recording is accused: {', '.join(sorted(wrong))}"

    def wrong(self, entries: list[Entry]) -> set[str]:
        """Audit a recording; returns what is broken, and takes what is kept when nothing is."""
        path = self.folder / "recording.har"
        path.write_bytes(har(spread(entries)))
        options = AuditOptions(
            (str(path),), profile=self.profile, complete=True, out=self.folder / "runs", findings_max=1
        )
        standings = audit(options).run.standings
        broken = {name for name, one in standings.items() if one.verdict in (Verdict.FAIL, Verdict.WARN)}
        if not broken:
            self.kept |= {name for name, one in standings.items() if one.verdict is Verdict.PASS}
        return broken


def recordings() -> dict[str, list[Entry]]:
    """The right ones, by name."""
    whole = recorded(workflow)
    return {"workflow": whole, "tolerant": tolerant(whole), "weeks": recorded(weeks)}


def measured(folder: Path) -> dict[str, str]:
    """Audit all recordings; returns, for each clause that can be kept and broken, a recording that breaks it.

    Of those that break a clause the one is named that breaks most, so that few recordings show all.
    """
    bench = Bench(folder)
    broken: dict[str, set[str]] = {}
    for play, entries in recordings().items():
        bench.right(entries)
        for name, wrong in wrong_ones(play, entries):
            broken[name] = bench.wrong(wrong)
    shown: dict[str, str] = {}
    left = set().union(*broken.values()) & bench.kept
    while left:
        best = max(broken, key=lambda name: len(broken[name] & left))
        shown |= dict.fromkeys(broken[best] & left, best)
        left -= broken[best]
    return {name: shown[name] for name in load_contract().clauses if name in shown}


def main() -> None:
    """Measure, and write the file."""
    with TemporaryDirectory() as name:
        shown = measured(Path(name))
    RECORDED.write_text(json.dumps(shown, indent=2) + "\n", encoding="utf-8")
    print(f"{len(shown)} clauses, shown by {len(set(shown.values()))} recordings")


if __name__ == "__main__":
    main()
