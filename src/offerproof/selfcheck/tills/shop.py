"""A shop's day: every situation that a till lives through, in an order that a seed gives; and what its judge says."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec

from offerproof.client import bodies
from offerproof.client_duties import ClientJudge
from offerproof.contract import Strength, load_contract
from offerproof.exchange import Exchange
from offerproof.judgement.oracle import Objection
from offerproof.selfcheck.tills.line import FaultyLine
from offerproof.selfcheck.tills.mistakes import MISTAKES
from offerproof.selfcheck.tills.till import CLIENT, STORE, Member, RightTill
from offerproof.simulator.answers import Service
from offerproof.simulator.spelling import Spellings

_KIND: Final = "percent_check_discount"


class Shop:
    """Customers who come to one till. Situations are its public methods."""

    def __init__(self, seed: int, till: type[RightTill]) -> None:
        self.line = FaultyLine(seed)
        self.till = till(self.line, f"till{seed}")
        self.count = 0
        body = bodies.offer(_KIND, "Ten off", self.line.now, self.line.app.settings.retailer_id, {})
        made = self.line.unseen(Service.OFFERS, "POST", "/api/2.0/offers/management/create", body)
        self.offer_id = made["payload"]["offer_id"]

    def member(self, offers: int = 0) -> Member:
        """A new customer, with so many user offers."""
        self.count += 1
        name, phone = f"guest{self.count:04d}", f"555{self.count:07d}"
        user = {"email": f"{name}+shop@example.com", "external_id": name, "first_name": "First", "last_name": "Last"}
        path = f"/priv/v1/apps/{self.line.app.auth.keys.api_key}/users"
        made = self.line.unseen(
            Service.CORE, "POST", path, {"user": user | {"phone_numbers": [phone], "opted_in": True}}
        )
        known = Member(made["user"]["id"], name, user["email"], f"+1-{phone[:3]}-{phone[3:]}")
        body = {"retailer_id": self.line.app.settings.retailer_id, "user_id": known.user_id, "offer_id": self.offer_id}
        for _ in range(offers):
            told = self.line.unseen(Service.OFFERS, "POST", "/api/2.0/offers/acquisition/issue", body | {"quantity": 1})
            known.offers.append(told["payload"]["status_list"][0]["user_offer_id"])
        return known

    def rival_locks(self, offer: str) -> None:
        """Let another till lock an offer first; the recording does not show it."""
        sale = bodies.transaction(
            f"rival{self.count}",
            "p",
            self.line.now,
            basket=bodies.items("3.00"),
            user_id=None,
            discounts=(),
            changes={},
        )
        payload = {"offer_lookup_code": offer, "offer_lookup_type": "userofferid", "transaction": sale}
        container = {"store_id": STORE, "client_id": CLIENT, "request_id": f"rival{self.count}"}
        self.line.unseen(Service.CLOUDPOS, "POST", "/api/2.0/Lock", container | {"request_payload": payload})

    # Situations

    def plain(self) -> None:
        """No offer at all; the customer tells the phone number."""
        member = self.member()
        self.till.look_up(member, by="phone")
        self.till.close(self.till.begin(member, "4.50"))

    def with_offer(self) -> None:
        """The wallet, a lock, the sale."""
        till, member = self.till, self.member(1)
        shown = till.look_up(member)
        receipt = till.begin(member, "10.00", "2.50")
        if till.claims_shown():
            receipt.discounts = [{**shown[0], "amount": 1, "status": "LOCKED"}]
        else:
            till.lock(receipt, member.offers[0])
        till.close(receipt)

    def changed_basket(self) -> None:
        """One more line after the lock."""
        till, member = self.till, self.member(1)
        till.look_up(member)
        receipt = till.begin(member, "10.00")
        till.lock(receipt, member.offers[0])
        till.add(receipt, "20.00")
        if till.locks_again():
            till.lock(receipt, member.offers[0])
        till.close(receipt)

    def offer_not_used(self) -> None:
        """The customer changes their mind after the lock."""
        till, member = self.till, self.member(1)
        till.look_up(member)
        receipt = till.begin(member, "8.00")
        till.lock(receipt, member.offers[0])
        receipt.discounts = []
        if till.gives_back():
            self.line.will("unlock", random.Random(self.count).choice((None, "before", "after", "busy")))
            till.unlock(member.offers[0])
        till.close(receipt)

    def rival(self) -> None:
        """Another till was first."""
        till, member = self.till, self.member(1)
        shown = till.look_up(member)
        receipt = till.begin(member, "9.00")
        self.rival_locks(member.offers[0])
        if not till.lock(receipt, member.offers[0]).done and till.claims_refused():
            receipt.discounts = [{**shown[0], "amount": 1, "status": "LOCKED"}]
        till.close(receipt)

    def answer_lost(self) -> None:
        """Sale and lock get no answer; the one was done, the other perhaps."""
        till, member = self.till, self.member(1)
        till.look_up(member)
        receipt = till.begin(member, "7.00")
        self.line.will("lock", "after")
        till.lock(receipt, member.offers[0])
        self.line.will("send_transaction", "before", "after")
        till.close(receipt)

    def outage(self) -> None:
        """Busy, with Retry-After."""
        till, member = self.till, self.member(1)
        till.look_up(member)
        receipt = till.begin(member, "6.00")
        self.line.will("lock", "busy")
        till.lock(receipt, member.offers[0])
        self.line.will("send_transaction", "busy")
        till.close(receipt)

    def pending(self) -> None:
        """The lock is pending at first."""
        till, member = self.till, self.member(1)
        till.look_up(member)
        receipt = till.begin(member, "5.00")
        self.line.will("lock", "pending")
        till.lock(receipt, member.offers[0])
        till.close(receipt)

    def redeemed(self) -> None:
        """Redeem at once; its answer is lost."""
        till, member = self.till, self.member(1)
        till.look_up(member)
        receipt = till.begin(member, "5.00")
        self.line.will("redeem", "before")
        till.lock(receipt, member.offers[0], "redeem")
        till.close(receipt)

    def redeemed_and_changed(self) -> None:
        """One more line after redeem."""
        till, member = self.till, self.member(1)
        till.look_up(member)
        receipt = till.begin(member, "5.00")
        till.lock(receipt, member.offers[0], "redeem")
        if till.redeems_again():
            till.unlock(member.offers[0], "reinstate")
        till.add(receipt, "3.00")
        if till.redeems_again():
            till.lock(receipt, member.offers[0], "redeem")
        till.close(receipt)

    def spelled_otherwise(self) -> None:
        """The service says success in other words than it did before."""
        till, member = self.till, self.member(1)
        till.look_up(member)
        receipt = till.begin(member, "6.50")
        self.line.app.scenarios.spellings = Spellings(turn=1)
        till.lock(receipt, member.offers[0])
        self.line.app.scenarios.spellings = None
        till.close(receipt)

    def open_table(self) -> None:
        """A sale that is sent while it goes on."""
        till, member = self.till, self.member()
        till.look_up(member)
        receipt = till.begin(member, "12.00")
        till.send_open(receipt)
        till.add(receipt, "4.00")
        till.close(receipt)

    def line_taken_back(self) -> None:
        """A line comes back a quarter of an hour later."""
        till, member = self.till, self.member()
        till.look_up(member)
        receipt = till.begin(member, "12.00", "3.00")
        till.close(receipt)
        till.take_back(receipt)

    def offline(self) -> None:
        """The line is down until the evening."""
        till, member = self.till, self.member()
        receipt = till.begin(member, "11.00")
        self.line.will("send_transaction", "before", "after", "before")
        till.close(receipt)

    def day(self, rng: random.Random) -> None:
        """Every situation at least once, and half of them again, in any order."""
        every: list[Callable[[], None]] = [getattr(self, name) for name in SITUATIONS]
        wanted = [*every, *rng.sample(every, len(every) // 2)]
        rng.shuffle(wanted)
        for situation in wanted:
            self.line.faults.clear()
            situation()
        self.line.faults.clear()
        self.line.wait(600)
        self.till.settle()


SITUATIONS: Final = (
    "plain",
    "with_offer",
    "changed_basket",
    "offer_not_used",
    "rival",
    "answer_lost",
    "outage",
    "pending",
    "redeemed",
    "redeemed_and_changed",
    "spelled_otherwise",
    "open_table",
    "line_taken_back",
    "offline",
)


class TillTrial(msgspec.Struct, frozen=True, kw_only=True):
    """One till, judged. ``broken``: clause → breaches; ``warned``: clause → breaches of a should or in doubt."""

    name: str
    clause: str | None
    """The clause that must tell it; None for the right till."""
    seed: int
    requests: int
    sales: int
    broken: dict[str, int]
    warned: dict[str, int]
    kept: tuple[str, ...]
    seconds: float
    told: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether the judge said what is true: a mistake under its clause, of the right till nothing at all."""
        return self.clause in self.broken if self.clause else not self.broken and not self.warned


