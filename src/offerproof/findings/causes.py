"""One fault turns many clauses red: which finding is nearest to the fault, and which ones only follow from it.

``causes_of`` sorts the broken findings of a run into causes. A cause has one primary finding, the one to repair, and
the findings that are red as well, probably for the same reason. Nothing is dropped: every finding is in one cause.

What holds findings together, the surest first:

1. the contract says so (``follows_from`` of a clause), or the finding's own words name the clause (``… (LOCK-3), in a
   journey``);
2. the answer that decided also broke its schema, at the member that was looked at. Where a member is missing or of the
   wrong type, that is the cause; where only its value is wrong, the literal clause is;
3. the same call failed in the same way, or the same clause failed again;
4. a clause that repeats others in general (chapters with ``general = true``: one workflow, any order, any input)
   broke on the same call, or there is no other cause it could follow from.

All of it is a guess about the inside of a foreign program, so reports say "probably", and a cause never hides a finding
that is more urgent than its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from offerproof.contract import Clause
from offerproof.findings.model import MOST_URGENT_FIRST, Finding, Verdict

_NAMED: Final = re.compile(r"\(([A-Z]{2,12}-[0-9]{1,4})\)")
_ID: Final = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27,}")
_STRUCTURE: Final = frozenset({"required", "type", "json"})
"""Keywords of a schema that say a member is not there or is something else: nothing can be read from it."""
_OBSERVED_MAX: Final = 200
_BY_CALL: Final = 4
"""The weakest reason: something general broke on the same call."""
_WORD_MIN: Final = 4
_EVERYWHERE: Final = frozenset({"user", "offer", "offers"})
"""Words of so many members that sharing one says nothing."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What is probably one fault: the finding to repair, and what is red as well, in the order of the contract."""

    primary: Finding
    also: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The primary finding, then the others."""
        return (self.primary, *self.also)


def causes_of(broken: Sequence[tuple[Finding, Verdict]], clauses: Mapping[str, Clause]) -> tuple[Cause, ...]:
    """Sort findings into causes, the most urgent and most literal first.

    Args:
        broken: red findings, each with the verdict that counts (``waived`` for a failure somebody answers for).
        clauses: the clauses of the run by id, in the order of the contract.
    """
    order = {name: place for place, name in enumerate(clauses)}
    reds = [_Red(finding, verdict, clauses.get(finding.clause), order) for finding, verdict in broken]
    follows = _closure(clauses)
    kin = _kin(reds, follows)
    index = _GroupIndex(kin, follows)
    parents: dict[int, int] = {}
    for place in range(len(kin)):
        chosen = min(
            (
                (strength, kin[other][0].key, other)
                for other, strength in index.reasons(place).items()
                if not _descends(other, place, parents)
            ),
            default=None,
        )
        if chosen is not None:
            parents[place] = chosen[2]
    _general_last(kin, parents)
    members: dict[int, list[_Red]] = {}
    for place, group in enumerate(kin):
        members.setdefault(_root(place, parents), []).extend(group)
    causes = [(kin[root][0], group) for root, group in members.items()]
    causes.sort(key=lambda cause: cause[0].order)
    return tuple(
        Cause(first.finding, tuple(one.finding for one in sorted(group, key=lambda one: one.place) if one is not first))
        for first, group in causes
    )


class _Red:
    """A red finding, with what decides on its place."""

    def __init__(self, finding: Finding, verdict: Verdict, clause: Clause | None, order: Mapping[str, int]) -> None:
        self.finding = finding
        self.clause = finding.clause
        self.place = order.get(self.clause, len(order))
        self.urgency = MOST_URGENT_FIRST.index(verdict)
        self.general = bool(clause and clause.general)
        self.shape = bool(clause and clause.shapes)
        self.named = tuple(_NAMED.findall(finding.summary))
        self.broken_shapes = frozenset(finding.detail.get("shapes", ()))
        self.words = f"{finding.summary} {finding.expected}".lower()
        tier = 2 if self.general else 1 if self.shape else 0
        self.key = (self.urgency, tier, len(finding.exchanges), self.place)
        self.order = (self.urgency, tier, self.place)

    @property
    def structural(self) -> bool:
        """Of a finding about a schema: whether something could not be read at all."""
        return self.finding.detail.get("keyword") in _STRUCTURE

    @property
    def member(self) -> str:
        """Of a finding about a schema: the pointer of what is wrong."""
        return str(self.finding.detail.get("pointer", ""))

    @property
    def signature(self) -> tuple[str, ...] | None:
        """What two findings share when one call failed twice in one way; None where that would say nothing."""
        finding = self.finding
        if self.shape:
            return ("shape", self.member, str(finding.expected)) if self.member else None
        if self.named:
            return finding.operation or "", finding.summary
        if finding.expected is None or finding.summary.startswith("refusal of"):
            return None  # that two bad requests are both let in is no sign of one fault
        observed = str(finding.observed)
        observed = observed.partition(":")[0] if observed.startswith("HTTP ") else observed[:_OBSERVED_MAX]
        return tuple(
            _ID.sub("#", text) for text in (finding.operation or "", finding.summary, finding.expected, observed)
        )


def _kin(reds: Sequence[_Red], follows: Mapping[str, frozenset[str]]) -> list[list[_Red]]:
    """Findings that are one and the same failure, seen by several checks; in each group the leading one first."""
    groups: list[list[_Red]] = []
    where: dict[tuple[str, ...], list[_Red]] = {}
    for red in sorted(reds, key=lambda one: one.key):
        keys = [("signature", *red.signature)] if red.signature else []
        if not red.general:
            keys.append(("clause", red.clause, *(_parent_of(red) if red.shape else ())))
        found = list({id(where[key]): where[key] for key in keys if key in where}.values())
        group = found[0] if found else []
        for other in found[1:]:
            group.extend(other)
            groups.remove(other)
            where.update({key: group for key, kept in where.items() if kept is other})
        group.append(red)
        if not found:
            groups.append(group)
        where.update(dict.fromkeys(keys, group))
    for group in groups:
        group.sort(key=_leading(group, follows))
    return groups


def _leading(group: Sequence[_Red], follows: Mapping[str, frozenset[str]]) -> Callable[[_Red], tuple[object, ...]]:
    """The order within a group: what follows from none of the others, from what most of them follow, then as usual."""
    present = {red.clause for red in group}
    above = {name: follows.get(name, frozenset()) & present for name in present}
    below = Counter(name for names in above.values() for name in names)
    return lambda red: (red.urgency, red.general, len(above[red.clause]), -below[red.clause], red.key)


def _general_last(kin: Sequence[Sequence[_Red]], parents: dict[int, int]) -> None:
    """Where everything literal comes down to one cause, what general chapters found is probably the same fault."""
    roots = [place for place in range(len(kin)) if place not in parents]
    literal = [place for place in roots if not kin[place][0].general]
    if len(literal) == 1:
        (only,) = literal
        for place in roots:
            if kin[place][0].general and kin[place][0].urgency >= kin[only][0].urgency:
                parents[place] = only


def _parent_of(red: _Red) -> tuple[str, ...]:
    """Where members of one object stand: two wrong members of it are one fault more often than two."""
    return red.finding.operation or "", red.member.rpartition("/")[0]


class _GroupIndex:
    """The groups of findings, found by what may link them, so that a target that keeps nothing is sorted as quickly."""

    def __init__(self, groups: Sequence[Sequence[_Red]], follows: Mapping[str, frozenset[str]]) -> None:
        self._groups = groups
        self._follows = follows
        self._found: dict[tuple[str, str], list[tuple[int, _Red]]] = {}
        for place, group in enumerate(groups):
            for red in group:
                keys = [("clause", red.clause), ("identity", red.finding.identity)]
                keys += [("shape", identity) for identity in red.broken_shapes]
                keys += [] if red.general else [("operation", red.finding.operation or "")]
                for key in keys:
                    self._found.setdefault(key, []).append((place, red))

    def reasons(self, place: int) -> dict[int, int]:
        """The groups from which this one may follow, with how surely: 1 is the surest."""
        group = self._groups[place]
        found: dict[int, int] = {}
        for red in group:
            for other, cause in self._near(red):
                if other == place or self._groups[other][0].urgency > group[0].urgency:
                    continue  # nothing urgent is put under something that is less so
                strength = _explains(cause, red, self._follows)
                if strength is not None and (strength < _BY_CALL or group[0].general):
                    found[other] = min(strength, found.get(other, strength))
        return found

    def _near(self, red: _Red) -> Iterator[tuple[int, _Red]]:
        names = {red.clause, *red.named}
        names |= frozenset[str]().union(*(self._follows.get(name, frozenset()) for name in names))
        keys = [("clause", name) for name in names] + [("identity", identity) for identity in red.broken_shapes]
        keys.append(("shape", red.finding.identity))
        if red.general:
            keys.append(("operation", red.finding.operation or ""))
        for key in keys:
            yield from self._found.get(key, ())


def _explains(cause: _Red, red: _Red, follows: Mapping[str, frozenset[str]]) -> int | None:
    told = follows.get(red.clause, frozenset())
    linked = red.finding.identity in cause.broken_shapes
    if cause.clause in told and (linked or not red.shape):
        return 1
    if any(cause.clause == name or cause.clause in follows.get(name, frozenset()) for name in red.named):
        return 1
    if red.clause in follows.get(cause.clause, frozenset()):
        return None  # it is the other way round
    if cause.shape and cause.structural and cause.finding.identity in red.broken_shapes and _same_member(cause, red):
        return 2
    if linked and not red.structural and not cause.general and _same_member(red, cause):
        return 2
    if red.general and not cause.general and red.finding.operation == cause.finding.operation:
        return _BY_CALL
    return None


def _same_member(shape: _Red, red: _Red) -> bool:
    """Whether a finding looks at what broke the schema in the answer that decided it."""
    expected, observed = str(red.finding.expected), str(red.finding.observed)
    if not shape.member or expected == observed or observed.lower() == str(shape.finding.observed).lower():
        return True  # nothing was readable; the same text as another type; the very value the schema refuses
    told = str(shape.finding.expected)
    names = [shape.member.rpartition("/")[2]]
    names += told.removeprefix("required: ").split(", ") if shape.finding.detail.get("keyword") == "required" else []
    words = {word for name in names for word in name.lower().split("_") if len(word) >= _WORD_MIN} - _EVERYWHERE
    return any(word in red.words for word in words)


def _closure(clauses: Mapping[str, Clause]) -> dict[str, frozenset[str]]:
    """For each clause, all the clauses it follows from, also by way of others."""
    known: dict[str, frozenset[str]] = {}

    def all_of(name: str, above: tuple[str, ...]) -> frozenset[str]:
        if name not in known:
            direct = clauses[name].follows_from if name in clauses else ()
            further: Iterable[frozenset[str]] = (all_of(one, (*above, name)) for one in direct if one not in above)
            known[name] = frozenset(direct).union(*further)
        return known[name]

    return {name: all_of(name, ()) for name in clauses}


def _root(place: int, parents: Mapping[int, int]) -> int:
    while place in parents:
        place = parents[place]
    return place


def _descends(place: int, ancestor: int, parents: Mapping[int, int]) -> bool:
    while place in parents:
        place = parents[place]
        if place == ancestor:
            return True
    return False