class _Verdicts:
    """A tally that counts."""

    def __init__(self) -> None:
        self.breaches: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.kept: set[str] = set()
        self.told: list[str] = []
        self.clauses = load_contract().clauses

    def hold(self, clauses: Iterable[str], exchange: Exchange) -> None:
        self.kept.update(clauses)

    def undecided(self, clause: str, reason: str) -> None:
        pass

    def broken(
        self, found: Objection, exchanges: Sequence[Exchange], *, place: str, doubtful: str | None = None
    ) -> None:
        strength = self.clauses[found.clause].strength
        if strength is Strength.MUST and not doubtful:
            self.breaches[found.clause] += 1
        elif strength is not Strength.INFO:
            self.warnings[found.clause] += 1
        if len(self.told) < 5:
            self.told.append(f"{found.clause}: {found.what}: {found.expected}, not {found.observed} ({place})")


def judge_till(seed: int, name: str | None = None) -> TillTrial:
    """Let a till live through a day, and judge it. ``name``: of a planted mistake; None is the right till."""
    planted = MISTAKES[name] if name else None
    began = time.perf_counter()
    shop = Shop(seed, planted.till if planted else RightTill)
    shop.day(random.Random(seed))
    tally = _Verdicts()
    judge = ClientJudge(tally, complete=True)
    for request in shop.line.sent:
        judge.take(request)
    judge.finish()
    return TillTrial(
        name=name or "right till",
        clause=planted.clause if planted else None,
        seed=seed,
        requests=len(shop.line.sent),
        sales=judge.sales,
        broken=dict(tally.breaches),
        warned=dict(tally.warnings),
        kept=tuple(sorted(tally.kept)),
        seconds=time.perf_counter() - began,
        told=tuple(tally.told),
    )


def judge_tills(names: Sequence[str], seeds: int) -> Iterator[TillTrial]:
    """Judge tills with these mistakes, then the right one with so many seeds."""
    for name in names:
        yield judge_till(1, name)
    for seed in range(1, seeds + 1):
        yield judge_till(seed)


def till_line(trial: TillTrial) -> str:
    """One till, judged: the answer, the clause, what it took; where the judge was wrong, what it said."""
    word = ("told" if trial.clause else "kept") if trial.right else ("not told" if trial.clause else "accused")
    who = trial.name if trial.clause else f"{trial.name}, seed {trial.seed}"
    others = sorted(set(trial.broken) - {trial.clause})
    line = f"{word:<9} {trial.clause or '':<8} {who:<32} {trial.requests:>4} requests {trial.sales:>3} sales"
    line += f"   also {', '.join(others)}" if others and trial.clause else ""
    return line if trial.right else "\n".join([line, *(f"{'':<9} {told}" for told in trial.told)])


def tills_summary(trials: Sequence[TillTrial]) -> str:
    """What all of it comes to, in two lines."""
    wrong, right = [one for one in trials if one.clause], [one for one in trials if not one.clause]
    told, accused = sum(one.right for one in wrong), sum(not one.right for one in right)
    trusted = all(one.right for one in trials)
    return (
        f"\n{told} of {len(wrong)} planted mistakes told by their clause, "
        f"{accused} of {len(right)} right tills accused, {sum(one.requests for one in trials):,} requests, "
        f"{sum(one.seconds for one in trials):.1f} s\n"
        f"the judge of clients {'can be trusted' if trusted else 'cannot be trusted yet'}"
    )
